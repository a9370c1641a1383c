//! Writing rows one by one, and many at once.
//!
//! A row goes in by a prepared INSERT with a bind for each column, and comes back as a model without being read again:
//! SQLite tells the rowid, everything else is known.

mod bulk;
mod upsert;
mod validate;

use std::panic::Location;
use std::sync::Arc;

pub use bulk::BulkCreate;
pub(crate) use upsert::{create_linked, get_or_insert, update_or_insert};
pub use validate::{Validate, validate_new};

use crate::db::{About, Connection, Executor, Need, Prepared, refused};
use crate::error::{Error, Result};
use crate::group::{Origin, home_of};
use crate::lookup::ColumnSet;
use crate::lower::{self, Text};
use crate::meta::{ColumnMeta, ModelMeta, RelationKind};
use crate::model::{Fields, Model, Rules, group_of_one, root};
use crate::plan::{Deferral, Path, Plan};
use crate::queryset::{Deleted, QuerySet, Which, delete};
use crate::sql::{self, Sql};
use crate::statement::{Expr, Insert, InsertRows, Select, Source, Statement, Update};
use crate::value::{Bind, Key};

/// What every model can do with its own row.
///
/// The methods that change a row in place take `&mut self`: nobody can be holding a reference into a memo or a handle
/// that they empty.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub title: String,
///     pub pages: i32,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Book])?;
/// let mut book = Book::create().title("Dune").pages(412).save(&db)?; // INSERT INTO "book" ..
/// book.title = "Dune Messiah".into();
/// book.save(&db)?; // UPDATE "book" SET "title" = ?1, "pages" = ?2 WHERE "id" = ?3
/// book.pages = 256;
/// book.save_fields(&db, |b| b.pages())?; // UPDATE "book" SET "pages" = ?1 WHERE "id" = ?2
/// book.refresh(&db)?; // SELECT .. FROM "book" WHERE "id" = ?1
/// assert_eq!(book.delete(&db)?.total, 1); // DELETE FROM "book" WHERE "id" = ?1
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub trait Save: Model {
    /// Writes every field of the row (of its deferred columns those that are loaded), found by its key, and empties the
    /// memos.
    ///
    /// What handles have loaded stays, also where a foreign key was pointed elsewhere: that handle is a new one.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] where the row breaks the rules of its model; [`Error::NotUpdated`] if the row is gone; the
    /// constraints of the table, as typed errors.
    #[track_caller]
    fn save(&mut self, db: &dyn Executor) -> Result<()> {
        let loaded = |column: &(usize, &ColumnMeta)| !column.1.primary_key && self.bind(column.0).is_some();
        let columns: Vec<usize> =
            Self::META.columns.iter().enumerate().filter(loaded).map(|(column, _)| column).collect();
        update_row(self, &columns, db, Location::caller())
    }

    /// Writes some fields of the row and empties the memos. Rules about other fields are not asked, those about the whole
    /// row are. No fields, `()`, are no statement.
    ///
    /// # Errors
    ///
    /// As for [`save`](Self::save); [`Error::Misuse`] for a deferred column that is not loaded, and for the primary key,
    /// which finds the row.
    #[track_caller]
    fn save_fields<S: ColumnSet<Self>>(&mut self, db: &dyn Executor, f: impl FnOnce(Fields<Self>) -> S) -> Result<()> {
        let columns = columns_of::<Self, S>(f)?;
        if columns.is_empty() {
            return Ok(());
        }
        update_row(self, &columns, db, Location::caller())
    }

    /// Reads the row again: every field but the deferred columns that are not loaded. Memos are emptied, and relations
    /// are loaded afresh when they are asked for.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] if the row is gone.
    #[track_caller]
    fn refresh(&mut self, db: &dyn Executor) -> Result<()> {
        let mut queryset = QuerySet::<Self>::new();
        let unloaded = Self::META.columns.iter().enumerate().filter(|(column, _)| self.bind(*column).is_none());
        let unloaded = unloaded.map(|(_, column)| (Path::default(), column)).collect();
        queryset.plan.deferrals.push(Deferral::Defer(unloaded));
        // The mode that the row's queryset named is the row's.
        queryset.plan.mode = home_of(self, Self::META).filter(|home| home.named).map(|home| home.mode);
        *self = queryset.find_by(db, self.key_ref())?;
        Ok(())
    }

    /// Deletes the row, and what its `on_delete` takes with it. By value: nothing stale is left in hand.
    ///
    /// # Errors
    ///
    /// [`Error::Protected`] if the row is still pointed at.
    #[track_caller]
    fn delete(self, db: &dyn Executor) -> Result<Deleted> {
        delete(db, Location::caller(), &Which::One(Self::META, self.key_ref()))
    }
}

