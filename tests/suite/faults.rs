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
    // A second handle of one file is like a second process.
    let path = folder.path().join("library.db");
    let db = Database::open(&path)?;
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
        let outcome = (0..20).try_for_each(|n| tag(&format!("{n}"), &db).map(drop));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let writes = busy.join().unwrap()?;
        outcome?;
        assert_eq!(count(&db), 20 + writes);
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

/// Fills a database until it is full; says how many tags are in it.
fn fill_up(db: &Database) -> u64 {
    let before = count(db);
    for n in 0.. {
        if let Err(error) = tag(&format!("{n} {}", "x".repeat(2_000)), db) {
            assert!(matches!(error, Error::Full), "{error:?}");
            assert_eq!(count(db), before + n, "what was acknowledged is there");
            break;
        }
    }
    count(db)
}

/// What a full database does and does not do.
fn is_full_and_sound(db: &Database) {
    let tags = fill_up(db);
    let long = || "y".repeat(2_000);
    let new = |n: i32| Tag::create().name(format!("{n}{}", long()));
    let full = |outcome: Result<()>| {
        assert!(matches!(outcome, Err(Error::Full)), "{outcome:?}");
        assert_eq!(count(db), tags, "nothing is half there");
    };
    full(Tag::objects().bulk_create((0..1_000).map(new)).run(db).map(drop));
    full(db.transaction(|tx| {
        Tag::objects().filter(|t| t.id().eq(1)).update(tx, |t| t.name().set("first"))?;
        Tag::objects().bulk_create((0..1_000).map(new)).run(tx).map(drop)
    }));
    // Whoever goes on after the error either goes on with a sound transaction, or is told that there is none. Pages that
    // have not gone to the disk yet may be too many at the commit only.
    let outcome = db.transaction(|tx| {
        let bulk = tx.savepoint(|sp| Tag::objects().bulk_create((0..1_000).map(new)).run(sp).map(drop));
        assert!(matches!(bulk, Ok(()) | Err(Error::Full | Error::RolledBack)), "{bulk:?}");
        Tag::objects().filter(|t| t.id().eq(1)).update(tx, |t| t.name().set("first"))
    });
    match outcome {
        Ok(changed) => assert_eq!((changed, Tag::objects().find(db, 1).unwrap().name.as_str()), (1, "first")),
        Err(error) => assert!(matches!(error, Error::RolledBack | Error::Full), "{error:?}"),
    }
    assert_eq!(Tag::objects().all(db).unwrap().len() as u64, tags);
}

#[test]
fn a_full_database_says_so_and_goes_on_when_there_is_room() -> Result<()> {
    let (db, folder) = empty_file();
    let limit = |pages: i64| {
        db.raw(|c| c.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0)))
    };
    limit(200)?;
    is_full_and_sound(&db);
    limit(2_000)?;
    let before = count(&db);
    Tag::objects().bulk_create((0..100).map(|n| Tag::create().name(format!("more {n}")))).run(&db)?;
    assert_eq!(count(&db), before + 100);
    drop(db);
    check(&folder.path().join("library.db"));
    Ok(())
}

/// A folder that is mounted as something else, until it goes.
struct Mounted(tempfile::TempDir);

impl Mounted {
    /// Mounts with these arguments, and the folder; says why it could not be.
    fn new(prepare: impl FnOnce(&Path), arguments: &[&[&str]]) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("this is not Linux".to_owned());
        }
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let mounted = Mounted(folder);
        arguments.iter().try_for_each(|arguments| mounted.mount(arguments))?;
        Ok(mounted)
    }

    fn mount(&self, arguments: &[&str]) -> Result<(), String> {
        let path = self.0.path().to_str().unwrap();
        let arguments = arguments.iter().map(|argument| if *argument == "." { path } else { argument });
        let output = std::process::Command::new("mount").args(arguments).output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(format!("mounting is not allowed: {said}")) }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a connection that is being closed by another thread would keep it.
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn a_full_disk_says_so_and_goes_on_when_there_is_room() -> Result<()> {
    let disk = Mounted::new(|_| (), &[&["-t", "tmpfs", "-o", "size=1500k", "tmpfs", "."]]);
    let disk = match disk {
        Ok(disk) => disk,
        Err(reason) => {
            println!("not tried on a small disk: {reason}");
            return Ok(());
        }
    };
    let path = disk.0.path().join("library.db");
    let db = Database::open(&path)?;
    create_tables(&db);
    is_full_and_sound(&db);
    disk.mount(&["-o", "remount,size=20m", "."]).unwrap();
    let before = count(&db);
    Tag::objects().bulk_create((0..1_000).map(|n| Tag::create().name(format!("more {n}")))).run(&db)?;
    assert_eq!(count(&db), before + 1_000);
    drop(db);
    check(&path);
    Ok(())
}

