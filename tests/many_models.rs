//! A program of a size that programs have: 50 models, each related to all others, and 200 queries. It compiles, and in
//! reasonable time.
//!
//! A small set of models never shows what a large one does. To prove that one model may go to another thread, the
//! compiler follows the relations from type to type; were it not stopped on the way, 16 models in a ring would be more
//! than it is willing to follow.

#[path = "many_models/generator.rs"]
mod generator;
mod scratch;

use std::fs;
use std::time::{Duration, Instant};

use scratch::Scratch;

const MODELS: usize = 50;
const QUERIES: usize = 200;

/// Generous, as other work may be going on at the same time: 4 and 12 seconds are usual on two cores.
const CHECK: Duration = Duration::from_secs(30);
const BUILD: Duration = Duration::from_secs(60);

#[test]
fn fifty_models_compile_in_reasonable_time_and_run() {
    let mut scratch = Scratch::new("many-models");
    let library = scratch.folder().join("lib.rs");
    let program = scratch.folder().join("main.rs");
    scratch.library(&library);
    scratch.program("many-models", &program);
    fs::write(&program, "fn main() {\n    many_models::run().unwrap();\n    many_models::threads();\n}\n").unwrap();

    // First with nothing in it: what is measured is the models, and not the library they use.
    fs::write(&library, "pub fn run() -> Result<(), ()> {\n    Ok(())\n}\npub fn threads() {}\n").unwrap();
    cargo(&scratch, "check");
    cargo(&scratch, "build");

    fs::write(&library, generator::library(MODELS, QUERIES)).unwrap();
    let check = cargo(&scratch, "check");
    let build = cargo(&scratch, "build");
    println!(
        "{MODELS} models, {QUERIES} queries: check {:.1} s, build {:.1} s",
        check.as_secs_f64(),
        build.as_secs_f64()
    );
    cargo(&scratch, "run");
    assert!(check < CHECK, "cargo check took {check:?}, and may take {CHECK:?}");
    assert!(build < BUILD, "cargo build took {build:?}, and may take {BUILD:?}");
}

/// Runs cargo, which has to succeed without a warning, and says how long it took.
fn cargo(scratch: &Scratch, command: &str) -> Duration {
    let start = Instant::now();
    let output = scratch.cargo(&[command]);
    let time = start.elapsed();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {command}:\n{stderr}");
    assert!(!stderr.contains("warning: `many-models`"), "cargo {command}:\n{stderr}");
    time
}

#[test]
fn the_generator_writes_what_it_says() {
    let text = generator::library(MODELS, QUERIES);
    assert_eq!(text.matches("derive(Model").count(), MODELS);
    let queries = text.matches("(db)?;").count() + text.matches("(db);").count() + text.matches("update(db,").count();
    // `run` calls a function for each model.
    assert_eq!(queries - MODELS, QUERIES);
    let fields = text.split("pub struct M7 {").nth(1).unwrap().split('}').next().unwrap().matches("    pub ").count();
    assert_eq!(fields, 22, "a key, 16 plain columns, three foreign keys and two relations to many");
}
