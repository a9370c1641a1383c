//! `bake::<Book>()`: rows for a test, of which only what matters to the test is said.

use std::marker::PhantomData;
use std::panic::Location;

use super::check::check;
use super::given::GivenSet;
use super::order::{Optional, Order, wrong};
use super::plan::Plan;
use super::relatives::{RelatedRows, Relatives};
use crate::db::Executor;
use crate::error::{Error, Result};
use crate::lookup::{ColumnSet, Cross, ToMany, ToOne};
use crate::meta::RelationMeta;
use crate::model::{Fields, Model, Target, root};
use crate::plan::Node;
use crate::queryset::QuerySet;
use crate::value::{IsOwn, KeyMap, KeyRef, Kind};

/// Rows of a model that are to be made. Begun by [`bake`](fn@bake).
///
/// What is not said is filled in: a required field by its type and its constraints (an enum is one of its variants, a text
/// is no longer than its `max_length`), a foreign key that is required by a row of its own. What is unique, alone or
/// together, differs, also from the rows that are there already. What can be left out is left out, unless it is asked for
/// with [`fill`](Self::fill) or [`fill_optional`](Self::fill_optional): a field that may be NULL is NULL, and one with a
/// default has that.
///
/// Everything but what validators say and what only the database knows is checked before the first row goes in. Hooks do
/// not run. The number of statements does not depend on the number of rows: for each table one that asks where its keys
/// have got to, one that inserts, and of a table with rows one or two for all that has to be unique, which ask what it
/// has; all in one transaction, and one that reads the rows of the model.
///
/// A function that returns a `Bake` is a recipe: it has a name, and who calls it can say more, or say it again otherwise.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
/// use eager_orm::testing::{self, Bake, bake};
///
/// #[derive(Model)]
/// pub struct Author {
///     pub id: i64,
///     pub name: String,
///     pub books: HasMany<Book>,
/// }
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     #[field(unique)]
///     pub title: String,
///     pub pages: i32,
///     pub series: Option<String>,
///     pub author: ForeignKey<Author>,
///     pub tags: ManyToMany<Tag>,
/// }
/// #[derive(Model)]
/// pub struct Tag {
///     pub id: i64,
///     pub name: String,
/// }
///
/// /// A recipe.
/// fn novel() -> Bake<Book> {
///     bake::<Book>().with(|b| b.pages().set(400)).with_many(|b| b.tags(), bake::<Tag>().quantity(2))
/// }
///
/// let db = testing::database(models![Author, Book, Tag])?;
/// // Ten books of one author, with the same two tags.
/// let books = novel().quantity(10).create(&db)?;
/// assert_eq!((Author::objects().count(&db)?, Tag::objects().count(&db)?), (1, 2));
/// // Three authors with five books each.
/// bake::<Author>().with_many(|a| a.books(), novel().quantity(5)).quantity(3).create(&db)?;
/// assert_eq!(Book::objects().count(&db)?, 25);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[must_use = "nothing is made until `.create(db)`"]
pub struct Bake<M> {
    pub(super) order: Order,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Bake<M> {
    fn clone(&self) -> Self {
        Bake { order: self.order.clone(), model: PhantomData }
    }
}

/// One row of a model, or [`quantity`](Bake::quantity) of them, for a test. See [`Bake`].
///
/// # Examples
///
/// ```
/// # use eager_orm::{prelude::*, testing::{self, bake}};
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author> }
/// # let db = testing::database(models![Author, Book])?;
/// let book = bake::<Book>().with(|b| b.title().set("Dune")).create_one(&db)?;
/// assert_eq!(book.title, "Dune");
/// assert!(!book.author.get(&db)?.name.is_empty()); // an author was made for it
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub fn bake<M: Model>() -> Bake<M> {
    Bake { order: Order::new(M::META), model: PhantomData }
}

