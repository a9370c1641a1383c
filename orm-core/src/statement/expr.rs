//! The expressions of the SQL tree.

use super::{Alias, Frame, Function, OrderTerm, Select};
use crate::value::{Bind, Storage};

/// An expression whose names are resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    /// A column of a table in the FROM clause; without an alias, of the only table there is.
    Column {
        alias: Option<Alias>,
        column: ColumnName,
    },
    Bind(Bind<'static>),
    /// A literal that the derive wrote: a column's default.
    Literal(&'static str),
    /// The constant `1`.
    One,
    /// A column of the selection by its number, counted from 1: in ORDER BY and GROUP BY only.
    Ordinal(usize),
    /// `*`.
    Star,
    /// `count(*)`.
    CountAll,
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// All of them; none is true.
    And(Vec<Expr>),
    /// Any of them; none is false.
    Or(Vec<Expr>),
    /// `x IS TRUE`: never NULL.
    IsTrue(Box<Expr>),
    /// `x IS NOT TRUE`: two-valued, NULL counts as false.
    IsNotTrue(Box<Expr>),
    /// `(x IS TRUE) <> (y IS TRUE)`.
    Xor(Box<Expr>, Box<Expr>),
    IsNull(Box<Expr>),
    IsNotNull(Box<Expr>),
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `x IN (a, b, c)`, with expressions on the right.
    InList(Box<Expr>, Vec<Expr>),
    /// `x IN (SELECT value FROM rarray(?))`: one bind, however many values.
    InArray(Box<Expr>, Box<Expr>),
    InSelect(Box<Expr>, Box<Select>),
    Exists(Box<Select>),
    Select(Box<Select>),
    Call(Function, Vec<Expr>),
    /// `(x, y)`: values that are compared as one.
    Row(Vec<Expr>),
    Cast(Box<Expr>, Storage),
    /// `function(DISTINCT argument) FILTER (WHERE filter)`; without an argument, of the rows.
    Aggregate {
        function: AggregateFunction,
        argument: Option<Box<Expr>>,
        distinct: bool,
        filter: Option<Box<Expr>>,
        /// Between the texts of a `group_concat`.
        separator: Option<Box<Expr>>,
    },
    /// `CASE WHEN condition THEN value .. ELSE value END`.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// `function(..) OVER (PARTITION BY .. ORDER BY .. ROWS BETWEEN ..)`.
    Window {
        /// An aggregate, or a call of a window function.
        function: Box<Expr>,
        partition: Vec<Expr>,
        order: Vec<OrderTerm>,
        frame: Option<Frame>,
    },
    /// `row_number()`, `lag(x, 1)` ..: only within a window.
    WindowCall(WindowFunction, Vec<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
}

/// A column's name: the model's own, or made at run time for a join table.
pub(crate) type ColumnName = std::borrow::Cow<'static, str>;

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `=` that holds for two NULLs.
    Is,
    IsNot,
    Add,
    Sub,
    Mul,
    Div,
    /// Of integers: SQLite makes integers of floats first.
    Rem,
    BitAnd,
    BitOr,
    ShiftLeft,
    ShiftRight,
}

impl Operator {
    /// Whether its result is true or false.
    pub(crate) fn is_comparison(self) -> bool {
        matches!(
            self,
            Operator::Eq
                | Operator::Ne
                | Operator::Lt
                | Operator::Le
                | Operator::Gt
                | Operator::Ge
                | Operator::Is
                | Operator::IsNot
        )
    }

    pub(crate) fn sql(self) -> &'static str {
        match self {
            Operator::Eq => "=",
            Operator::Ne => "<>",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::Is => "IS",
            Operator::IsNot => "IS NOT",
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::Rem => "%",
            Operator::BitAnd => "&",
            Operator::BitOr => "|",
            Operator::ShiftLeft => "<<",
            Operator::ShiftRight => ">>",
        }
    }
}

