//! What a bulk that gives no rows back holds in memory: a batch, however many rows there are.
//! One test after the other, for what they measure is that of the whole process.

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

/// Held by the test that measures.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

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
    let _alone = ALONE.lock();
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

#[test]
fn a_bulk_update_holds_nothing_of_its_rows_but_a_batch_of_keys() -> eager_orm::Result<()> {
    const LITTLE: usize = 1 << 17;
    let _alone = ALONE.lock();
    let db = Database::in_memory()?;
    db.create_tables(models![Reading])?;
    let objects = Reading::objects();
    let mut rows = objects.bulk_create(readings(0)).run(&db)?;
    rows.iter_mut().for_each(|row| row.text = format!("{} {}", row.text, row.number));
    let held_by_update = held(|| {
        assert_eq!(objects.bulk_update(&db, &rows, |r| r.text())?, ROWS as u64);
        Ok(())
    })?;
    let held_by_batches = held(|| {
        let bulk = objects.bulk_update_of(rows.iter().rev(), |r| r.text()).batch_size(500);
        assert_eq!(bulk.run(&db)?, ROWS as u64);
        Ok(())
    })?;
    println!("{ROWS} rows: bulk_update {held_by_update}, backwards in batches {held_by_batches} bytes");
    assert!(held_by_update < LITTLE && held_by_batches < LITTLE, "{held_by_update} and {held_by_batches} bytes");

    // All that is wrong is found before anything is written, with its number; a row that is refused undoes the others.
    let before = Reading::objects().order_by(|r| r.id()).all(&db)?;
    for wrong in [7, 59_999] {
        rows[wrong].text = "x".into();
    }
    rows[0].text = "other".into();
    let refused = assert_num_queries!(db, 0, { objects.bulk_update(&db, &rows, |r| r.text()).unwrap_err() });
    let Error::Invalid { failures, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(failures.iter().map(|failure| failure.row).collect::<Vec<_>>(), [Some(7), Some(59_999)]);
    for row in [7, 59_999] {
        rows[row].text = "long enough".into();
    }
    rows[59_998].number = 0;
    let refused = objects.bulk_update(&db, &rows, |r| (r.text(), r.number())).unwrap_err();
    assert!(matches!(&refused, Error::Row { row: 59_998, error } if matches!(**error, Error::Unique { .. })));
    let after = Reading::objects().order_by(|r| r.id()).all(&db)?;
    assert!(before.iter().zip(&after).all(|(before, after)| before.text == after.text));
    Ok(())
}
