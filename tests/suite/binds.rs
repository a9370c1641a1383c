//! The values of rows on their way into one statement that runs for each of them.

use std::time::Duration;

use eager_orm::{Error, Result, prelude::*};

use crate::support::empty_file;

#[derive(Model, Clone, Debug, PartialEq)]
pub struct Reading {
    pub id: i64,
    pub place: Option<String>,
    pub raw: Option<Vec<u8>>,
    pub count: Option<i32>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub valid: bool,
}

fn database() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Reading])?;
    Ok(db)
}

fn reading(place: Option<&str>, count: Option<i32>, low: Option<f64>, high: Option<f64>) -> NewReading {
    let raw = place.map(|place| place.as_bytes().to_vec());
    Reading::create().place(place).raw(raw).count(count).low(low).high(high).valid(count.is_some()).build()
}

#[test]
fn no_row_of_a_bulk_has_a_value_of_the_row_before() -> Result<()> {
    let db = database()?;
    let texts = [Some("a place"), None, None, Some(""), Some("another"), None, Some("another")];
    let numbers = [None, Some(7), Some(7), None, None, Some(0), Some(-7)];
    let new = || {
        let row = |(place, count): (&Option<&str>, &Option<i32>)| {
            reading(*place, *count, count.map(f64::from), place.map(|place| place.len() as f64))
        };
        texts.iter().zip(&numbers).map(row)
    };
    let expected: Vec<_> = texts.iter().zip(&numbers).collect();
    let created = Reading::objects().bulk_create(new()).run(&db)?;
    assert_eq!(Reading::objects().bulk_create(new()).batch_size(2).execute(&db)?, 7);
    let rows = Reading::objects().order_by(|r| r.id()).all(&db)?;
    assert_eq!(rows[..7], created);
    for (row, (place, count)) in rows.iter().zip(expected.iter().chain(&expected)) {
        assert_eq!((row.place.as_deref(), row.count), (**place, **count));
        assert_eq!(row.raw.as_deref(), place.map(str::as_bytes));
        assert_eq!((row.low, row.high), (count.map(f64::from), place.map(|place| place.len() as f64)));
        assert_eq!(row.valid, count.is_some());
    }
    Ok(())
}

#[test]
fn the_first_value_of_a_row_that_is_refused_is_named_and_nothing_is_written() -> Result<()> {
    let db = database()?;
    let nan = Some(f64::NAN);
    let rows = || [reading(Some("a"), Some(1), Some(1.0), Some(2.0)), reading(Some("b"), None, nan, nan)];
    let is_low = |error: &Error| {
        let Error::Row { row: 1, error } = error else { return false };
        matches!(&**error, Error::NotStorable { model: "Reading", field, .. } if field == "low")
    };
    let error = Reading::objects().bulk_create(rows()).run(&db).unwrap_err();
    assert!(is_low(&error), "{error:?}");
    let error = Reading::objects().bulk_create(rows()).execute(&db).unwrap_err();
    assert!(is_low(&error), "{error:?}");
    let (seen, log) = db.capture(|db| Reading::objects().bulk_create(rows()).run(db).map(drop));
    assert!(is_low(&seen.unwrap_err()));
    let inserts: Vec<_> = log.statements().filter(|statement| statement.sql.starts_with("INSERT")).collect();
    assert_eq!(inserts.len(), 1);
    assert_eq!(Reading::objects().count(&db)?, 0);
    // The statement is kept, and has forgotten what it was given.
    let row = Reading::objects().create(&db, reading(None, None, None, None))?;
    assert_eq!(Reading::objects().all(&db)?, [row]);
    Ok(())
}

#[test]
fn the_log_of_a_large_write_keeps_its_file_and_begins_anew() -> Result<()> {
    let (db, folder) = empty_file();
    db.create_tables(models![Reading])?;
    let log = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap());
        let mut logs = files.filter(|file| file.file_name().to_string_lossy().ends_with("-wal"));
        logs.next().unwrap().metadata().unwrap().len()
    };
    let large = || Reading::create().raw(vec![7; 20 << 20]).valid(true);
    large().save(&db)?;
    let length = log();
    assert!(length > 20 << 20);
    std::thread::sleep(Duration::from_millis(600));
    Reading::create().valid(true).save(&db)?;
    assert_eq!(log(), length);
    for _ in 0..3 {
        large().save(&db)?;
    }
    assert!((length..length * 2).contains(&log()), "{length} and {}", log());
    Ok(())
}
