//! Queries that ran for one value after the other, and the one query that asks for all of them.
//!
//! Comes in: the log. Goes out: findings, each with the query to write instead: in bulk for rows by key, grouped for what is
//! counted or added up, by `in_` for everything else.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::advice::{Test, columns_of, conditions_of};
use crate::db::{Does, Finding, FindingKind, Log, Statement, written};
use crate::meta::{ColumnMeta, ModelMeta, RelationKind};
use crate::value::Bind;

/// How often one query runs from one line before it is taken for a loop.
const LOOP: usize = 10;

/// The runs of one query from one line, on one thread.
struct Runs<'l> {
    first: &'l Statement,
    column: &'static ColumnMeta,
    /// The number of the bind that the column is compared with.
    bind: usize,
    times: usize,
    /// The values that it was asked for, as many as make a loop.
    values: Vec<&'l Bind<'static>>,
}

/// What was asked for one value after the other. `known` is what has been found already.
pub(super) fn find(log: &Log, known: &[Finding]) -> Vec<Finding> {
    let touched: HashSet<_> = known.iter().filter_map(|finding| finding.touch).collect();
    // Where a line writes too, what it reads is part of that.
    let writes: HashSet<_> = log
        .statements()
        .filter(|statement| statement.does == Does::Write)
        .map(|statement| statement.location)
        .collect();
    let mut places = HashMap::new();
    let mut found: Vec<Option<Runs<'_>>> = Vec::new();
    for statement in log.statements().filter(|statement| statement.does == Does::Read) {
        if touched.contains(statement.location) || writes.contains(statement.location) {
            continue;
        }
        let place = *places.entry((&statement.sql, statement.location, statement.thread)).or_insert_with(|| {
            found.push(Runs::begin(statement));
            found.len() - 1
        });
        if let Some(Some(runs)) = found.get_mut(place) {
            runs.add(statement);
        }
    }
    let loops = found.into_iter().flatten().filter(|runs| runs.values.len() >= LOOP);
    loops
        .map(|runs| Finding {
            kind: FindingKind::InLoop,
            what: runs.first.sql.clone(),
            times: runs.times,
            query: runs.first.location,
            touch: None,
            plan: None,
            gain: None,
            fix: runs.instead(),
        })
        .collect()
}

impl<'l> Runs<'l> {
    /// A query whose one condition is that a column has a value.
    fn begin(first: &'l Statement) -> Option<Self> {
        let meta = first.meta?;
        let conditions = conditions_of(&first.sql)?;
        let mut columns = columns_of(conditions, meta.table).into_iter();
        let (Some((column, Test::Equal)), None) = (columns.next(), columns.next()) else { return None };
        let (_, behind) = conditions.split_once(&format!("\"{}\".\"{column}\" = ?", meta.table))?;
        let digits = behind.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(behind.len());
        let bind = behind.get(..digits)?.parse::<usize>().ok()?.checked_sub(1)?;
        let column = meta.columns.iter().find(|known| known.column == column)?;
        Some(Runs { first, column, bind, times: 0, values: Vec::new() })
    }

    fn add(&mut self, run: &'l Statement) {
        self.times += 1;
        if let Some(value) = run.binds.get(self.bind)
            && self.values.len() < LOOP
            && !self.values.contains(&value)
        {
            self.values.push(value);
        }
    }

    /// What to write instead.
    fn instead(&self) -> String {
        let Some(meta) = self.first.meta else { return String::new() };
        let number =
            self.first.sql.rsplit_once(" LIMIT ?").and_then(|(_, rest)| rest.split(' ').next()?.parse::<usize>().ok());
        let limit = match number.and_then(|number| self.first.binds.get(number.checked_sub(1)?)) {
            Some(Bind::Integer(limit)) => Some(*limit),
            _ => None,
        };
        instead(&self.first.sql, meta, self.column, limit)
    }
}

/// What to write instead of a query that asks for one value of a column.
fn instead(sql: &str, meta: &'static ModelMeta, column: &'static ColumnMeta, limit: Option<i64>) -> String {
    let selected = sql.split_once(" FROM ").and_then(|(head, _)| head.split_once(' ')).map_or("", |(_, list)| list);
    let (letter, name) = (letter(meta), field(column));
    let all = format!(".filter(|{letter}| {letter}.{name}().in_(values))");
    let groups = format!("{all}.values_list(|{letter}| {letter}.{name}())");
    let query = if selected == "count(*)" {
        if let Some((model, relation)) = other_side(meta, column) {
            let letter = self::letter(model);
            return format!(
                "count them beside each `{}`: `.annotate(|{letter}| {letter}.{}().count())`",
                model.name,
                written(relation)
            );
        }
        let key = meta.key_columns().next().map_or("id".into(), field);
        format!("{groups}.annotate(|{letter}| {letter}.{key}().count())")
    } else if selected == "1" {
        format!("{groups}.distinct()")
    } else if let Some(aggregates) = aggregates(selected, meta) {
        format!("{groups}.annotate(|{letter}| {aggregates})")
    } else if column.primary_key && !meta.is_composite() && selects_rows(selected, meta) {
        return "load them before the loop, all at once: `.in_bulk(&db, keys)`".to_owned();
    } else if let Some(limit) = limit.filter(|_| !column.unique && !column.primary_key) {
        return format!(
            "ask before the loop, for all values at once: `{all}`, and keep the first {limit} of each value; or ask for them \
             beside the rows that have the values, by a `Prefetched` slot with a limit"
        );
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
fn field(column: &ColumnMeta) -> Cow<'static, str> {
    written(column.relation.map_or(column.name, |relation| relation.name))
}

/// What a row of a model is called in a closure.
fn letter(meta: &ModelMeta) -> char {
    meta.name.chars().next().map_or('x', |letter| letter.to_ascii_lowercase())
}
