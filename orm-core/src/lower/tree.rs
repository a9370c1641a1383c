//! Trees: the keys of the rows below, or above, the rows of a query.
//!
//! ```text
//! WITH RECURSIVE "tree" ("key", "depth") AS (
//!     SELECT t.key, 1 FROM t WHERE t.parent IN (roots)                                 -- above: SELECT t.parent, 1 ..
//!     UNION SELECT t.key, depth + 1 FROM tree JOIN t ON t.parent = tree.key WHERE depth < N
//! ) SELECT "key" FROM "tree"
//! ```
//!
//! Without a limit there is no depth, and UNION ends where nothing new is found: also where rows point at each other in
//! a circle.

use super::query::Purpose;
use super::{Lowerer, internal};
use crate::error::Result;
use crate::meta::RelationKind;
use crate::plan::Tree;
use crate::statement::{Expr, Join, Operator, Recursive, Select, Source, TableRef};
use crate::value::Bind;

impl Lowerer {
    /// `key IN (tree)`.
    pub(super) fn in_tree(&mut self, tree: &Tree) -> Result<Expr> {
        let here = self.row_key(&crate::plan::Path::default())?;
        let meta = tree.relation.target();
        let roots = self.query(&tree.roots.keys_only(), Purpose::Values)?.select;
        // The names of the recursion are its own: nothing else in it is the query's.
        let (name, row) = (self.fresh("tree"), self.fresh("row"));
        let key = || Expr::column(&row, meta.key_column());
        let (linked, found) = match tree.relation.kind {
            // Above: the rows whose keys the rows found so far hold.
            RelationKind::ForeignKey { column, .. } => (key(), Expr::column(&row, column)),
            _ => (Expr::column(&row, tree.relation.via_column().ok_or_else(internal)?), key()),
        };
        let reached = || Expr::column(&name, "depth");
        let one = || Expr::Bind(Bind::Integer(1));
        let source =
            |table, alias: &crate::statement::Alias, on| Source { join: Join::Inner, table, alias: alias.clone(), on };
        let mut seed = Select {
            columns: vec![found.clone()],
            from: vec![source(TableRef::Table(meta.table), &row, None)],
            filter: vec![Expr::InSelect(Box::new(linked.clone()), Box::new(roots)), Expr::is_not_null(found.clone())],
            ..Select::default()
        };
        let on = Expr::eq(linked, Expr::column(&name, "key"));
        let mut step = Select {
            columns: vec![found.clone()],
            from: vec![
                source(TableRef::Named(name.clone()), &name, None),
                source(TableRef::Table(meta.table), &row, Some(on)),
            ],
            filter: vec![Expr::is_not_null(found)],
            ..Select::default()
        };
        let mut columns = vec!["key"];
        if let Some(depth) = tree.depth {
            columns.push("depth");
            seed.columns.push(one());
            step.columns.push(Expr::binary(Operator::Add, reached(), one()));
            step.filter.push(Expr::binary(Operator::Lt, reached(), Expr::Bind(Bind::Integer(i64::from(depth)))));
            if depth == 0 {
                return Ok(Expr::any(Vec::new()));
            }
        }
        let select = Select {
            with: Some(Box::new(Recursive { name: name.clone(), columns, seed, step })),
            columns: vec![Expr::column(&name, "key")],
            from: vec![source(TableRef::Named(name.clone()), &name, None)],
            ..Select::default()
        };
        Ok(Expr::InSelect(Box::new(here), Box::new(select)))
    }
}
