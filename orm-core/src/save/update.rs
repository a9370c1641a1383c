//! Saving and deleting one row, found by its key, and by its version where it has one.

use std::panic::Location;
use std::sync::Arc;

use super::blame;
use super::counted::count_after_hooks;
use super::insert::{execute, unlike};
use crate::db::{About, Connection, Executor, Need, Prepared};
use crate::error::{Error, Result};
use crate::group::Returned;
use crate::lower::{self, Text};
use crate::meta::{ColumnMeta, ModelMeta};
use crate::model::{Event, Model, Rules};
use crate::plan::{Node, NodeKind, Path, Plan};
use crate::queryset::{Deleted, Which, delete};
use crate::sql;
use crate::statement::{Expr, Statement, Update};
use crate::value::Bind;

/// `UPDATE t SET columns WHERE key`, and the binds in that order. Of a row with a version, that is one more afterwards, and
/// the last bind is what it was.
pub(super) struct RowUpdate {
    meta: &'static ModelMeta,
    columns: Vec<(usize, &'static ColumnMeta)>,
    version: Option<usize>,
    returned: Vec<usize>,
    pub(super) text: Arc<str>,
    /// The binds of a condition besides.
    only: Vec<Bind<'static>>,
}

impl RowUpdate {
    /// Where the row is to know what the database computes of it, that comes back.
    pub(super) fn new(meta: &'static ModelMeta, columns: &[usize], comes_back: bool) -> Self {
        let columns: Vec<_> = columns.iter().filter_map(|number| Some((*number, meta.columns.get(*number)?))).collect();
        let computed = meta.columns.iter().enumerate().filter(|(_, column)| comes_back && column.is_read_only());
        let numbers = columns.iter().map(|(number, _)| *number).chain([usize::from(comes_back)]);
        let text = lower::text_of(Text::Update, meta, numbers, || {
            let returning = computed.clone().map(|(_, column)| column.column.into()).collect();
            sql::compile(&Statement::Update(Update { returning, ..of_row(meta, &columns) })).text
        });
        let returned = computed.map(|(number, _)| number).collect();
        let version = meta.version().map(|(number, _)| number);
        RowUpdate { meta, columns, version, returned, text, only: Vec::new() }
    }

    /// The same of rows that are among those of a plan, and of no others; none where there can be no such row.
    pub(super) fn among(plan: &Plan, columns: &[usize]) -> Result<Option<Self>> {
        let row = Self::new(plan.meta, columns, false);
        let Some(Statement::Update(among)) = lower::update(plan, &[])? else { return Ok(None) };
        let mut update = of_row(plan.meta, &row.columns);
        update.filter.extend(among.filter);
        let sql = sql::compile(&Statement::Update(update));
        let own = row.columns.len() + plan.meta.keys.len() + usize::from(row.version.is_some());
        let only = sql.binds.into_iter().skip(own).collect();
        Ok(Some(RowUpdate { text: sql.text, only, ..row }))
    }

    /// Writes a row; whether it was there, as it was read.
    pub(super) fn run<M: Model>(
        &self,
        prepared: &mut Prepared<'_, '_>,
        row: &M,
        returned: &mut Returned,
    ) -> Result<bool> {
        let mut binds = prepared.row();
        for (number, column) in &self.columns {
            let bind = row.bind(*number).ok_or_else(|| {
                Error::misuse(format!(
                    "`{}.{}` is deferred and not loaded: it cannot be saved",
                    self.meta.name, column.name
                ))
            })?;
            binds.bind(bind, Some(*number));
        }
        let mut by = |column| binds.bind(row.bind(column).unwrap_or(Bind::Null), None);
        self.meta.keys.iter().copied().for_each(&mut by);
        self.version.map(by);
        for bind in &self.only {
            binds.bind(bind.clone(), None);
        }
        Ok(execute(binds, &self.returned, returned)? > 0)
    }
}

/// `UPDATE t SET columns WHERE key`, with a NULL in place of each bind.
fn of_row(meta: &'static ModelMeta, columns: &[(usize, &'static ColumnMeta)]) -> Update {
    let mark = || Expr::Bind(Bind::Null);
    let mut set: Vec<_> = columns.iter().map(|(_, column)| (column.column.into(), mark())).collect();
    let mut filter: Vec<_> = meta.key_columns().map(|key| Expr::eq(Expr::own(key.column), mark())).collect();
    if let Some((_, version)) = meta.version() {
        filter.push(Expr::eq(Expr::own(version.column), mark()));
    }
    set.extend(lower::next_version(meta));
    if set.is_empty() {
        // A row that is nothing but its key: the statement still says whether it is there.
        set.push((meta.key_column().into(), Expr::own(meta.key_column())));
    }
    Update { table: meta.table, set, from: None, filter, returning: Vec::new() }
}

/// What the database computes of a row, as the row knew it before a save.
#[derive(Default)]
struct Before(Returned);

