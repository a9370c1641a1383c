//! Aggregates over rows: beside each row, for each group, and for all.

use std::panic::Location;

use smallvec::smallvec;

use super::shape::{Annotated, GroupRecords, Grouped, Records, ValuesOf};
use super::terminal::about;
use super::{Column, QuerySet, Values};
use crate::db::{Executor, Need};
use crate::error::{Error, Result};
use crate::group::Cursor;
use crate::lookup::{AggSelection, SingleSelection};
use crate::lower::{self, Lowered};
use crate::model::{Fields, FieldsAt, Model};
use crate::plan::{Grouping, Node, NodeKind, Plan};
use crate::sql;
use crate::statement::AggregateFunction;
use crate::value::{Bind, Mismatch};

impl<M: Model> QuerySet<M> {
    /// Computes values beside each row: aggregates over its relations, or any expression. Rows become pairs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// // SELECT .., (SELECT count("books"."id") FROM "book" AS "books" WHERE ..) FROM "author" ORDER BY (SELECT ..) DESC
    /// let authors: Vec<(Author, i64)> =
    ///     Author::objects().annotate(|a| a.books().count()).order_by(|a| a.books().count().desc()).all(&db)?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn annotate<A: SingleSelection<M> + 'static>(
        mut self,
        f: impl FnOnce(Fields<M>) -> A,
    ) -> QuerySet<M, Annotated<A>> {
        f(self.fields()).nodes(&mut self.plan.more.annotations);
        QuerySet::from_plan(self.plan)
    }

    /// Aggregates over all rows, in one statement.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// // SELECT max("book"."pages"), sum("book"."pages") FROM "book"
    /// let (longest, all) = Book::objects().aggregate(&db, |b| (b.pages().max(), b.pages().sum()))?;
    /// assert_eq!((longest, all), (None, None));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn aggregate<A: AggSelection<M>>(&self, db: &dyn Executor, f: impl FnOnce(Fields<M>) -> A) -> Result<A::Out> {
        let at = Location::caller();
        let mut plan = Plan { roots: self.plan.roots.clone(), ..Plan::new(M::META) };
        let mut nodes = Vec::new();
        f(FieldsAt::at(plan.begin())).nodes(&mut nodes);
        plan.more.misuse = self.plan.more.misuse;
        plan.filters = if self.plan.is_closed() || self.plan.filters_windows() || self.plan.more.keyset.is_some() {
            let keys = Box::new(self.plan.keys_only());
            smallvec![Node::new(NodeKind::InQuery(Node::own_key(), keys))]
        } else {
            self.plan.filters.clone()
        };
        if self.plan.empty {
            plan.filters.push(Node::new(NodeKind::Or(Vec::new())));
        }
        plan.more.grouping = Some(Grouping { keys: Vec::new(), filters: plan.filters.len() });
        plan.more.select = Some(nodes);
        plan.order = Some(Vec::new());
        let lowered = lower::select(&plan)?;
        run::<M, A>(db, at, &lowered, plan.more.select.as_deref().unwrap_or_default())
    }
}

/// Runs aggregates, one row of them; where there is nothing they are of, often without a statement.
fn run<M: Model, A: AggSelection<M>>(
    db: &dyn Executor,
    at: &'static Location<'static>,
    lowered: &Lowered,
    aggregates: &[Node],
) -> Result<A::Out> {
    let mut out = None;
    let decode = |out: Result<A::Out, Mismatch>, column: usize| {
        out.map_err(|mismatch| Error::Decode {
            model: M::META.name,
            field: format!("aggregate {column}"),
            column: format!("{column}"),
            expected: "value of the type the query promises",
            found: mismatch.0.into_owned(),
        })
    };
    if let Some(known) = of_nothing(aggregates).filter(|_| lowered.empty) {
        return decode(A::known(&mut known.into_iter()), 0);
    }
    let sql = sql::compile(&lowered.statement);
    db.run(Need::Read, at, &mut |connection| {
        connection.query(&sql, about::<M>(at), |row| {
            let mut cursor = Cursor::of_values(row, 0);
            out = Some(decode(A::read(&mut cursor), cursor.column())?);
            Ok(())
        })
    })?;
    out.ok_or(Error::DoesNotExist { model: M::META.name, key: None })
}

/// What aggregates are of no rows at all, where that needs no database to tell.
fn of_nothing(aggregates: &[Node]) -> Option<Vec<Bind<'static>>> {
    let value = |node: &Node| match node.kind() {
        NodeKind::Aggregate(aggregate) => match (aggregate.function, aggregate.default.as_ref().map(Node::kind)) {
            (AggregateFunction::Count, _) => Some(Bind::Integer(0)),
            (AggregateFunction::Total, _) => Some(Bind::Real(0.0)),
            (_, None) => Some(Bind::Null),
            (_, Some(NodeKind::Bind(default))) => Some(default.clone()),
            (_, Some(_)) => None,
        },
        _ => None,
    };
    aggregates.iter().map(value).collect()
}