impl<M: Model> Save for M {}

/// Inserts a row.
///
/// # Errors
///
/// [`Error::Invalid`] where it breaks the rules of its model; the constraints of the table, as typed errors.
#[track_caller]
pub fn insert<M: Model>(new: M::New, db: &dyn Executor) -> Result<M> {
    let at = Location::caller();
    let new = ready::<M>(new)?;
    let insert = RowInsert::new(M::META);
    let mut rowid = 0;
    db.run(insert.need(), at, &mut |connection| {
        rowid = insert.run::<M>(connection, &new, at)?.unwrap_or_default();
        Ok(())
    })?;
    created(new, rowid, db, at)
}

/// A row to be inserted with its defaults, once the rules of its model have been asked.
fn ready<M: Model>(mut new: M::New) -> Result<M::New> {
    M::fill(&mut new);
    check::<M>(&new)?;
    Ok(new)
}

/// Asks the rules of the model.
fn check<M: Model>(new: &M::New) -> Result<()> {
    let mut rules = Rules::default();
    rules.ask_new::<M>(new);
    rules.finish::<M>()
}

/// The row that was inserted, as a result of its own.
fn created<M: Model>(new: M::New, rowid: i64, db: &dyn Executor, at: &'static Location<'static>) -> Result<M> {
    // The key of the group is that of the row, which is made with a place in the group.
    let key = new_key::<M>(&new, rowid)?;
    let group = group_of_one::<M>(key.key_ref(), db.database().home(None, at));
    M::from_new(new, rowid, Origin::new(&group, 0)).map_err(|_| no_key::<M>(rowid))
}

/// The key a new row has been given, or has got.
fn new_key<M: Model>(new: &M::New, rowid: i64) -> Result<M::Key> {
    match M::bind_new(new, M::META.key) {
        Some(Bind::Text(key)) => M::Key::from_key_ref(crate::value::KeyRef::Text(&key)),
        Some(Bind::Integer(key)) => M::Key::from_key_ref(crate::value::KeyRef::Int(key)),
        _ => M::Key::from_rowid(rowid).ok(),
    }
    .ok_or_else(|| no_key::<M>(rowid))
}

#[cold]
fn no_key<M: Model>(rowid: i64) -> Error {
    let column = M::META.columns.get(M::META.key);
    Error::Decode {
        model: M::META.name,
        field: column.map_or("?", |column| column.name).to_owned(),
        column: M::META.key_column().to_owned(),
        expected: column.map_or("?", |column| column.rust_type),
        found: format!("the next key {rowid}, for which the type has no room,"),
    }
}

/// `INSERT INTO t (every column) VALUES (..)`. A key that is left out is NULL, which SQLite replaces.
pub(crate) struct RowInsert {
    meta: &'static ModelMeta,
    pub(crate) sql: Sql,
}

impl RowInsert {
    pub(crate) fn new(meta: &'static ModelMeta) -> Self {
        let text =
            lower::text_of(Text::Insert, meta, std::iter::empty(), || Self::of(meta, InsertRows::Values).sql.text);
        RowInsert { meta, sql: Sql { text, binds: Vec::new() } }
    }

