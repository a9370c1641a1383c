//! The profile as data, for any format of serde's.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Profile, Shape};
use crate::db::{Finding, Statement};

/// A list of things that are serialised here.
struct List<'a, T>(&'a [T]);

impl<'a, T> Serialize for List<'a, T>
where
    One<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(One))
    }
}

struct One<'a, T>(&'a T);

impl Serialize for Profile {
    /// Times are in milliseconds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let start = self.start;
        let mut data = serializer.serialize_struct("Profile", 7)?;
        data.serialize_field("name", &self.name)?;
        data.serialize_field("time_ms", &ms(self.time))?;
        data.serialize_field("transactions", &self.log.transactions())?;
        data.serialize_field("transactions_ms", &ms(self.log.transaction_time()))?;
        data.serialize_field("shapes", &List(&self.shapes))?;
        data.serialize_field("findings", &List(&self.findings))?;
        let timeline: Vec<Event<'_>> = self.log.all().iter().map(|statement| Event(statement, start)).collect();
        data.serialize_field("timeline", &timeline)?;
        data.end()
    }
}

fn ms(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Serialize for One<'_, Shape> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shape { sql, times, total, p50, p99, max, rows, kept, failed, counters, plan, lines, .. } = self.0;
        let mut data = serializer.serialize_struct("Shape", 15)?;
        data.serialize_field("sql", sql)?;
        data.serialize_field("times", times)?;
        data.serialize_field("total_ms", &ms(*total))?;
        data.serialize_field("p50_ms", &ms(*p50))?;
        data.serialize_field("p99_ms", &ms(*p99))?;
        data.serialize_field("max_ms", &ms(*max))?;
        data.serialize_field("rows", rows)?;
        data.serialize_field("kept", kept)?;
        data.serialize_field("failed", failed)?;
        data.serialize_field("full_scan_steps", &counters.full_scan_steps)?;
        data.serialize_field("sorts", &counters.sorts)?;
        data.serialize_field("automatic_index_rows", &counters.automatic_index_rows)?;
        data.serialize_field("vm_steps", &counters.vm_steps)?;
        data.serialize_field("plan", plan)?;
        let lines: Vec<(String, usize)> = lines.iter().map(|(at, times)| (at.to_string(), *times)).collect();
        data.serialize_field("lines", &lines)?;
        data.end()
    }
}

impl Serialize for One<'_, Finding> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finding = self.0;
        let mut data = serializer.serialize_struct("Finding", 9)?;
        data.serialize_field("kind", &format!("{:?}", finding.kind))?;
        data.serialize_field("what", &finding.what)?;
        data.serialize_field("times", &finding.times)?;
        data.serialize_field("query", &finding.query.to_string())?;
        data.serialize_field("touch", &finding.touch.map(ToString::to_string))?;
        data.serialize_field("plan", &finding.plan)?;
        data.serialize_field("gain_in_steps", &finding.gain.map(|gain| gain.steps))?;
        data.serialize_field("gain_in_time", &finding.gain.map(|gain| gain.time))?;
        data.serialize_field("fix", &finding.fix)?;
        data.end()
    }
}

/// A statement, and when the scope began.
struct Event<'a>(&'a Statement, std::time::Instant);

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Event(statement, start) = self;
        let mut data = serializer.serialize_struct("Event", 9)?;
        data.serialize_field("sql", &statement.sql)?;
        let binds = |statement: &Statement| statement.binds.iter().map(ToString::to_string).collect::<Vec<_>>();
        data.serialize_field("binds", &binds(statement))?;
        data.serialize_field("at_ms", &ms(statement.start.saturating_duration_since(*start)))?;
        data.serialize_field("time_ms", &ms(statement.time))?;
        data.serialize_field("rows", &statement.rows)?;
        data.serialize_field("times", &statement.times)?;
        data.serialize_field("error", &statement.error)?;
        data.serialize_field("line", &statement.location.to_string())?;
        data.serialize_field("thread", &format!("{:?}", statement.thread))?;
        data.end()
    }
}