/// A function of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    Count,
    Sum,
    /// Like `Sum`, and 0.0 for no rows.
    Total,
    Avg,
    Min,
    Max,
    GroupConcat,
    /// `eager_stddev(x)`, of the values as the whole population; SQLite has none of the four.
    Stddev,
    StddevSample,
    Variance,
    VarianceSample,
    /// `eager_decimal_sum(x)`, of texts that SQLite cannot add up.
    DecimalSum,
    DecimalAvg,
}

impl AggregateFunction {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            AggregateFunction::Count => "count",
            AggregateFunction::Sum => "sum",
            AggregateFunction::Total => "total",
            AggregateFunction::Avg => "avg",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::GroupConcat => "group_concat",
            AggregateFunction::Stddev => "eager_stddev",
            AggregateFunction::StddevSample => "eager_stddev_sample",
            AggregateFunction::Variance => "eager_variance",
            AggregateFunction::VarianceSample => "eager_variance_sample",
            AggregateFunction::DecimalSum => "eager_decimal_sum",
            AggregateFunction::DecimalAvg => "eager_decimal_avg",
        }
    }
}

/// A function of a row among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

impl WindowFunction {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            WindowFunction::RowNumber => "row_number",
            WindowFunction::Rank => "rank",
            WindowFunction::DenseRank => "dense_rank",
            WindowFunction::PercentRank => "percent_rank",
            WindowFunction::CumeDist => "cume_dist",
            WindowFunction::Ntile => "ntile",
            WindowFunction::Lag => "lag",
            WindowFunction::Lead => "lead",
            WindowFunction::FirstValue => "first_value",
            WindowFunction::LastValue => "last_value",
            WindowFunction::NthValue => "nth_value",
        }
    }
}

impl Expr {
    pub(crate) fn column(alias: &Alias, column: impl Into<ColumnName>) -> Self {
        Expr::Column { alias: Some(alias.clone()), column: column.into() }
    }

    /// True whatever the row.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Expr::And(all) if all.is_empty())
    }

    /// False whatever the row.
    pub(crate) fn is_false(&self) -> bool {
        matches!(self, Expr::Or(any) if any.is_empty())
    }

    /// All of them; false as soon as one is false whatever the row.
    pub(crate) fn all(all: Vec<Expr>) -> Self {
        if all.iter().any(Expr::is_false) {
            return Expr::Or(Vec::new());
        }
        let mut all: Vec<Expr> = all.into_iter().filter(|expr| !expr.is_true()).collect();
        match all.len() {
            1 => all.remove(0),
            _ => Expr::And(all),
        }
    }

    /// Any of them; true as soon as one is true whatever the row.
    pub(crate) fn any(any: Vec<Expr>) -> Self {
        if any.iter().any(Expr::is_true) {
            return Expr::And(Vec::new());
        }
        let mut any: Vec<Expr> = any.into_iter().filter(|expr| !expr.is_false()).collect();
        match any.len() {
            1 => any.remove(0),
            _ => Expr::Or(any),
        }
    }

    /// `x IS NOT NULL`.
    pub(crate) fn is_not_null(inner: Expr) -> Self {
        Expr::not(Expr::IsNull(Box::new(inner)))
    }

    /// `x IS NOT TRUE`.
    pub(crate) fn not(inner: Expr) -> Self {
        match inner {
            inner if inner.is_true() => Expr::Or(Vec::new()),
            inner if inner.is_false() => Expr::And(Vec::new()),
            Expr::IsNull(inner) => Expr::IsNotNull(inner),
            Expr::IsNotNull(inner) => Expr::IsNull(inner),
            inner => Expr::IsNotTrue(Box::new(inner)),
        }
    }

    /// A column of the only table: what UPDATE and DELETE use.
    pub(crate) fn own(column: impl Into<ColumnName>) -> Self {
        Expr::Column { alias: None, column: column.into() }
    }

    pub(crate) fn binary(operator: Operator, left: Expr, right: Expr) -> Self {
        Expr::Binary(operator, Box::new(left), Box::new(right))
    }

    pub(crate) fn eq(left: Expr, right: Expr) -> Self {
        Expr::binary(Operator::Eq, left, right)
    }
}
