//! The typed expression of a tree, as a user's code makes it.

use eager_orm::__private::Path;
use eager_orm::prelude::*;
use eager_orm::{Predicate, concat};

use crate::evaluate::Value;
use crate::row::Row;
use crate::tree::Op::*;
use crate::tree::{Tree, Type};

/// An expression that may be NULL, so that every tree of a type makes the same Rust type.
pub type Nullable<T> = Expr<Row, Option<T>>;

fn column<T: eager_orm::Value>(name: &str) -> Expr<Row, T> {
    Expr::column(&Path::default(), Row::META.field(name).unwrap())
}

/// What a literal of each type is.
trait Read: Sized {
    fn read(value: &Value) -> Option<Self>;
}

macro_rules! read {
    ($($type:ty, $class:ident, |$value:ident| $read:expr;)*) => {$(
        impl Read for $type {
            fn read(value: &Value) -> Option<Self> {
                if let Value::$class($value) = value { Some($read) } else { None }
            }
        }
    )*};
}
read! {
    i64, Int, |value| *value;
    i32, Int, |value| i32::try_from(*value).unwrap();
    bool, Int, |value| *value != 0;
    f64, Real, |value| *value;
    String, Text, |text| text.clone();
    Date, Text, |text| text.parse().unwrap();
    DateTime, Text, |text| text.parse().unwrap();
}

/// With what stands on the right: a literal, or an expression.
macro_rules! with {
    ($build:ident, $type:ty, $tree:expr, |$right:ident| $body:expr) => {
        if let Literal(value) = &$tree.op {
            let $right = <$type as Read>::read(value);
            $body
        } else {
            let $right = $build(&$tree);
            $body
        }
    };
}

/// The expressions of one type: what all types have, and what this one has besides.
macro_rules! values {
    ($build:ident, $type:ty, $tree:ident, { $($op:pat => $own:expr,)* }) => {
        pub fn $build($tree: &Tree) -> Nullable<$type> {
            let first = || $build(&$tree.args[0]);
            match &$tree.op {
                Column(name) => column(name),
                Coalesce => with!($build, $type, $tree.args[1], |right| first().coalesce(right)),
                Nullif => with!($build, $type, $tree.args[1], |right| first().nullif(right)),
                Greatest => with!($build, $type, $tree.args[1], |right| first().greatest(right)),
                Least => with!($build, $type, $tree.args[1], |right| first().least(right)),
                Case => {
                    let mut made = case().when(condition(&$tree.args[0]), $build(&$tree.args[1]));
                    for arm in $tree.args[2..].chunks_exact(2) {
                        made = with!($build, $type, arm[1], |right| made.when(condition(&arm[0]), right));
                    }
                    match $tree.args[2..].chunks_exact(2).remainder() {
                        [otherwise] => with!($build, $type, otherwise, |right| made.otherwise(right)),
                        _ => made.end(),
                    }
                }
                $($op => $own,)*
                op => unreachable!("{op:?} makes no {}", stringify!($type)),
            }
        }
    };
}

macro_rules! numbers {
    ($build:ident, $type:ty, $tree:ident, { $($op:pat => $own:expr,)* }) => {
        values!($build, $type, $tree, {
            Add => with!($build, $type, $tree.args[1], |right| $build(&$tree.args[0]) + right),
            Sub => with!($build, $type, $tree.args[1], |right| $build(&$tree.args[0]) - right),
            Mul => with!($build, $type, $tree.args[1], |right| $build(&$tree.args[0]) * right),
            Div => with!($build, $type, $tree.args[1], |right| $build(&$tree.args[0]) / right),
            Abs => $build(&$tree.args[0]).abs(),
            $($op => $own,)*
        });
    };
}

/// An expression of the type its tree has.
macro_rules! typed {
    ($tree:expr, |$expr:ident| $body:expr) => {{
        let tree: &Tree = $tree;
        match tree.ty {
            Type::Int => {
                let $expr = int(tree);
                $body
            }
            Type::Short => {
                let $expr = short(tree);
                $body
            }
            Type::Real => {
                let $expr = real(tree);
                $body
            }
            Type::Text => {
                let $expr = text(tree);
                $body
            }
            Type::Bool => {
                let $expr = flag(tree);
                $body
            }
            ty => unreachable!("{ty:?}"),
        }
    }};
}

