//! A process that writes is killed again and again, at random moments.
//!
//! It does one transaction after the other, of which each is known by its number, and tells the number of each that was
//! acknowledged. So after a kill the database holds what the numbers up to the last one told have left, or one more:
//! that one had committed and was not told yet. Anything else is lost, or torn.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use eager_orm::prelude::*;
use eager_orm::{Error, Result};

use crate::{Random, setting, spawn};

#[derive(Model, Debug)]
pub struct Folder {
    pub id: i64,
    #[field(unique)]
    pub number: i64,
    pub papers: HasMany<Paper>,
}

#[derive(Model, Debug)]
pub struct Paper {
    pub id: i64,
    pub number: i64,
    pub part: i64,
    #[field(default = 0)]
    pub value: i64,
    #[relation(on_delete = Cascade)]
    pub folder: ForeignKey<Folder>,
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
pub struct Note {
    pub id: i64,
    pub text: String,
    #[relation(on_delete = Cascade)]
    pub paper: ForeignKey<Paper>,
}

#[derive(Model, Debug)]
pub struct Counter {
    pub id: i64,
    pub value: i64,
}

/// What transaction `number` does.
enum Work {
    /// One row.
    Save,
    /// So many papers into the newest folder, by `bulk_create`.
    Bulk(i64),
    /// A folder with so many papers and a note on each, and a savepoint that is rolled back.
    Tree(i64),
    /// The oldest folder goes, with its papers and their notes.
    Cascade,
    /// The counter is read and saved.
    Count,
    /// Every paper of the newest folder is changed, by one statement.
    Update,
    /// The same, by `bulk_update`, and each has a value of its own.
    BulkUpdate,
}

impl Work {
    fn of(number: i64) -> Work {
        let mut random = Random::new(number.unsigned_abs());
        random.below(7);
        match random.below(10) {
            0 => Work::Save,
            1..=2 => Work::Bulk(1 + random.below(300) as i64),
            3..=4 => Work::Tree(1 + random.below(40) as i64),
            5..=6 => Work::Cascade,
            7 => Work::Count,
            8 => Work::Update,
            _ => Work::BulkUpdate,
        }
    }
}

/// What is in the database: folders by number, their papers by number and part with value and notes, and the counter.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    folders: BTreeMap<i64, BTreeMap<(i64, i64), (i64, usize)>>,
    counter: i64,
}

impl State {
    /// What there is after one transaction more.
    fn advance(&mut self, number: i64) {
        let newest = self.folders.keys().next_back().copied();
        let mut papers = newest.and_then(|newest| self.folders.get_mut(&newest));
        match Work::of(number) {
            Work::Save => drop(self.folders.insert(number, BTreeMap::new())),
            Work::Tree(parts) => {
                let papers = (0..parts).map(|part| ((number, part), (0, 1))).collect();
                self.folders.insert(number, papers);
            }
            Work::Bulk(parts) => {
                if let Some(papers) = &mut papers {
                    papers.extend((0..parts).map(|part| ((number, part), (0, 0))));
                }
            }
            Work::Cascade => drop(self.folders.pop_first()),
            Work::Count => self.counter += number,
            Work::Update => papers.into_iter().flatten().for_each(|(_, (value, _))| *value += number),
            Work::BulkUpdate => {
                papers.into_iter().flatten().for_each(|((_, part), (value, _))| *value = number + part);
            }
        }
    }

    fn read(db: &Database) -> Result<State> {
        let query = Folder::objects().prefetch_related(|f| f.papers().prefetch_related(|p| p.notes()));
        let mut state = State::default();
        for folder in query.all(db)? {
            let papers = folder.papers.all(db)?.iter().map(|paper| {
                let notes = paper.notes.all(db)?.iter().filter(|note| note.text == format!("{}", paper.number)).count();
                Ok(((paper.number, paper.part), (paper.value, notes)))
            });
            state.folders.insert(folder.number, papers.collect::<Result<_>>()?);
        }
        state.counter = Counter::objects().find(db, 1)?.value;
        Ok(state)
    }
}

fn newest(db: &dyn Executor) -> Result<Option<Folder>> {
    Folder::objects().order_by(|f| f.number().desc()).first(db)
}

