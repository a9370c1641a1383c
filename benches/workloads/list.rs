//! The workloads: ours, the forms of the floor and of rusqlite beside it, and what is asked of them.

use super::data::{PUBLISHERS, Size};
use super::measure::Probe;
use super::world::World;
use super::{floor, hand, ours};

pub type Run = fn(&mut World, &mut Probe);

/// One way to do a workload without this crate, or another with it.
pub struct Form {
    /// What is printed of it where it is not the first.
    pub name: &'static str,
    /// The greatest ratio to it that is aimed at.
    pub aim: Option<f64>,
    pub floor: Run,
    pub hand: Option<Run>,
}

pub struct Workload {
    pub name: &'static str,
    /// How many allocations ours makes at [`Size::SMALL`], as counted.
    pub known: u64,
    /// How many allocations it may make that the floor's thriftiest form does not: for each row or call what is said of it,
    /// and some for a whole run, whatever its size.
    pub more: fn(Size) -> i64,
    pub ours: Run,
    /// The statement one thinks of first, then the way ours goes where that is another.
    pub forms: &'static [Form],
}

macro_rules! form {
    ($what:literal, $aim:expr, $name:ident) => {
        Form { name: $what, aim: $aim, floor: floor::$name, hand: Some(hand::$name) }
    };
}

macro_rules! workload {
    ($name:ident, $known:literal, $more:expr, [$($form:expr),+]) => {
        Workload {
            name: stringify!($name),
            known: $known,
            more: $more,
            ours: ours::$name,
            forms: &[$($form),+],
        }
    };
    ($name:ident, $aim:expr, $known:literal, $more:expr) => {
        workload!($name, $known, $more, [form!("", Some($aim), $name)])
    };
}

/// A vector that grows, the statement of a query.
const RUN: i64 = 20;

pub const WORKLOADS: &[Workload] = &[
    workload!(load_all, 1.05, 6_020, |_| RUN),
    // Of a look-up: the group of its row.
    workload!(get_by_pk, 1.10, 4_009, |size| size.asked + RUN),
    workload!(get_by_pk_in_read, 1.15, 4_009, |size| size.asked + RUN),
    // Of a query: what it is put together from.
    workload!(filter_small, 1.10, 8_007, |size| size.asked / 5 * 7 + RUN),
    // Of a row that is shared: what counts who has it. The path of a relation.
    workload!(
        join_eager,
        6_794,
        |size| size.authors + PUBLISHERS + 4 * RUN,
        [form!("", Some(1.0), join_eager), form!("shared rows decoded once", Some(1.0), join_shared)]
    ),
    workload!(
        join_by_prefetch,
        6_870,
        |size| size.authors + PUBLISHERS + 8 * RUN,
        [form!("", Some(0.6), join_eager), form!("three statements", None, join_in_three)]
    ),
    workload!(
        join_by_peers,
        6_831,
        |size| size.authors + PUBLISHERS + 6 * RUN,
        [form!("", Some(0.6), join_eager), form!("three statements", None, join_in_three)]
    ),
    workload!(
        prefetch_fk,
        6_405,
        |_| 5 * RUN,
        [form!("", Some(1.05), prefetch_fk), form!("tables read through", Some(1.05), prefetch_fk_through)]
    ),
    // Of a book: the names of its three tags, which other books have too.
    workload!(
        prefetch_m2m,
        3_132,
        |size| size.books / 4 * 3 + 3 * RUN,
        [form!("", Some(1.05), prefetch_m2m), form!("links, each tag once", Some(1.05), prefetch_m2m_shared)]
    ),
    workload!(
        prefetch_nested,
        12_500,
        |_| 9 * RUN,
        [form!("", Some(1.05), prefetch_nested), form!("tables read through", Some(1.05), prefetch_nested_through)]
    ),
    // Of an author: its group, and the row that is shared.
    workload!(nplus1, 1.10, 818, |size| size.asked / 10 * 2 + RUN),
    workload!(bulk_insert, 1.05, 10, |_| 2 * RUN),
    workload!(bulk_update, 1.05, 16, |_| RUN),
    // Of a row: its group.
    workload!(insert_one, 1.05, 207, |size| size.new / 5 + RUN),
    workload!(values2, 1.05, 2_020, |_| RUN),
    // Of a query: its filter.
    workload!(count_filtered, 1.05, 306, |size| size.asked / 10 * 3 + RUN),
    // Of a chunk of some hundred rows: a few.
    workload!(iter, 1.05, 6_026, |size| size.books / 100 * 3 + RUN),
    workload!(bulk_create, 1.1, 13, |_| 2 * RUN),
    // Its rows are made while it runs: three texts each.
    workload!(bulk_create_execute, 1.1, 15_046, |size| size.bulk * 3 + 3 * RUN),
    workload!(bulk_update_many, 1.1, 17, |_| RUN),
    // What N+1 code becomes, beside the same by `prefetch_related`.
    workload!(
        plain_loop,
        6_382,
        |_| 4 * RUN,
        [
            form!("", None, prefetch_fk),
            form!("tables read through", None, prefetch_fk_through),
            Form { name: "prefetch_related of ours", aim: Some(1.15), floor: ours::prefetch_fk, hand: None }
        ]
    ),
    workload!(
        nested_plain_loop,
        12_464,
        |_| 7 * RUN,
        [
            form!("", None, prefetch_nested),
            form!("tables read through", None, prefetch_nested_through),
            Form { name: "prefetch_related of ours", aim: Some(1.15), floor: ours::prefetch_nested, hand: None }
        ]
    ),
];