macro_rules! dated {
    ($tree:expr, |$expr:ident| $body:expr) => {{
        let tree: &Tree = $tree;
        if tree.ty == Type::Day {
            let $expr = day(tree);
            $body
        } else {
            let $expr = moment(tree);
            $body
        }
    }};
}

numbers!(int, i64, tree, {
    Length => text(&tree.args[0]).length(),
    Cast => typed!(&tree.args[0], |from| from.cast::<i64>()),
});
numbers!(short, i32, tree, {
    Year => dated!(&tree.args[0], |date| date.year()),
    Month => dated!(&tree.args[0], |date| date.month()),
    Day => dated!(&tree.args[0], |date| date.day()),
});
numbers!(real, f64, tree, {
    Round => if tree.args[0].ty == Type::Int { int(&tree.args[0]).round(0) } else { real(&tree.args[0]).round(0) },
    Cast => typed!(&tree.args[0], |from| from.cast::<f64>()),
});
values!(text, String, tree, {
    Lower => text(&tree.args[0]).lower(),
    Upper => text(&tree.args[0]).upper(),
    Trim => text(&tree.args[0]).trim(),
    Replace => with!(text, String, tree.args[1], |from| {
        with!(text, String, tree.args[2], |to| text(&tree.args[0]).replace(from, to))
    }),
    Substr(start, length) => text(&tree.args[0]).substr(*start, *length),
    Concat => {
        let both = concat((text(&tree.args[0]), text(&tree.args[1])));
        with!(text, String, tree.args[2], |right| both.nullif(right))
    },
    Cast => typed!(&tree.args[0], |from| from.cast::<String>()),
});
values!(flag, bool, tree, {});
values!(day, Date, tree, {});
values!(moment, DateTime, tree, {});

macro_rules! compare {
    ($build:ident, $type:ty, $tree:expr) => {{
        let tree: &Tree = $tree;
        let first = $build(&tree.args[0]);
        match &tree.op {
            Eq => with!($build, $type, tree.args[1], |right| first.eq(right)),
            Ne => with!($build, $type, tree.args[1], |right| first.ne(right)),
            Lt => with!($build, $type, tree.args[1], |right| first.lt(right)),
            Le => with!($build, $type, tree.args[1], |right| first.le(right)),
            Gt => with!($build, $type, tree.args[1], |right| first.gt(right)),
            Ge => with!($build, $type, tree.args[1], |right| first.ge(right)),
            IsNull => first.is_null(),
            Between => with!($build, $type, tree.args[1], |low| {
                with!($build, $type, tree.args[2], |high| first.between(low, high))
            }),
            In if matches!(tree.args.get(1), Some(Tree { op: Literal(_), .. }) | None) => {
                let literal =
                    |arg: &Tree| if let Literal(value) = &arg.op { <$type as Read>::read(value) } else { None };
                first.in_(tree.args[1..].iter().map(literal).collect::<Vec<Option<$type>>>())
            }
            In => first.in_(tree.args[1..].iter().map($build).collect::<Vec<_>>()),
            op => unreachable!("{op:?}"),
        }
    }};
}

pub fn condition(tree: &Tree) -> Cond<Row> {
    let part = |number: usize| condition(&tree.args[number]);
    let lookup = || text(&tree.args[0]);
    match tree.op {
        And => part(0) & part(1),
        Or => part(0) | part(1),
        Xor => part(0) ^ part(1),
        Not => !part(0),
        Holds => flag(&tree.args[0]).cond(),
        IExact => with!(text, String, tree.args[1], |right| lookup().iexact(right)),
        Contains => with!(text, String, tree.args[1], |right| lookup().contains(right)),
        IContains => with!(text, String, tree.args[1], |right| lookup().icontains(right)),
        StartsWith => with!(text, String, tree.args[1], |right| lookup().starts_with(right)),
        IStartsWith => with!(text, String, tree.args[1], |right| lookup().istarts_with(right)),
        EndsWith => with!(text, String, tree.args[1], |right| lookup().ends_with(right)),
        IEndsWith => with!(text, String, tree.args[1], |right| lookup().iends_with(right)),
        _ => match tree.args[0].ty {
            Type::Int => compare!(int, i64, tree),
            Type::Short => compare!(short, i32, tree),
            Type::Real => compare!(real, f64, tree),
            Type::Text => compare!(text, String, tree),
            Type::Bool => compare!(flag, bool, tree),
            Type::Day => compare!(day, Date, tree),
            Type::Moment => compare!(moment, DateTime, tree),
            Type::Condition => unreachable!("{tree:?}"),
        },
    }
}
