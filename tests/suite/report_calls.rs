//! The calls that a report suggests are calls that compile, at the line where they are to be written. Each suggestion
//! here is followed by the program that follows it, which has no findings.

use eager_orm::prelude::*;
use eager_orm::{Error, FindingKind, Result};

use crate::support::only;

#[derive(Model, Debug)]
struct Door {
    id: i64,
    key: ForeignKey<Key>,
    locks: HasMany<Lock>,
}

#[derive(Model, Debug)]
struct Key {
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
struct Lock {
    id: i64,
    door: ForeignKey<Door>,
    r#type: Option<ForeignKey<Kind>>,
    note: Deferred<String>,
    marks: HasMany<Mark>,
}

#[derive(Model, Debug)]
struct Kind {
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
struct Mark {
    id: i64,
    lock: ForeignKey<Lock>,
}

/// Three doors, each with a key of its own, two locks, and two marks on each lock.
fn doors() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Door, Key, Lock, Kind, Mark])?;
    for n in 0..3 {
        let key = Key::create().name(format!("key {n}")).save(&db)?;
        let kind = Kind::create().name(format!("kind {n}")).save(&db)?;
        let door = Door::create().key(&key).save(&db)?;
        for _ in 0..2 {
            let lock = Lock::create().door(&door).r#type(&kind).note("n").save(&db)?;
            Mark::objects().bulk_create((0..2).map(|_| Mark::create().lock(&lock))).run(&db)?;
        }
    }
    Ok(db)
}

fn locks() -> QuerySet<Lock> {
    Lock::objects().defer(|l| l.note())
}

