//! What is remembered is what the database says, also where the database is of another kind, or is written in a strange way.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eager_orm::prelude::*;
use eager_orm::{Error, Executor, Result};

#[derive(Model, Debug)]
struct Plant {
    id: i64,
    name: String,
    leaves: HasMany<Leaf>,
}

#[derive(Model, Debug)]
struct Leaf {
    id: i64,
    n: i64,
    #[relation(on_delete = Cascade)]
    plant: ForeignKey<Plant>,
}

/// A view.
#[derive(Model, Debug)]
struct Sight {
    id: i64,
    n: i64,
}

struct Garden {
    db: Database,
    path: PathBuf,
    folder: tempfile::TempDir,
}

fn grown(db: &Database) -> Result<()> {
    db.create_tables(models![Plant, Leaf])?;
    for name in ["fern", "moss"] {
        let plant = Plant::create().name(name).save(db)?;
        for n in 0..3 {
            Leaf::create().n(n).plant(&plant).save(db)?;
        }
    }
    Ok(())
}

fn garden(open: impl FnOnce(&PathBuf) -> Result<Database>) -> Result<Garden> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("garden.db");
    grown(&Database::open(&path)?)?;
    Ok(Garden { db: open(&path)?, path, folder })
}

fn file() -> Result<Garden> {
    garden(|path| Database::open(path))
}

fn memory() -> Result<Database> {
    let db = Database::in_memory()?;
    grown(&db)?;
    Ok(db)
}

/// The same, in memory.
fn indoors() -> Result<Garden> {
    Ok(Garden { db: memory()?, path: PathBuf::new(), folder: tempfile::tempdir().unwrap() })
}

fn stranger(path: &PathBuf) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}

/// What is said by memory, and what by the database.
fn both(db: &dyn Executor) -> Result<[(u64, Vec<String>, i64); 2]> {
    let names = Plant::objects().order_by(|p| p.id()).values_list(|p| p.name());
    let sum = |leaves: &[Leaf]| leaves.iter().map(|leaf| leaf.n).sum();
    let leaves = Leaf::objects().order_by(|l| l.id());
    Ok([
        (
            leaves.clone().cached().count(db)?,
            names.clone().cached().all(db)?.to_vec(),
            sum(&leaves.clone().cached().all(db)?),
        ),
        (leaves.count(db)?, names.all(db)?, sum(&leaves.all(db)?)),
    ])
}

#[track_caller]
fn same(db: &dyn Executor) -> Result<()> {
    let [cached, direct] = both(db)?;
    assert_eq!(cached, direct, "it is stale");
    Ok(())
}

/// Asks until it is remembered, writes, and looks whether what is said then is so.
#[track_caller]
fn after<T>(db: &Database, write: impl FnOnce(&Database) -> T) -> Result<()> {
    both(db)?;
    let (_, log) = db.capture(|db| both(db));
    assert_eq!(log.len(), 3, "it is not remembered: {log}");
    write(db);
    same(db)
}

fn execute(db: &dyn Executor, sql: &str) -> Result<u64> {
    raw::<()>(sql, ()).execute(db)
}

#[test]
fn an_exclusive_database_remembers_and_is_not_stale() -> Result<()> {
    let garden = garden(|path| Database::builder(path).exclusive().open())?;
    let start = Instant::now();
    after(&garden.db, |db| Leaf::objects().update(db, |l| l.n().set(7)).unwrap())?;
    after(&garden.db, |db| execute(db, "DELETE FROM plant WHERE id = 1").unwrap())?;
    // Nobody waits for a lock that the one connection has.
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    Ok(())
}

#[test]
fn what_is_only_read_sees_the_writes_of_others() -> Result<()> {
    let garden = garden(|path| Database::builder(path).read_only().open())?;
    let writer = Database::open(&garden.path)?;
    after(&garden.db, |_| Leaf::objects().update(&writer, |l| l.n().set(7)).unwrap())?;
    after(&garden.db, |_| Plant::objects().filter(|p| p.id().eq(1)).delete(&writer).unwrap())?;
    drop(writer);
    // The last who writes takes the log with it.
    after(&garden.db, |_| stranger(&garden.path).execute("UPDATE leaf SET n = 9", []).unwrap())
}

