//! Queries that ran for one value after the other, and the one query that asks for all of them.
//!
//! Comes in: the log. Goes out: findings, each with the query to write instead: in bulk for rows by key, grouped for what is
//! counted or added up, by `in_` for everything else.

use std::collections::HashSet;

use super::advice::{Test, columns_of, conditions_of};
use crate::db::{Does, Finding, FindingKind, Log};
use crate::meta::{ColumnMeta, ModelMeta, RelationKind};
use crate::value::Bind;

/// How often one query runs from one line before it is taken for a loop.
const LOOP: usize = 10;

/// What was asked for one value after the other. `known` is what has been found already.
pub(super) fn find(log: &Log, known: &[Finding]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    let touched: Vec<_> = known.iter().filter_map(|finding| finding.touch).collect();
    for statement in log.statements().filter(|statement| statement.does == Does::Read) {
        if touched.contains(&statement.location) || !seen.insert((&statement.sql, statement.location)) {
            continue;
        }
        let runs = log.statements().filter(|other| other.location == statement.location && other.sql == statement.sql);
        let mut values: Vec<&[Bind<'_>]> = Vec::new();
        let mut times = 0;
        for run in runs {
            times += 1;
            if values.len() < LOOP && !values.contains(&&*run.binds) {
                values.push(&run.binds);
            }
        }
        let Some(meta) = statement.meta else { continue };
        let Some(column) = only_column(&statement.sql, meta).filter(|_| values.len() >= LOOP) else { continue };
        findings.push(Finding {
            kind: FindingKind::InLoop,
            what: statement.sql.clone(),
            times,
            query: statement.location,
            touch: None,
            plan: None,
            gain: None,
            fix: instead(&statement.sql, meta, column),
        });
    }
    findings
}

/// The column of a query whose one condition is that a column has a value.
fn only_column(sql: &str, meta: &'static ModelMeta) -> Option<&'static ColumnMeta> {
    let conditions = conditions_of(sql)?;
    let mut columns = columns_of(conditions, meta.table).into_iter();
    match (columns.next(), columns.next()) {
        (Some((column, Test::Equal)), None) if conditions.contains(" = ?") => {
            meta.columns.iter().find(|known| known.column == column)
        }
        _ => None,
    }
}

/// What to write instead of a query that asks for one value of a column.
fn instead(sql: &str, meta: &'static ModelMeta, column: &'static ColumnMeta) -> String {
    let selected = sql.split_once(" FROM ").and_then(|(head, _)| head.split_once(' ')).map_or("", |(_, list)| list);
    let (letter, name) = (letter(meta), field(column));
    let all = format!(".filter(|{letter}| {letter}.{name}().in_(values))");
    let groups = format!("{all}.values_list(|{letter}| {letter}.{name}())");
    let query = if selected == "count(*)" {
        if let Some((model, relation)) = other_side(meta, column) {
            let letter = self::letter(model);
            return format!(
                "count them beside each `{}`: `.annotate(|{letter}| {letter}.{relation}().count())`",
                model.name
            );
        }
        let key = meta.key_columns().next().map_or("id", field);
        format!("{groups}.annotate(|{letter}| {letter}.{key}().count())")
    } else if selected == "1" {
        format!("{groups}.distinct()")
    } else if let Some(aggregates) = aggregates(selected, meta) {
        format!("{groups}.annotate(|{letter}| {aggregates})")
    } else if column.primary_key && !meta.is_composite() && selects_rows(selected, meta) {
        return "load them before the loop, all at once: `.in_bulk(&db, keys)`".to_owned();
    } else {
        all
    };
    format!("ask before the loop, for all values at once: `{query}`")
}

/// The model that a foreign key leads to, and its relation that leads back.
fn other_side(meta: &'static ModelMeta, column: &ColumnMeta) -> Option<(&'static ModelMeta, &'static str)> {
    let key = column.relation?;
    let model = key.target();
    let back = model.relations.iter().find(|relation| {
        matches!(relation.kind, RelationKind::HasMany { via } if via == key.name)
            && std::ptr::eq(relation.target(), meta)
    })?;
    Some((model, back.name))
}

/// Whether whole rows are asked for: their columns, from the first to the last that is not deferred.
fn selects_rows(selected: &str, meta: &ModelMeta) -> bool {
    let mut columns = meta.columns.iter().filter(|column| column.deferred.is_none());
    columns.all(|column| selected.contains(&format!("\"{}\".\"{}\"", meta.table, column.column)))
}

/// Aggregates of columns as they are written: `b.pages().sum()`, in brackets if there are several.
fn aggregates(selected: &str, meta: &'static ModelMeta) -> Option<String> {
    const FUNCTIONS: &[&str] = &["avg", "count", "max", "min", "sum", "total"];
    let start = format!("(\"{}\".\"", meta.table);
    let written = |term: &str| {
        let (function, rest) = term.split_once(&start)?;
        let column = rest.strip_suffix("\")")?;
        let column = meta.columns.iter().find(|known| known.column == column)?;
        FUNCTIONS.contains(&function).then(|| format!("{}.{}().{function}()", letter(meta), field(column)))
    };
    let terms: Vec<String> = selected.split(", ").map(written).collect::<Option<_>>()?;
    Some(if terms.len() == 1 { terms.concat() } else { format!("({})", terms.join(", ")) })
}

/// What the field of a column is called.
fn field(column: &ColumnMeta) -> &'static str {
    column.relation.map_or(column.name, |relation| relation.name)
}

/// What a row of a model is called in a closure.
fn letter(meta: &ModelMeta) -> char {
    meta.name.chars().next().map_or('x', |letter| letter.to_ascii_lowercase())
}
