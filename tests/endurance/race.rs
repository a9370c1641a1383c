//! Eight threads and eight more in a second process that all want the same rows: whoever asks first creates, everybody gets.
//!
//! Rows that are unique by a field, by their key of two columns, and by nothing but the condition, by `get_or_create`; and rows
//! that everybody counts up, by `update_or_create`.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Barrier;
use std::thread;

use eager_orm::Result;
use eager_orm::prelude::*;

use crate::{setting, spawn};

const THREADS: i64 = 8;
const PROCESSES: i64 = 2;

#[derive(Model, Debug)]
struct Label {
    id: i64,
    #[field(unique)]
    name: String,
}

/// Nothing in it is unique but its key.
#[derive(Model, Debug)]
struct Remark {
    id: i64,
    text: String,
}

#[derive(Model, Debug)]
#[model(primary_key = "label, number")]
struct Part {
    label: ForeignKey<Label>,
    number: i64,
}

#[derive(Model, Debug)]
struct Tally {
    id: i64,
    #[field(unique)]
    number: i64,
    hits: i64,
    #[field(version)]
    version: i64,
}

/// How many rows of each model were created.
type Created = [u64; 4];

fn sum(one: Created, other: Created) -> Created {
    std::array::from_fn(|kind| one[kind] + other[kind])
}

/// Asks for the rows of one number.
fn ask(db: &Database, number: i64) -> Result<Created> {
    let name = format!("n{number}");
    let (label, label_created) =
        Label::objects().get_or_create(db, |l| l.name().eq(&*name), Label::create().name(&*name))?;
    let (remark, remark_created) =
        Remark::objects().get_or_create(db, |r| r.text().eq(&*name), Remark::create().text(&*name))?;
    let part = Part::create().label(&label).number(number);
    let these = |p: Fields<Part>| p.label().eq(&label) & p.number().eq(number);
    let (part, part_created) = Part::objects().get_or_create(db, these, part)?;
    let new = Tally::create().number(number).hits(1);
    let (tally, tally_created) =
        Tally::objects().update_or_create(db, |t| t.number().eq(number), |t| t.hits().set(t.hits() + 1), new)?;
    assert_eq!((&*label.name, &*remark.text, part.key()), (&*name, &*name, (label.id, number)));
    assert_eq!((tally.number, tally.hits), (number, tally.version));
    Ok([label_created, remark_created, part_created, tally_created].map(u64::from))
}

/// Eight threads that all ask for the same rows, number by number.
fn race(db: &Database, numbers: i64) -> Created {
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut created = Created::default();
                    for number in 0..numbers {
                        start.wait();
                        created = sum(created, ask(db, number).unwrap());
                    }
                    created
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Created::default(), sum)
    })
}

/// The second process: it is ready, waits for the word, and tells what it has created.
pub fn child() {
    let mut arguments = std::env::args().skip(1);
    let (path, numbers) = (arguments.next().unwrap(), arguments.next().unwrap().parse().unwrap());
    let db = Database::open(path).unwrap();
    println!("ready");
    BufReader::new(std::io::stdin()).read_line(&mut String::new()).unwrap();
    println!("{}", race(&db, numbers).map(|created| created.to_string()).join(" "));
}

pub fn parent() {
    let numbers = setting("EAGER_ORM_RACES", 40, 300) as i64;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("race.db");
    let db = Database::open(&path).unwrap();
    db.create_tables(models![Label, Remark, Part, Tally]).unwrap();
    let mut other = spawn("race", &[path.to_str().unwrap(), &numbers.to_string()]);
    let mut told = BufReader::new(other.stdout.take().unwrap());
    told.read_line(&mut String::new()).unwrap();
    other.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    let here = race(&db, numbers);
    let mut text = String::new();
    told.read_to_string(&mut text).unwrap();
    assert!(other.wait().unwrap().success(), "the second process has failed");
    let there: Vec<u64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let there: Created = there.try_into().unwrap();
    let created = sum(here, there);
    println!(
        "race: {} asked for each of {numbers} rows of 4 models in {PROCESSES} processes; created {created:?}, of them {there:?} \
         in the second",
        THREADS * PROCESSES,
    );
    assert_eq!(created, [numbers as u64; 4], "each row was created once");
    let counts = [
        Label::objects().count(&db).unwrap(),
        Remark::objects().count(&db).unwrap(),
        Part::objects().count(&db).unwrap(),
        Tally::objects().count(&db).unwrap(),
    ];
    assert_eq!(counts, created, "and is there once");
    for tally in Tally::objects().all(&db).unwrap() {
        assert_eq!((tally.hits, tally.version), (THREADS * PROCESSES, THREADS * PROCESSES), "no count was lost");
    }
}
