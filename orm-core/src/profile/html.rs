//! The profile as one page that needs nothing else: no script, no network. What can be opened is a `<details>`.

use std::fmt::Write;

use super::Profile;
use super::table::{cut, ms};

/// How many statements the timeline shows.
const EVENTS: usize = 5_000;

const STYLE: &str = "
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c2430; background: #fff; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p.sum { color: #5a6675; margin: .2rem 0 0; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .3rem .5rem; text-align: right; vertical-align: top; }
td { white-space: nowrap; } td:last-child { white-space: normal; }
th { font-weight: 600; color: #5a6675; border-bottom: 1px solid #d5dbe3; } td { border-bottom: 1px solid #edf0f4; }
th:last-child, td:last-child { text-align: left; width: 55%; }
code, pre { font: 12px/1.45 ui-monospace, monospace; } pre { background: #f5f7fa; padding: .6rem; overflow-x: auto; white-space: pre-wrap; margin: .4rem 0; }
td code { word-break: break-word; }
details > summary { cursor: pointer; } .line { color: #5a6675; font-size: 12px; }
.finding { border: 1px solid #e6c97a; background: #fffaf0; border-radius: 6px; padding: .5rem .8rem; margin: .5rem 0; }
.fix { margin: .3rem 0 0; } .gain { color: #18794e; font-weight: 600; } .none { color: #18794e; }
svg { width: 100%; height: auto; background: #f5f7fa; border-radius: 6px; }
rect.read { fill: #3b82c4; } rect.write { fill: #d97706; } rect.mark { fill: #94a3b8; }
";

pub(super) fn page(profile: &Profile) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut page, profile);
    page
}

fn write(page: &mut String, profile: &Profile) -> std::fmt::Result {
    let name = escaped(&profile.name);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title>\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body>\n<h1>{name}</h1>\n"
    )?;
    let in_database: std::time::Duration = profile.shapes.iter().map(|shape| shape.total).sum();
    writeln!(
        page,
        "<p class=\"sum\">{} statements in {}, {} of it in the database; {} marks of transactions took {} besides</p>",
        profile.log.len(),
        ms(profile.time),
        ms(in_database),
        profile.log.transactions(),
        ms(profile.log.transaction_time()),
    )?;
    findings(page, profile)?;
    timeline(page, profile)?;
    statements(page, profile)?;
    page.push_str("</body></html>\n");
    Ok(())
}

fn findings(page: &mut String, profile: &Profile) -> std::fmt::Result {
    writeln!(page, "<h2>Findings</h2>")?;
    if profile.findings.is_empty() {
        writeln!(page, "<p class=\"none\">Nothing to say.</p>")?;
    }
    for finding in &profile.findings {
        // Its text has a line for each thing: what it is, where, and what to write.
        let text = finding.to_string();
        let mut lines = text.lines();
        let first = escaped(lines.next().unwrap_or_default());
        writeln!(page, "<details class=\"finding\"><summary>{first}</summary>")?;
        for line in lines {
            writeln!(page, "<div class=\"fix\">{}</div>", escaped(line.trim()))?;
        }
        if let Some(plan) = &finding.plan {
            writeln!(page, "<pre class=\"plan\">{}</pre>", escaped(plan))?;
        }
        page.push_str("</details>\n");
    }
    Ok(())
}

fn timeline(page: &mut String, profile: &Profile) -> std::fmt::Result {
    const WIDTH: f64 = 1000.0;
    const LANE: usize = 22;
    let mut threads = Vec::new();
    for statement in profile.log.all().iter().take(EVENTS) {
        if !threads.contains(&statement.thread) {
            threads.push(statement.thread);
        }
    }
    let height = threads.len().max(1) * LANE;
    writeln!(
        page,
        "<h2>Timeline</h2>\n<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"when each statement ran\">"
    )?;
    let end =
        |statement: &crate::db::Statement| statement.start.saturating_duration_since(profile.start) + statement.time;
    let whole = profile.log.all().iter().take(EVENTS).map(end).max().unwrap_or_default().as_secs_f64().max(1e-9);
    for statement in profile.log.all().iter().take(EVENTS) {
        let lane = threads.iter().position(|thread| *thread == statement.thread).unwrap_or(0) * LANE + 3;
        let start = statement.start.saturating_duration_since(profile.start).as_secs_f64() / whole * WIDTH;
        let width = (statement.time.as_secs_f64() / whole * WIDTH).max(0.6);
        let class = match statement.does {
            crate::db::Does::Read | crate::db::Does::Batch | crate::db::Does::Diagnose => "read",
            crate::db::Does::Write => "write",
            crate::db::Does::Mark => "mark",
        };
        writeln!(
            page,
            "<rect class=\"{class}\" x=\"{start:.2}\" y=\"{lane}\" width=\"{width:.2}\" height=\"16\"><title>{}</title></rect>",
            escaped(&format!("{}, {}", ms(statement.time), cut(&statement.sql))),
        )?;
    }
    page.push_str("</svg>\n");
    if profile.log.all().len() > EVENTS {
        writeln!(page, "<p class=\"line\">the first {EVENTS} of {}</p>", profile.log.all().len())?;
    }
    Ok(())
}

fn statements(page: &mut String, profile: &Profile) -> std::fmt::Result {
    page.push_str(
        "<h2>Statements</h2>\n<table><tr><th>times</th><th>total</th><th>p50</th><th>p99</th><th>max</th><th>rows</th>\
         <th>kept</th><th>scanned</th><th>sorts</th><th>steps</th><th>statement</th></tr>\n",
    );
    for shape in &profile.shapes {
        let counters = shape.counters;
        write!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
            shape.times,
            ms(shape.total),
            ms(shape.p50),
            ms(shape.p99),
            ms(shape.max),
            shape.rows,
            shape.kept,
            counters.full_scan_steps,
            counters.sorts,
            counters.vm_steps,
        )?;
        write!(page, "<td><details class=\"statement\"><summary><code>{}</code></summary>", escaped(&shape.sql))?;
        if let Some(plan) = &shape.plan {
            write!(page, "<pre class=\"plan\">{}</pre>", escaped(plan))?;
        }
        page.push_str("</details>");
        if shape.failed > 0 {
            write!(page, "<div class=\"line\">refused {} times</div>", shape.failed)?;
        }
        for (at, times) in &shape.lines {
            write!(page, "<div class=\"line\">{} ({times}x)</div>", escaped(&at.to_string()))?;
        }
        page.push_str("</td></tr>\n");
    }
    page.push_str("</table>\n");
    Ok(())
}

/// A text as HTML: nothing in it is markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() && !letter.is_whitespace() => safe.push(char::REPLACEMENT_CHARACTER),
            letter => safe.push(letter),
        }
    }
    safe
}