/// Does one transaction. Whether it is one statement, several, or a closure, is what this is about.
fn work(db: &Database, number: i64) -> Result<()> {
    match Work::of(number) {
        Work::Save => Folder::create().number(number).save(db).map(drop),
        Work::Bulk(parts) => {
            let Some(folder) = newest(db)? else { return Ok(()) };
            let papers = (0..parts).map(|part| Paper::create().number(number).part(part).folder(&folder));
            Paper::objects().bulk_create(papers).run(db).map(drop)
        }
        Work::Tree(parts) => db.transaction(|tx| {
            let folder = Folder::create().number(number).save(tx)?;
            let papers = (0..parts).map(|part| Paper::create().number(number).part(part).folder(&folder));
            let papers = Paper::objects().bulk_create(papers).run(tx)?;
            for paper in &papers {
                let undone = tx.savepoint(|sp| -> Result<()> {
                    Note::create().text("never").paper(paper).save(sp)?;
                    Err(Error::DoesNotExist { model: "reason", key: None })
                });
                assert!(undone.is_err());
                Note::create().text(format!("{number}")).paper(paper).save(tx)?;
            }
            Ok(())
        }),
        Work::Cascade => match Folder::objects().order_by(|f| f.number()).first(db)? {
            Some(folder) => folder.delete(db).map(drop),
            None => Ok(()),
        },
        Work::Count => db.transaction(|tx| {
            let mut counter = Counter::objects().find(tx, 1)?;
            counter.value += number;
            counter.save(tx)
        }),
        Work::Update => {
            let Some(folder) = newest(db)? else { return Ok(()) };
            let papers = Paper::objects().filter(|p| p.folder().eq(&folder));
            papers.update(db, |p| p.value().set(p.value() + number)).map(drop)
        }
        Work::BulkUpdate => {
            let Some(folder) = newest(db)? else { return Ok(()) };
            let mut papers = Paper::objects().filter(|p| p.folder().eq(&folder)).all(db)?;
            papers.iter_mut().for_each(|paper| paper.value = number + paper.part);
            Paper::objects().bulk_update(db, &papers, |p| p.value()).map(drop)
        }
    }
}

/// Writes until it is killed, from the number it is given on.
pub fn child() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap();
    let first: i64 = arguments.next().unwrap().parse().unwrap();
    let db = Database::open(path).unwrap();
    let mut out = std::io::stdout().lock();
    for number in first.. {
        work(&db, number).unwrap();
        // One call of the system: a line is there as a whole, or not.
        out.write_all(format!("{number}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

/// What is found after one kill.
fn checked(path: &Path) -> State {
    let db = Database::open(path).unwrap();
    let (integrity, dangling) = db
        .raw(|c| {
            let integrity: String = c.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
            Ok((integrity, c.prepare("PRAGMA foreign_key_check")?.exists([])?))
        })
        .unwrap();
    assert_eq!((integrity.as_str(), dangling), ("ok", false), "integrity_check and foreign_key_check after a kill");
    State::read(&db).unwrap()
}

/// Starts the writer and kills it; says the last number it has told.
fn run_and_kill(path: &Path, first: i64, random: &mut Random) -> i64 {
    let mut child = spawn("kill", &[path.to_str().unwrap(), &first.to_string()]);
    let out = BufReader::new(child.stdout.take().unwrap());
    let (tell, told) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut last = None;
        for line in out.lines().map_while(std::io::Result::ok) {
            last = line.parse::<i64>().ok().or(last);
            // Nobody may be waiting for it.
            let _ = tell.send(());
        }
        last
    });
    // Mostly when it writes already, and at times while it starts and plays the log of the last one back.
    if random.below(5) > 0 {
        let _ = told.recv_timeout(Duration::from_secs(60));
    }
    thread::sleep(Duration::from_micros(random.below(40_000)));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "the writer has ended by itself");
    reader.join().unwrap().unwrap_or(first - 1)
}

pub fn parent() {
    let kills = setting("EAGER_ORM_KILLS", 40, 200);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.db");
    {
        let db = Database::open(&path).unwrap();
        db.create_tables(models![Folder, Paper, Note, Counter]).unwrap();
        Counter::create().value(0).save(&db).unwrap();
    }
    let mut random = Random::new(kills);
    let (mut state, mut done) = (State::default(), 0);
    let (mut acknowledged, mut unacknowledged, mut lost, mut torn) = (0, 0, 0, 0);
    for _ in 0..kills {
        let last = run_and_kill(&path, done + 1, &mut random);
        let found = checked(&path);
        let known = done;
        // The last one that was told is what is expected; one more may be there, as a whole.
        let mut at = (state == found).then_some(known);
        while done <= last {
            done += 1;
            state.advance(done);
            if state == found && at.is_none_or(|at| at < last) {
                at = Some(done);
            }
        }
        acknowledged += last - known;
        match at {
            Some(at) => {
                lost += (last - at).max(0);
                unacknowledged += (at - last).max(0);
                if at <= last {
                    // The one after the last has not happened. What was lost is not made up for.
                    state = found;
                    done = last;
                }
            }
            None => {
                torn += 1;
                (state, done) = (found, last + 1);
            }
        }
    }
    println!(
        "kill: {kills} kills, {acknowledged} acknowledged, {lost} lost, {torn} torn ({unacknowledged} committed and not yet told)"
    );
    assert_eq!((lost, torn), (0, 0));
    assert!(acknowledged > kills as i64, "the writer has hardly written");
}
