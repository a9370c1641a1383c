//! The static description of a model: what the derive writes and every other room reads.
//!
//! No behaviour but questions about the description itself. A relation reaches its target through a function, so
//! models may refer to each other in circles and nothing is registered anywhere.

mod relation;

pub(crate) use relation::LinkModel;
pub use relation::{Link, OnDelete, RelationKind, RelationMeta, Through};

use crate::error::Failure;
use crate::value::{Bind, Datum, Domain, Mismatch, Now, Storage, canonical};

/// A model: its table, columns and relations.
#[derive(Debug)]
pub struct ModelMeta {
    /// The struct's name.
    pub name: &'static str,
    /// The table's name.
    pub table: &'static str,
    /// The stored fields, in the order of the struct.
    pub columns: &'static [ColumnMeta],
    /// Which of them is the primary key, or the first column of it.
    pub key: usize,
    /// All columns of the primary key.
    pub keys: &'static [usize],
    /// Whether SQLite makes the key where none is given: it is the table's rowid.
    pub auto_key: bool,
    /// How many fields can hold something that is loaded later: relations, deferred columns and slots.
    pub slots: usize,
    /// The field name of each of them.
    pub slot_names: &'static [&'static str],
    /// The relations.
    pub relations: &'static [&'static RelationMeta],
    /// The order of a queryset that names none.
    pub ordering: &'static [OrderingMeta],
    /// Indexes over more than one field.
    pub indexes: &'static [IndexMeta],
    /// CHECK constraints.
    pub checks: &'static [CheckMeta],
    /// The default of a column, evaluated at a time; none where it has none.
    pub defaults: fn(usize, &Now) -> Option<Bind<'static>>,
    /// Asks the rules of a row to be inserted, with a bind for each column; none where there are no rules but lengths.
    pub ask: Option<Ask>,
}

