//! The untyped SQL tree: plain data that says what a statement is, before it is text.
//!
//! Comes in: what `lower` makes of a queryset, what `save` and `schema` need. Goes out: `sql::compile`.
//! Names are resolved here (every column has its table's alias), values are still values.

mod counter;
mod expr;
mod function;

use std::sync::Arc;

pub(crate) use counter::{Counter, CounterTrigger};
pub(crate) use expr::{AggregateFunction, ColumnName, Expr, Operator, WindowFunction};
pub(crate) use function::Function;

/// The name a table goes by within a statement.
pub(crate) type Alias = Arc<str>;

/// Any statement of ours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Statement {
    Select(Select),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    CreateTable(CreateTable),
    CreateIndex(CreateIndex),
    CreateTrigger(Box<Counter>, CounterTrigger),
    /// The table that the triggers of counters note in.
    CreateNoted,
    /// Counts anew what these counters count.
    Recount(Vec<Counter>),
}

/// `SELECT`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Select {
    pub(crate) with: Option<Box<Recursive>>,
    pub(crate) distinct: bool,
    pub(crate) columns: Vec<Expr>,
    /// The columns are named `c0`, `c1` .. for a query around this one.
    pub(crate) named: bool,
    /// Empty for `SELECT 1`.
    pub(crate) from: Vec<Source>,
    pub(crate) filter: Vec<Expr>,
    /// What rows are grouped by; none where they are not.
    pub(crate) group: Vec<Expr>,
    pub(crate) having: Vec<Expr>,
    /// Further queries, and how each is put together with what stands before it. Order and limit are of the whole.
    pub(crate) compound: Vec<(SetOperator, Select)>,
    pub(crate) order: Vec<OrderTerm>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
}

/// How two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOperator {
    Union,
    UnionAll,
    Intersect,
    Except,
}

impl SetOperator {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            SetOperator::Union => "UNION",
            SetOperator::UnionAll => "UNION ALL",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        }
    }
}

/// The rows around a row that a window function sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub(crate) unit: FrameUnit,
    /// How far before (negative) or after the current row it begins; none for no bound.
    pub(crate) start: Option<i64>,
    /// How far after (or before) the current row it ends; none for no bound.
    pub(crate) end: Option<i64>,
}

/// What the ends of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameUnit {
    Rows,
    Range,
    Groups,
}

/// `WITH RECURSIVE name (columns) AS (seed UNION step)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recursive {
    pub(crate) name: Alias,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) seed: Select,
    pub(crate) step: Select,
}

/// One table of a FROM clause, with the way it is joined to those before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) join: Join,
    pub(crate) table: TableRef,
    pub(crate) alias: Alias,
    /// The ON clause; none for the first table.
    pub(crate) on: Option<Expr>,
}

/// What a FROM clause can name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TableRef {
    Table(&'static str),
    /// What WITH gave a name.
    Named(Alias),
    /// A subquery.
    Select(Box<Select>),
    /// The values of an array bind, in its column `value`.
    Array(Expr),
    /// One row without columns: what a LEFT JOIN starts from where there is no table of its own.
    Nothing,
}

/// How a table is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    Inner,
    Left,
    /// An inner join in the order in which it is written: what stands before is looped over first.
    Cross,
}

/// One term of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderTerm {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    pub(crate) nulls: Option<Nulls>,
}

/// Where NULLs go in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    First,
    Last,
}

impl Nulls {
    /// The other end.
    pub(crate) fn flipped(self) -> Self {
        match self {
            Nulls::First => Nulls::Last,
            Nulls::Last => Nulls::First,
        }
    }
}

/// `INSERT`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Insert {
    pub(crate) table: &'static str,
    pub(crate) columns: Vec<ColumnName>,
    pub(crate) rows: InsertRows,
    pub(crate) conflict: Option<Conflict>,
    pub(crate) returning: Vec<ColumnName>,
}

/// What an `INSERT` inserts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InsertRows {
    /// One row; each value is the bind of the same number.
    Values,
    /// The rows of a query: also one that is there only if another is not. (`OR IGNORE` would swallow every other
    /// constraint too.)
    Select(Box<Select>),
}

/// `ON CONFLICT (target) DO ..`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conflict {
    pub(crate) target: Vec<ColumnName>,
    /// The columns that the row that is there gets from the new one; none for `NOTHING`.
    pub(crate) update: Vec<ColumnName>,
    /// The column that is one more afterwards.
    pub(crate) counts: Option<ColumnName>,
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    pub(crate) table: &'static str,
    pub(crate) set: Vec<(ColumnName, Expr)>,
    /// What the values are of, besides the row.
    pub(crate) from: Option<Source>,
    pub(crate) filter: Vec<Expr>,
    pub(crate) returning: Vec<ColumnName>,
}

/// `DELETE`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delete {
    pub(crate) table: &'static str,
    pub(crate) filter: Vec<Expr>,
}

/// `CREATE TABLE IF NOT EXISTS .. STRICT`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreateTable {
    pub(crate) table: &'static str,
    pub(crate) columns: Vec<ColumnDef>,
    pub(crate) checks: Vec<(&'static str, &'static str)>,
    /// The columns of a primary key of several; none where one column is it.
    pub(crate) primary_key: Vec<&'static str>,
    pub(crate) uniques: Vec<Vec<String>>,
}

/// A column of `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnDef {
    pub(crate) name: String,
    pub(crate) storage: crate::value::Storage,
    pub(crate) not_null: bool,
    pub(crate) primary_key: bool,
    pub(crate) unique: bool,
    pub(crate) default: Option<&'static str>,
    /// The expression of a default, or of a generated column and whether it is stored.
    pub(crate) computed: Option<Computed>,
    /// Which values the field's type has: an UPDATE computes without it, and a row that cannot be read is no use.
    pub(crate) domain: crate::value::Domain,
    /// The fewest and the most characters of a text.
    pub(crate) length: (Option<u32>, Option<u32>),
    /// The least and the greatest value, as SQL literals.
    pub(crate) bounds: (Option<&'static str>, Option<&'static str>),
    pub(crate) references: Option<References>,
}

/// What the database computes for a column, in SQL of the user's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Computed {
    Default(&'static str),
    Generated { sql: &'static str, stored: bool },
}

/// `REFERENCES .. ON DELETE ..`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct References {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) on_delete: &'static str,
}

/// `CREATE INDEX IF NOT EXISTS`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreateIndex {
    pub(crate) name: String,
    pub(crate) table: &'static str,
    pub(crate) columns: Vec<String>,
    pub(crate) unique: bool,
}

impl Source {
    pub(crate) fn first(table: &'static str, alias: Alias) -> Self {
        Source { join: Join::Inner, table: TableRef::Table(table), alias, on: None }
    }
}
