//! What an index or another query would save.
//!
//! Comes in: the shapes with their counters and plans. Goes out: findings, each with the words to write. The columns are
//! taken from the text of the statement, which `sql` writes: `"table"."column" = ?1`. In a text of the user's nothing is
//! found, for nothing in it is known.

use std::collections::HashSet;

use super::Shape;
use crate::db::{Does, Finding, FindingKind, Log};
use crate::meta::{ColumnMeta, ModelMeta};
use crate::statement::{CreateIndex, Statement};
use crate::value::Bind;

/// How often one query runs from one line before it is taken for a loop.
const LOOP: usize = 10;
/// How many rows a table has to have before reading it from end to end is worth a word.
const LONG: u64 = 500;
/// How many instructions a statement has to run before its sorting is worth one.
const MANY_STEPS: u64 = 10_000;

/// What a finding advises, as something that can be tried.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    pub(super) sql: String,
    pub(super) binds: Vec<Bind<'static>>,
    /// The index to make; none for what is no matter of an index.
    pub(super) index: Option<Statement>,
    pub(super) name: String,
}

/// Adds what there is to say of the shapes, and says of each what it advises.
pub(super) fn find(shapes: &[Shape], log: &Log, findings: &mut Vec<Finding>) -> Vec<Advice> {
    let mut advice = Vec::new();
    in_loops(log, findings, &mut advice);
    for shape in shapes {
        if let Some((finding, advised)) = missing_index(shape) {
            findings.push(finding);
            advice.push(advised);
        }
    }
    advice
}

/// Queries that ran for one value after the other.
fn in_loops(log: &Log, findings: &mut Vec<Finding>, advice: &mut Vec<Advice>) {
    let mut seen = HashSet::new();
    let touched: Vec<_> = findings.iter().filter_map(|finding| finding.touch).collect();
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
        let Some(field) = statement.meta.and_then(|meta| only_column(&statement.sql, meta)) else { continue };
        if values.len() < LOOP {
            continue;
        }
        let name = field.relation.map_or(field.name, |relation| relation.name);
        let fix = if field.primary_key {
            "load them before the loop, all at once: `.in_bulk(&db, keys)`".to_owned()
        } else {
            let letter =
                statement.meta.map_or('x', |meta| meta.name.chars().next().unwrap_or('x').to_ascii_lowercase());
            format!("ask before the loop, for all values at once: `.filter(|{letter}| {letter}.{name}().in_(values))`")
        };
        findings.push(Finding {
            kind: FindingKind::InLoop,
            what: statement.sql.clone(),
            times,
            query: statement.location,
            touch: None,
            plan: None,
            gain: None,
            fix,
        });
        advice.push(Advice { sql: String::new(), binds: Vec::new(), index: None, name: String::new() });
    }
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

fn missing_index(shape: &Shape) -> Option<(Finding, Advice)> {
    let plan = shape.plan.as_deref()?;
    let root = shape.meta?;
    let counters = shape.counters;
    let runs = shape.times as u64;
    let (kind, table, columns) = if counters.automatic_index_rows > 0 {
        let step = plan.lines().find(|line| line.contains(" USING AUTOMATIC "))?;
        let table = Table::of(&shape.sql, word_after(step, "SEARCH ")?, root)?;
        let columns = between(step, "(", ")")?.split(" AND ").filter_map(|test| test.split(['=', '>', '<']).next());
        let columns = columns.map(|column| column.trim().to_owned()).collect();
        (FindingKind::AutomaticIndex, table, columns)
    } else if let Some(step) = scan(plan).filter(|_| counters.full_scan_steps / runs.max(1) >= LONG) {
        let table = Table::of(&shape.sql, word_after(step, "SCAN ")?, root)?;
        let columns = sought(&shape.sql, &table);
        let is_for_few = shape.rows.saturating_mul(5) < counters.full_scan_steps;
        if is_for_few && !columns.is_empty() {
            (FindingKind::FullScan, table, columns)
        } else {
            sorted(shape, plan, root)?
        }
    } else {
        sorted(shape, plan, root)?
    };
    let metas: Vec<&ColumnMeta> =
        columns.iter().filter_map(|column| table.meta.columns.iter().find(|known| known.column == *column)).collect();
    if metas.len() != columns.len() || metas.is_empty() {
        return None;
    }
    let model = table.meta.name;
    let names: Vec<&str> =
        metas.iter().map(|column| column.relation.map_or(column.name, |relation| relation.name)).collect();
    let name = format!("{}_{}_idx", table.meta.table, columns.join("_"));
    let index =
        Statement::CreateIndex(CreateIndex { name: name.clone(), table: table.meta.table, columns, unique: false });
    let fix = match names.as_slice() {
        [one] if metas.first().is_some_and(|column| column.relation.is_none()) => {
            format!("add `#[field(index)]` to `{model}.{one}`")
        }
        several => format!("add `index(fields = \"{}\")` to the `#[model(..)]` of `{model}`", several.join(", ")),
    };
    let fix = format!("{fix}: {}", crate::sql::compile(&index).text);
    let query = shape.lines.first()?.0;
    let finding = Finding {
        kind,
        what: model.to_owned(),
        times: shape.times,
        query,
        touch: None,
        plan: Some(plan.to_owned()),
        gain: None,
        fix,
    };
    Some((finding, Advice { sql: shape.sql.clone(), binds: shape.binds.clone(), index: Some(index), name }))
}

