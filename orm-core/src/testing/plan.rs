//! From an order to rows: what each field of each row is, with every key known before anything is inserted.
//!
//! Nothing here touches the database but for what is asked of [`Tables`]. `source.rs` says where the values of a column come
//! from, `apart.rs` makes those that have to differ.

use std::collections::HashSet;

use super::check::together;
use super::make::Maker;
use super::order::{Order, wrong};
use super::relatives::Relatives;
use super::source::{Source, counted, dealt, keep_apart, stored};
use super::tables::{NoTables, Table, Tables};
use crate::error::Result;
use crate::meta::{Link, ModelMeta, RelationKind, RelationMeta, Through};
use crate::value::{Bind, Now};

/// How many rows are planned at once, at most.
const MOST: usize = 100_000_000;

/// The seed of a bake that names none.
const SEED: u64 = 0x00EA_6E50;

/// Rows of a table that was made for a many-to-many relation.
pub(super) struct Links {
    pub(super) meta: &'static ModelMeta,
    pub(super) through: Through,
    pub(super) pairs: Vec<(Bind<'static>, Bind<'static>)>,
}

/// Everything that is to be inserted.
pub(super) struct Plan<'a> {
    pub(super) tables: Vec<Table>,
    pub(super) links: Vec<Links>,
    asked: &'a dyn Tables,
    /// Whether the rows are to be saved: then they have keys, and others can come with them.
    saved: bool,
    /// The models on the way to a row that something required.
    required: Vec<&'static ModelMeta>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(asked: &'a dyn Tables) -> Self {
        Plan { tables: Vec::new(), links: Vec::new(), asked, saved: true, required: Vec::new() }
    }

    /// The rows of one order alone, which are not saved.
    pub(super) fn unsaved(order: &Order) -> Result<Table> {
        let mut plan = Plan { saved: false, ..Plan::new(&NoTables) };
        plan.make(order)?;
        Ok(plan.tables.pop().unwrap_or_else(|| Table::new(order.meta, None)))
    }

    /// What comes with rows has to be saved with them.
    fn comes_with(&self, meta: &'static ModelMeta, field: &'static str) -> Result<()> {
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
        self.rows(order, order.quantity, Vec::new(), order.seed.unwrap_or(SEED))
    }

    /// Plans so many rows; some columns are known, with a value for each row.
    fn rows(
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
        if count > MOST {
            return Err(wrong(meta, meta.key_column(), format!("{count} rows are too many to be planned in memory")));
        }
        let seed = order.seed.unwrap_or(seed);
        let sources = self.sources(order, count, known, seed)?;
        let table = self.table(meta)?;
        let mut apart: Vec<(usize, &Maker)> = Vec::new();
        for (column, source) in sources.iter().enumerate() {
            if let Source::Apart(maker) = source {
                apart.push((column, maker));
            }
        }
        if let Some(table) = self.tables.get_mut(table).filter(|_| !apart.is_empty()) {
            table.look(self.asked)?;
        }
        let mut keys = Vec::new();
        for number in 0..count {
            let Some(table) = self.tables.get_mut(table) else { break };
            let now = Now::read();
            let serial = table.start.unwrap_or(0) + table.rows.len() as i64 + 1;
            let row = sources.iter().enumerate().map(|(column, source)| match source {
                Source::Given(given) => stored(meta, column, given.value(number)),
                Source::Dealt(binds) => Ok(dealt(binds, number)),
                Source::Default => Ok((meta.defaults)(column, &now).unwrap_or(Bind::Null)),
                Source::Counted if !self.saved => Ok(Bind::Null),
                Source::Counted => counted(meta, column, table.last + 1),
                Source::Made(maker) => maker.value(serial),
                Source::Null | Source::Baked(_) | Source::Parent(_) | Source::Apart(_) => Ok(Bind::Null),
            });
            let row = row.collect::<Result<Vec<_>>>()?;
            table.push(row, serial, &apart)?;
            keys.extend(table.rows.last().and_then(|row| row.get(meta.key)).cloned());
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
        let start = self.asked.counted(meta)?;
        self.tables.push(Table::new(meta, start));
        Ok(self.tables.len() - 1)
    }

    /// Where the values of each column come from. The rows that foreign keys need are planned on the way.
    fn sources<'o>(
        &mut self,
        order: &'o Order,
        count: usize,
        mut known: Vec<(usize, Vec<Bind<'static>>)>,
        seed: u64,
    ) -> Result<Vec<Source<'o>>> {
        let meta = order.meta;
        let mut sources = Vec::with_capacity(meta.columns.len());
        let now = Now::read();
        for (number, column) in meta.columns.iter().enumerate() {
            let known = known.iter().position(|(of, _)| *of == number).map(|at| known.swap_remove(at).1);
            let relatives = column.relation.and_then(|relation| order.relatives(relation));
            let optional = order.fills(column.name);
            sources.push(if let Some(known) = known {
                if order.given(number).is_some() || relatives.is_some() {
                    return Err(wrong(meta, column.name, "it is given a row, and comes with one"));
                }
                Source::Dealt(known)
            } else if let Some(given) = order.given(number) {
                Source::Given(given)
            } else if let Some(Relatives::Rows(rows)) = relatives {
                Source::Dealt(rows.to_vec())
            } else if let Some(Relatives::Baked(order)) = relatives {
                Source::Baked(order)
            } else if number == meta.key && meta.auto_key {
                Source::Counted
            } else if column.nullable && !optional && (meta.defaults)(number, &now).is_none() {
                Source::Null
            } else if !optional && (meta.defaults)(number, &now).is_some() {
                Source::Default
            } else if let Some(relation) = column.relation {
                Source::Parent(relation)
            } else {
                Source::Made(Maker::new(meta, column, seed)?)
            });
        }
        let apart = keep_apart(meta, &mut sources, count);
        for (number, column) in meta.columns.iter().enumerate() {
            let alone = column.unique || apart.contains(&number);
            let dealt = match sources.get(number) {
                Some(Source::Baked(parents)) => self.baked_parents(meta, column.name, parents, count, alone, seed)?,
                Some(Source::Parent(relation)) => {
                    let rows = if alone { count } else { 1 };
                    self.required_parents(meta, relation, column.nullable, rows, seed)?
                }
                _ => continue,
            };
            if let Some(source) = sources.get_mut(number) {
                *source = Source::Dealt(dealt);
            }
        }
        Ok(sources)
    }

    /// The keys of rows that were ordered for a foreign key.
    fn baked_parents(
        &mut self,
        meta: &'static ModelMeta,
        field: &'static str,
        parents: &Order,
        count: usize,
        alone: bool,
        seed: u64,
    ) -> Result<Vec<Bind<'static>>> {
        self.comes_with(meta, field)?;
        let rows = match parents.quantity {
            0 => return Err(wrong(meta, field, "no row is baked for it, and it points at one")),
            1 if parents.each || alone => count,
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

    /// The rows on the other side of a relation.
    fn children(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        relatives: &Relatives,
        keys: &[Bind<'static>],
        seed: u64,
    ) -> Result<()> {
        self.comes_with(meta, relation.name)?;
        let before = std::mem::take(&mut self.required);
        let done = match &relation.kind {
            RelationKind::ForeignKey { .. } => Ok(()),
            RelationKind::HasMany { via } => self.owned(meta, relation, via, relatives, keys, false, seed),
            RelationKind::HasOne { via } => self.owned(meta, relation, via, relatives, keys, true, seed),
            RelationKind::ManyToMany(_) => self.linked(meta, relation, relatives, keys, seed),
        };
        self.required = before;
        done
    }

    /// Rows that point back at these.
    #[allow(clippy::too_many_arguments, reason = "what is known of a relation")]
    fn owned(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        via: &str,
        relatives: &Relatives,
        keys: &[Bind<'static>],
        one: bool,
        seed: u64,
    ) -> Result<()> {
        let Relatives::Baked(order) = relatives else {
            let what = "rows that are there already point elsewhere: set their foreign key";
            return Err(wrong(meta, relation.name, what));
        };
        if one && order.quantity > 1 {
            return Err(wrong(meta, relation.name, "it is one row at most, and several are baked"));
        }
        let count = keys.len().saturating_mul(order.quantity);
        if count > MOST {
            return Err(wrong(meta, relation.name, format!("{count} rows are too many to be planned in memory")));
        }
        let owners = keys.iter().flat_map(|key| std::iter::repeat_n(key.clone(), order.quantity)).collect();
        let column = order.meta.columns.iter().position(|column| column.name == via);
        let known = column.map(|column| (column, owners)).into_iter().collect();
        self.rows(order, count, known, seed)?;
        Ok(())
    }

    /// Rows that are linked with these, and the links.
    fn linked(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        relatives: &Relatives,
        keys: &[Bind<'static>],
        seed: u64,
    ) -> Result<()> {
        let (mut from, mut to) = (Vec::new(), Vec::new());
        let (targets, apart) = match relatives {
            Relatives::Rows(rows) => (rows.to_vec(), None),
            Relatives::Baked(order) if order.each => {
                let count = keys.len().saturating_mul(order.quantity);
                (self.rows(order, count, Vec::new(), seed)?, Some(order.quantity))
            }
            Relatives::Baked(order) => (self.rows(order, order.quantity, Vec::new(), seed)?, None),
        };
        for (number, key) in keys.iter().enumerate() {
            let own = match apart {
                Some(quantity) => targets.get(number * quantity..(number + 1) * quantity).unwrap_or_default(),
                None => &targets,
            };
            from.extend(std::iter::repeat_n(key.clone(), own.len()));
            to.extend_from_slice(own);
        }
        match through_model(relation) {
            Some((through, from_field, to_field)) => {
                let column = |field: &str| through.columns.iter().position(|column| column.name == field);
                let count = from.len();
                let known = column(from_field).map(|column| (column, from)).into_iter();
                let known = known.chain(column(to_field).map(|column| (column, to))).collect();
                self.rows(&Order::new(through), count, known, seed)?;
            }
            None => {
                if let Some(through) = relation.through(meta) {
                    let pairs: Vec<_> = from.into_iter().zip(to).collect();
                    let mut seen = HashSet::new();
                    let key = |(from, to): &(Bind<'static>, Bind<'static>)| {
                        together(&[0, 1], &[from.clone(), to.clone()]).unwrap_or_default()
                    };
                    if !pairs.iter().all(|pair| seen.insert(key(pair))) {
                        return Err(wrong(meta, relation.name, "it is given the same row twice"));
                    }
                    match self
                        .links
                        .iter_mut()
                        .find(|links| links.through.table == through.table && links.through.from == through.from)
                    {
                        Some(links) => links.pairs.extend(pairs),
                        None => self.links.push(Links { meta, through, pairs }),
                    }
                }
            }
        }
        Ok(())
    }
}

/// The model of the user's between the two of a many-to-many relation, and its foreign keys to this side and the other.
fn through_model(relation: &RelationMeta) -> Option<(&'static ModelMeta, &'static str, &'static str)> {
    match relation.kind {
        RelationKind::ManyToMany(Link::Through { model, from, to }) => Some((model(), from, to)),
        RelationKind::ManyToMany(Link::Reverse { via }) => {
            let (model, from, to) = through_model(relation.target().relation(via)?)?;
            Some((model, to, from))
        }
        _ => None,
    }
}
