//! What runs after a commit, and transactions of code that does not know whether it is in one.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use eager_orm::prelude::*;
use eager_orm::{Error, Result};

use crate::support::*;

/// What has run so far, in order.
#[derive(Clone, Default)]
struct Ran(Rc<RefCell<Vec<&'static str>>>);

impl Ran {
    fn note(&self, name: &'static str) -> impl FnOnce(&Database) + 'static {
        let ran = self.clone();
        move |_| ran.0.borrow_mut().push(name)
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

fn fails() -> Error {
    Error::DoesNotExist { model: "what was wanted", key: None }
}

#[test]
fn callbacks_run_in_order_after_the_outermost_commit() -> Result<()> {
    let (db, ran) = (empty(), Ran::default());
    db.transaction(|tx| {
        tx.on_commit(ran.note("first"));
        tx.savepoint(|sp| {
            sp.on_commit(ran.note("second"));
            sp.savepoint(|deeper| {
                deeper.on_commit(ran.note("third"));
                Ok(())
            })
        })?;
        assert!(ran.take().is_empty());
        tx.on_commit(ran.note("fourth"));
        Ok(())
    })?;
    assert_eq!(ran.take(), ["first", "second", "third", "fourth"]);
    Ok(())
}

#[test]
fn callbacks_are_dropped_by_a_rollback_and_with_their_savepoint() -> Result<()> {
    let (db, ran) = (empty(), Ran::default());
    let failed = db.transaction(|tx| -> Result<()> {
        tx.on_commit(ran.note("lost"));
        Err(fails())
    });
    assert!(failed.is_err());
    let _ = catch_unwind(AssertUnwindSafe(|| {
        db.transaction(|tx| -> Result<()> {
            tx.on_commit(ran.note("lost"));
            panic!("in the middle")
        })
    }));
    db.transaction(|tx| {
        tx.on_commit(ran.note("kept"));
        let failed = tx.savepoint(|sp| -> Result<()> {
            sp.on_commit(ran.note("lost"));
            // Through the outer one, it is in the savepoint as well.
            tx.on_commit(ran.note("lost"));
            sp.savepoint(|deeper| {
                deeper.on_commit(ran.note("lost"));
                Ok(())
            })?;
            Err(fails())
        });
        assert!(failed.is_err());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            tx.savepoint(|sp| -> Result<()> {
                sp.on_commit(ran.note("lost"));
                panic!("deeper")
            })
        }));
        assert!(panicked.is_err());
        tx.on_commit(ran.note("kept too"));
        Ok(())
    })?;
    assert_eq!(ran.take(), ["kept", "kept too"]);
    Ok(())
}

#[test]
fn a_commit_that_fails_runs_no_callback() -> Result<()> {
    let (db, ran) = (empty(), Ran::default());
    db.raw(|c| {
        c.execute_batch(
            "CREATE TABLE late (author INTEGER REFERENCES author (id) DEFERRABLE INITIALLY DEFERRED) STRICT",
        )
    })?;
    let failed = db.transaction(|tx| {
        tx.on_commit(ran.note("lost"));
        eager_orm::raw("INSERT INTO late VALUES (?1)", (7,)).execute(tx)
    });
    assert!(matches!(failed, Err(Error::ForeignKey { .. })), "{failed:?}");
    assert!(ran.take().is_empty());
    db.transaction(|tx| {
        tx.on_commit(ran.note("after"));
        Ok(())
    })?;
    assert_eq!(ran.take(), ["after"]);
    Ok(())
}

#[test]
fn a_callback_may_write_and_begin_a_transaction_with_callbacks() -> Result<()> {
    for (db, _folder) in [(empty(), None), {
        let (db, folder) = empty_file();
        (db, Some(folder))
    }] {
        let ran = Ran::default();
        let inner = ran.clone();
        let (made, log) = db.capture(|db| {
            db.transaction(|tx| {
                tx.on_commit(move |db| {
                    Tag::create().name("after").save(db).unwrap();
                    db.transaction(|tx| {
                        tx.on_commit(inner.note("inner"));
                        Tag::create().name("later").save(tx)
                    })
                    .unwrap();
                });
                tx.on_commit(ran.note("outer"));
                Tag::create().name("before").save(tx)
            })
        });
        assert_eq!((made?.name.as_str(), log.len()), ("before", 3), "{log}");
        assert_eq!(ran.take(), ["inner", "outer"]);
        assert_eq!(Tag::objects().values_list(|t| t.name()).all(&db)?, ["before", "after", "later"]);
    }
    Ok(())
}

#[test]
fn a_callback_that_panics_stops_no_other_and_undoes_nothing() -> Result<()> {
    let (db, ran) = (empty(), Ran::default());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        db.transaction(|tx| {
            tx.on_commit(ran.note("first"));
            tx.on_commit(|_| panic!("the mail server is down"));
            tx.on_commit(ran.note("third"));
            Tag::create().name("kept").save(tx)
        })
    }));
    assert_eq!(outcome.unwrap_err().downcast_ref::<&str>(), Some(&"the mail server is down"));
    assert_eq!(ran.take(), ["first", "third"]);
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 1);
    db.transaction(|tx| Tag::create().name("goes on").save(tx))?;
    Ok(())
}

