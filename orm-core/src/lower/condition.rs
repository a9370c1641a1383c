//! Conditions, and what "the same related row" means.
//!
//! One `filter` call is one scope: in it, everything said of one to-many relation is said of the same related row.
//! Each `!`, each side of `^` and each `any(..)` opens a scope of its own.
//!
//! The parts of a scope that are joined by `&` and speak of the same to-many relation become one EXISTS. Under `|` each
//! side has its own: EXISTS around the whole would lose the parents that have no related row and satisfy the other
//! side. Where such a part can hold without any related row (`is_null`, an `|` inside), the EXISTS runs over the
//! related rows and, by LEFT JOIN, over one row of NULLs where there are none.

use smallvec::smallvec;

use super::paths::Opening;
use super::period::months_of_years;
use super::{Context, Frame, Lowerer, internal};
use crate::error::{Error, Result};
use crate::plan::{Node, NodeKind, Path, Quantifier, Root};
use crate::statement::{Expr, Function, Join, Operator, Select, Source, TableRef};
use crate::value::{Bind, fold};

impl Lowerer {
    /// A scope: `filter`'s whole condition, or what stands behind a `!`.
    pub(super) fn scope(&mut self, node: &Node) -> Result<Expr> {
        let conjuncts = flatten(node);
        match months_of_years(conjuncts) {
            Some(fused) => self.conjunction(fused.iter()),
            None => self.conjunction(conjuncts.iter()),
        }
    }

