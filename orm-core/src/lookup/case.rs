//! `CASE WHEN .. THEN .. ELSE .. END`.

use std::marker::PhantomData;

use super::{Expr, Operand, Predicate};
use crate::plan::{Node, NodeKind};
#[cfg(feature = "json")]
use crate::value::Json;
use crate::value::{Bind, Lit, Nullness, One, Value};

/// A value or an expression whose type says what it is: the first value of a `case`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a value or an expression of a `{R}` query")]
pub trait IntoExpr<R> {
    /// Its type.
    type T: Value;
    /// How many values there are for one row.
    type Kind;
    /// It, untyped.
    #[doc(hidden)]
    fn into_node(self) -> Node;
}

impl<R, T: Value, K> IntoExpr<R> for Expr<R, T, K> {
    type T = T;
    type Kind = K;
    fn into_node(self) -> Node {
        self.node
    }
}

impl<R> IntoExpr<R> for &str {
    type T = String;
    type Kind = Lit;
    fn into_node(self) -> Node {
        Node::bind(Bind::Text(self.to_owned().into()))
    }
}

macro_rules! literals {
    ($($type:ty),*) => {$(
        impl<R> IntoExpr<R> for $type {
            type T = $type;
            type Kind = Lit;
            fn into_node(self) -> Node {
                Node::bind(Value::bind(&self).into_owned())
            }
        }
    )*};
}
literals!(i64, i32, i16, i8, u32, u16, u8, bool, f64, String, Vec<u8>);
#[cfg(feature = "jiff")]
literals!(jiff::civil::Date, jiff::civil::Time, jiff::civil::DateTime, jiff::Timestamp);
#[cfg(feature = "uuid")]
literals!(uuid::Uuid);
#[cfg(feature = "decimal")]
literals!(rust_decimal::Decimal);

#[cfg(feature = "json")]
impl<R, T: serde::Serialize + serde::de::DeserializeOwned + 'static> IntoExpr<R> for Json<T> {
    type T = Json<T>;
    type Kind = Lit;
    fn into_node(self) -> Node {
        super::literal_node(&self)
    }
}

impl<R, V: IntoExpr<R, Kind = Lit>> IntoExpr<R> for Option<V> {
    type T = <V::T as Value>::Nullable;
    type Kind = Lit;
    fn into_node(self) -> Node {
        self.map_or_else(|| Node::bind(Bind::Null), IntoExpr::into_node)
    }
}

/// A `case` without an arm.
#[must_use]
pub struct CaseStart(());

/// A `case` with at least one arm.
#[must_use]
pub struct Case<R, T> {
    arms: Vec<(Node, Node)>,
    types: PhantomData<fn() -> (R, T)>,
}

/// The value of the first condition that holds. The first value says the type; a bare `1` is an `i32`.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Book])?;
/// # Book::create().pages(250).save(&db)?;
/// // SELECT CASE WHEN "pages" < ?1 THEN ?2 WHEN "pages" < ?3 THEN ?4 ELSE ?5 END FROM "book"
/// let lengths = Book::objects()
///     .values_list(|b| case().when(b.pages().lt(100), "short").when(b.pages().lt(300), "middle").otherwise("long"))
///     .all(&db)?;
/// assert_eq!(lengths, ["middle"]);
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub fn case() -> CaseStart {
    CaseStart(())
}

impl CaseStart {
    /// The first condition and its value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| case().when(b.pages().lt(100), "short").otherwise("long"));
    /// assert_eq!(books.to_sql(), r#"SELECT CASE WHEN ("book"."pages" < ?1) THEN ?2 ELSE ?3 END FROM "book""#);
    /// ```
    pub fn when<R, P: Predicate<R>, V: IntoExpr<R>>(self, condition: P, value: V) -> Case<R, V::T> {
        Case { arms: vec![(condition.cond().node, value.into_node())], types: PhantomData }
    }
}

impl<R, T: Value> Case<R, T> {
    /// The next condition and its value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects()
    ///     .order_by(|b| case().when(b.pages().lt(100), 1).when(b.pages().gt(900), 3).otherwise(2));
    /// assert!(
    ///     books.to_sql().ends_with(
    ///         r#" CASE WHEN ("book"."pages" < ?1) THEN ?2 WHEN ("book"."pages" > ?3) THEN ?4 ELSE ?5 END"#
    ///     )
    /// );
    /// ```
    pub fn when<P: Predicate<R>, V: Operand<R, T::Base>>(
        mut self,
        condition: P,
        value: V,
    ) -> Case<R, <V::Null as Nullness>::Lift<T>> {
        self.arms.push((condition.cond().node, value.node()));
        Case { arms: self.arms, types: PhantomData }
    }

    /// The value where no condition holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| case().when(b.pages().gt(0), b.pages()).otherwise(100));
    /// assert_eq!(
    ///     books.to_sql(),
    ///     r#"SELECT CASE WHEN ("book"."pages" > ?1) THEN "book"."pages" ELSE ?2 END FROM "book""#,
    /// );
    /// ```
    pub fn otherwise<V: Operand<R, T::Base>>(self, value: V) -> Expr<R, <V::Null as Nullness>::Lift<T>, One> {
        Expr::new(Node::new(NodeKind::Case(self.arms, Some(value.node()))))
    }

    /// NULL where no condition holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| case().when(b.pages().gt(0), b.pages()).end());
    /// assert_eq!(books.to_sql(), r#"SELECT CASE WHEN ("book"."pages" > ?1) THEN "book"."pages" END FROM "book""#);
    /// ```
    pub fn end(self) -> Expr<R, T::Nullable, One> {
        Expr::new(Node::new(NodeKind::Case(self.arms, None)))
    }
}
