//! Functions of numbers.
//!
//! They are ours, for SQLite has them only where it was built with them. Where a number may have no answer, the type
//! has room for NULL.

use super::{Expr, Lifted, Met, Operand};
use crate::plan::Node;
use crate::statement::Function;
use crate::value::{Kind, Meet, Nullness, Numeric, Value};

/// Functions of numbers. Angles are in radians.
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// This to the power of that; NULL where there is none, as of a negative number to the power of a half.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().power(2));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_power("book"."price", ?1) FROM "book""#);
    /// ```
    pub fn power<V: Operand<R, T::Base>>(&self, exponent: V) -> Expr<R, Option<f64>, Met<K, V, R, T::Base>>
    where
        T: Numeric,
        K: Meet<V::Kind>,
    {
        Expr::new(Node::call(Function::Power, vec![self.node.clone(), exponent.node()]))
    }

    /// The square root; NULL of a negative number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().sqrt());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_sqrt("book"."price") FROM "book""#);
    /// ```
    pub fn sqrt(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Sqrt)
    }

    /// The least whole number that is not less, as a float.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().ceil());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_ceil("book"."price") FROM "book""#);
    /// ```
    pub fn ceil(&self) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Ceil)
    }

    /// The greatest whole number that is not greater, as a float.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().floor());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_floor("book"."price") FROM "book""#);
    /// ```
    pub fn floor(&self) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Floor)
    }

    /// -1, 0 or 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().sign());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_sign("book"."price") FROM "book""#);
    /// ```
    pub fn sign(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Sign)
    }

    /// The natural logarithm; NULL of zero and of a negative number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().ln());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_ln("book"."price") FROM "book""#);
    /// ```
    pub fn ln(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Ln)
    }

    /// The logarithm of base 10; NULL of zero and of a negative number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().log10());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_log10("book"."price") FROM "book""#);
    /// ```
    pub fn log10(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Log10)
    }

    /// The logarithm of base 2; NULL of zero and of a negative number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().log2());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_log2("book"."price") FROM "book""#);
    /// ```
    pub fn log2(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Log2)
    }

    /// e to the power of this.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().exp());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_exp("book"."price") FROM "book""#);
    /// ```
    pub fn exp(&self) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Exp)
    }

    /// The sine; NULL of an infinite number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().sin());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_sin("book"."price") FROM "book""#);
    /// ```
    pub fn sin(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Sin)
    }

    /// The cosine; NULL of an infinite number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().cos());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_cos("book"."price") FROM "book""#);
    /// ```
    pub fn cos(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Cos)
    }

    /// The tangent; NULL of an infinite number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().tan());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_tan("book"."price") FROM "book""#);
    /// ```
    pub fn tan(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Tan)
    }

    /// The arc sine; NULL outside of -1 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().asin());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_asin("book"."price") FROM "book""#);
    /// ```
    pub fn asin(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Asin)
    }

    /// The arc cosine; NULL outside of -1 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().acos());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_acos("book"."price") FROM "book""#);
    /// ```
    pub fn acos(&self) -> Expr<R, Option<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Acos)
    }

    /// The arc tangent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().atan());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_atan("book"."price") FROM "book""#);
    /// ```
    pub fn atan(&self) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Atan)
    }

    /// The angle of the point whose y is this, and whose x is that.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Point { pub id: i64, pub x: f64, pub y: f64 }
    /// let points = Point::objects().values_list(|p| p.y().atan2(p.x()));
    /// assert_eq!(points.to_sql(), r#"SELECT eager_atan2("point"."y", "point"."x") FROM "point""#);
    /// ```
    pub fn atan2<V: Operand<R, T::Base>>(&self, x: V) -> Expr<R, Angle<T, V, R>, Met<K, V, R, T::Base>>
    where
        T: Numeric,
        K: Meet<V::Kind>,
    {
        Expr::new(Node::call(Function::Atan2, vec![self.node.clone(), x.node()]))
    }

    /// An angle in radians, in degrees.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().degrees());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_degrees("book"."price") FROM "book""#);
    /// ```
    pub fn degrees(&self) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Degrees)
    }

    /// An angle in degrees, in radians.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().radians());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_radians("book"."price") FROM "book""#);
    /// ```
    pub fn radians(&self) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Radians)
    }
}

/// An angle, with room for NULL where one of the two sides may be NULL.
type Angle<T, V, R> = Lifted<<<T as Value>::Null as Nullness>::Lift<f64>, V, R, <T as Value>::Base>;
