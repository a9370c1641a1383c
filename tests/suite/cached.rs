//! Results that are remembered: they cost no statement, and are never stale, whoever writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use eager_orm::prelude::*;
use eager_orm::{Cached, DatabaseBuilder, Error};

#[derive(Model, Debug, Clone, PartialEq)]
struct Writer {
    id: i64,
    name: String,
    #[relation(via = "author")]
    books: HasMany<Novel>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Novel {
    id: i64,
    title: String,
    price: f64,
    #[relation(on_delete = Cascade)]
    author: ForeignKey<Writer>,
    labels: ManyToMany<Label>,
    blurb: Deferred<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Label {
    id: i64,
    #[field(unique)]
    name: String,
}

fn fill(db: &Database) -> eager_orm::Result<()> {
    db.create_tables(models![Writer, Novel, Label])?;
    for name in ["Ann", "Ben"] {
        let author = Writer::create().name(name).save(db)?;
        for title in ["One", "Two"] {
            Novel::create().title(format!("{name} {title}")).price(1.0).author(&author).blurb("long").save(db)?;
        }
    }
    Label::create().name("sf").save(db)?;
    Ok(())
}

struct Place {
    db: Database,
    path: std::path::PathBuf,
    _folder: Option<tempfile::TempDir>,
}

fn file() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let db = Database::open(&path).unwrap();
    fill(&db).unwrap();
    Place { db, path, _folder: Some(folder) }
}

fn memory() -> Place {
    let db = Database::in_memory().unwrap();
    fill(&db).unwrap();
    Place { db, path: ":memory:".into(), _folder: None }
}

fn novels() -> Cached<Novel> {
    Novel::objects().order_by(|n| n.id()).cached()
}

fn ignore<T>(_: T) {}

/// How many statements asking once more takes: none for what is remembered.
fn statements(db: &Database) -> usize {
    let (answer, log) = db.capture(|db| novels().all(db));
    assert_eq!(
        answer.unwrap().iter().map(|novel| novel.title.clone()).collect::<Vec<_>>(),
        Novel::objects().order_by(|n| n.id()).values_list(|n| n.title()).all(db).unwrap(),
    );
    log.len()
}

/// Asks until it is remembered, writes, and says how many statements the next question takes.
fn after(db: &Database, write: impl FnOnce(&Database)) -> usize {
    novels().all(db).unwrap();
    assert_eq!(statements(db), 0, "it is not remembered");
    write(db);
    statements(db)
}

#[test]
fn what_is_remembered_costs_no_statement() {
    for place in [memory(), file()] {
        let db = &place.db;
        let first = novels().all(db).unwrap();
        let second = assert_num_queries_of(db, 0, || novels().all(db).unwrap());
        assert!(first.ptr_eq(&second));
        assert_eq!(first.len(), 4);
        assert_eq!(assert_num_queries_of(db, 1, || novels().count(db).unwrap()), 4);
        assert_eq!(assert_num_queries_of(db, 0, || novels().count(db).unwrap()), 4);
        assert!(assert_num_queries_of(db, 1, || novels().exists(db).unwrap()));
        assert!(assert_num_queries_of(db, 0, || novels().exists(db).unwrap()));
        assert_eq!(assert_num_queries_of(db, 1, || novels().first(db).unwrap().unwrap().id), 1);
        assert_eq!(assert_num_queries_of(db, 0, || novels().first(db).unwrap().unwrap().id), 1);
        let one = Novel::objects().filter(|n| n.title().eq("Ben Two")).cached();
        assert_eq!(assert_num_queries_of(db, 1, || one.get(db).unwrap().id), 4);
        assert_eq!(assert_num_queries_of(db, 0, || one.get(db).unwrap().id), 4);
        let none = Novel::objects().filter(|n| n.title().eq("?")).cached();
        for _ in 0..2 {
            assert!(none.get(db).unwrap_err().is_does_not_exist());
        }
    }
}

fn assert_num_queries_of<T>(db: &Database, expected: usize, f: impl FnOnce() -> T) -> T {
    let (value, log) = db.capture(|_| f());
    assert_eq!(log.len(), expected, "{log}");
    value
}

#[test]
fn a_write_through_the_handle_is_seen() {
    for place in [memory(), file()] {
        let db = &place.db;
        let author = Writer::objects().first(db).unwrap().unwrap();
        assert_eq!(
            after(db, |db| ignore(Novel::create().title("New").price(2.0).author(&author).blurb("").save(db))),
            1
        );
        assert_eq!(
            after(db, |db| {
                let mut novel = Novel::objects().first(db).unwrap().unwrap();
                novel.title = "Changed".into();
                novel.save(db).unwrap();
            }),
            1
        );
        assert_eq!(after(db, |db| ignore(Novel::objects().update(db, |n| n.title().set("All")).unwrap())), 1);
        assert_eq!(after(db, |db| ignore(Novel::objects().first(db).unwrap().unwrap().delete(db).unwrap())), 1);
        let new = |n: i32| Novel::create().title(format!("{n}")).price(0.0).author(&author).blurb("");
        assert_eq!(after(db, |db| ignore(Novel::objects().bulk_create([1, 2].map(new)).run(db).unwrap())), 1);
        assert_eq!(
            after(db, |db| {
                let rows = Novel::objects().all(db).unwrap();
                Novel::objects().bulk_update(db, &rows, |n| n.title()).unwrap();
            }),
            1
        );
        assert_eq!(after(db, |db| ignore(Novel::objects().delete(db).unwrap())), 1);
    }
}

#[test]
fn a_write_to_another_table_leaves_it_be() {
    for place in [memory(), file()] {
        let db = &place.db;
        assert_eq!(after(db, |db| ignore(Label::create().name("new").save(db).unwrap())), 0);
        let mut novel = Novel::objects().first(db).unwrap().unwrap();
        let label = Label::objects().first(db).unwrap().unwrap();
        assert_eq!(after(db, |db| novel.labels.add(db, [&label]).map(drop).unwrap()), 0);
    }
}

#[test]
fn a_cascade_a_trigger_and_a_replacement_are_seen() {
    for place in [memory(), file()] {
        let db = &place.db;
        assert_eq!(after(db, |db| ignore(Writer::objects().first(db).unwrap().unwrap().delete(db).unwrap())), 1);
        db.raw(|c| {
            c.execute_batch(
                "CREATE TABLE audit (id INTEGER PRIMARY KEY) STRICT;
                 CREATE TRIGGER t AFTER INSERT ON label BEGIN UPDATE novel SET title = title || '!'; END;",
            )
        })
        .unwrap();
        assert_eq!(after(db, |db| ignore(Label::create().name("loud").save(db).unwrap())), 1);
        let replace = r#"REPLACE INTO novel SELECT * FROM novel LIMIT 1"#;
        assert_eq!(after(db, |db| ignore(raw::<()>(replace, ()).execute(db).unwrap())), 1);
        assert_eq!(after(db, |db| ignore(eager_orm::raw("DELETE FROM novel", ()).execute(db).unwrap())), 1);
    }
}

#[test]
fn sql_of_ones_own_is_seen() {
    for place in [memory(), file()] {
        let db = &place.db;
        assert_eq!(after(db, |db| ignore(db.raw(|c| c.execute("UPDATE novel SET title = 'raw'", [])).unwrap())), 1);
        let update = "UPDATE novel SET title = ?";
        assert_eq!(after(db, |db| ignore(eager_orm::raw(update, ("text",)).execute(db).unwrap())), 1);
        let transaction = |db: &Database| {
            db.transaction(|tx| eager_orm::raw(update, ("in a transaction",)).execute(tx)).unwrap();
        };
        assert_eq!(after(db, transaction), 1);
        // What rusqlite has prepared before is not prepared again.
        let cached = |db: &Database| {
            db.raw(|c| c.prepare_cached("UPDATE novel SET title = title || '.'")?.execute([])).map(drop).unwrap();
        };
        assert_eq!(after(db, cached), 1);
        assert_eq!(after(db, cached), 1);
    }
}

#[test]
fn a_change_of_the_tables_is_seen() {
    for place in [memory(), file()] {
        let db = &place.db;
        let alter = "ALTER TABLE novel ADD COLUMN extra TEXT";
        assert_eq!(after(db, |db| ignore(eager_orm::raw(alter, ()).execute(db).unwrap())), 1);
        db.raw(|c| c.execute_batch("ALTER TABLE novel RENAME TO old; CREATE VIEW novel AS SELECT * FROM old")).unwrap();
        assert_eq!(after(db, |db| ignore(db.raw(|c| c.execute("UPDATE old SET title = 'seen'", [])).unwrap())), 1);
        let update = "UPDATE old SET title = 'seen again'";
        assert_eq!(after(db, |db| ignore(eager_orm::raw(update, ()).execute(db).unwrap())), 1);
        db.raw(|c| c.execute_batch("DROP VIEW novel; CREATE VIEW novel AS SELECT * FROM old WHERE id > 1")).unwrap();
        assert_eq!(statements(db), 1);
    }
}

#[test]
fn statements_prepared_before_a_trigger_was_made_are_known_to_fire_it() {
    let place = file();
    let (db, path) = (&place.db, &place.path);
    let save = |db: &Database, name: &str| ignore(Label::create().name(name).save(db).unwrap());
    assert_eq!(after(db, |db| save(db, "a")), 0);
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch("CREATE TRIGGER t AFTER INSERT ON label BEGIN UPDATE novel SET title = title || '!'; END;")
        .unwrap();
    assert_eq!(after(db, |db| save(db, "b")), 1);
    assert_eq!(after(db, |db| save(db, "c")), 1);
}

#[test]
fn a_write_of_another_handle_or_process_is_seen() {
    let place = file();
    let (db, path) = (&place.db, &place.path);
    let other = Database::open(path).unwrap();
    let stranger = rusqlite::Connection::open(path).unwrap();
    for _ in 0..3 {
        assert_eq!(after(db, |_| ignore(Novel::objects().update(&other, |n| n.title().set("other")).unwrap())), 1);
        assert_eq!(after(db, |_| ignore(stranger.execute("UPDATE novel SET title = 'stranger'", []).unwrap())), 1);
        // Ours, and then theirs, before anybody asks; and the other way round.
        let both = |db: &Database| {
            Label::objects().update(db, |l| l.name().set("ours")).unwrap();
            stranger.execute("UPDATE novel SET title = 'theirs'", []).unwrap();
        };
        assert_eq!(after(db, both), 1);
        let both = |db: &Database| {
            stranger.execute("UPDATE novel SET title = 'first theirs'", []).unwrap();
            Label::objects().update(db, |l| l.name().set("then ours")).unwrap();
        };
        assert_eq!(after(db, both), 1);
    }
}

#[test]
fn our_own_writes_are_not_taken_for_those_of_a_stranger() {
    let place = file();
    let db = &place.db;
    for n in 0..5 {
        assert_eq!(after(db, |db| ignore(Label::create().name(format!("{n}")).save(db).unwrap())), 0);
    }
}

#[test]
fn in_a_transaction_what_it_has_written_is_seen_and_not_remembered() {
    for place in [memory(), file()] {
        let db = &place.db;
        novels().all(db).unwrap();
        let failed: Result<(), Error> = db.transaction(|tx| {
            assert_num_queries_of(db, 0, || novels().all(tx)).unwrap();
            Novel::objects().update(tx, |n| n.title().set("not committed"))?;
            for _ in 0..2 {
                let inside = assert_num_queries_of(db, 1, || novels().all(tx))?;
                assert_eq!(inside[0].title, "not committed");
            }
            Err(Error::RolledBack)
        });
        assert!(failed.is_err());
        assert_eq!(statements(db), 0, "a rollback changes nothing");
        db.transaction(|tx| {
            Novel::objects().update(tx, |n| n.title().set("committed"))?;
            novels().all(tx).map(drop)
        })
        .unwrap();
        assert_eq!(statements(db), 1);
    }
}

#[test]
fn in_a_snapshot_nothing_is_served_and_nothing_remembered() {
    let place = file();
    let db = &place.db;
    novels().all(db).unwrap();
    db.read(|snapshot| {
        assert_num_queries_of(db, 1, || novels().all(snapshot))?;
        let writer = db.clone();
        thread::scope(|scope| {
            scope.spawn(|| Novel::objects().update(&writer, |n| n.title().set("later")).unwrap());
        });
        assert_eq!(novels().all(snapshot)?[0].title, "Ann One");
        Ok(())
    })
    .unwrap();
    assert_eq!(novels().all(db).unwrap()[0].title, "later");
    assert!(db.cache().stats().bypassed >= 2);
}

#[test]
fn what_comes_with_the_rows_is_part_of_the_answer() {
    for place in [memory(), file()] {
        let db = &place.db;
        let queries: [fn() -> Cached<Novel>; 2] = [
            || Novel::objects().select_related(|n| n.author()).cached(),
            || Novel::objects().prefetch_related(|n| (n.author(), n.labels())).cached(),
        ];
        for (query, loads) in queries.into_iter().zip([1, 3]) {
            assert_num_queries_of(db, loads, || query().all(db)).unwrap();
            assert_num_queries_of(db, 0, || query().all(db)).unwrap();
            Writer::objects().update(db, |w| w.name().set("Anne")).unwrap();
            let again = assert_num_queries_of(db, loads, || query().all(db)).unwrap();
            assert_eq!(again[0].author.get(db).unwrap().name, "Anne");
        }
        let labelled = queries[1];
        labelled().all(db).unwrap();
        let mut novel = Novel::objects().first(db).unwrap().unwrap();
        let label = Label::objects().first(db).unwrap().unwrap();
        novel.labels.add(db, [&label]).unwrap();
        assert_eq!(labelled().all(db).unwrap()[0].labels.loaded().unwrap().len(), 1);
    }
}

#[test]
fn what_is_loaded_later_into_shared_rows_is_part_of_the_answer_from_then_on() {
    for place in [memory(), file()] {
        let db = &place.db;
        let shared = novels().all(db).unwrap();
        assert_eq!(assert_num_queries_of(db, 1, || shared[0].author.get(db).unwrap().name.clone()), "Ann");
        let again = novels().all(db).unwrap();
        assert!(shared.ptr_eq(&again));
        assert_num_queries_of(db, 0, || again[3].author.get(db).map(drop)).unwrap();
        Writer::objects().update(db, |w| w.name().set("Anne")).unwrap();
        let third = novels().all(db).unwrap();
        assert!(!shared.ptr_eq(&third));
        assert_eq!(third[0].author.get(db).unwrap().name, "Anne");
        // Two steps on, and a deferred column.
        let author = third[0].author.get(db).unwrap();
        assert_eq!(author.books.all(db).unwrap()[0].labels.all(db).unwrap().len(), 0);
        let label = Label::objects().first(db).unwrap().unwrap();
        let mut novel = Novel::objects().first(db).unwrap().unwrap();
        novel.labels.add(db, [&label]).unwrap();
        let fourth = novels().all(db).unwrap();
        let author = fourth[0].author.get(db).unwrap();
        assert_eq!(author.books.all(db).unwrap()[0].labels.all(db).unwrap().len(), 1);
        let lean = Novel::objects().defer(|n| n.blurb()).cached();
        let rows = lean.all(db).unwrap();
        assert_eq!(rows[0].blurb.get(db).unwrap(), "long");
        prefetch_related_objects(db, &*rows, |n| n.author()).unwrap();
        Writer::objects().update(db, |w| w.name().set("Annie")).unwrap();
        assert_eq!(lean.all(db).unwrap()[0].author.get(db).unwrap().name, "Annie");
    }
}

#[test]
fn what_is_not_committed_does_not_get_into_shared_rows() {
    let place = file();
    let db = &place.db;
    let shared = novels().all(db).unwrap();
    db.transaction(|tx| {
        Writer::objects().update(tx, |w| w.name().set("not committed"))?;
        assert!(matches!(shared[0].author.get(tx), Err(Error::Misuse { .. })));
        Ok(())
    })
    .unwrap();
    assert_eq!(shared[0].author.get(db).unwrap().name, "not committed");
}

#[test]
fn what_depends_on_chance_or_the_time_is_refused() {
    let place = file();
    let db = &place.db;
    let refused = |error: Error| assert!(matches!(error, Error::NotCacheable { .. }), "{error}");
    refused(Novel::objects().order_by(|_| random()).cached().all(db).unwrap_err());
    refused(Novel::objects().values_list(|n| (n.id(), now())).cached().all(db).unwrap_err());
    let time = "CREATE VIEW novel_now AS SELECT id, date('now') AS title FROM novel";
    db.raw(|c| c.execute_batch(time)).unwrap();
    #[derive(Model, Debug)]
    #[model(table = "novel_now")]
    struct Today {
        id: i64,
        title: String,
    }
    refused(Today::objects().cached().all(db).unwrap_err());
    refused(
        db.cache().get_or_compute("n", &[], |db| eager_orm::raw::<String>("SELECT date()", ()).get(db)).unwrap_err(),
    );
    refused(db.cache().get_or_compute("n", &[], |db| Label::create().name("x").save(db)).unwrap_err());
    let year = |n: i64| Novel::objects().filter(move |b| b.id().gt(n)).cached();
    year(2).all(db).unwrap();
}

#[test]
fn different_questions_have_answers_of_their_own() {
    let db = &memory().db;
    let by_price = |price: f64| Novel::objects().filter(move |n| n.price().gt(price)).cached().count(db).unwrap();
    assert_eq!((by_price(0.5), by_price(1.5), by_price(0.5)), (4, 0, 4));
    let by_title = |title: &str| Novel::objects().filter(|n| n.title().eq(title)).cached().count(db).unwrap();
    assert_eq!((by_title("Ann One"), by_title("Ann"), by_title("Ann One")), (1, 0, 1));
    let record = |name: &str| {
        let rows = Novel::objects().limit(1).values(|n| n.title().named(name)).cached().all(db).unwrap();
        serde_json::to_string(&*rows).unwrap()
    };
    assert_eq!(record("a"), r#"[{"a":"Ann One"}]"#);
    assert_eq!(record("b"), r#"[{"b":"Ann One"}]"#);
    let one = Novel::objects().fetch_mode(FetchMode::Raise).order_by(|n| n.id()).cached().all(db).unwrap();
    let two = novels().all(db).unwrap();
    assert!(matches!(one[0].author.get(db), Err(Error::FetchBlocked { .. })));
    assert!(two[0].author.get(db).is_ok());
    let loaded = |id: i64| {
        let labels = Novel::objects().prefetch_related(|n| n.author().books().order_by(|b| b.id().desc()));
        let rows = labels.filter(move |n| n.id().ge(id)).cached().all(db).unwrap();
        rows.len()
    };
    assert_eq!((loaded(1), loaded(3)), (4, 2));
}

#[test]
fn an_old_answer_is_served_to_those_who_allow_it_and_to_nobody_else() {
    let db = &memory().db;
    let old = Novel::objects().order_by(|n| n.id()).cached_for(Duration::from_secs(60));
    old.all(db).unwrap();
    Novel::objects().update(db, |n| n.title().set("new")).unwrap();
    assert_eq!(assert_num_queries_of(db, 0, || old.all(db)).unwrap()[0].title, "Ann One");
    assert_eq!(novels().all(db).unwrap()[0].title, "new");
    assert_eq!(old.clone().for_at_most(Duration::ZERO).all(db).unwrap()[0].title, "new");
    let undone: Result<(), Error> = db.transaction(|tx| {
        Novel::objects().update(tx, |n| n.title().set("never"))?;
        let none = Novel::objects().filter(|n| n.title().eq("never")).cached_for(Duration::from_secs(60));
        assert_eq!(none.count(tx)?, 4);
        Err(Error::RolledBack)
    });
    assert!(undone.is_err());
    let none = Novel::objects().filter(|n| n.title().eq("never")).cached_for(Duration::from_secs(60));
    assert_eq!(none.count(db).unwrap(), 0);
    thread::sleep(Duration::from_millis(5));
    let limited = novels().for_at_most(Duration::from_millis(1));
    assert_num_queries_of(db, 1, || limited.all(db)).unwrap();
}

#[test]
fn the_memory_is_bounded_by_entries_and_by_bytes() {
    let db = &DatabaseBuilder::in_memory().cache_limits(3, 1).open().unwrap();
    fill(db).unwrap();
    let ask = |n: i64| ignore(Novel::objects().filter(move |b| b.id().ge(n)).cached().all(db).unwrap());
    (0..5).for_each(ask);
    let stats = db.cache().stats();
    assert_eq!((stats.entries, stats.evicted, stats.misses), (3, 2, 5));
    let author = Writer::objects().first(db).unwrap().unwrap();
    let long = "x".repeat(400_000);
    for title in ["l1", "l2", "l3"] {
        Novel::create().title(title).price(1.0).author(&author).blurb(long.as_str()).save(db).unwrap();
    }
    for title in ["l1", "l2", "l3"] {
        let rows = Novel::objects().filter(|n| n.title().eq(title)).cached().all(db).unwrap();
        assert_eq!(rows.len(), 1);
        assert!(db.cache().stats().bytes <= 1 << 20);
    }
    assert_eq!(db.cache().stats().entries, 2);
    let before = db.cache().stats().entries;
    novels().all(db).unwrap(); // more than there is room for
    assert!(db.cache().stats().entries <= before);
    // What is loaded later counts too.
    db.cache().clear();
    let lean = Novel::objects().filter(|n| n.title().starts_with("l")).defer(|n| n.blurb()).cached();
    let rows = lean.all(db).unwrap();
    assert!(db.cache().stats().bytes < 10_000);
    assert_eq!(rows[0].blurb.get(db).unwrap().len(), 400_000);
    lean.all(db).unwrap();
    assert_eq!(db.cache().stats().entries, 0);
}

#[test]
fn values_are_kept_by_name() {
    let db = &memory().db;
    let cache = db.cache();
    assert!(cache.get::<i64>("n").unwrap().is_none());
    cache.set("n", 1_i64);
    assert_eq!(*cache.get::<i64>("n").unwrap().unwrap(), 1);
    let wrong = cache.get::<String>("n").unwrap_err().to_string();
    assert!(wrong.contains("`n`") && wrong.contains("i64") && wrong.contains("String"), "{wrong}");
    assert!(!cache.add("n", 2_i64));
    assert!(cache.add("m", 2_i64));
    assert_eq!(cache.get_many::<i64>(["n", "m", "?"]).unwrap().len(), 2);
    assert_eq!(cache.incr("n", 41).unwrap(), Some(42));
    assert_eq!(cache.incr("?", 1).unwrap(), None);
    cache.set("most", i64::MAX);
    assert!(cache.incr("most", 1).is_err());
    assert_eq!(*cache.get::<i64>("most").unwrap().unwrap(), i64::MAX);
    cache.set("text", "a".to_owned());
    assert!(cache.incr("text", 1).is_err());
    assert!(cache.touch("n") && !cache.touch("?"));
    assert!(cache.delete("n") && !cache.delete("n"));
    cache.set_many([("a", 1), ("b", 2)]);
    assert!(cache.contains("a") && cache.contains("b") && !cache.contains("c"));
    let short = cache.clone().for_at_most(Duration::from_millis(20));
    short.set("s", 1);
    assert!(cache.contains("s"));
    thread::sleep(Duration::from_millis(25));
    assert!(!cache.contains("s") && cache.get::<i32>("s").unwrap().is_none() && cache.add("s", 2));
    cache.clear();
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn a_computed_value_lasts_until_a_table_it_was_read_from_is_written() {
    for place in [memory(), file()] {
        let db = &place.db;
        let computed = AtomicUsize::new(0);
        let count = || {
            *db.cache()
                .get_or_compute("count", models![], |db| {
                    computed.fetch_add(1, Ordering::Relaxed);
                    let novels = Novel::objects().count(db)?;
                    let labels: i64 = eager_orm::raw("SELECT count(*) FROM label", ()).get(db)?;
                    Ok(novels + labels.unsigned_abs())
                })
                .unwrap()
        };
        let times = || computed.load(Ordering::Relaxed);
        assert_eq!((count(), count(), times()), (5, 5, 1));
        Writer::create().name("new").save(db).unwrap();
        assert_eq!((count(), times()), (5, 1));
        Label::create().name("new").save(db).unwrap();
        assert_eq!((count(), count(), times()), (6, 6, 2));
        Novel::objects().filter(|n| n.id().eq(1)).delete(db).unwrap();
        assert_eq!((count(), times()), (5, 3));
        let named =
            || db.cache().get_or_compute("named", models![Novel], |_| Ok(computed.fetch_add(1, Ordering::Relaxed)));
        named().unwrap();
        let before = times();
        named().unwrap();
        assert_eq!(times(), before);
        let mut novel = Novel::objects().first(db).unwrap().unwrap();
        let label = Label::objects().first(db).unwrap().unwrap();
        novel.labels.add(db, [&label]).unwrap(); // the table between is the model's too
        named().unwrap();
        assert_eq!(times(), before + 1);
        let failed = db.cache().get_or_compute("fails", models![], |_| Err::<(), _>(Error::RolledBack));
        assert!(failed.is_err() && !db.cache().contains("fails"));
        let panicked =
            std::panic::catch_unwind(|| db.cache().get_or_compute::<()>("panics", models![], |_| panic!("no")));
        assert!(panicked.is_err());
        assert_eq!((count(), count()), (5, 5));
    }
}

#[test]
fn threads_share_numbers_and_answers() {
    let db = &memory().db;
    db.cache().set("n", 0_i64);
    let added = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    db.cache().incr("n", 1).unwrap();
                }
                added.fetch_add(usize::from(db.cache().add("first", ())), Ordering::Relaxed);
                assert_eq!(novels().all(db).unwrap().len(), 4);
            });
        }
    });
    assert_eq!(*db.cache().get::<i64>("n").unwrap().unwrap(), 4000);
    assert_eq!(added.load(Ordering::Relaxed), 1);
}