#[test]
fn handles_of_one_file_see_each_other() -> Result<()> {
    let garden = file()?;
    let other = Database::open(&garden.path)?;
    for (writer, reader) in [(&garden.db, &other), (&other, &garden.db)].into_iter().cycle().take(20) {
        after(reader, |_| Leaf::objects().update(writer, |l| l.n().set(l.n() + 1)).unwrap())?;
        // Both write: what is the one's own commit is not taken for the other's, nor the other way round.
        both(reader)?;
        Leaf::objects().update(reader, |l| l.n().set(l.n() + 1))?;
        Leaf::objects().update(writer, |l| l.n().set(l.n() + 1))?;
        same(reader)?;
        same(writer)?;
    }
    Ok(())
}

#[test]
fn a_backup_that_is_restored_is_seen() -> Result<()> {
    let garden = file()?;
    let backup = garden.folder.path().join("backup.db");
    garden.db.raw(|c| c.execute("VACUUM INTO ?1", [backup.to_str().unwrap()]))?;
    Leaf::objects().update(&garden.db, |l| l.n().set(100))?;
    // By SQLite's own means, page by page, into the file.
    after(&garden.db, |_| {
        let (from, mut to) = (stranger(&backup), stranger(&garden.path));
        let backup = rusqlite::backup::Backup::new(&from, &mut to).unwrap();
        backup.run_to_completion(5, Duration::ZERO, None).unwrap();
    })?;
    assert_eq!(both(&garden.db)?[0].2, 6);
    Ok(())
}

#[test]
fn a_file_that_was_replaced_is_not_answered_for() -> Result<()> {
    let garden = file()?;
    let backup = garden.folder.path().join("backup.db");
    garden.db.raw(|c| c.execute("VACUUM INTO ?1", [backup.to_str().unwrap()]))?;
    both(&garden.db)?;
    Plant::objects().cached().all(&garden.db)?;
    std::fs::rename(&backup, &garden.path).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    let [cached, direct] = [
        Plant::objects().cached().all(&garden.db).map(|plants| plants.len()),
        Plant::objects().all(&garden.db).map(|plants| plants.len()),
    ];
    assert!(matches!(direct, Err(Error::Replaced { .. })), "{direct:?}");
    assert!(matches!(cached, Err(Error::Replaced { .. })), "{cached:?}");
    Ok(())
}

#[test]
fn attached_databases_are_told_apart() -> Result<()> {
    let garden = file()?;
    let db = &garden.db;
    let other = garden.folder.path().join("other.db");
    grown(&Database::open(&other)?)?;
    db.raw(|c| c.execute("ATTACH ?1 AS other", [other.to_str().unwrap()]))?;
    // The same file once more, by another name.
    db.raw(|c| c.execute("ATTACH ?1 AS again", [garden.path.to_str().unwrap()]))?;
    after(db, |db| db.raw(|c| c.execute("UPDATE again.leaf SET n = 55", [])).unwrap())?;
    db.raw(|c| c.execute_batch("DETACH again"))?;
    after(db, |db| {
        db.transaction(|tx| execute(tx, "INSERT INTO leaf SELECT id + 100, n, plant_id FROM other.leaf")).unwrap()
    })?;
    after(db, |db| db.raw(|c| c.execute("UPDATE other.leaf SET n = 56", [])).unwrap())?;
    // A table that only the one connection sees is refused, and not remembered.
    db.raw(|c| c.execute("CREATE TABLE other.sight (id INTEGER PRIMARY KEY, n INTEGER)", []))?;
    let seen = db.transaction(|tx| Sight::objects().cached().all(tx).map(|seen| seen.len()));
    assert!(matches!(seen, Err(Error::NotCacheable { .. })), "{seen:?}");
    db.raw(|c| c.execute_batch("DETACH other"))?;
    after(db, |db| Leaf::objects().delete(db).unwrap())
}

#[test]
fn a_vacuum_and_a_page_size_are_survived() -> Result<()> {
    let garden = file()?;
    after(&garden.db, |db| execute(db, "VACUUM").unwrap())?;
    after(&garden.db, |_| {
        let other = stranger(&garden.path);
        other.execute_batch("DELETE FROM leaf WHERE id = 1; VACUUM; UPDATE leaf SET n = 3 WHERE id = 2").unwrap();
    })?;
    let memory = memory()?;
    after(&memory, |db| db.raw(|c| c.execute_batch("PRAGMA page_size = 8192; VACUUM; DELETE FROM leaf")).unwrap())
}

