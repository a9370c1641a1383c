//! A database of one connection, which has its file to itself.

use eager_orm::{Error, Result, prelude::*};

use super::support::{Tag, create_tables};

fn exclusive(folder: &tempfile::TempDir) -> Result<Database> {
    let db = Database::builder(folder.path().join("library.db")).exclusive().open()?;
    create_tables(&db);
    Ok(db)
}

#[test]
fn it_reads_and_writes_and_is_there_afterwards() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    {
        let db = exclusive(&folder)?;
        db.transaction(|tx| (0..10).try_for_each(|i| Tag::create().name(format!("t{i}")).save(tx).map(drop)))?;
        assert_eq!(db.read(|snapshot| Tag::objects().count(snapshot))?, 10);
        // A stream within a read, and a query besides: both are of the one connection.
        let mut seen = 0;
        Tag::objects().for_each(&db, |tag| {
            seen += usize::from(Tag::objects().find(&db, tag.id)?.name == tag.name);
            Ok(())
        })?;
        assert_eq!(seen, 10);
    }
    let again = Database::open(folder.path().join("library.db"))?;
    assert_eq!(Tag::objects().count(&again)?, 10);
    Ok(())
}

#[test]
fn nobody_else_gets_in_while_it_is_open() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = exclusive(&folder)?;
    let path = folder.path().join("library.db");
    let other = Database::builder(&path).busy_timeout(std::time::Duration::ZERO).open();
    let refused = other.and_then(|other| Tag::objects().count(&other));
    assert!(refused.is_err(), "{refused:?}");
    drop(db);
    assert_eq!(Tag::objects().count(&Database::open(&path)?)?, 0);
    Ok(())
}

#[test]
fn a_thread_that_would_wait_for_itself_is_told_so() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = exclusive(&folder)?;
    let tag = Tag::create().name("t").save(&db)?;
    let written = db.read(|_| Tag::create().name("u").save(&db));
    assert!(matches!(written, Err(Error::Nested { .. })), "{written:?}");
    let read = db.transaction(|_| Tag::objects().find(&db, tag.id));
    assert!(matches!(read, Err(Error::Nested { .. })), "{read:?}");
    assert_eq!(Tag::objects().count(&db)?, 1);
    Ok(())
}

#[test]
fn threads_take_turns() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = exclusive(&folder)?;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let db = db.clone();
            scope.spawn(move || {
                for i in 0..20 {
                    let tag = Tag::create().name(format!("{thread} {i}")).save(&db).unwrap();
                    assert_eq!(Tag::objects().find(&db, tag.id).unwrap().name, tag.name);
                }
            });
        }
    });
    assert_eq!(Tag::objects().count(&db)?, 80);
    Ok(())
}
