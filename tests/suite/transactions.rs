//! Transactions, savepoints, snapshots, threads, and the capture of what they run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

fn tag(name: &str, db: &dyn Executor) -> Result<Tag> {
    Tag::create().name(name).save(db)
}

fn names(db: &dyn Executor) -> Vec<String> {
    Tag::objects().order_by(|t| t.id()).values_list(|t| t.name()).all(db).unwrap()
}

#[test]
fn a_transaction_commits_what_it_did() -> Result<()> {
    let db = empty();
    let (made, log) = db.capture(|db| {
        db.transaction(|tx| {
            tag("a", tx)?;
            tag("b", tx)
        })
    });
    assert_eq!((made?.id, log.len(), log.transactions()), (2, 2, 2));
    let all: Vec<&str> = log.all().iter().map(|statement| statement.sql.as_str()).collect();
    assert_eq!((all[0], all[3]), ("BEGIN IMMEDIATE", "COMMIT"));
    assert_eq!(names(&db), ["a", "b"]);
    Ok(())
}

#[test]
fn an_error_rolls_back_and_is_returned() -> Result<()> {
    let db = empty();
    tag("a", &db)?;
    let (outcome, log) = db.capture(|db| {
        db.transaction(|tx| {
            tag("b", tx)?;
            Tag::objects().update(tx, |t| t.name().set(t.name().upper()))?;
            tag("A", tx)
        })
    });
    assert!(matches!(outcome, Err(Error::Unique { model: "Tag", .. })), "{outcome:?}");
    assert_eq!(log.all().last().unwrap().sql, "ROLLBACK", "{log}");
    assert_eq!(names(&db), ["a"]);
    tag("b", &db)?;
    Ok(())
}

#[test]
fn a_panic_rolls_back_and_the_database_goes_on() -> Result<()> {
    for (db, _folder) in [(empty(), None), {
        let (db, folder) = empty_file();
        (db, Some(folder))
    }] {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            db.transaction(|tx| -> Result<()> {
                tag("a", tx)?;
                panic!("in the middle")
            })
        }));
        assert!(outcome.is_err());
        assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 0);
        // The lock is free again, and so is this thread.
        db.transaction(|tx| tag("b", tx))?;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            db.transaction(|tx| {
                let _ = tx.savepoint(|sp| -> Result<()> {
                    tag("c", sp)?;
                    panic!("deeper")
                });
                Ok(())
            })
        }));
        assert!(outcome.is_err());
        let outcome = catch_unwind(AssertUnwindSafe(|| db.read(|_| -> Result<()> { panic!("reading") })));
        assert!(outcome.is_err());
        assert_eq!(names(&db), ["b"]);
        tag("d", &db)?;
    }
    Ok(())
}

#[test]
fn a_savepoint_takes_back_its_own_work_and_nothing_else() -> Result<()> {
    let db = empty();
    let ((), log) = db.capture(|db| {
        db.transaction(|tx| {
            tag("a", tx)?;
            let failed = tx.savepoint(|sp| {
                tag("b", sp)?;
                tag("a", sp)
            });
            assert!(matches!(failed, Err(Error::Unique { .. })));
            assert_eq!(names(tx), ["a"]);
            tx.savepoint(|sp| tag("c", sp))?;
            Ok(())
        })
        .unwrap();
    });
    let marks: Vec<&str> = log.all().iter().filter(|s| s.is_transaction).map(|s| s.sql.as_str()).collect();
    assert_eq!(
        marks,
        [
            "BEGIN IMMEDIATE",
            "SAVEPOINT eager",
            "ROLLBACK TO eager",
            "RELEASE eager",
            "SAVEPOINT eager",
            "RELEASE eager",
            "COMMIT"
        ]
    );
    assert_eq!(names(&db), ["a", "c"]);
    Ok(())
}

#[test]
fn savepoints_nest_to_any_depth() -> Result<()> {
    let db = empty();
    fn deeper(tx: &Transaction<'_>, depth: i64) -> Result<()> {
        tag(&format!("{depth}"), tx)?;
        if depth == 0 {
            return Ok(());
        }
        // Every other level fails and takes the levels below it along.
        let outcome = tx.savepoint(|sp| {
            deeper(sp, depth - 1)?;
            if depth == 3 { Err(Error::DoesNotExist { model: "three", key: None }) } else { Ok(()) }
        });
        match outcome {
            Err(Error::DoesNotExist { model: "three", .. }) => Ok(()),
            other => other,
        }
    }
    db.transaction(|tx| deeper(tx, 6))?;
    assert_eq!(names(&db), ["6", "5", "4", "3"]);
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 4);
    Ok(())
}

