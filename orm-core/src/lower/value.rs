//! Values: each node of a plan as an expression of the statement.

use std::sync::Arc;

use super::{Lowerer, internal};
use crate::error::{Error, Result};
use crate::plan::{DatePart, Node, NodeKind, Plan};
use crate::statement::{Expr, Function, Operator, Select, Source};
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
            NodeKind::Column(path, column) => self.column(path, column)?,
            NodeKind::ForeignKey(path, relation) => self.foreign_key(path, relation)?,
            NodeKind::RowKey(path) => self.row_key(path)?,
            NodeKind::Absent(path) => {
                let (alias, meta) = self.table(path)?;
                Expr::IsNull(Box::new(Expr::column(&alias, meta.key_column())))
            }
            NodeKind::Bind(bind) => Expr::Bind(bind.clone()),
            NodeKind::Binary(operator, left, right) => match self.year_range(*operator, left, right)? {
                Some(range) => range,
                None => Expr::binary(*operator, self.value(left)?, self.value(right)?),
            },
            NodeKind::And(..) | NodeKind::Or(..) | NodeKind::Xor(..) | NodeKind::Not(_) => self.scope_of(node)?,
            NodeKind::IsNull(inner) => Expr::IsNull(Box::new(self.value(inner)?)),
            NodeKind::Between(value, low, high) => self.between(value, low, high)?,
            NodeKind::InList(value, list) => self.in_list(value, list)?,
            NodeKind::InQuery(value, plan) => {
                let value = self.value(value)?;
                Expr::InSelect(Box::new(value), Box::new(self.subselect(plan)?))
            }
            NodeKind::Text(lookup, text, what) => self.text(*lookup, text, what)?,
            NodeKind::Call(function, arguments) => {
                Expr::Call(*function, arguments.iter().map(|argument| self.value(argument)).collect::<Result<_>>()?)
            }
            NodeKind::Aggregate(node) => self.aggregate(node)?,
            NodeKind::Case(arms, otherwise) => {
                let mut lowered = Vec::with_capacity(arms.len());
                for (condition, value) in arms {
                    lowered.push((self.own_scope(condition)?, self.value(value)?));
                }
                let otherwise = otherwise.as_ref().map(|value| self.value(value)).transpose()?;
                Expr::Case(lowered, otherwise.map(Box::new))
            }
            NodeKind::Cast(inner, storage) => Expr::Cast(Box::new(self.value(inner)?), *storage),
            NodeKind::DatePart(part, inner) => {
                let format = match part {
                    DatePart::Year => "%Y",
                    DatePart::Month => "%m",
                    DatePart::Day => "%d",
                };
                let arguments = vec![Expr::Bind(Bind::Text(format.into())), self.value(inner)?];
                Expr::Cast(Box::new(Expr::Call(Function::Strftime, arguments)), Storage::Integer)
            }
            NodeKind::TooDeep => return Err(Error::misuse("this expression is nested too deep")),
            NodeKind::Related(path, quantifier, inner) => self.related(path, *quantifier, inner.as_ref())?,
            NodeKind::Linked(through, key) => {
                let here = self.row_key(&crate::plan::Path::default())?;
                let alias = self.fresh(through.table);
                let select = Select {
                    columns: vec![Expr::column(&alias, through.to.name())],
                    from: vec![Source::first(through.table, alias.clone())],
                    filter: vec![Expr::eq(Expr::column(&alias, through.from.name()), Expr::Bind(key.clone()))],
                    ..Select::default()
                };
                Expr::InSelect(Box::new(here), Box::new(select))
            }
            NodeKind::Exists(plan) => {
                let mut select = self.subselect(plan)?;
                select.columns = vec![Expr::One];
                Expr::Exists(Box::new(select))
            }
            NodeKind::Subquery(plan) => Expr::Select(Box::new(self.subselect(plan)?)),
            NodeKind::Outer(inner) => {
                let Some(context) = self.contexts.pop() else { return Err(internal()) };
                let value = if self.contexts.is_empty() { Err(no_outer()) } else { self.value(inner) };
                self.contexts.push(context);
                value?
            }
        })
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

    /// `year(x) = 2024` as `x >= '2024-01-01' AND x < '2025-01-01'`: a range, which an index serves.
    fn year_range(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Option<Expr>> {
        let (NodeKind::DatePart(DatePart::Year, date), NodeKind::Bind(Bind::Integer(year))) =
            (left.kind(), right.kind())
        else {
            return Ok(None);
        };
        // Before the year 0 and after 9999 there is no text that sorts.
        if !(0..9999).contains(year) {
            return Ok(None);
        }
        let date = self.value(date)?;
        let start = |year: i64| Expr::Bind(Bind::Text(format!("{year:04}-01-01").into()));
        let from = |year| Expr::binary(Operator::Ge, date.clone(), start(year));
        let before = |year| Expr::binary(Operator::Lt, date.clone(), start(year));
        Ok(Some(match operator {
            Operator::Eq => Expr::And(vec![from(*year), before(year + 1)]),
            Operator::Ne => Expr::Or(vec![before(*year), from(year + 1)]),
            Operator::Lt => before(*year),
            Operator::Le => before(year + 1),
            Operator::Gt => from(year + 1),
            Operator::Ge => from(*year),
            _ => return Ok(None),
        }))
    }

    fn between(&mut self, value: &Node, low: &Node, high: &Node) -> Result<Expr> {
        let from = self.year_range(Operator::Ge, value, low)?;
        let to = self.year_range(Operator::Le, value, high)?;
        Ok(match (from, to) {
            (Some(from), Some(to)) => Expr::all(vec![from, to]),
            _ => Expr::Between(Box::new(self.value(value)?), Box::new(self.value(low)?), Box::new(self.value(high)?)),
        })
    }

    /// Literals go into one bind, so the text is the same for any number of them; NULL among them matches nothing.
    fn in_list(&mut self, value: &Node, list: &[Node]) -> Result<Expr> {
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
            Some(literals) => Expr::InArray(Box::new(value), Box::new(Expr::Bind(Bind::Array(Arc::new(literals))))),
            None => {
                let list = list.iter().map(|node| self.value(node)).collect::<Result<_>>()?;
                Expr::InList(Box::new(value), list)
            }
        })
    }

    /// A plan inside of this one.
    fn subselect(&mut self, plan: &Plan) -> Result<Select> {
        self.begin(plan.meta);
        let mut columns = Vec::new();
        match &plan.select {
            Some(nodes) => {
                for node in nodes {
                    self.open_many(node)?;
                    columns.push(self.value(node)?);
                }
            }
            None => columns.push(self.row_key(&crate::plan::Path::default())?),
        }
        let mut filter = self.filters(plan)?;
        if plan.empty {
            filter.push(Expr::Or(Vec::new()));
        }
        let order = if plan.is_sliced() { self.order(plan)? } else { Vec::new() };
        let from = self.end();
        Ok(Select {
            distinct: plan.distinct,
            columns,
            from,
            filter,
            order,
            limit: plan.limit,
            offset: plan.offset,
            ..Select::default()
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

fn no_outer() -> Error {
    Error::misuse("`outer(..)` stands outside of any subquery: there is no enclosing query to take the value from")
}