impl<M: Model> Bake<M> {
    /// Gives fields their values: the same one in each row (`set`), a text with a number (`seq`), or a function of the
    /// row's number (`each`). What is said later of a field counts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub price: f64 }
    /// # let db = testing::database(models![Book])?;
    /// let books = bake::<Book>()
    ///     .with(|b| (b.title().seq("Dune {}"), b.pages().each(|i| 100 * i as i32), b.price().set(9.99)))
    ///     .quantity(3)
    ///     .create(&db)?;
    /// assert_eq!((&*books[2].title, books[2].pages, books[2].price), ("Dune 3", 200, 9.99));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn with<S: GivenSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> S) -> Self {
        let mut given = Vec::new();
        f(root::<M>()).given(&mut given);
        for field in given {
            match M::META.columns.iter().position(|column| column.name == field.field) {
                Some(column) => {
                    self.order.relatives.retain(|(relation, _)| relation.name != field.field);
                    self.order.given.push((column, field.given));
                }
                None => self.wrong(field.field, "it is no field of the model"),
            }
        }
        self
    }

    /// How many rows; 1 unless it is said. All of them are in memory at once: ten million of a model are the most.
    pub fn quantity(mut self, quantity: usize) -> Self {
        self.order.quantity = quantity;
        self
    }

    /// For what is baked with other rows: so many for each of them, and not for all of them together.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = testing::database(models![Author, Book])?;
    /// bake::<Book>().quantity(10).create(&db)?; // one author
    /// bake::<Book>().with_one(|b| b.author(), bake::<Author>().each()).quantity(10).create(&db)?; // ten authors
    /// assert_eq!(Author::objects().count(&db)?, 11);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn each(mut self) -> Self {
        self.order.each = true;
        self
    }

    /// Another seed: other values, the same in every run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.order.seed = Some(seed);
        self
    }

    /// Fills these fields too, which could be left out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub country: Option<String>, pub age: Option<i32> }
    /// # let db = testing::database(models![Author])?;
    /// let author = bake::<Author>().fill(|a| a.country()).create_one(&db)?;
    /// assert!(author.country.is_some() && author.age.is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn fill<S: ColumnSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> S) -> Self {
        if let Optional::These(fields) = &mut self.order.optional {
            f(root::<M>()).columns(fields);
        }
        self
    }

    /// Fills every field, also those that could be left out; not those of the rows that come with it.
    pub fn fill_optional(mut self) -> Self {
        self.order.optional = Optional::All;
        self
    }

    /// The row of a relation to one row: baked with these, or there already.
    ///
    /// Of a foreign key: one row for all, unless it says [`each`](Self::each); several are dealt out in turn. (Where the key is
    /// unique, alone or together, one is as many as it takes.) Of a `HasOne`: one for each.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = testing::database(models![Author, Book])?;
    /// let ann = Author::create().name("Ann").save(&db)?;
    /// bake::<Book>().with_one(|b| b.author(), &ann).create(&db)?;
    /// // Ten books, by three authors in turn.
    /// let books = bake::<Book>()
    ///     .with_one(|b| b.author(), bake::<Author>().with(|a| a.name().seq("Author {}")).quantity(3))
    ///     .quantity(10)
    ///     .create(&db)?;
    /// assert_eq!(books[4].author.get(&db)?.name, "Author 2");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn with_one<T: Target, K: Kind + IsOwn, N: Cross>(
        self,
        f: impl FnOnce(Fields<M>) -> ToOne<M, T, K, N>,
        rows: impl RelatedRows<T>,
    ) -> Self {
        let relation = f(root::<M>()).relation();
        self.related(relation, rows.relatives())
    }

    /// The rows of a relation to many: baked with these, or (of a `ManyToMany`) there already.
    ///
    /// Of a `HasMany`: so many for each row. Of a `ManyToMany`: all rows are linked with the same ones, unless these say
    /// [`each`](Self::each).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = testing::database(models![Author, Book, Tag])?;
    /// let tags = bake::<Tag>().quantity(3).create(&db)?;
    /// let book = bake::<Book>().with_many(|b| b.tags(), &tags);
    /// let authors = bake::<Author>().with_many(|a| a.books(), book.quantity(4)).quantity(2).create(&db)?;
    /// assert_eq!(authors[1].books.all(&db)?.len(), 4);
    /// assert_eq!(authors[1].books.all(&db)?[0].tags.all(&db)?.len(), 3);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn with_many<T: Model>(
        mut self,
        f: impl FnOnce(Fields<M>) -> ToMany<M, M, T>,
        rows: impl RelatedRows<T>,
    ) -> Self {
        let path = f(root::<M>()).path();
        match path.last() {
            Some(hop) if hop.before.is_root() => self.related(hop.relation, rows.relatives()),
            last => {
                let field = last.map_or("?", |hop| hop.relation.name);
                self.wrong(field, "it is a relation of a related row: bake that with its own `with_many`");
                self
            }
        }
    }

    fn related(mut self, relation: &'static RelationMeta, relatives: Relatives) -> Self {
        // What was given for the key before does not count any more.
        let column = M::META.columns.iter().position(|column| column.name == relation.name);
        self.order.given.retain(|(of, _)| Some(*of) != column);
        self.order.relatives.push((relation, relatives));
        self
    }

    fn wrong(&mut self, field: &'static str, what: &'static str) {
        self.order.wrong.get_or_insert((field, what));
    }

    /// Makes the rows and what comes with them: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Bake`] with model and field where something cannot be made: values that have to differ and do not, a type
    /// the kit knows no value of, a row that has to point at another of its own model; [`Error::Invalid`],
    /// [`Error::NotNull`] and [`Error::NotStorable`] for a value that does not fit. All of these are found before a row is
    /// inserted. The constraints only the database knows come as their own typed errors, and leave nothing behind.
    #[track_caller]
    pub fn create(&self, db: &dyn Executor) -> Result<Vec<M>> {
        let keys = super::insert::create(&self.order, db, Location::caller())?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut these = QuerySet::<M>::new();
        these.plan.filters.push(Node::key_in(keys.iter().cloned()));
        let mut places = KeyMap::default();
        for (number, key) in keys.iter().enumerate() {
            if let Some(key) = KeyRef::of_bind(key) {
                places.number(key, u32::try_from(number).unwrap_or(u32::MAX));
            }
        }
        let mut rows = these.all(db)?;
        rows.sort_by_cached_key(|row| places.get(row.key_ref()));
        Ok(rows)
    }

    /// The rows as they would be inserted, and saves nothing: for what takes a `NewBook`.
    ///
    /// A foreign key that is required has to be given. What is unique differs within these rows; which rows a database
    /// has is not asked.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create), where nothing of it is the database's.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64 }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, #[field(default = 100)] pub pages: i32, pub author: ForeignKey<Author> }
    /// let new: Vec<NewBook> = bake::<Book>().with(|b| b.author().set(7)).quantity(2).prepare()?;
    /// assert_eq!((new[1].id, new[1].author, new[1].pages), (None, 7, Some(100)));
    /// assert!(!new[1].title.is_empty());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn prepare(&self) -> Result<Vec<M::New>> {
        let table = Plan::unsaved(&self.order)?;
        check(&table)?;
        let new = table.rows.iter().map(|binds| match M::new_of(binds) {
            Some(new) => new.map_err(|mismatch| wrong(M::META, "?", format!("it was made of {}", mismatch.0))),
            None => Err(Error::misuse("`eager-orm-derive` was built without its feature `testing`")),
        });
        new.collect()
    }

    /// Makes one row, and what comes with it.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Error::Misuse`] where another quantity was asked for.
    #[track_caller]
    pub fn create_one(&self, db: &dyn Executor) -> Result<M> {
        if self.order.quantity != 1 {
            let quantity = self.order.quantity;
            return Err(Error::misuse(format!("`create_one` of a bake of {quantity} rows: `create` makes them")));
        }
        let mut rows = self.create(db)?;
        rows.pop().ok_or_else(|| Error::DoesNotExist { model: M::META.name, key: None })
    }
}
