//! Functions of decimals, whose texts sort and do not read as numbers: their sum and mean, exact, and what a cast is.

use rusqlite::functions::{Aggregate, Context, WindowAggregate};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::functions::flags;
use crate::value::{DecimalSum, decode_decimal, encode_decimal};

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_window_function(c"eager_decimal_sum", 1, flags(), Total { is_mean: false })?;
    connection.create_window_function(c"eager_decimal_avg", 1, flags(), Total { is_mean: true })?;
    connection.create_scalar_function(c"eager_decimal_text", 1, flags(), |context| {
        Ok(number(context)?.map(|number| number.to_string()))
    })?;
    connection.create_scalar_function(c"eager_decimal", 1, flags(), |context| {
        let number = match context.get_raw(0) {
            ValueRef::Integer(value) => Some(Decimal::from(value)),
            ValueRef::Real(value) => Decimal::from_f64(value),
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).unwrap_or_default().trim();
                Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
            }
            _ => None,
        };
        Ok(number.map(|number| encode_decimal(&number)))
    })
}

/// The argument as a number; NULL is none, and anything else is an error.
fn number(context: &Context<'_>) -> Result<Option<Decimal>> {
    match context.get_raw(0) {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) => decode_decimal(text).map(Some).ok_or_else(|| refused("a value is no Decimal")),
        _ => Err(refused("a value is no Decimal")),
    }
}

fn refused(reason: &str) -> Error {
    Error::UserFunctionError(reason.into())
}

/// The sum of the values, or their mean.
#[derive(Clone, Copy)]
struct Total {
    is_mean: bool,
}

impl Total {
    fn of(self, sum: DecimalSum) -> Result<Option<String>> {
        let total = if self.is_mean { sum.mean() } else { sum.sum() };
        Ok(total.map_err(refused)?.map(|total| encode_decimal(&total)))
    }
}

impl Aggregate<DecimalSum, Option<String>> for Total {
    fn init(&self, _: &mut Context<'_>) -> Result<DecimalSum> {
        Ok(DecimalSum::default())
    }
    fn step(&self, context: &mut Context<'_>, sum: &mut DecimalSum) -> Result<()> {
        if let Some(value) = number(context)? {
            sum.add(value, true);
        }
        Ok(())
    }
    fn finalize(&self, _: &mut Context<'_>, sum: Option<DecimalSum>) -> Result<Option<String>> {
        self.of(sum.unwrap_or_default())
    }
}

impl WindowAggregate<DecimalSum, Option<String>> for Total {
    fn value(&self, sum: Option<&mut DecimalSum>) -> Result<Option<String>> {
        self.of(sum.copied().unwrap_or_default())
    }
    fn inverse(&self, context: &mut Context<'_>, sum: &mut DecimalSum) -> Result<()> {
        if let Some(value) = number(context)? {
            sum.add(value, false);
        }
        Ok(())
    }
}
