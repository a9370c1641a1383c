//! What a model is: the contract the derive fulfils.
//!
//! Everything a user calls on a model beyond `create` comes from traits of higher rooms (`Objects`, `Save`), which every
//! model has.

mod decode;
mod hooks;
mod rules;

use crate::db::{PreparedRow, Transaction};
use crate::error::{Error, Result};
use crate::group::{Cursor, Group, Handle, Instance, Loader, Members, Mint, Origin, Returned};
use crate::meta::ModelMeta;
use crate::plan::Path;
use crate::value::{Bind, Key, KeyRef, Kind, Mismatch, Own, PrimaryKey, Value};
pub(crate) use decode::{decode_error, decode_into, decode_key, loader};
pub use hooks::{Event, Hooked, Hooks, call};
pub use rules::{Rules, Validated, Written, ask_binds};

/// A struct whose values are rows of a table. Derived: `#[derive(Model)]`.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model, Debug, Clone)]
/// pub struct Author {
///     pub id: i64,
///     pub name: String,
///     pub books: HasMany<Book>,
/// }
///
/// #[derive(Model, Debug, Clone)]
/// pub struct Book {
///     pub id: i64,
///     pub title: String,
///     pub author: ForeignKey<Author>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Author, Book])?;
/// let frank = Author::create().name("Frank Herbert").save(&db)?;
/// Book::create().title("Dune").author(&frank).save(&db)?;
/// let books = Book::objects().filter(|b| b.author().name().starts_with("Frank")).all(&db)?;
/// assert_eq!(books[0].title, "Dune");
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "expected a struct with `#[derive(Model)]`",
    note = "add `#[derive(Model)]` to `{Self}`, or use a column type here"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The type of the primary key.
    type Key: PrimaryKey;
    /// A row before it is inserted: `NewBook` for `Book`.
    type New: Send + Sync + 'static;
    /// The builder with nothing set.
    type Builder;
    /// The field handles, seen from a query on `R` along a path of kind `K`.
    type Fields<R: Model, K: Kind>: FieldsAt;
    /// The static description.
    const META: &'static ModelMeta;

    /// A builder for a new row. What is required and not set does not compile at `save`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let tag = Tag::create().name("sf").save(&db)?; // INSERT INTO "tag" ("id", "name") VALUES (NULL, 'sf')
    /// assert_eq!(tag.id, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    fn create() -> Self::Builder;

    /// The primary key.
    fn key(&self) -> Self::Key;

    /// The primary key, borrowed and untyped.
    #[doc(hidden)]
    fn key_ref(&self) -> KeyRef<'_>;

    /// Reads the model's columns, in their order, from the cursor.
    ///
    /// # Errors
    ///
    /// A column is not what its field's type promises.
    #[doc(hidden)]
    fn decode(row: &mut Cursor<'_>) -> Result<Self, Mismatch>;

    /// The value of a stored field; none for a deferred one that is not loaded.
    #[doc(hidden)]
    fn bind(&self, column: usize) -> Option<Bind<'_>>;

    /// The value of a stored field of a row to be inserted.
    #[doc(hidden)]
    fn bind_new(new: &Self::New, column: usize) -> Option<Bind<'_>>;

    /// Binds the values of a row to be inserted, of each column that is written, in their order.
    #[doc(hidden)]
    fn bind_row<'b>(new: &'b Self::New, row: &mut PreparedRow<'_, 'b>);

    /// A row to be inserted with these values in its columns. The derive writes it for models with rules, and for all where
    /// the testing kit is compiled in; otherwise it is none.
    #[doc(hidden)]
    fn new_of(binds: &[Bind<'static>]) -> Option<Result<Self::New, Mismatch>> {
        let _ = binds;
        None
    }

    /// Sets what has a default and was left out.
    #[doc(hidden)]
    fn fill(new: &mut Self::New);

    /// Asks the rules of a row to be inserted that its description does not have: bounds and validators.
    #[doc(hidden)]
    fn check_new(new: &Self::New, rules: &mut Rules<'_>) {
        let _ = (new, rules);
    }

    /// The same of a row to be saved.
    #[doc(hidden)]
    fn check(&self, rules: &mut Rules<'_>) {
        let _ = rules;
    }

    /// Whether something is to be called before and after a write of one row.
    #[doc(hidden)]
    const HOOKED: bool = false;

    /// Calls it.
    ///
    /// # Errors
    ///
    /// What it returns.
    #[doc(hidden)]
    fn hook(event: Event<'_, Self>, tx: &Transaction<'_>) -> Result<()> {
        let _ = (event, tx);
        Ok(())
    }

    /// Sets those of these columns that hold the time of the last save.
    #[doc(hidden)]
    fn stamp(&mut self, columns: &[usize]) {
        let _ = columns;
    }

    /// Takes what the database has computed.
    ///
    /// # Errors
    ///
    /// A value is not what its field's type promises.
    #[doc(hidden)]
    fn take(&mut self, returned: &Returned) -> Result<(), Mismatch> {
        let _ = returned;
        Ok(())
    }

    /// Counts a save, in the field that does.
    #[doc(hidden)]
    fn bump(&mut self) {}

    /// Takes back what [`bump`](Self::bump) did.
    #[doc(hidden)]
    fn unbump(&mut self) {}

    /// The row, once it is inserted.
    ///
    /// # Errors
    ///
    /// The rowid does not fit the key's type.
    #[doc(hidden)]
    fn from_new(new: Self::New, rowid: i64, origin: Origin<'_>) -> Result<Self, Mismatch>;

    /// Tells the group the row's key, and what its foreign keys point at, in the order of the fields.
    #[doc(hidden)]
    fn list_keys(&self, members: &mut Members);

    /// The handle in a slot.
    #[doc(hidden)]
    fn handle(&self, slot: usize) -> Option<Handle<'_>>;

    /// Empties the memo cells.
    #[doc(hidden)]
    fn forget(&mut self);
}

/// A model that relations can lead to: its primary key is one column.
pub trait Target: Model<Key: Key> {}
impl<M: Model<Key: Key>> Target for M {}

/// Compiles where relations can lead to a model.
pub fn can_be_led_to<T: Target>() {}

/// The field handles of `M`, seen from a query on `R` (on `M` itself, by default).
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub price: f64 }
/// fn cheap(b: &Fields<Book>) -> Cond<Book> {
///     b.price().lt(5.0)
/// }
/// assert_eq!(
///     Book::objects().filter(|b| cheap(&b)).to_sql(),
///     r#"SELECT "book"."id", "book"."price" FROM "book" WHERE "book"."price" < ?1"#,
/// );
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub type Fields<M, R = M, K = Own> = <M as Model>::Fields<R, K>;

