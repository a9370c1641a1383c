//! The workloads, each beside the floor (SQLite's C interface) and careful rusqlite, in one process: one table.
//!
//! `cargo bench --bench workloads`; `-- --small` is the check that `scripts/test-speed` runs: less data, and it fails where
//! a workload is far slower than by hand, or allocates for each row what the floor does not. `-- load_all iter` runs these.
//! `-- --once load_all ours` runs one of the three and nothing else, for a profiler.

#![allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, reason = "a benchmark stops where something is wrong, and prints what it measured")]

mod data;
mod floor;
mod hand;
mod measure;
mod ours;
mod world;

use data::Size;
use measure::{Counting, Probe};
use world::World;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Run = fn(&mut World, &mut Probe);

struct Workload {
    name: &'static str,
    /// The greatest ratio to the floor that is aimed at.
    aim: f64,
    /// How many allocations a row, or a call, makes that the floor does not; where it makes fewer, none.
    more: f64,
    /// How many rows it reads or writes, or how often it calls.
    times: fn(Size) -> i64,
    ours: Run,
    floor: Run,
    hand: Run,
}

macro_rules! workload {
    ($name:ident, $aim:expr, $more:expr, $times:expr) => {
        workload!($name, $aim, $more, $times, floor::$name, hand::$name)
    };
    ($name:ident, $aim:expr, $more:expr, $times:expr, $floor:path, $hand:path) => {
        Workload {
            name: stringify!($name),
            aim: $aim,
            more: $more,
            times: $times,
            ours: ours::$name,
            floor: $floor,
            hand: $hand,
        }
    };
}

const WORKLOADS: &[Workload] = &[
    workload!(load_all, 1.05, 0.0, |size| size.books),
    // Of a look-up: the group of its row.
    workload!(get_by_pk, 1.10, 1.0, |size| size.asked),
    workload!(get_by_pk_in_read, 1.15, 1.0, |size| size.asked),
    // Of a query: what it is put together from.
    workload!(filter_small, 1.10, 14.0, |size| size.asked / 5),
    workload!(join_eager, 1.0, 0.0, |size| size.books),
    workload!(join_by_prefetch, 0.6, 0.0, |size| size.books, floor::join_eager, hand::join_eager),
    workload!(join_by_peers, 0.6, 0.0, |size| size.books, floor::join_eager, hand::join_eager),
    workload!(prefetch_fk, 1.05, 0.0, |size| size.books + size.authors),
    workload!(prefetch_m2m, 1.05, 0.0, |size| size.books),
    workload!(prefetch_nested, 1.05, 0.0, |size| size.books * 4 + size.authors),
    // Of an author: its group, and the row that is shared.
    workload!(nplus1, 1.10, 2.0, |size| size.asked / 10),
    workload!(bulk_insert, 1.05, 0.0, |size| size.new),
    workload!(bulk_update, 1.05, 0.0, |size| size.books / 4),
    workload!(insert_one, 1.05, 1.0, |size| size.new / 5),
    workload!(values2, 1.05, 0.0, |size| size.books),
    workload!(count_filtered, 1.05, 6.0, |size| size.asked / 10),
    // Of a chunk of some hundred rows: a few.
    workload!(iter, 1.05, 0.03, |size| size.books),
    workload!(bulk_create, 1.1, 0.0, |size| size.bulk),
    workload!(bulk_create_execute, 1.1, 1.0, |size| size.bulk, floor::bulk_create, hand::bulk_create),
    workload!(bulk_update_many, 1.1, 0.0, |size| size.bulk),
    // What N+1 code becomes, beside the same by `prefetch_related`.
    workload!(plain_loop, 1.15, 0.0, |size| size.books + size.authors, ours::prefetch_fk, hand::prefetch_fk),
    workload!(nested_plain_loop, 1.15, 0.0, |size| size.books * 4, ours::prefetch_nested, hand::prefetch_nested),
];

/// How much slower than rusqlite a workload may be in the small run, where every machine is noisy.
const SLOWEST: f64 = 1.5;
/// How many allocations more a whole run may make, whatever its size: a vector that grows, the statement of a relation.
const ALLOCATIONS: f64 = 40.0;

/// Times in milliseconds.
struct Times(Vec<f64>);

