//! Rows that may be there already.
//!
//! `get_or_create` asks first, where readers ask. What it inserts then says itself that no such row may be there, in the
//! same statement, so of two that ask at once one creates, with a UNIQUE constraint or without. `update_or_create` is
//! one transaction, in which nobody else writes.

use std::panic::Location;

use super::insert::{Link, RowInsert, insert_with};
use crate::db::{About, Connection, Executor, Need};
use crate::error::{Error, Result};
use crate::group::{Cursor, Group, Layout, Members};
use crate::lookup::{AssignSet, Predicate};
use crate::lower;
use crate::meta::ModelMeta;
use crate::model::{Complete, Fields, Model, decode_error, root};
use crate::plan::{Node, NodeKind, Path, Plan};
use crate::queryset::{QuerySet, blame_set, read_keys};
use crate::sql;
use crate::statement::{Statement, Update};
use crate::value::{Bind, KeyRef, Now};

impl<M: Model> QuerySet<M> {
    /// The one row for which a condition holds, or else a new one; and whether it is new.
    ///
    /// It is right under a race: the row is inserted only if there is still none, and if another writer's row is in the
    /// way of a UNIQUE constraint, it is asked for once more. The new row says itself what it is: its fields are not
    /// taken from the condition, and not from the conditions of the queryset.
    ///
    /// # Errors
    ///
    /// [`Error::MultipleObjectsReturned`] where there are several; the constraints of the table, as typed errors.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, #[field(unique)] pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// // SELECT .. FROM "tag" WHERE "tag"."name" = ?1 LIMIT ?2
    /// // INSERT INTO "tag" ("id", "name") SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM "tag" WHERE ..)
    /// let (tag, created) = Tag::objects().get_or_create(&db, |t| t.name().eq("sf"), Tag::create().name("sf"))?;
    /// assert!(created);
    /// let (same, created) = Tag::objects().get_or_create(&db, |t| t.name().eq("sf"), Tag::create().name("sf"))?;
    /// assert!(same.id == tag.id && !created); // one SELECT
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_or_create<P: Predicate<M>>(
        &self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<M>) -> P,
        new: impl Complete<M>,
    ) -> Result<(M, bool)> {
        get_or_insert(&self.clone().filter(f), || new.into_new(), db, Location::caller(), None)
    }

    /// Sets fields of the one row for which a condition holds, or else inserts a new one; the row as it is now, and
    /// whether it is new.
    ///
    /// All of it is one transaction. The new row says itself what it is: nothing is set on it. Of a row that is there the
    /// fields with `auto_now` are renewed, as by a save; hooks run for a new row only.
    ///
    /// # Errors
    ///
    /// [`Error::MultipleObjectsReturned`] where there are several; the constraints of the table, as typed errors. Nothing
    /// is written then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Page { pub id: i64, #[field(unique)] pub path: String, pub hits: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Page])?;
    /// let hit = |db: &Database| {
    ///     // BEGIN IMMEDIATE; SELECT "page"."id" ..; UPDATE "page" SET "hits" = ("page"."hits" + ?1) .. RETURNING ..; COMMIT
    ///     let new = Page::create().path("/").hits(1);
    ///     Page::objects().update_or_create(db, |p| p.path().eq("/"), |p| p.hits().set(p.hits() + 1), new)
    /// };
    /// assert!(hit(&db)?.1);
    /// assert_eq!(hit(&db)?.0.hits, 2);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn update_or_create<P: Predicate<M>, A: AssignSet<M>>(
        &self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<M>) -> P,
        set: impl FnOnce(Fields<M>) -> A,
        new: impl Complete<M>,
    ) -> Result<(M, bool)> {
        update_or_insert(&self.clone().filter(f), set, || new.into_new(), db, Location::caller(), None)
    }
}