/// A folder in which nothing can be written, with what was put in it before.
fn read_only_folder(prepare: impl FnOnce(&Path)) -> Result<Mounted, String> {
    // Whoever is root may write in spite of the bits, but not in spite of the mount.
    let folder = Mounted::new(prepare, &[&["--bind", ".", "."], &["-o", "remount,bind,ro", "."]])?;
    match fs::write(folder.0.path().join("probe"), "") {
        Ok(()) => Err("it can be written all the same".to_owned()),
        Err(_) => Ok(folder),
    }
}

#[test]
fn a_read_only_folder_is_read_and_says_what_it_cannot() -> Result<()> {
    let prepare = |folder: &Path| {
        for (name, mode) in [("log.db", "WAL"), ("journal.db", "DELETE")] {
            let db = Database::open(folder.join(name)).unwrap();
            create_tables(&db);
            tag("a", &db).unwrap();
            db.raw(|c| c.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(()))).unwrap();
        }
    };
    let folder = match read_only_folder(prepare) {
        Ok(folder) => folder,
        Err(reason) => {
            println!("not tried in a read-only folder: {reason}");
            return Ok(());
        }
    };
    let (log, journal) = (folder.0.path().join("log.db"), folder.0.path().join("journal.db"));
    // Without a log there is nothing to be kept beside it.
    for db in [Database::open(&journal)?, Database::builder(&journal).read_only().open()?] {
        assert_eq!(count(&db), 1);
        assert!(matches!(tag("b", &db), Err(Error::ReadOnly { what: "the database" })));
        assert!(matches!(db.transaction(|_| Ok(())), Err(Error::ReadOnly { .. })));
    }
    // With one there is, and it cannot be.
    for outcome in [Database::open(&log), Database::builder(&log).read_only().open()] {
        assert!(matches!(&outcome, Err(Error::Open { reason, .. }) if reason.contains("immutable")), "{outcome:?}");
    }
    let db = Database::builder(&log).immutable().open()?;
    assert_eq!(count(&db), 1);
    assert!(matches!(tag("b", &db), Err(Error::ReadOnly { .. })));
    let new = Database::open(folder.0.path().join("new.db"));
    assert!(matches!(new, Err(Error::Open { .. })), "{new:?}");
    Ok(())
}

