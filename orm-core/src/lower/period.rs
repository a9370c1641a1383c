//! Comparisons of a part of a date with literals as ranges of the column, which an index serves.
//!
//! | a condition | its range |
//! |---|---|
//! | `year = 2024` | `x >= '2024-01-01' AND x < '2025-01-01'` |
//! | `year = 2024 AND month = 2` | `x >= '2024-02-01' AND x < '2024-03-01'` |
//! | `trunc_month <= '2024-02-01'` | `x < '2024-03-01'` |
//! | `trunc_month = '2024-02-07'` | no row: no month begins on a seventh |
//! | `date IN ('2024-02-01', '2024-02-02')` | `x >= '2024-02-01' AND x < '2024-02-03'` |
//!
//! The bounds are as short as they can be: `2024-02-01` sorts before every time of that day, so one bound is right for
//! dates and for dates with a time. Where a bound would lie outside of the years 0 to 9999 there is no text that sorts,
//! and the part itself is compared.

use super::Lowerer;
use crate::error::Result;
use crate::plan::{DatePart, DateUnit, Node, NodeKind, Truncation};
use crate::statement::{Expr, Operator};
use crate::value::{Bind, Form};

/// Up to how many ranges a list becomes. Each has two binds, and SQLite plans each by itself.
const MOST: usize = 64;

const DAY: i64 = 86_400;

/// A value that a part is compared with: the period it is, or lies in, in seconds since 1970, or since midnight.
struct Period {
    start: i64,
    end: i64,
    /// Whether it is the start of its period, so that the part can be equal to it.
    is_start: bool,
}

/// What a part of a date is cut down to, and how its bounds are written.
#[derive(Clone, Copy)]
struct Scale {
    part: Part,
    is_time: bool,
}

#[derive(Clone, Copy)]
enum Part {
    Year,
    IsoYear,
    Unit(DateUnit),
}

impl Lowerer {
    /// `part <operator> literal` as a range.
    pub(super) fn period_range(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Option<Expr>> {
        let Some((scale, date)) = scale(left) else { return Ok(None) };
        let Some(period) = scale.period(right) else { return Ok(None) };
        let (Some(start), Some(end)) = (scale.text(period.start), scale.text(period.end)) else { return Ok(None) };
        let date = self.value(date)?;
        let bound =
            |operator, text: &str| Expr::binary(operator, date.clone(), Expr::Bind(Bind::Text(text.to_owned().into())));
        Ok(Some(match (operator, period.is_start) {
            (Operator::Eq, true) => Expr::And(vec![bound(Operator::Ge, &start), bound(Operator::Lt, &end)]),
            (Operator::Ne, true) => Expr::Or(vec![bound(Operator::Lt, &start), bound(Operator::Ge, &end)]),
            (Operator::Eq, false) => Expr::any(Vec::new()),
            (Operator::Ne, false) => Expr::IsNotNull(Box::new(date)),
            (Operator::Lt, true) => bound(Operator::Lt, &start),
            (Operator::Ge, true) => bound(Operator::Ge, &start),
            // The period that begins before the value is less than it.
            (Operator::Lt, false) | (Operator::Le, _) => bound(Operator::Lt, &end),
            (Operator::Ge, false) | (Operator::Gt, _) => bound(Operator::Ge, &end),
            _ => return Ok(None),
        }))
    }

    /// `part IN (literals)` as ranges, those that touch made one.
    pub(super) fn period_ranges(&mut self, left: &Node, list: &[Node]) -> Result<Option<Expr>> {
        let Some((scale, date)) = scale(left) else { return Ok(None) };
        let mut periods = Vec::with_capacity(list.len());
        for node in list {
            match (node.kind(), scale.period(node)) {
                (NodeKind::Bind(Bind::Null), _) => {}
                (_, Some(period)) => periods.push(period),
                _ => return Ok(None),
            }
        }
        periods.retain(|period| period.is_start);
        periods.sort_by_key(|period| period.start);
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for Period { start, end, .. } in periods {
            match merged.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => merged.push((start, end)),
            }
        }
        if merged.len() > MOST {
            return Ok(None);
        }
        let mut bounds = Vec::with_capacity(merged.len());
        for (start, end) in merged {
            let (Some(start), Some(end)) = (scale.text(start), scale.text(end)) else { return Ok(None) };
            bounds.push((start, end));
        }
        let date = self.value(date)?;
        let bound = |operator, text: String| Expr::binary(operator, date.clone(), Expr::Bind(Bind::Text(text.into())));
        let range = |(start, end)| Expr::And(vec![bound(Operator::Ge, start), bound(Operator::Lt, end)]);
        Ok(Some(Expr::any(bounds.into_iter().map(range).collect())))
    }
}