impl Before {
    fn of<M: Model>(row: &M) -> Self {
        let mut before = Returned::default();
        for (number, _) in M::META.columns.iter().enumerate().filter(|(_, column)| column.is_read_only()) {
            if let Some(bind) = row.bind(number) {
                before.keep(number, bind.into_owned());
            }
        }
        Before(before)
    }

    /// The row as it was, for it has not been saved after all.
    #[cold]
    fn restore<M: Model>(&self, row: &mut M) {
        // What was not loaded before the save has come with it, and is loaded now.
        let _ = row.take(&self.0);
    }
}

/// Saves some columns of a row; all that are loaded, where none are named.
pub(super) fn update_row<M: Model>(
    row: &mut M,
    columns: Option<&[usize]>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<()> {
    if !M::HOOKED {
        return write(row, columns, db, at);
    }
    let mut saved = None;
    let outcome = db.transact(true, at, &mut |tx| {
        M::hook(Event::BeforeSave(row), tx)?;
        let before = Before::of(row);
        write(row, columns, tx, at)?;
        saved = Some(before);
        M::hook(Event::AfterSave(row), tx)?;
        count_after_hooks(row, tx, at)
    });
    if let (Err(_), Some(before)) = (&outcome, saved) {
        row.unbump();
        before.restore(row);
    }
    outcome
}

fn write<M: Model>(
    row: &mut M,
    columns: Option<&[usize]>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<()> {
    let meta = M::META;
    let all: Vec<usize>;
    let columns = match columns {
        Some(columns) => columns,
        None => {
            let loaded = |(number, column): &(usize, &ColumnMeta)| column.is_saved() && row.bind(*number).is_some();
            all = meta.columns.iter().enumerate().filter(loaded).map(|(number, _)| number).collect();
            &all
        }
    };
    row.stamp(columns);
    let mut rules = Rules::of_columns(columns);
    rules.ask(row);
    rules.finish::<M>()?;
    let update = RowUpdate::new(meta, columns, true);
    let mut returned = Returned::default();
    // A value that comes back and is refused is found after the row is written, and takes that back.
    let comes_back = !update.returned.is_empty();
    let (need, before) = if comes_back { (Need::WriteAll, Before::of(row)) } else { (Need::Write, Before::default()) };
    let outcome = db.run(need, at, &mut |connection| {
        let mut written = false;
        connection
            .repeat(&update.text, About { meta, at }, |prepared| {
                written = update.run(prepared, row, &mut returned)?;
                Ok(())
            })
            .map_err(|error| blame(error, connection, meta, at, &|column| row.bind(column)))?;
        if written {
            return row.take(&returned).map_err(|mismatch| unlike::<M>(&mismatch));
        }
        Err(match is_stale(connection, row, at)? {
            true => stale(row),
            false => Error::NotUpdated { model: meta.name, key: row.key_ref().to_string() },
        })
    });
    if let Err(error) = outcome {
        before.restore(row);
        return Err(error);
    }
    row.bump();
    row.forget();
    Ok(())
}

/// Deletes a row, if it is as it was read.
pub(super) fn delete_row<M: Model>(row: &M, db: &dyn Executor, at: &'static Location<'static>) -> Result<Deleted> {
    let this = Which::One(M::META, row.key_ref());
    if !M::HOOKED && M::META.version().is_none() {
        return delete(db, at, &this);
    }
    let mut deleted = Deleted::default();
    db.transact(true, at, &mut |tx| {
        M::hook(Event::BeforeDelete(row), tx)?;
        tx.run(Need::Read, at, &mut |connection| match is_stale(connection, row, at)? {
            true => Err(stale(row)),
            false => Ok(()),
        })?;
        deleted = delete(tx, at, &this)?;
        M::hook(Event::AfterDelete(row), tx)
    })?;
    Ok(deleted)
}

/// Whether the row is there in another version than it was read in.
pub(super) fn is_stale<M: Model>(connection: &Connection<'_>, row: &M, at: &'static Location<'static>) -> Result<bool> {
    let Some((number, column)) = M::META.version() else { return Ok(false) };
    let version = row.bind(number).unwrap_or(Bind::Null).into_owned();
    let is_same = Node::equal(Node::new(NodeKind::Column(Path::default(), column)), Node::bind(version));
    let mut other = Plan::new(M::META);
    other.filters.extend([Node::key_is(row.key_ref()), Node::new(NodeKind::Not(is_same))]);
    match lower::exists(&other)? {
        Some(statement) => connection.finds(&sql::compile(&statement), About { meta: M::META, at }),
        None => Ok(false),
    }
}

/// The error of a row that has been saved since it was read.
#[cold]
pub(super) fn stale<M: Model>(row: &M) -> Error {
    Error::Stale { model: M::META.name, key: row.key_ref().to_string() }
}
