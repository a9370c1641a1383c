//! One open connection with the statements it keeps, and all that is said to SQLite's C interface by ourselves.
//!
//! The driver's own cache empties the binds of a statement that goes back to it. That expires every statement whose plan
//! may depend on a bound value (a bound LIMIT does), and the next run of it parses and plans again; and what the driver
//! checks for each column costs a tenth of loading a row. Here
//!
//! * a statement is prepared once for a connection and found by its text ([`Link::prepare`]);
//! * binds stay until they are replaced, and an integer that is bound already is not bound again ([`bind`]);
//! * texts and blobs are bound where they are if they outlive the run, and copied if they do not;
//! * a column is one look at SQLite's own value ([`row`]).
//!
//! What makes it sound: a [`Kept`] is finalized before its connection is closed, because a [`Link`] drops its statements
//! first and whoever uses one borrows the link; a [`Row`](row::Row) borrows the [`Rows`](statement::Rows) it is of until
//! the next step; and no statement is stepped while one of its parameters points at memory of an earlier run.
//!
//! Hooks: what is known of a statement from its preparation on (the tables it reads and writes, by an authorizer) stands
//! beside it in [`Kept`], with the number of times that SQLite has prepared it anew since; what is to be counted of its runs (`sqlite3_stmt_status`, rows, time, hits) is read in `Statement::reset`, which
//! every run ends with.

#![allow(unsafe_code, reason = "the driver's cache prepares anew at each run what binds a LIMIT; see above")]

mod alone;
mod array;
mod bind;
mod row;
mod statement;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_int};
use std::num::NonZeroUsize;
use std::ptr::{NonNull, null_mut};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lru::LruCache;
use rusqlite::ffi;

use super::fresh::Touched;
pub(super) use alone::Alone;
pub(super) use array::register as register_arrays;
use bind::Held;
pub(crate) use row::Row;
pub(super) use statement::{Rows, RunWith, Statement};

/// An open connection, and the statements that are kept for it.
pub(super) struct Link {
    /// None where none are to be kept. Before `raw`: statements are finalized before the connection is closed.
    kept: Option<RefCell<LruCache<Box<str>, Rc<Kept>>>>,
    /// How many statements are in hand.
    in_hand: Cell<usize>,
    raw: rusqlite::Connection,
    /// Tells it apart from every other connection of this process.
    serial: u64,
}

// SAFETY: a connection may be used by any thread, one at a time, and so may its statements. They are reached through the
// link only, and whoever has one borrows the link, which then stays where it is: a link that is sent takes with it every
// reference to its statements there is, so their counts are never touched by two threads at once.
unsafe impl Send for Link {}

impl Link {
    /// A connection that keeps up to so many statements.
    pub(super) fn new(raw: rusqlite::Connection, statements: usize) -> Self {
        let kept = NonZeroUsize::new(statements).map(|statements| RefCell::new(LruCache::new(statements)));
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Link { kept, in_hand: Cell::new(0), raw, serial: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// Tells it apart from every other connection of this process.
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    /// The driver's connection.
    pub(super) fn raw(&self) -> &rusqlite::Connection {
        &self.raw
    }

    /// The statement with this text: one that is kept and nobody runs just now, or a new one.
    pub(super) fn prepare(&self, text: &str) -> rusqlite::Result<Statement<'_>> {
        let Some(kept) = &self.kept else { return Ok(Statement::new(self, Rc::new(Kept::prepare(&self.raw, text)?))) };
        // The same one again, as in a loop, is where a look-up would put it: to compare the text is enough.
        let last = kept.borrow().peek_mru().filter(|(last, _)| ***last == *text).map(|(_, known)| Rc::clone(known));
        if let Some(known) = last.or_else(|| kept.borrow_mut().get(text).cloned()) {
            if !known.in_use.get() {
                return Ok(Statement::new(self, known));
            }
            // It is running, further up on this thread's stack: this run has a statement of its own, which is not kept.
            return Ok(Statement::new(self, Rc::new(Kept::prepare(&self.raw, text)?)));
        }
        // Nothing is borrowed while SQLite prepares: that may call functions of the user's.
        let new = Rc::new(Kept::prepare(&self.raw, text)?);
        let gone = kept.borrow_mut().push(text.into(), Rc::clone(&new));
        drop(gone);
        Ok(Statement::new(self, new))
    }
}

impl Link {
    /// Whether a foreign key points at nothing, for its check waits for the end of the transaction.
    pub(super) fn owes_foreign_keys(&self) -> bool {
        let (mut now, mut most) = (0, 0);
        // SAFETY: the connection is open as long as the link is, and the numbers are written to places of our own.
        let code = unsafe {
            let status = ffi::SQLITE_DBSTATUS_DEFERRED_FKS;
            ffi::sqlite3_db_status(self.raw.handle(), status, &raw mut now, &raw mut most, 0)
        };
        code == ffi::SQLITE_OK && now != 0
    }