/// The conditions of one conjunction with each `year = y` and `month = m` of one column made one condition, if there
/// are such.
pub(super) fn months_of_years(conjuncts: &[Node]) -> Option<Vec<Node>> {
    let mut fused: Vec<Node> = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    for (at, node) in conjuncts.iter().enumerate() {
        let Some((DatePart::Year, form, date, year @ 0..=9999)) = part_equals(node) else { continue };
        let month = conjuncts.iter().enumerate().find_map(|(other, node)| match part_equals(node) {
            Some((DatePart::Month, _, same, month @ 1..=12)) if is_same_column(date, same) => Some((other, month)),
            _ => None,
        });
        let Some((other, month)) = month else { continue };
        if used.contains(&other) {
            continue;
        }
        let truncation = Truncation { unit: DateUnit::Month, from: form, to: Form::Date };
        let truncated = Node::new(NodeKind::Truncated(truncation, date.clone()));
        let first = Node::bind(Bind::Text(format!("{year:04}-{month:02}-01").into()));
        fused.push(Node::binary(Operator::Eq, truncated, first));
        used.extend([at, other]);
    }
    if fused.is_empty() {
        return None;
    }
    let rest = conjuncts.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, node)| node.clone());
    fused.extend(rest);
    Some(fused)
}

/// `part = integer`.
fn part_equals(node: &Node) -> Option<(DatePart, Form, &Node, i64)> {
    let NodeKind::Binary(Operator::Eq, left, right) = node.kind() else { return None };
    let NodeKind::DatePart(part, form, date) = left.kind() else { return None };
    let NodeKind::Bind(Bind::Integer(value)) = right.kind() else { return None };
    Some((*part, *form, date, *value))
}

fn is_same_column(left: &Node, right: &Node) -> bool {
    match (left.kind(), right.kind()) {
        (NodeKind::Column(at, column), NodeKind::Column(other_at, other)) => {
            std::ptr::eq(*column, *other) && at == other_at
        }
        _ => false,
    }
}

/// The scale of a part and the column it is a part of. Of a computed value there is no index, and a range would compute
/// it twice.
fn scale(node: &Node) -> Option<(Scale, &Node)> {
    let (part, form, date) = match node.kind() {
        NodeKind::DatePart(DatePart::Year, form, date) => (Part::Year, *form, date),
        NodeKind::DatePart(DatePart::IsoYear, form, date) => (Part::IsoYear, *form, date),
        NodeKind::Truncated(truncation, date) => (Part::Unit(truncation.unit), truncation.from, date),
        _ => return None,
    };
    let of_column = match date.kind() {
        NodeKind::Outer(_, inner) => inner.path().is_some(),
        _ => date.path().is_some(),
    };
    of_column.then_some((Scale { part, is_time: form == Form::Time }, date))
}

impl Scale {
    /// The period of a literal.
    fn period(self, literal: &Node) -> Option<Period> {
        let year = |year: i64, start: fn(i64) -> i64| {
            // Far beyond what has a text: the days of such years need not be countable.
            (-1..=10_000).contains(&year).then(|| Period {
                start: start(year) * DAY,
                end: start(year + 1) * DAY,
                is_start: true,
            })
        };
        match (self.part, literal.kind()) {
            (Part::Year, NodeKind::Bind(Bind::Integer(number))) => year(*number, |year| days(year, 1, 1)),
            (Part::IsoYear, NodeKind::Bind(Bind::Integer(number))) => year(*number, first_monday),
            (Part::Unit(unit), NodeKind::Bind(Bind::Text(text))) => {
                let (seconds, has_fraction) = if self.is_time { read_time(text)? } else { read(text)? };
                let (start, end) = period_of(unit, seconds);
                Some(Period { start, end, is_start: start == seconds && !has_fraction })
            }
            _ => None,
        }
    }

