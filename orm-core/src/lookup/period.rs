//! The beginnings of the periods that dates and times lie in.

use super::Expr;
use crate::plan::{DateUnit, Node, NodeKind, Truncation};
use crate::value::{DateBase, Form, Kind, TimeBase, Value};

/// The beginnings of periods, each of the type of its column. A week begins on Monday.
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// The date of a date with a time. Compared with a date it is a range, which an index serves.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let day = Date::new(1965, 8, 1).unwrap();
    /// let books = Book::objects().filter(|b| b.sold().date().eq(day));
    /// assert!(books.to_sql().ends_with(r#" WHERE ("book"."sold" >= ?1) AND ("book"."sold" < ?2)"#));
    /// ```
    #[cfg(feature = "jiff")]
    pub fn date(&self) -> Expr<R, <T::Null as crate::value::Nullness>::Lift<jiff::civil::Date>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.truncated(DateUnit::Day, <T::Base as DateBase>::FORM, Form::Date)
    }

    /// The first of January of the year, at midnight where there is a time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().trunc_year());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, "book"."published") FROM "book""#);
    /// ```
    pub fn trunc_year(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: DateBase,
    {
        self.truncated(DateUnit::Year, <T::Base as DateBase>::FORM, <T::Base as DateBase>::FORM)
    }

    /// The first day of the quarter, at midnight where there is a time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let day = Date::new(1965, 7, 1).unwrap();
    /// let books = Book::objects().filter(|b| b.published().trunc_quarter().eq(day));
    /// assert!(books.to_sql().ends_with(r#" WHERE ("book"."published" >= ?1) AND ("book"."published" < ?2)"#));
    /// ```
    pub fn trunc_quarter(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: DateBase,
    {
        self.truncated(DateUnit::Quarter, <T::Base as DateBase>::FORM, <T::Base as DateBase>::FORM)
    }

    /// The first day of the month, at midnight where there is a time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().trunc_month());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, "book"."published") FROM "book""#);
    /// ```
    pub fn trunc_month(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: DateBase,
    {
        self.truncated(DateUnit::Month, <T::Base as DateBase>::FORM, <T::Base as DateBase>::FORM)
    }

    /// The Monday of the week, at midnight where there is a time. (That of the first two days of the year 0 lies before
    /// all dates there are: reading it is [`Error::Decode`](crate::Error::Decode).)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().trunc_week());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, "book"."published", ?2, ?3) FROM "book""#);
    /// ```
    pub fn trunc_week(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: DateBase,
    {
        self.truncated(DateUnit::Week, <T::Base as DateBase>::FORM, <T::Base as DateBase>::FORM)
    }

    /// The day, at midnight.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().trunc_day());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, substr("book"."sold", ?2, ?3)) FROM "book""#);
    /// ```
    pub fn trunc_day(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: DateBase,
    {
        self.truncated(DateUnit::Day, <T::Base as DateBase>::FORM, <T::Base as DateBase>::FORM)
    }

    /// The beginning of the hour.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().trunc_hour());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, substr("book"."sold", ?2, ?3)) FROM "book""#);
    /// ```
    pub fn trunc_hour(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TimeBase,
    {
        self.truncated(DateUnit::Hour, <T::Base as TimeBase>::FORM, <T::Base as TimeBase>::FORM)
    }

    /// The beginning of the minute.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().trunc_minute());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, substr("book"."sold", ?2, ?3)) FROM "book""#);
    /// ```
    pub fn trunc_minute(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TimeBase,
    {
        self.truncated(DateUnit::Minute, <T::Base as TimeBase>::FORM, <T::Base as TimeBase>::FORM)
    }

    /// The beginning of the second.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().trunc_second());
    /// assert_eq!(books.to_sql(), r#"SELECT strftime(?1, substr("book"."sold", ?2, ?3)) FROM "book""#);
    /// ```
    pub fn trunc_second(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TimeBase,
    {
        self.truncated(DateUnit::Second, <T::Base as TimeBase>::FORM, <T::Base as TimeBase>::FORM)
    }

    fn truncated<U, K2>(&self, unit: DateUnit, from: Form, to: Form) -> Expr<R, U, K2> {
        Expr::new(Node::new(NodeKind::Truncated(Truncation { unit, from, to }, self.node.clone())))
    }
}
