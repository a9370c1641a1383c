//! Generated code among strangers: in private modules, under strict lints, without imports, beside names that it uses
//! itself, and with columns that are called like everything. Each place also runs a query.

extern crate eager_orm as my_orm;

/// Private models in a private module of a private module, under lints that most projects do not even know.
mod strict {
    #![deny(
        missing_docs,
        missing_debug_implementations,
        private_bounds,
        private_interfaces,
        single_use_lifetimes,
        unnameable_types,
        unreachable_pub,
        unused_qualifications,
        unused_results,
        warnings
    )]

    mod deeper {
        use eager_orm::prelude::*;

        #[derive(Model, Debug, Clone, PartialEq)]
        #[model(serialize)]
        struct Owner {
            id: i64,
            #[serde(rename = "called")]
            name: String,
            pets: HasMany<Pet>,
            toys: ManyToMany<Toy>,
            best: Prefetched<Pet>,
            length: Memo<usize>,
        }

        #[derive(Model, Debug, Clone, PartialEq)]
        #[model(serialize)]
        struct Pet {
            id: i64,
            #[field(default = "Rex")]
            name: String,
            #[serde(flatten)]
            owner: ForeignKey<Owner>,
            notes: Deferred<Option<String>>,
        }

        #[derive(Model, Debug, Clone, PartialEq)]
        #[model(serialize)]
        struct Toy {
            id: i64,
            #[relation(via = "toys")]
            owners: ManyToMany<Owner>,
        }

        #[derive(Projection)]
        #[projection(model = Owner)]
        struct OwnerCard {
            name: String,
        }

        #[derive(Projection)]
        #[projection(model = Pet)]
        struct PetCard {
            notes: Option<String>,
            #[projection(path = "owner.name")]
            of: String,
            #[projection(nested)]
            owner: Option<OwnerCard>,
            #[projection(with = |p| p.name().length())]
            letters: i64,
        }

        pub(super) fn use_every_field(db: &Database) -> eager_orm::Result<usize> {
            db.create_tables(models![Owner, Pet, Toy])?;
            let mut owner = Owner::create().name("Ann").save(db)?;
            let toy = Toy::create().save(db)?;
            let _ = owner.toys.add(db, [&toy])?;
            let new: NewPet = Pet::create().owner(&owner).build();
            assert!(new.id.is_none() && new.name.is_none() && new.owner == owner.id && new.notes.is_none());
            let pet = owner.pets.create(db, Pet::create())?;
            assert_eq!((pet.id, pet.name.as_str(), pet.notes.get(db)?), (1, "Rex", &None));
            let owners = Owner::objects()
                .filter(|o| o.name().eq("Ann") & o.pets().name().eq("Rex") & o.toys().id().eq(toy.id))
                .prefetch_related(|o| (o.pets(), o.toys(), o.pets().limit(1).to(|o| o.best())))
                .all(db)?;
            let owner = &owners[0];
            assert_eq!((owner.id, owner.best.get()?.len(), owner.pets.all(db)?.len()), (1, 1, 1));
            assert_eq!(toy.owners.all(db)?.len(), 1);
            assert_eq!(serde_json::to_string(&pet).unwrap(), r#"{"id":1,"name":"Rex","owner":1,"notes":null}"#);
            assert_eq!(pet.owner.get(db)?.name, "Ann");
            let card = Pet::objects().values_as::<PetCard>().get(db)?;
            assert_eq!((card.notes, card.of.as_str(), card.letters), (None, "Ann", 3));
            assert_eq!(card.owner.map(|owner| owner.name), Some(card.of));
            Ok(*owner.length.get_or_init(|| owner.name.len()))
        }
    }

    pub(crate) fn run(db: &eager_orm::Database) -> eager_orm::Result<usize> {
        deeper::use_every_field(db)
    }
}

#[test]
fn private_models_compile_under_strict_lints() {
    assert_eq!(strict::run(&memory()).unwrap(), 3);
}

/// Nothing imported: every name of a model spelled out.
mod no_imports {
    #[derive(eager_orm::Model)]
    pub struct Author {
        pub id: i64,
        pub name: String,
        pub books: eager_orm::HasMany<Book>,
    }