    /// `INSERT INTO t (every column) SELECT .. WHERE NOT EXISTS (..)`: if no row of the plan is there.
    fn unless(plan: &Plan) -> Result<Self> {
        let meta = plan.meta;
        let mut one = Select { columns: vec![Expr::Bind(Bind::Null); meta.columns.len()], ..Select::default() };
        if let Some(Statement::Select(there)) = lower::exists(plan)? {
            one.filter.push(Expr::not(Expr::Exists(Box::new(there))));
        }
        Ok(Self::of(meta, InsertRows::Select(Box::new(one))))
    }

    fn of(meta: &'static ModelMeta, rows: InsertRows) -> Self {
        let columns = meta.columns.iter().map(|column| column.column.into()).collect();
        let insert = Insert { table: meta.table, columns, rows, conflict: None, returning: Vec::new() };
        RowInsert { meta, sql: sql::compile(&Statement::Insert(insert)) }
    }

    fn need(&self) -> Need {
        // A key that does not fit is found after the row is there, and takes it back.
        if may_overflow(self.meta) { Need::WriteAll } else { Need::Write }
    }

    /// Inserts a row; its rowid, or none where it was not to be inserted.
    fn run<M: Model>(
        &self,
        connection: &Connection<'_>,
        new: &M::New,
        at: &'static Location<'static>,
    ) -> Result<Option<i64>> {
        let mut rowid = None;
        let inserted = connection.repeat(&self.sql.text, About { meta: self.meta, at }, |prepared| {
            for (number, bind) in self.sql.binds.iter().enumerate().skip(self.meta.columns.len()) {
                prepared.bind(number + 1, bind)?;
            }
            rowid = insert_row::<M>(prepared, new)?;
            Ok(())
        });
        inserted.map_err(|error| blame(error, connection, self.meta, at, &|column| M::bind_new(new, column)))?;
        Ok(rowid)
    }
}

fn insert_row<M: Model>(prepared: &mut Prepared<'_, '_>, new: &M::New) -> Result<Option<i64>> {
    let mut row = prepared.row();
    for (number, column) in M::META.columns.iter().enumerate() {
        let bind = M::bind_new(new, number).unwrap_or(Bind::Null);
        storable(M::META, column, &bind)?;
        row.bind(bind)?;
    }
    if row.execute()? == 0 {
        return Ok(None);
    }
    let rowid = prepared.rowid();
    if may_overflow(M::META) {
        new_key::<M>(new, rowid)?;
    }
    Ok(Some(rowid))
}

/// Whether SQLite may make a key that the field's type has no room for.
fn may_overflow(meta: &'static ModelMeta) -> bool {
    meta.auto_key && meta.columns.get(meta.key).is_some_and(|column| column.rust_type != "i64")
}

/// `UPDATE t SET columns WHERE key`, and the binds in that order.
struct RowUpdate {
    meta: &'static ModelMeta,
    columns: Vec<(usize, &'static ColumnMeta)>,
    text: Arc<str>,
}

impl RowUpdate {
    fn new(meta: &'static ModelMeta, columns: &[usize]) -> Self {
        let columns: Vec<_> = columns.iter().filter_map(|number| Some((*number, meta.columns.get(*number)?))).collect();
        let text = lower::text_of(Text::Update, meta, columns.iter().map(|(number, _)| *number), || {
            let mark = || Expr::Bind(Bind::Null);
            let mut set: Vec<_> = columns.iter().map(|(_, column)| (column.column.into(), mark())).collect();
            if set.is_empty() {
                // A row that is nothing but its key: the statement still says whether it is there.
                set.push((meta.key_column().into(), Expr::own(meta.key_column())));
            }
            let filter = vec![Expr::eq(Expr::own(meta.key_column()), mark())];
            sql::compile(&Statement::Update(Update { table: meta.table, set, filter, returning: Vec::new() })).text
        });
        RowUpdate { meta, columns, text }
    }

