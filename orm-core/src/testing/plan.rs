//! From an order to rows: what each field of each row is, with every key known before anything is inserted.
//!
//! The database is only asked how far a table has counted, and whether it has what has to differ.

use std::collections::HashSet;

use super::apart::{Apart, Row, Source, Stored, parent_number, unique_sets};
use super::make::Maker;
use super::order::{Given, Order, wrong};
use super::relatives::Relatives;
use crate::error::{Error, Result};
use crate::meta::{ModelMeta, RelationKind, RelationMeta, Through};
use crate::value::{Bind, Datum, Now};

/// The seed of a bake that names none.
const SEED: u64 = 0x00EA_6E50;

/// The most rows of a table that one order makes: they are all in memory at once.
const MOST: usize = 10_000_000;

/// Rows of one table, in the order in which they are to be inserted.
pub(super) struct Table {
    pub(super) meta: &'static ModelMeta,
    pub(super) rows: Vec<Row>,
    /// How far the table had counted before, and whether it has rows.
    start: u64,
    has_rows: bool,
    /// The last key that was counted up, or given.
    last_key: i64,
}

/// Rows of a table that was made for a many-to-many relation.
pub(super) struct Links {
    pub(super) meta: &'static ModelMeta,
    pub(super) field: &'static str,
    pub(super) through: Through,
    pub(super) pairs: Vec<(Bind<'static>, Bind<'static>)>,
}

/// Everything that is to be inserted.
pub(super) struct Plan<'a> {
    pub(super) tables: Vec<Table>,
    pub(super) links: Vec<Links>,
    stored: &'a mut dyn Stored,
    /// Whether the rows are to be saved: then they have keys, and others can come with them.
    saved: bool,
    now: Now,
    /// The greatest keys that are given in place of counted ones.
    given_keys: Vec<(&'static ModelMeta, i64)>,
    /// The models on the way to a row that something required.
    pub(super) required: Vec<&'static ModelMeta>,
}

/// No database.
struct Nowhere;

impl Stored for Nowhere {
    fn counted(&mut self, _: &'static ModelMeta) -> Result<Option<i64>> {
        Ok(None)
    }