#[test]
fn a_failed_statement_does_not_spoil_the_transaction() -> Result<()> {
    let db = empty();
    db.transaction(|tx| {
        tag("a", tx)?;
        assert!(tag("a", tx).is_err());
        assert_eq!(names(tx), ["a"]);
        tag("b", tx)
    })?;
    assert_eq!(assert_num_queries!(db, 1, { names(&db) }), ["a", "b"]);
    Ok(())
}

/// An error of the program's own.
#[derive(Debug, PartialEq)]
enum Own {
    No,
    Orm(String),
}

impl From<Error> for Own {
    fn from(error: Error) -> Self {
        Own::Orm(error.to_string())
    }
}

#[test]
fn a_closure_may_have_an_error_of_its_own() -> Result<()> {
    let db = empty();
    let outcome: Result<(), Own> = db.try_transaction(|tx| {
        tag("a", tx)?;
        Err(Own::No)
    });
    assert_eq!(outcome, Err(Own::No));
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 0);
    let outcome = db.try_transaction(|tx| -> Result<Tag, Own> {
        let inner: Result<(), Own> = tx.try_savepoint(|sp| {
            tag("b", sp)?;
            Err(Own::No)
        });
        assert_eq!(inner, Err(Own::No));
        Ok(tag("c", tx)?)
    });
    assert_eq!(outcome.unwrap().name, "c");
    let outcome = db.try_transaction(|tx| -> Result<Tag, Own> { Ok(tag("c", tx)?) });
    assert!(matches!(outcome, Err(Own::Orm(text)) if text.contains("Tag")));
    let count = db.try_read(|snapshot| -> Result<u64, Own> { Ok(Tag::objects().count(snapshot)?) });
    assert_eq!(count, Ok(1));
    let outcome: Result<(), Own> = db.try_read(|_| Err(Own::No));
    assert_eq!(outcome, Err(Own::No));
    Ok(())
}

#[test]
fn a_snapshot_sees_one_moment_whoever_writes() -> Result<()> {
    let (db, _folder) = empty_file();
    tag("a", &db)?;
    db.read(|snapshot| {
        assert_eq!(names(snapshot), ["a"]);
        // The same thread and another one write meanwhile.
        tag("b", &db)?;
        std::thread::scope(|scope| scope.spawn(|| tag("c", &db)).join().unwrap())?;
        assert_eq!(names(snapshot), ["a"]);
        assert_eq!(Tag::objects().count(snapshot)?, 1);
        assert_eq!(names(&db), ["a", "b", "c"], "through the handle it is another moment");
        Ok(())
    })?;
    let (seen, log) = db.capture(|db| db.read(|snapshot| Ok((names(snapshot), Tag::objects().count(snapshot)?))));
    assert_eq!((seen?.1, log.len(), log.transactions()), (3, 2, 2));
    Ok(())
}

#[test]
fn a_snapshot_only_reads() -> Result<()> {
    let db = library();
    db.read(|snapshot| {
        let read_only = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::ReadOnly { .. })), "{outcome:?}");
        let mut tag = Tag::objects().find(snapshot, 1)?;
        read_only(Tag::create().name("x").save(snapshot).map(drop));
        read_only(tag.save(snapshot));
        read_only(tag.clone().delete(snapshot).map(drop));
        read_only(Tag::objects().update(snapshot, |t| t.name().set("x")).map(drop));
        read_only(Tag::objects().delete(snapshot).map(drop));
        read_only(Tag::objects().bulk_create([Tag::create().name("x")]).run(snapshot).map(drop));
        read_only(Tag::objects().bulk_update(snapshot, [&tag], |t| t.name()).map(drop));
        read_only(tag.books.clear(snapshot).map(drop));
        tag.refresh(snapshot)?;
        assert_eq!(assert_num_queries!(db, 1, { tag.books.all(snapshot)?.len() }), 2);
        Ok(())
    })?;
    assert_eq!(Tag::objects().count(&db)?, 4);
    Ok(())
}

