//! Nothing that is remembered is ever stale: readers ask for remembered answers while a thread and another process write
//! the same tables by every way there is, and each answer is compared with a direct read made just before it.
//!
//! What is read can only grow, whoever writes, so an answer that is less than what was read before it is stale. The same
//! readers catch a cache that is told of a write after its commit.
//!
//! It runs for 2 seconds each, or for as many as `EAGER_ORM_STRESS_SECONDS` says.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use eager_orm::prelude::*;

/// Grows with each write.
#[derive(Model, Debug)]
struct Tally {
    id: i64,
    n: i64,
}

/// Grows by a trigger, each time a tally is written.
#[derive(Model, Debug)]
#[model(table = "echo")]
struct Echo {
    id: i64,
    n: i64,
}

#[derive(Model, Debug)]
struct Parent {
    id: i64,
    children: HasMany<Kid>,
}

/// Go by cascade, a few at a time.
#[derive(Model, Debug)]
struct Kid {
    id: i64,
    #[relation(on_delete = Cascade)]
    parent: ForeignKey<Parent>,
}

/// Dropped and made again with more in it.
#[derive(Model, Debug)]
struct Age {
    id: i64,
    n: i64,
}

/// A view that is made anew, of another table each time.
#[derive(Model, Debug)]
struct Sight {
    id: i64,
    n: i64,
}

const PARENTS: i64 = 2_000;
const KIDS: i64 = PARENTS * 3;
const CHILD: &str = "EAGER_ORM_STRESS_WRITER";

