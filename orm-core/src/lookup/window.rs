//! Window functions: a value of a row among others, `rank() OVER (PARTITION BY .. ORDER BY ..)`.

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use super::{Aggregate, Expr, OrderSet, SingleSelection};
use crate::plan::{Node, NodeKind, OrderNode, WindowNode};
use crate::statement::{Frame, FrameUnit, WindowFunction};
use crate::value::{Bind, Kind, One, Single, Value};

/// The rows a window function sees: all of the query's, or those of a partition, in an order, or a frame of them.
#[must_use]
pub struct Window<R> {
    partition: Vec<Node>,
    order: Vec<OrderNode>,
    frame: Option<Frame>,
    misuse: Option<&'static str>,
    model: PhantomData<fn() -> R>,
}

/// A window over all rows of the query.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Book])?;
/// # for pages in [300, 100, 200] { Book::create().language("en").pages(pages).save(&db)?; }
/// // SELECT "book"."id", rank() OVER (PARTITION BY "book"."language" ORDER BY "book"."pages" DESC) FROM "book" ORDER BY ..
/// let ranks: Vec<(i64, i64)> = Book::objects()
///     .order_by(|b| b.id())
///     .values_list(|b| (b.id(), rank().over(window().partition_by(b.language()).order_by(b.pages().desc()))))
///     .all(&db)?;
/// assert_eq!(ranks, [(1, 1), (2, 3), (3, 2)]);
///
/// // A filter on a window function looks at the rows from outside: the two longest books of each language.
/// // SELECT .. FROM (SELECT .., row_number() OVER (..) <= ?1 AS "c3" FROM "book") AS "windowed" WHERE "windowed"."c3"
/// let longest = Book::objects()
///     .filter(|b| row_number().over(window().partition_by(b.language()).order_by(b.pages().desc())).le(2))
///     .order_by(|b| b.pages())
///     .all(&db)?;
/// assert_eq!(longest.iter().map(|b| b.pages).collect::<Vec<_>>(), [200, 300]);
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub fn window<R>() -> Window<R> {
    Window { partition: Vec::new(), order: Vec::new(), frame: None, misuse: None, model: PhantomData }
}

impl<R> Window<R> {
    /// Only the rows that have the same of this.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String }
    /// let books = Book::objects().values_list(|b| count().over(window().partition_by(b.language())));
    /// assert_eq!(books.to_sql(), r#"SELECT count(*) OVER (PARTITION BY "book"."language") FROM "book""#);
    /// ```
    pub fn partition_by<S: SingleSelection<R>>(mut self, by: S) -> Self {
        by.nodes(&mut self.partition);
        self
    }

    /// In this order. An aggregate over an ordered window is of the rows so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| b.pages().sum().over(window().order_by(b.id())));
    /// assert_eq!(books.to_sql(), r#"SELECT sum("book"."pages") OVER (ORDER BY "book"."id") FROM "book""#);
    /// ```
    pub fn order_by<O: OrderSet<R>>(mut self, order: O) -> Self {
        order.orders(&mut self.order);
        self
    }

    /// Only so many rows around the current one, which is row 0: `-2..=0` are it and the two before it, `..=0` all up to
    /// it. A frame that ends before it begins is [`Error::Misuse`](crate::Error::Misuse) when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let means = Book::objects().values_list(|b| b.pages().avg().over(window().order_by(b.id()).rows(-1..=1)));
    /// assert_eq!(
    ///     means.to_sql(),
    ///     r#"SELECT avg("book"."pages") OVER (ORDER BY "book"."id" ROWS BETWEEN ?1 PRECEDING AND ?2 FOLLOWING) FROM "book""#,
    /// );
    /// ```
    pub fn rows(self, rows: impl RangeBounds<i64>) -> Self {
        self.framed(FrameUnit::Rows, &rows)
    }

    /// Only the rows whose term of the order differs from the current row's by so much.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let alike = Book::objects().values_list(|b| count().over(window().order_by(b.pages()).range(-10..=10)));
    /// assert_eq!(
    ///     alike.to_sql(),
    ///     r#"SELECT count(*) OVER (ORDER BY "book"."pages" RANGE BETWEEN ?1 PRECEDING AND ?2 FOLLOWING) FROM "book""#,
    /// );
    /// ```
    pub fn range(self, distance: impl RangeBounds<i64>) -> Self {
        self.framed(FrameUnit::Range, &distance)
    }

