//! The static description of a relation.
//!
//! | kind | the column is in | loads |
//! |---|---|---|
//! | `ForeignKey` | the model's own table | one row, by its key |
//! | `HasOne` | the target's table | one row or none, by the target's foreign key |
//! | `HasMany` | the target's table | any number of rows, by the target's foreign key |
//! | `ManyToMany` | a table between the two | any number of rows, joined with that table |

use super::ModelMeta;

/// A relation, as it is declared on one model.
#[derive(Debug)]
pub struct RelationMeta {
    /// The field's name.
    pub name: &'static str,
    /// The model it is declared on.
    pub model: &'static str,
    /// Where its loaded rows are kept.
    pub slot: usize,
    /// The model it leads to.
    pub target: fn() -> &'static ModelMeta,
    /// What kind it is.
    pub kind: RelationKind,
}

/// What kind a relation is, and who holds the column.
#[derive(Debug)]
pub enum RelationKind {
    /// This model holds the target's key.
    ForeignKey {
        /// The column.
        column: &'static str,
        /// Whether it may point at nothing.
        nullable: bool,
        /// Whether no two rows point at the same one.
        unique: bool,
        /// What becomes of this row when the target is deleted.
        on_delete: OnDelete,
        /// Whether the database enforces it.
        constraint: bool,
    },
    /// Many rows of the target hold this model's key.
    HasMany {
        /// The target's foreign key, by field name.
        via: &'static str,
    },
    /// At most one row of the target holds this model's key.
    HasOne {
        /// The target's foreign key, by field name.
        via: &'static str,
    },
    /// A table between the two holds the keys of both.
    ManyToMany(Link),
}

/// The table between the two models of a many-to-many relation.
#[derive(Debug)]
pub enum Link {
    /// A model of the user's.
    Through {
        /// That model.
        model: fn() -> &'static ModelMeta,
        /// Its foreign key to this model, by field name.
        from: &'static str,
        /// Its foreign key to the target, by field name.
        to: &'static str,
    },
    /// A table made for this relation.
    Auto {
        /// Its name.
        table: &'static str,
    },
    /// The table of the target's own relation of this name.
    Reverse {
        /// The target's many-to-many relation, by field name.
        via: &'static str,
    },
}

/// What becomes of a row when the row its foreign key points at is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The delete is refused.
    Protect,
    /// The delete is refused, unless this row goes in the same statement.
    Restrict,
    /// The foreign key becomes NULL.
    SetNull,
    /// The foreign key becomes its default.
    SetDefault,
    /// Nothing: the database refuses at the end of the statement.
    DoNothing,
}

impl OnDelete {
    /// The action in `CREATE TABLE`.
    pub fn sql(self) -> &'static str {
        match self {
            OnDelete::Cascade => "CASCADE",
            OnDelete::Protect => "RESTRICT",
            OnDelete::SetNull => "SET NULL",
            OnDelete::SetDefault => "SET DEFAULT",
            OnDelete::Restrict | OnDelete::DoNothing => "NO ACTION",
        }
    }
}

/// The table between two models, seen from one of them.
#[derive(Clone, Copy, Debug)]
pub struct Through {
    /// The table.
    pub table: &'static str,
    /// The column with this model's key.
    pub from: ThroughColumn,
    /// The column with the target's key.
    pub to: ThroughColumn,
    /// Whether each of its rows has a row of both models.
    pub complete: bool,
}

/// The user's own model between two others, seen from one of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkModel {
    /// The model.
    pub(crate) meta: &'static ModelMeta,
    /// Its foreign key to this model.
    pub(crate) from: &'static RelationMeta,
    /// Its foreign key to the target.
    pub(crate) to: &'static RelationMeta,
}

/// A column of a table between two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThroughColumn {
    /// A column of the user's own model.
    Named(&'static str),
    /// `<table>_id` of the model, in a table made for the relation; `from_<table>_id` where both models are one.
    Of {
        /// The model's table.
        table: &'static str,
        /// The prefix that tells the two sides of a self-relation apart.
        prefix: &'static str,
    },
}

