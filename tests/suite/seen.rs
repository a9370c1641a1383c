//! What is seen of statements: those that fail, those whose rows are read later, how long each took and what did not.

use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use eager_orm::prelude::*;
use eager_orm::{DatabaseBuilder, Error, FindingKind, Result};

#[derive(Model, Debug)]
struct Word {
    id: i64,
    #[field(unique)]
    text: String,
    n: i64,
}

fn words(count: i64) -> Result<Database> {
    let db = Database::in_memory()?;
    fill(&db, count)?;
    Ok(db)
}

fn fill(db: &Database, count: i64) -> Result<()> {
    db.create_tables(models![Word])?;
    let words = (0..count).map(|n| Word::create().text(format!("word {n}")).n(n % 100));
    Word::objects().bulk_create(words).run(db).map(drop)
}

/// A database that tells of statements that take so long.
fn told(limit: Duration) -> Result<(Database, Arc<Mutex<Vec<String>>>)> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let tell = move |statement: &eager_orm::Statement| sink.lock().unwrap().push(statement.sql.clone());
    let db = DatabaseBuilder::in_memory().slow_query(limit, tell).open()?;
    fill(&db, 50_000)?;
    told.lock().unwrap().clear();
    Ok((db, told))
}

#[test]
fn what_is_refused_is_seen_and_says_why() -> Result<()> {
    let db = words(1)?;
    let again = || Word::create().text("word 0").n(1);
    let (outcome, log) = db.capture(|db| again().save(db));
    assert!(matches!(outcome, Err(Error::Unique { .. })));
    assert_eq!(log.len(), 1, "{log}");
    assert!(log.to_string().contains("failed: another `Word` has the same text"), "{log}");
    let (_, log) = db.capture(|db| Word::objects().bulk_create([again()]).run(db).map(drop));
    assert!(log.statements().next().unwrap().error.is_some(), "{log}");
    let (_, log) = db.capture(|db| Word::objects().update(db, |w| w.text().set("same")).map(drop));
    assert!(log.statements().next().unwrap().error.is_none(), "one row has the text to itself: {log}");
    // Rows that cannot be read to their end.
    let broken = "SELECT CASE WHEN id > 0 THEN abs(-9223372036854775807 - 1) END FROM word";
    let (outcome, log) = db.capture(|db| raw::<i64>(broken, ()).all(db));
    assert!(outcome.is_err() && log.len() == 1, "{log}");
    assert!(log.statements().next().unwrap().error.as_deref().is_some_and(|error| error.contains("overflow")), "{log}");
    let (outcome, log) = db.capture(|db| raw::<()>("UPDATE word SET text = NULL", ()).execute(db));
    assert!(outcome.is_err() && log.statements().all(|statement| statement.error.is_some()), "{log}");
    let (_, profile) = db.profile("refused", |db| (0..3).for_each(|_| drop(again().save(db))));
    assert_eq!((profile.shapes()[0].times, profile.shapes()[0].failed), (3, 2));
    Ok(())
}

#[test]
fn a_lock_that_is_waited_for_in_vain_is_seen() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy.db");
    fill(&Database::open(&path)?, 1)?;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let tell = move |statement: &eager_orm::Statement| sink.lock().unwrap().push(statement.to_string());
    let patience = Duration::from_millis(60);
    let db = Database::builder(&path).busy_timeout(patience).slow_query(Duration::from_millis(40), tell).open()?;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(db.transaction(|_| Ok(())), Err(Error::Busy)));
    assert!(matches!(Word::objects().update(&db, |w| w.n().set(3)), Err(Error::Busy)));
    let told = told.lock().unwrap();
    assert!(told.len() == 2 && told.iter().all(|text| text.contains("failed: ")), "{told:?}");
    Ok(())
}

#[test]
fn a_stream_is_what_its_rows_cost() -> Result<()> {
    let (db, told) = told(Duration::from_millis(2))?;
    let words = Word::objects().filter(|w| w.text().contains("5"));
    let (count, log) = db.capture(|db| db.read(|snapshot| Ok(words.iter(snapshot)?.count())));
    let statement = log.statements().next().unwrap();
    assert_eq!((statement.rows, statement.counters.full_scan_steps), (count? as u64, 49_999));
    assert!(statement.time > Duration::from_millis(1), "{log}");
    assert_eq!(told.lock().unwrap().len(), 1);
    // Half of it, and what goes on when nobody listens any more.
    let (_, log) = db.capture(|db| db.read(|snapshot| Ok(words.iter(snapshot)?.take(10).count())));
    assert_eq!(log.statements().next().unwrap().rows, 10);
    db.read(|snapshot| {
        let (iter, log) = db.capture(|_| words.iter(snapshot));
        assert_eq!((log.len(), iter?.take(10).count()), (1, 10));
        Ok(())
    })
}

#[test]
fn the_time_of_the_program_is_no_time_of_the_statement() -> Result<()> {
    let db = words(5_000)?;
    let work = Duration::from_millis(40);
    let (_, log) = db.capture(|db| {
        Word::objects().limit(5_000).for_each(db, |word| {
            if word.id % 1_000 == 0 {
                thread::sleep(work);
                Word::objects().find(db, word.id)?;
            }
            Ok(())
        })
    });
    assert!(log.statements().all(|statement| statement.time < work * 3), "{log}");
    assert_eq!(log.len(), 6);
    Ok(())
}

