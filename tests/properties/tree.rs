//! An expression without types: grown at random, made smaller step by step, and written down.

use std::fmt;

use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{TestRng, TestRunner};

use crate::evaluate::Value;
use crate::row::{DAYS, INTS, MOMENTS, REALS, SHORTS, TEXTS};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    Int,
    Short,
    Real,
    Text,
    Bool,
    Day,
    Moment,
    Condition,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Column(&'static str),
    Literal(Value),
    Add,
    Sub,
    Mul,
    Div,
    Abs,
    Round,
    Coalesce,
    Nullif,
    Greatest,
    Least,
    /// Conditions and values in turns, and perhaps one value more.
    Case,
    Cast,
    Lower,
    Upper,
    Trim,
    Replace,
    Substr(i64, i64),
    /// `nullif` of two texts put together, and a third.
    Concat,
    Length,
    Year,
    Month,
    Day,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    IsNull,
    Between,
    In,
    IExact,
    Contains,
    IContains,
    StartsWith,
    IStartsWith,
    EndsWith,
    IEndsWith,
    And,
    Or,
    Xor,
    Not,
    /// A bool as a condition.
    Holds,
}

use Op::*;

#[derive(Clone, PartialEq)]
pub struct Tree {
    pub ty: Type,
    pub op: Op,
    pub args: Vec<Tree>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.op {
            Column(name) => f.write_str(name),
            Literal(value) => write!(f, "{value:?}"),
            Cast => write!(f, "Cast({:?} as {:?})", self.args[0], self.ty),
            op => {
                write!(f, "{op:?}(")?;
                for (number, arg) in self.args.iter().enumerate() {
                    write!(f, "{}{arg:?}", if number == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
        }
    }
}

/// The columns of each type, without and with NULL.
pub const COLUMNS: &[(Type, &[&str])] = &[
    (Type::Int, &["int", "int_or"]),
    (Type::Short, &["short", "short_or"]),
    (Type::Real, &["real", "real_or"]),
    (Type::Text, &["text", "text_or"]),
    (Type::Bool, &["flag", "flag_or"]),
    (Type::Day, &["day", "day_or"]),
    (Type::Moment, &["moment", "moment_or"]),
];

/// The types that have values.
const TYPES: &[Type] = &[Type::Text, Type::Int, Type::Real, Type::Short, Type::Bool, Type::Day, Type::Moment];

/// What makes a value of any type of values of that type.
const ANY: &[Op] = &[Coalesce, Nullif, Greatest, Least, Case];
const COMPARISONS: &[Op] = &[Eq, Ne, Lt, Le, Gt, Ge, IsNull, Between, In];
const LOOKUPS: &[Op] = &[IExact, Contains, IContains, StartsWith, IStartsWith, EndsWith, IEndsWith];

/// Grows trees.
pub struct Gardener<'r>(pub &'r mut TestRng);

impl Gardener<'_> {
    pub fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize].clone()
    }

    pub fn any_type(&mut self) -> Type {
        self.pick(TYPES)
    }

    fn column(&mut self, ty: Type) -> Tree {
        let names = COLUMNS.iter().find(|(of, _)| *of == ty).map(|(_, names)| *names).unwrap();
        Tree { ty, op: Column(self.pick(names)), args: Vec::new() }
    }

    fn literal(&mut self, ty: Type) -> Tree {
        let value = match ty {
            _ if self.below(12) == 0 => Value::Null,
            Type::Int => Value::Int(self.pick(INTS)),
            Type::Short => Value::Int(self.pick(SHORTS).into()),
            Type::Real => Value::Real(self.pick(REALS)),
            Type::Text => Value::Text(self.pick(TEXTS).to_owned()),
            Type::Bool => Value::Int(self.below(2).into()),
            Type::Day => Value::Text(self.pick(DAYS).to_owned()),
            Type::Moment => Value::Text(self.pick(MOMENTS).to_owned()),
            Type::Condition => unreachable!("a condition is no literal"),
        };
        Tree { ty, op: Literal(value), args: Vec::new() }
    }

    /// What may stand on the right of an operator.
    fn operand(&mut self, ty: Type, depth: u32) -> Tree {
        if self.below(2) == 0 { self.literal(ty) } else { self.value(ty, depth) }
    }

    pub fn value(&mut self, ty: Type, depth: u32) -> Tree {
        if depth == 0 || self.below(4) == 0 {
            return self.column(ty);
        }
        let depth = depth - 1;
        let own: &[Op] = match ty {
            Type::Int => &[Add, Sub, Mul, Div, Abs, Length, Cast],
            Type::Short => &[Add, Sub, Mul, Div, Abs, Year, Month, Day],
            Type::Real => &[Add, Sub, Mul, Div, Abs, Round, Cast],
            Type::Text => &[Lower, Upper, Trim, Replace, Substr(0, 0), Concat, Cast],
            _ => &[],
        };
        let op = if own.is_empty() || self.below(3) == 0 { self.pick(ANY) } else { self.pick(own) };
        let op = match op {
            Substr(..) => Substr(i64::from(self.below(11)) - 5, i64::from(self.below(9)) - 3),
            op => op,
        };
        let args = match op {
            Abs | Lower | Upper | Trim | Substr(..) => vec![self.value(ty, depth)],
            Length => vec![self.value(Type::Text, depth)],
            Year | Month | Day => {
                let of = self.pick(&[Type::Day, Type::Moment]);
                vec![self.value(of, depth)]
            }
            Round => {
                let of = self.pick(&[Type::Real, Type::Int]);
                vec![self.value(of, depth)]
            }
            Cast => {
                let of = self.pick(&[Type::Text, Type::Int, Type::Short, Type::Real, Type::Bool]);
                vec![self.value(of, depth)]
            }
            Replace => vec![self.value(ty, depth), self.operand(ty, depth), self.operand(ty, depth)],
            Concat => vec![self.value(ty, depth), self.value(ty, depth), self.operand(ty, depth)],
            Case => {
                let mut args = vec![self.condition(depth), self.value(ty, depth)];
                if self.below(2) == 0 {
                    args.extend([self.condition(depth), self.operand(ty, depth)]);
                }
                if self.below(2) == 0 {
                    args.push(self.operand(ty, depth));
                }
                args
            }
            _ => vec![self.value(ty, depth), self.operand(ty, depth)],
        };
        Tree { ty, op, args }
    }

    pub fn condition(&mut self, depth: u32) -> Tree {
        let join = depth > 0 && self.below(2) == 0;
        let depth = depth.saturating_sub(1);
        let (op, args) = if join {
            let op = self.pick(&[And, Or, Xor, Not]);
            let count = if op == Not { 1 } else { 2 };
            (op, (0..count).map(|_| self.condition(depth)).collect())
        } else if self.below(12) == 0 {
            (Holds, vec![self.value(Type::Bool, depth)])
        } else if self.below(3) == 0 {
            (self.pick(LOOKUPS), vec![self.value(Type::Text, depth), self.operand(Type::Text, depth)])
        } else {
            let ty = self.any_type();
            let op = self.pick(COMPARISONS);
            let mut args = vec![self.value(ty, depth)];
            match op {
                IsNull => {}
                Between => args.extend([self.operand(ty, depth), self.operand(ty, depth)]),
                In if self.below(3) > 0 => args.extend((0..self.below(4)).map(|_| self.literal(ty))),
                In => args.extend((0..2).map(|_| self.value(ty, depth))),
                _ => args.push(self.operand(ty, depth)),
            }
            (op, args)
        };
        Tree { ty: Type::Condition, op, args }
    }
}