    /// Conditions of one scope that all have to hold.
    fn conjunction<'n>(&mut self, conjuncts: impl Iterator<Item = &'n Node>) -> Result<Expr> {
        let components = self.components(conjuncts);
        let mut all = Vec::with_capacity(components.len());
        for (paths, conjuncts) in components {
            match conjuncts.as_slice() {
                [one] if paths.is_empty() => all.push(self.plain(one)?),
                [one] if matches!(one.kind(), NodeKind::Or(..)) => all.push(self.plain(one)?),
                several => all.push(self.exists(&paths, several)?),
            }
        }
        Ok(Expr::all(all))
    }

    /// The conjuncts that speak of a common to-many relation belong together. (Not where they are lowered: what is
    /// nested deep walks through there at every level, and has a stack.)
    #[inline(never)]
    fn components<'n>(&self, conjuncts: impl Iterator<Item = &'n Node>) -> Vec<(Vec<Path>, Vec<&'n Node>)> {
        let mut components: Vec<(Vec<Path>, Vec<&Node>)> = Vec::new();
        for conjunct in conjuncts {
            let mut paths = Vec::new();
            self.many_paths(conjunct, &mut paths);
            let mut together = vec![conjunct];
            let mut rest = Vec::with_capacity(components.len() + 1);
            let mut at = None;
            for (their_paths, their_conjuncts) in components {
                if their_paths.iter().any(|path| paths.contains(path)) {
                    at.get_or_insert(rest.len());
                    for path in their_paths {
                        if !paths.contains(&path) {
                            paths.push(path);
                        }
                    }
                    together.splice(0..0, their_conjuncts);
                } else {
                    rest.push((their_paths, their_conjuncts));
                }
            }
            rest.insert(at.unwrap_or(rest.len()), (paths, together));
            components = rest;
        }
        components
    }

    /// A condition that needs no EXISTS around it.
    fn plain(&mut self, node: &Node) -> Result<Expr> {
        Ok(match node.kind() {
            NodeKind::And(_) => self.scope(node)?,
            NodeKind::Or(sides) => Expr::any(sides.iter().map(|side| self.scope(side)).collect::<Result<_>>()?),
            NodeKind::Xor(left, right) => Expr::Xor(Box::new(self.own_scope(left)?), Box::new(self.own_scope(right)?)),
            NodeKind::Not(inner) => Expr::not(self.own_scope(inner)?),
            NodeKind::Scope(inner) => self.own_scope(inner)?,
            _ => self.value(node)?,
        })
    }

    /// A scope behind a `!` or a `^`: the related rows the condition around it speaks of are not the ones it speaks of.
    pub(super) fn own_scope(&mut self, node: &Node) -> Result<Expr> {
        let context = self.current()?;
        if context.of_row {
            return self.scope(node);
        }
        let around = std::mem::replace(&mut context.hidden, context.frames.len());
        let condition = self.scope(node);
        self.current()?.hidden = around;
        condition
    }

    /// One EXISTS over the rows behind some to-many relations, in which all of the conditions hold.
    fn exists(&mut self, paths: &[Path], conditions: &[&Node]) -> Result<Expr> {
        let strict = paths.iter().all(|path| conditions.iter().any(|condition| rejects_null(condition, path)));
        let openings: Vec<Opening> = paths.iter().map(|path| self.open(path)).collect::<Result<_>>()?;
        let mut frame = Frame::default();
        let mut filter = Vec::new();
        if !strict {
            let alias = self.fresh("one");
            frame.from.push(Source { join: Join::Inner, table: TableRef::Nothing, alias, on: None });
        }
        for opening in openings {
            let join = match (strict, frame.from.is_empty()) {
                (true, true) => None,
                (true, false) => Some(Join::Inner),
                (false, _) => Some(Join::Left),
            };
            filter.extend(opening.enter(&mut frame, join));
        }
        self.current()?.frames.push(frame);
        let all = self.conjunction(conditions.iter().copied())?;
        let Some(frame) = self.current()?.frames.pop() else { return Err(internal()) };
        match all {
            never if never.is_false() => return Ok(never),
            Expr::And(all) => filter.extend(all),
            one => filter.push(one),
        }
        Ok(exists_of(frame, filter))
    }

    /// `any`, `none`, `every`: a condition on the related rows whose paths begin at the related model.
    pub(super) fn related(
        &mut self,
        path: &Path,
        quantifier: Quantifier,
        inner: Option<&(Root, Node)>,
    ) -> Result<Expr> {
        if inner.is_some_and(|(_, inner)| inner.has_window()) {
            return Err(Error::misuse("a window function of related rows: write it in a queryset of theirs"));
        }
        let Some(hop) = path.last() else { return Err(internal()) };
        let target = hop.relation.target();
        let opening = self.open(path)?;
        let opened = opening.alias.clone();
        let is_through = opening.is_through;
        let mut frame = Frame::default();
        let mut filter: Vec<Expr> = opening.enter(&mut frame, None).into_iter().collect();
        if let Some((root, inner)) = inner {
            let alias = if is_through {
                self.current()?.frames.push(frame);
                let (alias, _) = self.table(path)?;
                frame = self.current()?.frames.pop().unwrap_or_default();
                alias
            } else {
                opened
            };
            // In the condition, the root is the related row.
            frame.bound.clear();
            frame.bind(Path::default(), target, &alias, false);
            self.contexts.push(Context::new(frame, smallvec![*root]));
            let condition = self.scope(inner)?;
            frame = self.contexts.pop().and_then(|mut context| context.frames.pop()).unwrap_or_default();
            match if quantifier == Quantifier::Every { Expr::not(condition) } else { condition } {
                Expr::And(all) => filter.extend(all),
                one => filter.push(one),
            }
        }
        let exists = if filter.iter().any(Expr::is_false) { Expr::any(Vec::new()) } else { exists_of(frame, filter) };
        Ok(match quantifier {
            Quantifier::Any => exists,
            Quantifier::None | Quantifier::Every => Expr::not(exists),
        })
    }

    pub(super) fn current(&mut self) -> Result<&mut Context> {
        self.contexts.last_mut().ok_or_else(internal)
    }

    /// The to-many relations a condition speaks of, each up to its first hop that is not bound yet; not looking into
    /// scopes of their own.
    pub(super) fn many_paths(&self, node: &Node, paths: &mut Vec<Path>) {
        let mut add = |path: &Path| {
            if let Some(first) = self.first_many(path)
                && !paths.contains(&first)
            {
                paths.push(first);
            }
        };
        match node.kind() {
            NodeKind::Column(path, _) | NodeKind::RowKey(path) | NodeKind::ForeignKey(path, _) => add(path),
            NodeKind::Related(path, ..) => {
                if let Some(hop) = path.last() {
                    add(&hop.before);
                }
            }
            // Scopes of their own.
            NodeKind::Not(_)
            | NodeKind::IsTrue(_)
            | NodeKind::Xor(..)
            | NodeKind::Scope(_)
            | NodeKind::Aggregate(_) => {}
            // The conditions of a CASE are scopes of their own, its values are not.
            NodeKind::Case(arms, otherwise) => {
                arms.iter().map(|(_, value)| value).chain(otherwise).for_each(|value| self.many_paths(value, paths));
            }
            NodeKind::Exists(_)
            | NodeKind::Subquery(_)
            | NodeKind::InTree(_)
            | NodeKind::Outer(..)
            | NodeKind::Bind(_) => {}
            _ => node.each_child(&mut |child| self.many_paths(child, paths)),
        }
    }

    /// The shortest prefix of a path that ends with a to-many relation and is not bound to a table yet.
    pub(super) fn first_many(&self, path: &Path) -> Option<Path> {
        path.prefixes().into_iter().find(|prefix| {
            prefix.last().is_some_and(|hop| !hop.relation.is_to_one())
                && self.bound(prefix, false).is_none()
                && self.bound(prefix, true).is_none()
        })
    }

    /// Opens, by LEFT JOIN in the query itself, the to-many relations a selected value speaks of: it has a row for
    /// each related row.
    pub(super) fn open_many(&mut self, node: &Node) -> Result<()> {
        // A condition is true or false for the row: of related rows it is an EXISTS.
        if node.is_condition() {
            return Ok(());
        }
        loop {
            let mut paths = Vec::new();
            self.many_paths(node, &mut paths);
            let Some(path) = paths.first() else { return Ok(()) };
            let opening = self.open(path)?;
            let Some(frame) = self.current()?.frames.last_mut() else { return Err(internal()) };
            opening.enter(frame, Some(Join::Left));
        }
    }

    /// A text lookup.
    pub(super) fn text(&mut self, lookup: crate::plan::TextLookup, text: &Node, what: &Node) -> Result<Expr> {
        use crate::plan::TextLookup::{
            Contains, EndsWith, IContains, IEndsWith, IExact, IRegex, IStartsWith, Regex, StartsWith,
        };
        if let (StartsWith, NodeKind::Bind(Bind::Text(start))) = (lookup, what.kind()) {
            let column = self.value(text)?;
            return Ok(starts_with(column, start));
        }
        let (mut text, mut what) = (self.value(text)?, self.value(what)?);
        if matches!(lookup, IExact | IContains | IStartsWith | IEndsWith) {
            text = Expr::Call(Function::Fold, vec![text]);
            what = match what {
                Expr::Bind(Bind::Text(what)) => Expr::Bind(Bind::Text(fold(&what).into())),
                what => Expr::Call(Function::Fold, vec![what]),
            };
        }
        Ok(match lookup {
            IExact => Expr::eq(text, what),
            Contains | IContains => {
                Expr::binary(Operator::Gt, Expr::Call(Function::Instr, vec![text, what]), Expr::Bind(Bind::Integer(0)))
            }
            StartsWith | IStartsWith => Expr::Call(Function::StartsWith, vec![text, what]),
            EndsWith | IEndsWith => Expr::Call(Function::EndsWith, vec![text, what]),
            Regex => Expr::Call(Function::Regex, vec![text, what]),
            IRegex => Expr::Call(Function::IRegex, vec![text, what]),
        })
    }
}

