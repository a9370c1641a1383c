//! The log as text that is the same in every run, and the assertions of tests about what ran.
//!
//! Left out is whatever differs from run to run: values, times, and the caller's file and line.

use std::fmt::Write;

use super::Log;

impl Log {
    /// The statements that read or wrote data, one a line, as text that is the same in every run: without values, times
    /// and places. One that ran several times says so. For a snapshot of what a test runs, compared with a string or by
    /// a library for snapshots.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (tags, log) = db.capture(|db| {
    ///     Tag::objects().bulk_create(["sf", "fun"].map(|name| Tag::create().name(name))).run(db)?;
    ///     Tag::objects().filter(|t| t.name().eq("sf")).count(db)
    /// });
    /// assert_eq!(
    ///     log.to_snapshot(),
    ///     "INSERT INTO \"tag\" (\"id\", \"name\") VALUES (?1, ?2)  (2 times)\n\
    ///      SELECT count(*) FROM \"tag\" WHERE \"tag\".\"name\" = ?1\n"
    /// );
    /// # tags?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn to_snapshot(&self) -> String {
        let mut text = String::new();
        for statement in self.statements() {
            text.push_str(&one_line(&statement.sql));
            if statement.times > 1 {
                let _ = write!(text, "  ({} times)", statement.times);
            }
            text.push('\n');
        }
        text
    }

    /// Whether the snapshot is this text, but for empty lines and the space around a line. For `assert_queries!`.
    #[doc(hidden)]
    pub fn is_snapshot(&self, expected: &str) -> bool {
        // However it is broken into lines: a text of the user's may have several.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        words(&self.to_snapshot()) == words(expected)
    }
}

/// A text of the user's may have several lines.
fn one_line(sql: &str) -> String {
    sql.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Fails if the block runs more than this many statements that read or write data.
///
/// The block's value is the macro's value. The message lists the statements. In the block, `?` ends the block, and the
/// error is handed on by a `?` of the macro's.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let tags = assert_max_queries!(db, 2, { Tag::objects().all(&db)? });
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[macro_export]
macro_rules! assert_max_queries {
    ($db:expr, $most:expr, $block:block) => {{
        let (value, log) = $crate::Database::capture(&$db, |_| -> $crate::Result<_> { Ok($block) });
        let value = value?;
        assert!(log.len() <= $most, "at most {} may run, and these have: {log}", $most);
        value
    }};
}

/// Fails unless the block runs these statements, in this order: their [snapshot](crate::Log::to_snapshot), a line for each.
/// Empty lines and the space around a line do not count.
///
/// The block's value is the macro's value. In the block, `?` ends the block, and the error is handed on by a `?` of the
/// macro's.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let (tags, count) = assert_queries!(
///     db,
///     r#"
///     SELECT "tag"."id", "tag"."name" FROM "tag"
///     SELECT count(*) FROM "tag"
///     "#,
///     { (Tag::objects().all(&db)?, Tag::objects().count(&db)?) }
/// );
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[macro_export]
macro_rules! assert_queries {
    ($db:expr, $expected:expr, $block:block) => {{
        let (value, log) = $crate::Database::capture(&$db, |_| -> $crate::Result<_> { Ok($block) });
        let value = value?;
        let expected: &str = $expected;
        assert!(
            log.is_snapshot(expected),
            "these statements were expected:\n{expected}\nand these have run:\n{}",
            log.to_snapshot()
        );
        value
    }};
}
