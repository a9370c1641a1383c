//! Regular expressions.

use std::cell::RefCell;
use std::fmt;

use regex::{Regex, RegexBuilder};
use rusqlite::functions::Context;
use rusqlite::{Connection, Error, Result};

use super::functions::{both, flags};
use crate::error::OURS;

/// How many patterns a connection remembers, compiled: those that a column has may differ from row to row.
const REMEMBERED: usize = 32;

/// Registers `eager_regex(text, pattern)` and `eager_iregex(text, pattern)`.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let patterns = Patterns::new(false);
    connection.create_scalar_function(c"eager_regex", 2, flags(), move |context| patterns.matches(context))?;
    let patterns = Patterns::new(true);
    connection.create_scalar_function(c"eager_iregex", 2, flags(), move |context| patterns.matches(context))
}

/// The patterns that were used last, the latest first.
struct Patterns {
    ignores_case: bool,
    compiled: RefCell<Vec<(String, Regex)>>,
}

impl Patterns {
    fn new(ignores_case: bool) -> Self {
        Patterns { ignores_case, compiled: RefCell::default() }
    }

    fn matches(&self, context: &Context<'_>) -> Result<Option<bool>> {
        let Some((text, pattern)) = both(context)? else { return Ok(None) };
        let mut compiled = self.compiled.borrow_mut();
        match compiled.iter().position(|(known, _)| known == pattern) {
            Some(at) => {
                if let Some(used) = compiled.get_mut(..=at) {
                    used.rotate_right(1);
                }
            }
            None => {
                let regex = RegexBuilder::new(pattern)
                    .case_insensitive(self.ignores_case)
                    .build()
                    .map_err(|error| Error::UserFunctionError(Box::new(BadPattern::new(pattern, &error))))?;
                compiled.truncate(REMEMBERED - 1);
                compiled.insert(0, (pattern.to_owned(), regex));
            }
        }
        Ok(compiled.first().map(|(_, regex)| regex.is_match(text)))
    }
}

/// A pattern that is no regular expression.
#[derive(Debug)]
struct BadPattern {
    pattern: String,
    reason: String,
}

impl BadPattern {
    fn new(pattern: &str, error: &regex::Error) -> Self {
        // The whole message draws an arrow below the pattern; its last line says what is wrong.
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default();
        let reason = last.trim().trim_start_matches("error: ").to_owned();
        BadPattern { pattern: pattern.to_owned(), reason }
    }
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OURS}`{}` is not a regular expression: {}", self.pattern.replace('\0', "\\0"), self.reason)
    }
}

impl std::error::Error for BadPattern {}
