//! Paths across relations: `b.author()`, `b.tags()`, and what can be asked of them.
//!
//! Our words come first and the target's fields are reached by `Deref`; where a field has the name of a word,
//! `.fields()` reaches it. The words are `fields key eq ne in_ is_null set ancestors only defer select_related
//! prefetch_related` for a relation to one row and `fields any none every exists count eq in_ order_by only defer
//! select_related prefetch_related filter exclude limit query descendants` for a relation to many: a new one would shadow
//! users' columns, so a test holds the list.

use std::marker::PhantomData;
use std::ops::Deref;

use super::{Assign, Cond, Expr, KeyOperand, KeySet, Predicate};
use crate::meta::{RelationKind, RelationMeta};
use crate::model::{Fields, FieldsAt, Model, Target, loader_of};
use crate::plan::{Node, NodeKind, Path, Quantifier};
use crate::value::{Accepts, IsOwn, Kind, Many, NotNull, Null, Nullness, Own};

/// The type of a foreign key's column, seen along a path.
pub(super) type KeyValue<T, K, N> = <<N as Cross>::Null as Nullness>::Lift<<K as Kind>::Wrap<<T as Model>::Key>>;

/// How a relation to one row is crossed.
pub trait Cross: 'static {
    /// Whether there may be no row.
    type Null: Nullness;
    /// The kind of what is behind it.
    type To<K: Kind>: Kind;
}
/// By a key that is always there.
pub struct Required;
/// By a key that may be NULL, or from the other side.
pub struct Nullable;
impl Cross for Required {
    type Null = NotNull;
    type To<K: Kind> = K::Req;
}
impl Cross for Nullable {
    type Null = Null;
    type To<K: Kind> = K::Nul;
}

/// A relation to one row: its words, and by `Deref` the target's fields.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub editor: Option<ForeignKey<Author>> }
/// let books = Book::objects().filter(|b| b.author().name().eq("Ann") & b.editor().is_null());
/// assert_eq!(
///     books.to_sql(),
///     r#"SELECT "book"."id", "book"."author_id", "book"."editor_id" FROM "book" LEFT JOIN "author" ON "author"."id" = "book"."author_id" WHERE ("author"."name" = ?1) AND ("book"."editor_id" IS NULL)"#,
/// );
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct ToOne<R: Model, T: Target, K: Kind, N: Cross> {
    pub(super) source: Path,
    relation: &'static RelationMeta,
    fields: T::Fields<R, N::To<K>>,
    types: PhantomData<fn() -> (R, K, N)>,
}

impl<R: Model, T: Target, K: Kind, N: Cross> Deref for ToOne<R, T, K, N> {
    type Target = T::Fields<R, N::To<K>>;
    fn deref(&self) -> &Self::Target {
        &self.fields
    }
}

impl<R: Model, T: Target, K: Kind, N: Cross> ToOne<R, T, K, N> {
    #[doc(hidden)]
    pub fn at(source: &Path, relation: &'static RelationMeta) -> Self {
        let fields = FieldsAt::at(source.cross(relation, loader_of::<T>()));
        ToOne { source: source.clone(), relation, fields, types: PhantomData }
    }

    pub(crate) fn path(&self) -> Path {
        self.source.cross(self.relation, loader_of::<T>())
    }

    pub(crate) fn relation(&self) -> &'static RelationMeta {
        self.relation
    }

    /// The key of the related row: this side's own column, where it has one.
    pub(super) fn key_of_row(&self) -> Node {
        match self.relation.kind {
            RelationKind::ForeignKey { .. } => Node::leaf(NodeKind::ForeignKey(self.source.clone(), self.relation)),
            _ => Node::leaf(NodeKind::RowKey(self.path())),
        }
    }

    /// The target's fields, where one of them has the name of a word of ours.
    pub fn fields(&self) -> &T::Fields<R, N::To<K>> {
        &self.fields
    }

    /// The key itself. No JOIN.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let books = Book::objects().values_list(|b| b.author().key());
    /// assert_eq!(books.to_sql(), r#"SELECT "book"."author_id" FROM "book""#);
    /// ```
    pub fn key(&self) -> Expr<R, <N::Null as Nullness>::Lift<K::Wrap<T::Key>>, K> {
        Expr::new(self.key_of_row())
    }

    /// The related row is this one: a row, a key, a handle, or another path.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let books = Book::objects().filter(|b| b.author().eq(1));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."author_id" = ?1"#));
    /// ```
    pub fn eq<V: KeyOperand<R, T, T::Key>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::equal(self.key_of_row(), value.key_node()))
    }

    /// The related row is another one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub editor: Option<ForeignKey<Author>> }
    /// let books = Book::objects().filter(|b| b.author().ne(b.editor()));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."author_id" <> "book"."editor_id""#));
    /// ```
    pub fn ne<V: KeyOperand<R, T, T::Key>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::not_equal(self.key_of_row(), value.key_node()))
    }

    /// The related row is one of these: rows or keys, or what a queryset finds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let books = Book::objects().filter(|b| b.author().in_([1, 2]));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."author_id" IN (SELECT value FROM rarray(?1))"#));
    ///
    /// let anns = Author::objects().filter(|a| a.name().eq("Ann"));
    /// let books = Book::objects().filter(|b| b.author().in_(anns));
    /// assert!(books.to_sql().ends_with(r#" IN (SELECT "author"."id" FROM "author" WHERE "author"."name" = ?1)"#));
    /// ```
    pub fn in_<S: KeySet<R, T, T::Key>>(&self, rows: S) -> Cond<R> {
        rows.has(self.key_of_row())
    }

    /// There is no related row.
    pub fn is_null(&self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::IsNull(self.key_of_row())))
    }

    /// Points the rows of an `update` at this one.
    pub fn set<V: KeyOperand<R, T, T::Key>>(&self, value: V) -> Assign<R>
    where
        K: IsOwn,
        N::Null: Accepts<V::Null>,
    {
        Assign::new(self.key_of_row(), value.key_node())
    }
}