#[test]
fn a_pragma_that_is_written_is_seen() -> Result<()> {
    let garden = file()?;
    for db in [&garden.db, &memory()?] {
        let version = || {
            let ask = |db: &Database| raw::<i64>("PRAGMA user_version", ()).get(db);
            db.cache().get_or_compute("version", models![], ask).map(|version| *version)
        };
        assert_eq!(version()?, 0);
        execute(db, "PRAGMA user_version = 1")?;
        assert_eq!(version()?, 1);
        db.transaction(|tx| execute(tx, "PRAGMA user_version = 2"))?;
        assert_eq!(version()?, 2);
        db.raw(|c| c.pragma_update(None, "user_version", 3))?;
        assert_eq!(version()?, 3);
        let undone: Result<()> = db.transaction(|tx| {
            execute(tx, "PRAGMA user_version = 4")?;
            Err(Error::RolledBack)
        });
        assert!(undone.is_err() && version()? == 3);
    }
    stranger(&garden.path).pragma_update(None, "user_version", 9).unwrap();
    let ask = |db: &Database| raw::<i64>("PRAGMA user_version", ()).get(db);
    assert_eq!(*garden.db.cache().get_or_compute("version", models![], ask)?, 9);
    Ok(())
}

#[test]
fn how_large_the_file_is_is_no_matter_of_one_table() -> Result<()> {
    for text in ["PRAGMA page_count", "SELECT count(*) FROM dbstat"] {
        let Garden { db, folder: _folder, .. } = file()?;
        let ask = |db: &Database| raw::<i64>(text, ()).get(db);
        let pages = || db.cache().get_or_compute("pages", models![], ask).map(|pages| *pages);
        let before = pages()?;
        Plant::objects().bulk_create((0..500).map(|_| Plant::create().name("x".repeat(500)))).run(&db)?;
        assert!(pages()? > before);
        assert_eq!(pages()?, ask(&db)?);
    }
    Ok(())
}

#[test]
fn cascades_that_begin_when_foreign_keys_are_minded_are_seen() -> Result<()> {
    for Garden { db, folder: _folder, .. } in [file()?, indoors()?] {
        const DELETE: &str = "DELETE FROM plant WHERE id = ?1";
        let delete = |id: i64| raw::<()>(DELETE, (id,)).execute(&db).unwrap();
        db.raw(|c| c.pragma_update(None, "foreign_keys", false))?;
        after(&db, |_| delete(77))?;
        db.raw(|c| c.pragma_update(None, "foreign_keys", true))?;
        after(&db, |_| delete(1))?;
        assert_eq!(both(&db)?[0].0, 3);
    }
    Ok(())
}

#[test]
fn tables_that_change_their_names_are_seen() -> Result<()> {
    const SWAP: &str =
        "ALTER TABLE leaf RENAME TO gone; ALTER TABLE fresh RENAME TO leaf; ALTER TABLE gone RENAME TO fresh;";
    let garden = file()?;
    for db in [&garden.db, &memory()?] {
        db.raw(|c| c.execute_batch("CREATE TABLE fresh (id INTEGER PRIMARY KEY, n INTEGER, plant_id INTEGER) STRICT"))?;
        after(db, |db| db.raw(|c| c.execute_batch(SWAP)).unwrap())?;
        assert_eq!(both(db)?[0].0, 0);
        after(db, |db| {
            let swap = |tx: &Transaction<'_>| SWAP.split_terminator(';').try_for_each(|sql| execute(tx, sql).map(drop));
            db.transaction(swap).unwrap();
        })?;
        assert_eq!(both(db)?[0].0, 6);
        // What is written to it by its other name, and read by its own.
        after(db, |db| {
            db.raw(|c| {
                c.execute_batch(
                    "ALTER TABLE leaf RENAME TO gone; UPDATE gone SET n = 8; ALTER TABLE gone RENAME TO leaf",
                )
            })
            .unwrap();
        })?;
        after(db, |db| execute(db, "ALTER TABLE leaf ADD COLUMN more INTEGER NOT NULL DEFAULT 3").unwrap())?;
    }
    after(&garden.db, |_| stranger(&garden.path).execute_batch(SWAP).unwrap())?;
    assert_eq!(both(&garden.db)?[0].0, 0);
    Ok(())
}