    #[derive(eager_orm::Model)]
    pub struct Book {
        pub id: i64,
        pub author: eager_orm::ForeignKey<Author>,
    }
}

/// The same for a projection, under another name of the library.
mod projection_without_imports {
    #[derive(my_orm::Projection)]
    #[projection(model = super::no_imports::Book, crate = "my_orm")]
    pub struct Card {
        #[projection(path = "author.name")]
        pub author: String,
    }
}

#[test]
fn models_need_no_imports() {
    use eager_orm::{Model, Objects};
    use no_imports::{Author, Book};
    let db = memory();
    db.create_tables(&[<Author as Model>::META, <Book as Model>::META]).unwrap();
    let author = Author::create().name("Ann").save(&db).unwrap();
    Book::create().author(&author).save(&db).unwrap();
    let books = Book::objects().filter(|b| b.author().name().eq("Ann")).all(&db).unwrap();
    assert_eq!((books[0].id, books[0].author.key()), (1, &author.id));
    let cards = Book::objects().values_as::<projection_without_imports::Card>().all(&db).unwrap();
    assert_eq!(cards[0].author, "Ann");
    assert_eq!(author.books.all(&db).unwrap().len(), 1);
    assert_eq!(author.name, "Ann");
}

/// Names of the prelude of Rust that mean something else here.
#[allow(dead_code, reason = "most of them are only to be in the way")]
mod shadowed {
    use eager_orm::prelude::*;

    pub struct Result;
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Vec;
    pub struct Box;
    pub struct Into;
    pub trait Default {}
    pub trait Clone {}
    pub trait From {}
    pub trait Iterator {}
    pub trait Send {}
    pub trait Sync {}
    pub trait Sized {}
    pub trait Drop {}
    pub trait Fn {}

    #[derive(Model)]
    pub struct Book {
        pub id: i64,
        pub title: std::string::String,
        #[field(default = 3)]
        pub pages: i32,
        pub isbn: std::option::Option<std::string::String>,
        pub book: std::option::Option<ForeignKey<Book>>,
        pub summary: Deferred<std::string::String>,
        pub sequels: HasMany<Book>,
        pub twins: ManyToMany<Book>,
        pub top: Prefetched<Book>,
        pub price: Memo<f64>,
    }

    /// Types of names that the generated code and the library have too, as models.
    #[derive(Model)]
    pub struct String {
        pub id: i64,
        pub orm: std::option::Option<ForeignKey<Draft>>,
        pub text: std::string::String,
    }

    #[derive(Model)]
    pub struct Draft {
        pub id: i64,
        pub string: ForeignKey<String>,
    }

    /// Fields and functions of names that the generated code has too.
    #[derive(Projection)]
    #[projection(model = Book)]
    pub struct Projection {
        pub id: i64,
        #[projection(path = "title")]
        pub row: std::string::String,
        #[projection(path = "book.title")]
        pub fields: std::option::Option<std::string::String>,
        #[projection(nested)]
        pub book: std::option::Option<orm>,
        #[projection(with = to)]
        pub to: bool,
    }

    #[derive(Projection)]
    #[projection(model = Book)]
    #[allow(non_camel_case_types, reason = "the name of a module in generated code")]
    pub struct orm {
        pub pages: i32,
    }

    fn to(fields: &Fields<Book>) -> Cond<Book> {
        fields.pages().eq(3)
    }
}

#[test]
fn shadowed_names_of_the_prelude_do_not_reach_generated_code() {
    use eager_orm::prelude::*;
    use shadowed::{Book, Draft};
    let db = memory();
    db.create_tables(models![Book, shadowed::String, Draft]).unwrap();
    let one = Book::create().title("One").summary("").save(&db).unwrap();
    Book::create().title("Two").isbn("2").book(&one).summary("").save(&db).unwrap();
    let books = Book::objects().filter(|b| b.book().title().eq("One") & b.pages().eq(3)).all(&db).unwrap();
    assert_eq!(books[0].isbn.as_deref(), Some("2"));
    assert_eq!(one.sequels.all(&db).unwrap().len(), 1);
    let cards = Book::objects().order_by(|b| b.id()).values_as::<shadowed::Projection>().all(&db).unwrap();
    assert_eq!(
        (cards[1].id, cards[1].row.as_str(), cards[1].fields.as_deref(), cards[1].to),
        (2, "Two", Some("One"), true)
    );
    assert_eq!((cards[0].book.is_some(), cards[1].book.as_ref().map(|card| card.pages)), (false, Some(3)));
    let string = shadowed::String::create().text("x").save(&db).unwrap();
    Draft::create().string(&string).save(&db).unwrap();
    assert_eq!(Draft::objects().filter(|d| d.string().text().eq("x")).count(&db).unwrap(), 1);
}

