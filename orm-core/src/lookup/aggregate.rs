//! Aggregates: `count`, `sum`, `avg` ..

use super::{Cond, Expr, Predicate, ToMany};
use crate::model::Model;
use crate::plan::{AggregateNode, Node, NodeKind};
use crate::statement::AggregateFunction;
use crate::value::{Agg, Bind, Kind, Numeric, SumBase, TextBase, Value};

/// An aggregate of type `T` in a query on `R`.
pub type Aggregate<R, T> = Expr<R, T, Agg>;

pub(super) fn aggregate<R, T>(function: AggregateFunction, argument: Option<Node>) -> Aggregate<R, T> {
    let node = AggregateNode { function, argument, distinct: false, filter: None, separator: None, default: None };
    Expr::new(Node::new(NodeKind::Aggregate(Box::new(node))))
}

/// How many rows there are: `count(*)`. Over a group or over the whole queryset.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
/// let groups = Book::objects().values_list(|b| b.language()).annotate(|_| count());
/// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", count(*) FROM "book" GROUP BY 1"#);
/// ```
pub fn count<R>() -> Aggregate<R, i64> {
    aggregate(AggregateFunction::Count, None)
}

/// Aggregates: over a to-many relation they are one value for each row; in `values_list(..).annotate(..)`, one for each
/// group; in `aggregate(..)`, one for all rows. Two of them over two relations never multiply each other.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub country: Option<String>, pub books: HasMany<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub price: f64, pub author: ForeignKey<Author>, pub reviews: HasMany<Review> }
/// # #[derive(Model)]
/// # pub struct Review { pub id: i64, pub stars: i32, pub book: ForeignKey<Book> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book, Review])?;
/// # let ann = Author::create().country("US").save(&db)?;
/// # Book::create().price(3.0).author(&ann).save(&db)?;
/// // SELECT .., (SELECT count("books"."id") FROM "book" AS "books" WHERE "books"."author_id" = "author"."id"), (..) FROM ..
/// let authors: Vec<(Author, (i64, Option<f64>))> = Author::objects()
///     .annotate(|a| (a.books().count(), a.books().reviews().stars().avg()))
///     .filter(|a| a.books().count().ge(1))
///     .all(&db)?;
/// // SELECT "author"."country", count("book"."id"), avg("book"."price") FROM "book" JOIN "author" .. GROUP BY 1
/// let countries: Vec<(Option<String>, (i64, Option<f64>))> = Book::objects()
///     .values_list(|b| b.author().country())
///     .annotate(|b| (b.id().count(), b.price().avg()))
///     .all(&db)?;
/// assert_eq!(countries, [(Some("US".to_owned()), (1, Some(3.0)))]);
/// // SELECT max("book"."price"), count(*) FROM "book"
/// let (dearest, books) = Book::objects().aggregate(&db, |b| (b.price().max(), count()))?;
/// assert_eq!((dearest, books), (Some(3.0), 1));
/// # Ok::<(), eager_orm::Error>(())
/// ```
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    pub(super) fn aggregated<U>(&self, function: AggregateFunction) -> Aggregate<R, U> {
        aggregate(function, Some(self.node.clone()))
    }

    /// How many values there are; NULLs are not counted.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().count());
    /// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", count("book"."price") FROM "book" GROUP BY 1"#);
    /// ```
    pub fn count(&self) -> Aggregate<R, i64> {
        self.aggregated(AggregateFunction::Count)
    }

    /// How many different values there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().count_distinct());
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", count(DISTINCT "book"."price") FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn count_distinct(&self) -> Aggregate<R, i64> {
        self.count().distinct()
    }

    /// The least value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().min());
    /// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", min("book"."price") FROM "book" GROUP BY 1"#);
    /// ```
    pub fn min(&self) -> Aggregate<R, T::Nullable> {
        self.aggregated(AggregateFunction::Min)
    }

    /// The greatest value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().max());
    /// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", max("book"."price") FROM "book" GROUP BY 1"#);
    /// ```
    pub fn max(&self) -> Aggregate<R, T::Nullable> {
        self.aggregated(AggregateFunction::Max)
    }

    /// The sum; NULL of no values. Integers make an `i64`; decimals are added up exactly.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.pages().sum());
    /// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", sum("book"."pages") FROM "book" GROUP BY 1"#);
    /// ```
    pub fn sum(&self) -> Aggregate<R, Option<<T::Base as SumBase>::Sum>>
    where
        T::Base: SumBase,
    {
        let is_decimal = <T::Base as SumBase>::IS_DECIMAL;
        self.aggregated(if is_decimal { AggregateFunction::DecimalSum } else { AggregateFunction::Sum })
    }

    /// The sum as a float; 0.0 of no values.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().total());
    /// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", total("book"."price") FROM "book" GROUP BY 1"#);
    /// ```
    pub fn total(&self) -> Aggregate<R, f64>
    where
        T: Numeric,
    {
        self.aggregated(AggregateFunction::Total)
    }

    /// The mean; NULL of no values. That of decimals is one, with as many digits as it has.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub price: Option<f64> }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.price().avg());
    /// assert_eq!(groups.to_sql(), r#"SELECT "book"."language", avg("book"."price") FROM "book" GROUP BY 1"#);
    /// ```
    pub fn avg(&self) -> Aggregate<R, Option<<T::Base as SumBase>::Mean>>
    where
        T::Base: SumBase,
    {
        let is_decimal = <T::Base as SumBase>::IS_DECIMAL;
        self.aggregated(if is_decimal { AggregateFunction::DecimalAvg } else { AggregateFunction::Avg })
    }

    /// The texts, one after the other, with a separator between; NULL of no values. Their order is not defined.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub title: String }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.title().group_concat(", "));
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", group_concat("book"."title", ?1) FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn group_concat(&self, separator: &str) -> Aggregate<R, Option<String>>
    where
        T::Base: TextBase,
    {
        let separator = Some(Node::bind(Bind::Text(separator.to_owned().into())));
        self.aggregated(AggregateFunction::GroupConcat).with(|node| node.separator = separator)
    }
}