impl Tree {
    fn size(&self) -> usize {
        1 + self.args.iter().map(Tree::size).sum::<usize>()
    }

    /// Trees with one node less, or with a simpler one: a part of the same type in place of the whole, a column, a
    /// simpler literal, and the same of each part.
    pub fn smaller(&self) -> Vec<Tree> {
        let mut found = Vec::new();
        if self.is_first_column() {
            return found;
        }
        if let Literal(value) = &self.op {
            return value.simpler().map(|value| Tree { op: Literal(value), ..self.clone() }).into_iter().collect();
        }
        if let Some((_, names)) = COLUMNS.iter().find(|(of, _)| *of == self.ty) {
            found.push(Tree { ty: self.ty, op: Column(names[0]), args: Vec::new() });
            found.push(Tree { ty: self.ty, op: Column(names[1]), args: Vec::new() });
        }
        let is_value = |arg: &&Tree| arg.ty == self.ty && !matches!(arg.op, Literal(_));
        found.extend(self.args.iter().filter(is_value).cloned());
        let arms = if self.op == Case && self.args.len() > 2 { self.args.len() - 1 } else { 0 };
        if arms > 0 {
            found.push(Tree { args: self.args[..2].to_vec(), ..self.clone() });
        }
        if self.op == In && self.args.len() > 1 {
            found.push(Tree { args: self.args[..self.args.len() - 1].to_vec(), ..self.clone() });
        }
        for (number, arg) in self.args.iter().enumerate() {
            for simpler in arg.smaller() {
                let mut tree = self.clone();
                tree.args[number] = simpler;
                found.push(tree);
            }
        }
        let size = self.size();
        found.retain(|tree| tree.size() <= size && tree != self);
        found
    }

