//! What a queryset would run, for people to read.

use std::panic::Location;

use super::terminal::about;
use super::{QuerySet, Shape};
use crate::db::{EXPLAIN, Executor, Need, Steps};
use crate::error::Result;
use crate::lower;
use crate::model::Model;
use crate::sql;

impl<M: Model, S> QuerySet<M, S> {
    /// The statement [`all`](Self::all) would run (without its prefetches), as it would be prepared: values are binds,
    /// `?1`, `?2` .. For a query that has no meaning, the message that says so.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// assert_eq!(
    ///     Book::objects().filter(|b| b.pages().gt(300)).to_sql(),
    ///     r#"SELECT "book"."id", "book"."pages" FROM "book" WHERE "book"."pages" > ?1"#,
    /// );
    /// ```
    pub fn to_sql(&self) -> String {
        match lower::select(&self.plan) {
            Ok(lowered) => sql::compile(&lowered.statement).text.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// How SQLite would run it: `EXPLAIN QUERY PLAN`, a line for each step, indented by depth.
    ///
    /// # Errors
    ///
    /// The database is not what the model says.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[field(index)] pub title: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// let plan = Book::objects().filter(|b| b.title().starts_with("Du")).explain(&db)?;
    /// assert!(plan.contains("INDEX book_title_idx"), "{plan}");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn explain(&self, db: &dyn Executor) -> Result<String> {
        let at = Location::caller();
        let mut sql = sql::compile(&lower::select(&self.plan)?.statement);
        sql.text = format!("{EXPLAIN}{}", sql.text).into();
        let mut steps = Steps::default();
        db.run(Need::Read, at, &mut |connection| {
            connection.query(&sql, about::<M>(at), |row| {
                steps.push(row);
                Ok(())
            })
        })?;
        Ok(steps.into_text())
    }
}
