//! What can be known to fail before a row goes in.

use std::collections::HashMap;

use super::apart::groups;
use super::order::wrong;
use super::tables::Table;
use crate::db::storable_in;
use crate::error::{Error, Result};
use crate::model::Rules;
use crate::value::Bind;

/// Checks all rows of a table: values that do not fit, NULLs that may not be, and values that have to differ.
pub(super) fn check(table: &Table) -> Result<()> {
    let meta = table.meta;
    let mut rules = Rules::default();
    for (number, row) in table.rows.iter().enumerate() {
        rules.in_row(number).lengths(meta, &|column| row.get(column).cloned());
        for (column, bind) in meta.columns.iter().zip(row) {
            storable_in(meta, bind, || column.name.to_owned())?;
            let counted = column.primary_key && meta.auto_key;
            if !column.nullable && !counted && !column.is_computed() && *bind == Bind::Null {
                return Err(Error::NotNull { model: meta.name, field: column.name.to_owned() });
            }
        }
    }
    rules.finish_of(meta)?;
    for columns in groups(meta) {
        differ(table, &columns)?;
    }
    Ok(())
}

/// No two rows have the same values in these columns. (A NULL is like no other.)
fn differ(table: &Table, columns: &[usize]) -> Result<()> {
    let meta = table.meta;
    let mut seen = HashMap::with_capacity(table.rows.len());
    for (number, row) in table.rows.iter().enumerate() {
        let Some(values) = together(columns, row) else { continue };
        if let Some(other) = seen.insert(values, number) {
            let named = columns.iter().filter_map(|column| meta.columns.get(*column));
            let fields: Vec<&str> = named.map(|column| column.name).collect();
            let binds: Vec<String> =
                columns.iter().filter_map(|column| row.get(*column)).map(ToString::to_string).collect();
            let what = format!(
                "it is unique, and rows {} and {} of {} would both have {}",
                other + 1,
                number + 1,
                table.rows.len(),
                binds.join(", ")
            );
            return Err(wrong(meta, fields.join(", "), what));
        }
    }
    Ok(())
}

/// What a row has in some columns, as bytes: the same for the same values. None where one of them is NULL, which differs from
/// every other NULL.
pub(super) fn together(columns: &[usize], row: &[Bind<'static>]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for bind in columns.iter().filter_map(|column| row.get(*column)) {
        match bind {
            Bind::Null => return None,
            bind => write(bind, &mut bytes),
        }
    }
    Some(bytes)
}

/// A value as bytes that no other value has.
fn write(bind: &Bind<'_>, bytes: &mut Vec<u8>) {
    match bind {
        Bind::Integer(value) => {
            bytes.push(1);
            bytes.extend(value.to_be_bytes());
        }
        Bind::Real(value) => {
            // Zero and its negative are the same number.
            let value = if *value == 0.0 { 0.0 } else { *value };
            bytes.push(2);
            bytes.extend(value.to_bits().to_be_bytes());
        }
        Bind::Text(text) => {
            bytes.push(3);
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        Bind::Blob(blob) => {
            bytes.push(4);
            bytes.extend((blob.len() as u64).to_be_bytes());
            bytes.extend(blob.iter());
        }
        Bind::Null | Bind::Array(_) | Bind::Refused(_) => bytes.push(0),
    }
}
