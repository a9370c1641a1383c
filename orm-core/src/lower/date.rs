//! Parts of dates and times, and the beginnings of periods, as SQLite's own date functions.
//!
//! What a date is compared with is a matter of `period.rs`, which makes ranges of it.
//!
//! SQLite rounds a time to a thousandth of a second, and with it the day just before midnight. So it is given only what
//! counts: the first ten characters of the text for the day, the first nineteen for the time.

use super::Lowerer;
use crate::error::Result;
use crate::plan::{DatePart, DateUnit, Node, Truncation};
use crate::statement::{Expr, Function, Operator};
use crate::value::{Bind, Form, Storage};

impl Lowerer {
    /// A part of a date or time, as an integer.
    pub(super) fn date_part(&mut self, part: DatePart, form: Form, node: &Node) -> Result<Expr> {
        let text = self.value(node)?;
        Ok(match part {
            DatePart::Year => integer("%Y", day(text, form), &[]),
            DatePart::Month => integer("%m", day(text, form), &[]),
            DatePart::Day => integer("%d", day(text, form), &[]),
            DatePart::Quarter => {
                let after = number(Operator::Add, integer("%m", day(text, form), &[]), 2);
                number(Operator::Div, after, 3)
            }
            // The ISO week and its year are those of its Thursday.
            DatePart::IsoYear => integer("%Y", day(text, form), THURSDAY),
            DatePart::Week => {
                let days = number(Operator::Sub, integer("%j", day(text, form), THURSDAY), 1);
                number(Operator::Add, number(Operator::Div, days, 7), 1)
            }
            DatePart::WeekDay => number(Operator::Add, integer("%w", day(text, form), &[]), 1),
            DatePart::IsoWeekDay => {
                let since_monday = number(Operator::Add, integer("%w", day(text, form), &[]), 6);
                number(Operator::Add, number(Operator::Rem, since_monday, 7), 1)
            }
            DatePart::Hour => integer("%H", seconds(text, form), &[]),
            DatePart::Minute => integer("%M", seconds(text, form), &[]),
            DatePart::Second => integer("%S", seconds(text, form), &[]),
        })
    }

    /// The beginning of the period that a date or time lies in.
    pub(super) fn truncated(&mut self, Truncation { unit, from, to }: Truncation, node: &Node) -> Result<Expr> {
        let text = self.value(node)?;
        if !unit.is_of_days() {
            let (of_date_time, of_time) = match unit {
                DateUnit::Hour => ("%Y-%m-%d %H:00:00", "%H:00:00"),
                DateUnit::Minute => ("%Y-%m-%d %H:%M:00", "%H:%M:00"),
                _ => ("%Y-%m-%d %H:%M:%S", "%H:%M:%S"),
            };
            let format = if from == Form::Time { of_time } else { of_date_time };
            return Ok(strftime(bind(format), seconds(text, from), &[]));
        }
        let day = day(text, from);
        let format = |of_date: &'static str, of_date_time: &'static str| {
            bind(if to == Form::DateTime { of_date_time } else { of_date })
        };
        Ok(match unit {
            DateUnit::Year => strftime(format("%Y-01-01", "%Y-01-01 00:00:00"), day, &[]),
            DateUnit::Month => strftime(format("%Y-%m-01", "%Y-%m-01 00:00:00"), day, &[]),
            DateUnit::Week => strftime(format("%Y-%m-%d", "%Y-%m-%d 00:00:00"), day, MONDAY),
            DateUnit::Quarter => {
                let month = strftime(bind("%m"), day.clone(), &[]);
                let until = |month_of_end: &'static str, format| {
                    (Expr::binary(Operator::Le, month.clone(), bind(month_of_end)), format)
                };
                let arms = vec![
                    until("03", format("%Y-01-01", "%Y-01-01 00:00:00")),
                    until("06", format("%Y-04-01", "%Y-04-01 00:00:00")),
                    until("09", format("%Y-07-01", "%Y-07-01 00:00:00")),
                ];
                let last = format("%Y-10-01", "%Y-10-01 00:00:00");
                strftime(Expr::Case(arms, Some(Box::new(last))), day, &[])
            }
            // A date is its own day.
            _ if to == Form::Date => day,
            _ => strftime(bind("%Y-%m-%d 00:00:00"), day, &[]),
        })
    }
}

/// To the Thursday of a day's ISO week.
const THURSDAY: &[&str] = &["-3 days", "weekday 4"];
/// To the Monday of a day's ISO week.
const MONDAY: &[&str] = &["-6 days", "weekday 1"];

/// The text of the day in a date or time.
fn day(text: Expr, form: Form) -> Expr {
    if form == Form::Date { text } else { start(text, "YYYY-MM-DD") }
}

/// The text of a date or time, down to its seconds.
fn seconds(text: Expr, form: Form) -> Expr {
    start(text, if form == Form::Time { "HH:MM:SS" } else { "YYYY-MM-DD HH:MM:SS" })
}

/// As many characters of the text as the form has. (Dates are ASCII: SQLite's own function serves.)
fn start(text: Expr, form: &str) -> Expr {
    let length = i64::try_from(form.len()).unwrap_or(i64::MAX);
    Expr::Call(Function::Start, vec![text, Expr::Bind(Bind::Integer(1)), Expr::Bind(Bind::Integer(length))])
}

fn bind(text: &'static str) -> Expr {
    Expr::Bind(Bind::Text(text.into()))
}

fn strftime(format: Expr, text: Expr, modifiers: &[&'static str]) -> Expr {
    let mut arguments = vec![format, text];
    arguments.extend(modifiers.iter().map(|modifier| bind(modifier)));
    Expr::Call(Function::Strftime, arguments)
}

fn integer(format: &'static str, text: Expr, modifiers: &[&'static str]) -> Expr {
    Expr::Cast(Box::new(strftime(bind(format), text, modifiers)), Storage::Integer)
}

fn number(operator: Operator, left: Expr, right: i64) -> Expr {
    Expr::binary(operator, left, Expr::Bind(Bind::Integer(right)))
}
