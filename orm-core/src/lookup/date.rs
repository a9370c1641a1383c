//! Parts of dates and times.

use super::Expr;
use crate::plan::{DatePart, Node, NodeKind};
use crate::value::{DateBase, Form, Kind, Nullness, TimeBase, Value};
#[cfg(feature = "jiff")]
use crate::{statement::Function, value::Bind};

/// Parts of dates and times. Compared with literals, `year`, `iso_year`, `date` and every `trunc_..` of a column are
/// ranges of the column, which an index serves; so are `year` and `month` together, in one condition. A `Timestamp` is
/// stored in UTC, and its parts are those of UTC.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, #[field(index)] pub published: eager_orm::Date }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Book])?;
/// let august = Book::objects().filter(|b| b.published().year().eq(1965) & b.published().month().eq(8));
/// // .. WHERE ("book"."published" >= '1965-08-01') AND ("book"."published" < '1965-09-01')
/// assert!(august.to_sql().ends_with(r#" WHERE ("book"."published" >= ?1) AND ("book"."published" < ?2)"#));
/// assert!(august.explain(&db)?.contains("INDEX book_published_idx"));
/// # Ok::<(), eager_orm::Error>(())
/// ```
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// The year. Compared with a number it is a range of dates, which an index serves.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().filter(|b| b.published().year().eq(1965));
    /// assert!(books.to_sql().ends_with(r#" WHERE ("book"."published" >= ?1) AND ("book"."published" < ?2)"#));
    /// ```
    pub fn year(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::Year, <T::Base as DateBase>::FORM)
    }

    /// The year that the ISO week belongs to: weeks begin on Monday, and the first has the fourth of January.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().filter(|b| b.published().iso_year().ge(1965));
    /// assert!(books.to_sql().ends_with(r#" WHERE "book"."published" >= ?1"#));
    /// ```
    pub fn iso_year(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::IsoYear, <T::Base as DateBase>::FORM)
    }

    /// The quarter, 1 to 4.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().quarter());
    /// assert_eq!(books.to_sql(), r#"SELECT (CAST(strftime(?1, "book"."published") AS INTEGER) + ?2) / ?3 FROM "book""#);
    /// ```
    pub fn quarter(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::Quarter, <T::Base as DateBase>::FORM)
    }

    /// The month, 1 to 12.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().filter(|b| b.published().month().eq(8));
    /// assert!(books.to_sql().ends_with(r#" WHERE CAST(strftime(?1, "book"."published") AS INTEGER) = ?2"#));
    /// ```
    pub fn month(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::Month, <T::Base as DateBase>::FORM)
    }

    /// The ISO week, 1 to 53: weeks begin on Monday, and the first has the fourth of January.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().week());
    /// assert_eq!(books.to_sql(), r#"SELECT ((CAST(strftime(?1, "book"."published", ?2, ?3) AS INTEGER) - ?4) / ?5) + ?6 FROM "book""#);
    /// ```
    pub fn week(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::Week, <T::Base as DateBase>::FORM)
    }

    /// The day of the month, 1 to 31.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().filter(|b| b.published().day().eq(1));
    /// assert!(books.to_sql().ends_with(r#" WHERE CAST(strftime(?1, "book"."published") AS INTEGER) = ?2"#));
    /// ```
    pub fn day(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::Day, <T::Base as DateBase>::FORM)
    }

    /// The day of the week, from Sunday, which is 1, to Saturday, which is 7.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().week_day());
    /// assert_eq!(books.to_sql(), r#"SELECT CAST(strftime(?1, "book"."published") AS INTEGER) + ?2 FROM "book""#);
    /// ```
    pub fn week_day(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::WeekDay, <T::Base as DateBase>::FORM)
    }

    /// The day of the week, from Monday, which is 1, to Sunday, which is 7.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub published: eager_orm::Date }
    /// let books = Book::objects().values_list(|b| b.published().iso_week_day());
    /// assert_eq!(books.to_sql(), r#"SELECT ((CAST(strftime(?1, "book"."published") AS INTEGER) + ?2) % ?3) + ?4 FROM "book""#);
    /// ```
    pub fn iso_week_day(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: DateBase,
    {
        self.part(DatePart::IsoWeekDay, <T::Base as DateBase>::FORM)
    }

    /// The hour, 0 to 23.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().hour());
    /// assert_eq!(books.to_sql(), r#"SELECT CAST(strftime(?1, substr("book"."sold", ?2, ?3)) AS INTEGER) FROM "book""#);
    /// ```
    pub fn hour(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: TimeBase,
    {
        self.part(DatePart::Hour, <T::Base as TimeBase>::FORM)
    }

    /// The minute, 0 to 59.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().minute());
    /// assert_eq!(books.to_sql(), r#"SELECT CAST(strftime(?1, substr("book"."sold", ?2, ?3)) AS INTEGER) FROM "book""#);
    /// ```
    pub fn minute(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: TimeBase,
    {
        self.part(DatePart::Minute, <T::Base as TimeBase>::FORM)
    }

    /// The second, 0 to 59, without its fraction.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().second());
    /// assert_eq!(books.to_sql(), r#"SELECT CAST(strftime(?1, substr("book"."sold", ?2, ?3)) AS INTEGER) FROM "book""#);
    /// ```
    pub fn second(&self) -> Expr<R, <T::Null as Nullness>::Lift<i32>, K::Computed>
    where
        T::Base: TimeBase,
    {
        self.part(DatePart::Second, <T::Base as TimeBase>::FORM)
    }

    /// The time of day of a date with a time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub sold: eager_orm::DateTime }
    /// let books = Book::objects().values_list(|b| b.sold().time());
    /// assert_eq!(books.to_sql(), r#"SELECT substr("book"."sold", ?1) FROM "book""#);
    /// ```
    #[cfg(feature = "jiff")]
    pub fn time(&self) -> Expr<R, <T::Null as Nullness>::Lift<jiff::civil::Time>, K::Computed>
    where
        T::Base: TimeBase,
    {
        match <T::Base as TimeBase>::FORM {
            // What is behind `YYYY-MM-DD `.
            Form::DateTime => {
                let start = Node::bind(Bind::Integer(12));
                Expr::new(Node::call(Function::Start, vec![self.node.clone(), start]))
            }
            _ => Expr::new(self.node.clone()),
        }
    }

    fn part<U, K2>(&self, part: DatePart, form: Form) -> Expr<R, U, K2> {
        Expr::new(Node::new(NodeKind::DatePart(part, form, self.node.clone())))
    }
}