macro_rules! grouped {
    ($shape:ident) => {
        impl<M: Model, V> QuerySet<M, $shape<V>> {
            /// Groups the rows by what `values_list` names, and computes aggregates of each group. A filter on an aggregate
            /// after it is a HAVING; an order never splits groups.
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub genre: String, pub pages: i32 }
            /// # let db = Database::in_memory()?;
            /// # db.create_tables(models![Book])?;
            /// # Book::create().genre("sf").pages(412).save(&db)?;
            /// // SELECT "book"."genre", count("book"."id"), max("book"."pages") FROM "book" GROUP BY "book"."genre"
            /// let genres: Vec<(String, (i64, Option<i32>))> = Book::objects()
            ///     .values_list(|b| b.genre())
            ///     .annotate(|b| (b.id().count(), b.pages().max()))
            ///     .all(&db)?;
            /// assert_eq!(genres, [("sf".to_owned(), (1, Some(412)))]);
            /// # Ok::<(), eager_orm::Error>(())
            /// ```
            pub fn annotate<A: AggSelection<M> + 'static>(
                self,
                f: impl FnOnce(Fields<M>) -> A,
            ) -> QuerySet<M, Grouped<$shape<V>, A>> {
                self.grouped(f)
            }
        }
    };
}
grouped!(Values);
grouped!(Column);

impl<M: Model, V> QuerySet<M, Records<V>> {
    /// Groups the rows by what `values` names, and computes aggregates of each group. A row becomes one record of both.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub genre: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().genre("sf").pages(412).save(&db)?;
    /// // SELECT "book"."genre", count("book"."id") FROM "book" GROUP BY 1
    /// let genres = Book::objects().values(|b| b.genre()).annotate(|b| b.id().count().named("books")).all(&db)?;
    /// assert_eq!(serde_json::to_string(&genres).unwrap(), r#"[{"genre":"sf","books":1}]"#);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn annotate<A: AggSelection<M> + 'static>(
        self,
        f: impl FnOnce(Fields<M>) -> A,
    ) -> QuerySet<M, GroupRecords<V, A>> {
        self.grouped(f)
    }
}

impl<M: Model, S> QuerySet<M, S> {
    fn grouped<A: AggSelection<M>, T>(mut self, f: impl FnOnce(Fields<M>) -> A) -> QuerySet<M, T> {
        if self.plan.is_closed() || self.plan.distinct {
            self.plan.more.misuse = Some("rows that are cut off, merged or put together cannot be grouped");
        }
        let mut nodes = self.plan.more.select.take().unwrap_or_default();
        self.plan.more.grouping = Some(Grouping { keys: nodes.clone(), filters: self.plan.filters.len() });
        f(self.fields()).nodes(&mut nodes);
        self.plan.more.select = Some(nodes);
        QuerySet::from_plan(self.plan)
    }
}

macro_rules! narrowed {
    ($shape:ident) => {
        impl<M: Model, S, A> QuerySet<M, $shape<S, A>> {
            /// Aggregates over the groups, in one statement: of what they are grouped by, and of their aggregates.
            ///
            /// # Errors
            ///
            /// As for [`all`](QuerySet::all).
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub genre: String, pub pages: i32 }
            /// # let db = Database::in_memory()?;
            /// # db.create_tables(models![Book])?;
            /// # for (genre, pages) in [("sf", 412), ("sf", 341), ("love", 290)] {
            /// #     Book::create().genre(genre).pages(pages).save(&db)?;
            /// # }
            /// // SELECT count(*), avg("grouped"."c0") FROM (
            /// //   SELECT sum("book"."pages") AS c0 FROM "book" GROUP BY "book"."genre") AS "grouped"
            /// let genres = Book::objects().values_list(|b| b.genre()).annotate(|b| b.pages().sum());
            /// let (genres, pages) = genres.aggregate(&db, |b| (count(), b.pages().sum().avg()))?;
            /// assert_eq!((genres, pages), (2, Some(521.5)));
            /// # Ok::<(), eager_orm::Error>(())
            /// ```
            #[track_caller]
            pub fn aggregate<T: AggSelection<M>>(
                &self,
                db: &dyn Executor,
                f: impl FnOnce(Fields<M>) -> T,
            ) -> Result<T::Out> {
                let mut plan = self.plan.clone();
                let mut nodes = Vec::new();
                f(FieldsAt::at(plan.begin())).nodes(&mut nodes);
                run::<M, T>(db, Location::caller(), &lower::over_groups(&plan, &nodes)?, &nodes)
            }

            /// Of each group only these: what it is grouped by, or aggregates. One of them makes a queryset that can
            /// stand in another query.
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub genre: String, pub pages: i32 }
            /// // The books of genres that have more than ten.
            /// let genres = Book::objects()
            ///     .values_list(|b| b.genre())
            ///     .annotate(|_| count())
            ///     .filter(|_| count().gt(10))
            ///     .values_list(|b| b.genre());
            /// let books = Book::objects().filter(|b| b.genre().in_(genres));
            /// assert!(books.to_sql().ends_with(
            ///     r#" IN (SELECT "book_2"."genre" FROM "book" AS "book_2" GROUP BY 1 HAVING count(*) > ?1)"#
            /// ));
            /// ```
            pub fn values_list<V: ValuesOf<M>>(mut self, f: impl FnOnce(Fields<M>) -> V) -> QuerySet<M, V::Shape> {
                let mut nodes = Vec::new();
                f(self.fields()).nodes(&mut nodes);
                self.plan.more.select = Some(nodes);
                QuerySet::from_plan(self.plan)
            }
        }
    };
}
narrowed!(Grouped);
narrowed!(GroupRecords);
