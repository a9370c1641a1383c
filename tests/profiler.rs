//! The profiler finds what is planted, on the right line and with the right words, and says nothing of what is well made.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use eager_orm::prelude::*;
use eager_orm::{DatabaseBuilder, FindingKind, Profile};

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub pages: i32,
    pub price: f64,
    #[field(index)]
    pub shelf: i32,
    pub author: ForeignKey<Author>,
    pub summary: Deferred<String>,
    pub tags: ManyToMany<Tag>,
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
pub struct Tag {
    pub id: i64,
    #[field(unique)]
    pub name: String,
}

/// Its table is not made by the model, and has no index.
#[derive(Model, Debug)]
pub struct Note {
    pub id: i64,
    pub text: String,
    #[relation(constraint = false)]
    pub book: ForeignKey<Book>,
}

const BOOKS: i32 = 3_000;

fn library() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Author, Book, Tag]).unwrap();
    db.raw(|c| {
        c.execute_batch(
            "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL, book_id INTEGER NOT NULL) STRICT",
        )
    })
    .unwrap();
    let authors = Author::objects().bulk_create((0..30).map(|n| Author::create().name(format!("author {n}"))));
    let authors = authors.run(&db).unwrap();
    let books = (0..BOOKS).map(|n| {
        let author = &authors[usize::try_from(n).unwrap() % authors.len()];
        let title = format!("book {}", (n * 7919) % BOOKS);
        Book::create()
            .title(title)
            .pages(n % 500)
            .price(f64::from((n * 31) % 1000))
            .shelf(n % 300)
            .author(author)
            .summary("..")
    });
    let mut books = Book::objects().bulk_create(books).run(&db).unwrap();
    let tag = Tag::create().name("sf").save(&db).unwrap();
    for book in books.iter_mut().take(20) {
        book.tags.add(&db, [&tag]).unwrap();
    }
    let notes = books.iter().map(|book| Note::create().text(format!("about {}", book.id)).book(book));
    Note::objects().bulk_create(notes).run(&db).unwrap();
    db
}

fn shelf() -> QuerySet<Book> {
    Book::objects().filter(|b| b.shelf().eq(3)).defer(|b| b.summary())
}

type Program = fn(&Database) -> eager_orm::Result<u32>;

/// Something that is done badly, how it is called, and the same done well. The programs return the line of their query.
struct Fault {
    kind: FindingKind,
    what: &'static str,
    fix: &'static str,
    bad: Program,
    good: Program,
    /// The index that is missing.
    index: Option<&'static str>,
}