/// The one row of a queryset, or else a new one, and whether it is new.
pub(crate) fn get_or_insert<M: Model>(
    these: &QuerySet<M>,
    new: impl FnOnce() -> Result<M::New>,
    db: &dyn Executor,
    at: &'static Location<'static>,
    link: Link<'_>,
) -> Result<(M, bool)> {
    match these.get_at(db, at) {
        Err(Error::DoesNotExist { .. }) => {}
        there => return Ok((there?, false)),
    }
    match insert_unless(&these.plan, new()?, db, at, link) {
        Ok(Some(row)) => Ok((row, true)),
        // Another writer has been quicker.
        Ok(None) => Ok((these.get_at(db, at)?, false)),
        Err(error @ Error::Unique { .. }) => match these.get_at(db, at) {
            Ok(row) => Ok((row, false)),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Inserts a row if there is none of a plan.
fn insert_unless<M: Model>(
    plan: &Plan,
    new: M::New,
    db: &dyn Executor,
    at: &'static Location<'static>,
    link: Link<'_>,
) -> Result<Option<M>> {
    insert_with(&RowInsert::unless(plan)?, new, db, at, link)
}

/// Sets fields of the one row of a queryset, or else inserts a new one.
pub(crate) fn update_or_insert<M: Model, A: AssignSet<M>>(
    these: &QuerySet<M>,
    set: impl FnOnce(Fields<M>) -> A,
    new: impl FnOnce() -> Result<M::New>,
    db: &dyn Executor,
    at: &'static Location<'static>,
    link: Link<'_>,
) -> Result<(M, bool)> {
    let about = About { meta: M::META, at };
    let mut assigns = Vec::new();
    set(root::<M>()).assigns(&mut assigns);
    renew(M::META, &mut assigns);
    let mut new = Some(new()?);
    let insert = RowInsert::new(M::META);
    let mut two = these.plan.clone();
    two.limit = Some(two.limit.map_or(2, |limit| limit.min(2)));
    let keys = lower::keys(&two)?;
    let mut outcome = None;
    db.transact(true, at, &mut |tx| {
        let mut found = Vec::new();
        tx.run(Need::Read, at, &mut |connection| {
            if let Some(keys) = &keys {
                found = read_keys(connection, keys, about)?;
            }
            Ok(())
        })?;
        match found.as_slice() {
            [] => {
                let row = new.take().map_or(Ok(None), |new| insert_with(&insert, new, tx, at, link))?;
                outcome = row.map(|row| (row, true));
                Ok(())
            }
            [key] => tx.run(Need::Write, at, &mut |connection| {
                outcome = Some((update_one(connection, key, &assigns, about)?, false));
                Ok(())
            }),
            _ => Err(Error::MultipleObjectsReturned { model: M::META.name }),
        }
    })?;
    outcome.ok_or(Error::DoesNotExist { model: M::META.name, key: None })
}

/// The time in every column that a save renews and of which nothing is said.
fn renew(meta: &'static ModelMeta, assigns: &mut Vec<(Node, Node)>) {
    let now = Now::read();
    for (number, column) in meta.columns.iter().enumerate().filter(|(_, column)| column.renewed) {
        let is_it = |node: &Node| matches!(node.kind(), NodeKind::Column(_, set) if std::ptr::eq(*set, column));
        if !assigns.iter().any(|(set, _)| is_it(set)) {
            let time = (meta.defaults)(number, &now).unwrap_or(Bind::Null);
            assigns.push((Node::new(NodeKind::Column(Path::default(), column)), Node::bind(time)));
        }
    }
}

/// `UPDATE .. WHERE key RETURNING ..`: the row as it is now.
fn update_one<M: Model>(
    connection: &Connection<'_>,
    key: &Bind<'static>,
    assigns: &[(Node, Node)],
    about: About,
) -> Result<M> {
    let gone = || Error::DoesNotExist { model: M::META.name, key: Some(key.to_string()) };
    let mut plan = Plan::new(M::META);
    plan.filters.push(Node::key_is(KeyRef::of_bind(key).ok_or_else(gone)?));
    let Some(Statement::Update(update)) = lower::update(&plan, assigns)? else { return Err(gone()) };
    let returning = M::META.columns.iter().map(|column| column.column.into()).collect();
    let sql = sql::compile(&Statement::Update(Update { returning, ..update }));
    let layout = Layout::default();
    let group = Group::open(M::META, connection.database().home(None, about.at), None);
    let mut found = None;
    let outcome = connection.query(&sql, about, |row| {
        let mut cursor = Cursor::new(row, &layout, &group, 0);
        match M::decode(&mut cursor) {
            Ok(row) => found = Some(row),
            Err(mismatch) => return Err(decode_error(M::META, &layout, cursor.column(), mismatch)),
        }
        Ok(())
    });
    outcome.map_err(|error| blame_set(error, connection, about, &plan, assigns))?;
    let row = found.ok_or_else(gone)?;
    let mut members = Members::new(M::META);
    row.list_keys(&mut members);
    group.seal(members);
    Ok(row)
}
