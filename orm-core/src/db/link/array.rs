//! `rarray(?)`: a table of one column, `value`, whose rows are the values of one bind.
//!
//! The driver has one too, of values of its own: ours reads the bind as it is, and says so where it is given no array.

use std::borrow::Cow;
use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::vtab::{Context, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConnection, VTabCursor};
use rusqlite::{Connection, Error, Result, ffi};

use super::statement::Bound;
use crate::sql::ARRAY_TABLE;
use crate::value::Bind;

type Values = Vec<Bind<'static>>;

/// The type of the pointers that are bound: what tells them from everybody else's.
pub(super) const ARRAY: &CStr = c"eager-orm values";

/// The hidden column that stands for the argument.
const ARGUMENT: c_int = 1;

/// Registers the table.
pub(in crate::db) fn register(connection: &Connection) -> Result<()> {
    const MODULE: Module<'_, Array> = Module::eponymous_only_module();
    connection.create_module(c"rarray", &MODULE, None)
}

/// Gives back a bound array.
///
/// # Safety
///
/// The pointer is one that `Arc::into_raw` made of an `Arc<Values>`, and nobody gives it back twice.
pub(super) unsafe extern "C" fn release(values: *mut c_void) {
    // SAFETY: as the caller says.
    drop(unsafe { Arc::from_raw(values.cast_const().cast::<Values>()) });
}

#[repr(C)]
struct Array {
    /// SQLite's own part, which has to come first.
    base: ffi::sqlite3_vtab,
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl<'vtab> VTab<'vtab> for Array {
    type Aux = ();
    type Cursor = Cursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        _: Option<&()>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        Ok((Cow::Borrowed(ARRAY_TABLE), Array { base: ffi::sqlite3_vtab::default() }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let mut is_given = false;
        for (constraint, mut usage) in info.constraints_and_usages() {
            if constraint.is_usable()
                && constraint.operator() == IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ
                && constraint.column() == ARGUMENT
            {
                is_given = true;
                usage.set_argv_index(1);
                usage.set_omit(true);
            }
        }
        info.set_estimated_cost(if is_given { 1.0 } else { f64::from(i32::MAX) });
        info.set_estimated_rows(if is_given { 100 } else { i64::from(i32::MAX) });
        info.set_idx_num(c_int::from(is_given));
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Cursor<'vtab>> {
        Ok(Cursor::default())
    }
}

#[derive(Default)]
#[repr(C)]
struct Cursor<'vtab> {
    /// SQLite's own part, which has to come first.
    base: ffi::sqlite3_vtab_cursor,
    values: Option<&'vtab Values>,
    at: usize,
    table: PhantomData<&'vtab Array>,
}

impl Cursor<'_> {
    fn value(&self) -> Option<&Bind<'static>> {
        self.values?.get(self.at)
    }
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, index: c_int, _: Option<&str>, args: &Filters<'_>) -> Result<()> {
        self.at = 0;
        // A pointer passes for NULL.
        let is_pointer = index == 1 && matches!(args.iter().next(), Some(ValueRef::Null));
        // SAFETY: a pointer of this type was made by `Statement::put` of an `Arc<Values>`, of which the parameter holds a
        // reference as long as the statement runs, which is longer than its cursors are open.
        self.values = is_pointer.then(|| unsafe { args.get_pointer::<Values>(0, ARRAY) }).flatten();
        match self.values {
            Some(_) => Ok(()),
            None => Err(Error::ModuleError("rarray is given no array".to_owned())),
        }
    }

    fn next(&mut self) -> Result<()> {
        self.at += 1;
        Ok(())
    }

    fn eof(&self) -> bool {
        self.value().is_none()
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        match self.value() {
            Some(value) if column != ARGUMENT => context.set_result(&Bound(value)),
            _ => Ok(()),
        }
    }

    fn rowid(&self) -> Result<i64> {
        Ok(i64::try_from(self.at).unwrap_or(i64::MAX))
    }
}
