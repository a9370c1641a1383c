//! Values: each node of a plan as an expression of the statement.

use std::sync::Arc;

use super::query::{Purpose, Query};
use super::{Context, Lowerer, internal};
use crate::error::{Error, Result};
use crate::meta::{ModelMeta, Through};
use crate::plan::{AggregateNode, Node, NodeKind, OrderNode, Path, Plan, WindowNode};
use crate::statement::{Expr, Function, Operator, OrderTerm, Select, Source};
use crate::value::{Bind, Storage};

impl Lowerer {
    pub(super) fn value(&mut self, node: &Node) -> Result<Expr> {
        if node.is_condition() {
            let mut paths = Vec::new();
            self.many_paths(node, &mut paths);
            if !paths.is_empty() {
                return self.scope(node);
            }
        }
        Ok(match node.kind() {
            NodeKind::Column(path, column) => {
                self.check_root(path)?;
                self.column(path, column)?
            }
            NodeKind::ForeignKey(path, relation) => {
                self.check_root(path)?;
                self.foreign_key(path, relation)?
            }
            NodeKind::RowKey(path) => {
                self.check_root(path)?;
                self.row_key(path)?
            }
            NodeKind::Absent(path) => self.absent(path)?,
            NodeKind::Bind(bind) => Expr::Bind(bind.clone()),
            NodeKind::Binary(operator, left, right) => self.binary(*operator, left, right)?,
            NodeKind::And(..) | NodeKind::Or(..) | NodeKind::Xor(..) | NodeKind::Not(_) => self.scope_of(node)?,
            NodeKind::IsNull(inner) => Expr::IsNull(Box::new(self.value(inner)?)),
            NodeKind::IsNotNull(inner) => Expr::is_not_null(self.value(inner)?),
            NodeKind::Between(value, low, high) => self.between(value, low, high)?,
            NodeKind::InList(value, list) => self.in_list(value, list)?,
            NodeKind::InQuery(value, plan) => self.in_query(value, plan)?,
            NodeKind::Text(lookup, text, what) => self.text(*lookup, text, what)?,
            NodeKind::Call(function, arguments) => {
                Expr::Call(*function, arguments.iter().map(|argument| self.value(argument)).collect::<Result<_>>()?)
            }
            NodeKind::Aggregate(node) => self.aggregate(node)?,
            NodeKind::Case(arms, otherwise) => self.case(arms, otherwise.as_ref())?,
            NodeKind::Cast(inner, storage) => self.cast(inner, *storage)?,
            NodeKind::DatePart(part, form, inner) => self.date_part(*part, *form, inner)?,
            NodeKind::Truncated(truncation, inner) => self.truncated(*truncation, inner)?,
            NodeKind::Negate(inner) => Expr::Negate(Box::new(self.value(inner)?)),
            NodeKind::Window(window) => self.window(window)?,
            NodeKind::Scope(inner) => self.own_scope(inner)?,
            NodeKind::IsTrue(inner) => Expr::IsTrue(Box::new(self.own_scope(inner)?)),
            NodeKind::InTree(tree) => self.in_tree(tree)?,
            NodeKind::Misuse(why) => return Err(Error::misuse(*why)),
            NodeKind::Related(path, quantifier, inner) => self.related(path, *quantifier, inner.as_ref())?,
            NodeKind::Linked(link) => self.linked(&link.0, &link.1)?,
            NodeKind::Exists(plan) => self.exists_in(plan)?,
            NodeKind::Subquery(plan) => self.subquery(plan)?,
            NodeKind::Outer(meta, inner) => self.outer(meta, inner)?,
        })
    }

    /// A column of a query around this one is that one's: without `outer` it would be taken for this one's own.
    pub(super) fn check_root(&self, path: &Path) -> Result<()> {
        let Some(((current, around), root)) = self.contexts.split_last().zip(path.root()) else { return Ok(()) };
        match around.iter().rev().find(|context| context.owns(root)) {
            Some(context) if !current.owns(root) => Err(without_outer(context)),
            _ => Ok(()),
        }
    }