/// What an index would have had in order.
fn sorted<'s>(shape: &'s Shape, plan: &str, root: &'static ModelMeta) -> Option<(FindingKind, Table<'s>, Vec<String>)> {
    if shape.counters.sorts == 0 || shape.counters.vm_steps / (shape.times as u64).max(1) < MANY_STEPS {
        return None;
    }
    let order = outermost(&shape.sql, " ORDER BY ")?;
    let order = order.split(" LIMIT ").next()?;
    let mut directions = HashSet::new();
    let mut columns = Vec::new();
    for term in order.split(", ") {
        let (column, is_descending) = match term.strip_suffix(" DESC") {
            Some(column) => (column, true),
            None => (term.strip_suffix(" ASC").unwrap_or(term), false),
        };
        directions.insert(is_descending);
        let start = format!("\"{}\".\"", root.table);
        columns.push(column.strip_prefix(&start)?.strip_suffix('"')?.to_owned());
    }
    if directions.len() > 1 || !plan.contains("USE TEMP B-TREE FOR ") {
        return None;
    }
    let table = Table { alias: root.table, meta: root };
    // Rows of one value are in the order of the next column.
    let equal: Vec<String> = conditions_of(&shape.sql)
        .map(|conditions| columns_of(conditions, table.alias))
        .unwrap_or_default()
        .into_iter()
        .filter(|(column, test)| *test == Test::Equal && !columns.iter().any(|known| known == column))
        .map(|(column, _)| column.to_owned())
        .collect();
    // The key comes last in every index by itself.
    if columns.len() > 1 && columns.last().is_some_and(|column| *column == root.key_column()) {
        columns.pop();
    }
    let columns = equal.into_iter().chain(columns).collect();
    Some((FindingKind::Sort, table, columns))
}

/// A table of a statement.
struct Table<'s> {
    alias: &'s str,
    meta: &'static ModelMeta,
}

impl<'s> Table<'s> {
    fn of(sql: &'s str, alias: &str, root: &'static ModelMeta) -> Option<Self> {
        let meta = if alias == root.table {
            root
        } else {
            let behind = sql.split(&format!("\" AS \"{alias}\"")).next()?;
            let table = behind.rsplit('"').next()?;
            root.reachable().into_iter().find(|meta| meta.table == table || meta.table == alias)?
        };
        let at = sql.find(&format!("\"{alias}\""))?;
        Some(Table { alias: sql.get(at + 1..at + 1 + alias.len())?, meta })
    }
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equal,
    Range,
}

/// The columns of a table that a statement seeks: those that are equal to something, and one that is in a range.
fn sought(sql: &str, table: &Table<'_>) -> Vec<String> {
    let Some(conditions) = conditions_of(sql) else { return Vec::new() };
    // Of two alternatives neither is sought in one index.
    if conditions.contains(" OR ") {
        return Vec::new();
    }
    let columns = columns_of(conditions, table.alias);
    let of =
        |test: Test| columns.iter().filter(move |(_, known)| *known == test).map(|(column, _)| (*column).to_owned());
    let mut sought: Vec<String> = of(Test::Equal).collect();
    sought.extend(of(Test::Range).take(1));
    let mut seen = HashSet::new();
    sought.retain(|column| seen.insert(column.clone()));
    sought
}

/// What stands behind the first ON or WHERE, in the statement itself or in what it asks for inside.
fn conditions_of(sql: &str) -> Option<&str> {
    let start = [" ON ", " WHERE "].iter().filter_map(|word| sql.find(word)).min()?;
    let behind = sql.get(start..)?;
    let end = [" ORDER BY ", " GROUP BY ", " LIMIT "].iter().filter_map(|word| behind.find(word)).min();
    behind.get(..end.unwrap_or(behind.len()))
}

/// The columns of a table that are compared with something.
fn columns_of<'s>(conditions: &'s str, alias: &str) -> Vec<(&'s str, Test)> {
    const EQUAL: &[&str] = &[" = ", " IN ", " IS "];
    const RANGE: &[&str] = &[" >= ", " <= ", " > ", " < ", " BETWEEN "];
    let start = format!("\"{alias}\".\"");
    let mut columns = Vec::new();
    for (at, _) in conditions.match_indices(&start) {
        let Some((column, rest)) = conditions.get(at + start.len()..).and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        let begins = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
        if begins(EQUAL) && !rest.starts_with(" IS NOT ") {
            columns.push((column, Test::Equal));
        } else if begins(RANGE) {
            columns.push((column, Test::Range));
        }
    }
    columns
}

/// The first step of a plan that reads a table from end to end, without an index.
fn scan(plan: &str) -> Option<&str> {
    plan.lines().map(str::trim).find(|line| {
        line.starts_with("SCAN ")
            && !line.contains(" USING ")
            && !line.contains("VIRTUAL TABLE")
            && !line.contains("CONSTANT ROW")
    })
}

/// What stands behind a word at the end of the statement, outside of what it asks for inside.
fn outermost<'s>(sql: &'s str, word: &str) -> Option<&'s str> {
    let behind = sql.rsplit_once(word)?.1;
    let open = behind.matches('(').count();
    (open == behind.matches(')').count()).then_some(behind)
}

fn word_after<'s>(text: &'s str, word: &str) -> Option<&'s str> {
    text.split_once(word)?.1.split_whitespace().next()
}

fn between<'s>(text: &'s str, open: &str, close: &str) -> Option<&'s str> {
    Some(text.split_once(open)?.1.split_once(close)?.0)
}