#[test]
fn a_foreign_key_behind_a_relation_to_many_is_prefetched() -> Result<()> {
    let db = doors()?;
    let doors = Door::objects().prefetch_related(|d| d.locks().defer(|l| l.note())).fetch_mode(FetchMode::One);
    let kinds = |doors: QuerySet<Door>, db: &Database| {
        for door in doors.all(db)? {
            for lock in door.locks.all(db)? {
                lock.r#type.get(db)?;
            }
        }
        Ok(())
    };
    let finding = only(&db, |db| kinds(doors.clone(), db));
    assert_eq!((&*finding.what, finding.times), ("Lock.type", 6));
    assert_eq!(finding.fix, "add `.prefetch_related(|d| d.locks().r#type())` to the query");
    assert_no_findings!(db, { kinds(doors.prefetch_related(|d| d.locks().r#type()), &db)? });
    // And what is behind that, which no join leads to either.
    let keys = |doors: QuerySet<Door>, db: &Database| {
        for door in doors.all(db)? {
            for lock in door.locks.all(db)? {
                lock.door.get(db)?.key.get(db)?;
            }
        }
        Ok(())
    };
    let doors = Door::objects().prefetch_related(|d| d.locks().defer(|l| l.note()).prefetch_related(|l| l.door()));
    let doors = doors.fetch_mode(FetchMode::One);
    let finding = only(&db, |db| keys(doors.clone(), db));
    assert_eq!(finding.fix, "add `.prefetch_related(|d| d.locks().door().fields().key())` to the query");
    assert_no_findings!(db, { keys(doors.prefetch_related(|d| d.locks().door().fields().key()), &db)? });
    // A join that nobody needs, inside of a prefetch.
    let joined = |db: &Database| {
        let locks = Door::objects().prefetch_related(|d| d.locks().defer(|l| l.note()).select_related(|l| l.r#type()));
        locks.all(db)?.iter().try_for_each(|door| door.locks.all(db).map(drop))
    };
    let expected = "remove `.select_related(|l| l.r#type())` from the prefetch, `|d| d.locks()`";
    assert_eq!(only(&db, joined).fix, expected);
    Ok(())
}

#[test]
fn a_deferred_column_below_a_prefetch_is_named_in_the_prefetch() -> Result<()> {
    let db = doors()?;
    let notes = |doors: QuerySet<Door>, db: &Database| {
        for door in doors.fetch_mode(FetchMode::One).all(db)? {
            for lock in door.locks.all(db)? {
                lock.note.get(db)?;
            }
        }
        Ok(())
    };
    let doors = Door::objects().prefetch_related(|d| d.locks().defer(|l| l.note()));
    let expected = "leave it out of `.defer(|l| l.note())`, or name it in `.only(|l| l.note())`, \
                    in the prefetch, `|d| d.locks()`";
    assert_eq!(only(&db, |db| notes(doors, db)).fix, expected);
    let doors = Door::objects().prefetch_related(|d| d.locks().only(|l| l.note()));
    assert_no_findings!(db, { notes(doors, &db)? });
    Ok(())
}

#[test]
fn relations_with_the_name_of_a_keyword_or_of_a_word_of_ours() -> Result<()> {
    let db = doors()?;
    let kinds = |locks: QuerySet<Lock>, db: &Database| {
        locks.fetch_mode(FetchMode::One).all(db)?.iter().try_for_each(|lock| lock.r#type.get(db).map(drop))
    };
    let expected = "add `.select_related(|l| l.r#type())` or `.prefetch_related(|l| l.r#type())` to the query";
    assert_eq!(only(&db, |db| kinds(locks(), db)).fix, expected);
    assert_no_findings!(db, { kinds(locks().select_related(|l| l.r#type()), &db)? });
    let finding = only(&db, |db| locks().select_related(|l| l.r#type()).all(db).map(drop));
    assert_eq!(finding.fix, "remove `.select_related(|l| l.r#type())`");

    let keys = |locks: QuerySet<Lock>, db: &Database| {
        let locks = locks.fetch_mode(FetchMode::One).all(db)?;
        locks.iter().try_for_each(|lock| lock.door.get(db)?.key.get(db).map(drop))
    };
    let finding = only(&db, |db| keys(locks().select_related(|l| l.door()), db));
    let expected = "add `.select_related(|l| l.door().fields().key())` \
                    or `.prefetch_related(|l| l.door().fields().key())` to the query";
    assert_eq!(finding.fix, expected);
    assert_no_findings!(db, { keys(locks().select_related(|l| l.door().fields().key()), &db)? });
    // On the model itself nothing stands before it.
    let doors = |db: &Database| Door::objects().prefetch_related(|d| d.key()).all(db).map(drop);
    assert_eq!(only(&db, doors).fix, "remove `.prefetch_related(|d| d.key())`");
    Ok(())
}

#[test]
fn what_was_prefetched_for_rows_in_hand_is_said_of_that_call() -> Result<()> {
    let db = doors()?;
    let mut line = 0;
    let finding = only(&db, |db| {
        let rows = locks().all(db)?;
        line = line!() + 1;
        prefetch_related_objects(db, &rows, |l| l.marks())
    });
    assert_eq!((finding.kind, &*finding.what), (FindingKind::UnreadRelation, "Lock.marks"));
    assert_eq!((finding.query.line(), &*finding.fix), (line, "remove `prefetch_related_objects(.., |l| l.marks())`"));
    // Rows in hand that a relation has led to, and a level that is known already: the path begins with the rows.
    let finding = only(&db, |db| {
        for door in Door::objects().prefetch_related(|d| d.locks().defer(|l| l.note())).all(db)? {
            let rows = door.locks.all(db)?;
            assert_eq!(rows[0].marks.all(db)?.len(), 2);
            line = line!() + 1;
            prefetch_related_objects(db, rows, |l| l.marks().lock().defer(|l| l.note()))?;
        }
        Ok(())
    });
    assert_eq!((&*finding.what, finding.times, finding.query.line()), ("Mark.lock", 3, line));
    assert_eq!(finding.fix, "remove `prefetch_related_objects(.., |l| l.marks().lock())`");
    // What hangs on a level that nobody read is no finding of its own.
    let finding = only(&db, |db| {
        let doors = Door::objects().all(db)?;
        prefetch_related_objects(db, &doors, |d| d.locks().marks())
    });
    assert_eq!(finding.fix, "remove `prefetch_related_objects(.., |d| d.locks())`");
    Ok(())
}

#[test]
fn what_was_read_of_rows_prefetched_in_hand_one_by_one_is_added_to_that_call() -> Result<()> {
    let db = doors()?;
    let mut line = 0;
    let finding = only(&db, |db| {
        let doors = Door::objects().fetch_mode(FetchMode::One).all(db)?;
        line = line!() + 1;
        prefetch_related_objects(db, &doors, |d| d.locks().defer(|l| l.note()))?;
        for door in &doors {
            for lock in door.locks.all(db)? {
                lock.marks.all(db)?;
            }
        }
        Ok(())
    });
    assert_eq!((&*finding.what, finding.times, finding.query.line()), ("Lock.marks", 6, line));
    assert_eq!(finding.fix, "add `|d| d.locks().marks()` to the `prefetch_related_objects`");
    Ok(())
}

#[test]
fn a_function_that_is_called_for_one_row_after_the_other_is_not_a_loop_over_rows() -> Result<()> {
    let db = doors()?;
    let show = |id: i64, db: &Database| -> Result<usize> {
        let door = Door::objects().fetch_mode(FetchMode::One).find(db, id)?;
        Ok(door.key.get(db)?.name.len())
    };
    assert_no_findings!(db, { assert_eq!(show(1, &db)? + show(2, &db)?, 10) });
    Ok(())
}

#[test]
fn whether_two_rows_point_at_the_same_row_is_a_way_to_read_it() -> Result<()> {
    let db = doors()?;
    assert_no_findings!(db, {
        let rows = locks().select_related(|l| l.door()).all(&db)?;
        assert!(rows[0].door.same_row(&rows[1].door) && !rows[0].door.same_row(&rows[2].door));
    });
    Ok(())
}

#[test]
fn a_refused_column_is_not_to_be_named_in_select_related() -> Result<()> {
    let db = doors()?;
    let lock = locks().fetch_mode(FetchMode::Raise).first(&db)?.unwrap();
    let refused = lock.note.get(&db).unwrap_err();
    assert!(matches!(&refused, Error::FetchBlocked { relation, .. } if relation == "Lock.note"));
    let text = refused.to_string();
    assert!(text.ends_with("name it in `only`, or leave it out of `defer`"), "{text}");
    let text = lock.door.get(&db).unwrap_err().to_string();
    assert!(text.ends_with("name it in `select_related` or `prefetch_related`"), "{text}");
    let text = lock.marks.all(&db).unwrap_err().to_string();
    assert!(text.ends_with(": name it in `prefetch_related`"), "{text}");
    Ok(())
}

#[test]
fn a_row_that_is_printed_is_read_and_a_question_of_chance_is_asked_again() -> Result<()> {
    let db = doors()?;
    assert_no_findings!(db, {
        for lock in Lock::objects().select_related(|l| l.door()).all(&db)? {
            assert!(format!("{lock:?}").contains("note: \"n\""));
        }
    });
    assert_no_findings!(db, {
        for _ in 0..2 {
            Key::objects().order_by(|_| eager_orm::random()).first(&db)?;
        }
    });
    Ok(())
}
