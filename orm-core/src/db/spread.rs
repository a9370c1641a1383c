//! Variance and standard deviation, of the values as the whole population or as a sample of it.
//!
//! Mean and squares are kept as Welford has it: one pass, and no difference of two large sums.

use std::ffi::CStr;

use rusqlite::functions::{Aggregate, Context, WindowAggregate};
use rusqlite::{Connection, Result};

use super::functions::flags;
use super::math::float;

/// Registers the four aggregates.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let all: [(&CStr, Spread); 4] = [
        (c"eager_variance", Spread { is_root: false, is_sample: false }),
        (c"eager_variance_sample", Spread { is_root: false, is_sample: true }),
        (c"eager_stddev", Spread { is_root: true, is_sample: false }),
        (c"eager_stddev_sample", Spread { is_root: true, is_sample: true }),
    ];
    for (name, spread) in all {
        connection.create_window_function(name, 1, flags(), spread)?;
    }
    Ok(())
}

/// Which of the four.
#[derive(Clone, Copy)]
struct Spread {
    is_root: bool,
    is_sample: bool,
}

/// The values so far.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: u64,
    mean: f64,
    /// The sum of the squares of the distances from the mean.
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1;
        let distance = value - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (value - self.mean);
    }

    /// A value leaves the window.
    fn remove(&mut self, value: f64) {
        if self.count <= 1 {
            *self = Moments::default();
            return;
        }
        self.count -= 1;
        let distance = value - self.mean;
        self.mean -= distance / self.count as f64;
        self.squares = (self.squares - distance * (value - self.mean)).max(0.0);
    }
}

impl Spread {
    fn of(self, moments: Moments) -> Option<f64> {
        let count = if self.is_sample { moments.count.checked_sub(1)? } else { moments.count };
        let variance = (count > 0).then(|| moments.squares / count as f64)?;
        Some(if self.is_root { variance.sqrt() } else { variance })
    }
}

impl Aggregate<Moments, Option<f64>> for Spread {
    fn init(&self, _: &mut Context<'_>) -> Result<Moments> {
        Ok(Moments::default())
    }
    fn step(&self, context: &mut Context<'_>, moments: &mut Moments) -> Result<()> {
        if let Some(value) = float(context, 0) {
            moments.add(value);
        }
        Ok(())
    }
    fn finalize(&self, _: &mut Context<'_>, moments: Option<Moments>) -> Result<Option<f64>> {
        Ok(self.of(moments.unwrap_or_default()))
    }
}

impl WindowAggregate<Moments, Option<f64>> for Spread {
    fn value(&self, moments: Option<&mut Moments>) -> Result<Option<f64>> {
        Ok(self.of(moments.copied().unwrap_or_default()))
    }
    fn inverse(&self, context: &mut Context<'_>, moments: &mut Moments) -> Result<()> {
        if let Some(value) = float(context, 0) {
            moments.remove(value);
        }
        Ok(())
    }
}
