//! A library whose models are public, and which documents everything it publishes: what the derive adds to it is
//! documented too, and breaks no lint.
#![deny(
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    private_bounds,
    private_interfaces,
    single_use_lifetimes,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused_qualifications,
    unused_results,
    warnings
)]

use eager_orm::prelude::*;

/// A model.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(ordering = "name", check(name = "named", sql = "name <> ''"))]
pub struct Author {
    /// A column.
    pub id: i64,
    /// A column.
    #[field(max_length = 100, unique)]
    pub name: String,
    /// A column.
    pub born: Option<i32>,
    /// A relation.
    pub books: HasMany<Book>,
    /// A value computed once.
    pub age: Memo<i32>,
    /// A column that other modules do not see.
    secret: Option<String>,
}

/// A model.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Book {
    /// A column.
    pub id: i64,
    /// A column.
    #[field(default = "untitled", index)]
    pub title: String,
    /// A relation.
    #[relation(on_delete = Cascade)]
    pub author: ForeignKey<Author>,
    /// A relation.
    pub editor: Option<ForeignKey<Author>>,
    /// A column.
    pub summary: Deferred<String>,
    /// A relation.
    pub twins: ManyToMany<Book>,
    /// A slot.
    pub top: Prefetched<Book>,
}

pub mod inner {
    //! A module.

    use eager_orm::prelude::*;

    /// A model with a field for its crate only, by a relation to a model that is not public.
    #[derive(Model, Debug)]
    pub struct Person {
        /// A column.
        pub id: i64,
        pub(crate) house: ForeignKey<House>,
    }

    #[derive(Model, Debug)]
    pub(crate) struct House {
        pub(crate) id: i64,
        #[relation(via = "house")]
        pub(crate) people: HasMany<Person>,
    }

    /// Uses what is there.
    pub fn people(db: &Database) -> eager_orm::Result<usize> {
        let house = House::objects().filter(|h| h.people().id().gt(3)).get(db)?;
        let person = Person::create().house(house.id).save(db)?;
        Ok(house.people.all(db)?.len() + usize::from(person.house.loaded().is_some()))
    }
}

impl Author {
    /// Uses the column that other modules do not see.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }
}

/// A column type.
#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A value.
    Draft,
    /// A value.
    Done,
}

/// A column type.
#[derive(DbValue, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(key)]
pub struct NoteId(pub i64);

/// A model of such types.
#[derive(Model, Debug)]
pub struct Note {
    /// A column.
    pub id: NoteId,
    /// A column.
    pub status: Status,
    /// A column.
    pub text: String,
}
