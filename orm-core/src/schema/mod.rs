//! Tables from models, in an order in which every foreign key finds its target.
//!
//! A column that counts related rows comes with triggers. Tables are STRICT: a column holds what its type says, whoever writes.

mod counter;
mod names;

use std::panic::Location;

pub(crate) use counter::recount;

use crate::db::{About, Database, Executor, Need};
use crate::error::{Error, Result};
use crate::meta::{ColumnMeta, ColumnSource, Link, ModelMeta, RelationKind, RelationMeta};
use crate::sql;
use crate::statement::{ColumnDef, Computed, CreateIndex, CreateTable, References, Statement};
use crate::value::{Domain, Storage};

impl Database {
    /// Creates the tables of these models, their join tables and indexes, where they are not there yet; all of them or
    /// none.
    ///
    /// A table that is there is left as it is, whatever its columns are.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] where two models have one table, or a `HasOne` leads to a foreign key that is not unique;
    /// [`Error::Database`] with SQLite's message, for a CHECK that is no SQL, say.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// #[derive(Model)]
    /// pub struct Author {
    ///     pub id: i64,
    ///     pub name: String,
    /// }
    /// #[derive(Model)]
    /// #[model(check(name = "pages_positive", sql = "pages > 0"))]
    /// pub struct Book {
    ///     pub id: i64,
    ///     #[field(index)]
    ///     pub title: String,
    ///     #[field(default = 1)]
    ///     pub pages: i32,
    ///     #[relation(on_delete = Cascade)]
    ///     pub author: ForeignKey<Author>,
    /// }
    ///
    /// let db = Database::in_memory()?;
    /// // CREATE TABLE "book" ("id" INTEGER PRIMARY KEY, "title" TEXT NOT NULL, "pages" INTEGER NOT NULL DEFAULT 1,
    /// //     "author_id" INTEGER NOT NULL REFERENCES "author" ("id") ON DELETE CASCADE,
    /// //     CONSTRAINT "pages_positive" CHECK (pages > 0)) STRICT
    /// // CREATE INDEX "book_title_idx" ON "book" ("title") ..
    /// db.create_tables(models![Book, Author])?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn create_tables(&self, models: &[&'static ModelMeta]) -> Result<()> {
        let at = Location::caller();
        for (number, meta) in models.iter().enumerate() {
            let same = |other: &&&ModelMeta| other.table.eq_ignore_ascii_case(meta.table);
            let before = models.iter().take(number).filter(same).find(|other| !std::ptr::eq(**other, *meta));
            if let Some(other) = before {
                let (one, two, table) = (other.name, meta.name, meta.table);
                return Err(Error::misuse(format!("`{one}` and `{two}` both have the table \"{table}\"")));
            }
        }
        for meta in models {
            check_one_to_one(meta)?;
        }
        self.register(models);
        let mut statements = Vec::new();
        for meta in in_order(models) {
            statements.push((meta, Statement::CreateTable(table(meta))));
        }
        for meta in models {
            for relation in meta.relations {
                if let Some(join) = join_table(meta, relation) {
                    statements.extend(join.into_iter().map(|statement| (*meta, statement)));
                }
            }
            statements.extend(indexes(meta).map(|index| (*meta, Statement::CreateIndex(index))));
        }
        for meta in models {
            statements.extend(counter::triggers(meta).into_iter().map(|statement| (*meta, statement)));
        }
        self.run(Need::WriteAll, at, &mut |connection| {
            names::check(connection, &statements)?;
            for (meta, statement) in &statements {
                let created = connection.execute(&sql::compile(statement), About { meta, at });
                created.map_err(|error| match error {
                    Error::NoSuchColumn { model, column, .. } => Error::misuse(format!(
                        "a check or an index of `{model}` names a column \"{column}\" that its table does not have"
                    )),
                    error => error,
                })?;
            }
            Ok(())
        })
    }
}

/// A `HasOne` is one row at most only where the other side's foreign key is unique.
fn check_one_to_one(meta: &'static ModelMeta) -> Result<()> {
    for relation in meta.relations {
        let RelationKind::HasOne { via } = relation.kind else { continue };
        let target = relation.target();
        if target.field(via).is_some_and(|field| !field.unique) {
            return Err(Error::misuse(format!(
                "`{}` is one row at most, and `{}.{via}` is not unique: add `#[field(unique)]` to it",
                relation.full_name(),
                target.name
            )));
        }
    }
    Ok(())
}