/// A relation to many rows, declared on `O`: its words, and by `Deref` the target's fields.
///
/// In a `filter`, what is said of its fields holds of at least one related row, and of the same one within the call:
/// EXISTS, so no row of the query is repeated.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub author: ForeignKey<Author> }
/// let authors = Author::objects().filter(|a| a.books().title().eq("Dune") & a.books().pages().gt(300));
/// assert_eq!(
///     authors.to_sql(),
///     r#"SELECT "author"."id" FROM "author" WHERE EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."title" = ?1) AND ("books"."pages" > ?2))"#,
/// );
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct ToMany<R: Model, O: Model, T: Model> {
    pub(super) source: Path,
    relation: &'static RelationMeta,
    fields: T::Fields<R, Many>,
    types: PhantomData<fn() -> (R, O)>,
}

impl<R: Model, O: Model, T: Model> Deref for ToMany<R, O, T> {
    type Target = T::Fields<R, Many>;
    fn deref(&self) -> &Self::Target {
        &self.fields
    }
}

impl<R: Model, O: Model, T: Model> ToMany<R, O, T> {
    #[doc(hidden)]
    pub fn at(source: &Path, relation: &'static RelationMeta) -> Self {
        let fields = FieldsAt::at(source.cross(relation, loader_of::<T>()));
        ToMany { source: source.clone(), relation, fields, types: PhantomData }
    }

    pub(crate) fn path(&self) -> Path {
        self.source.cross(self.relation, loader_of::<T>())
    }

    /// The target's fields, where one of them has the name of a word of ours.
    pub fn fields(&self) -> &T::Fields<R, Many> {
        &self.fields
    }

    fn related<P: Predicate<T>>(&self, quantifier: Quantifier, f: impl FnOnce(Fields<T>) -> P) -> Cond<R> {
        let begin = Path::begin();
        let condition = f(FieldsAt::at(begin.clone())).cond().node;
        let inner = begin.root().map(|root| (root, condition));
        Cond::new(Node::new(NodeKind::Related(self.path(), quantifier, inner)))
    }

    /// There is a related row, one and the same, for which all of this holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
    /// let authors = Author::objects().filter(|a| a.books().any(|b| b.pages().gt(300)));
    /// assert!(authors.to_sql().ends_with(
    ///     r#" WHERE EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."pages" > ?1))"#
    /// ));
    /// ```
    pub fn any<P: Predicate<T>>(&self, f: impl FnOnce(Fields<T>) -> P) -> Cond<R> {
        self.related(Quantifier::Any, f)
    }

    /// There is no related row for which this holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
    /// let authors = Author::objects().filter(|a| a.books().none(|b| b.pages().gt(300)));
    /// assert!(authors.to_sql().ends_with(
    ///     r#" WHERE NOT EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."pages" > ?1))"#
    /// ));
    /// ```
    pub fn none<P: Predicate<T>>(&self, f: impl FnOnce(Fields<T>) -> P) -> Cond<R> {
        self.related(Quantifier::None, f)
    }

    /// It holds for every related row; also if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
    /// let authors = Author::objects().filter(|a| a.books().every(|b| b.pages().gt(300)));
    /// assert!(authors.to_sql().ends_with(
    ///     r#" WHERE NOT EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND (("books"."pages" > ?1) IS NOT TRUE))"#
    /// ));
    /// ```
    pub fn every<P: Predicate<T>>(&self, f: impl FnOnce(Fields<T>) -> P) -> Cond<R> {
        self.related(Quantifier::Every, f)
    }

