//! Remembered answers that are part of others, or are asked for where more than the tables counts.

use std::cell::Cell;
use std::time::Duration;

use eager_orm::prelude::*;
use eager_orm::{Error, Result};

#[derive(Model, Debug)]
struct Shelf {
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
struct Tome {
    id: i64,
    title: String,
    shelf: ForeignKey<Shelf>,
}

/// What is searched of the tomes: its texts are theirs.
#[derive(Model, Debug)]
#[model(table = "tome_search")]
struct TomeSearch {
    #[field(primary_key, column = "rowid")]
    id: i64,
    title: String,
}

fn filled() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Shelf, Tome])?;
    let shelf = Shelf::create().name("A").save(&db)?;
    Tome::create().title("One").shelf(&shelf).save(&db)?;
    Ok(db)
}

fn another(db: &Database) -> Result<Tome> {
    Tome::create().title("Another").shelf(1).save(db)
}

#[test]
fn a_value_computed_from_a_remembered_one_lasts_as_long_as_that() -> Result<()> {
    let db = filled()?;
    let inner = || db.cache().get_or_compute("inner", models![], |db| Tome::objects().count(db));
    let outer = || db.cache().get_or_compute("outer", models![], |_| Ok(*inner()? * 10)).map(|value| *value);
    let from_rows = || {
        let rows = |db: &Database| Ok(Tome::objects().cached().all(db)?.len());
        db.cache().get_or_compute("rows", models![], rows).map(|value| *value)
    };
    // They are there already when the others are computed.
    inner()?;
    Tome::objects().cached().all(&db)?;
    assert_eq!((outer()?, from_rows()?), (10, 1));
    assert_num_queries!(db, 0, { (outer()?, from_rows()?) });
    another(&db)?;
    assert_eq!((outer()?, from_rows()?), (20, 2));
    Ok(())
}

#[test]
fn what_is_loaded_later_into_the_rows_of_a_part_counts_for_the_whole() -> Result<()> {
    let db = filled()?;
    let rows = || db.cache().get_or_compute("rows", models![], |db| Tome::objects().cached().all(db));
    let name = || rows()?[0].shelf.get(&db).map(|shelf| shelf.name.clone());
    assert_eq!(name()?, "A");
    assert_num_queries!(db, 0, { name()? });
    Shelf::objects().update(&db, |s| s.name().set("B"))?;
    assert_eq!(name()?, "B");
    Ok(())
}

#[test]
fn a_value_computed_from_one_that_may_be_old_is_not_remembered() -> Result<()> {
    let db = filled()?;
    let runs = Cell::new(0);
    let value = || {
        db.cache().get_or_compute("value", models![], |db| {
            runs.set(runs.get() + 1);
            Tome::objects().cached_for(Duration::from_secs(60)).count(db)
        })
    };
    assert_eq!((*value()?, *value()?, runs.get()), (1, 1, 2));
    Ok(())
}

#[test]
fn what_a_transaction_has_not_committed_is_not_remembered_by_name() -> Result<()> {
    let db = filled()?;
    let count = |db: &Database| db.cache().get_or_compute("count", models![Tome], |db| Tome::objects().count(db));
    // Before anything was remembered, and afterwards.
    for _ in 0..2 {
        let rolled_back: Result<()> = db.transaction(|tx| {
            Tome::create().title("Draft").shelf(1).save(tx)?;
            let seen = db.cache().get_or_compute("count", models![Tome], |_| Tome::objects().count(tx))?;
            assert_eq!(*seen, 2);
            Err(Error::DoesNotExist { model: "Tome", key: None })
        });
        assert!(rolled_back.is_err());
        assert_eq!(*count(&db)?, 1);
    }
    Ok(())
}

#[test]
fn a_virtual_table_that_reads_another_is_seen_to() -> Result<()> {
    let db = filled()?;
    db.raw(|connection| {
        connection.execute_batch(
            "CREATE VIRTUAL TABLE tome_search USING fts5(title, content = 'tome', content_rowid = 'id');
             INSERT INTO tome_search(tome_search) VALUES ('rebuild')",
        )
    })?;
    // Its module keeps the statements it reads the other table by: for the second query it prepares none.
    let queries = [TomeSearch::objects().order_by(|t| t.id()), TomeSearch::objects().filter(|t| t.id().lt(10))];
    for (number, query) in queries.into_iter().enumerate() {
        let query = query.cached();
        query.all(&db)?;
        assert_num_queries!(db, 0, { query.all(&db)? });
        Tome::objects().update(&db, |t| t.title().set(format!("Title {number}")))?;
        assert_eq!(query.all(&db)?[0].title, format!("Title {number}"));
    }
    Ok(())
}

