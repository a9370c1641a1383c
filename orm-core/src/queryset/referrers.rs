//! What points at the rows of a model, by what the models say and by what the tables say.

use std::borrow::Cow;

use crate::db::Declared;
use crate::meta::{Link, ModelMeta, OnDelete, RelationKind};

/// A foreign key that points at the rows of a model.
pub(super) struct Referrer {
    /// The model that has it; none for a table that was made for a many-to-many relation.
    pub(super) meta: Option<&'static ModelMeta>,
    pub(super) table: &'static str,
    pub(super) column: Cow<'static, str>,
    pub(super) on_delete: OnDelete,
    /// Whether its table has to declare it.
    constraint: bool,
    /// What it is called in messages, as `Review.book`.
    pub(super) name: String,
    /// What it becomes with `SetDefault`, where that is a literal.
    pub(super) default: Option<&'static str>,
}

/// SQLite compares names without case.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The foreign keys among these models, and in tables that are there, that point at the rows of one of them, each once.
pub(super) fn referrers(models: &[&'static ModelMeta], held: &ModelMeta, declared: &Declared) -> Vec<Referrer> {
    let mut found: Vec<Referrer> = Vec::new();
    let mut add = |referrer: Referrer, is_exact: bool| {
        let known = |other: &&mut Referrer| same(other.table, referrer.table) && same(&other.column, &referrer.column);
        match found.iter_mut().find(known) {
            // Two models of one table: the one that names this very model knows more of it.
            Some(other) if is_exact => *other = referrer,
            Some(_) => {}
            None => found.push(referrer),
        }
    };
    for meta in models {
        for relation in meta.relations {
            let target = relation.target();
            match &relation.kind {
                RelationKind::ForeignKey { column, on_delete, constraint, .. } if same(target.table, held.table) => {
                    let referrer = Referrer {
                        meta: Some(meta),
                        table: meta.table,
                        column: Cow::Borrowed(column),
                        on_delete: *on_delete,
                        constraint: *constraint,
                        name: relation.full_name(),
                        default: meta.columns.iter().find(|own| own.column == *column).and_then(|own| own.default),
                    };
                    add(referrer, std::ptr::eq(target, held));
                }
                RelationKind::ManyToMany(Link::Auto { .. }) => {
                    let Some(through) = relation.through(meta) else { continue };
                    for (model, column) in [(*meta, through.from), (target, through.to)] {
                        if same(model.table, held.table) {
                            let referrer = Referrer {
                                meta: None,
                                table: through.table,
                                column: Cow::Owned(column.name()),
                                on_delete: OnDelete::Cascade,
                                constraint: true,
                                name: relation.full_name(),
                                default: None,
                            };
                            add(referrer, false);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    // A model may be known and have no table in this database.
    found.retain(|referrer| declared.has_table(referrer.table));
    // What refuses is asked before anything else.
    found.sort_by_key(|referrer| referrer.on_delete != OnDelete::Protect);
    found
}

/// Whether the tables do by themselves what the models say when rows of this one are deleted, and SQLite counts it.
pub(super) fn is_native(models: &[&'static ModelMeta], root: &'static ModelMeta, declared: &Declared) -> bool {
    let (mut seen, mut next) = (vec![root], 0);
    while let Some(held) = seen.get(next).copied() {
        next += 1;
        for referrer in referrers(models, held, declared) {
            let key = declared.keys.iter().find(|key| {
                same(&key.table, referrer.table) && same(&key.column, &referrer.column) && same(&key.parent, held.table)
            });
            let does = key.map(|key| key.on_delete.as_str());
            let agrees = match referrer.on_delete {
                OnDelete::DoNothing if !referrer.constraint => does.is_none_or(|does| does == "NO ACTION"),
                on_delete => does == Some(on_delete.sql()),
            };
            if !agrees || key.is_some_and(|key| !key.is_told) {
                return false;
            }
            if let (OnDelete::Cascade, Some(meta)) = (referrer.on_delete, referrer.meta)
                && !seen.iter().any(|model| std::ptr::eq(*model, meta))
            {
                seen.push(meta);
            }
        }
    }
    true
}