    fn values(
        &mut self,
        _: &'static ModelMeta,
        _: &[usize],
        _: Vec<(usize, Vec<Bind<'static>>)>,
    ) -> Result<HashSet<Vec<u8>>> {
        Ok(HashSet::new())
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(stored: &'a mut dyn Stored) -> Self {
        let now = Now::read();
        let (tables, links, given_keys, required) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Plan { tables, links, stored, saved: true, now, given_keys, required }
    }

    /// The rows of one order alone, which are not saved.
    pub(super) fn unsaved(order: &Order) -> Result<Table> {
        let mut nowhere = Nowhere;
        let mut plan = Plan { saved: false, ..Plan::new(&mut nowhere) };
        plan.make(order)?;
        let none = Table { meta: order.meta, rows: Vec::new(), start: 0, has_rows: false, last_key: 0 };
        Ok(plan.tables.pop().unwrap_or(none))
    }

    /// What comes with rows has to be saved with them.
    pub(super) fn comes_with(&self, meta: &'static ModelMeta, field: &'static str) -> Result<()> {
        if self.saved {
            return Ok(());
        }
        Err(wrong(
            meta,
            field,
            "`prepare` saves nothing, so no row comes with it: give a foreign key the row it points at",
        ))
    }

    /// Plans what was ordered; the keys of its rows.
    pub(super) fn make(&mut self, order: &Order) -> Result<Vec<Bind<'static>>> {
        self.find_keys(order, order.quantity);
        self.rows(order, order.quantity, Vec::new(), order.seed.unwrap_or(SEED))
    }

    /// Finds the keys that are given: those that are counted come after them.
    fn find_keys(&mut self, order: &Order, count: usize) {
        let meta = order.meta;
        let integer = |bind: &Bind<'_>| if let Bind::Integer(key) = bind { Some(*key) } else { None };
        let last = match order.given(meta.key).filter(|_| meta.auto_key) {
            Some(Given::Constant(bind)) => integer(bind),
            Some(Given::By(f)) => (0..count.min(MOST)).filter_map(|number| integer(&f(number))).max(),
            None => None,
        };
        self.given_keys.extend(last.map(|last| (meta, last)));
        for (relation, relatives) in &order.relatives {
            if let Relatives::Baked(order) = relatives {
                let is_owned = matches!(relation.kind, RelationKind::HasMany { .. } | RelationKind::HasOne { .. });
                let owners = if is_owned || order.each { count } else { 1 };
                self.find_keys(order, owners.saturating_mul(order.quantity));
            }
        }
    }

    /// Plans so many rows; some columns are known, with a value for each row.
    pub(super) fn rows(
        &mut self,
        order: &Order,
        count: usize,
        known: Vec<(usize, Vec<Bind<'static>>)>,
        seed: u64,
    ) -> Result<Vec<Bind<'static>>> {
        order.checked()?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let meta = order.meta;
        let seed = order.seed.unwrap_or(seed);
        let mut sources = self.sources(order, within(meta, count)?, known, seed)?;
        let place = self.table(meta)?;
        let mut rows = self.apart(place, &sources, count)?;
        let before = self.planned(place);
        let parents = self.parents(meta, &mut sources, &rows, seed)?;
        if self.planned(place) > before {
            // Parents of the same table are to be kept apart from these, too.
            rows = self.apart(place, &sources, count)?;
        }
        let mut keys = Vec::with_capacity(count);
        for (number, mut row) in rows.into_iter().enumerate() {
            for column in &parents {
                if let (Some(value), Some(source)) = (row.get_mut(*column), sources.get(*column)) {
                    *value = source.fixed(number).cloned().unwrap_or(Bind::Null);
                }
            }
            let Some(table) = self.tables.get_mut(place) else { break };
            if let Some(key) = row.get_mut(meta.key)
                && matches!(sources.get(meta.key), Some(Source::Counted))
                && self.saved
            {
                *key = counted(table)?;
            }
            keys.extend(row.get(meta.key).cloned());
            table.rows.push(row);
        }
        for relation in meta.relations {
            if let Some(relatives) = order.relatives(relation)
                && !matches!(relation.kind, RelationKind::ForeignKey { .. })
            {
                self.children(meta, relation, relatives, &keys, seed)?;
            }
        }
        Ok(keys)
    }

    /// The place of a model's table among the tables.
    fn table(&mut self, meta: &'static ModelMeta) -> Result<usize> {
        if let Some(place) = self.tables.iter().position(|table| std::ptr::eq(table.meta, meta)) {
            return Ok(place);
        }
        let counted = self.stored.counted(meta)?;
        let start = counted.unwrap_or(0).max(0);
        let given = self.given_keys.iter().filter(|(of, _)| std::ptr::eq(*of, meta)).map(|(_, key)| *key);
        self.tables.push(Table {
            meta,
            rows: Vec::new(),
            start: start.cast_unsigned(),
            has_rows: counted.is_some(),
            last_key: given.fold(start, i64::max),
        });
        Ok(self.tables.len() - 1)
    }

    fn planned(&self, place: usize) -> usize {
        self.tables.get(place).map_or(0, |table| table.rows.len())
    }

    /// The rows, kept apart from each other, from those that are planned, and from those that the database has.
    fn apart(&mut self, place: usize, sources: &[Source<'_>], count: usize) -> Result<Vec<Row>> {
        let Some(table) = self.tables.get(place) else { return Ok(Vec::new()) };
        let mut apart = Apart::new(table.meta, sources, &table.rows);
        loop {
            let rows = apart.rows(table.start.saturating_add(table.rows.len() as u64), count)?;
            if !table.has_rows || !apart.collide(&rows, self.stored)? {
                return Ok(rows);
            }
        }
    }

    /// Where the values of each column come from. The rows that foreign keys need are planned on the way, but for those of
    /// which it is yet to be seen how many it takes.
    fn sources<'o>(
        &mut self,
        order: &'o Order,
        count: usize,
        mut known: Vec<(usize, Vec<Bind<'static>>)>,
        seed: u64,
    ) -> Result<Vec<Source<'o>>> {
        let (meta, now) = (order.meta, self.now);
        let sets = unique_sets(meta);
        let fixed = |binds, fresh| Source::Fixed { binds, fresh };
        let mut sources = Vec::with_capacity(meta.columns.len());
        for (number, column) in meta.columns.iter().enumerate() {
            let known = known.iter().position(|(of, _)| *of == number).map(|at| known.swap_remove(at).1);
            let relatives = column.relation.and_then(|relation| order.relatives(relation));
            let optional = order.fills(column.name);
            let is_apart = sets.iter().any(|set| set.contains(&number));
            let default = || (meta.defaults)(number, &now);
            sources.push(if let Some(known) = known {
                fixed(known, true)
            } else if let Some(given) = order.given(number) {
                fixed(given.values(meta, column, count)?, false)
            } else if let Some(Relatives::Rows(rows)) = relatives {
                fixed(rows.to_vec(), false)
            } else if let Some(Relatives::Baked(parents)) = relatives {
                // Of one that is not one for each there may have to be more, to keep rows apart.
                match is_apart && parents.quantity == 1 && !parents.each {
                    true => Source::Baked(parents),
                    false => fixed(self.baked_parents(meta, column.name, parents, count, 1, seed)?, true),
                }
            } else if number == meta.key && meta.auto_key {
                Source::Counted
            } else if !optional && let Some(first) = default() {
                let others = (1..count).map(|_| default().unwrap_or(Bind::Null));
                fixed(std::iter::once(first).chain(others).collect(), false)
            } else if column.nullable && !optional {
                fixed(vec![Bind::Null], false)
            } else if let Some(relation) = column.relation {
                match is_apart {
                    true => Source::Parent(relation),
                    false => fixed(self.required_parents(meta, relation, column.nullable, 1, seed)?, true),
                }
            } else {
                Source::Made(Maker::new(meta, column, seed, is_apart)?)
            });
        }
        Ok(sources)
    }

    /// Plans the parents for which the rows have stand-ins; the columns that these are in.
    fn parents(
        &mut self,
        meta: &'static ModelMeta,
        sources: &mut [Source<'_>],
        rows: &[Row],
        seed: u64,
    ) -> Result<Vec<usize>> {
        let mut columns = Vec::new();
        for (number, (column, source)) in meta.columns.iter().zip(sources).enumerate() {
            let turns = rows.iter().map(|row| row.get(number).map_or(0, parent_number));
            let count = turns.clone().max().map_or(0, |last| last + 1);
            let keys = match source {
                Source::Baked(parents) => self.baked_parents(meta, column.name, parents, 0, count, seed)?,
                Source::Parent(relation) => self.required_parents(meta, relation, column.nullable, count, seed)?,
                _ => continue,
            };
            let binds = turns.map(|turn| keys.get(turn).cloned().unwrap_or(Bind::Null)).collect();
            *source = Source::Fixed { binds, fresh: true };
            columns.push(number);
        }
        Ok(columns)
    }

    /// The keys of rows that were ordered for a foreign key: one for each of so many, or else so many.
    fn baked_parents(
        &mut self,
        meta: &'static ModelMeta,
        field: &'static str,
        parents: &Order,
        each: usize,
        shared: usize,
        seed: u64,
    ) -> Result<Vec<Bind<'static>>> {
        self.comes_with(meta, field)?;
        let rows = match parents.quantity {
            0 => return Err(wrong(meta, field, "no row is baked for it, and it points at one")),
            1 if parents.each => each,
            1 => shared,
            _ if parents.each => return Err(wrong(meta, field, "each row points at one row, and several are baked")),
            quantity => quantity,
        };
        let before = std::mem::take(&mut self.required);
        let keys = self.rows(parents, rows, Vec::new(), seed);
        self.required = before;
        keys
    }

    /// The keys of rows that nobody ordered and a foreign key needs.
    fn required_parents(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        nullable: bool,
        rows: usize,
        seed: u64,
    ) -> Result<Vec<Bind<'static>>> {
        self.comes_with(meta, relation.name)?;
        let target = relation.target();
        // Of a key that may be NULL the way begins anew: it ends where a row does not need it.
        let before = if nullable { std::mem::take(&mut self.required) } else { self.required.clone() };
        if !nullable {
            self.required.push(meta);
            if self.required.iter().any(|model| std::ptr::eq(*model, target)) {
                let names: Vec<&str> = self.required.iter().map(|model| model.name).collect();
                let what = format!(
                    "it needs a row of `{}`, which needs one of its own model in turn ({} -> {}): give it a row",
                    target.name,
                    names.join(" -> "),
                    target.name
                );
                return Err(wrong(meta, relation.name, what));
            }
        }
        let keys = self.rows(&Order::new(target), rows, Vec::new(), seed);
        self.required = before;
        keys
    }
}

/// So many rows, if they are not too many.
pub(super) fn within(meta: &'static ModelMeta, count: usize) -> Result<usize> {
    match count {
        count if count <= MOST => Ok(count),
        count => {
            let name = meta.name;
            Err(Error::misuse(format!(
                "a bake of {count} rows of `{name}`, or for it: it makes {MOST} at once at most"
            )))
        }
    }
}

/// A key that is counted up, if its type has room for it.
fn counted(table: &mut Table) -> Result<Bind<'static>> {
    let meta = table.meta;
    let Some(column) = meta.columns.get(meta.key) else { return Ok(Bind::Null) };
    let no_room = |last: i64| {
        let what = format!("keys have got to {last}, and after it there is no room in its type `{}`", column.rust_type);
        wrong(meta, column.name, what)
    };
    let last = table.last_key;
    table.last_key = last.checked_add(1).ok_or_else(|| no_room(last))?;
    (column.canonical)(Datum::Integer(table.last_key)).map_err(|_| no_room(last))
}
