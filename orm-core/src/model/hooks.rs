//! Hooks: what a model does before and after its rows are written one by one.

use super::Model;
use crate::db::Transaction;
use crate::error::Result;

/// A model with `#[model(hooks)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has hooks that nobody would call",
    label = "add `#[model(hooks)]` to `{Self}`"
)]
pub trait Hooked: Model {}

/// What happens around a write of one row. The model says `#[model(hooks)]`; each method does nothing unless it is written.
///
/// The hooks and the write are one transaction: an error from a hook undoes all of it and is the error of the call, and
/// what a hook writes through `tx` goes or stays with the row. The order is: defaults, the hook before, the rules of the
/// model, the statement, the hook after.
///
/// | | hooks that run |
/// |---|---|
/// | a builder's `save`, `create` of a queryset or a relation | `before_create`, `after_create` |
/// | `save`, `save_fields` of a row | `before_save`, `after_save` |
/// | `delete` of a row | `before_delete`, `after_delete` |
/// | **`bulk_create`, `bulk_update`, `update` and `delete` of a queryset, rows a cascade deletes, links of a many-to-many relation, raw SQL** | **none** |
///
/// What must hold whoever writes belongs into the database: a check, a generated column, a counter, a trigger.
///
/// # Examples
///
/// ```
/// use eager_orm::{Error, Hooks, Result, prelude::*};
///
/// #[derive(Model, Debug)]
/// #[model(hooks)]
/// pub struct Page {
///     pub id: i64,
///     pub title: String,
///     pub slug: String,
/// }
///
/// #[derive(Model)]
/// pub struct Change {
///     pub id: i64,
///     pub what: String,
/// }
///
/// impl Hooks for Page {
///     fn before_create(new: &mut NewPage, _: &Transaction<'_>) -> Result<()> {
///         new.slug = new.title.to_lowercase().replace(' ', "-");
///         Ok(())
///     }
///     fn after_save(&self, tx: &Transaction<'_>) -> Result<()> {
///         Change::create().what(format!("page {} is now {:?}", self.id, self.title)).save(tx).map(drop)
///     }
///     fn before_delete(&self, _: &Transaction<'_>) -> Result<()> {
///         if self.slug == "home" { Err(Error::refused("the home page stays")) } else { Ok(()) }
///     }
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Page, Change])?;
/// let mut page = Page::create().title("Home").slug("").save(&db)?; // BEGIN IMMEDIATE; INSERT INTO "page" ..; COMMIT
/// assert_eq!(page.slug, "home");
/// page.title = "Welcome".to_owned();
/// page.save(&db)?; // BEGIN IMMEDIATE; UPDATE "page" ..; INSERT INTO "change" ..; COMMIT
/// assert_eq!(Change::objects().count(&db)?, 1);
/// assert!(matches!(page.delete(&db), Err(Error::Refused { .. })));
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says `#[model(hooks)]` and has no `impl Hooks`",
    label = "write `impl Hooks for {Self} {{ .. }}`, or leave the word out"
)]
pub trait Hooks: Hooked {
    /// Before a row is inserted. It may change the row, whose defaults are filled in.
    ///
    /// # Errors
    ///
    /// Nothing is inserted then.
    fn before_create(new: &mut Self::New, tx: &Transaction<'_>) -> Result<()> {
        let _ = (new, tx);
        Ok(())
    }

    /// After it was inserted.
    ///
    /// # Errors
    ///
    /// Nothing was inserted then.
    fn after_create(&self, tx: &Transaction<'_>) -> Result<()> {
        let _ = tx;
        Ok(())
    }

    /// Before a row is saved. It may change the row; of `save_fields`, only the fields that were named are written.
    ///
    /// # Errors
    ///
    /// Nothing is written then. What was changed in memory stays changed.
    fn before_save(&mut self, tx: &Transaction<'_>) -> Result<()> {
        let _ = tx;
        Ok(())
    }

    /// After it was saved.
    ///
    /// # Errors
    ///
    /// Nothing was written then.
    fn after_save(&self, tx: &Transaction<'_>) -> Result<()> {
        let _ = tx;
        Ok(())
    }

    /// Before a row is deleted.
    ///
    /// # Errors
    ///
    /// Nothing is deleted then.
    fn before_delete(&self, tx: &Transaction<'_>) -> Result<()> {
        let _ = tx;
        Ok(())
    }

    /// After it was deleted, and what goes with it.
    ///
    /// # Errors
    ///
    /// Nothing was deleted then.
    fn after_delete(&self, tx: &Transaction<'_>) -> Result<()> {
        let _ = tx;
        Ok(())
    }
}

/// What is about to happen to a row, or just has.
pub enum Event<'a, M: Model> {
    /// It is inserted.
    BeforeCreate(&'a mut M::New),
    /// It was inserted.
    AfterCreate(&'a M),
    /// It is saved.
    BeforeSave(&'a mut M),
    /// It was saved.
    AfterSave(&'a M),
    /// It is deleted.
    BeforeDelete(&'a M),
    /// It was deleted.
    AfterDelete(&'a M),
}

/// Calls the hook of an event.
///
/// # Errors
///
/// What the hook returns.
pub fn call<M: Hooks>(event: Event<'_, M>, tx: &Transaction<'_>) -> Result<()> {
    match event {
        Event::BeforeCreate(new) => M::before_create(new, tx),
        Event::AfterCreate(row) => row.after_create(tx),
        Event::BeforeSave(row) => row.before_save(tx),
        Event::AfterSave(row) => row.after_save(tx),
        Event::BeforeDelete(row) => row.before_delete(tx),
        Event::AfterDelete(row) => row.after_delete(tx),
    }
}
