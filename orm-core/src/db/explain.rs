//! How SQLite runs a statement, and how it would run it with another index.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::link::Link;
use super::{Database, Row, functions};
use crate::sql::INDEXES;
use crate::value::{Bind, Datum};

/// What stands before a statement whose plan is asked for.
pub(crate) const EXPLAIN: &str = "EXPLAIN QUERY PLAN ";

/// The steps of a plan as text, a line for each, indented by depth.
#[derive(Default)]
pub(crate) struct Steps {
    /// Each step, and how deep it stands.
    depths: Vec<(i64, usize)>,
    text: String,
}

impl Steps {
    pub(crate) fn push(&mut self, row: Row<'_>) {
        let number = |column| match row.datum(column) {
            Ok(Datum::Integer(number)) => number,
            _ => 0,
        };
        let parent = self.depths.iter().find(|(step, _)| *step == number(1));
        let depth = parent.map_or(0, |(_, depth)| depth + 1);
        self.depths.push((number(0), depth));
        if let Ok(Datum::Text(detail)) = row.datum(3) {
            self.text.push_str(&"  ".repeat(depth));
            self.text.push_str(&String::from_utf8_lossy(detail));
            self.text.push('\n');
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

fn plan(link: &Link, text: &str, binds: &[Bind<'_>]) -> Option<String> {
    // It is not kept: it would take the place of a statement of the program's.
    let statement = link.prepare_once(&format!("{EXPLAIN}{text}")).ok()?;
    let mut rows = statement.query(binds).ok()?;
    let mut steps = Steps::default();
    while let Some(row) = rows.next().ok()? {
        steps.push(row);
    }
    Some(steps.into_text())
}

/// The indexes of a table; what cannot be read is not known.
pub(super) fn indexes(connection: &rusqlite::Connection, table: &str) -> Vec<TableIndex> {
    let mut indexes: Vec<TableIndex> = Vec::new();
    let mut read = || {
        let mut statement = connection.prepare_cached(INDEXES)?;
        let mut rows = statement.query([table])?;
        while let Some(row) = rows.next()? {
            let (name, column): (String, Option<String>) = (row.get(0)?, row.get(2)?);
            let column = column.unwrap_or_default();
            match indexes.last_mut().filter(|last| last.name == name) {
                Some(last) => last.columns.push(column),
                None => indexes.push(TableIndex { name, is_unique: row.get(1)?, columns: vec![column] }),
            }
        }
        Ok::<(), rusqlite::Error>(())
    };
    let _ = read();
    indexes
}

impl Database {
    /// The plan of a statement, if it can be had now; no log sees that it was asked for.
    pub(crate) fn plan_of(&self, text: &str, binds: &[Bind<'_>]) -> Option<String> {
        match self.reader() {
            Ok(link) => plan(&link, text, binds),
            // Inside of a transaction, where there is no other connection.
            Err(_) => plan(&*self.held_writer()?, text, binds),
        }
    }

    /// The indexes of a table, as far as they can be had now.
    pub(crate) fn indexes_of(&self, table: &str) -> Vec<TableIndex> {
        self.reader().map_or_else(|_| Vec::new(), |link| indexes(link.raw(), table))
    }

    /// A copy of the database to try things on, if it is no larger than so many bytes.
    pub(crate) fn copy_for_trial(&self, most_bytes: i64) -> Option<Trial> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let link = self.reader().ok()?;
        let number = |pragma: &str| link.raw().query_row(pragma, [], |row| row.get::<_, i64>(0)).ok();
        if number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?) > most_bytes {
            return None;
        }
        let name = format!("eager-orm-trial-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // What is in memory is copied into memory: SQLite opens the copy with the means of the original. It lives as long as
        // the connection to it, which is therefore there first.
        let (raw, file, to) = if self.is_in_memory() {
            let uri = format!("file:/{name}?vfs=memdb");
            (rusqlite::Connection::open(&uri).ok()?, None, uri)
        } else {
            let path = std::env::temp_dir().join(name).with_extension("db");
            let to = path.to_str()?.to_owned();
            // It is nobody else's to read.
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&path).ok()?;
            let file = TrialFile(path);
            (rusqlite::Connection::open(&file.0).ok()?, Some(file), to)
        };
        link.raw().execute("VACUUM INTO ?1", [to]).ok()?;
        functions::register(&raw).ok()?;
        // Nothing of it has to last.
        raw.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").ok()?;
        Some(Trial { link: Link::new(raw, 16), _file: file })
    }
}

/// An index of all rows of a table.
pub(crate) struct TableIndex {
    pub(crate) name: String,
    pub(crate) is_unique: bool,
    /// Its columns; an expression has no name.
    pub(crate) columns: Vec<String>,
}

/// A copy of a database.
pub(crate) struct Trial {
    link: Link,
    _file: Option<TrialFile>,
}

/// What a query costs.
pub(crate) struct Cost {
    /// How many instructions of SQLite's machine it takes.
    pub(crate) steps: u64,
    /// How many pages it looks up.
    pub(crate) pages: u64,
    /// How long it takes, at best of a few runs.
    pub(crate) time: Duration,
}

/// Its file, which goes with it.
struct TrialFile(PathBuf);

impl Drop for TrialFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Trial {
    /// The plan of a statement.
    pub(crate) fn plan(&self, text: &str, binds: &[Bind<'_>]) -> Option<String> {
        plan(&self.link, text, binds)
    }

    /// What a query costs, when it has run before.
    pub(crate) fn cost(&self, text: &str, binds: &[Bind<'_>]) -> Option<Cost> {
        let run = || {
            let start = Instant::now();
            let statement = self.link.prepare(text).ok()?;
            statement.counters();
            self.link.page_look_ups();
            let mut rows = statement.query(binds).ok()?;
            while rows.next().ok()?.is_some() {}
            Some(Cost { steps: rows.counters().vm_steps, pages: self.link.page_look_ups(), time: start.elapsed() })
        };
        run()?;
        let runs: Vec<Cost> = (0..3).filter_map(|_| run()).collect();
        let time = runs.iter().map(|cost| cost.time).min()?;
        runs.into_iter().next().map(|cost| Cost { time, ..cost })
    }

    /// Runs a statement that returns nothing.
    pub(crate) fn execute(&self, text: &str) -> Option<()> {
        self.link.prepare(text).ok()?.execute(&[]).ok().map(drop)
    }
}