/// `text >= 'ab' AND text < 'ac'`: a range, which an index serves.
fn starts_with(text: Expr, start: &str) -> Expr {
    let bind = |text: String| Expr::Bind(Bind::Text(text.into()));
    let from = Expr::binary(Operator::Ge, text.clone(), bind(start.to_owned()));
    match successor(start) {
        Some(end) => Expr::And(vec![from, Expr::binary(Operator::Lt, text, bind(end))]),
        None => from,
    }
}

/// The least text greater than every text that starts with `start`, if there is one.
fn successor(start: &str) -> Option<String> {
    let mut chars: Vec<char> = start.chars().collect();
    while let Some(last) = chars.pop() {
        // The gap of the surrogates is skipped; the last code point of all has no successor, so the one before counts.
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

fn exists_of(frame: Frame, filter: Vec<Expr>) -> Expr {
    Expr::Exists(Box::new(Select { columns: vec![Expr::One], from: frame.from, filter, ..Select::default() }))
}

/// The parts of a condition that are joined by `&`.
pub(super) fn flatten(node: &Node) -> &[Node] {
    match node.kind() {
        NodeKind::And(parts) => parts,
        _ => std::slice::from_ref(node),
    }
}

/// Whether a condition cannot hold where every column behind `path` is NULL. Being wrong on the side of `false` costs
/// a LEFT JOIN, being wrong on the other side would lose rows.
fn rejects_null(node: &Node, path: &Path) -> bool {
    match node.kind() {
        NodeKind::And(parts) => parts.iter().any(|part| rejects_null(part, path)),
        NodeKind::Or(parts) => parts.iter().all(|part| rejects_null(part, path)),
        NodeKind::Binary(Operator::Is | Operator::IsNot, ..) => false,
        NodeKind::Binary(_, left, right) | NodeKind::Text(_, left, right) => {
            is_null_behind(left, path) || is_null_behind(right, path)
        }
        NodeKind::IsNotNull(value)
        | NodeKind::Between(value, ..)
        | NodeKind::InList(value, _)
        | NodeKind::InQuery(value, _) => is_null_behind(value, path),
        NodeKind::Column(..) | NodeKind::RowKey(_) | NodeKind::ForeignKey(..) => is_null_behind(node, path),
        // The rows of a further relation hang on a row that is not there.
        NodeKind::Related(further, Quantifier::Any, _) => further.prefixes().contains(path),
        _ => false,
    }
}

/// Whether a value is NULL where every column behind `path` is.
fn is_null_behind(node: &Node, path: &Path) -> bool {
    match node.kind() {
        NodeKind::Column(at, _) | NodeKind::RowKey(at) | NodeKind::ForeignKey(at, _) => at.prefixes().contains(path),
        NodeKind::Binary(
            Operator::Add | Operator::Sub | Operator::Mul | Operator::Div | Operator::Rem,
            left,
            right,
        ) => is_null_behind(left, path) || is_null_behind(right, path),
        NodeKind::Cast(inner, _)
        | NodeKind::DatePart(_, _, inner)
        | NodeKind::Truncated(_, inner)
        | NodeKind::Negate(inner) => is_null_behind(inner, path),
        NodeKind::Call(Function::Coalesce | Function::Concat, _) => false,
        NodeKind::Call(_, arguments) => arguments.iter().any(|argument| is_null_behind(argument, path)),
        _ => false,
    }
}
