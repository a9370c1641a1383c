//! Every word of the attributes, once. The parser, the messages and the lists of known words all read them from here.

/// `#[model(..)]`, on the struct.
pub(crate) const MODEL: &str = "model";
/// `#[field(..)]`, on a stored field.
pub(crate) const FIELD: &str = "field";
/// `#[relation(..)]`, on a relation.
pub(crate) const RELATION: &str = "relation";
/// `#[projection(..)]`, on a projection and on its fields.
pub(crate) const PROJECTION: &str = "projection";
/// `#[db(..)]`, on a column type and on the variants of an enum.
pub(crate) const DB: &str = "db";
/// `#[serde(..)]`, which `#[model(serialize)]` hands on.
pub(crate) const SERDE: &str = "serde";

pub(crate) const AUTO_NOW: &str = "auto_now";
pub(crate) const AUTO_NOW_ADD: &str = "auto_now_add";
pub(crate) const CHECK: &str = "check";
pub(crate) const COLUMN: &str = "column";
pub(crate) const CONSTRAINT: &str = "constraint";
pub(crate) const COUNTER_OF: &str = "counter_of";
pub(crate) const CRATE: &str = "crate";
pub(crate) const DEFAULT: &str = "default";
pub(crate) const DEFAULT_SQL: &str = "default_sql";
pub(crate) const FIELDS: &str = "fields";
pub(crate) const FROM: &str = "from";
pub(crate) const GENERATED: &str = "generated";
pub(crate) const HOOKS: &str = "hooks";
pub(crate) const INDEX: &str = "index";
pub(crate) const INTEGER: &str = "integer";
pub(crate) const KEY: &str = "key";
pub(crate) const MAX: &str = "max";
pub(crate) const MAX_LENGTH: &str = "max_length";
pub(crate) const MIN: &str = "min";
pub(crate) const MIN_LENGTH: &str = "min_length";
pub(crate) const NAME: &str = "name";
pub(crate) const NESTED: &str = "nested";
pub(crate) const ON_DELETE: &str = "on_delete";
pub(crate) const ORDERING: &str = "ordering";
pub(crate) const PATH: &str = "path";
pub(crate) const PRIMARY_KEY: &str = "primary_key";
pub(crate) const RENAME_ALL: &str = "rename_all";
pub(crate) const SERIALIZE: &str = "serialize";
pub(crate) const SQL: &str = "sql";
pub(crate) const STORED: &str = "stored";
pub(crate) const STORED_AS: &str = "stored_as";
pub(crate) const TABLE: &str = "table";
pub(crate) const THROUGH: &str = "through";
pub(crate) const TO: &str = "to";
pub(crate) const TRY_FROM: &str = "try_from";
pub(crate) const UNIQUE: &str = "unique";
pub(crate) const VALIDATE: &str = "validate";
pub(crate) const VERSION: &str = "version";
pub(crate) const VIA: &str = "via";
pub(crate) const WITH: &str = "with";

pub(crate) const MODEL_WORDS: &[&str] =
    &[TABLE, PRIMARY_KEY, ORDERING, INDEX, UNIQUE, CHECK, VALIDATE, HOOKS, SERIALIZE, CRATE];
pub(crate) const FIELD_WORDS: &[&str] = &[
    COLUMN,
    PRIMARY_KEY,
    UNIQUE,
    INDEX,
    DEFAULT,
    DEFAULT_SQL,
    AUTO_NOW,
    AUTO_NOW_ADD,
    MIN_LENGTH,
    MAX_LENGTH,
    MIN,
    MAX,
    VALIDATE,
    GENERATED,
    STORED,
    VERSION,
    COUNTER_OF,
];
pub(crate) const RELATION_WORDS: &[&str] = &[VIA, THROUGH, ON_DELETE, COLUMN, CONSTRAINT, TABLE];
pub(crate) const PROJECTION_WORDS: &[&str] = &[MODEL, CRATE];
/// On a type with `#[derive(DbValue)]`.
pub(crate) const VALUE_WORDS: &[&str] = &[KEY, TRY_FROM, STORED_AS, CRATE];
/// On an enum with `#[derive(DbEnum)]`.
pub(crate) const ENUM_WORDS: &[&str] = &[KEY, INTEGER, RENAME_ALL, CRATE];
/// On a variant of it.
pub(crate) const VARIANT_WORDS: &[&str] = &["rename"];
/// On the field of a projection.
pub(crate) const PROJECTED_WORDS: &[&str] = &[PATH, NESTED, WITH];
/// Inside `index(..)` and `unique(..)`.
pub(crate) const INDEX_WORDS: &[&str] = &[FIELDS, NAME];
/// Inside `check(..)`.
pub(crate) const CHECK_WORDS: &[&str] = &[NAME, SQL];
/// Inside `through(..)`, after the model.
pub(crate) const THROUGH_WORDS: &[&str] = &[FROM, TO];

/// The generic types of the library that make a field something else than a plain column.
pub(crate) const OPTION: &str = "Option";
pub(crate) const DEFERRED: &str = "Deferred";
pub(crate) const FOREIGN_KEY: &str = "ForeignKey";
pub(crate) const HAS_MANY: &str = "HasMany";
pub(crate) const HAS_ONE: &str = "HasOne";
pub(crate) const MANY_TO_MANY: &str = "ManyToMany";
pub(crate) const PREFETCHED: &str = "Prefetched";
pub(crate) const MEMO: &str = "Memo";

/// The field that is the primary key when none is marked.
pub(crate) const ID: &str = "id";

/// The types of a primary key that SQLite can count up by itself.
pub(crate) const AUTO_KEYS: &[&str] = &["i64", "i32", "i16", "u32"];
/// The types of one that it cannot.
pub(crate) const GIVEN_KEYS: &[&str] = &["String", "Uuid"];
/// The types of a field that counts.
pub(crate) const COUNTS: &[&str] = &["i64", "i32", "i16", "i8", "u32", "u16", "u8"];
/// Types whose setter takes the value itself: with one candidate a bare literal infers.
pub(crate) const SCALARS: &[&str] =
    &["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "isize", "usize", "f32", "f64", "bool"];