    /// There is a related row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let authors = Author::objects().filter(|a| a.books().exists());
    /// assert!(authors.to_sql().ends_with(
    ///     r#" WHERE EXISTS (SELECT 1 FROM "book" AS "books" WHERE "books"."author_id" = "author"."id")"#
    /// ));
    /// ```
    pub fn exists(&self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::Related(self.path(), Quantifier::Any, None)))
    }

    /// This row is among the related ones.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let authors = Author::objects().filter(|a| a.books().eq(1));
    /// assert!(authors.to_sql().ends_with(
    ///     r#" WHERE EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."id" = ?1))"#
    /// ));
    /// ```
    pub fn eq<V: KeyOperand<R, T, T::Key>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::equal(Node::leaf(NodeKind::RowKey(self.path())), value.key_node()))
    }

    /// One of these is among the related rows: rows or keys, or what a queryset finds.
    pub fn in_<S: KeySet<R, T, T::Key>>(&self, rows: S) -> Cond<R> {
        rows.has(Node::leaf(NodeKind::RowKey(self.path())))
    }
}

/// What stands for a field that is not there: the checks below call a field of another model by its name, and a method
/// of this name that every type has answers where there is none. So it is not "no method named", but the text of the
/// check.
pub struct NoSuchField;

/// What the derive writes for a `HasMany<C>` on `P`: that `C` has the foreign key it needs.
#[diagnostic::on_unimplemented(
    message = "this relation needs a foreign key of `{C}` to `{P}`, and the field it names is none",
    label = "expected a `ForeignKey<{P}>` or `Option<ForeignKey<{P}>>` of this name in `{C}`",
    note = "the foreign key is called like `{P}` in snake case; where it is not, name it: `#[relation(via = \"..\")]`"
)]
pub trait PointsAt<C, P> {}
impl<C: Model, P: Target, N: Cross> PointsAt<C, P> for ToOne<C, P, Own, N> {}

/// Checks a `HasMany<C>` on `P`.
pub fn points_at<C: Model, P: Model, F: PointsAt<C, P>>(_: impl FnOnce(Fields<C>) -> F) {}

/// What the derive writes for a `HasOne<C>` on `P`: that `C` has the foreign key it needs.
#[diagnostic::on_unimplemented(
    message = "this relation needs a unique foreign key of `{C}` to `{P}`, and the field it names is none",
    label = "expected a `#[field(unique)] .. : ForeignKey<{P}>` of this name in `{C}`",
    note = "the foreign key is called like `{P}` in snake case; where it is not, name it: `#[relation(via = \"..\")]`"
)]
pub trait PointsAtOne<C, P> {}
impl<C: Model, P: Target, N: Cross> PointsAtOne<C, P> for ToOne<C, P, Own, N> {}

/// Checks a `HasOne<C>` on `P`.
pub fn points_at_one<C: Model, P: Model, F: PointsAtOne<C, P>>(_: impl FnOnce(Fields<C>) -> F) {}

/// What the derive writes for each of the two foreign keys of a `through` model `C`.
#[diagnostic::on_unimplemented(
    message = "`through` needs a foreign key of `{C}` to `{P}`, and the field it names is none",
    label = "expected a `ForeignKey<{P}>` of this name in `{C}`",
    note = "the foreign keys are called like the models in snake case; where they are not, name them: `through({C}, from = \"..\", to = \"..\")`"
)]
pub trait LinksTo<C, P> {}
impl<C: Model, P: Target, N: Cross> LinksTo<C, P> for ToOne<C, P, Own, N> {}

/// Checks one foreign key of a `through` model.
pub fn links_to<C: Model, P: Model, F: LinksTo<C, P>>(_: impl FnOnce(Fields<C>) -> F) {}

/// What the derive writes for the far side of a many-to-many relation.
#[diagnostic::on_unimplemented(
    message = "the field named by `via` is not a `ManyToMany<{P}>` of `{C}`",
    label = "expected a `ManyToMany<{P}>` of this name in `{C}`",
    note = "the side without `via` owns the join table"
)]
pub trait Mirrors<C, P> {}
impl<C: Model, P: Model> Mirrors<C, P> for ToMany<C, C, P> {}

/// Checks a `#[relation(via = "..")] ManyToMany<C>` on `P`.
pub fn mirrors<C: Model, P: Model, F: Mirrors<C, P>>(_: impl FnOnce(Fields<C>) -> F) {}