    /// Whether no statement is in hand.
    pub(super) fn is_idle(&self) -> bool {
        self.in_hand.get() == 0
    }

    /// The same, of a statement that is not to be kept.
    pub(super) fn prepare_once(&self, text: &str) -> rusqlite::Result<Statement<'_>> {
        Ok(Statement::new(self, Rc::new(Kept::prepare(&self.raw, text)?)))
    }

    /// Which connection it is, and a number that is another when somebody else has committed since it read.
    pub(super) fn version(&self) -> (u64, u32) {
        let mut version: u32 = 0;
        // SAFETY: the connection is open, and SQLite writes one number of this size.
        unsafe {
            ffi::sqlite3_file_control(
                self.raw.handle(),
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_DATA_VERSION,
                (&raw mut version).cast(),
            );
        }
        (self.serial, version)
    }

    /// How many pages SQLite has looked up since this was asked before.
    pub(super) fn page_look_ups(&self) -> u64 {
        let count = |what| {
            let (mut count, mut highest) = (0, 0);
            // SAFETY: the connection is open, and SQLite writes two numbers of this size.
            unsafe { ffi::sqlite3_db_status(self.raw.handle(), what, &raw mut count, &raw mut highest, 1) };
            u64::try_from(count).unwrap_or(0)
        };
        count(ffi::SQLITE_DBSTATUS_CACHE_HIT) + count(ffi::SQLITE_DBSTATUS_CACHE_MISS)
    }

    /// How often the statement of this text has been prepared anew; none where it is not kept.
    pub(super) fn times_anew(&self, text: &str) -> Option<c_int> {
        Some(self.kept.as_ref()?.borrow().peek(text)?.times_anew())
    }

    /// What the statement of this text touches, if that is known of it as it is prepared now.
    pub(super) fn touched(&self, text: &str) -> Option<Arc<Touched>> {
        let kept = self.kept.as_ref()?.borrow();
        let statement = kept.peek(text)?;
        let touched = statement.touched.borrow();
        let (times, touched) = touched.as_ref()?;
        (*times == statement.times_anew()).then(|| Arc::clone(touched))
    }

    /// Keeps what the statement of this text touches, if it is kept itself.
    pub(super) fn set_touched(&self, text: &str, touched: &Arc<Touched>) {
        if let Some(kept) = &self.kept
            && let Some(statement) = kept.borrow().peek(text)
        {
            statement.touched.replace(Some((statement.times_anew(), Arc::clone(touched))));
        }
    }

    /// Ends every run, where nobody has rows any more. Who has forgotten rows (`mem::forget`) has left their statement on
    /// a row: it would hold its moment for ever.
    pub(super) fn end_forgotten(&self) {
        if self.in_hand.replace(0) > 0 {
            self.end_all();
        }
    }

    #[cold]
    fn end_all(&self) {
        // SAFETY: the connection is open as long as the link is.
        let connection = unsafe { self.raw.handle() };
        let mut statement = null_mut();
        loop {
            // SAFETY: the connection is open, and the statement is one of its own, or null for the first. Resetting one
            // that is kept leaves it prepared.
            statement = unsafe { ffi::sqlite3_next_stmt(connection, statement) };
            if statement.is_null() {
                break;
            }
            // SAFETY: as above.
            unsafe { ffi::sqlite3_reset(statement) };
        }
        if let Some(kept) = &self.kept {
            kept.borrow().iter().for_each(|(_, kept)| kept.in_use.set(false));
        }
    }
}