#[test]
fn a_medium_that_becomes_read_only_is_named_and_goes_on_later() -> Result<()> {
    let disk = match Mounted::new(|_| (), &[&["-t", "tmpfs", "-o", "size=20m", "tmpfs", "."]]) {
        Ok(disk) => disk,
        Err(reason) => {
            println!("not tried on a medium that becomes read-only: {reason}");
            return Ok(());
        }
    };
    let path = disk.0.path().join("library.db");
    {
        let db = Database::open(&path)?;
        create_tables(&db);
        tag("a", &db)?;
    }
    // Nobody has it open for writing, or it could not be remounted.
    // (A process that another test has just started has everything open for a moment.)
    let mut tries = 0;
    while let Err(reason) = disk.mount(&["-o", "remount,ro", "."]) {
        tries += 1;
        assert!(tries < 50, "{reason}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let error = Database::open(&path).unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error:?}");
    disk.mount(&["-o", "remount,rw", "."]).unwrap();
    let db = Database::open(&path)?;
    tag("b", &db)?;
    assert_eq!(count(&db), 2);
    Ok(())
}

/// A read that comes after the last look at the file.
fn later() {
    std::thread::sleep(Duration::from_millis(150));
}

#[cfg(unix)]
#[test]
fn a_file_that_was_replaced_is_written_no_more_and_goes_on_when_it_is_back() -> Result<()> {
    let (db, folder) = empty_file();
    let [path, aside, other] = ["library.db", "aside.db", "other.db"].map(|name| folder.path().join(name));
    tag("a", &db)?;
    {
        let db = Database::open(&other)?;
        create_tables(&db);
        tag("of the other", &db)?;
    }
    let replaced = |db: &Database| {
        later();
        for outcome in [
            tag("b", db).map(drop),
            db.transaction(|tx| tag("b", tx).map(drop)),
            Tag::objects().all(db).map(drop),
            db.read(|snapshot| Tag::objects().count(snapshot).map(drop)),
        ] {
            assert!(matches!(&outcome, Err(Error::Replaced { path }) if path.ends_with("library.db")), "{outcome:?}");
        }
    };
    // Moved, with its log left behind; replaced by another; and deleted.
    fs::rename(&path, &aside).unwrap();
    replaced(&db);
    assert!(!path.exists(), "nothing was made in its place");
    fs::copy(&other, &path).unwrap();
    replaced(&db);
    fs::remove_file(&path).unwrap();
    replaced(&db);
    fs::rename(&aside, &path).unwrap();
    assert_eq!(names(&db), ["a"]);
    tag("b", &db)?;
    assert_eq!(names(&db), ["a", "b"]);
    drop(db);
    check(&path);
    // Before a connection was needed, it is the same.
    let db = Database::open(&path)?;
    fs::rename(&path, &aside).unwrap();
    replaced(&db);
    assert!(!path.exists());
    fs::rename(&aside, &path).unwrap();
    assert_eq!(names(&db), ["a", "b"]);
    Ok(())
}

fn names(db: &dyn Executor) -> Vec<String> {
    Tag::objects().order_by(|t| t.id()).values_list(|t| t.name()).all(db).unwrap()
}

#[test]
fn a_relative_path_is_that_of_the_folder_it_was_opened_in() -> Result<()> {
    // The folder of a process is that of all its threads, so this does not change it: it opens a connection more.
    let name = format!("target/eager-orm-relative-{}.db", std::process::id());
    fs::create_dir_all("target").unwrap();
    let db = Database::open(&name)?;
    db.create_tables(models![Tag])?;
    tag("a", &db)?;
    assert_eq!(count(&db), 1);
    drop(db);
    fs::remove_file(&name).unwrap();
    Ok(())
}

#[test]
fn a_file_that_was_cut_off_is_damaged_and_not_empty() -> Result<()> {
    let (db, folder) = empty_file();
    let path = folder.path().join("library.db");
    Tag::objects().bulk_create((0..5_000).map(|n| Tag::create().name(format!("tag {n}")))).run(&db)?;
    db.raw(|c| c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))?;
    let bytes = fs::read(&path).unwrap();
    for length in [bytes.len() / 2, 1_000, 0] {
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length as u64).unwrap();
        later();
        // A connection that has nothing in memory, and one that has.
        if length > 0 {
            let fresh = Database::open(&path).and_then(|db| Tag::objects().all(&db).map(|tags| tags.len()));
            assert!(matches!(fresh, Err(Error::Corrupt { .. } | Error::NotADatabase { .. })), "{length}: {fresh:?}");
        } else {
            let written = tag("b", &db);
            assert!(matches!(written, Err(Error::Corrupt { .. })), "{written:?}");
            let read = Tag::objects().all(&db);
            assert!(matches!(read, Err(Error::Corrupt { .. })), "{:?}", read.map(|tags| tags.len()));
        }
        fs::write(&path, &bytes).unwrap();
        later();
        assert_eq!(count(&db), 5_000);
    }
    tag("after", &db)?;
    drop(db);
    check(&path);
    Ok(())
}

