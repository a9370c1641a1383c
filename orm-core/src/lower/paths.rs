//! Paths to tables: which JOIN a column needs, and when none.

use super::key::key_of;
use super::{Bound, Frame, Lowerer, internal};
use crate::error::{Error, Result};
use crate::meta::{ColumnMeta, ModelMeta, RelationKind, RelationMeta};
use crate::plan::{Hop, Path};
use crate::statement::{Alias, Expr, Join, Source, TableRef};

impl Lowerer {
    /// The table at the end of a path, joined if it is not there yet.
    pub(super) fn table(&mut self, path: &Path) -> Result<(Alias, &'static ModelMeta)> {
        if let Some(bound) = self.bound(path, false) {
            return Ok((bound.alias.clone(), bound.meta));
        }
        let Some(hop) = path.last() else { return Err(internal()) };
        let target = hop.relation.target();
        match hop.relation.kind {
            RelationKind::ManyToMany(_) => {
                // The link is there already (an EXISTS or a selection opened it); only the target is missing.
                let through = self.through(hop)?;
                let Some(link) = self.bound(path, true) else { return Err(closed(hop.relation)) };
                let (link_alias, is_left) = (link.alias.clone(), link.is_left);
                let alias = self.fresh(hop.relation.name);
                let on =
                    Expr::eq(Expr::column(&alias, target.key_column()), Expr::column(&link_alias, through.to.name()));
                self.join(path, target, alias.clone(), on, is_left)?;
                Ok((alias, target))
            }
            RelationKind::HasMany { .. } => Err(closed(hop.relation)),
            RelationKind::ForeignKey { column, .. } => {
                let (before, _) = self.table(&hop.before)?;
                let alias = self.fresh(hop.relation.name);
                let on = Expr::eq(Expr::column(&alias, target.key_column()), Expr::column(&before, column));
                // A LEFT JOIN, whether the key may be NULL or not: a key that points at nothing (foreign keys can be
                // switched off by whoever else writes) must not lose its row. Where a condition needs the related
                // row, SQLite makes an inner join of it.
                self.join(path, target, alias.clone(), on, true)?;
                Ok((alias, target))
            }
            RelationKind::HasOne { .. } => {
                let here = self.row_key(&hop.before)?;
                let alias = self.fresh(hop.relation.name);
                let on = Expr::eq(Expr::column(&alias, via_column(hop.relation)?), here);
                self.join(path, target, alias.clone(), on, true)?;
                Ok((alias, target))
            }
        }
    }

    /// A column of the model at the end of a path. The key of a row needs no JOIN where this side has it.
    pub(super) fn column(&mut self, path: &Path, column: &'static ColumnMeta) -> Result<Expr> {
        if column.primary_key
            && let Some(trimmed) = self.trimmed_key(path)?
        {
            return Ok(trimmed);
        }
        let (alias, _) = self.table(path)?;
        Ok(Expr::column(&alias, column.column))
    }

    /// The foreign key column of a relation of the model at the end of a path.
    pub(super) fn foreign_key(&mut self, path: &Path, relation: &'static RelationMeta) -> Result<Expr> {
        let RelationKind::ForeignKey { column, .. } = relation.kind else { return Err(internal()) };
        let (alias, _) = self.table(path)?;
        Ok(Expr::column(&alias, column))
    }

    /// The key of the row at the end of a path.
    pub(super) fn row_key(&mut self, path: &Path) -> Result<Expr> {
        if let Some(trimmed) = self.trimmed_key(path)? {
            return Ok(trimmed);
        }
        let (alias, meta) = self.table(path)?;
        Ok(key_of(meta, &alias))
    }

    /// The key of a related row, as this side's own column: `book.author_id` for `b.author().id()`.
    fn trimmed_key(&mut self, path: &Path) -> Result<Option<Expr>> {
        let Some(hop) = path.last() else { return Ok(None) };
        if self.bound(path, false).is_some() {
            return Ok(None);
        }
        match hop.relation.kind {
            RelationKind::ForeignKey { column, .. } => {
                let (before, _) = self.table(&hop.before)?;
                Ok(Some(Expr::column(&before, column)))
            }
            RelationKind::ManyToMany(_) => {
                let through = self.through(hop)?;
                Ok(self.bound(path, true).map(|link| Expr::column(&link.alias, through.to.name())))
            }
            _ => Ok(None),
        }
    }

