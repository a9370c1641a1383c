//! SQLite's C interface as a program would use it that knows what it reads: the floor. Every statement is prepared once,
//! nothing is checked that needs no check.

#![allow(dead_code, unsafe_code, reason = "not every benchmark uses all of it; it is the C interface")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, CString, c_int};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::ptr::null_mut;

use rusqlite::ffi;

/// What every connection of the floor's and of rusqlite's is told; ours has it by itself.
pub const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;
PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// A connection, kept until the process ends.
pub struct Raw {
    raw: *mut ffi::sqlite3,
    statements: RefCell<HashMap<String, Statement>>,
}

/// A statement, kept until the process ends.
#[derive(Clone, Copy)]
pub struct Statement(*mut ffi::sqlite3_stmt);

impl Raw {
    pub fn open(path: &Path) -> Self {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let mut raw = null_mut();
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_NOMUTEX;
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut raw, flags, std::ptr::null()) };
        assert_eq!(code, ffi::SQLITE_OK);
        let connection = Raw { raw, statements: RefCell::default() };
        connection.run(PRAGMAS);
        connection
    }

    pub fn run(&self, sql: &str) {
        let sql = CString::new(sql).unwrap();
        let code = unsafe { ffi::sqlite3_exec(self.raw, sql.as_ptr(), None, null_mut(), null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK, "{sql:?}");
    }

    pub fn prepare(&self, sql: &str) -> Statement {
        *self.statements.borrow_mut().entry(sql.to_owned()).or_insert_with(|| {
            let mut statement = null_mut();
            let (text, length) = (sql.as_ptr().cast(), sql.len() as c_int);
            let flags = ffi::SQLITE_PREPARE_PERSISTENT;
            let code =
                unsafe { ffi::sqlite3_prepare_v3(self.raw, text, length, flags, &raw mut statement, null_mut()) };
            assert_eq!(code, ffi::SQLITE_OK, "{sql}");
            Statement(statement)
        })
    }

    /// The statement for a batch of 500 keys.
    pub fn batch(&self, start: &str) -> Statement {
        self.prepare(&format!("{start} IN ({}?)", "?,".repeat(499)))
    }

    pub fn rowid(&self) -> i64 {
        unsafe { ffi::sqlite3_last_insert_rowid(self.raw) }
    }
}

impl Statement {
    #[inline(always)]
    pub fn step(self) -> bool {
        match unsafe { ffi::sqlite3_step(self.0) } {
            ffi::SQLITE_ROW => true,
            ffi::SQLITE_DONE => false,
            code => {
                panic!("{code} {:?}", unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(ffi::sqlite3_db_handle(self.0))) })
            }
        }
    }
    #[inline(always)]
    pub fn reset(self) {
        unsafe { ffi::sqlite3_reset(self.0) };
    }
    #[inline(always)]
    pub fn run(self) {
        self.step();
        self.reset();
    }
    #[inline(always)]
    pub fn int(self, column: c_int) -> i64 {
        unsafe { ffi::sqlite3_column_int64(self.0, column) }
    }
    #[inline(always)]
    pub fn real(self, column: c_int) -> f64 {
        unsafe { ffi::sqlite3_column_double(self.0, column) }
    }
    #[inline(always)]
    pub fn option(self, column: c_int) -> Option<i64> {
        let is_null = unsafe { ffi::sqlite3_column_type(self.0, column) == ffi::SQLITE_NULL };
        (!is_null).then(|| self.int(column))
    }
    #[inline(always)]
    pub fn text(self, column: c_int) -> String {
        unsafe {
            let start = ffi::sqlite3_column_text(self.0, column);
            let length = ffi::sqlite3_column_bytes(self.0, column) as usize;
            std::str::from_utf8(std::slice::from_raw_parts(start, length)).unwrap().to_owned()
        }
    }
    #[inline(always)]
    pub fn bind_int(self, number: c_int, value: i64) {
        unsafe { ffi::sqlite3_bind_int64(self.0, number, value) };
    }
    #[inline(always)]
    pub fn bind_real(self, number: c_int, value: f64) {
        unsafe { ffi::sqlite3_bind_double(self.0, number, value) };
    }
    #[inline(always)]
    pub fn bind_null(self, number: c_int) {
        unsafe { ffi::sqlite3_bind_null(self.0, number) };
    }
    /// The text outlives the run.
    #[inline(always)]
    pub fn bind_text(self, number: c_int, text: &str) {
        let (start, length) = (text.as_ptr().cast(), text.len() as c_int);
        unsafe { ffi::sqlite3_bind_text(self.0, number, start, length, ffi::SQLITE_STATIC()) };
    }
    #[inline(always)]
    pub fn all<T>(self, mut read: impl FnMut(Self) -> T) -> Vec<T> {
        let mut rows = Vec::new();
        while self.step() {
            rows.push(read(self));
        }
        self.reset();
        rows
    }
    /// A statement of [`Raw::batch`], for as many keys as there are. The last batch is filled up with its last key.
    #[inline(always)]
    pub fn in_batches(self, keys: &[i64], mut each: impl FnMut(Self)) {
        for chunk in keys.chunks(500) {
            let last = chunk[chunk.len() - 1];
            for i in 0..500 {
                self.bind_int(i as c_int + 1, chunk.get(i).copied().unwrap_or(last));
            }
            while self.step() {
                each(self);
            }
            self.reset();
        }
    }
}

