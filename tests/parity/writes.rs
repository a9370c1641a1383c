//! The cases that write: each on a fresh copy of the database, of which every table is compared afterwards.

use std::path::Path;
use std::{fs, iter};

use eager_orm::Database;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::judge::{Judge, Outcome, Tally};
use crate::oracle::{Table, Write};
use crate::{canon, oracle};

/// How many cases there are.
pub const WRITES: usize = 114;

/// Runs the cases, and says whether those hold that have to.
pub fn run(judge: &Judge, folder: &Path, cases: &[&Write]) -> bool {
    let mut tally = Tally::default();
    for write in cases {
        run_one(judge, folder, write, &mut tally);
    }
    tally.print("write", cases.len());
    tally.equal + tally.different == cases.len() && tally.more == 0
}

/// Runs a case on its own copy of the file, and notes whether answer and tables are as they should be.
fn run_one(judge: &Judge, folder: &Path, write: &Write, tally: &mut Tally) {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("chinook.sqlite");
    drop(copy(folder, write, &file));
    let db = Database::open(&file).unwrap();
    let (mut outcome, asked) = judge.case(&db, &write.case);
    drop(db);
    let own = judge.after(&write.case.id).map(|statements| own_tables(folder, write, statements));
    let wrong = wrong_tables(&Connection::open(&file).unwrap(), own.as_ref().unwrap_or(&write.tables));
    if !wrong.is_empty() && !matches!(outcome, Outcome::Missing) {
        let answer = match outcome {
            Outcome::Wrong(why) => why,
            _ => String::new(),
        };
        outcome = Outcome::Wrong(iter::once(answer).chain(wrong).collect::<Vec<_>>().join("\n  "));
    }
    tally.note(&write.case, &outcome, &asked);
}

/// A copy of the file in which the case's setup has run.
fn copy(folder: &Path, write: &Write, file: &Path) -> Connection {
    fs::copy(folder.join("chinook.sqlite"), file).unwrap();
    let connection = Connection::open(file).unwrap();
    for statement in &write.setup {
        connection.execute_batch(statement).unwrap();
    }
    connection
}

/// What the tables hold once the statements of `differences.md` have run.
fn own_tables(folder: &Path, write: &Write, statements: &str) -> Vec<Table> {
    let temporary = tempfile::tempdir().unwrap();
    let connection = copy(folder, write, &temporary.path().join("chinook.sqlite"));
    connection.execute_batch(statements).unwrap();
    names(&connection).into_iter().map(|name| read(&connection, name)).collect()
}

/// The tables that do not hold what they should, those that should not be there among them.
fn wrong_tables(connection: &Connection, expected: &[Table]) -> Vec<String> {
    let names = names(connection);
    let missing = expected.iter().filter(|table| !names.contains(&table.name));
    let mut wrong: Vec<String> = missing.map(|table| format!("table {} is gone", table.name)).collect();
    for name in names {
        let table = read(connection, name);
        match expected.iter().find(|expected| expected.name == table.name) {
            None => wrong.push(format!("table {} is new", table.name)),
            Some(expected) if *expected == table => {}
            Some(expected) => {
                let Table { name, count, .. } = table;
                wrong.push(format!("table {name} is not the same: {count} rows, and {} expected", expected.count));
            }
        }
    }
    wrong
}

fn names(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    let mut names = connection.prepare(sql).unwrap();
    names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn read(connection: &Connection, name: String) -> Table {
    let rows = dump(connection, &name);
    let count = rows.as_array().map_or(0, Vec::len);
    Table { name, count, sha256: oracle::sha256(&canon::text(&rows)) }
}

/// A table as the oracle writes it: all columns of all rows, by the key.
fn dump(connection: &Connection, table: &str) -> Value {
    let (columns, order) = match table {
        "PlaylistTrack" => ("*", "1, 2"),
        "Shelf_stickers" => ("shelf_id, sticker_id", "1, 2"),
        _ => ("*", "1"),
    };
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM \"{table}\" ORDER BY {order}")).unwrap();
    let width = statement.column_count();
    let rows =
        statement.query_map([], |row| (0..width).map(|i| row.get_ref(i).map(plain)).collect::<Result<Value, _>>());
    rows.unwrap().map(|row: rusqlite::Result<Value>| row.unwrap()).collect()
}

/// A value as it is stored.
fn plain(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => value.into(),
        ValueRef::Real(value) => value.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into(),
    }
}
