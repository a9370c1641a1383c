//! Parts of dates and times, and the periods they lie in.

use crate::value::Form;

/// A part of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// The year.
    Year,
    /// The month, 1 to 12.
    Month,
    /// The day of the month, 1 to 31.
    Day,
    /// The year that the ISO week belongs to.
    IsoYear,
    /// The quarter, 1 to 4.
    Quarter,
    /// The ISO week, 1 to 53.
    Week,
    /// The day of the week, Sunday 1 to Saturday 7.
    WeekDay,
    /// The day of the week, Monday 1 to Sunday 7.
    IsoWeekDay,
    /// The hour, 0 to 23.
    Hour,
    /// The minute, 0 to 59.
    Minute,
    /// The second, 0 to 59, without its fraction.
    Second,
}

/// A period of time: what the methods `trunc_..` cut a date or time down to, and what
/// [`dates`](crate::QuerySet::dates) lists.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # use eager_orm::DateUnit;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub published: Date }
/// let years = Book::objects().dates(|b| b.published(), DateUnit::Year);
/// assert!(years.to_sql().starts_with(r#"SELECT DISTINCT strftime(?1, "book"."published") FROM "book""#));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateUnit {
    /// From the first of January on.
    Year,
    /// From the first of January, April, July or October on.
    Quarter,
    /// From the first of the month on.
    Month,
    /// From Monday on.
    Week,
    /// From midnight on.
    Day,
    /// From the full hour on.
    Hour,
    /// From the full minute on.
    Minute,
    /// From the full second on.
    Second,
}

impl DateUnit {
    /// Whether a date without a time is within one of them.
    pub(crate) fn is_of_days(self) -> bool {
        !matches!(self, DateUnit::Hour | DateUnit::Minute | DateUnit::Second)
    }
}

/// The beginning of a period: of which, from what text, as what text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    pub(crate) unit: DateUnit,
    pub(crate) from: Form,
    pub(crate) to: Form,
}
