//! The workloads, each beside the floor (SQLite's C interface) and careful rusqlite, in one process: one table.
//!
//! `cargo bench --bench workloads`; `-- --small` is the check that `scripts/test-speed` runs: less data, and it fails where
//! a workload is far slower than by hand, or makes more allocations than are stated of it. `-- --help` has the rest.

#![allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]

#[path = "../arguments/mod.rs"]
mod arguments;
mod data;
mod floor;
mod hand;
mod list;
mod measure;
mod ours;
#[path = "../raw/mod.rs"]
mod raw;
#[path = "../turns/mod.rs"]
mod turns;
mod world;

use std::process::ExitCode;

use arguments::Arguments;
use data::Size;
use list::{Run, WORKLOADS, Workload};
use measure::{Counting, Probe};
use turns::turns;
use world::World;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "\
cargo bench --bench workloads -- [--small] [WORKLOAD ...]
cargo bench --bench workloads -- --once WORKLOAD [ours | floor | rusqlite]

Without a name it runs all workloads, and prints a table of them.
  --small, --test  less data; ends with 1 where a workload is 1.5 times as slow as the best form by hand, or makes more
                   allocations than the floor or than its own number by more than is stated of it
  --once           runs one of the three ten times and nothing else, for a profiler
  --help           prints this
ROUNDS=11 is how many rounds are measured.";

/// How much slower than rusqlite's best form a workload may be in the small run, where every machine is noisy.
const SLOWEST: f64 = 1.5;
/// How many allocations more than its own number a small run may make: what another thread or another standard library
/// does besides.
const SPARE: u64 = 4;

/// The times of one run of all rounds, in milliseconds.
struct Times(Vec<f64>);

impl Times {
    fn median(&self) -> f64 {
        let mut times = self.0.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }
    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
    /// The ratio of the medians, and of the minima.
    fn to(&self, other: &Times) -> (f64, f64) {
        (self.median() / other.median(), self.least() / other.least())
    }
}

/// What was measured of one of the runs of a workload.
struct Measured {
    times: Times,
    probe: Probe,
}

/// The same beside which ours stands, in one form.
struct Beside {
    floor: Measured,
    hand: Option<Measured>,
}