#[test]
fn what_a_savepoint_has_undone_was_never_there() -> Result<()> {
    for Garden { db, folder: _folder, .. } in [file()?, indoors()?] {
        let leaf = |tx: &Transaction<'_>, n: i64| Leaf::create().n(n).plant(1).save(tx).map(drop);
        after(&db, |db| {
            let done = db.transaction(|tx| {
                same(tx)?;
                let undone: Result<()> = tx.savepoint(|tx| {
                    leaf(tx, 5)?;
                    same(tx)?;
                    Err(Error::RolledBack)
                });
                assert!(undone.is_err());
                same(tx)?;
                tx.savepoint(|tx| leaf(tx, 6))?;
                same(tx)
            });
            done.unwrap();
        })?;
        assert_eq!(both(&db)?[0].0, 7);
        // The whole of it undone, with a table that was made and dropped, and a cached read at each turn.
        after(&db, |db| {
            let undone: Result<()> = db.transaction(|tx| {
                same(tx)?;
                execute(tx, "ALTER TABLE leaf RENAME TO gone")?;
                execute(tx, "CREATE TABLE leaf (id INTEGER PRIMARY KEY, n INTEGER, plant_id INTEGER)")?;
                same(tx)?;
                Err(Error::RolledBack)
            });
            assert!(undone.is_err());
        })?;
        assert_eq!(both(&db)?[0].0, 7);
    }
    Ok(())
}

#[test]
fn in_a_snapshot_its_own_moment_is_seen() -> Result<()> {
    let garden = file()?;
    let db = &garden.db;
    both(db)?;
    let shared = Plant::objects().order_by(|p| p.id()).cached();
    shared.all(db)?;
    db.read(|snapshot| {
        let before = both(snapshot)?;
        std::thread::scope(|scope| {
            let write = || Leaf::objects().update(db, |l| l.n().set(40)).map(drop);
            scope.spawn(write).join().unwrap()
        })?;
        assert_eq!(both(snapshot)?, before, "a snapshot sees its own moment");
        // What is loaded for shared rows at an old moment is not remembered as new.
        shared.all(snapshot)?[0].leaves.all(snapshot)?;
        same(snapshot)?;
        // Through the handle, too: this thread reads.
        both(db).map(drop)
    })?;
    same(db)?;
    assert_eq!(shared.all(db)?[0].leaves.all(db)?.iter().map(|leaf| leaf.n).sum::<i64>(), 120);
    Ok(())
}

#[test]
fn rows_loaded_at_an_old_moment_are_not_shared_as_new() -> Result<()> {
    let garden = file()?;
    let db = &garden.db;
    let plants = Plant::objects().order_by(|p| p.id()).cached();
    let rows = plants.all(db)?;
    db.read(|snapshot| {
        Leaf::objects().count(snapshot)?;
        std::thread::scope(|scope| {
            scope.spawn(|| Leaf::objects().update(db, |l| l.n().set(40)).map(drop)).join().unwrap()
        })?;
        rows[0].leaves.all(snapshot).map(drop)
    })?;
    let sum = |rows: &[Plant]| rows[0].leaves.all(db).map(|leaves| leaves.iter().map(|leaf| leaf.n).sum::<i64>());
    assert_eq!(sum(&plants.all(db)?)?, 120);
    Ok(())
}

#[test]
fn a_view_that_is_made_anew_is_read_anew() -> Result<()> {
    for Garden { db, folder: _folder, .. } in [file()?, indoors()?] {
        db.raw(|c| c.execute_batch("CREATE VIEW sight AS SELECT id, 1 AS n FROM plant"))?;
        let sights = Sight::objects().order_by(|s| s.id()).cached();
        let same = || -> Result<()> {
            let direct = Sight::objects().order_by(|s| s.id()).all(&db)?;
            let rows = |sights: &[Sight]| sights.iter().map(|sight| (sight.id, sight.n)).collect::<Vec<_>>();
            assert_eq!(rows(&sights.all(&db)?), rows(&direct));
            Ok(())
        };
        same()?;
        execute(&db, "DROP VIEW sight")?;
        execute(&db, "CREATE VIEW sight AS SELECT id, n FROM leaf")?;
        same()?;
        same()?;
        Leaf::objects().update(&db, |l| l.n().set(9))?;
        same()?;
        // A trigger of a view writes to a table it does not name.
        execute(
            &db,
            "CREATE TRIGGER t INSTEAD OF UPDATE ON sight BEGIN UPDATE leaf SET n = new.n WHERE id = old.id; END",
        )?;
        same()?;
        Sight::objects().update(&db, |s| s.n().set(11))?;
        same()?;
        assert_eq!(sights.all(&db)?[0].n, 11);
    }
    Ok(())
}
