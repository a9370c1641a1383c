//! What goes wrong outside of the program: full disks, files that may not be written or are not there any more, damaged
//! pages, others who change the tables. Each is an error that says so, nothing is half done, and the database goes on.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use eager_orm::prelude::*;
use eager_orm::{Error, Result, Synchronous};

use crate::support::*;

fn tag(name: &str, db: &dyn Executor) -> Result<Tag> {
    Tag::create().name(name).save(db)
}

fn count(db: &dyn Executor) -> u64 {
    Tag::objects().count(db).unwrap()
}

/// The check of SQLite itself, and that of the foreign keys.
fn check(path: &Path) {
    let c = rusqlite::Connection::open(path).unwrap();
    assert_eq!(c.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    assert!(!c.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
}

#[test]
fn a_read_only_database_reads_and_refuses_to_write() -> Result<()> {
    let (writer, folder) = empty_file();
    let path = folder.path().join("library.db");
    tag("a", &writer)?;
    let db = Database::builder(&path).read_only().open()?;
    assert_eq!(assert_num_queries!(db, 1, { count(&db) }), 1);
    let refused = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::ReadOnly { .. })), "{outcome:?}");
    refused(tag("b", &db).map(drop));
    refused(db.transaction(|_| Ok(())));
    refused(Tag::objects().delete(&db).map(drop));
    refused(eager_orm::raw("DELETE FROM tag", ()).execute(&db).map(drop));
    refused(db.create_tables(models![Tag]));
    refused(db.raw(|c| c.execute_batch("DELETE FROM tag")));
    assert_eq!(db.raw(|c| c.query_row("SELECT count(*) FROM tag", [], |row| row.get::<_, i64>(0)))?, 1);
    // Others write meanwhile, and it sees what they wrote.
    tag("b", &writer)?;
    assert_eq!(count(&db), 2);
    assert_eq!(db.read(|snapshot| Ok(Tag::objects().iter(snapshot)?.count()))?, 2);
    let nothing = Database::builder(folder.path().join("nothing.db")).read_only().open();
    assert!(matches!(nothing, Err(Error::Open { .. })), "{nothing:?}");
    assert!(!folder.path().join("nothing.db").exists());
    Ok(())
}

#[test]
fn an_immutable_file_needs_nothing_beside_it() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let strange = folder.path().join("50% of? #ä b.db");
    {
        let db = Database::open(&strange)?;
        create_tables(&db);
        fill(&db);
    }
    let beside = || fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(beside(), 1, "the log went with the last connection");
    let db = Database::builder(&strange).immutable().open()?;
    let books = Book::objects().prefetch_related(|b| b.tags()).all(&db)?;
    assert_eq!((books.len(), beside()), (4, 1));
    assert!(matches!(tag("b", &db), Err(Error::ReadOnly { .. })));
    Ok(())
}

#[test]
fn a_setting_of_no_time_and_one_of_all_time_are_fine() -> Result<()> {
    for time in [Duration::ZERO, Duration::MAX] {
        for place in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let builder = match place {
                true => Database::builder(folder.path().join("library.db")),
                false => eager_orm::DatabaseBuilder::in_memory(),
            };
            let db = builder.busy_timeout(time).pool_timeout(time).open()?;
            create_tables(&db);
            tag("a", &db)?;
            assert_eq!(db.transaction(|tx| tag("b", tx))?.id, 2);
            assert_eq!(count(&db), 2);
        }
    }
    Ok(())
}

#[test]
fn every_connection_has_the_level_that_was_asked_for() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    for (level, number) in [(Synchronous::Off, 0), (Synchronous::Normal, 1), (Synchronous::Full, 2)] {
        let db = Database::builder(folder.path().join("library.db")).synchronous(level).open()?;
        let told = db.raw(|c| c.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0)))?;
        assert_eq!(told, number, "{level:?}");
    }
    Ok(())
}

#[test]
fn many_handles_open_one_new_file_at_once() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let path = folder.path().join(format!("{round}.db"));
        let start = std::sync::Barrier::new(6);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|thread| {
                    let (path, start) = (&path, &start);
                    scope.spawn(move || -> Result<()> {
                        start.wait();
                        let db = Database::open(path)?;
                        db.create_tables(models![Tag])?;
                        tag(&format!("{thread}"), &db).map(drop)
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap())
        })?;
        assert_eq!(count(&Database::open(&path)?), 6);
    }
    Ok(())
}