fn main() -> ExitCode {
    let arguments = Arguments::read(USAGE, &["--small", "--once"]);
    let small = arguments.has("--small") || arguments.has("--test");
    let rounds = match std::env::var("ROUNDS").map(|rounds| rounds.parse()) {
        Err(_) if small => 5,
        Err(_) => 11,
        Ok(Ok(rounds)) if rounds > 0 => rounds,
        Ok(_) => arguments.refuse("ROUNDS is a number from 1"),
    };
    let once = arguments.has("--once").then(|| which(&arguments));
    let is_name = |name: &String| WORKLOADS.iter().any(|workload| workload.name == name);
    if let Some(name) = arguments.names.iter().find(|name| !is_name(name) && once.is_none()) {
        let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        arguments.refuse(&format!("there is no workload {name}; there are {}", names.join(", ")));
    }
    // Memory, where there is such a place: what is measured is not the disk.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let size = if small { Size::SMALL } else { Size::WHOLE };
    let mut world = World::new(folder.path(), size);
    if let Some(run) = once {
        (0..10).for_each(|round| run(&mut world, &mut Probe::new(false, round)));
        return ExitCode::SUCCESS;
    }
    println!(
        "{rounds} interleaved rounds; ms (of the thread) are medians, ratios of medians and (of minima).\n\
         The first line of a workload is beside a JOIN, or lists of keys; a line below it beside the same in another form.\n\
         Rows to be inserted are made before the clock starts, but for bulk_create_execute.\n\
         Allocations, and the most that was held at a time; those of SQLite are not counted.\n"
    );
    let head = ["ours", "floor", "rusqlite", "ours/floor", "aim", "ours/rusqlite", "allocs", "floor", "rusqlite"];
    let [ours, floor, hand, to_floor, aim, to_hand, allocations, of_floor, of_hand] = head;
    println!(
        "{:<26} {ours:>9} {floor:>9} {hand:>9} {to_floor:>15} {aim:>5} {to_hand:>15} {allocations:>9} {of_floor:>9} {of_hand:>9} {:>11} {:>11}",
        "workload", "held", "floor"
    );
    let mut failures = Vec::new();
    let names = &arguments.names;
    for workload in
        WORKLOADS.iter().filter(|workload| names.is_empty() || names.iter().any(|name| name == workload.name))
    {
        let (mut ours, mut beside) = measure(&mut world, workload, rounds);
        // What is slow is so each time; what was disturbed is not.
        for _ in 0..if small { 2 } else { 0 } {
            if slowness(&ours, &beside) > SLOWEST {
                (ours, beside) = measure(&mut world, workload, rounds);
            }
        }
        print(workload, &ours, &beside);
        if small {
            failures.extend(judge(workload, size, &ours, &beside));
        }
    }
    failures.iter().for_each(|failure| eprintln!("{failure}"));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The one run that is asked for by name.
fn which(arguments: &Arguments) -> Run {
    let mut names = arguments.names.iter().map(String::as_str);
    let workload = names.next().and_then(|name| WORKLOADS.iter().find(|workload| workload.name == name));
    let Some(workload) = workload else { arguments.refuse("--once takes the name of a workload") };
    let first = &workload.forms[0];
    match (names.next(), names.next()) {
        (None | Some("ours"), None) => workload.ours,
        (Some("floor"), None) => first.floor,
        (Some("rusqlite"), None) => first.hand.unwrap(),
        _ => arguments.refuse("--once takes the name of a workload, and ours, floor or rusqlite"),
    }
}

/// Runs ours and every form beside it, in turn. The checksums have to agree.
fn measure(world: &mut World, workload: &Workload, rounds: usize) -> (Measured, Vec<Beside>) {
    let mut runs = vec![workload.ours];
    for form in workload.forms {
        runs.push(form.floor);
        runs.extend(form.hand);
    }
    let mut checked = |run: &Run| {
        // Once before, so that what is made once is made.
        run(world, &mut Probe::new(false, 1));
        let mut probe = Probe::new(true, 0);
        run(world, &mut probe);
        Measured { times: Times(Vec::new()), probe }
    };
    let mut measured: Vec<Measured> = runs.iter().map(&mut checked).collect();
    let sum = measured[0].probe.sum;
    assert_ne!(sum, 0, "{}: nothing is checked", workload.name);
    let sums: Vec<u64> = measured.iter().map(|one| one.probe.sum).collect();
    assert!(sums.iter().all(|one| *one == sum), "{}: the checksums differ: {sums:?}", workload.name);
    for round in 0..rounds {
        for who in turns(runs.len(), round) {
            // What was checked was round 0: a write changes every row again.
            let mut probe = Probe::new(false, round + 1);
            runs[who](world, &mut probe);
            measured[who].times.0.push(probe.time.as_secs_f64() * 1e3);
        }
    }
    let mut measured = measured.into_iter();
    let ours = measured.next().unwrap();
    let mut beside = Vec::new();
    for form in workload.forms {
        let floor = measured.next().unwrap();
        beside.push(Beside { floor, hand: form.hand.and_then(|_| measured.next()) });
    }
    (ours, beside)
}

/// The ratio to the form by hand that is fastest: of medians or of minima, whichever is less.
fn slowness(ours: &Measured, beside: &[Beside]) -> f64 {
    let ratio = |hand: &Measured| {
        let (medians, minima) = ours.times.to(&hand.times);
        medians.min(minima)
    };
    beside.iter().filter_map(|form| form.hand.as_ref()).map(ratio).fold(0.0, f64::max)
}

/// What is wrong with a small run.
fn judge(workload: &Workload, size: Size, ours: &Measured, beside: &[Beside]) -> Vec<String> {
    let (mut failures, name) = (Vec::new(), workload.name);
    let slowness = slowness(ours, beside);
    if slowness > SLOWEST {
        failures.push(format!("{name}: {slowness:.2} of rusqlite's time, {SLOWEST} at most"));
    }
    let allocations = ours.probe.allocations;
    let fewest = beside.iter().map(|form| form.floor.probe.allocations).min().unwrap_or_default();
    let (more, most) = (allocations as i64 - fewest as i64, (workload.more)(size));
    if more > most {
        failures.push(format!("{name}: {more} allocations more than the floor, {most} at most"));
    }
    let known = workload.known;
    if allocations > known + SPARE {
        failures.push(format!("{name}: {allocations} allocations, {known} are stated in benches/workloads/list.rs"));
    } else if allocations + SPARE < known {
        println!("{:<26} now makes {allocations} allocations: benches/workloads/list.rs may say so", "");
    }
    failures
}

/// A line for each form.
fn print(workload: &Workload, ours: &Measured, beside: &[Beside]) {
    for (at, (form, Beside { floor, hand })) in workload.forms.iter().zip(beside).enumerate() {
        let name = if at == 0 { workload.name.to_owned() } else { format!("  {}", form.name) };
        let [time, to_hand, of_hand] = match hand {
            Some(hand) => {
                let time = format!("{:.3}", hand.times.median());
                [time, ratio(ours.times.to(&hand.times)), hand.probe.allocations.to_string()]
            }
            None => ["-", "-", "-"].map(str::to_owned),
        };
        let aim = form.aim.map_or("-".to_owned(), |aim| format!("{aim:.2}"));
        let to_floor = ratio(ours.times.to(&floor.times));
        let (mine, its) = (&ours.probe, &floor.probe);
        println!(
            "{name:<26} {:>9.3} {:>9.3} {time:>9} {to_floor:>15} {aim:>5} {to_hand:>15} {:>9} {:>9} {of_hand:>9} {:>11} {:>11}",
            ours.times.median(),
            floor.times.median(),
            mine.allocations,
            its.allocations,
            kilobytes(mine.held),
            kilobytes(its.held),
        );
    }
}

fn ratio((medians, minima): (f64, f64)) -> String {
    format!("{medians:.2} ({minima:.3})")
}

fn kilobytes(bytes: i64) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}