/// The models, each after those its foreign keys point at; in a circle, as they came.
pub(crate) fn in_order(models: &[&'static ModelMeta]) -> Vec<&'static ModelMeta> {
    fn visit(
        meta: &'static ModelMeta,
        models: &[&'static ModelMeta],
        seen: &mut Vec<&'static str>,
        ordered: &mut Vec<&'static ModelMeta>,
    ) {
        if seen.contains(&meta.table) || !models.iter().any(|model| model.table == meta.table) {
            return;
        }
        seen.push(meta.table);
        for column in meta.columns {
            if let Some(relation) = column.relation {
                visit(relation.target(), models, seen, ordered);
            }
        }
        ordered.push(meta);
    }
    let (mut seen, mut ordered) = (Vec::new(), Vec::new());
    for meta in models {
        visit(meta, models, &mut seen, &mut ordered);
    }
    ordered
}

/// Whether one of the models points at one that comes after it: there is a circle.
#[cfg(feature = "testing")]
pub(crate) fn points_ahead(models: &[&'static ModelMeta]) -> bool {
    models.iter().enumerate().any(|(number, meta)| {
        let targets = meta.columns.iter().filter_map(|column| column.relation).map(RelationMeta::target);
        let mut after = targets.filter_map(|target| models.iter().position(|model| model.table == target.table));
        after.any(|place| place > number)
    })
}

fn table(meta: &'static ModelMeta) -> CreateTable {
    CreateTable {
        table: meta.table,
        columns: meta.columns.iter().map(|field| column(meta, field)).collect(),
        checks: meta.checks.iter().map(|check| (check.name, check.sql)).collect(),
        primary_key: if meta.is_composite() { meta.key_columns().map(|key| key.column).collect() } else { Vec::new() },
        uniques: Vec::new(),
    }
}

fn column(meta: &ModelMeta, column: &ColumnMeta) -> ColumnDef {
    let is_key = column.primary_key && !meta.is_composite();
    let is_rowid = is_key && column.storage == Storage::Integer;
    ColumnDef {
        name: column.column.to_owned(),
        storage: column.storage,
        not_null: !column.nullable && !is_rowid,
        primary_key: is_key,
        unique: column.unique,
        default: match column.source {
            ColumnSource::Counter(_) => Some("0"),
            ColumnSource::Version => Some("1"),
            _ => column.default,
        },
        computed: match column.source {
            ColumnSource::DefaultSql(sql) => Some(Computed::Default(sql)),
            ColumnSource::Generated { sql, stored } => Some(Computed::Generated { sql, stored }),
            _ => None,
        },
        domain: column.domain,
        length: (column.min_length, column.max_length),
        bounds: (column.min, column.max),
        references: column.relation.and_then(references),
    }
}

fn references(relation: &'static RelationMeta) -> Option<References> {
    match relation.kind {
        RelationKind::ForeignKey { constraint: true, on_delete, .. } => {
            let target = relation.target();
            Some(References { table: target.table, column: target.key_column(), on_delete: on_delete.sql() })
        }
        _ => None,
    }
}

fn indexes(meta: &'static ModelMeta) -> impl Iterator<Item = CreateIndex> {
    // The index of the key serves for its first column.
    let leads = |column: &ColumnMeta| meta.key_columns().next().is_some_and(|key| std::ptr::eq(key, column));
    let single = meta.columns.iter().filter(move |column| column.index && !column.unique && !leads(column));
    let single = single.map(|column| CreateIndex {
        name: format!("{}_{}_idx", meta.table, column.column),
        table: meta.table,
        columns: vec![column.column.to_owned()],
        unique: false,
    });
    let several = meta.indexes.iter().map(|index| CreateIndex {
        name: index.name.to_owned(),
        table: meta.table,
        columns: index
            .columns
            .iter()
            .filter_map(|column| meta.columns.get(*column))
            .map(|column| column.column.to_owned())
            .collect(),
        unique: index.unique,
    });
    single.chain(several)
}

/// The table between two models that no model of the user's describes.
fn join_table(meta: &'static ModelMeta, relation: &'static RelationMeta) -> Option<[Statement; 2]> {
    let RelationKind::ManyToMany(Link::Auto { .. }) = relation.kind else { return None };
    let through = relation.through(meta)?;
    let target = relation.target();
    let key = |name: String, meta: &'static ModelMeta| ColumnDef {
        name,
        storage: meta.columns.get(meta.key).map_or(Storage::Integer, |column| column.storage),
        not_null: true,
        primary_key: false,
        unique: false,
        default: None,
        computed: None,
        domain: Domain::Any,
        length: (None, None),
        bounds: (None, None),
        references: Some(References { table: meta.table, column: meta.key_column(), on_delete: "CASCADE" }),
    };
    let id = ColumnDef {
        name: "id".to_owned(),
        storage: Storage::Integer,
        not_null: false,
        primary_key: true,
        unique: false,
        default: None,
        computed: None,
        domain: Domain::Any,
        length: (None, None),
        bounds: (None, None),
        references: None,
    };
    let (from, to) = (through.from.name(), through.to.name());
    let table = CreateTable {
        table: through.table,
        columns: vec![id, key(from.clone(), meta), key(to.clone(), target)],
        checks: Vec::new(),
        primary_key: Vec::new(),
        uniques: vec![vec![from, to.clone()]],
    };
    let index = CreateIndex {
        name: format!("{}_{to}_idx", through.table),
        table: through.table,
        columns: vec![to],
        unique: false,
    };
    Some([Statement::CreateTable(table), Statement::CreateIndex(index)])
}

/// Models, for [`Database::create_tables`].
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64 }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64 }
/// let models: &[_] = models![Author, Book];
/// assert_eq!(models.len(), 2);
/// ```
#[macro_export]
macro_rules! models {
    ($($model:ty),* $(,)?) => {
        &[$(<$model as $crate::Model>::META),*]
    };
}
