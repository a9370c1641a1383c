//! What an index would save.
//!
//! Comes in: the shapes with their counters and plans. Goes out: findings, each with the words to write. The columns are
//! taken from the text of the statement, which `sql` writes: `"table"."column" = ?1`. In a text of the user's nothing is
//! found, for nothing in it is known.

use std::collections::HashSet;
use std::fmt::Write;

use super::Shape;
use crate::db::{Database, Finding, FindingKind, TableIndex};
use crate::meta::{ColumnMeta, ModelMeta};
use crate::statement::{CreateIndex, Statement};
use crate::value::Bind;

/// How many rows a table has to have before reading it from end to end is worth a word.
const LONG: u64 = 500;
/// How many instructions a statement has to run before its sorting is worth one.
const MANY_STEPS: u64 = 10_000;

/// An index that a finding advises, as something that can be tried.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    pub(super) sql: String,
    pub(super) binds: Vec<Bind<'static>>,
    pub(super) index: CreateIndex,
    /// What this index serves too, with an index that would do for that alone.
    pub(super) absorbed: Vec<(Finding, Advice)>,
}

impl Advice {
    /// Whether the index of this advice serves what that of the other does.
    fn covers(&self, other: &Advice) -> bool {
        self.index.table == other.index.table && self.index.columns.starts_with(&other.index.columns)
    }
}

/// The indexes that the shapes lack. Of two that begin alike it is the longer one, and one that is there is none.
pub(super) fn find(database: &Database, shapes: &[Shape]) -> Vec<(Finding, Advice)> {
    let mut advised: Vec<(Finding, Advice)> = Vec::new();
    for shape in shapes {
        let mut lacks = missing_indexes(shape).into_iter().filter(|(_, advice)| {
            let there = database.indexes_of(advice.index.table);
            !there.iter().any(|index| index.columns.starts_with(&advice.index.columns))
        });
        let Some((mut finding, mut advice)) = lacks.next() else { continue };
        // Where the first gains nothing, the next is tried.
        advice.absorbed.extend(lacks);
        let there = database.indexes_of(advice.index.table);
        if let Some((known, by)) = advised.iter_mut().find(|(_, known)| known.covers(&advice)) {
            known.times += finding.times;
            by.absorbed.push((finding, advice));
            continue;
        }
        let stands_in = |index: &&TableIndex| !index.is_unique && advice.index.columns.starts_with(&index.columns);
        if let Some(shorter) = there.iter().find(stands_in) {
            let _ = write!(finding.fix, "; it serves what \"{}\" does, which can go", shorter.name);
        }
        // The first place of those it takes in is its own: they are in the order of what they cost.
        let at = advised.iter().position(|(_, known)| advice.covers(known)).unwrap_or(advised.len());
        let absorbed: Vec<_> = advised.extract_if(at.., |(_, known)| advice.covers(known)).collect();
        finding.times += absorbed.iter().map(|(finding, _)| finding.times).sum::<usize>();
        advice.absorbed.extend(absorbed);
        advised.insert(at, (finding, advice));
    }
    advised
}

/// The indexes that a shape lacks, the likeliest first.
fn missing_indexes(shape: &Shape) -> Vec<(Finding, Advice)> {
    let (Some(plan), Some(root)) = (shape.plan.as_deref(), shape.meta) else { return Vec::new() };
    let wanted = [automatic(shape, plan, root), scanned(shape, plan, root), sorted(shape, plan, root)];
    wanted.into_iter().flatten().filter_map(|wanted| advice(shape, plan, wanted)).collect()
}

/// An index to be made: why, of which table, of which columns.
type Wanted<'s> = (FindingKind, Table<'s>, Vec<String>);

/// What SQLite made an index for by itself.
fn automatic<'s>(shape: &'s Shape, plan: &str, root: &'static ModelMeta) -> Option<Wanted<'s>> {
    if shape.counters.automatic_index_rows == 0 {
        return None;
    }
    let step = plan.lines().find(|line| line.contains(" USING AUTOMATIC "))?;
    let table = Table::of(&shape.sql, word_after(step, "SEARCH ")?, root)?;
    let columns = between(step, "(", ")")?.split(" AND ").filter_map(|test| test.split(['=', '>', '<']).next());
    Some((FindingKind::AutomaticIndex, table, columns.map(|column| column.trim().to_owned()).collect()))
}

/// What was read from end to end for a few of its rows.
fn scanned<'s>(shape: &'s Shape, plan: &str, root: &'static ModelMeta) -> Option<Wanted<'s>> {
    let counters = shape.counters;
    let step = scan(plan)?;
    if counters.automatic_index_rows > 0 || counters.full_scan_steps / (shape.times as u64).max(1) < LONG {
        return None;
    }
    let table = Table::of(&shape.sql, word_after(step, "SCAN ")?, root)?;
    // How many rows were put together in one is not known. Where one value was wanted it is taken for few.
    let columns = sought(&shape.sql, &table, is_aggregate(&shape.sql));
    let is_for_few = shape.rows.saturating_mul(5) < counters.full_scan_steps;
    (is_for_few && !columns.is_empty()).then_some((FindingKind::FullScan, table, columns))
}

