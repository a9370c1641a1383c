//! Parity with Django: the same questions of the same data, as a user of this library asks them, and the same answers
//! in no more statements.
//!
//! Each case of the oracle has a function in `cases/`, whose answer is put into canonical JSON and compared with
//! Django's by its hash. A case may instead name a program in `tests/ui` that does not compile, or stand in
//! `differences.md` with the reason why we differ and our own answer, which then is what is compared. It ends with
//!
//! ```text
//! parity read: <equal> of 276 equal, <d> deliberate differences, <more> with more queries than Django
//! ```
//!
//! An argument, or `PARITY_ONLY`, runs the cases whose name contains it. Without the oracle there is nothing to compare
//! with, which is a failure where `CI` is set.

mod canon;
mod cases;
mod models;
mod oracle;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use eager_orm::{Database, Error, Result};
use oracle::Expected;
use serde_json::Value;

/// How many cases there are.
const READS: usize = 276;

/// The most that is shown of an answer.
const SHOWN: usize = 500;

/// A query and the answer to it.
type Case = fn(&Database) -> Result<Value>;

fn main() -> ExitCode {
    let Some(folder) = oracle::folder() else {
        println!("parity read: no oracle in ../shared/oracle or EAGER_ORM_ORACLE, so there is nothing to compare with");
        return if env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    let only = env::args().skip(1).find(|argument| !argument.starts_with('-')).or_else(|| env::var("PARITY_ONLY").ok());
    let selected = |case: &Expected| only.as_ref().is_none_or(|only| case.id.contains(only.as_str()));
    let all = oracle::reads(&folder);
    let mut tally = Tally { failed: unknown(&all), ..Tally::default() };
    let cases: Vec<&Expected> = all.iter().filter(|case| selected(case)).collect();

    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("chinook.sqlite");
    fs::copy(folder.join("chinook.sqlite"), &file).unwrap();
    let db = Database::open(&file).unwrap();
    let (functions, differences) = (cases::all(), differences());
    for case in &cases {
        let (outcome, queries) = judge(&db, case, &functions, differences.get(&case.id));
        tally.note(case, outcome, queries);
    }
    let (equal, different, more) = (tally.equal, tally.different, tally.more);
    let count = cases.len();
    print!("parity read: {equal} of {count} equal, {different} deliberate differences, ");
    println!("{more} with more queries than Django");
    let complete = only.is_some() || count == READS;
    let holds = equal + different == count && more == 0 && tally.failed == 0 && complete;
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What became of a case.
enum Outcome {
    Equal,
    Different,
    Missing,
    Wrong(String),
}

#[derive(Default)]
struct Tally {
    equal: usize,
    different: usize,
    more: usize,
    failed: usize,
}

impl Tally {
    fn note(&mut self, case: &Expected, outcome: Outcome, queries: u64) {
        match outcome {
            Outcome::Equal => self.equal += 1,
            Outcome::Different => self.different += 1,
            Outcome::Missing => println!("missing {}", case.id),
            Outcome::Wrong(why) => println!("wrong {}: {why}", case.id),
        }
        if queries > case.queries {
            self.more += 1;
            println!("more queries {}: {queries}, and Django's {}", case.id, case.queries);
        }
    }
}

/// Runs a case, and says how many statements that took.
fn judge(
    db: &Database,
    case: &Expected,
    functions: &HashMap<&str, Case>,
    difference: Option<&Value>,
) -> (Outcome, u64) {
    if let Some((_, file)) = cases::REFUSED.iter().find(|(id, _)| *id == case.id) {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/types").join(file).is_file();
        return (if there { Outcome::Equal } else { Outcome::Wrong(format!("there is no tests/ui/types/{file}")) }, 0);
    }
    let Some(function) = functions.get(case.id.as_str()) else { return (Outcome::Missing, 0) };
    let (answer, log) = db.capture(|db| catch_unwind(AssertUnwindSafe(|| function(db))));
    let queries = log.statements().map(|statement| statement.times.max(1)).sum();
    let (answer, error) = match answer {
        Ok(Ok(answer)) => (answer, String::new()),
        Ok(Err(error)) => match exception(&error) {
            Some(name) => (canon::object([("error", name.into())]), error.to_string()),
            None => return (Outcome::Wrong(format!("{error}\n{log}")), queries),
        },
        Err(_) => return (Outcome::Wrong("it panicked".into()), queries),
    };
    let answer = canon::text(&answer);
    let equal = oracle::sha256(&answer) == case.sha256;
    let context = format!("{error}\n{log}");
    let outcome = match difference.map(canon::text) {
        Some(_) if equal => Outcome::Wrong("it is in differences.md, and it is equal".into()),
        Some(own) if own == answer => Outcome::Different,
        Some(own) => Outcome::Wrong(compare(&answer, &own, "differences.md", &context)),
        None if equal => Outcome::Equal,
        None => Outcome::Wrong(compare(&answer, &case.text, "Django", &context)),
    };
    (outcome, queries)
}

/// The name Python has for an error.
fn exception(error: &Error) -> Option<&'static str> {
    match error {
        Error::DoesNotExist { .. } => Some("DoesNotExist"),
        Error::MultipleObjectsReturned { .. } => Some("MultipleObjectsReturned"),
        Error::Misuse { .. } => Some("TypeError"),
        _ => None,
    }
}

/// Two texts from a little before where they first differ.
fn compare(ours: &str, theirs: &str, whose: &str, context: &str) -> String {
    let same = ours.chars().zip(theirs.chars()).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| text.chars().skip(same.saturating_sub(100)).take(SHOWN).collect::<String>();
    format!("from character {same}\n  ours: {}\n  {whose}: {}\n{context}", cut(ours), cut(theirs))
}

/// Our own answers to the cases we answer otherwise: in `differences.md`, a heading with the case's name in backticks
/// and, further down, a block of JSON.
fn differences() -> HashMap<String, Value> {
    let text = include_str!("differences.md");
    text.split("\n## ").skip(1).map(difference).collect()
}

fn difference(section: &str) -> (String, Value) {
    let id = section.split('`').nth(1).unwrap_or_default();
    let json = section.split_once("```json\n").and_then(|(_, rest)| rest.split_once("\n```"));
    let answer = json.and_then(|(json, _)| serde_json::from_str(json).ok());
    (id.to_owned(), answer.unwrap_or_else(|| panic!("differences.md has no answer of ours for `{id}`")))
}

/// Functions and differences of cases that there are not.
fn unknown(all: &[Expected]) -> usize {
    let functions = cases::all().into_keys().map(str::to_owned);
    let refused = cases::REFUSED.iter().map(|(id, _)| (*id).to_owned());
    let named = functions.chain(refused).chain(differences().into_keys());
    let unknown: Vec<String> = named.filter(|id| all.iter().all(|case| case.id != *id)).collect();
    for id in &unknown {
        println!("the oracle has no case {id}");
    }
    unknown.len()
}