    /// Only so many groups of rows that are equal in the order, around the current row's.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let alike = Book::objects().values_list(|b| count().over(window().order_by(b.pages()).groups(..=0)));
    /// assert_eq!(
    ///     alike.to_sql(),
    ///     r#"SELECT count(*) OVER (ORDER BY "book"."pages" GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM "book""#,
    /// );
    /// ```
    pub fn groups(self, groups: impl RangeBounds<i64>) -> Self {
        self.framed(FrameUnit::Groups, &groups)
    }

    fn framed(mut self, unit: FrameUnit, range: &impl RangeBounds<i64>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(start) => Some(*start),
            Bound::Excluded(start) => Some(start.saturating_add(1)),
            Bound::Unbounded => None,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => Some(*end),
            Bound::Excluded(end) => Some(end.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        if start.zip(end).is_some_and(|(start, end)| start > end) {
            self.misuse = Some("the frame of a window ends before it begins");
        }
        self.frame = Some(Frame { unit, start, end });
        self
    }
}

/// A window function that still needs its window: `.over(window()..)`.
#[must_use]
pub struct Windowed<R, T> {
    function: WindowFunction,
    arguments: Vec<Node>,
    misuse: Option<&'static str>,
    types: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Windowed<R, T> {
    fn new(function: WindowFunction, arguments: Vec<Node>) -> Self {
        Windowed { function, arguments, misuse: None, types: PhantomData }
    }

    /// A function with a number that counts from 1.
    fn counted(self, number: i64, why: &'static str) -> Self {
        Windowed { misuse: (number < 1).then_some(why), ..self }
    }

    /// The function over these rows: an expression like any other. A condition on it sees the query's rows from outside.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| row_number().over(window().order_by(b.pages())));
    /// assert_eq!(books.to_sql(), r#"SELECT row_number() OVER (ORDER BY "book"."pages") FROM "book""#);
    /// ```
    pub fn over(self, window: Window<R>) -> Expr<R, T, One> {
        let Window { partition, order, frame, misuse, .. } = window;
        if let Some(misuse) = self.misuse.or(misuse) {
            return Expr::new(Node::misuse(misuse));
        }
        let (function, arguments) = (Some(self.function), self.arguments);
        Expr::new(Node::new(NodeKind::Window(Box::new(WindowNode {
            function,
            arguments,
            aggregate: None,
            partition,
            order,
            frame,
        }))))
    }
}

impl<R, T> Aggregate<R, T> {
    /// The aggregate over the rows of a window, beside each row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| b.pages().max().over(window().partition_by(b.language())));
    /// assert_eq!(books.to_sql(), r#"SELECT max("book"."pages") OVER (PARTITION BY "book"."language") FROM "book""#);
    /// ```
    pub fn over(&self, window: Window<R>) -> Expr<R, T, One> {
        let Window { partition, order, frame, misuse, .. } = window;
        if let Some(misuse) = misuse {
            return Expr::new(Node::misuse(misuse));
        }
        // Of a value computed from aggregates: one row's, and no function of many rows any more.
        let (function, arguments, aggregate) = match self.node.kind() {
            NodeKind::Aggregate(aggregate) => (None, Vec::new(), Some(aggregate.clone())),
            _ => {
                return Expr::new(Node::misuse("`over` of a computed value: put each aggregate in it over the window"));
            }
        };
        let window = WindowNode { function, arguments, aggregate, partition, order, frame };
        Expr::new(Node::new(NodeKind::Window(Box::new(window))))
    }
}

macro_rules! functions {
    ($($(#[$docs:meta])* $name:ident $variant:ident $type:ty;)*) => {$(
        $(#[$docs])*
        pub fn $name<R>() -> Windowed<R, $type> {
            Windowed::new(WindowFunction::$variant, Vec::new())
        }
    )*};
}
functions! {
    /// The number of the row in its window, counted from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| row_number().over(window().order_by(b.pages())));
    /// assert_eq!(books.to_sql(), r#"SELECT row_number() OVER (ORDER BY "book"."pages") FROM "book""#);
    /// ```
    row_number RowNumber i64;
    /// The number of rows before it, and one; rows that are equal in the order have the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| rank().over(window().order_by(b.pages())));
    /// assert_eq!(books.to_sql(), r#"SELECT rank() OVER (ORDER BY "book"."pages") FROM "book""#);
    /// ```
    rank Rank i64;
    /// The number of different places in the order before it, and one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| dense_rank().over(window().order_by(b.pages())));
    /// assert_eq!(books.to_sql(), r#"SELECT dense_rank() OVER (ORDER BY "book"."pages") FROM "book""#);
    /// ```
    dense_rank DenseRank i64;
    /// The rank as a part of the window, 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| percent_rank().over(window().order_by(b.pages())));
    /// assert_eq!(books.to_sql(), r#"SELECT percent_rank() OVER (ORDER BY "book"."pages") FROM "book""#);
    /// ```
    percent_rank PercentRank f64;
    /// Which part of the window's rows come before it or with it, above 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| cume_dist().over(window().order_by(b.pages())));
    /// assert_eq!(books.to_sql(), r#"SELECT cume_dist() OVER (ORDER BY "book"."pages") FROM "book""#);
    /// ```
    cume_dist CumeDist f64;
}

fn number(number: i64) -> Node {
    Node::bind(Bind::Integer(number))
}

/// Which of so many parts of equal size the row is in, counted from 1. Less than one part is
/// [`Error::Misuse`](crate::Error::Misuse) when the query runs.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32 }
/// let quarters = Book::objects().values_list(|b| ntile(4).over(window().order_by(b.pages())));
/// assert_eq!(quarters.to_sql(), r#"SELECT ntile(?1) OVER (ORDER BY "book"."pages") FROM "book""#);
/// ```
pub fn ntile<R>(parts: i64) -> Windowed<R, i64> {
    Windowed::new(WindowFunction::Ntile, vec![number(parts)]).counted(parts, "`ntile` makes one part at least")
}

/// Values of other rows of the window.
impl<R, T: Value, K: Kind + Single> Expr<R, T, K> {
    /// Its value so many rows before; NULL where there is no such row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let before = Book::objects().values_list(|b| b.pages().lag(1).over(window().order_by(b.id())));
    /// assert_eq!(before.to_sql(), r#"SELECT lag("book"."pages", ?1) OVER (ORDER BY "book"."id") FROM "book""#);
    /// ```
    pub fn lag(&self, rows: i64) -> Windowed<R, T::Nullable> {
        Windowed::new(WindowFunction::Lag, vec![self.node.clone(), number(rows)])
    }

    /// Its value so many rows after; NULL where there is no such row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let after = Book::objects().values_list(|b| b.pages().lead(1).over(window().order_by(b.id())));
    /// assert_eq!(after.to_sql(), r#"SELECT lead("book"."pages", ?1) OVER (ORDER BY "book"."id") FROM "book""#);
    /// ```
    pub fn lead(&self, rows: i64) -> Windowed<R, T::Nullable> {
        Windowed::new(WindowFunction::Lead, vec![self.node.clone(), number(rows)])
    }

    /// Its value in the first row of the frame; NULL where the frame has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let first = Book::objects().values_list(|b| b.pages().first_value().over(window().order_by(b.id())));
    /// assert_eq!(first.to_sql(), r#"SELECT first_value("book"."pages") OVER (ORDER BY "book"."id") FROM "book""#);
    /// ```
    pub fn first_value(&self) -> Windowed<R, T::Nullable> {
        Windowed::new(WindowFunction::FirstValue, vec![self.node.clone()])
    }

    /// Its value in the last row of the frame, which ends with the current row where none is named; NULL where the
    /// frame has no row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let last = Book::objects().values_list(|b| b.pages().last_value().over(window().order_by(b.id()).rows(..)));
    /// assert!(last.to_sql().contains(r#"last_value("book"."pages") OVER (ORDER BY "book"."id" ROWS BETWEEN UNBOUNDED"#));
    /// ```
    pub fn last_value(&self) -> Windowed<R, T::Nullable> {
        Windowed::new(WindowFunction::LastValue, vec![self.node.clone()])
    }

    /// Its value in the frame's row of this number, counted from 1; NULL where there is no such row. A number below 1 is
    /// [`Error::Misuse`](crate::Error::Misuse) when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let second = Book::objects().values_list(|b| b.pages().nth_value(2).over(window().order_by(b.id())));
    /// assert_eq!(second.to_sql(), r#"SELECT nth_value("book"."pages", ?1) OVER (ORDER BY "book"."id") FROM "book""#);
    /// ```
    pub fn nth_value(&self, row: i64) -> Windowed<R, T::Nullable> {
        Windowed::new(WindowFunction::NthValue, vec![self.node.clone(), number(row)])
            .counted(row, "`nth_value` counts rows from 1")
    }
}
