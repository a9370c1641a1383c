//! What an expression is worth, in plain Rust. A condition that is NULL does not hold.

use std::cmp::Ordering;

use crate::row::Row;
use crate::tree::Op::*;
use crate::tree::{Tree, Type};
use eager_orm::{Date, DateTime};

/// A value as SQLite has it. A bool is 0 or 1, a date its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
}

/// SQLite refuses it or writes it in a way that is not worth a model; such a tree is left out.
#[derive(Debug)]
pub struct Strange;

type Result<T> = std::result::Result<T, Strange>;

impl Value {
    /// A simpler literal of the same type.
    pub fn simpler(&self) -> Option<Value> {
        match self {
            Value::Int(value) if *value != 0 => Some(Value::Int(0)),
            Value::Real(value) if *value != 0.0 => Some(Value::Real(0.0)),
            _ => None,
        }
    }

    /// The order of `ORDER BY`: NULL, numbers, text.
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Real(a), Value::Real(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Value::Int(a), Value::Real(b)) => int_and_real(*a, *b),
            (Value::Real(a), Value::Int(b)) => int_and_real(*b, *a).reverse(),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            _ => self.class().cmp(&other.class()),
        }
    }

    fn class(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Int(_) | Value::Real(_) => 1,
            Value::Text(_) => 2,
        }
    }

    /// As a float, where it is a number.
    pub fn real(&self) -> f64 {
        match self {
            Value::Int(value) => *value as f64,
            Value::Real(value) => *value,
            _ => 0.0,
        }
    }

    /// Whether a column of this type can hold it.
    pub fn fits(&self, ty: Type) -> bool {
        match (self, ty) {
            (Value::Null, _) | (Value::Int(_), Type::Int) | (Value::Int(_) | Value::Real(_), Type::Real) => true,
            (Value::Int(value), Type::Short) => i32::try_from(*value).is_ok(),
            (Value::Int(value), Type::Bool) => matches!(value, 0 | 1),
            (Value::Text(_), Type::Text | Type::Day | Type::Moment) => true,
            _ => false,
        }
    }
}

fn int_and_real(int: i64, real: f64) -> Ordering {
    if real >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if real < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    int.cmp(&(real as i64)).then_with(|| 0.0_f64.partial_cmp(&real.fract()).unwrap_or(Ordering::Equal))
}

pub fn moment_text(moment: DateTime) -> String {
    format!("{} {}", moment.date(), moment.time())
}

/// What a column of a row holds.
pub fn column(name: &str, row: &Row) -> Value {
    fn or<T>(value: Option<T>, to: impl FnOnce(T) -> Value) -> Value {
        value.map_or(Value::Null, to)
    }
    match name {
        "int" => Value::Int(row.int),
        "int_or" => or(row.int_or, Value::Int),
        "short" => Value::Int(row.short.into()),
        "short_or" => or(row.short_or, |v| Value::Int(v.into())),
        "real" => Value::Real(row.real),
        "real_or" => or(row.real_or, Value::Real),
        "text" => Value::Text(row.text.clone()),
        "text_or" => or(row.text_or.clone(), Value::Text),
        "flag" => Value::Int(row.flag.into()),
        "flag_or" => or(row.flag_or, |v| Value::Int(v.into())),
        "day" => Value::Text(row.day.to_string()),
        "day_or" => or(row.day_or, |v| Value::Text(v.to_string())),
        "moment" => Value::Text(moment_text(row.moment)),
        "moment_or" => or(row.moment_or, |v| Value::Text(moment_text(v))),
        other => unreachable!("no column {other}"),
    }
}

