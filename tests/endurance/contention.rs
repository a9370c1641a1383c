//! Eight threads that write, eight that read, and a second process that writes too, on one file.
//!
//! No `Error::Busy` reaches anybody, no reader waits for a writer, and in the end the counts add up.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use eager_orm::Result;
use eager_orm::prelude::*;

use crate::{Random, setting, spawn};

const WRITERS: u64 = 8;
const READERS: u64 = 8;
/// What is on the accounts together, whoever transfers.
const TOTAL: i64 = 10_000;
const ACCOUNTS: i64 = 10;
/// How long a transaction is held open now and then, to see who waits for it.
const HELD: Duration = Duration::from_millis(700);

#[derive(Model, Debug)]
pub struct Account {
    pub id: i64,
    pub cents: i64,
}

#[derive(Model, Debug)]
pub struct Entry {
    pub id: i64,
    #[field(index)]
    pub writer: i64,
    pub number: i64,
}

/// What was done, and the longest that one of it took.
#[derive(Clone, Copy, Default)]
struct Done {
    operations: u64,
    entries: u64,
    worst: Duration,
}

impl Done {
    fn and(self, other: Done) -> Done {
        Done {
            operations: self.operations + other.operations,
            entries: self.entries + other.entries,
            worst: self.worst.max(other.worst),
        }
    }

    fn took(&mut self, start: Instant) {
        self.operations += 1;
        self.worst = self.worst.max(start.elapsed());
    }
}

/// Writes until it is told to stop: rows one by one and many at once, transfers, and entries that come and go.
fn write(db: &Database, writer: u64, stop: &AtomicBool) -> Result<Done> {
    let (mut done, mut random, writer) = (Done::default(), Random::new(writer), writer as i64);
    let mut number = 0;
    let mut entry = || {
        number += 1;
        Entry::create().writer(writer).number(number)
    };
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        match random.below(4) {
            0 => {
                entry().save(db)?;
                done.entries += 1;
            }
            1 => {
                let entries: Vec<_> = (0..50).map(|_| entry()).collect();
                Entry::objects().bulk_create(entries).run(db)?;
                done.entries += 50;
            }
            2 => db.transaction(|tx| {
                let (from, to) = (1 + random.below(ACCOUNTS as u64) as i64, 1 + random.below(ACCOUNTS as u64) as i64);
                // Read, then write what was read: an update that was lost would show.
                let mut account = Account::objects().find(tx, from)?;
                account.cents -= 7;
                account.save(tx)?;
                let mut account = Account::objects().find(tx, to)?;
                account.cents += 7;
                account.save(tx)
            })?,
            _ => {
                let row = entry().save(db)?;
                row.delete(db)?;
            }
        }
        done.took(start);
    }
    Ok(done)
}

/// Reads until it is told to stop, and checks what it sees.
fn read(db: &Database, seed: u64, stop: &AtomicBool, reads: &AtomicU64) -> Result<Done> {
    let (mut done, mut random) = (Done::default(), Random::new(seed));
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        match random.below(3) {
            0 => {
                Account::objects().find(db, 1 + random.below(ACCOUNTS as u64) as i64)?;
            }
            1 => {
                let cents: i64 = Account::objects().all(db)?.iter().map(|account| account.cents).sum();
                assert_eq!(cents, TOTAL, "a transfer is seen as a whole");
            }
            _ => db.read(|snapshot| {
                let before = Entry::objects().count(snapshot)?;
                let of_one = Entry::objects().filter(|e| e.writer().eq(1)).count(snapshot)?;
                assert!(of_one <= before);
                assert_eq!(Entry::objects().count(snapshot)?, before, "a snapshot is one moment");
                Ok(())
            })?,
        }
        done.took(start);
        reads.fetch_add(1, Ordering::Relaxed);
    }
    Ok(done)
}