/// Two rows and a callback, wherever it runs.
fn two(db: &dyn Executor, ran: &Ran, fail: bool) -> Result<()> {
    db.atomic(|tx| {
        Tag::create().name("one").save(tx)?;
        tx.on_commit(ran.note("two"));
        if fail { Err(fails()) } else { Tag::create().name("two").save(tx).map(drop) }
    })
}

#[test]
fn atomic_is_a_transaction_or_a_savepoint() -> Result<()> {
    let ran = Ran::default();
    let db = empty();
    assert!(two(&db, &ran, true).is_err());
    let ((), log) = db.capture(|db| two(db, &ran, false).unwrap());
    assert_eq!((log.len(), log.transactions()), (2, 2), "{log}");
    assert_eq!(ran.take(), ["two"]);
    let db = empty();
    let (outcome, log) = db.capture(|db| {
        db.transaction(|tx| {
            assert!(two(tx, &ran, true).is_err());
            assert_eq!(Tag::objects().count(tx)?, 0);
            two(tx, &ran, false)?;
            assert!(ran.take().is_empty());
            Ok(())
        })
    });
    outcome?;
    assert_eq!(ran.take(), ["two"]);
    let marks: Vec<&str> = log.all().iter().filter(|s| s.is_transaction).map(|s| s.sql.as_str()).collect();
    let savepoint = ["SAVEPOINT eager", "ROLLBACK TO eager", "RELEASE eager", "SAVEPOINT eager", "RELEASE eager"];
    assert_eq!(marks, [&["BEGIN IMMEDIATE"][..], &savepoint, &["COMMIT"]].concat());
    let refused = db.read(|snapshot| two(snapshot, &ran, false));
    assert!(matches!(refused, Err(Error::ReadOnly { what: "a snapshot" })), "{refused:?}");
    let own = (&db as &dyn Executor).try_atomic(|_| -> Result<(), Box<dyn std::error::Error>> { Err("own".into()) });
    assert_eq!(own.unwrap_err().to_string(), "own");
    Ok(())
}

#[test]
fn a_durable_transaction_refuses_to_be_nested() -> Result<()> {
    fn pay(db: &dyn Executor) -> Result<Tag> {
        db.transaction(|tx| Tag::create().name("paid").save(tx))
    }
    let db = empty();
    let nested = db.transaction(|tx| pay(tx));
    assert!(matches!(nested, Err(Error::Nested { .. })), "{nested:?}");
    let nested = db.transaction(|_| pay(&db));
    assert!(matches!(nested, Err(Error::Nested { .. })), "{nested:?}");
    let nested = db.transaction(|tx| tx.savepoint(|sp| pay(sp)));
    assert!(matches!(nested, Err(Error::Nested { .. })), "{nested:?}");
    assert_eq!(Tag::objects().count(&db)?, 0);
    assert_eq!(pay(&db)?.name, "paid");
    Ok(())
}

#[test]
fn outside_of_a_transaction_a_callback_runs_at_once() -> Result<()> {
    let (db, ran) = (empty(), Ran::default());
    (&db as &dyn Executor).on_commit(ran.note("database"));
    assert_eq!(ran.take(), ["database"]);
    db.read(|snapshot| {
        (snapshot as &dyn Executor).on_commit(ran.note("snapshot"));
        Ok(())
    })?;
    assert_eq!(ran.take(), ["snapshot"]);
    db.transaction(|tx| {
        (tx as &dyn Executor).on_commit(ran.note("transaction"));
        assert!(ran.take().is_empty());
        Ok(())
    })?;
    assert_eq!(ran.take(), ["transaction"]);
    Ok(())
}