fn seconds() -> Duration {
    let seconds = env::var("EAGER_ORM_STRESS_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2.0);
    Duration::from_secs_f64(seconds)
}

fn fill(db: &Database) {
    db.create_tables(models![Tally, Echo, Parent, Kid, Age]).unwrap();
    db.raw(|c| {
        c.execute_batch(
            "CREATE TRIGGER echo_of_tally AFTER UPDATE ON tally BEGIN UPDATE echo SET n = n + 1; END;
             INSERT INTO echo VALUES (1, 0);
             INSERT INTO age VALUES (1, 0);
             CREATE VIEW sight AS SELECT 1 AS id, (SELECT sum(n) FROM tally) AS n;",
        )
    })
    .unwrap();
    for n in 0..4 {
        Tally::create().n(n).save(db).unwrap();
    }
    let parents = Parent::objects().bulk_create((0..PARENTS).map(|_| Parent::create())).run(db).unwrap();
    let kids = parents.iter().flat_map(|parent| [parent; 3]).map(|parent| Kid::create().parent(parent));
    Kid::objects().bulk_create(kids).run(db).unwrap();
}

/// One question, asked of the cache or of the database; its answer can only grow.
type Question = fn(&Database, bool) -> i64;

fn sum(rows: impl IntoIterator<Item = i64>) -> i64 {
    rows.into_iter().sum()
}

const QUESTIONS: &[(&str, Question)] = &[
    ("rows", |db, cached| match cached {
        true => sum(Tally::objects().cached().all(db).unwrap().iter().map(|tally| tally.n)),
        false => sum(Tally::objects().all(db).unwrap().iter().map(|tally| tally.n)),
    }),
    ("a trigger's table", |db, cached| match cached {
        true => Echo::objects().cached().first(db).unwrap().unwrap().n,
        false => Echo::objects().first(db).unwrap().unwrap().n,
    }),
    ("rows that go by cascade", |db, cached| match cached {
        true => KIDS - Kid::objects().cached().count(db).unwrap().cast_signed(),
        false => KIDS - Kid::objects().count(db).unwrap().cast_signed(),
    }),
    ("prefetched rows", |db, cached| {
        let parents = Parent::objects().filter(|p| p.id().gt(PARENTS - 300)).prefetch_related(|p| p.children());
        let kids =
            |parents: &[Parent]| sum(parents.iter().map(|p| p.children.loaded().unwrap().len().cast_signed() as i64));
        match cached {
            true => 900 - kids(&parents.cached().all(db).unwrap()),
            false => 900 - kids(&parents.all(db).unwrap()),
        }
    }),
    ("rows loaded later", |db, cached| {
        let parents = Parent::objects().filter(|p| p.id().gt(PARENTS - 200)).order_by(|p| p.id());
        let kids =
            |parents: &[Parent]| sum(parents.iter().map(|p| p.children.all(db).unwrap().len().cast_signed() as i64));
        match cached {
            true => 600 - kids(&parents.cached().all(db).unwrap()),
            false => 600 - kids(&parents.all(db).unwrap()),
        }
    }),
    ("a table that is made anew", |db, cached| match cached {
        true => sum(Age::objects().cached().all(db).unwrap().iter().map(|age| age.n)),
        false => sum(Age::objects().all(db).unwrap().iter().map(|age| age.n)),
    }),
    ("a view that is made anew", |db, cached| match cached {
        true => Sight::objects().cached().all(db).unwrap()[0].n,
        false => Sight::objects().all(db).unwrap()[0].n,
    }),
    ("a computed value", |db, cached| {
        let total = |db: &Database| Tally::objects().aggregate(db, |t| t.n().sum()).map(|sum| sum.unwrap_or(0));
        match cached {
            true => *db.cache().get_or_compute("total", models![], total).unwrap(),
            false => total(db).unwrap(),
        }
    }),
];

/// Writes in every way there is.
fn write(db: &Database, number: u64) {
    let parent = PARENTS - i64::try_from(number % 2_000).unwrap();
    match number % 9 {
        0 => {
            Tally::objects().update(db, |t| t.n().set(t.n() + 1)).unwrap();
        }
        1 => {
            let mut tally = Tally::objects().find(db, 1).unwrap();
            db.transaction(|tx| {
                tally.refresh(tx)?;
                tally.n += 1;
                tally.save(tx)
            })
            .unwrap();
        }
        2 => {
            db.raw(|c| c.execute("UPDATE tally SET n = n + 1", [])).unwrap();
        }
        3 => {
            raw::<()>("UPDATE tally SET n = n + 1 WHERE id = 2", ()).execute(db).unwrap();
        }
        4 => drop(Parent::objects().filter(|p| p.id().eq(parent)).delete(db).unwrap()),
        5 => {
            db.raw(|c| {
                let n: i64 = c.query_row("SELECT n FROM age", [], |row| row.get(0))?;
                c.execute_batch(&format!(
                    "BEGIN IMMEDIATE; DROP TABLE age; CREATE TABLE age (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
                     INSERT INTO age VALUES (1, {}); COMMIT",
                    n + 1
                ))
            })
            .unwrap();
        }
        6 => {
            let undone: Result<(), eager_orm::Error> = db.transaction(|tx| {
                Tally::objects().update(tx, |t| t.n().set(0))?;
                Tally::objects().cached().all(tx)?;
                Err(eager_orm::Error::RolledBack)
            });
            assert!(undone.is_err());
        }
        7 => {
            // What it says goes on growing.
            let gone = format!("({KIDS} - (SELECT count(*) FROM kid))");
            let of = if number.is_multiple_of(2) { "(SELECT sum(n) FROM tally)" } else { &*gone };
            db.raw(|c| {
                c.execute_batch("BEGIN IMMEDIATE")?;
                let more: i64 = c.query_row(&format!("SELECT n - {of} + 1 FROM sight"), [], |row| row.get(0))?;
                let view = format!("CREATE VIEW sight AS SELECT 1 AS id, {of} + {more} AS n");
                c.execute_batch(&format!("DROP VIEW sight; {view}; COMMIT"))
            })
            .unwrap();
        }
        _ => {
            raw::<()>("REPLACE INTO age SELECT id, n + 1 FROM age", ()).execute(db).unwrap();
        }
    }
}

/// What the readers saw.
#[derive(Default)]
struct Seen {
    reads: AtomicU64,
    stale: AtomicU64,
}

fn read(db: &Database, stop: &AtomicBool, seen: &Seen, thread: usize, ask: &dyn Fn(&Database, usize) -> i64) {
    let mut next = thread;
    while !stop.load(Relaxed) {
        next = (next * 5 + 3) % 1_000_003;
        let question = next % QUESTIONS.len();
        let before = QUESTIONS[question].1(db, false);
        let answer = ask(db, question);
        seen.reads.fetch_add(1, Relaxed);
        if answer < before {
            seen.stale.fetch_add(1, Relaxed);
        }
    }
}

/// Another process that writes the file.
struct Stranger(Child);

impl Stranger {
    fn start(path: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "stranger", "--nocapture"])
            .env(CHILD, path)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Stranger(command.spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other process; nothing where this is no such process.
#[test]
fn stranger() {
    let Some(path) = env::var_os(CHILD) else { return };
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    let end = Instant::now() + Duration::from_secs(600);
    for id in (1..=PARENTS).cycle() {
        let _ = connection.execute("UPDATE tally SET n = n + 1 WHERE id = 3", []);
        if id % 7 == 0 {
            let _ = connection.execute_batch(&format!("PRAGMA foreign_keys = ON; DELETE FROM parent WHERE id = {id}"));
        }
        thread::sleep(Duration::from_millis(3));
        if Instant::now() > end {
            return;
        }
    }
}

/// Lets four threads read and one write; says how many reads there were and how many were stale.
fn run(ask: &(dyn Fn(&Database, usize) -> i64 + Sync), wrote: &(dyn Fn(&Database) + Sync)) -> (Database, u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stress.db");
    let db = Database::open(&path).unwrap();
    fill(&db);
    let (stop, seen) = (AtomicBool::new(false), Seen::default());
    let stranger = Stranger::start(&path);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (db, stop, seen) = (&db, &stop, &seen);
            scope.spawn(move || read(db, stop, seen, thread, ask));
        }
        scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Relaxed) {
                write(&db, number);
                wrote(&db);
                number += 1;
                if number % 2 == 0 {
                    thread::sleep(Duration::from_millis(4));
                }
            }
        });
        thread::sleep(seconds());
        stop.store(true, Relaxed);
    });
    drop(stranger);
    drop(fs::remove_dir_all(folder.path()));
    (db, seen.reads.into_inner(), seen.stale.into_inner())
}

#[test]
fn no_answer_is_stale_whoever_writes() {
    let (db, reads, stale) = run(&|db, question| QUESTIONS[question].1(db, true), &|_| ());
    let stats = db.cache().stats();
    println!("cache stress: {reads} reads, {} hits, {stale} stale; {stats:?}", stats.hits);
    assert_eq!(stale, 0);
    assert!(stats.hits > 0, "nothing was served from memory: {stats:?}");
}

#[test]
fn a_cache_that_is_told_after_the_commit_is_caught() {
    const NAMES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let ask = |db: &Database, question: usize| match db.cache().get::<i64>(NAMES[question]).unwrap() {
        Some(known) => *known,
        None => {
            let answer = QUESTIONS[question].1(db, false);
            db.cache().set(NAMES[question], answer);
            answer
        }
    };
    let forget = |db: &Database| {
        for name in NAMES {
            db.cache().delete(name);
        }
    };
    let (_, reads, stale) = run(&ask, &forget);
    println!("cache stress, told after the commit: {reads} reads, {stale} stale");
    assert!(stale > 0, "the test does not find what is stale");
}