#[test]
fn the_handle_inside_of_ones_own_transaction_is_an_error_at_once() -> Result<()> {
    let (db, _folder) = empty_file();
    let start = Instant::now();
    db.transaction(|tx| {
        tag("a", tx)?;
        let nested = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::Nested { .. })), "{outcome:?}");
        nested(tag("b", &db).map(drop));
        nested(db.transaction(|_| Ok(())));
        nested(Tag::objects().delete(&db).map(drop));
        nested(db.raw(|_| Ok(())));
        nested(db.clone().transaction(|_| Ok(())));
        tx.savepoint(|_| {
            nested(tag("c", &db).map(drop));
            Ok(())
        })?;
        // Reading through the handle is another connection: it does not see the transaction.
        assert_eq!(Tag::objects().count(&db)?, 0);
        Ok(())
    })?;
    assert_eq!(names(&db), ["a"]);
    // In memory a reader would wait for the writer, and the other way round.
    let db = empty();
    db.transaction(|tx| {
        tag("a", tx)?;
        assert!(matches!(Tag::objects().count(&db), Err(Error::Nested { .. })));
        assert!(matches!(db.read(|_| Ok(())), Err(Error::Nested { .. })));
        Ok(())
    })?;
    db.read(|snapshot| {
        assert_eq!(Tag::objects().count(snapshot)?, 1);
        assert!(matches!(tag("b", &db), Err(Error::Nested { .. })));
        assert_eq!(Tag::objects().count(&db)?, 1, "a second reader is fine");
        Ok(())
    })?;
    // Another database is nobody's business.
    let other = empty();
    db.transaction(|_| tag("z", &other))?;
    assert!(start.elapsed() < Duration::from_secs(4), "nothing waited: {:?}", start.elapsed());
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 1);
    Ok(())
}

fn eight_threads(db: &Database) -> Result<()> {
    let counter = Author::create().name("counter").age(0).save(db)?;
    let start = Barrier::new(8);
    std::thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let (start, counter) = (&start, &counter);
                scope.spawn(move || -> Result<()> {
                    start.wait();
                    for turn in 0..25 {
                        // Read, then write what was read: lost updates would show.
                        db.transaction(|tx| {
                            let mut row = Author::objects().find(tx, counter.id)?;
                            row.age = row.age.map(|age| age + 1);
                            row.save(tx)
                        })?;
                        tag(&format!("{thread} {turn}"), db)?;
                        assert!(
                            Tag::objects().filter(|t| t.name().starts_with(format!("{thread} "))).count(db)? > turn
                        );
                        let seen = db.read(|snapshot| {
                            let first = Tag::objects().count(snapshot)?;
                            Ok((first, Tag::objects().count(snapshot)?))
                        })?;
                        assert_eq!(seen.0, seen.1);
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;
    assert_eq!(assert_num_queries!(db, 1, { Author::objects().find(db, counter.id)? }).age, Some(200));
    assert_eq!(Tag::objects().count(db)?, 200);
    Ok(())
}

#[test]
fn eight_threads_write_and_read_a_file_without_losing_anything() -> Result<()> {
    let (db, _folder) = empty_file();
    eight_threads(&db)
}

#[test]
fn eight_threads_write_and_read_in_memory_without_losing_anything() -> Result<()> {
    eight_threads(&empty())
}

#[test]
fn a_pool_without_a_free_connection_gives_up_in_time() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let timeout = Duration::from_millis(300);
    let db = Database::builder(&path).readers(2).pool_timeout(timeout).open()?;
    create_tables(&db);
    let timed_out = |outcome: Result<()>, since: Instant| {
        assert!(matches!(outcome, Err(Error::PoolTimeout { .. })), "{outcome:?}");
        assert!(outcome.unwrap_err().is_busy());
        assert!((timeout..timeout * 10).contains(&since.elapsed()), "{:?}", since.elapsed());
    };
    // Two other threads hold both readers, until their channels close: also if an assertion fails here.
    let (hold, held) = mpsc::channel();
    std::thread::scope(|scope| {
        let open: Vec<mpsc::Sender<()>> = (0..2)
            .map(|_| {
                let (done, wait) = mpsc::channel();
                let (db, hold) = (&db, hold.clone());
                scope.spawn(move || {
                    let count = db.read(|snapshot| {
                        hold.send(()).unwrap();
                        let _ = wait.recv();
                        // A thread that reads already reads on.
                        assert_eq!(Tag::objects().count(db)?, 0);
                        Tag::objects().count(snapshot)
                    });
                    assert_eq!(count.unwrap(), 0);
                });
                done
            })
            .collect();
        (0..2).for_each(|_| held.recv().unwrap());
        let since = Instant::now();
        timed_out(Tag::objects().count(&db).map(drop), since);
        drop(open);
    });
    assert_eq!(Tag::objects().count(&db)?, 0);
    // Another thread holds the writer.
    std::thread::scope(|scope| -> Result<()> {
        let (done, wait) = mpsc::channel::<()>();
        let db = &db;
        let writer = scope.spawn(move || {
            db.transaction(|tx| {
                tag("a", tx)?;
                hold.send(()).unwrap();
                let _ = wait.recv();
                Ok(())
            })
        });
        held.recv().unwrap();
        let since = Instant::now();
        timed_out(tag("b", db).map(drop), since);
        assert_eq!(Tag::objects().count(db)?, 0, "readers go on");
        drop(done);
        writer.join().unwrap()
    })?;
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 1);
    Ok(())
}

#[test]
fn another_process_that_holds_the_lock_is_waited_for_and_then_named() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let db = Database::builder(&path).busy_timeout(Duration::from_millis(200)).open()?;
    create_tables(&db);
    // A second handle of one file is like a second process.
    let other = Database::builder(&path).busy_timeout(Duration::from_secs(10)).open()?;
    other.transaction(|tx| {
        tag("a", tx)?;
        let since = Instant::now();
        let error = tag("b", &db).unwrap_err();
        assert!(matches!(error, Error::Busy) && error.is_busy(), "{error:?}");
        assert!(since.elapsed() >= Duration::from_millis(150), "{:?}", since.elapsed());
        assert!(matches!(db.transaction(|_| Ok(())), Err(Error::Busy)));
        assert_eq!(Tag::objects().count(&db)?, 0, "a reader does not wait");
        Ok(())
    })?;
    assert_eq!(assert_num_queries!(db, 2, { (tag("b", &db)?.id, Tag::objects().count(&db)?) }), (2, 2));
    Ok(())
}