    fn run<M: Model>(&self, prepared: &mut Prepared<'_, '_>, row: &M) -> Result<u64> {
        let mut binds = prepared.row();
        for (number, column) in &self.columns {
            let bind = row.bind(*number).ok_or_else(|| {
                Error::misuse(format!(
                    "`{}.{}` is deferred and not loaded: it cannot be saved",
                    self.meta.name, column.name
                ))
            })?;
            storable(self.meta, column, &bind)?;
            binds.bind(bind)?;
        }
        binds.bind(row.key_ref().bind())?;
        binds.execute()
    }
}

fn update_row<M: Model>(
    row: &mut M,
    columns: &[usize],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<()> {
    let meta = M::META;
    let mut rules = Rules::of_columns(columns);
    rules.ask(row);
    rules.finish::<M>()?;
    let update = RowUpdate::new(meta, columns);
    db.run(Need::Write, at, &mut |connection| {
        let mut changed = 0;
        connection
            .repeat(&update.text, About { meta, at }, |prepared| {
                changed = update.run(prepared, row)?;
                Ok(())
            })
            .map_err(|error| blame(error, connection, meta, at, &|column| row.bind(column)))?;
        match changed {
            0 => Err(Error::NotUpdated { model: meta.name, key: row.key_ref().to_string() }),
            _ => Ok(()),
        }
    })?;
    row.forget();
    Ok(())
}

/// The numbers of the fields that `save_fields` and `bulk_update` were given.
fn columns_of<M: Model, S: ColumnSet<M>>(f: impl FnOnce(Fields<M>) -> S) -> Result<Vec<usize>> {
    let mut names = Vec::new();
    f(root::<M>()).columns(&mut names);
    let number = |name: &&str| M::META.columns.iter().position(|column| column.name == *name);
    let columns: Vec<usize> = names.iter().filter_map(number).collect();
    if columns.contains(&M::META.key) {
        let key = M::META.columns.get(M::META.key).map_or("key", |column| column.name);
        return Err(Error::misuse(format!(
            "`{}.{key}` is the primary key: it finds the row, so it cannot be what is written",
            M::META.name
        )));
    }
    Ok(columns)
}

pub(crate) fn storable(meta: &'static ModelMeta, column: &ColumnMeta, bind: &Bind<'_>) -> Result<()> {
    if let Some(reason) = refused(bind) {
        return Err(Error::NotStorable { model: meta.name, field: column.name.to_owned(), reason });
    }
    Ok(())
}

/// Says which foreign key points at nothing; SQLite does not.
#[cold]
pub(crate) fn blame<'a>(
    error: Error,
    connection: &Connection<'_>,
    meta: &'static ModelMeta,
    at: &'static Location<'static>,
    bind: &dyn Fn(usize) -> Option<Bind<'a>>,
) -> Error {
    let Error::ForeignKey { relation: None, .. } = error else { return error };
    for (number, column) in meta.columns.iter().enumerate() {
        let (Some(relation), Some(key)) = (column.relation, bind(number)) else { continue };
        let RelationKind::ForeignKey { constraint: true, .. } = relation.kind else { continue };
        if key == Bind::Null {
            continue;
        }
        let target = relation.target();
        let alias: crate::statement::Alias = target.table.into();
        let select = Select {
            columns: vec![Expr::One],
            from: vec![Source::first(target.table, alias.clone())],
            filter: vec![Expr::eq(Expr::column(&alias, target.key_column()), Expr::Bind(key.clone().into_owned()))],
            ..Select::default()
        };
        if let Ok(false) = connection.diagnose(&sql::compile(&Statement::Select(select)), About { meta: target, at }) {
            return Error::ForeignKey { model: meta.name, relation: Some(relation.name), key: Some(key.to_string()) };
        }
    }
    error
}
