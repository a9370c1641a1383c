//! A statement in use: its steps, its end, and the binds of a run.

use std::borrow::Cow;
use std::ffi::c_int;
use std::marker::PhantomData;
use std::rc::Rc;

use rusqlite::ffi;

use super::bind::Memory;
use super::{Kept, Link, Row, failure};
use crate::db::Counters;
use crate::value::Bind;

/// A statement in hand. It goes back to its link when it is dropped.
pub(in crate::db) struct Statement<'c> {
    link: &'c Link,
    kept: Rc<Kept>,
    /// Whether the link had kept it from an earlier use.
    was_kept: bool,
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        self.kept.in_use.set(false);
        self.link.in_hand.set(self.link.in_hand.get().saturating_sub(1));
    }
}

impl<'c> Statement<'c> {
    /// Takes a statement that is not in use. It belongs to the connection of `link`.
    pub(super) fn new(link: &'c Link, kept: Rc<Kept>) -> Self {
        kept.in_use.set(true);
        link.in_hand.set(link.in_hand.get() + 1);
        let was_kept = kept.was_used.replace(true);
        Statement { link, kept, was_kept }
    }

    pub(super) fn handle(&self) -> *mut ffi::sqlite3_stmt {
        self.kept.handle.as_ptr()
    }

    /// Whether it writes nothing to the database.
    pub(in crate::db) fn is_readonly(&self) -> bool {
        // SAFETY: the statement is prepared, and so it is in each block below.
        unsafe { ffi::sqlite3_stmt_readonly(self.handle()) != 0 }
    }

    /// How many binds it asks for.
    pub(in crate::db) fn parameter_count(&self) -> usize {
        self.kept.held.len()
    }

    /// How many columns its rows have.
    pub(in crate::db) fn column_count(&self) -> usize {
        // SAFETY: see above.
        usize::try_from(unsafe { ffi::sqlite3_column_count(self.handle()) }).unwrap_or(0)
    }

    /// The names of its columns.
    pub(in crate::db) fn column_names(&self) -> Vec<String> {
        super::row::names(&self.kept, self.column_count())
    }

    /// What SQLite has counted of it since this was asked before.
    pub(in crate::db) fn counters(&self) -> Counters {
        // SAFETY: the statement is prepared.
        let count = |what| u64::try_from(unsafe { ffi::sqlite3_stmt_status(self.handle(), what, 1) }).unwrap_or(0);
        Counters {
            full_scan_steps: count(ffi::SQLITE_STMTSTATUS_FULLSCAN_STEP),
            sorts: count(ffi::SQLITE_STMTSTATUS_SORT),
            automatic_index_rows: count(ffi::SQLITE_STMTSTATUS_AUTOINDEX),
            vm_steps: count(ffi::SQLITE_STMTSTATUS_VM_STEP),
            was_kept: self.was_kept,
        }
    }

    /// Runs it for its rows. The binds are not copied: they outlive the rows.
    pub(in crate::db) fn query<'b>(self, binds: &'b [Bind<'_>]) -> rusqlite::Result<Rows<'c, 'b>> {
        self.bind_borrowed(binds)?;
        Ok(Rows { statement: self, columns: None, ended: false, binds: PhantomData })
    }

