//! Writing rows one by one, and many at once.
//!
//! A row goes in by a prepared INSERT with a bind for each column, and comes back as a model without being read again:
//! SQLite tells the rowid, everything else is known. What the database computes comes back by RETURNING, in models that
//! have such columns.

mod bulk;
mod bulk_update;
mod conflict;
mod counted;
mod insert;
mod update;
mod upsert;
mod validate;

use std::panic::Location;
use std::sync::Arc;

pub use bulk::BulkCreate;
pub use bulk_update::BulkUpdate;
pub use conflict::{BulkIgnore, BulkUpsert, OnConflict};
pub(crate) use insert::{RowInsert, create_linked, insert_each};
pub(crate) use upsert::{get_or_insert, update_or_insert};
pub use validate::{Validate, validate_new};

use crate::db::{About, Connection, Executor};
use crate::error::{Error, Result};
use crate::group::{home_of, watch_of};
use crate::lookup::ColumnSet;
use crate::meta::{ColumnMeta, ModelMeta};
use crate::model::{Fields, Model, root};
use crate::plan::{Deferral, Path};
use crate::queryset::{Deleted, QuerySet};
use crate::sql;
use crate::statement::{Alias, Expr, Join, Select, Source, Statement, TableRef};
use crate::value::Bind;
use update::{delete_row, update_row};

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
    /// [`Error::Invalid`] where the row breaks the rules of its model; [`Error::NotUpdated`] if the row is gone;
    /// [`Error::Stale`] if it has a version, and was saved since it was read; the constraints of the table, as typed errors.
    #[track_caller]
    fn save(&mut self, db: &dyn Executor) -> Result<()> {
        update_row(self, None, db, Location::caller())
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
        update_row(self, Some(&columns), db, Location::caller())
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
        queryset.plan.more.deferrals.push(Deferral::Defer(unloaded));
        // The mode that the row's queryset named is the row's.
        queryset.plan.mode = home_of(self, Self::META).filter(|home| home.named).map(|home| home.mode);
        let row = queryset.find_by(db, self.key_ref())?;
        if let Some(watch) = watch_of(&row, Self::META) {
            watch.refreshed(watch_of(self, Self::META).map(|watch| &**watch));
        }
        *self = row;
        Ok(())
    }

    /// Deletes the row, and what its `on_delete` takes with it. By value: nothing stale is left in hand.
    ///
    /// # Errors
    ///
    /// [`Error::Protected`] if the row is still pointed at; [`Error::Stale`] if it has a version, and was saved since it was
    /// read.
    #[track_caller]
    fn delete(self, db: &dyn Executor) -> Result<Deleted> {
        delete_row(&self, db, Location::caller())
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
    create_linked(new, db, Location::caller(), None)
}

/// The numbers of the fields that `save_fields` and `bulk_update` were given.
fn columns_of<M: Model, S: ColumnSet<M>>(f: impl FnOnce(Fields<M>) -> S) -> Result<Vec<usize>> {
    let columns = numbers_of::<M, S>(f);
    if let Some(key) = M::META.keys.iter().find(|key| columns.contains(key)) {
        let key = M::META.columns.get(*key).map_or("key", |column| column.name);
        return Err(Error::misuse(format!(
            "`{}.{key}` is the primary key: it finds the row, so it cannot be what is written",
            M::META.name
        )));
    }
    Ok(columns)
}

/// The numbers of fields.
fn numbers_of<M: Model, S: ColumnSet<M>>(f: impl FnOnce(Fields<M>) -> S) -> Vec<usize> {
    let mut names = Vec::new();
    f(root::<M>()).columns(&mut names);
    let number = |name: &&str| M::META.columns.iter().position(|column| column.name == *name);
    names.iter().filter_map(number).collect()
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
    let link = |(number, column): (usize, &'static ColumnMeta)| {
        let relation = column.relation.filter(|relation| relation.is_constrained())?;
        Some((relation.name, relation.target(), vec![bind(number)?.into_owned()]))
    };
    blame_links(error, connection, About { meta, at }, meta.columns.iter().enumerate().filter_map(link))
}

/// The same of links, each with the name of its relation, the model it leads to, and the keys it was given.
#[cold]
pub(crate) fn blame_links(
    error: Error,
    connection: &Connection<'_>,
    about: About,
    links: impl IntoIterator<Item = (&'static str, &'static ModelMeta, Vec<Bind<'static>>)>,
) -> Error {
    let Error::ForeignKey { relation: None, .. } = error else { return error };
    for (relation, target, keys) in links {
        if let Some(key) = missing_of(connection, about, target, keys) {
            let (relation, key) = (Some(relation), Some(key.to_string()));
            return Error::ForeignKey { model: about.meta.name, relation, key };
        }
    }
    error
}

/// The first of some keys that no row of a model has.
fn missing_of(
    connection: &Connection<'_>,
    about: About,
    target: &'static ModelMeta,
    keys: Vec<Bind<'static>>,
) -> Option<Bind<'static>> {
    let (value, there): (Alias, Alias) = ("value".into(), target.table.into());
    let key = Expr::column(&value, "value");
    let row = Select {
        columns: vec![Expr::One],
        from: vec![Source::first(target.table, there.clone())],
        filter: vec![Expr::eq(Expr::column(&there, target.key_column()), key.clone())],
        ..Select::default()
    };
    let table = TableRef::Array(Expr::Bind(Bind::Array(Arc::new(keys))));
    let select = Select {
        columns: vec![key.clone()],
        from: vec![Source { join: Join::Inner, table, alias: value, on: None }],
        filter: vec![Expr::is_not_null(key), Expr::not(Expr::Exists(Box::new(row)))],
        limit: Some(1),
        ..Select::default()
    };
    connection.diagnose(&sql::compile(&Statement::Select(select)), about).ok().flatten()
}