#[test]
fn a_capture_sees_its_own_thread_and_its_handle_in_any_thread() -> Result<()> {
    let db = library();
    let ((), log) = db.capture(|handle| {
        Tag::objects().count(handle).unwrap();
        Tag::objects().count(&db).unwrap();
        db.clone().read(|snapshot| Tag::objects().count(snapshot)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| Book::objects().count(handle).unwrap());
            // Another thread through another handle is somebody else.
            scope.spawn(|| Author::objects().count(&db).unwrap());
        });
    });
    assert_eq!(log.len(), 4, "{log}");
    assert!(log.statements().all(|statement| !statement.sql.contains("author")), "{log}");
    let ((), log) = db.capture(|_| ());
    assert!(log.is_empty() && log.all().is_empty());
    Ok(())
}

#[test]
fn captures_nest_and_each_sees_what_runs_inside_of_it() -> Result<()> {
    let db = library();
    let (inner, outer) = db.capture(|db| {
        Tag::objects().count(db).unwrap();
        let ((), inner) = db.capture(|db| {
            Book::objects().count(db).unwrap();
        });
        Tag::objects().count(db).unwrap();
        inner
    });
    assert_eq!((inner.len(), outer.len()), (1, 3), "{outer}");
    // Two databases are two logs.
    let other = library();
    let ((), log) = db.capture(|db| {
        Tag::objects().count(db).unwrap();
        Tag::objects().count(&other).unwrap();
    });
    assert_eq!(log.len(), 1, "{log}");
    Ok(())
}

#[test]
fn a_capture_survives_a_panic_inside_of_it() -> Result<()> {
    let db = library();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        db.capture(|db| {
            Tag::objects().count(db).unwrap();
            panic!("inside")
        })
    }));
    assert!(outcome.is_err());
    let outcome = catch_unwind(AssertUnwindSafe(|| -> Result<()> {
        assert_num_queries!(db, 7, { Tag::objects().count(&db)? });
        Ok(())
    }));
    let message = outcome.unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("SELECT count(*)"), "the statements are listed: {message}");
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 4);
    Ok(())
}

#[test]
fn a_transaction_may_stream_load_and_write() -> Result<()> {
    let db = library();
    db.transaction(|tx| {
        for book in Book::objects().order_by(|b| b.id()).prefetch_related(|b| b.tags()).iter(tx)? {
            let mut book = book?;
            book.pages += book.tags.all(tx)?.len() as i32;
            book.save(tx)?;
            book.author.get(tx)?;
        }
        Ok(())
    })?;
    let pages = Book::objects().order_by(|b| b.id()).values_list(|b| b.pages());
    assert_eq!(assert_num_queries!(db, 1, { pages.all(&db)? }), [12, 21, 31, 40]);
    Ok(())
}