#[test]
fn a_damaged_page_stops_whoever_needs_it_and_nobody_else() -> Result<()> {
    let (db, folder) = empty_file();
    let path = folder.path().join("library.db");
    Author::create().name("Ann").save(&db)?;
    Tag::objects().bulk_create((0..5_000).map(|n| Tag::create().name(format!("tag {n}")))).run(&db)?;
    db.raw(|c| c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))?;
    let root =
        db.raw(|c| c.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'tag'", [], |r| r.get::<_, i64>(0)))?;
    let page = db.raw(|c| c.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0)))? as usize;
    drop(db);
    let mut bytes = fs::read(&path).unwrap();
    let start = (root as usize - 1) * page;
    bytes[start..start + page].fill(0xAB);
    fs::write(&path, &bytes).unwrap();
    let db = Database::open(&path)?;
    let damaged = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{outcome:?}");
    for _ in 0..2 {
        damaged(Tag::objects().all(&db).map(drop));
        damaged(tag("b", &db).map(drop));
        damaged(Tag::objects().bulk_create([Tag::create().name("c")]).run(&db).map(drop));
        damaged(db.transaction(|tx| {
            Author::create().name("undone").save(tx)?;
            tag("d", tx).map(drop)
        }));
        damaged(db.read(|snapshot| Tag::objects().iter(snapshot)?.try_for_each(|tag| tag.map(drop))));
    }
    assert_eq!(Author::objects().count(&db)?, 1);
    Author::create().name("Bob").save(&db)?;
    assert_eq!(Author::objects().values_list(|a| a.name()).all(&db)?, ["Ann", "Bob"]);
    Ok(())
}

#[test]
fn tables_that_another_process_changes_are_seen_as_they_are() -> Result<()> {
    let (db, folder) = empty_file();
    fill(&db);
    let other = rusqlite::Connection::open(folder.path().join("library.db")).unwrap();
    // Every statement is among those that are kept when the tables change.
    let all = |db: &Database| -> Result<(usize, usize)> {
        let books = Book::objects().prefetch_related(|b| (b.tags(), b.reviews())).all(db)?;
        let reviews = books.iter().map(|book| book.reviews.all(db).map(<[Review]>::len)).sum::<Result<usize>>()?;
        let mut review = Review::objects().find(db, 1)?;
        review.save(db)?;
        let made = Review::create().stars(1).text("again").book(1).save(db)?;
        made.delete(db)?;
        Ok((books.len(), reviews))
    };
    assert_eq!(all(&db)?, (4, 6));
    for change in [
        "ALTER TABLE review ADD COLUMN rating INTEGER DEFAULT 5",
        "CREATE INDEX review_text ON review (text)",
        "ALTER TABLE review RENAME COLUMN rating TO score",
        "DROP INDEX review_text",
        "ALTER TABLE review DROP COLUMN score",
        "VACUUM",
        "CREATE TABLE another (a)",
    ] {
        other.execute_batch(change).unwrap();
        assert_eq!(all(&db)?, (4, 6), "{change}");
    }
    // What a model needs is gone, and comes back.
    other.execute_batch("ALTER TABLE review RENAME COLUMN text TO body").unwrap();
    for outcome in [
        Review::objects().all(&db).map(drop),
        Review::create().stars(1).text("x").book(1).save(&db).map(drop),
        all(&db).map(drop),
    ] {
        assert!(
            matches!(&outcome, Err(Error::NoSuchColumn { model: "Review", field, .. }) if field == "text"),
            "{outcome:?}"
        );
    }
    other.execute_batch("ALTER TABLE review RENAME COLUMN body TO text").unwrap();
    assert_eq!(all(&db)?, (4, 6));
    other.execute_batch("ALTER TABLE review RENAME TO elsewhere").unwrap();
    let gone = Review::objects().count(&db);
    assert!(matches!(&gone, Err(Error::NoSuchTable { model: "Review", .. })), "{gone:?}");
    let gone = all(&db);
    assert!(matches!(&gone, Err(Error::NoSuchTable { model: "Review", .. })), "{gone:?}");
    other.execute_batch("ALTER TABLE elsewhere RENAME TO review").unwrap();
    assert_eq!(all(&db)?, (4, 6));
    // A moment that is being read stays as it was.
    let seen = db.read(|snapshot| {
        let before = Review::objects().count(snapshot)?;
        other.execute_batch("ALTER TABLE review RENAME COLUMN text TO body").unwrap();
        assert_eq!(Review::objects().all(snapshot)?.len() as u64, before);
        Ok(before)
    })?;
    other.execute_batch("ALTER TABLE review RENAME COLUMN body TO text").unwrap();
    assert_eq!((seen, all(&db)?), (6, (4, 6)));
    Ok(())
}