pub fn value(tree: &Tree, row: &Row) -> Result<Value> {
    if tree.ty == Type::Condition {
        return Ok(Value::Int(holds(tree, row)?.into()));
    }
    match &tree.op {
        Column(name) => return Ok(column(name, row)),
        Literal(value) => return Ok(value.clone()),
        Case => return case(tree, row),
        _ => {}
    }
    // Every part is worth something, also one that does not decide: SQLite may ask it.
    let args = tree.args.iter().map(|arg| value(arg, row)).collect::<Result<Vec<_>>>()?;
    match (&tree.op, args.as_slice()) {
        (Coalesce, [a, b]) => return Ok(if *a == Value::Null { b.clone() } else { a.clone() }),
        (Nullif, [a, b]) => return Ok(nullif(a, b)),
        (Concat, [a, b, c]) => {
            let text = |value: &Value| if let Value::Text(text) = value { text.clone() } else { String::new() };
            return Ok(nullif(&Value::Text(text(a) + &text(b)), c));
        }
        (_, args) if args.contains(&Value::Null) => return Ok(Value::Null),
        _ => {}
    }
    Ok(match (&tree.op, args.as_slice()) {
        (Add | Sub | Mul | Div, [a, b]) => arithmetic(tree, a, b),
        (Abs, [Value::Int(value)]) => Value::Int(value.checked_abs().ok_or(Strange)?),
        (Abs, [value]) => Value::Real(value.real().abs()),
        (Round, [value]) => {
            let real = value.real();
            if real.abs() > 4e15 {
                return Err(Strange);
            }
            Value::Real((real.abs() + 0.5).floor().copysign(real))
        }
        (Greatest, [a, b]) => (if a.order(b) == Ordering::Less { b } else { a }).clone(),
        (Least, [a, b]) => (if a.order(b) == Ordering::Less { a } else { b }).clone(),
        (Cast, [value]) => cast(value, tree.ty)?,
        (Lower, [Value::Text(text)]) => Value::Text(text.to_ascii_lowercase()),
        (Upper, [Value::Text(text)]) => Value::Text(text.to_ascii_uppercase()),
        (Trim, [Value::Text(text)]) => Value::Text(text.trim_matches(' ').to_owned()),
        (Replace, [Value::Text(text), Value::Text(from), Value::Text(to)]) => {
            Value::Text(if from.is_empty() { text.clone() } else { text.replace(from.as_str(), to) })
        }
        (Substr(start, length), [Value::Text(text)]) => Value::Text(substr(text, *start, *length)),
        (Length, [Value::Text(text)]) => Value::Int(text.chars().count() as i64),
        (Year | Month | Day, [Value::Text(date)]) => {
            let date: Date = date[..10].parse().unwrap();
            Value::Int(match tree.op {
                Year => date.year().into(),
                Month => date.month().into(),
                _ => date.day().into(),
            })
        }
        _ => unreachable!("{tree:?}: {args:?}"),
    })
}

/// A condition, which is never NULL where it ends: `!`, `^`, filters and CASE take NULL for false, and `&` and `|`
/// cannot tell the two apart either.
pub fn holds(tree: &Tree, row: &Row) -> Result<bool> {
    let parts = |tree: &Tree| tree.args.iter().map(|arg| holds(arg, row)).collect::<Result<Vec<_>>>();
    match tree.op {
        And => return Ok(parts(tree)?.iter().all(|part| *part)),
        Or => return Ok(parts(tree)?.iter().any(|part| *part)),
        Xor => return Ok(parts(tree)?.iter().filter(|part| **part).count() == 1),
        Not => return Ok(!parts(tree)?[0]),
        _ => {}
    }
    let args = tree.args.iter().map(|arg| value(arg, row)).collect::<Result<Vec<_>>>()?;
    let is_literal_null = tree.args.get(1).is_some_and(|arg| arg.op == Literal(Value::Null));
    match (&tree.op, args.as_slice()) {
        (IsNull, [value]) => return Ok(*value == Value::Null),
        // A NULL that is written down is compared with IS.
        (Eq, [value, _]) if is_literal_null => return Ok(*value == Value::Null),
        (Ne, [value, _]) if is_literal_null => return Ok(*value != Value::Null),
        (In, [value, set @ ..]) => {
            return Ok(*value != Value::Null && set.iter().any(|one| value.order(one) == Ordering::Equal));
        }
        (_, args) if args.contains(&Value::Null) => return Ok(false),
        _ => {}
    }
    Ok(match (&tree.op, args.as_slice()) {
        (Eq, [a, b]) => a.order(b).is_eq(),
        (Ne, [a, b]) => a.order(b).is_ne(),
        (Lt, [a, b]) => a.order(b).is_lt(),
        (Le, [a, b]) => a.order(b).is_le(),
        (Gt, [a, b]) => a.order(b).is_gt(),
        (Ge, [a, b]) => a.order(b).is_ge(),
        (Between, [value, low, high]) => value.order(low).is_ge() && value.order(high).is_le(),
        (Holds, [value]) => *value != Value::Int(0),
        (Contains, [Value::Text(a), Value::Text(b)]) => a.contains(b.as_str()),
        (StartsWith, [Value::Text(a), Value::Text(b)]) => a.starts_with(b.as_str()),
        (EndsWith, [Value::Text(a), Value::Text(b)]) => a.ends_with(b.as_str()),
        (IExact, [Value::Text(a), Value::Text(b)]) => fold(a) == fold(b),
        (IContains, [Value::Text(a), Value::Text(b)]) => fold(a).contains(&fold(b)),
        (IStartsWith, [Value::Text(a), Value::Text(b)]) => fold(a).starts_with(&fold(b)),
        (IEndsWith, [Value::Text(a), Value::Text(b)]) => fold(a).ends_with(&fold(b)),
        _ => unreachable!("{tree:?}: {args:?}"),
    })
}

