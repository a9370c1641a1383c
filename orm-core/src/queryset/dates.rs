//! `dates` and `datetimes`: the periods in which there are rows.

use super::{Column, QuerySet};
use crate::lookup::Expr;
use crate::model::{Fields, Model};
use crate::plan::{DateUnit, Node, NodeKind, OrderNode, Truncation};
use crate::value::{DateBase, Form, Single, TimeBase, Value};

impl<M: Model> QuerySet<M> {
    /// The periods in which there are rows, each by its first day and once, in order. NULLs are left out.
    ///
    /// A unit shorter than a day is [`Error::Misuse`](crate::Error::Misuse) when the query runs: see
    /// [`datetimes`](Self::datetimes).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use eager_orm::{DateUnit, Result};
    /// # #[derive(Model)]
    /// # pub struct Invoice { pub id: i64, pub invoice_date: eager_orm::DateTime }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Invoice])?;
    /// let day = |year, month, day| Date::new(year, month, day).unwrap();
    /// # for day in [day(2024, 2, 29), day(2025, 3, 1), day(2025, 4, 1)] {
    /// #     Invoice::create().invoice_date(day.at(12, 0, 0, 0)).save(&db)?;
    /// # }
    /// // SELECT DISTINCT strftime('%Y-01-01', substr("invoice"."invoice_date", 1, 10)) FROM "invoice"
    /// // WHERE "invoice"."invoice_date" IS NOT NULL ORDER BY ..
    /// let years = Invoice::objects().dates(|i| i.invoice_date(), DateUnit::Year);
    /// assert_eq!(years.all(&db)?, [day(2024, 1, 1), day(2025, 1, 1)]);
    /// assert_eq!(years.reverse().first(&db)?, Some(day(2025, 1, 1)));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn dates<T: Value, K: Single>(
        mut self,
        f: impl FnOnce(Fields<M>) -> Expr<M, T, K>,
        unit: DateUnit,
    ) -> QuerySet<M, Column<jiff::civil::Date>>
    where
        T::Base: DateBase,
    {
        let from = <T::Base as DateBase>::FORM;
        let date = f(self.fields()).node;
        self.periods(date, Truncation { unit, from, to: Form::Date })
    }

    /// The periods in which there are rows, each by the moment it begins and once, in order. NULLs are left out. Those of
    /// a `Timestamp` are in UTC.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use eager_orm::DateUnit;
    /// # #[derive(Model)]
    /// # pub struct Invoice { pub id: i64, pub invoice_date: eager_orm::DateTime }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Invoice])?;
    /// # let noon = |second| eager_orm::DateTime::new(2024, 2, 29, 12, 0, second, 0).unwrap();
    /// # Invoice::create().invoice_date(noon(1)).save(&db)?;
    /// # Invoice::create().invoice_date(noon(2)).save(&db)?;
    /// // SELECT DISTINCT strftime('%Y-%m-%d %H:00:00', substr("invoice"."invoice_date", 1, 19)) FROM "invoice" ..
    /// let hours = Invoice::objects().datetimes(|i| i.invoice_date(), DateUnit::Hour).all(&db)?;
    /// assert_eq!(hours, [noon(0)]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn datetimes<T: Value, K: Single>(
        mut self,
        f: impl FnOnce(Fields<M>) -> Expr<M, T, K>,
        unit: DateUnit,
    ) -> QuerySet<M, Column<jiff::civil::DateTime>>
    where
        T::Base: DateBase + TimeBase,
    {
        let from = <T::Base as DateBase>::FORM;
        let date = f(self.fields()).node;
        self.periods(date, Truncation { unit, from, to: Form::DateTime })
    }

    fn periods<S>(self, date: Node, truncation: Truncation) -> QuerySet<M, S> {
        let mut plan = self.plan;
        if !plan.more.joins.is_empty() || !plan.more.prefetches.is_empty() {
            plan.more.misuse = Some(
                "`dates` and `datetimes` have no relations to load: leave out `select_related` and `prefetch_related`",
            );
        }
        if plan.is_closed() {
            plan.more.misuse = Some("it is cut off by `limit` or `offset` already: take its dates before that");
        }
        if truncation.to == Form::Date && !truncation.unit.is_of_days() {
            plan.more.misuse = Some("`dates` are of days and longer: hours, minutes and seconds are for `datetimes`");
        }
        plan.filters.push(Node::new(NodeKind::Not(Node::new(NodeKind::IsNull(date.clone())))));
        let period = Node::new(NodeKind::Truncated(truncation, date));
        plan.order = Some(vec![OrderNode { node: period.clone(), descending: false, nulls: None }]);
        plan.reversed = false;
        plan.distinct = true;
        plan.more.select = Some(vec![period]);
        QuerySet::from_plan(plan)
    }
}
