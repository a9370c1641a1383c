//! What a bulk that gives no rows back holds in memory: a batch, however many rows there are.

#[path = "../benches/counting/mod.rs"]
mod counting;

use eager_orm::{Error, prelude::*};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

#[derive(Model, Debug)]
struct Reading {
    id: i64,
    #[field(unique)]
    number: i64,
    #[field(min_length = 3)]
    text: String,
}

const ROWS: i64 = 60_000;

fn readings(from: i64) -> impl Iterator<Item = NewReading> {
    (from..from + ROWS).map(|number| Reading::create().number(number).text("x".repeat(200)).build())
}

/// The most bytes that were in use beside those that were before.
fn held(work: impl FnOnce() -> eager_orm::Result<()>) -> eager_orm::Result<usize> {
    let before = counting::in_use();
    counting::most();
    work()?;
    Ok(counting::most().saturating_sub(before))
}

#[test]
fn a_bulk_that_gives_no_rows_back_holds_a_batch_and_takes_all_or_nothing() -> eager_orm::Result<()> {
    const BATCH: usize = 1 << 20;
    let db = Database::in_memory()?;
    db.create_tables(models![Reading])?;
    let objects = Reading::objects();
    let held_by_execute = held(|| {
        assert_eq!(objects.bulk_create(readings(0)).execute(&db)?, ROWS as u64);
        Ok(())
    })?;
    let held_by_update = held(|| {
        let upsert = objects.bulk_create(readings(ROWS / 2)).on_conflict(|r| r.number()).update(|r| r.text());
        assert_eq!(upsert.execute(&db)?, ROWS as u64);
        let ignore = objects.bulk_create(readings(ROWS)).on_conflict(|r| r.number()).ignore();
        assert_eq!(ignore.execute(&db)?, ROWS as u64 / 2);
        Ok(())
    })?;
    let held_by_run = held(|| objects.bulk_create(readings(2 * ROWS)).run(&db).map(drop))?;
    println!(
        "{ROWS} rows of 200 bytes: execute {held_by_execute}, on_conflict {held_by_update}, run {held_by_run} bytes"
    );
    assert!(held_by_execute < BATCH && held_by_update < BATCH, "{held_by_execute} and {held_by_update} bytes");
    assert!(held_by_run > 10 * BATCH, "{held_by_run}");

    let there = objects.count(&db)?;
    assert_eq!(there, 3 * ROWS as u64);
    let twice = (0..5_000).map(|i| Reading::create().number(if i == 4_321 { 7 } else { -i - 1 }).text("text"));
    let mut told = Vec::new();
    let error = objects.bulk_create(twice).batch_size(2_000).progress(|done| told.push(done)).execute(&db).unwrap_err();
    assert!(
        matches!(&error, Error::Row { row: 4_321, error } if matches!(&**error, Error::Unique { .. })),
        "{error:?}"
    );
    assert_eq!(told, [2_000, 4_000]);
    let short = (0..3_000).map(|i| Reading::create().number(-i - 1).text(if i == 2_500 { "x" } else { "text" }));
    let error = objects.bulk_create(short).execute(&db).unwrap_err();
    assert!(matches!(&error, Error::Invalid { failures, .. } if failures[0].row == Some(2_500)), "{error:?}");
    assert_eq!(objects.count(&db)?, there);
    assert_num_queries!(db, 0, { objects.bulk_create(Vec::<NewReading>::new()).execute(&db)? });
    Ok(())
}