#[test]
fn waiting_for_ones_turn_to_write_is_time_of_the_statement() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("turn.db"))?;
    fill(&db, 1)?;
    let (held, wait) = (Barrier::new(2), Duration::from_millis(50));
    thread::scope(|scope| {
        scope.spawn(|| {
            db.transaction(|_| {
                held.wait();
                thread::sleep(wait * 2);
                Ok(())
            })
        });
        held.wait();
        let (outcome, profile) = db.profile("waits", |db| db.transaction(|tx| Word::create().text("x").n(1).save(tx)));
        outcome.unwrap();
        assert!(profile.log().all()[0].time > wait, "{}", profile.log().all()[0]);
    });
    Ok(())
}

#[test]
fn who_is_told_of_a_statement_may_ask_the_database() -> Result<()> {
    let (place, calls) = (Arc::new(OnceLock::<Database>::new()), Arc::new(Mutex::new(Vec::new())));
    let (inner, sink) = (Arc::clone(&place), Arc::clone(&calls));
    let tell = move |statement: &eager_orm::Statement| {
        if let Some(db) = inner.get() {
            sink.lock().unwrap().push((statement.sql.clone(), Word::objects().count(db).unwrap()));
        }
    };
    let db = DatabaseBuilder::in_memory().slow_query(Duration::ZERO, tell).open()?;
    fill(&db, 3)?;
    place.set(db.clone()).unwrap();
    Word::objects().exists(&db)?;
    assert_eq!(*calls.lock().unwrap(), [("SELECT 1 FROM \"word\" LIMIT ?1".to_owned(), 3)]);
    Ok(())
}

#[test]
fn the_same_again_is_what_could_not_have_another_answer() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.db");
    let (db, other) = (Database::open(&path)?, Database::open(&path)?);
    fill(&db, 3)?;
    let again = |profile: &eager_orm::Profile| {
        profile.findings().iter().filter(|finding| finding.kind == FindingKind::SameAgain).count()
    };
    let (_, profile) = db.profile("somebody else writes", |db| {
        for n in 0..5 {
            Word::objects().find(db, 1).unwrap();
            Word::objects().update(&other, |w| w.n().set(n)).unwrap();
        }
    });
    assert_eq!(again(&profile), 0, "{profile}");
    let (_, profile) = db.profile("another thread writes", |db| {
        for n in 0..5 {
            Word::objects().find(db, 1).unwrap();
            let write = || Word::objects().update(&other, |w| w.n().set(n)).unwrap();
            thread::scope(|scope| scope.spawn(write).join().unwrap());
        }
    });
    assert_eq!(again(&profile), 0, "{profile}");
    let (_, profile) = db.profile("chance, and the time", |db| {
        for _ in 0..3 {
            raw::<i64>("SELECT random()", ()).get(db).unwrap();
            raw::<String>("SELECT strftime('%f', 'now')", ()).get(db).unwrap();
            raw::<i64>("PRAGMA data_version", ()).get(db).unwrap();
            Word::objects().order_by(|_| random()).first(db).unwrap();
        }
    });
    assert_eq!(again(&profile), 0, "{profile}");
    let (_, profile) = db.profile("threads", |db| {
        thread::scope(|scope| (0..12).for_each(|_| drop(scope.spawn(|| Word::objects().find(db, 1)))));
    });
    assert!(profile.findings().is_empty(), "{profile}");
    let (_, profile) = db.profile("nobody writes", |db| (0..3).for_each(|_| drop(Word::objects().find(db, 1))));
    assert_eq!((again(&profile), profile.findings()[0].times), (1, 3), "{profile}");
    Ok(())
}

#[test]
fn a_profile_leaves_the_statements_that_are_kept_alone() -> Result<()> {
    let db = words(1)?;
    let run = |db: &Database| (0..100).for_each(|n| drop(raw::<i64>(format!("SELECT {n}"), ()).get(db)));
    let kept = |profile: &eager_orm::Profile| profile.shapes().iter().map(|shape| shape.kept).sum::<usize>();
    run(&db);
    let profiles: Vec<usize> = (0..3).map(|_| kept(&db.profile("kept", run).1)).collect();
    assert_eq!(profiles, [100; 3]);
    Ok(())
}

#[test]
fn many_different_statements_of_one_line_are_no_matter() -> Result<()> {
    let db = words(1)?;
    let start = Instant::now();
    let (_, profile) = db.profile("many", |db| {
        for n in 0..8_000 {
            raw::<i64>(format!("SELECT id FROM word WHERE id = {n}"), ()).all(db).unwrap();
        }
    });
    let (inside, whole) = (profile.time(), start.elapsed());
    assert!(whole < inside * 3, "{inside:?} of {whole:?}");
    Ok(())
}

#[test]
fn plans_are_asked_for_within_a_transaction_in_memory_too() -> Result<()> {
    let db = words(2_000)?;
    let profile = db.transaction(|tx| {
        let search = |_: &Database| Word::objects().filter(|w| w.n().eq(5)).all(tx);
        Ok(db.profile("within", search).1)
    })?;
    assert_eq!(profile.shapes()[0].plan.as_deref(), Some("SCAN word\n"));
    assert_eq!(profile.findings()[0].kind, FindingKind::FullScan, "{profile}");
    Ok(())
}
