//! Parity with Django: the same questions of the same data, as a user of this library asks them, and the same answers
//! in no more statements.
//!
//! Each case of the oracle has a function in `cases/`, whose answer is put into canonical JSON and compared with
//! Django's by its hash. A case may instead name a program in `tests/ui` that does not compile, or stand in
//! `differences.md` with the reason why we differ and our own answer, which then is what is compared. It ends with
//!
//! ```text
//! parity read: <equal> of 276 equal, <d> deliberate differences, <more> with more queries than Django
//! parity more: <equal> of <cases> equal, ..
//! parity write: <equal> of 114 equal, <d> deliberate differences, <more> with more queries than Django
//! ```
//!
//! The cases of `more` are our own questions, with what Django 5.2 answered on the same file: `more.json`.
//!
//! A case that writes has a fresh copy of the database, and every table of it is compared as well.
//!
//! An argument, or `PARITY_ONLY`, runs the cases whose name contains it. Without the oracle there is nothing to compare
//! with, which is a failure where `CI` is set.

mod canon;
mod cases;
mod judge;
mod models;
mod oracle;
mod writes;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use eager_orm::{Database, Result};
use judge::{Judge, Tally};
use oracle::Expected;
use serde_json::Value;

/// How many cases there are that only read.
const READS: usize = 276;

/// A query and the answer to it.
type Case = fn(&Database) -> Result<Value>;

fn main() -> ExitCode {
    let Some(folder) = oracle::folder() else {
        println!("parity: no oracle in ../shared/oracle or EAGER_ORM_ORACLE, so there is nothing to compare with");
        return if env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    let only = env::args().skip(1).find(|argument| !argument.starts_with('-')).or_else(|| env::var("PARITY_ONLY").ok());
    let selected = |case: &Expected| only.as_ref().is_none_or(|only| case.id.contains(only.as_str()));
    let judge = Judge::new();
    let (reads, more, writes) = (oracle::reads(&folder), oracle::more(&folder), oracle::writes(&folder));
    let unknown = judge.unknown(reads.iter().chain(&more).chain(writes.iter().map(|write| &write.case)));
    let reads: Vec<&Expected> = reads.iter().filter(|case| selected(case)).collect();
    let reads_hold = run_reads(&judge, &folder, "read", &reads);
    let more: Vec<&Expected> = more.iter().filter(|case| selected(case)).collect();
    let more_hold = run_reads(&judge, &folder, "more", &more);
    let writes: Vec<_> = writes.iter().filter(|write| selected(&write.case)).collect();
    let writes_hold = writes::run(&judge, &folder, &writes);
    let complete = only.is_some() || (reads.len() == READS && writes.len() == writes::WRITES);
    let holds = reads_hold && more_hold && writes_hold && complete && unknown == 0;
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the cases that only read, all on one database, and says whether they hold.
fn run_reads(judge: &Judge, folder: &Path, what: &str, cases: &[&Expected]) -> bool {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("chinook.sqlite");
    fs::copy(folder.join("chinook.sqlite"), &file).unwrap();
    let db = Database::open(&file).unwrap();
    let mut tally = Tally::default();
    for case in cases {
        let (outcome, asked) = judge.case(&db, case);
        tally.note(case, &outcome, &asked);
    }
    tally.print(what, cases.len());
    tally.equal + tally.different == cases.len() && tally.more == 0
}