#[test]
fn a_statement_that_fails_in_the_middle_of_a_bulk_leaves_the_savepoint_as_it_was() -> Result<()> {
    let (db, _folder) = empty_file();
    db.transaction(|tx| {
        tag("0", tx)?;
        for _ in 0..3 {
            let failed = tx.savepoint(|sp| {
                tag("inside", sp)?;
                Tag::objects().bulk_create((1..500).chain([3]).map(|n| Tag::create().name(format!("{n}")))).run(sp)
            });
            assert!(matches!(failed, Err(Error::Row { row: 499, .. })), "{failed:?}");
            assert_eq!(names(tx), ["0"]);
            // The bulk alone is undone where its error is met inside.
            tx.savepoint(|sp| {
                tag("kept", sp)?;
                let twice = Tag::objects().bulk_create(["x", "kept"].map(|name| Tag::create().name(name))).run(sp);
                assert!(matches!(twice, Err(Error::Row { row: 1, .. })));
                assert_eq!(names(sp), ["0", "kept"]);
                Tag::objects().filter(|t| t.name().eq("kept")).delete(sp)
            })?;
        }
        Ok(())
    })?;
    assert_eq!(names(&db), ["0"]);
    Ok(())
}

#[test]
fn a_table_whose_rows_are_streamed_cannot_be_dropped_and_that_is_no_lock() -> Result<()> {
    let (db, _folder) = empty_file();
    Tag::objects().bulk_create((0..3_000).map(|n| Tag::create().name(format!("{n}")))).run(&db)?;
    db.transaction(|tx| {
        let mut tags = Tag::objects().iter(tx)?;
        tags.next().transpose()?;
        let dropped = eager_orm::raw("DROP TABLE tag", ()).execute(tx);
        assert!(matches!(&dropped, Err(Error::Misuse { .. })), "{dropped:?}");
        assert_eq!(tags.count(), 2_999);
        Ok(())
    })?;
    assert_eq!(count(&db), 3_000);
    Ok(())
}

#[test]
fn two_handles_of_one_file_in_one_thread_do_not_wait_for_each_other_in_vain() -> Result<()> {
    let (one, folder) = empty_file();
    let path = folder.path().join("library.db");
    let two = Database::builder(&path).busy_timeout(Duration::from_millis(100)).open()?;
    one.transaction(|tx| {
        tag("a", tx)?;
        // It would wait for itself, and is told in time.
        assert!(matches!(tag("b", &two), Err(Error::Busy)));
        assert_eq!(count(&two), 0);
        Ok(())
    })?;
    assert_eq!((count(&one), count(&two)), (1, 1));
    two.read(|snapshot| {
        assert_eq!(count(snapshot), 1);
        tag("c", &one)?;
        assert_eq!((count(snapshot), count(&two)), (1, 2));
        // Somebody else has written since: this thread reads an older moment, and writes through the handle all the same.
        tag("d", &two).map(drop)
    })?;
    assert_eq!(names(&one), ["a", "c", "d"]);
    Ok(())
}

#[test]
fn threads_that_write_without_a_pause_take_turns() -> Result<()> {
    let (db, _folder) = empty_file();
    let (start, end) = (std::sync::Barrier::new(4), Instant::now() + Duration::from_millis(1_500));
    let writes = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (db, start) = (&db, &start);
                scope.spawn(move || -> Result<u64> {
                    start.wait();
                    let mut writes = 0;
                    while Instant::now() < end {
                        db.transaction(|tx| {
                            tag(&format!("{thread} {writes}"), tx)?;
                            std::thread::sleep(Duration::from_millis(2));
                            Ok(())
                        })?;
                        writes += 1;
                    }
                    Ok(writes)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<u64>>>()
    })?;
    let (fewest, most) = (writes.iter().min().unwrap(), writes.iter().max().unwrap());
    assert!(fewest * 4 >= *most, "{writes:?}");
    assert_eq!(count(&db), writes.iter().sum::<u64>());
    Ok(())
}