#[test]
fn what_is_temporary_stands_before_what_is_remembered() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for db in [filled()?, Database::open(path("shared.db"))?, Database::builder(path("alone.db")).exclusive().open()?] {
        db.create_tables(models![Shelf, Tome])?;
        let count = |db: &dyn eager_orm::Executor| -> Result<(usize, usize)> {
            Ok((Tome::objects().cached().all(db)?.len(), Tome::objects().all(db)?.len()))
        };
        let (there, _) = count(&db)?;
        const SHADOW: &str = "CREATE TEMP TABLE tome AS SELECT 1 AS id, 'x' AS title, 1 AS shelf_id \
                              UNION ALL SELECT 2, 'y', 1 UNION ALL SELECT 3, 'z', 1";
        db.raw(|connection| connection.execute_batch(SHADOW))?;
        // The writing connection has it, and others have not.
        let seen = db.transaction(|tx| count(tx))?;
        assert_eq!(seen, (3, 3));
        let (cached, direct) = count(&db)?;
        assert_eq!(cached, direct);
        db.raw(|connection| connection.execute_batch("DROP TABLE temp.tome"))?;
        assert_eq!((count(&db)?, db.transaction(|tx| count(tx))?), ((there, there), (there, there)));
    }
    Ok(())
}

#[test]
fn each_question_is_counted_once() -> Result<()> {
    let db = filled()?;
    let mut before = db.cache().stats();
    let mut counts = |what: &str, hits: u64, misses: u64, stale: u64, bypassed: u64| {
        let now = db.cache().stats();
        let found = (now.hits - before.hits, now.misses - before.misses, now.stale - before.stale);
        assert_eq!((found, now.bypassed - before.bypassed), ((hits, misses, stale), bypassed), "{what}");
        before = now;
    };
    let tomes = Tome::objects().cached();
    let value = || db.cache().get_or_compute("value", models![], |db| Tome::objects().count(db));
    tomes.all(&db)?;
    tomes.count(&db)?;
    value()?;
    counts("not there", 0, 3, 0, 0);
    tomes.all(&db)?;
    tomes.count(&db)?;
    value()?;
    counts("there", 3, 0, 0, 0);
    another(&db)?;
    tomes.all(&db)?;
    tomes.count(&db)?;
    value()?;
    counts("not there any more", 0, 3, 3, 0);
    db.read(|snapshot| {
        tomes.all(snapshot)?;
        tomes.count(&db)?;
        value().map(drop)
    })?;
    counts("in a snapshot", 0, 0, 0, 3);
    db.transaction(|tx| {
        tomes.all(tx)?;
        Tome::create().title("New").shelf(1).save(tx)?;
        tomes.all(tx)?;
        tomes.count(tx).map(drop)
    })?;
    counts("in a transaction, before it writes and afterwards", 1, 0, 0, 2);
    db.raw(|_| Ok(())).and_then(|()| tomes.first(&db)).map(drop)?;
    counts("what is not remembered yet", 0, 1, 0, 0);
    assert!(Tome::objects().order_by(|_| random()).cached().all(&db).is_err());
    assert!(Tome::objects().filter(|t| t.id().eq(77)).cached().get(&db).is_err());
    counts("what fails", 0, 2, 0, 0);
    // What is computed of an answer that may be old is not remembered.
    let old = || Tome::objects().cached_for(Duration::from_secs(60)).count(&db);
    db.cache().get_or_compute("old", models![], |_| old())?;
    db.cache().get_or_compute("old", models![], |_| old())?;
    counts("one that may be old, and what is made of it", 1, 1, 0, 2);
    assert!(db.cache().get::<i64>("nothing")?.is_none());
    db.cache().set("number", 3_i64);
    db.cache().get_many::<i64>(["number", "nothing"])?;
    assert!(db.cache().get::<String>("number").is_err());
    counts("names", 2, 2, 0, 0);
    Ok(())
}
