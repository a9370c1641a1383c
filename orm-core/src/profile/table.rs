//! The profile as a table for a terminal.

use std::fmt;
use std::time::Duration;

use super::Profile;

/// How many statements the table has.
const ROWS: usize = 30;
/// How much of a statement's text a row shows.
const WIDTH: usize = 100;

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (statements, transactions) = (self.log.len(), self.log.transactions());
        let in_database: Duration = self.shapes.iter().map(|shape| shape.total).sum();
        writeln!(
            f,
            "{}: {statements} statements in {}, {} of {}; {transactions} marks of transactions in {}",
            cut(&self.name),
            ms(in_database),
            percent(in_database, self.time),
            ms(self.time),
            ms(self.log.transaction_time()),
        )?;
        writeln!(
            f,
            "{:>6} {:>11} {:>10} {:>10} {:>10} {:>9} {:>6} {:>9} {:>6}  statement",
            "times", "total", "p50", "p99", "max", "rows", "kept", "scanned", "sorts"
        )?;
        for shape in self.shapes.iter().take(ROWS) {
            writeln!(
                f,
                "{:>6} {:>11} {:>10} {:>10} {:>10} {:>9} {:>6} {:>9} {:>6}  {}",
                shape.times,
                ms(shape.total),
                ms(shape.p50),
                ms(shape.p99),
                ms(shape.max),
                shape.rows,
                shape.kept,
                shape.counters.full_scan_steps,
                shape.counters.sorts,
                cut(&shape.sql),
            )?;
            for (at, times) in &shape.lines {
                writeln!(f, "{:>104}{at} ({times}x)", "")?;
            }
        }
        if self.shapes.len() > ROWS {
            writeln!(f, "and {} statements more", self.shapes.len() - ROWS)?;
        }
        writeln!(f, "{} findings", self.findings.len())?;
        for (i, finding) in self.findings.iter().enumerate() {
            writeln!(f, "{}. {finding}", i + 1)?;
        }
        Ok(())
    }
}

pub(super) fn ms(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

fn percent(part: Duration, whole: Duration) -> String {
    format!("{:.0} %", part.as_secs_f64() / whole.as_secs_f64().max(1e-9) * 100.0)
}

/// The beginning of a text, in one line that a terminal shows as it is.
pub(super) fn cut(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, "\u{fffd}");
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{} ..", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