/// Models called like the types that generated code has beside them.
#[allow(non_camel_case_types, reason = "the names of modules in generated code")]
mod namesakes {
    use eager_orm::prelude::*;

    #[derive(Model)]
    pub struct Expr {
        pub id: i64,
        pub path: ForeignKey<Path>,
    }

    #[derive(Model)]
    pub struct Path {
        pub id: i64,
        #[relation(via = "path")]
        pub exprs: HasMany<Expr>,
    }

    #[derive(Model)]
    pub struct Model {
        pub id: i64,
        pub r: ForeignKey<R>,
        pub k: ForeignKey<K>,
    }

    #[derive(Model)]
    pub struct R {
        pub id: i64,
        #[relation(via = "r")]
        pub models: HasMany<Model>,
    }

    #[derive(Model)]
    pub struct K {
        pub id: i64,
        #[relation(via = "k")]
        pub models: HasMany<Model>,
    }

    #[derive(Model)]
    pub struct S0 {
        pub id: i64,
        pub missing: ForeignKey<missing>,
        pub is_set: ForeignKey<is_set>,
    }

    #[derive(Model)]
    pub struct missing {
        pub id: i64,
        pub title: String,
    }

    #[derive(Model)]
    pub struct is_set {
        pub id: i64,
        pub missing: String,
    }
}

#[test]
fn models_may_be_called_like_generated_items() {
    use eager_orm::prelude::*;
    let db = memory();
    let all = models![
        namesakes::Expr,
        namesakes::Path,
        namesakes::Model,
        namesakes::R,
        namesakes::K,
        namesakes::S0,
        namesakes::missing,
        namesakes::is_set
    ];
    db.create_tables(all).unwrap();
    let path = namesakes::Path::create().save(&db).unwrap();
    namesakes::Expr::create().path(&path).save(&db).unwrap();
    assert_eq!(path.exprs.all(&db).unwrap().len(), 1);
    let r = namesakes::R::create().save(&db).unwrap();
    let k = namesakes::K::create().save(&db).unwrap();
    namesakes::Model::create().r(&r).k(&k).save(&db).unwrap();
    assert_eq!(k.models.all(&db).unwrap()[0].r.key(), &r.id);
    assert_eq!(r.models.all(&db).unwrap()[0].k.key(), &k.id);
    let missing = namesakes::missing::create().title("x").save(&db).unwrap();
    let is_set = namesakes::is_set::create().missing("y").save(&db).unwrap();
    namesakes::S0::create().missing(&missing).is_set(&is_set).save(&db).unwrap();
    let found = namesakes::S0::objects().filter(|s| s.missing().title().eq("x") & s.is_set().missing().eq("y"));
    assert_eq!(found.count(&db).unwrap(), 1);
}

/// Columns called like what generated code has: methods of the builder, parameters, locals.
mod inner_names {
    use eager_orm::prelude::*;

    #[derive(Model, Clone)]
    pub struct Inner {
        #[field(primary_key)]
        pub rowid: i64,
        pub build: String,
        pub save: String,
        pub finish: String,
        pub draft: i32,
        pub state: i32,
        pub value: i32,
        pub path: i32,
        pub kind: i32,
        pub new: i32,
        pub row: i32,
        pub column: i32,
        pub slot: i32,
        pub origin: i32,
        pub db: i32,
        pub f: i32,
        pub create: i32,
        pub objects: i32,
        pub refresh: i32,
        pub delete: i32,
        pub at: i32,
        pub is_none: i32,
        pub clone: i32,
        pub into: i32,
        pub default: i32,
        pub model: i32,
        pub field: i32,
        pub relation: i32,
        pub str: i32,
        pub i64: i64,
        pub bool: bool,
    }
}