impl ThroughColumn {
    /// The column's name.
    pub fn name(self) -> String {
        match self {
            ThroughColumn::Named(name) => name.to_owned(),
            ThroughColumn::Of { table, prefix } => format!("{prefix}{table}_id"),
        }
    }
}

impl RelationMeta {
    /// The model it leads to.
    pub fn target(&self) -> &'static ModelMeta {
        (self.target)()
    }

    /// Whether it is a foreign key that the database enforces.
    pub(crate) fn is_constrained(&self) -> bool {
        matches!(self.kind, RelationKind::ForeignKey { constraint: true, .. })
    }

    /// The user's own model of the table between, for a `ManyToMany` that has one.
    pub fn through_model(&self) -> Option<&'static ModelMeta> {
        Some(self.link_model()?.meta)
    }

    /// The same, with its foreign keys to the two.
    pub(crate) fn link_model(&self) -> Option<LinkModel> {
        match self.kind {
            RelationKind::ManyToMany(Link::Through { model, from, to }) => {
                let meta = model();
                Some(LinkModel { meta, from: meta.relation(from)?, to: meta.relation(to)? })
            }
            RelationKind::ManyToMany(Link::Reverse { via }) => {
                let LinkModel { meta, from, to } = self.target().relation(via)?.link_model()?;
                Some(LinkModel { meta, from: to, to: from })
            }
            _ => None,
        }
    }

    /// Whether it leads to one row at most.
    pub fn is_to_one(&self) -> bool {
        matches!(self.kind, RelationKind::ForeignKey { .. } | RelationKind::HasOne { .. })
    }

    /// Whether it is a foreign key, or one seen from the other side.
    pub fn is_link(&self) -> bool {
        !matches!(self.kind, RelationKind::ManyToMany(_))
    }

    /// Whether a row may have nothing there, so that a JOIN has to be a LEFT JOIN.
    pub fn is_optional(&self) -> bool {
        match self.kind {
            RelationKind::ForeignKey { nullable, constraint, .. } => nullable || !constraint,
            _ => true,
        }
    }

    /// What it is called in messages: the model it is declared on and the field.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.model, self.name)
    }

    /// The target's foreign key to this model, for `HasMany` and `HasOne`.
    pub(crate) fn via(&self) -> Option<&'static RelationMeta> {
        match self.kind {
            RelationKind::HasMany { via } | RelationKind::HasOne { via } => self.target().relation(via),
            _ => None,
        }
    }

    /// The column of that foreign key.
    pub fn via_column(&self) -> Option<&'static str> {
        match self.via()?.kind {
            RelationKind::ForeignKey { column, .. } => Some(column),
            _ => None,
        }
    }

    /// The table between the two models, for `ManyToMany`. `owner` is the model this relation is declared on.
    pub fn through(&self, owner: &'static ModelMeta) -> Option<Through> {
        let RelationKind::ManyToMany(link) = &self.kind else { return None };
        match *link {
            Link::Through { model, from, to } => {
                let through = model();
                let is_filled = |field| through.relation(field).is_some_and(|relation| !relation.is_optional());
                Some(Through {
                    complete: is_filled(from) && is_filled(to),
                    table: through.table,
                    from: ThroughColumn::Named(through.field(from)?.column),
                    to: ThroughColumn::Named(through.field(to)?.column),
                })
            }
            Link::Auto { table } => {
                let target = self.target();
                let (from, to) = if target.table == owner.table { ("from_", "to_") } else { ("", "") };
                Some(Through {
                    table,
                    complete: true,
                    from: ThroughColumn::Of { table: owner.table, prefix: from },
                    to: ThroughColumn::Of { table: target.table, prefix: to },
                })
            }
            Link::Reverse { via } => {
                let target = self.target();
                let there = target.relation(via)?.through(target)?;
                Some(Through { from: there.to, to: there.from, ..there })
            }
        }
    }
}
