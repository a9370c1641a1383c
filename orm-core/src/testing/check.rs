//! What can be known to fail before a row goes in.

use std::collections::{HashMap, HashSet};

use super::apart::{unique_sets, values};
use super::order::wrong;
use super::plan::{Links, Table};
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
    unique_sets(meta).iter().try_for_each(|columns| differ(table, columns))?;
    Ok(())
}

/// No two rows have the same values in these columns. (A NULL is like no other.)
fn differ(table: &Table, columns: &[usize]) -> Result<()> {
    let meta = table.meta;
    let mut seen = HashMap::with_capacity(table.rows.len());
    for (number, row) in table.rows.iter().enumerate() {
        let Some(values) = values(row, columns) else { continue };
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

/// No row is linked with another twice.
pub(super) fn check_links(links: &Links) -> Result<()> {
    let mut seen = HashSet::with_capacity(links.pairs.len());
    for (from, to) in &links.pairs {
        if !seen.insert(values(&[from.clone(), to.clone()], &[0, 1])) {
            return Err(wrong(links.meta, links.field, "it is given the same row twice"));
        }
    }
    Ok(())
}
