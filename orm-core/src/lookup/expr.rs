//! An expression of a query on `R`, and its comparisons.

use std::fmt;
use std::marker::PhantomData;

use super::{Assign, Cond, InSet, Operand, Order};
use crate::meta::ColumnMeta;
use crate::plan::{Node, NodeKind, Path};
use crate::statement::{Function, Operator};
use crate::value::{Accepts, Domain, IsOwn, Kind, Nullness, One, Single, Value};

/// A column or a computed value of type `T`, in a query on `R`. `K` says how many values there are for one row; it is
/// never written.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub price: f64, pub isbn: Option<String> }
/// let books = Book::objects()
///     .filter(|b| b.pages().gt(300) & (b.price() * 2).le(b.pages().cast::<f64>()))
///     .filter(|b| b.isbn().is_null() | b.title().in_(["Dune", "Emma"]));
/// assert_eq!(
///     books.to_sql(),
///     r#"SELECT "book"."id", "book"."title", "book"."pages", "book"."price", "book"."isbn" FROM "book" WHERE ("book"."pages" > ?1) AND (("book"."price" * ?2) <= CAST("book"."pages" AS REAL)) AND (("book"."isbn" IS NULL) OR ("book"."title" IN (SELECT value FROM rarray(?3))))"#,
/// );
/// ```
#[must_use]
pub struct Expr<R, T, K = One> {
    pub(crate) node: Node,
    types: PhantomData<fn() -> (R, T, K)>,
}

impl<R, T, K> Clone for Expr<R, T, K> {
    fn clone(&self) -> Self {
        Expr::new(self.node.clone())
    }
}

impl<R, T, K> fmt::Debug for Expr<R, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<R, T, K> Expr<R, T, K> {
    pub(crate) fn new(node: Node) -> Self {
        Expr { node, types: PhantomData }
    }

    /// A column of the model at the end of a path.
    #[doc(hidden)]
    pub fn column(path: &Path, column: &'static ColumnMeta) -> Self {
        Expr::new(Node::leaf(NodeKind::Column(path.clone(), column)))
    }

    pub(super) fn call<U, K2>(&self, function: Function) -> Expr<R, U, K2> {
        Expr::new(Node::call(function, vec![self.node.clone()]))
    }

    fn compare(&self, operator: Operator, right: Node) -> Cond<R> {
        Cond::new(Node::binary(operator, self.node.clone(), right))
    }
}

impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// `=`. A `None` is compared with `IS`: use [`is_null`](Self::is_null) for the literal.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().eq("Dune"));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."title" = ?1"#));
    /// ```
    pub fn eq<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::equal(self.node.clone(), value.node()))
    }

    /// `<>`: a row with NULL is not different from anything; `!x.eq(..)` keeps it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub series: Option<String> }
    /// let books = Book::objects().filter(|b| b.series().ne("Dune"));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."series" <> ?1"#));
    /// ```
    pub fn ne<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::not_equal(self.node.clone(), value.node()))
    }

    /// `>`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().filter(|b| b.pages().gt(300));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."pages" > ?1"#));
    /// ```
    pub fn gt<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Gt, value.node())
    }

    /// `>=`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().filter(|b| b.pages().ge(300));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."pages" >= ?1"#));
    /// ```
    pub fn ge<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Ge, value.node())
    }

    /// `<`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().filter(|b| b.pages().lt(300));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."pages" < ?1"#));
    /// ```
    pub fn lt<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Lt, value.node())
    }

    /// `<=`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().filter(|b| b.pages().le(300));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."pages" <= ?1"#));
    /// ```
    pub fn le<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Le, value.node())
    }

    /// `BETWEEN`, both ends included.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().filter(|b| b.pages().between(100, 300));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."pages" BETWEEN ?1 AND ?2"#));
    /// ```
    pub fn between<A: Operand<R, T::Base>, B: Operand<R, T::Base>>(&self, low: A, high: B) -> Cond<R> {
        Cond::new(Node::new(NodeKind::Between(self.node.clone(), low.node(), high.node())))
    }

    /// `IN`: an array, a vector, a slice, or a queryset of one column. NULL among them matches nothing, and an empty
    /// set matches no row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Film { pub id: i64, pub title: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().in_(["Dune", "Emma"]));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."title" IN (SELECT value FROM rarray(?1))"#));
    ///
    /// let films = Film::objects().values_list(|f| f.title());
    /// let books = Book::objects().filter(|b| b.title().in_(films));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."title" IN (SELECT "film"."title" FROM "film")"#));
    /// ```
    pub fn in_<S: InSet<R, T::Base>>(&self, set: S) -> Cond<R> {
        set.contains(self.node.clone())
    }

    /// `IS NULL`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: Option<f64> }
    /// let books = Book::objects().filter(|b| b.price().is_null());
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."price" IS NULL"#));
    /// ```
    pub fn is_null(&self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::IsNull(self.node.clone())))
    }

    /// `IS NOT NULL`. Behind a to-many relation: there is a related row in which it is not NULL.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: Option<f64> }
    /// let books = Book::objects().filter(|b| b.price().is_not_null());
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."price" IS NOT NULL"#));
    /// ```
    pub fn is_not_null(&self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::IsNotNull(self.node.clone())))
    }

    /// Least first. (A bare column in `order_by` is the same.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().order_by(|b| b.pages().asc());
    /// assert!(books.to_sql().ends_with(r#" ORDER BY "book"."pages""#));
    /// ```
    pub fn asc(&self) -> Order<R>
    where
        K: Single,
    {
        Order::new(self.node.clone(), false)
    }

    /// Greatest first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub title: String }
    /// let books = Book::objects().order_by(|b| (b.pages().desc(), b.title()));
    /// assert!(books.to_sql().ends_with(r#" ORDER BY "book"."pages" DESC, "book"."title""#));
    /// ```
    pub fn desc(&self) -> Order<R>
    where
        K: Single,
    {
        Order::new(self.node.clone(), true)
    }

    /// This value, or that one where this is NULL.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub series: Option<String> }
    /// let books = Book::objects().values_list(|b| b.series().coalesce("none"));
    /// assert_eq!(books.to_sql(), r#"SELECT coalesce("book"."series", ?1) FROM "book""#);
    /// ```
    pub fn coalesce<V: Operand<R, T::Base>>(
        &self,
        value: V,
    ) -> Expr<R, <V::Null as Nullness>::Lift<T::Base>, K::Computed> {
        Expr::new(Node::call(Function::Coalesce, vec![self.node.clone(), value.node()]))
    }

    /// NULL where this is that value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().nullif(""));
    /// assert_eq!(books.to_sql(), r#"SELECT nullif("book"."title", ?1) FROM "book""#);
    /// ```
    pub fn nullif<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, T::Nullable, K::Computed> {
        Expr::new(Node::call(Function::Nullif, vec![self.node.clone(), value.node()]))
    }

    /// The greater of this and that value; NULL if one of them is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| b.pages().greatest(100));
    /// assert_eq!(books.to_sql(), r#"SELECT max("book"."pages", ?1) FROM "book""#);
    /// ```
    pub fn greatest<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, <V::Null as Nullness>::Lift<T>, K::Computed> {
        Expr::new(Node::call(Function::Max, vec![self.node.clone(), value.node()]))
    }

    /// The less of this and that value; NULL if one of them is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| b.pages().least(100));
    /// assert_eq!(books.to_sql(), r#"SELECT min("book"."pages", ?1) FROM "book""#);
    /// ```
    pub fn least<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, <V::Null as Nullness>::Lift<T>, K::Computed> {
        Expr::new(Node::call(Function::Min, vec![self.node.clone(), value.node()]))
    }

    /// The value as another type, by SQLite's own rules; as a `bool`, whether it is a number other than 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| b.pages().cast::<String>());
    /// assert_eq!(books.to_sql(), r#"SELECT CAST("book"."pages" AS TEXT) FROM "book""#);
    /// ```
    pub fn cast<U: Value<Base = U>>(&self) -> Expr<R, <T::Null as Nullness>::Lift<U>, K::Computed> {
        let is_decimal = |domain| domain == Domain::Decimal;
        Expr::new(match (is_decimal(<T::Base as Value>::DOMAIN), is_decimal(U::DOMAIN)) {
            (true, true) => self.node.clone(),
            // The text of a decimal sorts, and reads as no number.
            (true, false) => {
                let text = Node::call(Function::DecimalText, vec![self.node.clone()]);
                Node::new(NodeKind::Cast(text, U::STORAGE))
            }
            (false, true) => Node::call(Function::Decimal, vec![self.node.clone()]),
            (false, false) => Node::new(NodeKind::Cast(self.node.clone(), U::STORAGE)),
        })
    }

    /// An assignment, for `update`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub price: Option<f64> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// // UPDATE "book" SET "pages" = ("book"."pages" + ?1), "price" = ?2
    /// Book::objects().update(&db, |b| (b.pages().set(b.pages() + 1), b.price().set(None::<f64>)))?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn set<V: Operand<R, T::Base>>(&self, value: V) -> Assign<R>
    where
        K: IsOwn,
        T::Null: Accepts<V::Null>,
    {
        Assign::new(self.node.clone(), value.node())
    }
}