    fn cast(&mut self, inner: &Node, storage: Storage) -> Result<Expr> {
        let inner = Box::new(self.value(inner)?);
        Ok(match storage {
            // A bool is 0 or 1; SQLite has no such type, and would leave a 10 as it is.
            Storage::Boolean => {
                let number = Expr::Cast(inner, Storage::Real);
                Expr::binary(Operator::Ne, number, Expr::Bind(Bind::Integer(0)))
            }
            storage => Expr::Cast(inner, storage),
        })
    }

    /// A value of a query around this one: the one whose fields it begins at, or the nearest that is about its model.
    fn outer(&mut self, meta: &'static ModelMeta, inner: &Node) -> Result<Expr> {
        let within = self.contexts.len().saturating_sub(1);
        let is_about = |context: &Context| context.root().is_some_and(|root| std::ptr::eq(root, meta));
        let owns = |context: &Context| inner.root().is_some_and(|root| context.owns(root));
        let around = self.contexts.get(..within).unwrap_or_default();
        let at = around.iter().rposition(owns).or_else(|| around.iter().rposition(is_about));
        let at = at.ok_or_else(|| no_outer(meta))?;
        let around = self.contexts.split_off(at + 1);
        let value = self.value(inner);
        self.contexts.extend(around);
        value
    }

    /// Whether there is no row at the end of a path.
    fn absent(&mut self, path: &Path) -> Result<Expr> {
        let (alias, meta) = self.table(path)?;
        Ok(Expr::IsNull(Box::new(Expr::column(&alias, meta.key_column()))))
    }

    fn case(&mut self, arms: &[(Node, Node)], otherwise: Option<&Node>) -> Result<Expr> {
        let mut lowered = Vec::with_capacity(arms.len());
        for (condition, value) in arms {
            lowered.push((self.own_scope(condition)?, self.value(value)?));
        }
        let otherwise = otherwise.map(|value| self.value(value)).transpose()?;
        Ok(Expr::Case(lowered, otherwise.map(Box::new)))
    }

    /// `key IN (SELECT key FROM the table between WHERE the other key = ..)`.
    fn linked(&mut self, through: &Through, key: &Bind<'static>) -> Result<Expr> {
        let here = self.row_key(&Path::default())?;
        let alias = self.fresh(through.table);
        let select = Select {
            columns: vec![Expr::column(&alias, through.to.name())],
            from: vec![Source::first(through.table, alias.clone())],
            filter: vec![Expr::eq(Expr::column(&alias, through.from.name()), Expr::Bind(key.clone()))],
            ..Select::default()
        };
        Ok(Expr::InSelect(Box::new(here), Box::new(select)))
    }

    fn subquery(&mut self, plan: &Plan) -> Result<Expr> {
        Ok(Expr::Select(Box::new(self.query(plan, Purpose::Values)?.select)))
    }

