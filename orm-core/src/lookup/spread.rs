//! Aggregates of how far values are from their mean, and the value of an aggregate in place of NULL.

use super::{Aggregate, Expr, Operand};
use crate::plan::{Node, NodeKind};
use crate::statement::{AggregateFunction, Function};
use crate::value::{Kind, Lit, Nullness, Numeric, Value};

impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// The standard deviation of the values, as all there are; NULL of no values.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().stddev());
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", eager_stddev("book"."price") FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn stddev(&self) -> Aggregate<R, Option<f64>>
    where
        T: Numeric,
    {
        self.aggregated(AggregateFunction::Stddev)
    }

    /// The standard deviation of the values, as a sample of all; NULL of less than two values.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().stddev_sample());
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", eager_stddev_sample("book"."price") FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn stddev_sample(&self) -> Aggregate<R, Option<f64>>
    where
        T: Numeric,
    {
        self.aggregated(AggregateFunction::StddevSample)
    }

    /// The variance of the values, as all there are; NULL of no values.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().variance());
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", eager_variance("book"."price") FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn variance(&self) -> Aggregate<R, Option<f64>>
    where
        T: Numeric,
    {
        self.aggregated(AggregateFunction::Variance)
    }

    /// The variance of the values, as a sample of all; NULL of less than two values.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().variance_sample());
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", eager_variance_sample("book"."price") FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn variance_sample(&self) -> Aggregate<R, Option<f64>>
    where
        T: Numeric,
    {
        self.aggregated(AggregateFunction::VarianceSample)
    }
}

impl<R, T: Value> Aggregate<R, T> {
    /// That value where the aggregate is NULL, as it is of no values. (`coalesce` is the same, and no aggregate any more
    /// that could be filtered.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
    /// let groups = Book::objects()
    ///     .values_list(|b| b.language())
    ///     .annotate(|b| b.pages().sum().default(0).filter(b.pages().gt(300)));
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", coalesce(sum("book"."pages") FILTER (WHERE "book"."pages" > ?1), ?2) FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn default<V: Operand<R, T::Base, Kind = Lit>>(
        &self,
        value: V,
    ) -> Aggregate<R, <V::Null as Nullness>::Lift<T::Base>> {
        let Expr { node: aggregate, .. } = self.clone();
        let value = value.node();
        if !matches!(aggregate.kind(), NodeKind::Aggregate(_)) {
            return Expr::new(Node::call(Function::Coalesce, vec![aggregate, value]));
        }
        Expr::<R, T, _>::new(aggregate).with(|node| node.default = Some(value)).typed()
    }

    fn typed<U>(self) -> Aggregate<R, U> {
        Expr::new(self.node)
    }
}
