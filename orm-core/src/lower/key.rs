//! Primary keys of several columns in conditions: compared column by column, so that their index serves.
//!
//! As a value such a key is `eager_key(a, b)`, which no index has. Where it is compared with keys that are known, or that a
//! query selects, the columns stand there themselves.

use std::sync::Arc;

use super::Lowerer;
use crate::error::Result;
use crate::meta::ModelMeta;
use crate::plan::{Node, NodeKind};
use crate::statement::{Alias, Expr, Function, Join, Operator, Select, Source, TableRef};
use crate::value::{Bind, unpack};

impl Lowerer {
    /// The columns of a composite key; none where the node is something else.
    fn key_columns(&mut self, node: &Node) -> Result<Option<Vec<Expr>>> {
        let NodeKind::RowKey(path) = node.kind() else { return Ok(None) };
        if path.last().is_some_and(|hop| !hop.relation.target().is_composite()) {
            return Ok(None);
        }
        self.check_root(path)?;
        let (alias, meta) = self.table(path)?;
        Ok(meta.is_composite().then(|| key_columns(meta, &alias)))
    }

    /// `key = value`, of a composite key and one that is known.
    pub(super) fn key_is(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Option<Expr>> {
        let NodeKind::Bind(Bind::Blob(packed)) = right.kind() else { return Ok(None) };
        if operator != Operator::Eq {
            return Ok(None);
        }
        let Some(columns) = self.key_columns(left)? else { return Ok(None) };
        let Some(parts) = unpack(packed).filter(|parts| parts.len() == columns.len()) else { return Ok(None) };
        let same = columns.into_iter().zip(parts).map(|(column, part)| Expr::eq(column, Expr::Bind(part)));
        Ok(Some(Expr::all(same.collect())))
    }

    /// `key IN (..)`, of a composite key and some that are known: `(a, b) IN (SELECT part 0, part 1 FROM rarray(?))`.
    pub(super) fn key_in(&mut self, key: &Node, keys: &[Bind<'static>]) -> Result<Option<Expr>> {
        let Some(columns) = self.key_columns(key)? else { return Ok(None) };
        let alias = self.fresh("keys");
        Ok(Some(row_in(columns, alias, Arc::new(keys.to_vec()))))
    }

    /// `key IN (SELECT key ..)`, of composite keys.
    pub(super) fn key_in_query(&mut self, key: &Node, select: &mut Select) -> Result<Option<Expr>> {
        match self.key_columns(key)? {
            Some(columns) if is_of_keys(select) => {
                apart(select);
                Ok(Some(Expr::Row(columns)))
            }
            _ => Ok(None),
        }
    }
}

/// The key of the rows of a table: its column, or the row of its columns. `select` selects such keys.
pub(super) fn own_key(meta: &'static ModelMeta, select: &mut Select) -> Expr {
    if !meta.is_composite() {
        return Expr::own(meta.key_column());
    }
    let columns = meta.key_columns().map(|column| Expr::own(column.column)).collect();
    if is_of_keys(select) {
        apart(select);
        return Expr::Row(columns);
    }
    Expr::Call(Function::Key, columns)
}

/// `(a, b) IN (SELECT part 0, part 1 FROM rarray(?))`.
fn row_in(columns: Vec<Expr>, alias: Alias, keys: Arc<Vec<Bind<'static>>>) -> Expr {
    let part = |number: i64| {
        let number = Expr::Bind(Bind::Integer(number));
        Expr::Call(Function::KeyPart, vec![Expr::column(&alias, "value"), number])
    };
    let table = TableRef::Array(Expr::Bind(Bind::Array(keys)));
    let select = Select {
        columns: (0..).take(columns.len()).map(part).collect(),
        from: vec![Source { join: Join::Inner, table, alias: alias.clone(), on: None }],
        ..Select::default()
    };
    Expr::InSelect(Box::new(Expr::Row(columns)), Box::new(select))
}

/// Whether the key of a row of the only table there is is among these.
pub(crate) fn own_key_in(meta: &'static ModelMeta, keys: &Arc<Vec<Bind<'static>>>) -> Expr {
    if meta.is_composite() {
        let columns = meta.key_columns().map(|column| Expr::own(column.column)).collect();
        return row_in(columns, "keys".into(), Arc::clone(keys));
    }
    let keys = Expr::Bind(Bind::Array(Arc::clone(keys)));
    Expr::InArray(Box::new(Expr::own(meta.key_column())), Box::new(keys))
}

/// The key of a row, as one value.
pub(crate) fn key_of(meta: &'static ModelMeta, alias: &Alias) -> Expr {
    if meta.is_composite() {
        Expr::Call(Function::Key, key_columns(meta, alias))
    } else {
        Expr::column(alias, meta.key_column())
    }
}

/// Values that are compared as one; a single one as it is.
pub(crate) fn row(mut values: Vec<Expr>) -> Expr {
    match (values.pop(), values.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            values.extend(last);
            Expr::Row(values)
        }
    }
}

/// The columns of the key of a row.
pub(crate) fn key_columns(meta: &'static ModelMeta, alias: &Alias) -> Vec<Expr> {
    meta.key_columns().map(|column| Expr::column(alias, column.column)).collect()
}

/// Whether what is selected are keys that can be taken apart, in every member.
fn is_of_keys(select: &Select) -> bool {
    let by_number = select.order.iter().any(|term| matches!(term.expr, Expr::Ordinal(_))) || !select.group.is_empty();
    matches!(select.columns.as_slice(), [Expr::Call(Function::Key, _)])
        && !by_number
        && !select.named
        && select.compound.iter().all(|(_, member)| is_of_keys(member))
}

fn apart(select: &mut Select) {
    if let [Expr::Call(Function::Key, columns)] = select.columns.as_mut_slice() {
        select.columns = std::mem::take(columns);
    }
    for (_, member) in &mut select.compound {
        apart(member);
    }
}
