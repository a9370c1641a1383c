//! Which tables a statement reads and writes: what SQLite says when it prepares it.
//!
//! SQLite asks an authorizer about every table a statement is going to use, those of its triggers, its views and of the
//! foreign keys that cascade included. Ours allows everything and remembers the names, for whoever asked. Nothing runs
//! for it while rows are read.

use std::cell::RefCell;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::sql::{TEMPORARY, VIRTUAL_TABLES};

/// What a statement reads and writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) reads: Vec<Box<str>>,
    pub(crate) writes: Vec<Box<str>>,
    /// The schema, or something else of which the tables are not known.
    pub(crate) writes_all: bool,
    /// A virtual table: what its module reads for it, from which tables, is not said each time. Or a PRAGMA, which may be
    /// about the whole file.
    pub(crate) reads_all: bool,
    /// Whether it calls a function that can ask for the time: what it is asked says whether it does.
    pub(crate) calls_time: bool,
    /// Why its answer is not a matter of the tables it reads.
    pub(crate) volatile: Option<&'static str>,
}

thread_local! {
    /// What the statement that this thread prepares touches, while somebody wants to know. SQLite prepares in the thread
    /// that asks, also where it prepares anew because the tables have changed.
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Seen {
    touch: Touch,
    /// Whether anything was prepared at all.
    prepared: bool,
}

/// Allows everything, and remembers it.
pub(super) fn authorize(context: AuthContext<'_>) -> Authorization {
    // The thread may be ending.
    let _ = SEEN.try_with(|seen| {
        if let Ok(mut seen) = seen.try_borrow_mut()
            && let Some(seen) = &mut *seen
        {
            seen.prepared = true;
            see(&mut seen.touch, &context);
        }
    });
    Authorization::Allow
}

/// Runs work, and says what the statements touch that were prepared meanwhile; `None` if none was.
pub(super) fn seeing<T>(work: impl FnOnce() -> T) -> (T, Option<Touch>) {
    /// What was seen before goes on, also after a panic.
    struct Before(Option<Seen>);
    impl Drop for Before {
        fn drop(&mut self) {
            let _ = SEEN.try_with(|seen| seen.replace(self.0.take()));
        }
    }
    let Ok(before) = SEEN.try_with(|seen| seen.replace(Some(Seen::default()))) else {
        // The thread is ending, and nothing is seen any more: it may touch everything.
        return (work(), Some(Touch { writes_all: true, ..Touch::default() }));
    };
    let _before = Before(before);
    let value = work();
    let seen = SEEN.try_with(RefCell::take).ok().flatten();
    (value, seen.filter(|seen| seen.prepared).map(|seen| seen.touch))
}

fn see(touch: &mut Touch, context: &AuthContext<'_>) {
    match context.action {
        AuthAction::Read { table_name, .. } => {
            if context.database_name.is_some_and(|name| name != "main") {
                touch.volatile = Some(OF_THE_CONNECTION);
            }
            if is_internal(table_name) && !is_schema(table_name) {
                touch.volatile = Some("it reads a table that SQLite keeps for itself");
            }
            // It is made of the whole file.
            touch.reads_all |= table_name.eq_ignore_ascii_case("dbstat");
            add(&mut touch.reads, table_name);
        }
        AuthAction::Insert { table_name }
        | AuthAction::Delete { table_name }
        | AuthAction::Update { table_name, .. } => {
            if is_schema(table_name) {
                touch.writes_all = true;
            } else {
                add(&mut touch.writes, table_name);
            }
        }
        AuthAction::Function { function_name } => {
            touch.calls_time |= is_one_of(TIME, function_name);
            if let Some(reason) = volatile(function_name, context.accessor.is_some()) {
                touch.volatile = Some(reason);
            }
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            touch.reads_all = true;
            touch.writes_all |= pragma_writes(pragma_name, pragma_value.is_some());
        }
        AuthAction::Select | AuthAction::Recursive | AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {}
        _ => touch.writes_all = true,
    }
}

impl Touch {
    /// Notes whether one of the tables it reads is a virtual one. What cannot be told may be one.
    pub(super) fn seeing_to_virtual(mut self, connection: &rusqlite::Connection) -> Self {
        self.reads_all |= any_virtual(connection, &self.reads).unwrap_or(true);
        self
    }
}

const OF_THE_CONNECTION: &str = "it reads a temporary or an attached table, which other connections do not see";

/// Whether this connection has something temporary. What cannot be told may be there.
pub(super) fn any_temporary(connection: &rusqlite::Connection) -> bool {
    connection.prepare_cached(TEMPORARY).and_then(|mut statement| statement.exists([])).unwrap_or(true)
}

/// Whether one of these tables is a virtual one of this connection.
fn any_virtual(connection: &rusqlite::Connection, tables: &[Box<str>]) -> rusqlite::Result<bool> {
    if tables.is_empty() {
        return Ok(false);
    }
    let mut statement = connection.prepare_cached(VIRTUAL_TABLES)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        if tables.iter().any(|table| table.eq_ignore_ascii_case(name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why the answer of a statement that calls this function is not a matter of its tables. Our own statements name no time
/// but by a bind, which is looked at where they run; a view or a trigger can name one in its text, so there none is safe.
fn volatile(function: &str, in_view: bool) -> Option<&'static str> {
    const RANDOM: &[&str] = &["random", "randomblob"];
    const CONNECTION: &[&str] = &["changes", "total_changes", "last_insert_rowid"];
    const NOW: &[&str] = &["current_time", "current_date", "current_timestamp"];
    if is_one_of(RANDOM, function) {
        Some("it calls `random`")
    } else if is_one_of(CONNECTION, function) {
        Some("it asks what the connection has done")
    } else if is_one_of(NOW, function) || (in_view && is_one_of(TIME, function)) {
        Some("it asks for the time")
    } else {
        None
    }
}

/// Functions that are of the time where they are asked for it.
const TIME: &[&str] = &["date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"];

fn is_one_of(names: &[&str], function: &str) -> bool {
    names.iter().any(|name| function.eq_ignore_ascii_case(name))
}

/// Whether a PRAGMA may write to the file.
fn pragma_writes(name: &str, has_value: bool) -> bool {
    const WITHOUT_VALUE: &[&str] = &["incremental_vacuum", "optimize"];
    const ASKED_WITH_ONE: &[&str] = &[
        "defer_foreign_keys",
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
    ];
    if has_value { !is_one_of(ASKED_WITH_ONE, name) } else { is_one_of(WITHOUT_VALUE, name) }
}

fn is_schema(table: &str) -> bool {
    ["sqlite_master", "sqlite_schema"].iter().any(|name| table.eq_ignore_ascii_case(name))
}

fn is_internal(table: &str) -> bool {
    ["sqlite_", "pragma_"]
        .iter()
        .any(|start| table.get(..start.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(start)))
}

/// Names are kept in small letters: SQLite compares them without case.
fn add(names: &mut Vec<Box<str>>, name: &str) {
    if !names.iter().rev().any(|known| known.eq_ignore_ascii_case(name)) {
        names.push(name.to_ascii_lowercase().into());
    }
}