    /// How a to-many relation's rows hang on this side: its first table, and the condition that links it.
    /// (For a many-to-many relation that is the table between.)
    pub(super) fn open(&mut self, path: &Path) -> Result<Opening> {
        let Some(hop) = path.last() else { return Err(internal()) };
        let here = self.row_key(&hop.before)?;
        match hop.relation.kind {
            RelationKind::ManyToMany(_) => {
                let through = self.through(hop)?;
                let alias = self.fresh(through.table);
                let link = Expr::eq(Expr::column(&alias, through.from.name()), here);
                Ok(Opening { path: path.clone(), table: through.table, alias, is_through: true, link })
            }
            _ => {
                let alias = self.fresh(hop.relation.name);
                let link = Expr::eq(Expr::column(&alias, via_column(hop.relation)?), here);
                Ok(Opening { path: path.clone(), table: hop.relation.target().table, alias, is_through: false, link })
            }
        }
    }

    /// The table between the two models of a many-to-many relation.
    fn through(&self, hop: &Hop) -> Result<crate::meta::Through> {
        let owner = match hop.before.last() {
            Some(before) => before.relation.target(),
            None => self.root().ok_or_else(internal)?,
        };
        hop.relation.through(owner).ok_or_else(|| no_link(hop.relation))
    }

    /// The model the current plan is about.
    fn root(&self) -> Option<&'static ModelMeta> {
        self.contexts.last()?.root()
    }

    /// What a path stands for in the current plan, the innermost frame first.
    pub(super) fn bound(&self, path: &Path, is_through: bool) -> Option<&Bound> {
        let context = self.contexts.last()?;
        let seen = if crosses_many(path) { context.hidden } else { 0 };
        context.frames.iter().skip(seen).rev().find_map(|frame| frame.find(path, is_through))
    }

    /// Joins a table in the frame that has what it hangs on: the nearest table on its path, for the key of a row may be
    /// a column of the table before.
    fn join(&mut self, path: &Path, meta: &'static ModelMeta, alias: Alias, on: Expr, optional: bool) -> Result<()> {
        let Some(context) = self.contexts.last_mut() else { return Err(internal()) };
        let mut nearest = path.clone();
        loop {
            let seen = if crosses_many(&nearest) { context.hidden } else { 0 };
            for frame in context.frames.iter_mut().skip(seen).rev() {
                let Some(base) = frame.find(&nearest, true).or_else(|| frame.find(&nearest, false)) else { continue };
                let is_left = optional || base.is_left;
                let join = if is_left { Join::Left } else { Join::Inner };
                frame.from.push(Source {
                    join,
                    table: TableRef::Table(meta.table),
                    alias: alias.clone(),
                    on: Some(on),
                });
                frame.bind(path.clone(), meta, &alias, is_left);
                return Ok(());
            }
            nearest = nearest.last().ok_or_else(internal)?.before.clone();
        }
    }
}

/// The first table of a to-many relation, before it stands in a FROM clause.
pub(super) struct Opening {
    pub(super) path: Path,
    pub(super) table: &'static str,
    pub(super) alias: Alias,
    pub(super) is_through: bool,
    pub(super) link: Expr,
}

impl Opening {
    /// Puts the table into a frame, with the link as its ON clause or handed back for the WHERE clause.
    pub(super) fn enter(self, frame: &mut Frame, join: Option<Join>) -> Option<Expr> {
        let hop = self.path.last()?;
        let meta = hop.relation.target();
        let (on, rest) = match join {
            Some(_) => (Some(self.link), None),
            None => (None, Some(self.link)),
        };
        let is_left = join == Some(Join::Left);
        let join = join.unwrap_or(Join::Inner);
        frame.from.push(Source { join, table: TableRef::Table(self.table), alias: self.alias.clone(), on });
        frame.bound.push(Bound { path: self.path, is_through: self.is_through, alias: self.alias, meta, is_left });
        rest
    }
}

impl Frame {
    fn find(&self, path: &Path, is_through: bool) -> Option<&Bound> {
        self.bound.iter().find(|bound| bound.is_through == is_through && bound.path == *path)
    }
}

fn crosses_many(path: &Path) -> bool {
    path.prefixes().iter().filter_map(Path::last).any(|hop| !hop.relation.is_to_one())
}

fn via_column(relation: &'static RelationMeta) -> Result<&'static str> {
    relation.via_column().ok_or_else(|| no_link(relation))
}

/// A relation whose other side is not there.
pub(crate) fn no_link(relation: &RelationMeta) -> Error {
    Error::misuse(format!("`{}`: the other model has no such relation back", relation.full_name()))
}

fn closed(relation: &RelationMeta) -> Error {
    Error::misuse(format!("`{}` leads to many rows: there is not one value of it here", relation.full_name()))
}