impl Times {
    fn median(&mut self) -> f64 {
        self.0.sort_by(f64::total_cmp);
        self.0[self.0.len() / 2]
    }
    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let small = has("--small") || has("--test");
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let rounds =
        std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(if small { 5 } else { 11 });
    // Memory, where there is such a place: what is measured is not the disk.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let size = if small { Size::SMALL } else { Size::WHOLE };
    let mut world = World::new(folder.path(), size);
    if has("--once") {
        return once(&mut world, &names);
    }
    println!(
        "{rounds} interleaved rounds; ms (of the thread) are medians, ratios of medians and (of minima); allocations of ours and the floor, and the most that they held at a time"
    );
    println!(
        "{:<18} {:>9} {:>9} {:>9} {:>15} {:>5} {:>15} {:>9} {:>9} {:>10} {:>10}",
        "workload",
        "ours",
        "floor",
        "rusqlite",
        "ours/floor",
        "aim",
        "ours/rusqlite",
        "allocs",
        "floor",
        "held",
        "floor"
    );
    let mut failures = Vec::new();
    for workload in WORKLOADS.iter().filter(|workload| names.is_empty() || names.contains(&workload.name)) {
        let runs = [workload.ours, workload.floor, workload.hand];
        let mut checks: Vec<Probe> = Vec::new();
        for run in runs {
            // Once before, so that what is made once is made.
            run(&mut world, &mut Probe::new(false, 1));
            let mut probe = Probe::new(true, 0);
            run(&mut world, &mut probe);
            checks.push(probe);
        }
        assert!(checks.iter().all(|probe| probe.sum == checks[0].sum), "{}: the checksums differ", workload.name);
        let mut measure = || {
            let mut times = [Times(Vec::new()), Times(Vec::new()), Times(Vec::new())];
            for round in 0..rounds {
                // Each goes first as often as the others.
                for turn in 0..3 {
                    let who = (round + turn) % 3;
                    let mut probe = Probe::new(false, round);
                    runs[who](&mut world, &mut probe);
                    times[who].0.push(probe.time.as_secs_f64() * 1e3);
                }
            }
            let medians = [0, 1, 2].map(|who| times[who].median());
            (medians, [0, 1, 2].map(|who| times[who].least()))
        };
        let slowness = |(medians, least): &([f64; 3], [f64; 3])| (medians[0] / medians[2]).min(least[0] / least[2]);
        let mut measured = measure();
        // What is slow is so each time; what was disturbed is not.
        for _ in 0..if small { 2 } else { 0 } {
            if slowness(&measured) > SLOWEST {
                measured = measure();
            }
        }
        let slowness = slowness(&measured);
        let ([ours, floor, hand], [least, floor_least, hand_least]) = measured;
        let (allocations, floor_allocations) = (checks[0].allocations, checks[1].allocations);
        println!(
            "{:<18} {ours:>9.3} {floor:>9.3} {hand:>9.3} {:>6.2} ({:>6.3}) {:>5.2} {:>6.2} ({:>6.3}) {allocations:>9} {floor_allocations:>9} {:>10} {:>10}",
            workload.name,
            ours / floor,
            least / floor_least,
            workload.aim,
            ours / hand,
            least / hand_least,
            kilobytes(checks[0].held),
            kilobytes(checks[1].held),
        );
        if slowness > SLOWEST {
            failures.push(format!("{}: {slowness:.2} of rusqlite's time, {SLOWEST} at most", workload.name));
        }
        let more = allocations as f64 - floor_allocations as f64;
        let most = workload.more * (workload.times)(size) as f64 + ALLOCATIONS;
        if more > most {
            failures.push(format!("{}: {more} allocations more than the floor, {most} at most", workload.name));
        }
    }
    if small && !failures.is_empty() {
        panic!("{}", failures.join("\n"));
    }
}

fn kilobytes(bytes: i64) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}

/// Runs one workload of one of the three, ten times.
fn once(world: &mut World, names: &[&str]) {
    let workload = WORKLOADS.iter().find(|workload| names.contains(&workload.name)).unwrap();
    let run = match names {
        names if names.contains(&"floor") => workload.floor,
        names if names.contains(&"rusqlite") => workload.hand,
        _ => workload.ours,
    };
    for round in 0..10 {
        run(world, &mut Probe::new(false, round));
    }
}