    fn binary(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Expr> {
        if let Some(range) = self.period_range(operator, left, right)? {
            return Ok(range);
        }
        match self.key_is(operator, left, right)? {
            Some(same) => Ok(same),
            None => Ok(Expr::binary(operator, self.value(left)?, self.value(right)?)),
        }
    }

    fn in_query(&mut self, value: &Node, plan: &Plan) -> Result<Expr> {
        let plain = self.value(value)?;
        let mut query = self.query(plan, Purpose::Values)?;
        if query.empty {
            return Ok(Expr::any(Vec::new()));
        }
        let value = self.key_in_query(value, &mut query.select)?.unwrap_or(plain);
        Ok(Expr::InSelect(Box::new(value), Box::new(query.select)))
    }

    fn exists_in(&mut self, plan: &Plan) -> Result<Expr> {
        let Query { mut select, empty, .. } = self.query(plan, Purpose::Values)?;
        if empty {
            return Ok(Expr::any(Vec::new()));
        }
        // What is selected matters only where rows are merged by it.
        if select.group.is_empty() && select.compound.is_empty() && !select.distinct {
            select.columns = vec![Expr::One];
        }
        Ok(Expr::Exists(Box::new(select)))
    }

    /// A condition as a value: a scope of its own, so that a to-many relation in it is an EXISTS.
    fn scope_of(&mut self, node: &Node) -> Result<Expr> {
        match node.kind() {
            NodeKind::Not(inner) => Ok(Expr::not(self.own_scope(inner)?)),
            NodeKind::Xor(left, right) => {
                Ok(Expr::Xor(Box::new(self.own_scope(left)?), Box::new(self.own_scope(right)?)))
            }
            _ => self.scope(node),
        }
    }

    fn between(&mut self, value: &Node, low: &Node, high: &Node) -> Result<Expr> {
        let from = self.period_range(Operator::Ge, value, low)?;
        let to = self.period_range(Operator::Le, value, high)?;
        Ok(match (from, to) {
            (Some(from), Some(to)) => Expr::all(vec![from, to]),
            _ => Expr::Between(Box::new(self.value(value)?), Box::new(self.value(low)?), Box::new(self.value(high)?)),
        })
    }

    /// Literals go into one bind, so the text is the same for any number of them; NULL among them matches nothing.
    fn in_list(&mut self, value: &Node, list: &[Node]) -> Result<Expr> {
        if let Some(ranges) = self.period_ranges(value, list)? {
            return Ok(ranges);
        }
        let key = value;
        let value = self.value(value)?;
        let literals: Option<Vec<Bind<'static>>> = list
            .iter()
            .filter_map(|node| match node.kind() {
                NodeKind::Bind(Bind::Null) => None,
                NodeKind::Bind(bind) => Some(Some(bind.clone())),
                _ => Some(None),
            })
            .collect();
        Ok(match literals {
            Some(literals) if literals.is_empty() => Expr::any(Vec::new()),
            Some(literals) if key.is_row_key() => match self.key_in(key, &literals)? {
                Some(condition) => condition,
                None => Expr::InArray(Box::new(value), Box::new(Expr::Bind(Bind::Array(Arc::new(literals))))),
            },
            Some(literals) => Expr::InArray(Box::new(value), Box::new(Expr::Bind(Bind::Array(Arc::new(literals))))),
            None => {
                let list = list.iter().map(|node| self.value(node)).collect::<Result<_>>()?;
                Expr::InList(Box::new(value), list)
            }
        })
    }

    /// `function(..) OVER (..)`.
    fn window(&mut self, window: &WindowNode) -> Result<Expr> {
        let default = window.aggregate.as_ref().and_then(|aggregate| aggregate.default.clone());
        let function = match (&window.aggregate, window.function) {
            // A default is one of the value over the window.
            (Some(aggregate), _) => {
                let aggregate = AggregateNode { default: None, ..(**aggregate).clone() };
                if self.current()?.group.is_some() {
                    // The rows of the window are groups: what it is an aggregate of is a value of each.
                    let argument = aggregate.argument.as_ref().map(|node| self.value(node)).transpose()?;
                    let filter = aggregate.filter.as_ref().map(|node| self.scope(node)).transpose()?;
                    self.made_aggregate(&aggregate, argument, filter)?
                } else {
                    self.plain_aggregate(&aggregate, true)?
                }
            }
            (None, Some(function)) => {
                let arguments = window.arguments.iter().map(|argument| self.value(argument)).collect::<Result<_>>()?;
                Expr::WindowCall(function, arguments)
            }
            (None, None) => return Err(internal()),
        };
        let partition = window.partition.iter().map(|node| self.value(node)).collect::<Result<_>>()?;
        let mut order = Vec::with_capacity(window.order.len());
        for OrderNode { node, descending, nulls } in &window.order {
            order.push(OrderTerm { expr: self.value(node)?, descending: *descending, nulls: *nulls });
        }
        let over = Expr::Window { function: Box::new(function), partition, order, frame: window.frame };
        Ok(match default {
            Some(default) => Expr::Call(Function::Coalesce, vec![over, self.value(&default)?]),
            None => over,
        })
    }
}

/// The name of the query's own column that a node is, for SET.
pub(super) fn own_column(node: &Node) -> Option<&'static str> {
    match node.kind() {
        NodeKind::Column(path, column) if path.is_root() => Some(column.column),
        NodeKind::ForeignKey(path, relation) if path.is_root() => match relation.kind {
            crate::meta::RelationKind::ForeignKey { column, .. } => Some(column),
            _ => None,
        },
        _ => None,
    }
}

fn without_outer(context: &Context) -> Error {
    let model = context.root().map_or("", |meta| meta.name);
    Error::misuse(format!("a column of the `{model}` query around this one: write `outer(..)` around it"))
}

fn no_outer(meta: &ModelMeta) -> Error {
    Error::misuse(format!("`outer(..)` of a `{}` column: no query around this one is about `{}`", meta.name, meta.name))
}
