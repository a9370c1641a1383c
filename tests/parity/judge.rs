//! What became of a case: our answer beside the oracle's.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use eager_orm::{Database, Error, Log};
use serde_json::Value;

use crate::oracle::Expected;
use crate::{Case, canon, cases, oracle};

/// The most that is shown of an answer.
const SHOWN: usize = 500;

/// What became of a case.
pub enum Outcome {
    Equal,
    /// On purpose, and why.
    Different(&'static str),
    Missing,
    Wrong(String),
}

/// How many statements a case asked of the database. One that is prepared once and run for each row of a batch is one,
/// as Django's own count has `executemany`.
pub type Asked = u64;

fn asked(log: &Log) -> Asked {
    log.len() as u64
}

#[derive(Default)]
pub struct Tally {
    pub equal: usize,
    pub different: usize,
    pub more: usize,
}

impl Tally {
    pub fn note(&mut self, case: &Expected, outcome: &Outcome, asked: &Asked) {
        match outcome {
            Outcome::Equal => self.equal += 1,
            Outcome::Different(why) => {
                self.different += 1;
                println!("deliberate {}: {}", case.id, why.replace('\n', " "));
            }
            Outcome::Missing => println!("missing {}", case.id),
            Outcome::Wrong(why) => println!("wrong {}: {why}", case.id),
        }
        // Where we differ on purpose, we do something else.
        if *asked > case.queries && !matches!(outcome, Outcome::Different(_)) {
            self.more += 1;
            println!("more queries {}: {asked}, and Django's {}", case.id, case.queries);
        }
    }

    /// The line that sums it up.
    pub fn print(&self, what: &str, cases: usize) {
        let Tally { equal, different, more } = self;
        print!("parity {what}: {equal} of {cases} equal, {different} deliberate differences, ");
        println!("{more} with more queries than Django");
    }
}

/// The functions of the cases, and our own answers where we differ on purpose.
pub struct Judge {
    functions: HashMap<&'static str, Case>,
    differences: HashMap<&'static str, Difference>,
}

/// A case that we answer otherwise on purpose.
struct Difference {
    /// The first sentence of the reason.
    why: &'static str,
    answer: Value,
    /// The statements that make the tables what they are after it, where they are not as after Django's.
    after: Option<&'static str>,
}

impl Judge {
    pub fn new() -> Self {
        Judge { functions: cases::all(), differences: differences() }
    }

    /// Runs a case, and says what it asked of the database.
    pub fn case(&self, db: &Database, case: &Expected) -> (Outcome, Asked) {
        if let Some((_, file)) = cases::refused().find(|(id, _)| *id == case.id) {
            let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/types").join(file).is_file();
            let absent = || Outcome::Wrong(format!("there is no tests/ui/types/{file}"));
            return (if there { Outcome::Equal } else { absent() }, 0);
        }
        let Some(function) = self.functions.get(case.id.as_str()) else {
            return (Outcome::Missing, 0);
        };
        let (answer, log) = db.capture(|db| catch_unwind(AssertUnwindSafe(|| function(db))));
        let name = match &answer {
            Ok(Err(error)) => named(error, &case.text),
            _ => None,
        };
        let asked = asked(&log);
        let (answer, error) = match answer {
            Ok(Ok(answer)) => (answer, String::new()),
            Ok(Err(error)) => match name {
                Some(name) => (canon::object([("error", name.into())]), error.to_string()),
                None => return (Outcome::Wrong(format!("{error}\n{log}")), asked),
            },
            Err(_) => return (Outcome::Wrong("it panicked".into()), asked),
        };
        let answer = canon::text(&answer);
        let equal = oracle::sha256(&answer) == case.sha256;
        let context = format!("{error}\n{log}");
        let outcome = match self.differences.get(case.id.as_str()).map(|own| (own, canon::text(&own.answer))) {
            Some(_) if equal => Outcome::Wrong("it is in differences.md, and it is equal".into()),
            Some((difference, own)) if own == answer => Outcome::Different(difference.why),
            Some((_, own)) => Outcome::Wrong(compare(&answer, &own, "differences.md", &context)),
            None if equal => Outcome::Equal,
            None => Outcome::Wrong(compare(&answer, &case.text, "Django", &context)),
        };
        (outcome, asked)
    }

    /// The statements that make the tables what they are after a case that differs.
    pub fn after(&self, id: &str) -> Option<&'static str> {
        self.differences.get(id)?.after
    }

    /// Functions and differences of cases that there are not.
    pub fn unknown<'a>(&self, all: impl Iterator<Item = &'a Expected>) -> usize {
        let there: Vec<&str> = all.map(|case| case.id.as_str()).collect();
        let functions = self.functions.keys().copied();
        let refused = cases::refused().map(|(id, _)| id);
        let named = functions.chain(refused).chain(self.differences.keys().copied());
        let unknown: Vec<&str> = named.filter(|id| !there.contains(id)).collect();
        for id in &unknown {
            println!("the oracle has no case {id}");
        }
        unknown.len()
    }
}

/// The name Python has for the error a case ends with: what is [`Error::Misuse`] here has two.
fn named(error: &Error, expected: &str) -> Option<&'static str> {
    match error {
        Error::Misuse { .. } if expected.contains("ValueError") => Some("ValueError"),
        error => exception(error),
    }
}

/// The name Python has for an error.
pub fn exception(error: &Error) -> Option<&'static str> {
    match error {
        Error::DoesNotExist { .. } => Some("DoesNotExist"),
        Error::MultipleObjectsReturned { .. } => Some("MultipleObjectsReturned"),
        Error::Misuse { .. } => Some("TypeError"),
        Error::NotUpdated { .. } => Some("DatabaseError"),
        Error::Protected { .. } => Some("ProtectedError"),
        Error::Restricted { .. } => Some("RestrictedError"),
        Error::Nested { .. } => Some("RuntimeError"),
        Error::RolledBack => Some("TransactionManagementError"),
        // Of one row, or of one of many.
        error if error.is_constraint() => Some("IntegrityError"),
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
/// and, further down, a block of JSON. A block `sql after` says what became of the tables.
fn differences() -> HashMap<&'static str, Difference> {
    let text = include_str!("differences.md");
    text.split("\n## ").skip(1).map(difference).collect()
}

fn difference(section: &'static str) -> (&'static str, Difference) {
    let block = |start: &str| Some(section.split_once(start)?.1.split_once("\n```")?.0);
    let id = section.split('`').nth(1).unwrap_or_default();
    let answer = block("```json\n").and_then(|json| serde_json::from_str(json).ok());
    let answer = answer.unwrap_or_else(|| panic!("differences.md has no answer of ours for `{id}`"));
    let why = section.split_once("\n\n").and_then(|(_, text)| text.split_once("\n\n")).map(|(why, _)| why.trim());
    let why = why.filter(|why| !why.is_empty()).unwrap_or_else(|| panic!("differences.md does not say why of `{id}`"));
    let why = why.split_once(". ").map_or(why, |(first, _)| first);
    (id, Difference { why, answer, after: block("```sql after\n") })
}