/// Whether the rows of a statement are not those that it has read.
fn is_aggregate(sql: &str) -> bool {
    const FUNCTIONS: &[&str] = &["count(", "sum(", "total(", "avg(", "min(", "max(", "group_concat("];
    let selected = sql.split_once(" FROM ").map_or("", |(head, _)| head);
    sql.contains(" GROUP BY ")
        || selected.contains(" DISTINCT ")
        || FUNCTIONS.iter().any(|function| selected.contains(&format!(" {function}")))
}

/// A finding that says what to write for an index, and the index.
fn advice(shape: &Shape, plan: &str, (kind, table, columns): Wanted<'_>) -> Option<(Finding, Advice)> {
    let metas: Vec<&ColumnMeta> =
        columns.iter().filter_map(|column| table.meta.columns.iter().find(|known| known.column == *column)).collect();
    if metas.len() != columns.len() || metas.is_empty() {
        return None;
    }
    let model = table.meta.name;
    let names: Vec<&str> =
        metas.iter().map(|column| column.relation.map_or(column.name, |relation| relation.name)).collect();
    let name = format!("{}_{}_idx", table.meta.table, columns.join("_"));
    let index = CreateIndex { name, table: table.meta.table, columns, unique: false };
    let fix = match names.as_slice() {
        [one] if metas.first().is_some_and(|column| column.relation.is_none()) => {
            format!("add `#[field(index)]` to `{model}.{one}`")
        }
        several => format!("add `index(fields = \"{}\")` to the `#[model(..)]` of `{model}`", several.join(", ")),
    };
    let fix = format!("{fix}: {}", crate::sql::compile(&Statement::CreateIndex(index.clone())).text);
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
    Some((finding, Advice { sql: shape.sql.clone(), binds: shape.binds.clone(), index, absorbed: Vec::new() }))
}

/// What an index would have had in order.
fn sorted<'s>(shape: &'s Shape, plan: &str, root: &'static ModelMeta) -> Option<Wanted<'s>> {
    let counters = shape.counters;
    if counters.sorts == 0 || counters.vm_steps / (shape.times as u64).max(1) < MANY_STEPS {
        return None;
    }
    // Where all rows of a table are wanted, looking each of them up in the order of an index takes as long as sorting them.
    if counters.full_scan_steps > 0 && shape.rows.saturating_mul(5) > counters.full_scan_steps {
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
pub(super) enum Test {
    Equal,
    Range,
}

/// The columns of a table that a statement seeks: those that are equal to something, and one that is in a range, if that
/// is enough.
fn sought(sql: &str, table: &Table<'_>, equal_only: bool) -> Vec<String> {
    let Some(conditions) = conditions_of(sql) else { return Vec::new() };
    // Of two alternatives neither is sought in one index.
    if conditions.contains(" OR ") {
        return Vec::new();
    }
    let columns = columns_of(&without_negations(conditions), table.alias)
        .into_iter()
        .map(|(column, test)| (column.to_owned(), test))
        .collect::<Vec<_>>();
    let of = |test: Test| columns.iter().filter(move |(_, known)| *known == test).map(|(column, _)| column.clone());
    let mut sought: Vec<String> = of(Test::Equal).collect();
    if !(equal_only && sought.is_empty()) {
        sought.extend(of(Test::Range).take(1));
    }
    let mut seen = HashSet::new();
    sought.retain(|column| seen.insert(column.clone()));
    sought
}

/// Conditions without those that are negated: what a row must not be, no index finds.
fn without_negations(conditions: &str) -> String {
    let mut kept = String::with_capacity(conditions.len());
    let mut open = Vec::new();
    for (at, letter) in conditions.char_indices() {
        if letter == '(' {
            open.push(kept.len());
        }
        kept.push(letter);
        if letter == ')'
            && let Some(start) = open.pop()
            && (conditions.get(at + 1..).is_some_and(|behind| behind.starts_with(" IS NOT TRUE"))
                || kept.get(..start).is_some_and(|before| before.ends_with("NOT EXISTS ")))
        {
            kept.truncate(start);
        }
    }
    kept
}

/// What stands behind the first ON or WHERE, in the statement itself or in what it asks for inside.
pub(super) fn conditions_of(sql: &str) -> Option<&str> {
    let start = [" ON ", " WHERE "].iter().filter_map(|word| sql.find(word)).min()?;
    let behind = sql.get(start..)?;
    let end = [" ORDER BY ", " GROUP BY ", " LIMIT "].iter().filter_map(|word| behind.find(word)).min();
    behind.get(..end.unwrap_or(behind.len()))
}

/// The columns of a table that are compared with something.
pub(super) fn columns_of<'s>(conditions: &'s str, alias: &str) -> Vec<(&'s str, Test)> {
    const EQUAL: &[&str] = &[" = ", " IN ", " IS "];
    const RANGE: &[&str] = &[" >= ", " <= ", " > ", " < ", " BETWEEN "];
    let start = format!("\"{alias}\".\"");
    let mut columns = Vec::new();
    for (at, _) in conditions.match_indices(&start) {
        let Some((column, rest)) = conditions.get(at + start.len()..).and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        // What is equal to another column is no value to look for.
        let begins = |words: &[&str]| {
            let behind = words.iter().find_map(|word| rest.strip_prefix(word));
            behind.is_some_and(|behind| !behind.starts_with('"'))
        };
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