/// A prepared statement.
struct Kept {
    handle: NonNull<ffi::sqlite3_stmt>,
    /// Whether a [`Statement`] has it.
    in_use: Cell<bool>,
    /// Whether one has had it.
    was_used: Cell<bool>,
    /// What each parameter holds.
    held: Box<[Cell<Held>]>,
    /// How many bytes the parameters hold copies of.
    copied: Cell<usize>,
    /// What it touches, and how often it had been prepared anew when that was found out.
    touched: RefCell<Option<(c_int, Arc<Touched>)>>,
}

impl Kept {
    /// Prepares the one statement there is in a text.
    fn prepare(raw: &rusqlite::Connection, text: &str) -> rusqlite::Result<Self> {
        let (kept, rest) = Self::first_of(raw, text)?;
        let kept = kept.ok_or_else(|| failure(raw, ffi::SQLITE_MISUSE))?;
        // Blanks and comments may follow.
        if !rest.trim().is_empty() && Self::first_of(raw, rest)?.0.is_some() {
            return Err(rusqlite::Error::MultipleStatement);
        }
        Ok(kept)
    }

    /// The first statement in a text, if there is one, and the text behind it.
    fn first_of<'t>(raw: &rusqlite::Connection, text: &'t str) -> rusqlite::Result<(Option<Self>, &'t str)> {
        let Ok(length) = c_int::try_from(text.len()) else { return Err(failure(raw, ffi::SQLITE_TOOBIG)) };
        let (mut handle, mut tail) = (null_mut(), std::ptr::null());
        let start = text.as_ptr().cast();
        // SAFETY: the connection is open, the text is `length` bytes long, and the two results are written before they
        // are read.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                raw.handle(),
                start,
                length,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &raw mut handle,
                &raw mut tail,
            )
        };
        if code != ffi::SQLITE_OK {
            return Err(failure(raw, code));
        }
        let read = (tail as usize).saturating_sub(start as usize);
        let rest = text.get(read..).unwrap_or_default();
        let Some(handle) = NonNull::new(handle) else { return Ok((None, rest)) };
        // SAFETY: the statement was just prepared.
        let parameters = unsafe { ffi::sqlite3_bind_parameter_count(handle.as_ptr()) };
        let parameters = usize::try_from(parameters).unwrap_or(0);
        let held = std::iter::repeat_with(|| Cell::new(Held::Null)).take(parameters).collect();
        let kept = Kept {
            handle,
            in_use: Cell::new(false),
            was_used: Cell::new(false),
            held,
            copied: Cell::new(0),
            touched: RefCell::new(None),
        };
        Ok((Some(kept), rest))
    }

    /// How often SQLite has prepared it anew, which it does by itself when the tables have changed.
    fn times_anew(&self) -> c_int {
        // SAFETY: the statement is prepared.
        unsafe { ffi::sqlite3_stmt_status(self.handle.as_ptr(), ffi::SQLITE_STMTSTATUS_REPREPARE, 0) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: nobody else has the statement, and its connection is open: the link drops it before the connection, and
        // whoever has it otherwise borrows the link.
        unsafe { ffi::sqlite3_finalize(self.handle.as_ptr()) };
    }
}

/// What SQLite says of a failure that has just happened, as the driver would.
#[cold]
fn failure(raw: &rusqlite::Connection, code: c_int) -> rusqlite::Error {
    // SAFETY: the connection is open. Its message stays until the next call, and is copied here; the text of a code is a
    // constant.
    let message = unsafe {
        let connection = raw.handle();
        let message = if ffi::sqlite3_extended_errcode(connection) == code {
            ffi::sqlite3_errmsg(connection)
        } else {
            ffi::sqlite3_errstr(code)
        };
        (!message.is_null()).then(|| CStr::from_ptr(message).to_string_lossy().into_owned())
    };
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), message)
}
