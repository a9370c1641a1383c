//! What a statement keeps from one run to the next, and what it does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;

use rusqlite::ffi;

use super::{Link, register_arrays};
use crate::value::{Bind, Datum};

fn link(statements: usize) -> Link {
    let raw = rusqlite::Connection::open_in_memory().unwrap();
    register_arrays(&raw).unwrap();
    raw.execute_batch("CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)")
        .unwrap();
    Link::new(raw, statements)
}

fn integers(link: &Link, text: &str, binds: &[Bind<'_>]) -> Vec<i64> {
    let mut rows = link.prepare(text).unwrap().query(binds).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let Datum::Integer(value) = row.datum(0).unwrap() else { panic!("no integer") };
        found.push(value);
    }
    found
}

/// How often a statement was prepared anew.
fn prepared_anew(link: &Link, text: &str) -> i32 {
    let statement = link.prepare(text).unwrap();
    // SAFETY: the statement is prepared.
    unsafe { ffi::sqlite3_stmt_status(statement.handle(), ffi::SQLITE_STMTSTATUS_REPREPARE, 0) }
}

#[test]
fn a_limit_that_stays_the_same_prepares_nothing_anew() {
    let link = link(4);
    let text = "SELECT a FROM t WHERE a > ?1 ORDER BY b LIMIT ?2";
    for i in 0..50 {
        integers(&link, text, &[Bind::Integer(i % 3), Bind::Integer(2)]);
    }
    assert!(prepared_anew(&link, text) <= 1);
    assert_eq!(integers(&link, text, &[Bind::Integer(0), Bind::Integer(1)]), [3]);
    assert_eq!(integers(&link, text, &[Bind::Integer(0), Bind::Integer(3)]), [3, 1, 2]);
}

#[test]
fn what_was_bound_before_is_gone() {
    let link = link(4);
    let text = "SELECT count(*) FROM t WHERE b IS ?1";
    {
        let gone = String::from("x");
        assert_eq!(integers(&link, text, &[Bind::Text((&*gone).into())]), [1]);
    }
    assert_eq!(integers(&link, text, &[]), [1], "a bind that is left out is NULL");
    let mut statement = link.prepare("UPDATE t SET b = ?1 WHERE a = ?2").unwrap();
    {
        let gone = String::from("z");
        assert_eq!(statement.execute(&[Bind::Text((&*gone).into()), Bind::Integer(1)]).unwrap(), 1);
    }
    // The key is bound still; the text was another run's.
    assert_eq!(statement.run_with().execute().unwrap(), 1);
    drop(statement);
    assert_eq!(integers(&link, text, &[]), [2]);
}

#[test]
fn a_large_copy_is_not_kept() {
    let link = link(4);
    let mut statement = link.prepare("UPDATE t SET b = ?1 WHERE a = 1").unwrap();
    for length in [10, 1_000_000] {
        statement.bind(1, &Bind::Text("x".repeat(length).into())).unwrap();
        statement.run_with().execute().unwrap();
    }
    statement.run_with().execute().unwrap();
    drop(statement);
    assert_eq!(integers(&link, "SELECT count(*) FROM t WHERE b IS NULL", &[]), [2]);
}

#[test]
fn an_array_is_given_back_with_the_run() {
    let link = link(4);
    let values = Arc::new(vec![Bind::Integer(3), Bind::Null, Bind::Text("1".into()), Bind::Integer(2)]);
    let text = "SELECT a FROM t WHERE a IN (SELECT value FROM rarray(?1)) ORDER BY a";
    assert_eq!(integers(&link, text, &[Bind::Array(Arc::clone(&values))]), [1, 2, 3]);
    assert_eq!(Arc::strong_count(&values), 1);
    let mut none = link.prepare(text).unwrap().query(&[Bind::Integer(1)]).unwrap();
    assert!(none.next().is_err(), "what is no array is no empty one either");
}

#[test]
fn one_text_may_run_within_itself() {
    for statements in [0, 1, 4] {
        let link = link(statements);
        let text = "SELECT a FROM t WHERE a >= ?1 ORDER BY a";
        let mut outer = link.prepare(text).unwrap().query(&[Bind::Integer(2)]).unwrap();
        let mut seen = Vec::new();
        while let Some(row) = outer.next().unwrap() {
            let Datum::Integer(value) = row.datum(0).unwrap() else { panic!("no integer") };
            seen.push((value, integers(&link, text, &[Bind::Integer(3)]).len()));
            integers(&link, "SELECT a FROM t", &[]); // pushes it out where only one is kept
        }
        assert_eq!(seen, [(2, 1), (3, 1)]);
        assert!(outer.next().unwrap().is_none(), "after the last row there is none");
    }
}

#[test]
fn a_stream_keeps_its_binds() {
    let link = link(4);
    let binds = vec![Bind::Text("y".to_owned().into()), Bind::Array(Arc::new(vec![Bind::Integer(2)]))];
    let text = "SELECT a FROM t WHERE b = ?1 AND a IN (SELECT value FROM rarray(?2))";
    let mut rows = link.prepare(text).unwrap().stream(&binds).unwrap();
    drop(binds);
    assert_eq!(rows.next().unwrap().map(|row| row.datum(0).unwrap()), Some(Datum::Integer(2)));
    assert!(rows.next().unwrap().is_none());
}

#[test]
fn a_text_is_one_statement() {
    let link = link(4);
    assert!(matches!(link.prepare("SELECT 1; SELECT 2"), Err(rusqlite::Error::MultipleStatement)));
    assert!(link.prepare("SELECT 1; -- and nothing").is_ok());
    assert!(link.prepare("  ").is_err());
    assert!(link.prepare("SELECT ?1").unwrap().query(&[Bind::Null, Bind::Null]).is_err());
}

#[test]
fn a_table_that_changes_is_seen() {
    let link = link(4);
    let text = "SELECT * FROM t WHERE a = 1";
    assert_eq!(integers(&link, text, &[]), [1]);
    link.raw().execute_batch("ALTER TABLE t ADD COLUMN c DEFAULT 7").unwrap();
    let mut rows = link.prepare(text).unwrap().query(&[]).unwrap();
    let row = rows.next().unwrap().unwrap();
    assert_eq!(row.column_names(), ["a", "b", "c"]);
    assert_eq!(row.datum(2).unwrap(), Datum::Integer(7));
    assert!(row.datum(3).is_err());
}

#[test]
fn a_link_and_its_statements_go_to_another_thread() {
    let link = link(4);
    integers(&link, "SELECT a FROM t", &[]);
    let link = std::thread::spawn(move || {
        integers(&link, "SELECT a FROM t", &[]);
        link
    });
    assert_eq!(integers(&link.join().unwrap(), "SELECT a FROM t", &[]), [1, 2, 3]);
}