    /// The least text of a moment, as short as can be.
    fn text(self, seconds: i64) -> Option<String> {
        let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let time = |hour: i64| match (second % 3600 / 60, second % 60) {
            (0, 0) => format!("{hour:02}"),
            (minute, 0) => format!("{hour:02}:{minute:02}"),
            (minute, second) => format!("{hour:02}:{minute:02}:{second:02}"),
        };
        if self.is_time {
            // What ends with the day ends before `24`.
            return Some(time(seconds / 3600));
        }
        let (year, month, day) = civil(day);
        let date = || format!("{year:04}-{month:02}-{day:02}");
        match second {
            _ if !(0..=9999).contains(&year) => None,
            0 => Some(date()),
            _ => Some(format!("{} {}", date(), time(second / 3600))),
        }
    }
}

/// The period of a unit that a moment lies in.
fn period_of(unit: DateUnit, seconds: i64) -> (i64, i64) {
    let day = seconds.div_euclid(DAY);
    let (year, month, _) = civil(day);
    let months = |length: i64| {
        let first = (month - 1) / length * length + 1;
        let (next_year, next) =
            if first + length > 12 { (year + 1, first + length - 12) } else { (year, first + length) };
        (days(year, first, 1) * DAY, days(next_year, next, 1) * DAY)
    };
    let steps = |length: i64, from: i64| {
        let start = (seconds - from).div_euclid(length) * length + from;
        (start, start + length)
    };
    match unit {
        DateUnit::Year => months(12),
        DateUnit::Quarter => months(3),
        DateUnit::Month => months(1),
        // The first of January 1970 was a Thursday.
        DateUnit::Week => steps(7 * DAY, -3 * DAY),
        DateUnit::Day => steps(DAY, 0),
        DateUnit::Hour => steps(3600, 0),
        DateUnit::Minute => steps(60, 0),
        DateUnit::Second => steps(1, 0),
    }
}

/// The moment that a text of ours says, and whether it has a fraction of a second.
fn read(text: &str) -> Option<(i64, bool)> {
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (seconds, has_fraction) = time.map_or(Some((0, false)), read_time)?;
    Some((days(year, month, day) * DAY + seconds, has_fraction))
}

fn read_time(text: &str) -> Option<(i64, bool)> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let has_fraction = fraction.is_some_and(|fraction| fraction.bytes().any(|digit| digit != b'0'));
    Some((hour * 3600 + minute * 60 + second, has_fraction))
}

/// The Monday with which an ISO year begins: that of the week of the fourth of January.
fn first_monday(year: i64) -> i64 {
    let fourth = days(year, 1, 4);
    fourth - (fourth + 3).rem_euclid(7)
}

/// The days from the first of January 1970 on, in the Gregorian calendar. Years begin in March here, so that the leap
/// day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// The year, month and day of a number of days from the first of January 1970 on.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_other() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2024, 2, 29), 19_782);
        assert_eq!(civil(-719_528), (0, 1, 1));
        let mut expected = days(-1, 12, 31);
        for (year, month, last) in (0..=9999).flat_map(|year| {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                .into_iter()
                .zip(1..)
                .map(move |(last, month)| (year, month, last))
        }) {
            for day in [1, last] {
                expected += if day == 1 { 1 } else { last - 1 };
                assert_eq!(days(year, month, day), expected, "{year}-{month}-{day}");
                assert_eq!(civil(expected), (year, month, day));
            }
        }
    }

    #[test]
    fn iso_years_begin_on_a_monday_near_new_year() {
        assert_eq!(civil(first_monday(2020)), (2019, 12, 30));
        assert_eq!(civil(first_monday(2021)), (2021, 1, 4));
        assert_eq!(civil(first_monday(2024)), (2024, 1, 1));
        assert_eq!(civil(first_monday(0)), (0, 1, 3));
    }

    #[test]
    fn bounds_are_as_short_as_can_be() {
        let scale = |is_time| Scale { part: Part::Unit(DateUnit::Second), is_time };
        let (noon, _) = read("2024-02-29 12:00:00").unwrap_or_default();
        assert_eq!(scale(false).text(noon).as_deref(), Some("2024-02-29 12"));
        assert_eq!(scale(false).text(noon + 61).as_deref(), Some("2024-02-29 12:01:01"));
        assert_eq!(scale(false).text(noon - 12 * 3600).as_deref(), Some("2024-02-29"));
        assert_eq!(scale(true).text(DAY).as_deref(), Some("24"));
        assert_eq!(scale(false).text(days(10_000, 1, 1) * DAY), None);
    }
}