/// What asks rules of binds.
pub type Ask = fn(&[Bind<'static>]) -> Result<(), Vec<Failure>>;

/// A stored field and its column.
#[derive(Debug)]
pub struct ColumnMeta {
    /// The field's name.
    pub name: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// The field's type, as it is written.
    pub rust_type: &'static str,
    /// The type the column is declared with.
    pub storage: Storage,
    /// Which values of that storage its type has.
    pub domain: Domain,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// Whether it is the primary key.
    pub primary_key: bool,
    /// Whether no two rows have the same.
    pub unique: bool,
    /// Whether it has an index of its own.
    pub index: bool,
    /// The default as a SQL literal, where it is a literal.
    pub default: Option<&'static str>,
    /// Where its value comes from.
    pub source: ColumnSource,
    /// Whether a save puts the time into it.
    pub renewed: bool,
    /// The fewest characters a text may have.
    pub min_length: Option<u32>,
    /// The most characters a text may have.
    pub max_length: Option<u32>,
    /// The least value as a SQL literal, where it is a literal.
    pub min: Option<&'static str>,
    /// The greatest value as a SQL literal, where it is a literal.
    pub max: Option<&'static str>,
    /// Reads a value that is not NULL as the field's type does, and says how that type stores it.
    pub canonical: fn(Datum<'_>) -> Result<Bind<'static>, Mismatch>,
    /// The slot of a deferred column.
    pub deferred: Option<usize>,
    /// The relation of a foreign key.
    pub relation: Option<&'static RelationMeta>,
}

/// Where the value of a column comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ColumnSource {
    /// From the program.
    Given,
    /// From the program, or else from this SQL.
    DefaultSql(&'static str),
    /// From this SQL, whoever writes.
    Generated {
        /// An expression of the row's other columns.
        sql: &'static str,
        /// Whether it is computed when the row is written, and not when it is read.
        stored: bool,
    },
    /// From the number of the related rows, which triggers keep.
    Counter(&'static RelationMeta),
    /// From the number of times the row was saved.
    Version,
}

impl ColumnMeta {
    /// Whether an INSERT writes it.
    pub fn is_inserted(&self) -> bool {
        !self.is_read_only()
    }

    /// Whether an UPDATE of a row writes it from the row.
    pub fn is_saved(&self) -> bool {
        !self.primary_key && !self.is_read_only() && !matches!(self.source, ColumnSource::Version)
    }

    /// Whether the database may know what it is, and the program not.
    pub fn is_computed(&self) -> bool {
        self.is_read_only() || matches!(self.source, ColumnSource::DefaultSql(_))
    }

    /// Whether the database alone writes it.
    pub fn is_read_only(&self) -> bool {
        matches!(self.source, ColumnSource::Generated { .. } | ColumnSource::Counter(_))
    }

    /// A column of which nothing is said: the derive writes what is, and leaves the rest to this.
    #[doc(hidden)]
    pub const PLAIN: ColumnMeta = ColumnMeta {
        name: "",
        column: "",
        rust_type: "",
        storage: Storage::Integer,
        domain: Domain::Any,
        nullable: false,
        primary_key: false,
        unique: false,
        index: false,
        default: None,
        source: ColumnSource::Given,
        renewed: false,
        min_length: None,
        max_length: None,
        min: None,
        max: None,
        canonical: canonical::<i64>,
        deferred: None,
        relation: None,
    };
}

/// One term of a default ordering.
#[derive(Clone, Copy, Debug)]
pub struct OrderingMeta {
    /// Which column.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

/// An index over some columns.
#[derive(Debug)]
pub struct IndexMeta {
    /// The name in the schema.
    pub name: &'static str,
    /// The columns, in order.
    pub columns: &'static [usize],
    /// Whether no two rows have the same.
    pub unique: bool,
}

/// A CHECK constraint.
#[derive(Debug)]
pub struct CheckMeta {
    /// Its name.
    pub name: &'static str,
    /// Its condition, in SQL.
    pub sql: &'static str,
}

impl ModelMeta {
    /// The field that counts how often a row was saved.
    pub fn version(&self) -> Option<(usize, &'static ColumnMeta)> {
        self.columns.iter().enumerate().find(|(_, column)| matches!(column.source, ColumnSource::Version))
    }

    /// The columns of the primary key.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static ColumnMeta> + use<> {
        let columns = self.columns;
        self.keys.iter().filter_map(|number| columns.get(*number))
    }

    /// The columns that are unique together, where there are several.
    pub fn unique_together(&self) -> impl Iterator<Item = &'static [usize]> + use<> {
        let indexes = self.indexes.iter().filter(|index| index.unique).map(|index| index.columns);
        indexes.chain(self.is_composite().then_some(self.keys))
    }

    /// Whether the primary key has several columns.
    pub fn is_composite(&self) -> bool {
        self.keys.len() > 1
    }

    /// The column of the primary key, or the first of them.
    pub fn key_column(&self) -> &'static str {
        self.columns.get(self.key).map_or("rowid", |column| column.column)
    }

    /// The stored field of this name.
    pub fn field(&self, name: &str) -> Option<&'static ColumnMeta> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name of the field that is stored in this column.
    pub fn field_of_column(&self, column: &str) -> Option<&'static str> {
        let exact = self.columns.iter().find(|meta| meta.column == column);
        // SQLite compares names without case, and tells of a column by the table's own letters.
        let found = exact.or_else(|| self.columns.iter().find(|meta| meta.column.eq_ignore_ascii_case(column)));
        found.map(|meta| meta.name)
    }

    /// The models that relations lead to from this one, at any distance, itself first.
    pub fn reachable(&'static self) -> Vec<&'static ModelMeta> {
        let mut seen = vec![self];
        let mut next = 0;
        while let Some(meta) = seen.get(next).copied() {
            for relation in meta.relations {
                for model in [Some(relation.target()), relation.through_model()].into_iter().flatten() {
                    if !seen.iter().any(|known| std::ptr::eq(*known, model)) {
                        seen.push(model);
                    }
                }
            }
            next += 1;
        }
        seen
    }

    /// The relation of this name.
    pub fn relation(&self, name: &str) -> Option<&'static RelationMeta> {
        self.relations.iter().find(|relation| relation.name == name).copied()
    }

    /// The relation in this slot.
    pub fn relation_in(&self, slot: usize) -> Option<&'static RelationMeta> {
        self.relations.iter().find(|relation| relation.slot == slot).copied()
    }
}