#[derive(Default)]
pub struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!()
    }
    fn write_i64(&mut self, value: i64) {
        self.0 = (value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// Where the row of a key is: the last key first, then a map.
#[derive(Default)]
pub struct Places {
    map: HashMap<i64, u32, BuildHasherDefault<Multiply>>,
    last: Option<(i64, u32)>,
}

impl Places {
    pub fn new(keys: impl ExactSizeIterator<Item = i64>) -> Self {
        let mut map = HashMap::with_capacity_and_hasher(keys.len(), BuildHasherDefault::default());
        map.extend(keys.enumerate().map(|(place, key)| (key, place as u32)));
        Places { map, last: None }
    }
    #[inline(always)]
    pub fn of(&mut self, key: i64) -> usize {
        match self.last {
            Some((last, place)) if last == key => place as usize,
            _ => {
                let place = self.map[&key];
                self.last = Some((key, place));
                place as usize
            }
        }
    }
    /// The same of keys that are met on the way: the next place is that of a new one, of which `is_new` is told.
    #[inline(always)]
    pub fn meet(&mut self, key: i64, is_new: impl FnOnce()) -> u32 {
        if let Some((last, place)) = self.last
            && last == key
        {
            return place;
        }
        let next = self.map.len() as u32;
        let place = match self.map.entry(key) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                is_new();
                *entry.insert(next)
            }
        };
        self.last = Some((key, place));
        place
    }
}

/// Rows side by side with those of the same parent, in one allocation.
pub struct ByParent<T> {
    pub rows: Vec<T>,
    starts: Vec<u32>,
}

impl<T> ByParent<T> {
    /// Puts rows, as they came, by the places of their parents: counted, then each moved once.
    pub fn new(mut rows: Vec<T>, places: &[u32], parents: usize) -> Self {
        assert_eq!(rows.len(), places.len());
        let mut starts = vec![0_u32; parents + 1];
        for place in places {
            starts[*place as usize + 1] += 1;
        }
        for parent in 0..parents {
            starts[parent + 1] += starts[parent];
        }
        let mut next = starts.clone();
        let mut sorted = Vec::with_capacity(rows.len());
        let (from, to): (*const T, *mut T) = (rows.as_ptr(), sorted.as_mut_ptr());
        for (at, place) in places.iter().enumerate() {
            let next = &mut next[*place as usize];
            // SAFETY: the starts are sums of the counts of these very places, so each row gets a place of its own.
            unsafe { to.add(*next as usize).copy_from_nonoverlapping(from.add(at), 1) };
            *next += 1;
        }
        // SAFETY: every row has moved.
        unsafe {
            rows.set_len(0);
            sorted.set_len(places.len());
        }
        ByParent { rows: sorted, starts }
    }

    pub fn range(&self, parent: usize) -> std::ops::Range<usize> {
        self.starts[parent] as usize..self.starts[parent + 1] as usize
    }

    pub fn of(&self, parent: usize) -> &[T] {
        &self.rows[self.range(parent)]
    }
}
