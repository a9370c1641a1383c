//! Deleting rows with what their models' `on_delete` says of those that point at them, where the tables do not do it by
//! themselves.
//!
//! First everything is read that decides: which keys go, level by level, and what refuses. Then everything is written:
//! rows that nothing points at go by their foreign key alone, foreign keys are set, and the rest goes by its keys,
//! those that point before those that are pointed at. So it costs statements for each relation, and never for each row.

use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;
use std::sync::Arc;

use super::referrers::{Referrer, SetTo, referrers, same};
use crate::db::{About, Connection, Declared, DeclaredKey};
use crate::error::{Error, Result};
use crate::lower::{key_of, own_key_in, row};
use crate::meta::{ModelMeta, OnDelete, RelationKind, RelationMeta};
use crate::sql;
use crate::statement::{Alias, Delete, Expr, Join, Select, Source, Statement, TableRef, Update};
use crate::value::{Bind, KeyMap, KeyRef};

type Keys = Arc<Vec<Bind<'static>>>;

/// Rows of one model that go, by their keys.
struct Doomed {
    meta: &'static ModelMeta,
    keys: Vec<Bind<'static>>,
    known: KeyMap,
}

/// Rows found by a foreign key of theirs that points at rows that go.
struct Pointing {
    referrer: Referrer,
    keys: Keys,
}

/// What goes with some rows.
pub(super) struct Cascade<'c> {
    connection: &'c Connection<'c>,
    about: About,
    models: Vec<&'static ModelMeta>,
    declared: Arc<Declared>,
    doomed: Vec<Doomed>,
    /// Rows that nothing points at.
    leaves: Vec<Pointing>,
    /// Rows whose foreign key becomes something else.
    set: Vec<Pointing>,
    restricted: Vec<Pointing>,
}

