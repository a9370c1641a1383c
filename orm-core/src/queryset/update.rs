//! Setting fields of rows by one statement, and saying which foreign key was at fault where it was refused.

use std::panic::Location;

use super::QuerySet;
use super::referrers::{Referrer, referrers};
use super::terminal::about;
use crate::db::{About, Connection, Executor, write_whole};
use crate::error::{Error, Result};
use crate::lookup::AssignSet;
use crate::lower;
use crate::meta::{RelationKind, RelationMeta};
use crate::model::{Fields, FieldsAt, Model};
use crate::plan::{Node, NodeKind, Plan};
use crate::sql;
use crate::statement::{Alias, Expr, Select, Source, Statement};
use crate::value::Bind;

impl<M: Model> QuerySet<M> {
    /// Sets fields of all rows in one statement; says how many rows there were.
    ///
    /// # Errors
    ///
    /// The constraints of the table, as typed errors; nothing is changed then. Of several foreign keys that are set, the
    /// one at fault is named, with the key that is missing, unless its check waits for the end of the transaction.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub price: f64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// // UPDATE "book" SET "price" = ("book"."price" * ?1) WHERE "book"."pages" < ?2
    /// let changed = Book::objects().filter(|b| b.pages().lt(10)).update(&db, |b| b.price().set(b.price() * 0.5))?;
    /// assert_eq!(changed, 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn update<A: AssignSet<M>>(&self, db: &dyn Executor, f: impl FnOnce(Fields<M>) -> A) -> Result<u64> {
        let at = Location::caller();
        let mut assigns = Vec::new();
        let mut plan = self.plan.clone();
        f(FieldsAt::at(plan.begin())).assigns(&mut assigns);
        let Some(statement) = lower::update(&plan, &assigns)? else { return Ok(0) };
        let sql = sql::compile(&statement);
        let mut changed = 0;
        write_whole(db, at, |connection| Ok(!connection.fails_midway()?), &mut |connection| {
            let about = about::<M>(at);
            let outcome = connection.execute(&sql, about);
            changed = outcome.map_err(|error| blame_set(error, connection, about, &plan, &assigns))?;
            Ok(())
        })?;
        Ok(changed)
    }
}

/// Says which of the foreign keys that were set points at nothing; SQLite does not. The statement has left nothing
/// behind, so what was set can be computed once more, of the same rows.
#[cold]
pub(crate) fn blame_set(
    error: Error,
    connection: &Connection<'_>,
    about: About,
    plan: &Plan,
    assigns: &[(Node, Node)],
) -> Error {
    let Error::ForeignKey { relation: None, .. } = error else { return error };
    for (column, value) in assigns {
        let NodeKind::ForeignKey(_, relation) = column.kind() else { continue };
        if !relation.is_constrained() {
            continue;
        }
        if let Ok(Some(key)) = dangling(connection, about, plan, relation, value) {
            let key = Some(key.to_string());
            return Error::ForeignKey { model: about.meta.name, relation: Some(relation.name), key };
        }
    }
    left_behind(connection, about, plan, assigns).unwrap_or(None).unwrap_or(error)
}

/// The error of a foreign key that points at a row whose own key was set to something else.
fn left_behind(
    connection: &Connection<'_>,
    about: About,
    plan: &Plan,
    assigns: &[(Node, Node)],
) -> Result<Option<Error>> {
    let key = about.meta.columns.get(about.meta.key).filter(|_| !about.meta.is_composite());
    let is_key = |(set, _): &&(Node, Node)| matches!(set.kind(), NodeKind::Column(_, set) if key.is_some_and(|key| std::ptr::eq(*set, key)));
    let Some((_, value)) = assigns.iter().find(is_key) else { return Ok(None) };
    let mut moved = Plan { roots: plan.roots.clone(), ..Plan::new(plan.meta) };
    moved.filters.extend([
        Node::new(NodeKind::InQuery(Node::own_key(), Box::new(plan.keys_only()))),
        Node::new(NodeKind::Not(Node::equal(Node::own_key(), value.clone()))),
    ]);
    let Some(Statement::Select(moved)) = lower::keys(&moved)? else { return Ok(None) };
    let models = connection.database().models_around(about.meta);
    for Referrer { meta, table, column, .. } in referrers(&models, about.meta, &*connection.declared()?) {
        let is_it = |relation: &&&RelationMeta| matches!(relation.kind, RelationKind::ForeignKey { column: own, .. } if own == column);
        let Some((meta, relation)) = meta.and_then(|meta| Some((meta, meta.relations.iter().find(is_it)?))) else {
            continue;
        };
        let alias: Alias = table.into();
        let points = Expr::column(&alias, column);
        let select = Select {
            columns: vec![points.clone()],
            from: vec![Source::first(table, alias)],
            filter: vec![Expr::InSelect(Box::new(points), Box::new(moved.clone()))],
            limit: Some(1),
            ..Select::default()
        };
        if let Some(key) = connection.diagnose(&sql::compile(&Statement::Select(select)), about)? {
            let (relation, key) = (Some(relation.name), Some(key.to_string()));
            return Ok(Some(Error::ForeignKey { model: meta.name, relation, key }));
        }
    }
    Ok(None)
}

/// A value of a row of the plan that is no key of the relation's target.
fn dangling(
    connection: &Connection<'_>,
    about: About,
    plan: &Plan,
    relation: &'static RelationMeta,
    value: &Node,
) -> Result<Option<Bind<'static>>> {
    let mut rows = Plan { roots: plan.roots.clone(), ..Plan::new(plan.meta) };
    rows.filters.push(Node::new(NodeKind::InQuery(Node::own_key(), Box::new(plan.keys_only()))));
    let keys = Plan::new(relation.target()).keys_only();
    let is_there = Node::new(NodeKind::InQuery(value.clone(), Box::new(keys)));
    rows.filters.extend([Node::new(NodeKind::IsNotNull(value.clone())), Node::new(NodeKind::Not(is_there))]);
    rows.selecting(std::slice::from_ref(value));
    rows.without_order();
    rows.limit = Some(1);
    connection.diagnose(&sql::compile(&lower::select(&rows)?.statement), about)
}