    /// Runs it for rows that are read later: the binds are copied.
    pub(in crate::db) fn stream(mut self, binds: &[Bind<'_>]) -> rusqlite::Result<Rows<'c, 'static>> {
        for (i, bind) in binds.iter().enumerate() {
            self.bind(i + 1, bind)?;
        }
        self.kept.forget_borrowed(0);
        Ok(Rows { statement: self, columns: None, ended: false, binds: PhantomData })
    }

    /// Runs it with these binds; says how many rows it changed.
    pub(in crate::db) fn execute(&mut self, binds: &[Bind<'_>]) -> rusqlite::Result<u64> {
        self.bind_borrowed(binds)?;
        self.run()
    }

    /// Binds one value for the next run, and for those after it; numbers count from 1.
    #[inline]
    pub(in crate::db) fn bind(&mut self, number: usize, bind: &Bind<'_>) -> rusqlite::Result<()> {
        self.bound(self.kept.bind(number, bind, Memory::Copied))
    }

    /// Runs it with values that come one by one.
    #[inline]
    pub(in crate::db) fn run_with<'s, 'b>(&'s mut self) -> RunWith<'s, 'b> {
        RunWith { statement: self, count: 0, binds: PhantomData }
    }

    /// Binds values that outlive the run, and NULL where there are fewer than it asks for. Every parameter is replaced.
    fn bind_borrowed(&self, binds: &[Bind<'_>]) -> rusqlite::Result<()> {
        for (i, bind) in binds.iter().enumerate() {
            self.bound(self.kept.bind(i + 1, bind, Memory::Borrowed))?;
        }
        self.kept.forget_borrowed(binds.len());
        Ok(())
    }

    /// What became of a bind.
    #[inline]
    fn bound(&self, code: c_int) -> rusqlite::Result<()> {
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(failure(self.link.raw(), code)) }
    }

    /// Runs it to its end, with what is bound.
    fn run(&self) -> rusqlite::Result<u64> {
        // SAFETY: the statement is prepared, and every parameter that points at memory points at the caller's.
        let code = unsafe { ffi::sqlite3_step(self.handle()) };
        let outcome = match code {
            ffi::SQLITE_DONE => Ok(self.link.raw().changes()),
            ffi::SQLITE_ROW => Err(rusqlite::Error::ExecuteReturnedResults),
            code => Err(failure(self.link.raw(), code)),
        };
        self.reset();
        outcome
    }

    /// Ends a run.
    fn reset(&self) {
        // SAFETY: a statement may be reset at any time; what it says of the run is known already.
        unsafe { ffi::sqlite3_reset(self.handle()) };
        self.kept.forget_copied();
    }
}

/// The binds of one run, put together one by one. `'b` is the life of what they borrow, which outlives the run.
pub(in crate::db) struct RunWith<'s, 'b> {
    statement: &'s Statement<'s>,
    count: usize,
    binds: PhantomData<&'b ()>,
}

impl<'b> RunWith<'_, 'b> {
    /// How many there are so far.
    #[inline]
    pub(in crate::db) fn count(&self) -> usize {
        self.count
    }

    /// The next value. What it owns is copied, for it is dropped here.
    pub(in crate::db) fn bind(&mut self, bind: Bind<'b>) -> rusqlite::Result<()> {
        let is_owned = matches!(&bind, Bind::Text(Cow::Owned(_)) | Bind::Blob(Cow::Owned(_)));
        let memory = if is_owned { Memory::Copied } else { Memory::Borrowed };
        self.next(|kept, number| kept.bind(number, &bind, memory))
    }

    /// The next value is NULL.
    #[inline]
    pub(in crate::db) fn null(&mut self) -> rusqlite::Result<()> {
        self.next(Kept::bind_null)
    }

    /// The next value, an integer.
    #[inline]
    pub(in crate::db) fn integer(&mut self, value: i64) -> rusqlite::Result<()> {
        self.next(|kept, number| kept.bind_integer(number, value))
    }

    /// The next value, a float.
    #[inline]
    pub(in crate::db) fn real(&mut self, value: f64) -> rusqlite::Result<()> {
        self.next(|kept, number| kept.bind_real(number, value))
    }

    /// The next value, a text where it is.
    #[inline]
    pub(in crate::db) fn text(&mut self, text: &'b str) -> rusqlite::Result<()> {
        self.next(|kept, number| kept.bind_text(number, text, Memory::Borrowed))
    }

    #[inline]
    fn next(&mut self, bind: impl FnOnce(&Kept, usize) -> c_int) -> rusqlite::Result<()> {
        self.count += 1;
        self.statement.bound(bind(&self.statement.kept, self.count))
    }

    /// Runs the statement; says how many rows it changed. What was left out is as it was in the run before, unless that
    /// has borrowed it: then it is NULL.
    pub(in crate::db) fn execute(self) -> rusqlite::Result<u64> {
        self.statement.kept.forget_borrowed(self.count);
        self.statement.run()
    }

    /// Runs the statement and hands the rows it returns to `each`; says how many there were.
    pub(in crate::db) fn query<E>(
        self,
        mut each: impl FnMut(Row<'_>) -> Result<(), E>,
        failed: impl Fn(rusqlite::Error) -> E,
    ) -> Result<u64, E> {
        self.statement.kept.forget_borrowed(self.count);
        let statement = Statement::new(self.statement.link, Rc::clone(&self.statement.kept));
        let mut rows = Rows { statement, columns: None, ended: false, binds: PhantomData };
        let mut count = 0;
        let outcome = loop {
            match rows.next() {
                Ok(Some(row)) => match each(row) {
                    Ok(()) => count += 1,
                    Err(error) => break Err(error),
                },
                Ok(None) => break Ok(count),
                Err(error) => break Err(failed(error)),
            }
        };
        drop(rows);
        // The rows have given back what is still in hand here.
        self.statement.kept.in_use.set(true);
        outcome
    }
}

/// The rows of a statement, read one by one. `'b` is the life of its binds.
pub(in crate::db) struct Rows<'c, 'b> {
    statement: Statement<'c>,
    /// How many columns a row has; known with the first, for a statement that was kept may be prepared anew.
    columns: Option<usize>,
    ended: bool,
    binds: PhantomData<&'b ()>,
}

impl Rows<'_, '_> {
    /// What SQLite has counted since this was asked before.
    pub(in crate::db) fn counters(&self) -> Counters {
        self.statement.counters()
    }

    /// The next row; none after the last.
    #[inline]
    pub(in crate::db) fn next(&mut self) -> rusqlite::Result<Option<Row<'_>>> {
        if self.ended {
            return Ok(None);
        }
        // SAFETY: the statement is prepared, its run has not ended, and every parameter that points at memory points at
        // what lives during `'b`.
        match unsafe { ffi::sqlite3_step(self.statement.handle()) } {
            ffi::SQLITE_ROW => {
                let columns = match self.columns {
                    Some(columns) => columns,
                    None => *self.columns.insert(self.statement.column_count()),
                };
                // SAFETY: the statement stands on a row, and is borrowed as long as that is there.
                Ok(Some(unsafe { Row::new(&self.statement.kept, columns) }))
            }
            code => {
                self.ended = true;
                // The message is gone after the reset.
                let outcome = match code {
                    ffi::SQLITE_DONE => Ok(None),
                    code => Err(failure(self.statement.link.raw(), code)),
                };
                self.statement.reset();
                outcome
            }
        }
    }
}

impl Drop for Rows<'_, '_> {
    fn drop(&mut self) {
        if !self.ended {
            self.statement.reset();
        }
    }
}

/// A value as the driver takes it.
pub(super) struct Bound<'a>(pub(super) &'a Bind<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Bind::Integer(value) => ValueRef::Integer(*value),
            Bind::Real(value) => ValueRef::Real(*value),
            Bind::Text(Cow::Borrowed(text)) => ValueRef::Text(text.as_bytes()),
            Bind::Text(Cow::Owned(text)) => ValueRef::Text(text.as_bytes()),
            Bind::Blob(bytes) => ValueRef::Blob(bytes),
            Bind::Null | Bind::Array(_) | Bind::Refused(_) => ValueRef::Null,
        }))
    }
}