impl<'c> Cascade<'c> {
    /// Reads what goes with the rows of these keys; fails if something refuses.
    ///
    /// `whole`: keys are read also where they are not needed, of whatever points at what goes.
    pub(super) fn read(
        connection: &'c Connection<'c>,
        meta: &'static ModelMeta,
        at: &'static Location<'static>,
        keys: Vec<Bind<'static>>,
        whole: bool,
    ) -> Result<Self> {
        let about = About { meta, at };
        let models = connection.database().models_around(meta);
        let (doomed, leaves, set, restricted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let declared = connection.declared()?;
        let mut cascade = Cascade { connection, about, models, declared, doomed, leaves, set, restricted };
        let mut next = VecDeque::from([(meta, keys)]);
        while let Some((meta, keys)) = next.pop_front() {
            if let Some(keys) = cascade.doom(meta, keys) {
                cascade.follow(meta, &keys, whole, &mut next)?;
            }
        }
        cascade.check_restricted()?;
        Ok(cascade)
    }

    /// Notes that rows go; those of them that nobody knew of before.
    fn doom(&mut self, meta: &'static ModelMeta, keys: Vec<Bind<'static>>) -> Option<Keys> {
        let at = self.doomed.iter().position(|doomed| same(doomed.meta.table, meta.table)).unwrap_or_else(|| {
            self.doomed.push(Doomed { meta, keys: Vec::new(), known: KeyMap::default() });
            self.doomed.len() - 1
        });
        let doomed = self.doomed.get_mut(at)?;
        let is_new = |key: &Bind<'static>| KeyRef::of_bind(key).is_some_and(|key| doomed.known.number(key, 0).1);
        let mut is_new = is_new;
        let new: Vec<_> = keys.into_iter().filter(|key| is_new(key)).collect();
        doomed.keys.extend(new.iter().cloned());
        (!new.is_empty()).then(|| Arc::new(new))
    }

    /// Looks at everything that points at rows that go.
    fn follow(
        &mut self,
        meta: &'static ModelMeta,
        keys: &Keys,
        whole: bool,
        next: &mut VecDeque<(&'static ModelMeta, Vec<Bind<'static>>)>,
    ) -> Result<()> {
        let mut protected = Vec::new();
        let mut found = Vec::new();
        for referrer in referrers(&self.models, meta, &self.declared) {
            if referrer.on_delete == OnDelete::Protect {
                if self.is_there(referrer.table, &referrer.column, keys)? {
                    protected.push(referrer.name);
                }
                continue;
            }
            if !protected.is_empty() {
                break;
            }
            let pointing = Pointing { referrer, keys: Arc::clone(keys) };
            match (pointing.referrer.on_delete, pointing.referrer.meta) {
                (OnDelete::Cascade, Some(child)) if whole || !self.is_leaf(child) => {
                    found.push((child, self.keys_of(child, &pointing)?));
                }
                (OnDelete::Cascade, _) => note(&mut self.leaves, pointing),
                (OnDelete::SetNull | OnDelete::SetDefault, _) => note(&mut self.set, pointing),
                (OnDelete::Restrict, _) => note(&mut self.restricted, pointing),
                (OnDelete::Protect | OnDelete::DoNothing, _) => {}
            }
        }
        if !protected.is_empty() {
            return Err(Error::Protected { model: self.about.meta.name, by: protected });
        }
        for (child, keys) in found.into_iter().filter(|(_, keys)| !keys.is_empty()) {
            match next.iter_mut().find(|(waiting, _)| std::ptr::eq(*waiting, child)) {
                Some((_, waiting)) => waiting.extend(keys),
                None => next.push_back((child, keys)),
            }
        }
        Ok(())
    }

    /// Whether nothing can come of deleting its rows, and nobody asks which of them go.
    fn is_leaf(&self, meta: &'static ModelMeta) -> bool {
        let restricts = |relation: &RelationKind| {
            matches!(relation, RelationKind::ForeignKey { on_delete: OnDelete::Restrict, .. })
        };
        !meta.relations.iter().any(|relation| restricts(&relation.kind))
            && referrers(&self.models, meta, &self.declared)
                .iter()
                .all(|referrer| referrer.on_delete == OnDelete::DoNothing)
    }

    /// A row that restricts may go with what it points at, and may not stay.
    fn check_restricted(&mut self) -> Result<()> {
        let mut by = Vec::new();
        for pointing in std::mem::take(&mut self.restricted) {
            let Some(child) = pointing.referrer.meta else { continue };
            let keys = self.keys_of(child, &pointing)?;
            let doomed = self.doomed.iter_mut().find(|doomed| same(doomed.meta.table, child.table));
            let stays = match doomed {
                Some(doomed) => keys.iter().filter_map(KeyRef::of_bind).any(|key| doomed.known.get(key).is_none()),
                None => !keys.is_empty(),
            };
            if stays && !by.contains(&pointing.referrer.name) {
                by.push(pointing.referrer.name);
            }
        }
        if by.is_empty() { Ok(()) } else { Err(Error::Restricted { model: self.about.meta.name, by }) }
    }

    /// Takes rows that go off those they point at and would go with, so that none takes a chain of others along: SQLite
    /// follows one to a depth of 1,000. A foreign key to the same table that cannot be NULL points at its own row then.
    pub(super) fn detach(&self) -> Result<()> {
        for doomed in &self.doomed {
            for relation in doomed.meta.relations {
                let RelationKind::ForeignKey { column, nullable, on_delete: OnDelete::Cascade, .. } = relation.kind
                else {
                    continue;
                };
                let target = relation.target();
                if !self.doomed.iter().any(|other| same(other.meta.table, target.table)) {
                    continue;
                }
                let value = match nullable {
                    true => Expr::Bind(Bind::Null),
                    false if same(target.table, doomed.meta.table) => Expr::own(target.key_column()),
                    false => continue,
                };
                let (table, set) = (doomed.meta.table, vec![(column.into(), value)]);
                let filter = vec![own_key_in(doomed.meta, &Arc::new(doomed.keys.clone()))];
                self.run(&Statement::Update(Update { table, set, from: None, filter, returning: Vec::new() }))?;
            }
        }
        Ok(())
    }

    /// Writes what was read; says how many rows went, by table.
    pub(super) fn write(self) -> Result<BTreeMap<String, u64>> {
        // The table does not know such a default: it would set NULL where ours goes itself.
        let is_ours = |pointing: &Pointing| matches!(pointing.referrer.default, Some(SetTo::Value(_)));
        if self.set.iter().any(is_ours)
            && let Some(error) = self.broken_default()?
        {
            return Err(error);
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for Pointing { referrer, keys } in &self.leaves {
            let filter = vec![in_keys(Expr::own(referrer.column.clone()), keys)];
            let rows = self.run(&Statement::Delete(Delete { table: referrer.table, filter }))?;
            *counts.entry(referrer.table.to_owned()).or_default() += rows;
        }
        for Pointing { referrer, keys } in &self.set {
            let value = referrer.default.as_ref().map_or(Expr::Bind(Bind::Null), SetTo::expr);
            let set = vec![(referrer.column.clone(), value)];
            let mut filter = vec![in_keys(Expr::own(referrer.column.clone()), keys)];
            if referrer.default.is_some() {
                // A row that goes needs no default, which may not be there.
                filter.extend(referrer.meta.and_then(|meta| self.is_doomed(meta)).map(Expr::not));
            }
            self.run(&Statement::Update(Update {
                table: referrer.table,
                set,
                from: None,
                filter,
                returning: Vec::new(),
            }))?;
        }
        let (order, is_circle) = self.order();
        self.connection.deferring_foreign_keys(is_circle, self.about, || {
            for doomed in order {
                let filter = vec![own_key_in(doomed.meta, &Arc::new(doomed.keys.clone()))];
                let rows = self.run(&Statement::Delete(Delete { table: doomed.meta.table, filter }))?;
                *counts.entry(doomed.meta.table.to_owned()).or_default() += rows;
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// What goes, each model before those it points at; and whether they point at each other in a circle.
    fn order(&self) -> (Vec<&Doomed>, bool) {
        let points_at = |one: &Doomed, other: &Doomed| {
            !same(one.meta.table, other.meta.table)
                && one.meta.relations.iter().any(|relation| match relation.kind {
                    RelationKind::ForeignKey { on_delete: OnDelete::SetNull, .. } => false,
                    RelationKind::ForeignKey { .. } => same(relation.target().table, other.meta.table),
                    _ => false,
                })
        };
        let mut rest: Vec<&Doomed> = self.doomed.iter().collect();
        let (mut order, mut is_circle) = (Vec::with_capacity(rest.len()), false);
        while !rest.is_empty() {
            let free = rest.iter().position(|one| !rest.iter().any(|other| points_at(other, one)));
            is_circle |= free.is_none();
            order.push(rest.remove(free.unwrap_or(0)));
        }
        (order, is_circle)
    }

    /// The foreign keys that hold what goes although no model says so: those that are left to the database, and those of
    /// tables that no model is known for.
    pub(super) fn held_by(&self) -> Result<Vec<String>> {
        let mut by = Vec::new();
        for doomed in &self.doomed {
            let keys = Arc::new(doomed.keys.clone());
            let known = referrers(&self.models, doomed.meta, &self.declared);
            for referrer in known.iter().filter(|referrer| referrer.on_delete == OnDelete::DoNothing) {
                if self.is_there(referrer.table, &referrer.column, &keys)? {
                    by.push(referrer.name.clone());
                }
            }
            let is_unknown = |key: &&DeclaredKey| {
                key.holds()
                    && same(&key.parent, doomed.meta.table)
                    && !known.iter().any(|known| same(known.table, &key.table) && same(&known.column, &key.column))
            };
            for key in self.declared.keys.iter().filter(is_unknown) {
                let name = key.name();
                if !by.contains(&name) && self.is_held(key, doomed.meta, &keys)? {
                    by.push(name);
                }
            }
        }
        Ok(by)
    }

    /// The foreign key that would get a default which no row has, or only one that goes.
    pub(super) fn broken_default(&self) -> Result<Option<Error>> {
        for Pointing { referrer, keys } in &self.set {
            let (Some(default), Some(meta)) = (&referrer.default, referrer.meta) else { continue };
            let is_it = |relation: &&&RelationMeta| matches!(relation.kind, RelationKind::ForeignKey { column, .. } if same(column, &referrer.column));
            let Some(relation) = meta.relations.iter().find(is_it) else { continue };
            if !self.stays(meta, referrer, keys)? {
                continue;
            }
            let target = relation.target();
            let alias: Alias = target.table.into();
            let key = Expr::column(&alias, target.key_column());
            let select = Select {
                columns: vec![key.clone()],
                from: vec![Source::first(target.table, alias)],
                filter: vec![Expr::eq(key, default.expr())],
                ..Select::default()
            };
            let there = read_keys(self.connection, &Statement::Select(select), self.about)?;
            let doomed = self.doomed_of(target);
            let goes = |key: &Bind<'_>| doomed.is_some_and(|doomed| doomed.keys.contains(key));
            if there.iter().all(goes) {
                let key = match default {
                    SetTo::Literal(literal) => (*literal).to_owned(),
                    SetTo::Value(value) => value.to_string(),
                };
                let (relation, key) = (Some(relation.name), Some(key));
                return Ok(Some(Error::ForeignKey { model: meta.name, relation, key }));
            }
        }
        Ok(None)
    }

    fn run(&self, statement: &Statement) -> Result<u64> {
        self.connection.execute(&sql::compile(statement), self.about)
    }

    /// Whether a row of a table points at one of these.
    fn is_there(&self, table: &str, column: &str, keys: &Keys) -> Result<bool> {
        let select = Select { limit: Some(1), ..pointing(table, column, keys, |_| Expr::One) };
        self.connection.finds(&sql::compile(&Statement::Select(select)), self.about)
    }

    /// Whether a row points at one of these by such a foreign key, which may be of several columns, and lead to others than
    /// those of the primary key.
    fn is_held(&self, key: &DeclaredKey, meta: &'static ModelMeta, keys: &Keys) -> Result<bool> {
        let (table, target): (Alias, Alias) = (key.table.as_str().into(), meta.table.into());
        let (own, theirs): (Vec<&str>, Vec<&str>) = key.columns().unzip();
        let columns = |alias: &Alias, names: Vec<&str>| -> Vec<Expr> {
            names.into_iter().map(|name| Expr::column(alias, name.to_owned())).collect()
        };
        let goes = Select {
            columns: columns(&target, theirs),
            from: vec![Source::first(meta.table, target)],
            filter: vec![own_key_in(meta, keys)],
            ..Select::default()
        };
        if goes.columns.is_empty() {
            return Ok(false);
        }
        let pointing = row(columns(&table, own));
        let select = Select {
            columns: vec![Expr::One],
            from: vec![Source { join: Join::Inner, table: TableRef::Named(table.clone()), alias: table, on: None }],
            filter: vec![Expr::InSelect(Box::new(pointing), Box::new(goes))],
            limit: Some(1),
            ..Select::default()
        };
        self.connection.finds(&sql::compile(&Statement::Select(select)), self.about)
    }

    /// Whether a row of a model that points at one of these does not go itself.
    fn stays(&self, meta: &'static ModelMeta, referrer: &Referrer, keys: &Keys) -> Result<bool> {
        let mut select = pointing(referrer.table, &referrer.column, keys, |_| Expr::One);
        select.filter.extend(self.is_doomed(meta).map(Expr::not));
        select.limit = Some(1);
        self.connection.finds(&sql::compile(&Statement::Select(select)), self.about)
    }

    /// Whether a row of a model is one of those that go; none where none of its rows does.
    fn is_doomed(&self, meta: &'static ModelMeta) -> Option<Expr> {
        self.doomed_of(meta).map(|doomed| own_key_in(meta, &Arc::new(doomed.keys.clone())))
    }

    fn doomed_of(&self, meta: &ModelMeta) -> Option<&Doomed> {
        self.doomed.iter().find(|doomed| same(doomed.meta.table, meta.table))
    }

    /// The keys of the rows of a model that point at something that goes.
    fn keys_of(&self, child: &'static ModelMeta, found: &Pointing) -> Result<Vec<Bind<'static>>> {
        let Pointing { referrer, keys } = found;
        let select = pointing(referrer.table, &referrer.column, keys, |alias| key_of(child, alias));
        read_keys(self.connection, &Statement::Select(select), self.about)
    }
}

/// Notes rows, with those that the same foreign key points at.
fn note(noted: &mut Vec<Pointing>, pointing: Pointing) {
    let Referrer { table, column, .. } = &pointing.referrer;
    match noted.iter_mut().find(|noted| noted.referrer.table == *table && noted.referrer.column == *column) {
        Some(noted) => Arc::make_mut(&mut noted.keys).extend(pointing.keys.iter().cloned()),
        None => noted.push(pointing),
    }
}

/// The keys that a statement selects.
pub(crate) fn read_keys(
    connection: &Connection<'_>,
    statement: &Statement,
    about: About,
) -> Result<Vec<Bind<'static>>> {
    let mut keys = Vec::new();
    connection.query(&sql::compile(statement), about, |row| {
        if let Ok(Some(key)) = row.datum(0).and_then(KeyRef::read) {
            keys.push(key.bind().into_owned());
        }
        Ok(())
    })?;
    Ok(keys)
}

/// `SELECT selected FROM table WHERE column IN keys`.
fn pointing(table: &str, column: &str, keys: &Keys, selected: impl FnOnce(&Alias) -> Expr) -> Select {
    let alias: Alias = table.into();
    let from = Source { join: Join::Inner, table: TableRef::Named(alias.clone()), alias: alias.clone(), on: None };
    let filter = vec![in_keys(Expr::column(&alias, column.to_owned()), keys)];
    Select { columns: vec![selected(&alias)], from: vec![from], filter, ..Select::default() }
}

fn in_keys(column: Expr, keys: &Keys) -> Expr {
    Expr::InArray(Box::new(column), Box::new(Expr::Bind(Bind::Array(Arc::clone(keys)))))
}