#[test]
fn a_writer_gets_in_where_another_writes_without_a_pause() -> Result<()> {
    let (other, folder) = empty_file();
    // A second handle of one file is like a second process. This one is patient for a second.
    let path = folder.path().join("library.db");
    let db = Database::builder(&path).busy_timeout(Duration::from_secs(1)).open()?;
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| -> Result<()> {
        let busy = scope.spawn(|| -> Result<u64> {
            let mut writes = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                other.transaction(|tx| {
                    tag(&format!("other {writes}"), tx)?;
                    std::thread::sleep(Duration::from_millis(3));
                    Ok(())
                })?;
                writes += 1;
            }
            Ok(writes)
        });
        let outcome = (0..40).try_for_each(|n| tag(&format!("{n}"), &db).map(drop));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let writes = busy.join().unwrap()?;
        outcome?;
        assert_eq!(count(&db), 40 + writes);
        Ok(())
    })
}

#[test]
fn an_iterator_that_is_forgotten_ends_with_its_transaction() -> Result<()> {
    let (db, folder) = empty_file();
    Tag::objects().bulk_create((0..3_000).map(|n| Tag::create().name(format!("{n}")))).run(&db)?;
    db.transaction(|tx| {
        let mut tags = Tag::objects().iter(tx)?;
        tags.next().transpose()?;
        std::mem::forget(tags);
        tag("inside", tx)
    })?;
    db.read(|snapshot| {
        let mut tags = Tag::objects().iter(snapshot)?;
        tags.next().transpose()?;
        std::mem::forget(tags);
        Ok(())
    })?;
    // Somebody else writes: a connection that was still reading would see an older moment, and could not write.
    tag("outside", &Database::open(folder.path().join("library.db"))?)?;
    assert_eq!(count(&db), 3_002);
    tag("after", &db)?;
    db.transaction(|tx| tag("in a transaction", tx))?;
    assert_eq!(db.read(|snapshot| Ok(Tag::objects().iter(snapshot)?.count()))?, 3_004);
    Ok(())
}

#[test]
fn closing_while_a_transaction_runs_lets_it_end() -> Result<()> {
    let (db, folder) = empty_file();
    db.transaction(|tx| {
        tag("a", tx)?;
        db.close();
        assert!(matches!(Tag::objects().count(&db), Err(Error::Closed)));
        tag("b", tx)
    })?;
    assert!(matches!(tag("c", &db), Err(Error::Closed)));
    let path = folder.path().join("library.db");
    assert_eq!(count(&Database::open(&path)?), 2);
    check(&path);
    Ok(())
}

#[test]
fn a_statement_that_is_interrupted_says_so_and_is_undone() -> Result<()> {
    let (db, _folder) = empty_file();
    Tag::objects().bulk_create((0..2_000).map(|n| Tag::create().name(format!("{n}")))).run(&db)?;
    let handle = db.raw(|c| Ok(c.get_interrupt_handle()))?;
    let done = std::sync::atomic::AtomicBool::new(false);
    let start = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) && start.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(20));
                handle.interrupt();
            }
        });
        let outcome = db.transaction(|tx| {
            tag("before", tx)?;
            // Eight thousand million rows.
            let all = "INSERT INTO tag (name) SELECT a.name || b.name || c.name FROM tag a, tag b, tag c";
            eager_orm::raw(all, ()).execute(tx)
        });
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        outcome
    });
    assert!(matches!(outcome, Err(Error::Interrupted)), "{outcome:?}");
    assert_eq!(count(&db), 2_000);
    tag("after", &db)?;
    Ok(())
}

/// Writes when its thread has ended: other values of the thread are gone by then.
struct Late(Database);

impl Drop for Late {
    fn drop(&mut self) {
        tag("late", &self.0).unwrap();
        self.0.transaction(|tx| tag("later", tx)).unwrap();
        self.0.with_fetch_mode(FetchMode::One, |db| Tag::objects().all(db)).unwrap();
        self.0.capture(|db| Tag::objects().count(db)).0.unwrap();
    }
}

#[test]
fn a_thread_that_ends_may_write_until_it_is_gone() -> Result<()> {
    thread_local!(static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) });
    let (db, _folder) = empty_file();
    let handle = db.clone();
    let thread = std::thread::spawn(move || {
        LATE.set(Some(Late(handle.clone())));
        // Whatever the library keeps for this thread is younger than that, and goes first.
        handle.read(|snapshot| Tag::objects().all(snapshot).map(drop)).unwrap();
        handle.with_fetch_mode(FetchMode::One, |db| db.capture(|db| Tag::objects().count(db)).0).unwrap();
    });
    thread.join().unwrap();
    assert_eq!(count(&db), 2);
    Ok(())
}
