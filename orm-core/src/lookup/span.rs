//! Dates and times that are so much later, and how much later one is than another.

use jiff::Span;

use super::{Expr, Lifted, Met, Operand};
use crate::plan::Node;
use crate::statement::Function;
use crate::value::{Bind, DateBase, Kind, Meet, Nullness, Value};

/// Arithmetic with dates. Months and years are those of the calendar: a month after January 31st is the last day of
/// February. A day has 24 hours: there is no zone. What would lie outside of the years 0 to 9999 is NULL in a condition,
/// and an error where it is read.
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// So much later; a negative span is so much earlier.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// use eager_orm::{DateTime, ToSpan};
    /// # #[derive(Model)]
    /// # pub struct Invoice { pub id: i64, pub made: DateTime }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Invoice])?;
    /// # Invoice::create().made(DateTime::constant(2024, 1, 31, 12, 0, 0, 0)).save(&db)?;
    /// // SELECT eager_plus("invoice"."made", 'P1M') FROM "invoice"
    /// let due = Invoice::objects().values_list(|i| i.made().plus(1.month())).get(&db)?;
    /// assert_eq!(due.to_string(), "2024-02-29T12:00:00");
    /// let overdue = Invoice::objects().filter(|i| i.made().plus(30.days()).lt(now().cast::<DateTime>()));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn plus(&self, span: Span) -> Expr<R, T, K::Computed>
    where
        T::Base: DateBase,
    {
        let span = Node::bind(Bind::Text(span.to_string().into()));
        Expr::new(Node::call(Function::Plus, vec![self.node.clone(), span]))
    }

    /// So many days later, a number or a column.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Loan { pub id: i64, pub made: eager_orm::Date, pub days: i64 }
    /// let due = Loan::objects().values_list(|l| l.made().plus_days(l.days()));
    /// assert_eq!(due.to_sql(), r#"SELECT eager_plus("loan"."made", "loan"."days") FROM "loan""#);
    /// ```
    pub fn plus_days<V: Operand<R, i64>>(&self, days: V) -> Expr<R, Lifted<T, V, R, i64>, Met<K, V, R, i64>>
    where
        T::Base: DateBase,
        K: Meet<V::Kind>,
    {
        Expr::new(Node::call(Function::Plus, vec![self.node.clone(), days.node()]))
    }

    /// How many whole days this is after another; negative where it is before.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Loan { pub id: i64, pub made: eager_orm::Date, pub back: Option<eager_orm::Date> }
    /// let late = Loan::objects().filter(|l| l.back().days_since(l.made()).gt(30));
    /// assert!(late.to_sql().ends_with(r#" WHERE eager_days("loan"."back", "loan"."made") > ?1"#));
    /// ```
    pub fn days_since<V: Operand<R, T::Base>>(&self, earlier: V) -> Expr<R, Since<T, i64, V, R>, Met<K, V, R, T::Base>>
    where
        T::Base: DateBase,
        K: Meet<V::Kind>,
    {
        Expr::new(Node::call(Function::Days, vec![self.node.clone(), earlier.node()]))
    }

    /// How many seconds this is after another; negative where it is before.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Call { pub id: i64, pub from: eager_orm::DateTime, pub to: eager_orm::DateTime }
    /// let longest = Call::objects().order_by(|c| c.to().seconds_since(c.from()).desc());
    /// assert!(longest.to_sql().ends_with(r#" ORDER BY eager_seconds("call"."to", "call"."from") DESC"#));
    /// ```
    pub fn seconds_since<V: Operand<R, T::Base>>(
        &self,
        earlier: V,
    ) -> Expr<R, Since<T, f64, V, R>, Met<K, V, R, T::Base>>
    where
        T::Base: DateBase,
        K: Meet<V::Kind>,
    {
        Expr::new(Node::call(Function::Seconds, vec![self.node.clone(), earlier.node()]))
    }
}

/// A number, with room for NULL where either moment may be NULL.
type Since<T, N, V, R> = Lifted<<<T as Value>::Null as Nullness>::Lift<N>, V, R, <T as Value>::Base>;