fn case(tree: &Tree, row: &Row) -> Result<Value> {
    let mut found = None;
    for arm in tree.args.chunks(2) {
        let (is_taken, worth) = match arm {
            [condition, worth] => (holds(condition, row)?, value(worth, row)?),
            [otherwise, ..] => (true, value(otherwise, row)?),
            [] => continue,
        };
        if is_taken {
            found.get_or_insert(worth);
        }
    }
    Ok(found.unwrap_or(Value::Null))
}

fn nullif(value: &Value, other: &Value) -> Value {
    if *other != Value::Null && value.order(other).is_eq() { Value::Null } else { value.clone() }
}

/// Integers stay integers as long as they fit; what is not a number, and a quotient by zero, is NULL.
fn arithmetic(tree: &Tree, a: &Value, b: &Value) -> Value {
    if let (Value::Int(a), Value::Int(b)) = (a, b) {
        let exact = match tree.op {
            Add => a.checked_add(*b),
            Sub => a.checked_sub(*b),
            Mul => a.checked_mul(*b),
            _ if *b == 0 => return Value::Null,
            _ => a.checked_div(*b),
        };
        if let Some(exact) = exact {
            return Value::Int(exact);
        }
    }
    let (a, b) = (a.real(), b.real());
    let real = match tree.op {
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        _ if b == 0.0 => return Value::Null,
        _ => a / b,
    };
    if real.is_nan() { Value::Null } else { Value::Real(real) }
}

fn cast(value: &Value, to: Type) -> Result<Value> {
    Ok(match (value, to) {
        (Value::Int(value), Type::Int) => Value::Int(*value),
        (Value::Real(value), Type::Int) => Value::Int(*value as i64),
        (Value::Text(text), Type::Int) => Value::Int(leading_int(text)),
        (Value::Text(text), Type::Real) => Value::Real(leading_real(text)?),
        (value, Type::Real) => Value::Real(value.real()),
        (Value::Int(value), _) => Value::Text(value.to_string()),
        (Value::Real(value), _) => Value::Text(real_text(*value)?),
        (value, _) => value.clone(),
    })
}

fn start(text: &str) -> (&str, usize) {
    let text = text.trim_start_matches(|c: char| c == ' ' || ('\t'..='\r').contains(&c));
    (text, usize::from(text.starts_with(['-', '+'])))
}

fn digits(text: &str, from: usize) -> usize {
    text[from..].bytes().take_while(u8::is_ascii_digit).count()
}

fn leading_int(text: &str) -> i64 {
    let (text, sign) = start(text);
    let end = sign + digits(text, sign);
    // Digits that do not fit make the greatest, or the least, there is.
    let clamped = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    if end == sign { 0 } else { text[..end].parse().unwrap_or(clamped) }
}

fn leading_real(text: &str) -> Result<f64> {
    let (text, sign) = start(text);
    let whole = digits(text, sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if text[end..].starts_with('.') {
        fraction = digits(text, end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return Ok(0.0);
    }
    // SQLite reads longer ones as near as it can.
    if whole + fraction > 15 {
        return Err(Strange);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['-', '+']));
        let exponent = digits(text, end + 1 + sign);
        if exponent > 2 {
            return Err(Strange);
        }
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    text[..end].parse().map_err(|_| Strange)
}

fn real_text(value: f64) -> Result<String> {
    let text = format!("{value:?}");
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if value == 0.0 && value.is_sign_negative() || digits > 15 || text.contains('e') || !value.is_finite() {
        return Err(Strange);
    }
    Ok(text)
}

/// Characters counted from 1, or from the end where the number is negative; a negative length counts backwards.
fn substr(text: &str, start: i64, length: i64) -> String {
    let chars = text.chars().count() as i64;
    let first = if start < 0 { chars + 1 + start } else { start };
    let range = if length < 0 { first + length..first } else { first..first + length };
    (1..).zip(text.chars()).filter(|(at, _)| range.contains(at)).map(|(_, letter)| letter).collect()
}

/// Without regard to case: the two small sigmas are one letter.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}