#[test]
fn columns_may_be_called_like_generated_locals_and_methods() {
    use eager_orm::prelude::*;
    use inner_names::Inner;
    let db = memory();
    db.create_tables(models![Inner]).unwrap();
    let inner = Inner::create().build("b").save("s").finish("f").draft(1).state(2).value(3).path(4).kind(5).new(6);
    let inner = inner.row(7).column(8).slot(9).origin(10).db(11).f(12).create(13).objects(14).refresh(15).delete(16);
    let inner = inner.at(17).is_none(18).clone(19).into(20).default(21).model(22).field(23).relation(24).str(25);
    // A setter has the name, so the builder's own methods are `build_row` and `save_row`.
    let inner = inner.i64(26).bool(true).save_row(&db).unwrap();
    assert_eq!((inner.rowid, inner.build.as_str(), inner.bool), (1, "b", true));
    // `Into` is on every type and takes it by value, so the column of its name is asked of a reference.
    let found = Inner::objects().filter(|inner| {
        let i = &inner;
        i.bool()
            & i.clone().eq(19)
            & i.into().eq(20)
            & i.save().eq("s")
            & i.finish().eq("f")
            & i.path().eq(4)
            & i.kind().eq(5)
            & i.rowid().eq(1)
            & i.i64().eq(26)
            & i.default().eq(21)
    });
    assert_eq!(found.get(&db).unwrap().relation, 24);
}

/// Tables and columns that are keywords, of Rust and of SQL.
mod keywords {
    use eager_orm::prelude::*;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(table = "select", ordering = "-order", index(fields = "group, r#where"))]
    pub struct Select {
        pub id: i64,
        pub order: i32,
        pub group: String,
        pub r#where: Option<String>,
        pub r#type: i32,
        pub r#match: Deferred<String>,
        #[field(column = "from \"here\"")]
        pub r#fn: bool,
        #[relation(via = "table")]
        pub values: HasMany<Values>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    pub struct Values {
        pub id: i64,
        pub table: ForeignKey<Select>,
        pub r#ref: Option<ForeignKey<Select>>,
        pub index: i32,
        pub r#default: i32,
    }
}

