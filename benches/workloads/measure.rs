//! Time, allocations, checksums.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Counts allocations, and the bytes that are held, while it is told to.
pub struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
/// Bytes in use beside those that were when the count began. What was there before may go.
static HELD: AtomicI64 = AtomicI64::new(0);
static MOST: AtomicI64 = AtomicI64::new(0);

fn count(bytes: usize, freed: usize) {
    if COUNTS.load(Ordering::Relaxed) {
        ALLOCATIONS.fetch_add(u64::from(bytes > 0), Ordering::Relaxed);
        let change = bytes as i64 - freed as i64;
        MOST.fetch_max(HELD.fetch_add(change, Ordering::Relaxed) + change, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How long this thread has worked. Other processes take the machine away, and that is nobody's doing here.
#[cfg(unix)]
fn worked() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written to a place of our own.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(code, 0);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(not(unix))]
fn worked() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Measures one run. What is around [`time`](Probe::time) is not measured.
pub struct Probe {
    /// Whether checksums and allocations are asked for, or else the time.
    pub checks: bool,
    pub round: usize,
    pub time: Duration,
    pub allocations: u64,
    /// The most bytes that were held at a time, without those that were there before. (Those of SQLite are not counted.)
    pub held: i64,
    pub sum: u64,
}

impl Probe {
    pub fn new(checks: bool, round: usize) -> Self {
        Probe { checks, round, time: Duration::ZERO, allocations: 0, held: 0, sum: 0 }
    }

    /// Runs the work that is measured.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        HELD.store(0, Ordering::Relaxed);
        MOST.store(0, Ordering::Relaxed);
        COUNTS.store(self.checks, Ordering::Relaxed);
        let start = worked();
        let value = black_box(work());
        self.time = worked() - start;
        COUNTS.store(false, Ordering::Relaxed);
        self.allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
        self.held = MOST.load(Ordering::Relaxed);
        value
    }

    /// Says what was read or written.
    pub fn sum(&mut self, sum: impl FnOnce(&mut Sum)) {
        if self.checks {
            let mut state = Sum(0xcbf2_9ce4_8422_2325);
            sum(&mut state);
            self.sum = state.0;
        }
    }
}

/// A checksum.
pub struct Sum(u64);

impl Sum {
    pub fn int(&mut self, value: i64) {
        self.0 = (self.0 ^ value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 29;
    }
    pub fn text(&mut self, text: &str) {
        self.int(text.len() as i64);
        text.bytes().for_each(|byte| self.int(i64::from(byte)));
    }
    pub fn real(&mut self, value: f64) {
        self.int(value.to_bits() as i64);
    }
    pub fn option(&mut self, value: Option<i64>) {
        self.int(value.map_or(-1, |value| value + 7));
    }
    /// The checksum of the items in their order: where the query orders, or each answers a question of a list.
    pub fn in_order<T>(&mut self, items: impl IntoIterator<Item = T>, mut sum: impl FnMut(&mut Sum, T)) {
        let mut count = 0;
        for item in items {
            sum(self, item);
            count += 1;
        }
        self.int(count);
    }
    /// The checksum of the items, whatever their order.
    pub fn all<T>(&mut self, items: impl IntoIterator<Item = T>, mut sum: impl FnMut(&mut Sum, T)) {
        let (mut total, mut count) = (0_u64, 0);
        for item in items {
            let mut state = Sum(0xcbf2_9ce4_8422_2325);
            sum(&mut state, item);
            total = total.wrapping_add(state.0);
            count += 1;
        }
        self.int(count);
        self.int(total as i64);
    }
}