impl<R, T> Aggregate<R, T> {
    pub(super) fn with(self, change: impl FnOnce(&mut AggregateNode)) -> Self {
        match self.node.kind() {
            NodeKind::Aggregate(node) => {
                let mut node = node.clone();
                change(&mut node);
                Expr::new(Node::new(NodeKind::Aggregate(node)).named_like(&self.node))
            }
            _ => self,
        }
    }

    /// Only of the rows for which this holds. (Of a value computed from aggregates: nothing changes; filter them.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| count().filter(b.pages().gt(300)));
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", count(*) FILTER (WHERE "book"."pages" > ?1) FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn filter<P: Predicate<R>>(&self, condition: P) -> Self {
        let Cond { node: condition, .. } = condition.cond();
        self.clone().with(|node| {
            node.filter = Some(match node.filter.take() {
                Some(before) => Node::and(before, condition),
                None => condition,
            });
        })
    }

    /// Each value once. SQLite has no `group_concat` of distinct texts with another separator than `,`: that is
    /// [`Error::Misuse`](crate::Error::Misuse) when the query runs, and so is a `count` of nothing in particular.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub language: String, pub pages: i32 }
    /// let groups = Book::objects().values_list(|b| b.language()).annotate(|b| b.pages().sum().distinct());
    /// assert_eq!(
    ///     groups.to_sql(),
    ///     r#"SELECT "book"."language", sum(DISTINCT "book"."pages") FROM "book" GROUP BY 1"#,
    /// );
    /// ```
    pub fn distinct(&self) -> Self {
        self.clone().with(|node| node.distinct = true)
    }
}

impl<R: Model, O: Model, T: Model> ToMany<R, O, T> {
    /// How many related rows there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
    /// let authors = Author::objects().values_list(|a| a.books().count());
    /// assert_eq!(
    ///     authors.to_sql(),
    ///     r#"SELECT (SELECT count("books"."id") FROM "book" AS "books" WHERE "books"."author_id" = "author"."id") FROM "author""#,
    /// );
    /// ```
    pub fn count(&self) -> Aggregate<R, i64> {
        aggregate(AggregateFunction::Count, Some(Node::leaf(NodeKind::RowKey(self.path()))))
    }
}