/// Holds a transaction open now and then; says how often, and the fewest reads that went on beside one.
fn hold(db: &Database, stop: &AtomicBool, reads: &AtomicU64) -> Result<(u64, u64)> {
    let (mut holds, mut fewest) = (0, u64::MAX);
    // Until everybody is at work.
    while reads.load(Ordering::Relaxed) < 20 * READERS {
        thread::sleep(Duration::from_millis(10));
    }
    while !stop.load(Ordering::Relaxed) {
        db.transaction(|tx| {
            Account::objects().update(tx, |a| a.cents().set(a.cents() + 0))?;
            let before = reads.load(Ordering::Relaxed);
            thread::sleep(HELD);
            // Where the readers were told to stop in the meantime, it says nothing.
            if !stop.load(Ordering::Relaxed) {
                // One that each reader had begun before does not count.
                fewest = fewest.min((reads.load(Ordering::Relaxed) - before).saturating_sub(READERS));
            }
            Ok(())
        })?;
        holds += 1;
        thread::sleep(Duration::from_millis(800));
    }
    Ok((holds, fewest))
}

/// The second process: it writes until its input is closed, and then tells what it has done.
pub fn child() {
    let path = std::env::args().nth(1).unwrap();
    let db = Database::open(path).unwrap();
    let stop = AtomicBool::new(false);
    let done = thread::scope(|scope| {
        let writer = scope.spawn(|| write(&db, WRITERS, &stop).unwrap());
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    let told = format!("{} {} {}", done.operations, done.entries, done.worst.as_micros());
    std::io::stdout().write_all(told.as_bytes()).unwrap();
}

pub fn parent() {
    let seconds = setting("EAGER_ORM_SECONDS", 5, 20);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contended.db");
    let db = Database::builder(&path).readers(READERS as u32).open().unwrap();
    db.create_tables(models![Account, Entry]).unwrap();
    let accounts = (0..ACCOUNTS).map(|_| Account::create().cents(TOTAL / ACCOUNTS));
    Account::objects().bulk_create(accounts).run(&db).unwrap();

    let (stop, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Barrier::new((WRITERS + READERS) as usize);
    let mut other = spawn("contention", &[path.to_str().unwrap()]);
    let (written, read, held) = thread::scope(|scope| {
        let (db, stop, reads, start) = (&db, &stop, &reads, &start);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    start.wait();
                    write(db, writer, stop)
                })
            })
            .collect();
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                scope.spawn(move || {
                    // Every connection is open before it begins.
                    db.read(|snapshot| {
                        Account::objects().count(snapshot)?;
                        start.wait();
                        Ok(())
                    })?;
                    self::read(db, reader, stop, reads)
                })
            })
            .collect();
        let holder = scope.spawn(move || hold(db, stop, reads));
        thread::sleep(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
        // An error in any of them, `Error::Busy` above all, ends the test here.
        let all = |threads: Vec<thread::ScopedJoinHandle<'_, Result<Done>>>| {
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).fold(Done::default(), Done::and)
        };
        (all(writers), all(readers), holder.join().unwrap().unwrap())
    });
    drop(other.stdin.take());
    let mut told = String::new();
    other.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(other.wait().unwrap().success(), "the second process has failed");
    let numbers: Vec<u64> = told.split(' ').map(|number| number.parse().unwrap()).collect();
    let second = Done { operations: numbers[0], entries: numbers[1], worst: Duration::from_micros(numbers[2]) };

    let log = size(&path.with_extension("db-wal"));
    println!(
        "contention: {} writes in {WRITERS} threads (the longest {:.0?}), {} in a second process ({:.0?}), {} reads in \
         {READERS} threads ({:.0?}); {} transactions held for {HELD:?}, {} reads beside each at least; busy 0; log {} KiB",
        written.operations,
        written.worst,
        second.operations,
        second.worst,
        read.operations,
        read.worst,
        held.0,
        held.1,
        log / 1024,
    );
    assert!(log < 64 << 20, "there is always somebody who reads, and the log grows and grows");
    let entries = Entry::objects().count(&db).unwrap();
    assert_eq!(entries, written.entries + second.entries, "entries that are there, and that were acknowledged");
    let cents: i64 = Account::objects().all(&db).unwrap().iter().map(|account| account.cents).sum();
    assert_eq!(cents, TOTAL);
    assert!(held.1 > 0, "readers have waited for a transaction that was held open");
    assert!(read.worst < HELD, "a reader has waited {:?}", read.worst);
    assert!(second.operations > 0 && written.operations > second.operations / 100, "somebody was starved");
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}