const FAULTS: &[Fault] = &[
    Fault {
        kind: FindingKind::OneByOne,
        what: "Book.author",
        fix: "add `.select_related(|b| b.author())` or `.prefetch_related(|b| b.author())` to the query",
        bad: |db| {
            let line = line!() + 1;
            for book in shelf().fetch_mode(FetchMode::One).all(db)? {
                assert!(book.author.get(db)?.name.starts_with("author"));
            }
            Ok(line)
        },
        good: |db| {
            for book in shelf().fetch_mode(FetchMode::One).prefetch_related(|b| b.author()).all(db)? {
                assert!(book.author.get(db)?.name.starts_with("author"));
            }
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::OneByOne,
        what: "Author.books",
        fix: "add `.prefetch_related(|a| a.books())` to the query",
        bad: |db| {
            let line = line!() + 1;
            for author in Author::objects().fetch_mode(FetchMode::One).all(db)? {
                let longest = author.books.all(db)?.iter().map(|book| book.summary.loaded().map(String::len)).max();
                assert!(longest.is_some());
            }
            Ok(line)
        },
        good: |db| {
            for author in Author::objects().fetch_mode(FetchMode::One).prefetch_related(|a| a.books()).all(db)? {
                let longest = author.books.all(db)?.iter().map(|book| book.summary.loaded().map(String::len)).max();
                assert!(longest.is_some());
            }
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::OneByOne,
        what: "Book.tags",
        fix: "add `.prefetch_related(|b| b.tags())` to the query",
        bad: |db| {
            let line = line!() + 1;
            for book in shelf().fetch_mode(FetchMode::One).all(db)? {
                book.tags.all(db)?;
            }
            Ok(line)
        },
        good: |db| {
            for book in shelf().fetch_mode(FetchMode::One).prefetch_related(|b| b.tags()).all(db)? {
                book.tags.all(db)?;
            }
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::OneByOne,
        what: "Book.summary",
        fix: "leave it out of `.defer(|b| b.summary())`, or name it in `.only(|b| b.summary())`",
        bad: |db| {
            let line = line!() + 1;
            for book in shelf().fetch_mode(FetchMode::One).all(db)? {
                book.summary.get(db)?;
            }
            Ok(line)
        },
        good: |db| {
            for book in shelf().only(|b| b.summary()).fetch_mode(FetchMode::One).all(db)? {
                book.summary.get(db)?;
            }
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::SameAgain,
        what: "SELECT count(*) FROM \"author\"",
        fix: "keep the first answer",
        bad: |db| {
            let mut line = 0;
            for _ in 0..3 {
                line = line!() + 1;
                Author::objects().count(db)?;
            }
            Ok(line)
        },
        good: |db| {
            let count = Author::objects().count(db)?;
            assert_eq!((count, count, count), (30, 30, 30));
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::UnreadRelation,
        what: "Book.author",
        fix: "remove `.select_related(|b| b.author())`",
        bad: |db| {
            let line = line!() + 1;
            let books = shelf().select_related(|b| b.author()).all(db)?;
            assert!(books.iter().all(|book| book.shelf == 3));
            Ok(line)
        },
        good: |db| {
            assert!(shelf().all(db)?.iter().all(|book| book.shelf == 3));
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::UnreadRelation,
        what: "Book.tags",
        fix: "remove `.prefetch_related(|b| b.tags())`",
        bad: |db| {
            let line = line!() + 1;
            let books = shelf().prefetch_related(|b| b.tags()).all(db)?;
            assert!(books.iter().all(|book| book.shelf == 3));
            Ok(line)
        },
        good: |db| {
            for book in shelf().prefetch_related(|b| b.tags()).all(db)? {
                book.tags.all(db)?;
            }
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::UnreadColumn,
        what: "Book.summary",
        fix: "add `.defer(|b| b.summary())` to the query",
        bad: |db| {
            let line = line!() + 1;
            let books = Book::objects().filter(|b| b.shelf().eq(3)).all(db)?;
            assert!(books.iter().all(|book| book.shelf == 3));
            Ok(line)
        },
        good: |db| {
            let books = Book::objects().filter(|b| b.shelf().eq(3)).defer(|b| b.summary()).all(db)?;
            assert!(books.iter().all(|book| book.shelf == 3));
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::FullScan,
        what: "Book",
        fix: "add `#[field(index)]` to `Book.pages`: CREATE INDEX IF NOT EXISTS \"book_pages_idx\" ON \"book\" (\"pages\")",
        bad: |db| {
            let line = line!() + 1;
            let books = Book::objects().filter(|b| b.pages().eq(77)).defer(|b| b.summary()).all(db)?;
            assert_eq!(books.len(), 6);
            Ok(line)
        },
        good: |db| {
            let books = Book::objects().filter(|b| b.pages().eq(77)).defer(|b| b.summary()).all(db)?;
            assert_eq!(books.len(), 6);
            Ok(0)
        },
        index: Some("CREATE INDEX \"book_pages_idx\" ON \"book\" (\"pages\")"),
    },
    Fault {
        kind: FindingKind::Sort,
        what: "Book",
        fix: "add `#[field(index)]` to `Book.price`: CREATE INDEX IF NOT EXISTS \"book_price_idx\" ON \"book\" (\"price\")",
        bad: |db| {
            let line = line!() + 1;
            let dearest = Book::objects().order_by(|b| b.price().desc()).limit(3).defer(|b| b.summary()).all(db)?;
            assert_eq!(dearest.len(), 3);
            Ok(line)
        },
        good: |db| {
            let dearest = Book::objects().order_by(|b| b.price().desc()).limit(3).defer(|b| b.summary()).all(db)?;
            assert_eq!(dearest.len(), 3);
            Ok(0)
        },
        index: Some("CREATE INDEX \"book_price_idx\" ON \"book\" (\"price\")"),
    },
    Fault {
        kind: FindingKind::AutomaticIndex,
        what: "Note",
        fix: "add `index(fields = \"book\")` to the `#[model(..)]` of `Note`: \
              CREATE INDEX IF NOT EXISTS \"note_book_id_idx\" ON \"note\" (\"book_id\")",
        bad: |db| {
            let text = "SELECT \"note\".\"id\", \"note\".\"text\", \"note\".\"book_id\" FROM \"book\" \
                        LEFT JOIN \"note\" ON \"note\".\"book_id\" = \"book\".\"id\" WHERE \"book\".\"shelf\" < ?1";
            let line = line!() + 1;
            let notes = Note::raw(text, (200_i64,)).all(db)?;
            assert_eq!(notes.len(), 2000);
            Ok(line)
        },
        good: |db| {
            let text = "SELECT \"note\".\"id\", \"note\".\"text\", \"note\".\"book_id\" FROM \"book\" \
                        LEFT JOIN \"note\" ON \"note\".\"book_id\" = \"book\".\"id\" WHERE \"book\".\"shelf\" < ?1";
            assert_eq!(Note::raw(text, (200_i64,)).all(db)?.len(), 2000);
            Ok(0)
        },
        index: Some("CREATE INDEX \"note_book_id_idx\" ON \"note\" (\"book_id\")"),
    },
    Fault {
        kind: FindingKind::FullScan,
        what: "Note",
        fix: "add `index(fields = \"book\")` to the `#[model(..)]` of `Note`: \
              CREATE INDEX IF NOT EXISTS \"note_book_id_idx\" ON \"note\" (\"book_id\")",
        bad: |db| {
            let line = line!() + 1;
            let notes = Note::objects().filter(|n| n.book().eq(77)).all(db)?;
            assert_eq!(notes.len(), 1);
            Ok(line)
        },
        good: |db| {
            assert_eq!(Note::objects().filter(|n| n.book().eq(77)).all(db)?.len(), 1);
            Ok(0)
        },
        index: Some("CREATE INDEX \"note_book_id_idx\" ON \"note\" (\"book_id\")"),
    },
    Fault {
        kind: FindingKind::InLoop,
        what: "SELECT \"author\".\"id\", \"author\".\"name\" FROM \"author\" WHERE \"author\".\"id\" = ?1",
        fix: "load them before the loop, all at once: `.in_bulk(&db, keys)`",
        bad: |db| {
            let mut line = 0;
            for id in 1..=20 {
                line = line!() + 1;
                assert_eq!(Author::objects().find(db, id)?.id, id);
            }
            Ok(line)
        },
        good: |db| {
            assert_eq!(Author::objects().in_bulk(db, 1..=20)?.len(), 20);
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::InLoop,
        what: "SELECT count(*) FROM \"book\" WHERE \"book\".\"shelf\" = ?1",
        fix: "ask before the loop, for all values at once: \
              `.filter(|b| b.shelf().in_(values)).values_list(|b| b.shelf()).annotate(|b| b.id().count())`",
        bad: |db| {
            let mut line = 0;
            for shelf in 0..20 {
                line = line!() + 1;
                assert_eq!(Book::objects().filter(|b| b.shelf().eq(shelf)).count(db)?, 10);
            }
            Ok(line)
        },
        good: |db| {
            let values: Vec<i32> = (0..20).collect();
            let shelves = Book::objects().filter(|b| b.shelf().in_(values)).values_list(|b| b.shelf());
            assert_eq!(shelves.annotate(|b| b.id().count()).all(db)?.len(), 20);
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::InLoop,
        what: "SELECT count(*) FROM \"book\" WHERE \"book\".\"author_id\" = ?1",
        fix: "count them beside each `Author`: `.annotate(|a| a.books().count())`",
        bad: |db| {
            let mut line = 0;
            for author in Author::objects().all(db)? {
                line = line!() + 1;
                assert_eq!(author.books.query().count(db)?, 100);
            }
            Ok(line)
        },
        good: |db| {
            for (_, books) in Author::objects().annotate(|a| a.books().count()).all(db)? {
                assert_eq!(books, 100);
            }
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::InLoop,
        what: "SELECT sum(\"book\".\"pages\"), max(\"book\".\"price\") FROM \"book\" WHERE \"book\".\"shelf\" = ?1",
        fix: "ask before the loop, for all values at once: `.filter(|b| b.shelf().in_(values))\
              .values_list(|b| b.shelf()).annotate(|b| (b.pages().sum(), b.price().max()))`",
        bad: |db| {
            let mut line = 0;
            for shelf in 0..20 {
                let books = Book::objects().filter(|b| b.shelf().eq(shelf));
                line = line!() + 1;
                books.aggregate(db, |b| (b.pages().sum(), b.price().max()))?;
            }
            Ok(line)
        },
        good: |db| {
            let values: Vec<i32> = (0..20).collect();
            let shelves = Book::objects().filter(|b| b.shelf().in_(values)).values_list(|b| b.shelf());
            assert_eq!(shelves.annotate(|b| (b.pages().sum(), b.price().max())).all(db)?.len(), 20);
            Ok(0)
        },
        index: None,
    },
    Fault {
        kind: FindingKind::InLoop,
        what: "SELECT 1 FROM \"book\" WHERE \"book\".\"shelf\" = ?1 LIMIT ?2",
        fix: "ask before the loop, for all values at once: \
              `.filter(|b| b.shelf().in_(values)).values_list(|b| b.shelf()).distinct()`",
        bad: |db| {
            let mut line = 0;
            for shelf in 290..310 {
                line = line!() + 1;
                assert_eq!(Book::objects().filter(|b| b.shelf().eq(shelf)).exists(db)?, shelf < 300);
            }
            Ok(line)
        },
        good: |db| {
            let values: Vec<i32> = (290..310).collect();
            let shelves = Book::objects().filter(|b| b.shelf().in_(values)).values_list(|b| b.shelf());
            assert_eq!(shelves.distinct().all(db)?.len(), 10);
            Ok(0)
        },
        index: None,
    },
];

#[test]
fn what_is_planted_is_found_and_goes_when_the_advice_is_taken() {
    assert!(FAULTS.len() >= 12);
    for fault in FAULTS {
        let db = library();
        let (line, profile) = db.profile("bad", |db| (fault.bad)(db));
        let (line, profile) = (line.unwrap(), profile.measured(&db));
        let found = format!("{profile}");
        assert_eq!(profile.findings().len(), 1, "{}: {found}", fault.fix);
        let finding = &profile.findings()[0];
        assert_eq!((finding.kind, &*finding.what, &*finding.fix), (fault.kind, fault.what, fault.fix), "{found}");
        assert_eq!((finding.query.file(), finding.query.line()), (file!(), line), "{found}");
        assert_eq!(finding.gain.is_some(), fault.index.is_some(), "{found}");
        if let Some(index) = fault.index {
            assert!(finding.plan.is_some());
            db.raw(|c| c.execute_batch(index)).unwrap();
        }
        let (done, profile) = db.profile("good", |db| (fault.good)(db));
        done.unwrap();
        assert!(profile.findings().is_empty(), "{}: {profile}", fault.fix);
    }
}

/// The advice of a profile that is about indexes.
fn indexes(profile: &Profile) -> Vec<(usize, &str)> {
    let advised =
        profile.findings().iter().filter_map(|finding| Some((finding.times, finding.fix.split_once(": ")?.1)));
    advised.collect()
}

#[test]
fn indexes_that_begin_alike_are_one_finding() {
    const LONG: &str = "CREATE INDEX IF NOT EXISTS \"book_pages_price_idx\" ON \"book\" (\"pages\", \"price\")";
    let db = library();
    let books = |pages: i32| Book::objects().filter(move |b| b.pages().eq(pages)).defer(|b| b.summary());
    let both = |pages: i32| books(pages).filter(|b| b.price().gt(700.0));
    let (_, profile) = db.profile("long first", |db| {
        both(1).all(db).unwrap();
        books(1).all(db).unwrap();
        books(2).all(db).unwrap();
        both(2).all(db).unwrap();
    });
    assert_eq!(indexes(&profile), [(4, LONG)], "{profile}");
    let profile = profile.measured(&db);
    assert_eq!(indexes(&profile), [(4, LONG)], "{profile}");

    // What is there serves what is shorter; what is longer takes its place.
    db.raw(|c| c.execute_batch("CREATE INDEX by_pages ON book (pages)")).unwrap();
    let order = |db: &Database| {
        let shelf = Book::objects().filter(|b| b.pages().gt(0)).order_by(|b| (b.pages(), b.price()));
        shelf.limit(400).defer(|b| b.summary()).all(db).map(drop)
    };
    let (_, profile) = db.profile("longer", order);
    assert_eq!(
        indexes(&profile),
        [(1, &*format!("{LONG}; it serves what \"by_pages\" does, which can go"))],
        "{profile}"
    );
    db.raw(|c| c.execute_batch("CREATE INDEX longest ON book (pages, price, shelf)")).unwrap();
    let (_, profile) = db.profile("there", |db| (books(3).all(db), both(3).all(db), order(db)));
    assert_eq!(indexes(&profile), [], "{profile}");
}

#[test]
fn an_index_that_gains_nothing_leaves_the_shorter_one_to_be_tried() {
    let db = library();
    // What is written there keeps SQLite from using an index on both.
    let text = "SELECT \"book\".* FROM \"book\" NOT INDEXED WHERE \"book\".\"pages\" = ?1 AND \"book\".\"price\" > ?2";
    let (_, profile) = db.profile("both", |db| {
        for pages in 0..3 {
            Book::objects().filter(|b| b.pages().eq(pages)).defer(|b| b.summary()).all(db).unwrap();
        }
        Book::raw(text, (1, 2.0)).all(db).unwrap();
    });
    assert!(indexes(&profile).len() == 1 && indexes(&profile)[0].1.ends_with("(\"pages\", \"price\")"), "{profile}");
    let short = "CREATE INDEX IF NOT EXISTS \"book_pages_idx\" ON \"book\" (\"pages\")";
    let profile = profile.measured(&db);
    assert_eq!(indexes(&profile), [(3, short)], "{profile}");
}

#[test]
fn nothing_is_found_in_what_is_well_made() {
    let programs: &[fn(&Database) -> eager_orm::Result<()>] = &[
        // A loop that asks for nothing: one batch.
        |db| shelf().all(db)?.iter().try_for_each(|book| book.author.get(db).map(drop)),
        // Everything asked for and read.
        |db| {
            for author in Author::objects()
                .prefetch_related(|a| a.books().defer(|b| b.summary()).prefetch_related(|b| b.tags()))
                .all(db)?
            {
                for book in author.books.all(db)? {
                    book.tags.all(db)?;
                }
            }
            Ok(())
        },
        // A small table, read from end to end.
        |db| Author::objects().filter(|a| a.name().eq("author 3")).get(db).map(drop),
        // A long table, read for all of its rows.
        |db| Book::objects().values_list(|b| b.title()).all(db).map(drop),
        // Writes in a transaction, and reads between.
        |db| {
            db.transaction(|tx| {
                let mut before = Author::objects().count(tx)?;
                for _ in 0..3 {
                    Author::create().name("new").save(tx)?;
                    let after = Author::objects().count(tx)?;
                    assert_eq!(after, before + 1);
                    before = after;
                }
                Ok(())
            })
        },
        // Bulk writes.
        |db| {
            let mut books = shelf().all(db)?;
            books.iter_mut().for_each(|book| book.pages += 1);
            Book::objects().bulk_update(db, &books, |b| b.pages()).map(drop)
        },
        // An order that an index has, and a page of it.
        |db| Book::objects().order_by(|b| b.shelf()).limit(10).defer(|b| b.summary()).all(db).map(drop),
        // The whole of a long table in an order: to look up each row by an index takes as long as to sort them.
        |db| Book::objects().order_by(|b| b.price()).defer(|b| b.summary()).all(db).map(drop),
        // A stream with what belongs to it.
        |db| {
            let books = Book::objects().defer(|b| b.summary()).prefetch_related(|b| b.author());
            books.for_each(db, |book| book.author.get(db).map(drop))
        },
    ];
    for (number, program) in programs.iter().enumerate() {
        let db = library();
        let (done, profile) = db.profile("clean", program);
        done.unwrap();
        assert!(profile.findings().is_empty(), "program {number}: {profile}");
    }
}

#[test]
fn shapes_say_what_their_runs_cost() {
    let db = library();
    let (_, profile) = db.profile("shapes", |db| {
        db.transaction(|tx| {
            for shelf in [1, 2, 1] {
                Book::objects().filter(|b| b.shelf().eq(shelf)).count(tx)?;
            }
            Author::create().name("new").save(tx)
        })
    });
    assert_eq!((profile.log().len(), profile.log().transactions(), profile.shapes().len()), (4, 2, 2));
    let count = profile.shapes().iter().find(|shape| shape.sql.contains("count(*)")).unwrap();
    assert_eq!((count.times, count.rows, count.kept), (3, 3, 2));
    assert!(count.p50 <= count.p99 && count.p99 <= count.max && count.max <= count.total);
    assert!(count.counters.vm_steps > 0 && count.counters.full_scan_steps == 0);
    assert!(count.plan.as_deref().unwrap().contains("USING COVERING INDEX book_shelf_idx"));
    assert_eq!(count.lines.len(), 1);
    assert_eq!(count.lines[0].0.file(), file!());
    let json = serde_json::to_value(&profile).unwrap();
    assert_eq!(json["shapes"].as_array().unwrap().len(), 2);
    assert_eq!(json["timeline"].as_array().unwrap().len(), 6);
    let html = profile.to_html();
    assert!(html.contains("COVERING INDEX") && !html.contains("<script") && !html.contains("http"));
}

#[test]
fn what_stands_in_a_statement_is_no_markup_in_the_page() {
    let db = library();
    let (_, profile) =
        db.profile("<script>alert(1)</script>", |db| raw::<String>("SELECT '<b>&\"' WHERE ?1 = ?1", ("<i>",)).all(db));
    let html = profile.to_html();
    assert!(!html.contains("<script>") && !html.contains("<b>") && html.contains("&lt;b&gt;&amp;&quot;"));
}

#[test]
fn scopes_nest_and_the_outer_one_has_everything() {
    let db = library();
    let (inner, outer) = db.profile("outer", |db| {
        Author::objects().count(db).unwrap();
        db.profile("inner", |db| Tag::objects().count(db)).1
    });
    assert_eq!((inner.name(), inner.log().len()), ("inner", 1));
    assert_eq!((outer.name(), outer.log().len()), ("outer", 2), "no plan is asked for in the outer scope");
    assert!(inner.time() <= outer.time());
}

#[test]
fn threads_that_profile_at_once_never_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("threads.db")).unwrap();
    db.create_tables(models![Author, Tag]).unwrap();
    thread::scope(|scope| {
        for number in 0..4_usize {
            let db = &db;
            scope.spawn(move || {
                for _ in 0..50 {
                    let (_, profile) = db.profile("thread", |db| {
                        (0..=number).for_each(|n| drop(Author::objects().filter(|a| a.id().gt(n as i64)).count(db)));
                    });
                    assert_eq!(profile.log().len(), number + 1);
                }
            });
        }
    });
    // What other threads run through the handle of the scope is part of it.
    let (_, profile) = db.profile("across", |db| {
        thread::scope(|scope| drop(scope.spawn(|| Tag::objects().count(db)).join()));
    });
    assert_eq!(profile.log().len(), 1);
}

#[test]
fn a_panic_in_a_scope_leaves_nothing_broken() {
    let db = library();
    let panicked = std::panic::catch_unwind(|| {
        db.profile("panics", |db| {
            Author::objects().count(db).unwrap();
            panic!("in the scope")
        })
    });
    assert!(panicked.is_err());
    let (count, profile) = db.profile("after", |db| Author::objects().count(db));
    assert_eq!((count.unwrap(), profile.log().len()), (30, 1));
}

#[test]
fn slow_statements_are_told_and_fast_ones_are_not() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let tell = move |statement: &eager_orm::Statement| sink.lock().unwrap().push(statement.sql.clone());
    let db = DatabaseBuilder::in_memory().slow_query(Duration::ZERO, tell).open().unwrap();
    db.create_tables(models![Tag]).unwrap();
    told.lock().unwrap().clear();
    Tag::objects().count(&db).unwrap();
    assert_eq!(*told.lock().unwrap(), ["SELECT count(*) FROM \"tag\""]);
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let tell = move |_: &eager_orm::Statement| {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let db = DatabaseBuilder::in_memory().slow_query(Duration::from_secs(60), tell).open().unwrap();
    db.create_tables(models![Tag]).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}
