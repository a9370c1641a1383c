//! The log as text that is the same in every run, and the assertions of tests about what ran.
//!
//! Left out is whatever differs from run to run: values, times, and the caller's file and line.

use std::fmt::Write;

use super::Log;

impl Log {
    /// The statements that read or wrote data, one a line, as text that is the same in every run: without values, times
    /// and places. One that ran several times says so. Of SQL of one's own, comments are left out, and what space there is
    /// outside of quotes is one space. For a snapshot of what a test runs, compared with a string or by a library for
    /// snapshots.
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

    /// Whether the snapshot is this text, but for comments and how the space is outside of quotes. For `assert_queries!`.
    #[doc(hidden)]
    pub fn is_snapshot(&self, expected: &str) -> bool {
        one_line(&self.to_snapshot()) == one_line(expected)
    }
}

/// A text of the user's may have several lines, and comments that end where a line does.
fn one_line(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let quote = match first {
            '\'' | '"' | '`' => Some(first),
            '[' => Some(']'),
            _ => None,
        };
        // A quote that is doubled ends one part and begins the next.
        let (part, length) = if let Some(quote) = quote {
            let end = rest.get(1..).and_then(|inner| inner.find(quote)).map_or(rest.len(), |end| end + 2);
            (rest.get(..end).unwrap_or_default(), end)
        } else if rest.starts_with("--") {
            (" ", rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (" ", rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if first.is_whitespace() {
            (" ", first.len_utf8())
        } else {
            (rest.get(..first.len_utf8()).unwrap_or_default(), first.len_utf8())
        };
        if part != " " || !(text.is_empty() || text.ends_with(' ')) {
            text.push_str(part);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    text.truncate(text.trim_end().len());
    text
}

/// Fails unless the block runs exactly this many statements that read or write data.
///
/// The block's value is the macro's value. The message lists the statements. In the block, `?` ends the block, and the
/// error is handed on by a `?` of the macro's.
///
/// Counted are the statements of the thread that runs the block. Those of threads that it starts are in the log of
/// [`Database::capture`](crate::Database::capture), if they run through the handle which that hands out.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let tags = assert_num_queries!(db, 1, { Tag::objects().all(&db)? });
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[macro_export]
macro_rules! assert_num_queries {
    ($db:expr, $expected:expr, $block:block) => {{
        let (value, log) = $crate::Database::capture(&$db, |_| -> $crate::Result<_> { Ok($block) });
        let value = value?;
        assert_eq!(log.len(), $expected, "{log}");
        value
    }};
}

/// Fails if the block runs more than this many statements that read or write data.
///
/// The block's value is the macro's value. The message lists the statements. In the block, `?` ends the block, and the
/// error is handed on by a `?` of the macro's.
///
/// Counted are the statements of the thread that runs the block. Those of threads that it starts are in the log of
/// [`Database::capture`](crate::Database::capture), if they run through the handle which that hands out.
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
/// Comments do not count, nor how much space there is outside of quotes.
///
/// The block's value is the macro's value. In the block, `?` ends the block, and the error is handed on by a `?` of the
/// macro's.
///
/// Counted are the statements of the thread that runs the block. Those of threads that it starts are in the log of
/// [`Database::capture`](crate::Database::capture), if they run through the handle which that hands out.
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
