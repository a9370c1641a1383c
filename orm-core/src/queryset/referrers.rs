//! What points at the rows of a model, by what the models say and by what the tables say.

use std::borrow::Cow;

use crate::db::{Declared, Native};
use crate::meta::{Link, ModelMeta, OnDelete, RelationKind};
use crate::statement::Expr;
use crate::value::{Bind, Now};

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
    /// What it becomes with `SetDefault`.
    pub(super) default: Option<SetTo>,
}

/// The default of a foreign key.
pub(super) enum SetTo {
    /// A literal, which stands in the table too.
    Literal(&'static str),
    /// One that only the program knows.
    Value(Bind<'static>),
}

impl SetTo {
    pub(super) fn expr(&self) -> Expr {
        match self {
            SetTo::Literal(literal) => Expr::Literal(literal),
            SetTo::Value(value) => Expr::Bind(value.clone()),
        }
    }
}

fn set_to(meta: &'static ModelMeta, column: &str) -> SetTo {
    let own = meta.columns.iter().enumerate().find(|(_, own)| own.column == column);
    if let Some(literal) = own.and_then(|(_, own)| own.default) {
        return SetTo::Literal(literal);
    }
    SetTo::Value(own.and_then(|(number, _)| (meta.defaults)(number, &Now::read())).unwrap_or(Bind::Null))
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
                        default: (*on_delete == OnDelete::SetDefault).then(|| set_to(meta, column)),
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
///
/// A row that protects refuses also where it would go itself. SQLite asks it when what it points at goes, and by then it may
/// be gone: it is left to SQLite only where its model is none of which rows go.
pub(super) fn native(models: &[&'static ModelMeta], root: &'static ModelMeta, declared: &Declared) -> Native {
    let (mut going, mut protecting, mut along, mut next) = (vec![root], Vec::new(), Vec::new(), 0);
    while let Some(held) = going.get(next).copied() {
        for referrer in referrers(models, held, declared) {
            let key = declared.keys.iter().find(|key| {
                let is_it = same(&key.table, referrer.table) && same(&key.column, &referrer.column);
                is_it && key.others.is_empty() && same(&key.parent, held.table)
            });
            let does = key.map(|key| key.on_delete.as_str());
            let agrees = match referrer.on_delete {
                OnDelete::SetDefault if matches!(referrer.default, Some(SetTo::Value(_))) => false,
                OnDelete::DoNothing if !referrer.constraint => does.is_none_or(|does| does == "NO ACTION"),
                on_delete => does == Some(on_delete.sql()),
            };
            if !agrees || key.is_some_and(|key| !key.is_told) {
                return Native::No;
            }
            match (referrer.on_delete, referrer.meta) {
                (OnDelete::Protect, _) => protecting.push(referrer.table),
                (OnDelete::Cascade, Some(meta)) => {
                    let known = going.iter().position(|model| std::ptr::eq(*model, meta));
                    along.push((next, known.unwrap_or(going.len())));
                    if known.is_none() {
                        going.push(meta);
                    }
                }
                _ => {}
            }
        }
        next += 1;
    }
    if protecting.iter().any(|table| going.iter().any(|meta| same(meta.table, table))) {
        Native::No
    } else if declared.fails_midway {
        Native::InPart
    } else if has_circle(along) {
        Native::InChains
    } else {
        Native::Yes
    }
}

/// Whether steps from one number to another come back to one.
fn has_circle(mut steps: Vec<(usize, usize)>) -> bool {
    loop {
        let known = steps.clone();
        steps.retain(|(_, to)| known.iter().any(|(from, _)| from == to));
        if steps.len() == known.len() {
            return !steps.is_empty();
        }
    }
}