    fn is_first_column(&self) -> bool {
        COLUMNS.iter().any(|(_, names)| self.op == Column(names[0]))
    }
}

/// Where a tree stands in the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Filter,
    Exclude,
    Value,
    Order,
    /// As the order of pages by place.
    Page,
    /// As the order of a window.
    Window,
    /// As the new value of a column.
    Update,
    Aggregate,
    Group,
}

const PLACES: &[Place] = &[
    Place::Filter,
    Place::Exclude,
    Place::Value,
    Place::Order,
    Place::Page,
    Place::Window,
    Place::Update,
    Place::Aggregate,
    Place::Group,
];

#[derive(Clone, Debug)]
pub struct Query {
    pub place: Place,
    pub tree: Tree,
    /// Which rows, beside the tree itself.
    pub rows: Option<Tree>,
}

/// Queries at random.
#[derive(Debug)]
pub struct Queries;

impl Strategy for Queries {
    type Tree = Shrinking;
    type Value = Query;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut gardener = Gardener(runner.rng());
        let depth = gardener.below(5);
        let place = gardener.pick(PLACES);
        let tree = match place {
            Place::Filter | Place::Exclude => gardener.condition(depth),
            Place::Value if gardener.below(4) == 0 => gardener.condition(depth),
            _ => {
                let ty = gardener.any_type();
                gardener.value(ty, depth)
            }
        };
        let has_rows = !matches!(place, Place::Filter | Place::Exclude) && gardener.below(2) == 0;
        let rows = has_rows.then(|| gardener.condition(2));
        let query = Query { place, tree, rows };
        Ok(Shrinking { best: query.clone(), current: query, candidates: Vec::new(), at: 0 })
    }
}

/// A query that failed, and those that are a step smaller: the first of them that fails too is the next.
pub struct Shrinking {
    best: Query,
    current: Query,
    candidates: Vec<Query>,
    at: usize,
}

impl ValueTree for Shrinking {
    type Value = Query;

    fn current(&self) -> Query {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.current.clone();
        let with = |tree| Query { tree, ..self.best.clone() };
        self.candidates = self.best.tree.smaller().into_iter().map(with).collect();
        if let Some(rows) = &self.best.rows {
            let with = |rows| Query { rows, ..self.best.clone() };
            self.candidates.insert(0, with(None));
            self.candidates.extend(rows.smaller().into_iter().map(|rows| with(Some(rows))));
        }
        self.at = 0;
        self.try_next()
    }

    fn complicate(&mut self) -> bool {
        self.at += 1;
        self.try_next()
    }
}

impl Shrinking {
    fn try_next(&mut self) -> bool {
        let next = self.candidates.get(self.at);
        self.current = next.unwrap_or(&self.best).clone();
        next.is_some()
    }
}
