use libsqlite3_sys as ffi;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::null_mut;

pub struct Db(pub *mut ffi::sqlite3);
pub struct Stmt(pub *mut ffi::sqlite3_stmt);
extern "C" {
    fn sqlite3_carray_bind(
        s: *mut ffi::sqlite3_stmt,
        i: c_int,
        p: *mut c_void,
        n: c_int,
        flags: c_int,
        d: Option<unsafe extern "C" fn(*mut c_void)>,
    ) -> c_int;
}
impl Db {
    pub fn open(p: &std::path::Path) -> Db {
        let c = CString::new(p.to_str().unwrap()).unwrap();
        let mut h = null_mut();
        let rc = unsafe {
            ffi::sqlite3_open_v2(
                c.as_ptr(),
                &mut h,
                ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE | ffi::SQLITE_OPEN_NOMUTEX,
                std::ptr::null(),
            )
        };
        assert_eq!(rc, 0);
        let d = Db(h);
        for p in common::PRAGMAS {
            d.exec(p);
        }
        d
    }
    pub fn err(&self) -> String {
        unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0)).to_string_lossy().into_owned() }
    }
    pub fn exec(&self, sql: &str) {
        let c = CString::new(sql).unwrap();
        let rc = unsafe { ffi::sqlite3_exec(self.0, c.as_ptr(), None, null_mut(), null_mut()) };
        assert_eq!(rc, 0, "{} in {sql}", self.err());
    }
    pub fn prep(&self, sql: &str) -> Stmt {
        let mut s = null_mut();
        let rc = unsafe {
            ffi::sqlite3_prepare_v3(
                self.0,
                sql.as_ptr() as *const c_char,
                sql.len() as c_int,
                ffi::SQLITE_PREPARE_PERSISTENT as _,
                &mut s,
                null_mut(),
            )
        };
        assert_eq!(rc, 0, "{} in {}", self.err(), &sql[..sql.len().min(300)]);
        Stmt(s)
    }
}
impl Drop for Stmt {
    fn drop(&mut self) {
        unsafe { ffi::sqlite3_finalize(self.0) };
    }
}
impl Stmt {
    #[inline(always)]
    pub fn step(&self) -> bool {
        let rc = unsafe { ffi::sqlite3_step(self.0) };
        if rc == ffi::SQLITE_ROW {
            return true;
        }
        if rc != ffi::SQLITE_DONE {
            fail(self, rc);
        }
        false
    }
    #[inline(always)]
    pub fn reset(&self) {
        unsafe { ffi::sqlite3_reset(self.0) };
    }
    #[inline(always)]
    pub fn run(&self) {
        self.step();
        self.reset();
    }
    #[inline(always)]
    pub fn int(&self, i: i32) -> i64 {
        unsafe { ffi::sqlite3_column_int64(self.0, i) }
    }
    #[inline(always)]
    pub fn real(&self, i: i32) -> f64 {
        unsafe { ffi::sqlite3_column_double(self.0, i) }
    }
    #[inline(always)]
    pub fn null(&self, i: i32) -> bool {
        unsafe { ffi::sqlite3_column_type(self.0, i) == ffi::SQLITE_NULL }
    }
    #[inline(always)]
    pub fn opt(&self, i: i32) -> Option<i64> {
        if self.null(i) { None } else { Some(self.int(i)) }
    }
    #[inline(always)]
    pub fn text(&self, i: i32) -> String {
        unsafe {
            let p = ffi::sqlite3_column_text(self.0, i);
            let n = ffi::sqlite3_column_bytes(self.0, i) as usize;
            std::str::from_utf8(std::slice::from_raw_parts(p, n)).expect("utf8").to_owned()
        }
    }
    #[inline(always)]
    pub fn bind(&self, i: i32, v: i64) {
        unsafe { ffi::sqlite3_bind_int64(self.0, i, v) };
    }
    #[inline(always)]
    pub fn bind_opt(&self, i: i32, v: Option<i64>) {
        match v {
            Some(v) => self.bind(i, v),
            None => unsafe {
                ffi::sqlite3_bind_null(self.0, i);
            },
        }
    }
    #[inline(always)]
    pub fn bind_f(&self, i: i32, v: f64) {
        unsafe { ffi::sqlite3_bind_double(self.0, i, v) };
    }
    /// the text must outlive the execution
    #[inline(always)]
    pub unsafe fn bind_t(&self, i: i32, v: &str) {
        ffi::sqlite3_bind_text(self.0, i, v.as_ptr() as *const c_char, v.len() as c_int, ffi::SQLITE_STATIC());
    }
    pub unsafe fn bind_arr(&self, i: i32, v: &[i64]) {
        // flags 1 = CARRAY_INT64; null destructor = SQLITE_STATIC
        let rc = sqlite3_carray_bind(self.0, i, v.as_ptr() as *mut c_void, v.len() as c_int, 1, None);
        assert_eq!(rc, 0);
    }
}
#[cold]
fn fail(s: &Stmt, rc: i32) -> ! {
    let m = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(ffi::sqlite3_db_handle(s.0))).to_string_lossy().into_owned() };
    panic!("step: {rc} {m}")
}
