//! Functions of numbers. SQLite has them too, but only where it was built with them.
//!
//! What has no answer is NULL: SQLite makes that of a float that is not a number, and the types of the lookups say so.

use std::cmp::Ordering;
use std::ffi::CStr;

use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use super::functions::flags;

type OfOne = fn(f64) -> f64;
type OfTwo = fn(f64, f64) -> f64;

const OF_ONE: &[(&CStr, OfOne)] = &[
    (c"eager_sqrt", f64::sqrt),
    (c"eager_ceil", f64::ceil),
    (c"eager_floor", f64::floor),
    (c"eager_ln", |x| logarithm(x, f64::ln)),
    (c"eager_log10", |x| logarithm(x, f64::log10)),
    (c"eager_log2", |x| logarithm(x, f64::log2)),
    (c"eager_exp", f64::exp),
    (c"eager_sin", f64::sin),
    (c"eager_cos", f64::cos),
    (c"eager_tan", f64::tan),
    (c"eager_asin", f64::asin),
    (c"eager_acos", f64::acos),
    (c"eager_atan", f64::atan),
    (c"eager_degrees", f64::to_degrees),
    (c"eager_radians", f64::to_radians),
];

// `%` of floats has the sign of the left one, and is not a number where the right one is zero.
const OF_TWO: &[(&CStr, OfTwo)] =
    &[(c"eager_power", f64::powf), (c"eager_atan2", f64::atan2), (c"eager_mod", |x, y| x % y)];

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    for (name, function) in OF_ONE {
        connection.create_scalar_function(*name, 1, flags(), move |context| Ok(float(context, 0).map(function)))?;
    }
    for (name, function) in OF_TWO {
        connection.create_scalar_function(*name, 2, flags(), move |context| {
            Ok(float(context, 0).zip(float(context, 1)).map(|(x, y)| function(x, y)))
        })?;
    }
    connection.create_scalar_function(c"eager_sign", 1, flags(), |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Integer(value) => Some(value.signum()),
            ValueRef::Real(value) => value.partial_cmp(&0.0).map(|order| match order {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }),
            _ => None,
        })
    })
}

/// Of zero there is none: Rust's is infinite.
fn logarithm(x: f64, function: OfOne) -> f64 {
    if x > 0.0 { function(x) } else { f64::NAN }
}

/// A number argument as a float.
pub(super) fn float(context: &Context<'_>, argument: usize) -> Option<f64> {
    match context.get_raw(argument) {
        ValueRef::Integer(value) => Some(value as f64),
        ValueRef::Real(value) => Some(value),
        _ => None,
    }
}
