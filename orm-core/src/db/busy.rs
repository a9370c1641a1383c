//! Waiting for a lock that another connection holds, up to a bound.
//!
//! SQLite's own handler sleeps longer and longer, up to a tenth of a second, and so hardly ever finds the lock free where
//! another process writes without a pause. This one asks some thousand times a second.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// How long this thread waits. A handler is a function without a value of its own, so it has to find the bound here.
    static BOUND: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The bound of this thread, for as long as it lives.
pub(super) struct Patience {
    before: Duration,
}

impl Patience {
    pub(super) fn new(bound: Duration) -> Self {
        Patience { before: BOUND.replace(bound) }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        BOUND.set(self.before);
    }
}

/// Waits a little; says whether to ask again. `tries` is how often this statement has been refused before.
pub(super) fn wait(tries: i32) -> bool {
    let now = Instant::now();
    let since = match SINCE.get() {
        Some(since) if tries > 0 => since,
        _ => {
            SINCE.set(Some(now));
            now
        }
    };
    let waited = now.saturating_duration_since(since);
    let Some(left) = BOUND.get().checked_sub(waited).filter(|left| !left.is_zero()) else { return false };
    // Two that wait for each other's turn would meet again and again at the same pace.
    let jitter = u64::from(waited.subsec_nanos().wrapping_add(now.elapsed().subsec_nanos()) % 200);
    let pause = Duration::from_micros(if tries < 8 { 50 } else { 150 + jitter });
    std::thread::sleep(pause.min(left));
    true
}
