//! What the parameters of a statement hold, and how a value gets into one.
//!
//! Parameters count from 1. What comes out is SQLite's code: whoever binds makes an error of it.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rusqlite::ffi;

use super::Kept;
use super::array::{ARRAY, release};
use crate::value::Bind;

/// What a parameter holds between two runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// As every parameter does at first. It need not be bound again.
    Null,
    /// This integer. It need not be bound again: binding a LIMIT, be it to what it is already, expires the statement.
    Integer(i64),
    Real,
    /// A pointer to memory of the run that bound it. No later run steps before it has replaced it.
    Borrowed,
    /// A copy of SQLite's own.
    Copied,
}

/// Whose the memory is that a text or a blob stands in.
///
/// The caller's, if it keeps it until the statement has been reset and replaces every parameter before the next step.
#[derive(Clone, Copy)]
pub(super) enum Memory {
    Borrowed,
    Copied,
}

impl Memory {
    #[inline]
    fn held(self) -> Held {
        match self {
            Memory::Borrowed => Held::Borrowed,
            Memory::Copied => Held::Copied,
        }
    }

    #[inline]
    fn destructor(self) -> ffi::sqlite3_destructor_type {
        match self {
            Memory::Borrowed => ffi::SQLITE_STATIC(),
            Memory::Copied => ffi::SQLITE_TRANSIENT(),
        }
    }
}

impl Kept {
    pub(super) fn bind(&self, number: usize, bind: &Bind<'_>, memory: Memory) -> c_int {
        match bind {
            Bind::Null | Bind::Refused(_) => self.bind_null(number),
            Bind::Integer(value) => self.bind_integer(number, *value),
            Bind::Real(value) => self.bind_real(number, *value),
            Bind::Text(text) => self.bind_text(number, text, memory),
            Bind::Blob(blob) => self.bind_blob(number, blob, memory),
            Bind::Array(values) => self.bind_array(number, values),
        }
    }

    #[inline]
    pub(super) fn bind_null(&self, number: usize) -> c_int {
        if self.parameter(number) == Some(Held::Null) {
            return ffi::SQLITE_OK;
        }
        // SAFETY: the statement is not running, and has this parameter; and so in each block below.
        self.holding(number, Held::Null, |statement, at| unsafe { ffi::sqlite3_bind_null(statement, at) })
    }

    #[inline]
    pub(super) fn bind_integer(&self, number: usize, value: i64) -> c_int {
        let now = Held::Integer(value);
        if self.parameter(number) == Some(now) {
            return ffi::SQLITE_OK;
        }
        // SAFETY: see above.
        self.holding(number, now, |statement, at| unsafe { ffi::sqlite3_bind_int64(statement, at, value) })
    }

    #[inline]
    pub(super) fn bind_real(&self, number: usize, value: f64) -> c_int {
        // SAFETY: see above.
        self.holding(number, Held::Real, |statement, at| unsafe { ffi::sqlite3_bind_double(statement, at, value) })
    }

    #[inline]
    pub(super) fn bind_text(&self, number: usize, text: &str, memory: Memory) -> c_int {
        let (start, length) = (text.as_ptr().cast(), self.sized(text.len(), memory));
        // SAFETY: see above. SQLite copies the text now, or else the caller keeps it.
        self.holding(number, memory.held(), |statement, at| unsafe {
            ffi::sqlite3_bind_text64(statement, at, start, length, memory.destructor(), ffi::SQLITE_UTF8 as u8)
        })
    }

    fn bind_blob(&self, number: usize, blob: &[u8], memory: Memory) -> c_int {
        // A null pointer would be NULL; that of an empty slice is none.
        let (start, length) = (blob.as_ptr().cast(), self.sized(blob.len(), memory));
        // SAFETY: see above. SQLite copies the bytes now, or else the caller keeps them.
        self.holding(number, memory.held(), |statement, at| unsafe {
            ffi::sqlite3_bind_blob64(statement, at, start, length, memory.destructor())
        })
    }

    fn bind_array(&self, number: usize, values: &Arc<Vec<Bind<'static>>>) -> c_int {
        self.copied.set(usize::MAX);
        // SAFETY: see above. The array is counted: SQLite has a reference of its own, which `release` gives back.
        self.holding(number, Held::Copied, |statement, at| unsafe {
            let values = Arc::into_raw(Arc::clone(values)).cast_mut().cast::<c_void>();
            ffi::sqlite3_bind_pointer(statement, at, values, ARRAY.as_ptr(), Some(release))
        })
    }

    /// How long a text or a blob is. A copy is counted.
    #[inline]
    fn sized(&self, length: usize, memory: Memory) -> u64 {
        if let Memory::Copied = memory {
            self.copied.set(self.copied.get().saturating_add(length));
        }
        length as u64
    }

    #[inline]
    fn parameter(&self, number: usize) -> Option<Held> {
        Some(self.held.get(number.checked_sub(1)?)?.get())
    }

    /// Binds something, if the statement has that parameter.
    #[inline]
    fn holding(&self, number: usize, now: Held, bind: impl FnOnce(*mut ffi::sqlite3_stmt, c_int) -> c_int) -> c_int {
        let Some(held) = number.checked_sub(1).and_then(|i| self.held.get(i)) else { return ffi::SQLITE_RANGE };
        held.set(now);
        let code = bind(self.handle.as_ptr(), number as c_int);
        if code != ffi::SQLITE_OK {
            // What it holds now is not known: it is replaced in any case.
            held.set(Held::Borrowed);
        }
        code
    }

    /// Lets go of the memory of earlier runs, in the parameters behind the first so many.
    #[inline]
    pub(super) fn forget_borrowed(&self, first: usize) {
        self.forget(first, Held::Borrowed);
    }

    /// Frees what SQLite has copies of, where that is much.
    #[inline]
    pub(super) fn forget_copied(&self) {
        if self.copied.get() > KEPT_BYTES {
            self.copied.set(0);
            self.forget(0, Held::Copied);
        }
    }

    fn forget(&self, first: usize, what: Held) {
        for (i, held) in self.held.iter().enumerate().skip(first) {
            if held.get() == what {
                held.set(Held::Null);
                // SAFETY: the statement is not running, and has this parameter.
                unsafe { ffi::sqlite3_bind_null(self.handle.as_ptr(), i as c_int + 1) };
            }
        }
    }
}

/// How much a statement may keep copies of from one run to the next.
const KEPT_BYTES: usize = 4096;
