//! The workloads as groups of criterion: ours, the floor and rusqlite, and the forms of these two that go the way ours goes.
//!
//! `cargo bench --bench workloads_criterion` has criterion's statistics, and its baselines: `-- --save-baseline before`, then
//! `-- --baseline before`. Times are those of the thread, and only of what is measured: rows to be inserted are made
//! before the clock starts. The table with interleaved rounds, whose ratios are better, is that of `--bench workloads`.

#![allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod data;
mod floor;
mod hand;
#[allow(dead_code, reason = "what is asked of a workload, the table asks")]
mod list;
#[allow(dead_code, reason = "allocations are what the table counts")]
mod measure;
mod ours;
#[path = "../raw/mod.rs"]
mod raw;
mod world;

use std::time::Duration;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use data::Size;
use list::{Run, WORKLOADS};
use measure::Probe;
use world::World;

fn workloads(c: &mut Criterion) {
    let is_whole = std::env::args().any(|argument| argument == "--bench");
    let is_test = std::env::args().any(|argument| argument == "--test" || argument == "--list");
    let size = if is_whole && !is_test { Size::WHOLE } else { Size::SMALL };
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let mut world = World::new(folder.path(), size);
    for workload in WORKLOADS {
        let mut group = c.benchmark_group(workload.name);
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
        let mut bench = |name: &str, run: Run| {
            let mut round = 0;
            group.bench_function(name, |b| {
                b.iter_custom(|times| {
                    let one = |_| {
                        // Each round changes every row.
                        round += 1;
                        let mut probe = Probe::new(false, round);
                        run(&mut world, &mut probe);
                        probe.time
                    };
                    (0..times).map(one).sum()
                });
            });
        };
        bench("eager-orm", workload.ours);
        for form in workload.forms {
            let of = |who: &str| if form.name.is_empty() { who.to_owned() } else { format!("{who}, {}", form.name) };
            match form.hand {
                Some(hand) => {
                    bench(&of("floor"), form.floor);
                    bench(&of("rusqlite"), hand);
                }
                // Another way of ours.
                None => bench(form.name, form.floor),
            }
        }
        group.finish();
    }
}

criterion_group!(criterion, workloads);
criterion_main!(criterion);