/// Field handles that can be made for any path.
pub trait FieldsAt {
    /// The handles of the model at the end of the path.
    fn at(path: Path) -> Self;
}

/// The field handles of a query's own model.
pub(crate) fn root<M: Model>() -> Fields<M> {
    FieldsAt::at(Path::default())
}

impl<M: Model> Instance for M {
    fn key_ref(&self) -> KeyRef<'_> {
        Model::key_ref(self)
    }
    fn handle(&self, slot: usize) -> Option<Handle<'_>> {
        Model::handle(self, slot)
    }
}

/// A complete insert: a `NewX`, or a builder in which nothing required is missing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new `{M}` row",
    label = "expected `{M}::create()..` with every required field set, or the `New..` of `{M}`"
)]
pub trait Complete<M: Model> {
    /// The row to be inserted.
    ///
    /// # Errors
    ///
    /// A required field is missing: a builder cannot get here then.
    fn into_new(self) -> Result<M::New>;
}

/// An insert whose foreign keys may be missing: one of them is the row it is created for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new `{M}` row",
    label = "expected `{M}::create()..` with every required field but the foreign key to this row"
)]
pub trait CompleteChild<M: Model> {
    /// The row to be inserted, with the foreign keys in these slots set.
    ///
    /// # Errors
    ///
    /// Another foreign key is missing.
    fn into_child(self, keys: &[(usize, KeyRef<'_>)]) -> Result<M::New>;
}

/// A model with a foreign key that can be NULL, so that its rows can be taken from the row they point at and stay.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no foreign key that can be NULL, so its rows always point at some row",
    label = "expected a model with an `Option<ForeignKey<..>>`",
    note = "delete the rows by `.query()..delete(db)`, or give them to another row by its `.add(db, ..)`"
)]
pub trait NullableKey {}

/// The state of a builder's field that is set.
pub struct Set;

/// A required field of a draft.
///
/// # Errors
///
/// [`Error::NotNull`] where it is not set.
pub fn required<T>(value: Option<T>, model: &'static str, field: &'static str) -> Result<T> {
    value.ok_or_else(|| Error::NotNull { model, field: field.to_owned() })
}

/// The version of a row that was never saved.
pub const FIRST_VERSION: u8 = 1;

/// A field that has a default, after the defaults are filled in.
///
/// # Errors
///
/// It is not filled in.
pub fn filled<T>(value: Option<T>) -> Result<T, Mismatch> {
    value.ok_or_else(|| Mismatch::new("no value"))
}

/// The value of a column among those of a row.
///
/// # Errors
///
/// It is not of this type.
pub fn made<V: Value<Out = V>>(binds: &[Bind<'static>], column: usize) -> Result<V, Mismatch> {
    let datum = binds.get(column).and_then(Bind::datum);
    V::read(datum.ok_or_else(|| Mismatch::new("no value"))?)
}

/// A group of one row, sealed.
pub(crate) fn group_of_one<M: Model>(key: KeyRef<'_>, home: crate::db::Home) -> Mint {
    let group = Group::open(M::META, home, None);
    group.seal(Members::of_one(key));
    group
}

/// The loader of a model, for a relation that leads to it.
pub(crate) fn loader_of<M: Model>() -> &'static dyn Loader {
    loader::<M>()
}