#[test]
fn a_transaction_that_ended_by_itself_is_an_error_and_no_panic() -> Result<()> {
    let db = empty();
    let outcome = db.transaction(|tx| {
        tag("a", tx)?;
        // A trigger that rolls the whole transaction back.
        Tag::objects().update(tx, |t| t.name().set("boom"))
    });
    assert_eq!(outcome?, 1);
    db.raw(|c| {
        c.execute_batch("CREATE TRIGGER no BEFORE UPDATE ON tag BEGIN SELECT RAISE(ROLLBACK, 'not today'); END")
    })?;
    let outcome = db.transaction(|tx| {
        tag("b", tx)?;
        Tag::objects().update(tx, |t| t.name().set("again"))
    });
    assert!(outcome.as_ref().unwrap_err().to_string().contains("not today"), "{outcome:?}");
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 1);
    Ok(())
}

#[test]
fn a_stream_goes_on_after_a_savepoint_was_rolled_back() -> Result<()> {
    let db = library();
    db.transaction(|tx| {
        let mut n = 0;
        for book in Book::objects().order_by(|b| b.id()).iter(tx)? {
            let mut book = book?;
            n += 1;
            let _ = tx.savepoint(|sp| -> Result<()> {
                book.pages += 1;
                book.save(sp)?;
                Err(Error::DoesNotExist { model: "x", key: None })
            });
        }
        assert_eq!(n, 4);
        Ok(())
    })?;
    let pages = Book::objects().order_by(|b| b.id()).values_list(|b| b.pages());
    assert_eq!(assert_num_queries!(db, 1, { pages.all(&db)? }), [10, 20, 30, 40]);
    // More rows than a chunk.
    let db = empty();
    Tag::objects().bulk_create((0..3000).map(|n| Tag::create().name(format!("{n}")))).run(&db)?;
    let outcome = db.transaction(|tx| {
        let mut n = 0;
        for tag in Tag::objects().order_by(|t| t.id()).iter(tx)? {
            let tag = tag?;
            n += 1;
            let _ = tx.savepoint(|sp| -> Result<()> {
                tag.clone().delete(sp)?;
                Err(Error::DoesNotExist { model: "x", key: None })
            });
        }
        Ok(n)
    });
    assert_eq!(outcome?, 3000);
    Ok(())
}

#[test]
fn a_transaction_that_sqlite_rolled_back_writes_nothing_more() -> Result<()> {
    let db = empty();
    let trigger =
        "CREATE TRIGGER bomb BEFORE INSERT ON tag WHEN NEW.name = 'bomb' BEGIN SELECT RAISE(ROLLBACK, 'boom'); END";
    db.raw(|c| c.execute_batch(trigger))?;
    let outcome = db.transaction(|tx| {
        Tag::create().name("before").save(tx)?;
        assert!(Tag::create().name("bomb").save(tx).is_err());
        assert!(matches!(Tag::create().name("after").save(tx), Err(Error::RolledBack)));
        assert!(matches!(tx.savepoint(|sp| Tag::create().name("inside").save(sp)), Err(Error::RolledBack)));
        assert!(matches!(Tag::objects().count(tx), Err(Error::RolledBack)));
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::RolledBack)), "{outcome:?}");
    assert_eq!(Tag::objects().count(&db)?, 0);
    Tag::create().name("next").save(&db)?;
    assert_eq!(Tag::objects().count(&db)?, 1);
    Ok(())
}

#[test]
fn a_transaction_that_raw_leaves_open_is_rolled_back() -> Result<()> {
    let db = empty();
    let script = "BEGIN; INSERT INTO tag (name) VALUES ('a'); INSERT INTO no_such_table VALUES (1); COMMIT";
    assert!(db.raw(|c| c.execute_batch(script)).is_err());
    assert!(matches!(db.raw(|c| c.execute_batch("BEGIN")), Err(Error::Misuse { .. })));
    Tag::create().name("b").save(&db)?;
    db.transaction(|tx| Tag::create().name("c").save(tx))?;
    assert_eq!(Tag::objects().order_by(|t| t.name()).values_list(|t| t.name()).all(&db)?, ["b", "c"]);
    Ok(())
}

#[test]
fn threads_that_loop_and_load_do_not_starve_each_other() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let db = Database::builder(path).readers(4).pool_timeout(std::time::Duration::from_secs(2)).open()?;
    create_tables(&db);
    fill(&db);
    let barrier = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut first = true;
                    Book::objects().for_each(&db, |book| {
                        if std::mem::take(&mut first) {
                            barrier.wait();
                        }
                        book.author.get(&db)?;
                        Book::objects().prefetch_related(|b| b.tags()).find(&db, book.id)?;
                        db.read(|snapshot| Book::objects().prefetch_related(|b| b.tags()).find(snapshot, book.id))?;
                        Ok(())
                    })
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })
}