#[test]
fn keywords_are_names_of_tables_and_columns_like_any_other() {
    use eager_orm::prelude::*;
    use keywords::{Select, Values};
    let db = memory();
    db.create_tables(models![Select, Values]).unwrap();
    let draft = Select::create().order(1).group("g").r#where("w").r#type(2).r#match("m").r#fn(true);
    let mut select = draft.save(&db).unwrap();
    Values::create().table(&select).r#ref(&select).index(3).r#default(4).save(&db).unwrap();
    select.order = 5;
    select.save(&db).unwrap();
    let rows = Select::objects()
        .filter(|s| s.group().eq("g") & s.r#where().eq("w") & s.r#type().eq(2) & s.r#fn() & s.r#match().eq("m"))
        .filter(|s| s.values().index().eq(3) & s.values().r#default().eq(4) & s.values().r#ref().order().eq(5))
        .prefetch_related(|s| s.values())
        .all(&db)
        .unwrap();
    assert_eq!(rows, [select]);
    assert_eq!(rows[0].values.loaded().unwrap()[0].index, 3);
    let values = Values::objects().select_related(|v| (v.table(), v.r#ref())).order_by(|v| v.table().order());
    assert_eq!(values.get(&db).unwrap().r#ref.loaded().unwrap().order, 5);
    assert_eq!(Select::objects().update(&db, |s| (s.order().set(7), s.r#fn().set(false))).unwrap(), 1);
    assert_eq!(Select::objects().values_list(|s| (s.order(), s.r#fn())).all(&db).unwrap(), [(7, false)]);
    assert!(Select::objects().delete(&db).is_err(), "the row is pointed at");
}

/// The library under another name.
mod renamed {
    use my_orm::prelude::*;

    #[derive(Model)]
    #[model(crate = "my_orm")]
    pub struct Author {
        pub id: i64,
        pub name: String,
        pub books: HasMany<Book>,
    }

    #[derive(Model)]
    #[model(crate = "crate::my_orm")]
    pub struct Book {
        pub id: i64,
        #[field(default = "Emma")]
        pub title: String,
        pub author: ForeignKey<Author>,
    }
}

#[test]
fn the_library_may_have_another_name() {
    use my_orm::prelude::*;
    use renamed::{Author, Book};
    let db = memory();
    db.create_tables(models![Author, Book]).unwrap();
    let mut author = Author::create().name("Jane").save(&db).unwrap();
    author.books.create(&db, Book::create()).unwrap();
    let book = Book::objects().select_related(|b| b.author()).get(&db).unwrap();
    assert_eq!((book.title.as_str(), book.author.loaded().unwrap().name.as_str()), ("Emma", "Jane"));
}

/// Models that a macro writes: types arrive in invisible groups, names with spans of the macro.
mod by_macro {
    use eager_orm::prelude::*;

    macro_rules! model {
        ($name:ident, $text:ident: $type:ty, $other:ident: $target:ty, $key:literal) => {
            #[derive(Model, Debug)]
            #[model(table = $key)]
            pub struct $name {
                pub id: i64,
                pub $text: $type,
                #[field(default = $key)]
                pub label: String,
                pub $other: Option<ForeignKey<$target>>,
            }
        };
    }
    model!(Left, text: Option<String>, right: Right, "lefts");
    model!(Right, number: i32, left: Left, "rights");
}

#[test]
fn a_macro_may_write_models() {
    use by_macro::{Left, Right};
    use eager_orm::prelude::*;
    let db = memory();
    db.create_tables(models![Left, Right]).unwrap();
    let right = Right::create().number(3).save(&db).unwrap();
    let left = Left::create().text("x").right(&right).save(&db).unwrap();
    assert_eq!((left.text.as_deref(), left.label.as_str()), (Some("x"), "lefts"));
    let found = Left::objects().filter(|l| l.right().number().eq(3) & l.right().label().eq("rights"));
    assert_eq!(found.count(&db).unwrap(), 1);
    assert!(right.left.is_none());
}

/// Columns called like the words of a column, a relation or a queryset.
mod words {
    use eager_orm::prelude::*;

    macro_rules! word_models {
        ($($word:ident)*) => {
            /// A model whose columns are called like the words of a relation.
            #[derive(Model, Debug)]
            pub struct Words {
                pub id: i64,
                $(pub $word: i32,)*
                pub one: Option<ForeignKey<Words>>,
                #[relation(via = "one")]
                pub many: HasMany<Words>,
            }

            /// The words, with the value each has in a row.
            pub const WORDS: &[&str] = &[$(stringify!($word)),*];

            /// A row in which each word has its position in the list.
            pub fn row(db: &Database, one: Option<&Words>) -> eager_orm::Result<Words> {
                let mut position = 0;
                let row = Words::create();
                $(
                    position += 1;
                    let row = row.$word(position);
                )*
                row.one(one.map(|one| one.id)).save(db)
            }

            /// For each word: how many rows have its column right, on the model itself, behind a relation to one row,
            /// and behind one to many.
            pub fn reached(db: &Database) -> eager_orm::Result<Vec<(&'static str, [u64; 3])>> {
                let mut reached = Vec::new();
                let mut position = 0;
                $(
                    position += 1;
                    let own = Words::objects().filter(|w| w.$word().eq(position)).count(db)?;
                    let one = Words::objects().filter(|w| w.one().fields().$word().eq(position)).count(db)?;
                    let many = Words::objects().filter(|w| w.many().fields().$word().eq(position)).count(db)?;
                    reached.push((stringify!($word), [own, one, many]));
                )*
                Ok(reached)
            }
        };
    }

    // The words of `ToOne`, `ToMany`, `Expr` and `QuerySet`, in one list without repetitions.
    word_models! {
        fields key eq ne in_ is_null set select_related prefetch_related ancestors
        any none every exists order_by filter exclude limit query count descendants only defer
        gt ge lt le between asc desc coalesce cast contains lower year
        all first last get find iter update objects_ values values_list
    }
}

/// The words that stand on relations, and no others: each shadows a column of the same name, which `.fields()` reaches.
const RELATION_WORDS: &[&str] = &[
    "ancestors",
    "any",
    "count",
    "defer",
    "descendants",
    "eq",
    "every",
    "exclude",
    "exists",
    "fields",
    "filter",
    "in_",
    "is_null",
    "key",
    "limit",
    "ne",
    "none",
    "only",
    "order_by",
    "prefetch_related",
    "query",
    "select_related",
    "set",
];

#[test]
fn fields_reaches_columns_called_like_the_words_of_a_relation() {
    use eager_orm::prelude::*;
    let db = memory();
    db.create_tables(models![words::Words]).unwrap();
    let first = words::row(&db, None).unwrap();
    words::row(&db, Some(&first)).unwrap();
    for word in RELATION_WORDS {
        assert!(words::WORDS.contains(word), "{word}");
    }
    for (word, reached) in words::reached(&db).unwrap() {
        assert_eq!(reached, [2, 1, 1], "{word}");
    }
    assert_eq!(first.many.all(&db).unwrap().len(), 1);
}

#[test]
fn the_words_of_a_relation_are_a_closed_list() {
    let source = include_str!("../orm-core/src/lookup/path.rs");
    let header: String = source.lines().take_while(|line| line.starts_with("//!")).collect();
    let mut words: Vec<&str> = RELATION_WORDS.to_vec();
    words.sort_unstable();
    // In the header they stand between backticks, several in one pair.
    let spans = header.split('`').skip(1).step_by(2).filter(|span| span.contains("select_related"));
    let mut listed: Vec<&str> =
        spans.flat_map(|span| span.split([' ', '/', '!'])).filter(|word| !word.is_empty()).collect();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed, words, "the header of lookup/path.rs and this list say the same");

    let written = include_str!("../orm-core/src/db/written.rs");
    let list = written.split_once("RELATION_WORDS: &[&str] = &[").unwrap().1.split(']').next().unwrap();
    let mut known: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    known.sort_unstable();
    assert_eq!(known, words, "the words that a suggestion passes by with `.fields()`");

    let mut methods: Vec<String> = Vec::new();
    let mut rooms = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/orm-core/src"))];
    while let Some(room) = rooms.pop() {
        for file in std::fs::read_dir(room).unwrap().map(|file| file.unwrap().path()) {
            match file.is_dir() {
                true => rooms.push(file),
                false => methods.extend(methods_of_relations(&std::fs::read_to_string(file).unwrap())),
            }
        }
    }
    methods.sort_unstable();
    methods.dedup();
    assert_eq!(methods, words, "the public methods of ToOne and ToMany");
}

/// The public methods in `impl<..> ToOne<..>` and `impl<..> ToMany<..>` blocks, but for those that are hidden.
fn methods_of_relations(source: &str) -> Vec<String> {
    let mut methods = Vec::new();
    let mut inside = false;
    let mut hidden = false;
    for line in source.lines() {
        if line.starts_with("impl") {
            inside = !line.contains(" for ") && (line.contains("> ToOne<") || line.contains("> ToMany<"));
        }
        if let Some(method) = line.strip_prefix("    pub fn ").filter(|_| inside && !hidden) {
            methods.push(method.split(['(', '<']).next().unwrap().to_owned());
        }
        hidden = line.trim() == "#[doc(hidden)]";
    }
    methods
}

#[test]
fn the_reader_of_methods_sees_what_it_should() {
    let source = "impl<R> ToOne<R> {\n    /// Doc.\n    pub fn a<V>(&self) {}\n    #[doc(hidden)]\n    pub fn b() {}\n    fn c() {}\n}\n\
                  impl<R> Set<R> for ToOne<R> {\n    pub fn d() {}\n}\nimpl<R> Whole<R> {\n    pub fn e() {}\n}\n\
                  impl<R> ToMany<R> {\n    pub fn f(&self) {}\n}";
    assert_eq!(methods_of_relations(source), ["a", "f"]);
}

/// A database with nothing in it.
fn memory() -> eager_orm::Database {
    eager_orm::Database::in_memory().unwrap()
}
