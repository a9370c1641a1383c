//! The report of a capture: each of eight faults is found, with the line of the query, the line of the touch and the
//! call to write; nothing is found in eight programs that load as they should.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Finding, FindingKind, Log, Result};

/// Five authors of two books each, two reviews a book, one user, one tag on each book.
fn five_authors() -> Result<Database> {
    let db = empty();
    let user = User::create().email("u").save(&db)?;
    let tag = Tag::create().name("t").save(&db)?;
    for i in 0..5 {
        let author = Author::create().name(format!("A{i}")).save(&db)?;
        for j in 0..2 {
            let mut book =
                Book::create().title(format!("B{i}{j}")).author(&author).price(1.0).summary("long").save(&db)?;
            book.tags.add(&db, [&tag])?;
            for stars in 1..=2 {
                Review::create().stars(stars).text("x").book(&book).user(&user).save(&db)?;
            }
        }
    }
    Ok(db)
}

fn captured(db: &Database, f: impl FnOnce(&Database) -> Result<()>) -> Log {
    let (done, log) = db.capture(f);
    done.unwrap();
    log
}

/// The only finding of a log.
fn only(log: &Log) -> &Finding {
    assert_eq!(log.findings().len(), 1, "{}", log.report());
    &log.findings()[0]
}

#[test]
fn a_foreign_key_loaded_one_by_one() -> Result<()> {
    let db = five_authors()?;
    let (query, touch) = (line!() + 2, line!() + 3);
    let log = captured(&db, |db| {
        for book in Book::objects().defer(|b| b.summary()).fetch_mode(FetchMode::One).all(db)? {
            book.author.get(db)?;
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.kind, finding.what.as_str(), finding.times), (FindingKind::OneByOne, "Book.author", 10));
    assert_eq!((finding.query.line(), finding.touch.unwrap().line()), (query, touch));
    assert!(finding.query.file().ends_with("report.rs"));
    assert_eq!(
        finding.fix,
        "add `.select_related(|b| b.author())` or `.prefetch_related(|b| b.author())` to the query"
    );
    Ok(())
}

#[test]
fn a_to_many_relation_loaded_one_by_one() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        for author in Author::objects().fetch_mode(FetchMode::One).all(db)? {
            for book in author.books.all(db)? {
                book.summary.loaded();
            }
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.what.as_str(), finding.times), ("Author.books", 5));
    assert_eq!(finding.fix, "add `.prefetch_related(|a| a.books())` to the query");
    Ok(())
}

#[test]
fn a_nested_relation_loaded_one_by_one_names_the_whole_path() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        let authors = Author::objects().prefetch_related(|a| a.books().defer(|b| b.summary()));
        for author in authors.fetch_mode(FetchMode::One).all(db)? {
            for book in author.books.all(db)? {
                book.tags.all(db)?;
            }
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.what.as_str(), finding.times), ("Book.tags", 10));
    assert_eq!(finding.fix, "add `.prefetch_related(|a| a.books().tags())` to the query");
    Ok(())
}

#[test]
fn a_deferred_column_loaded_one_by_one() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        for book in Book::objects().defer(|b| b.summary()).fetch_mode(FetchMode::One).all(db)? {
            book.summary.get(db)?;
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.what.as_str(), finding.times), ("Book.summary", 10));
    assert!(finding.fix.contains(".defer(|b| b.summary())"), "{}", finding.fix);
    Ok(())
}

#[test]
fn the_same_statement_with_the_same_binds() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        for _ in 0..3 {
            Book::objects().filter(|b| b.title().eq("B00")).count(db)?;
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.kind, finding.times), (FindingKind::SameAgain, 3));
    assert!(finding.what.starts_with("SELECT count(*)"));
    Ok(())
}

#[test]
fn a_prefetch_nobody_reads() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        Author::objects().prefetch_related(|a| a.books().reviews()).all(db)?;
        Ok(())
    });
    // What hangs on it is not a finding of its own, and a column of it is none either.
    let finding = only(&log);
    assert_eq!((finding.kind, finding.what.as_str()), (FindingKind::UnreadRelation, "Author.books"));
    assert_eq!(finding.fix, "remove `.prefetch_related(|a| a.books())`");
    Ok(())
}

#[test]
fn a_join_nobody_reads() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        for review in Review::objects().select_related(|r| (r.book().author(), r.user())).all(db)? {
            let book = review.book.get(db)?;
            assert!(book.summary.loaded().is_some() && book.author.get(db)?.id > 0);
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.kind, finding.what.as_str()), (FindingKind::UnreadRelation, "Review.user"));
    assert_eq!(finding.fix, "remove `.select_related(|r| r.user())`");
    Ok(())
}

#[test]
fn a_column_nobody_reads() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        for book in Book::objects().all(db)? {
            assert!(!book.title.is_empty());
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.kind, finding.what.as_str()), (FindingKind::UnreadColumn, "Book.summary"));
    assert_eq!(finding.fix, "add `.defer(|b| b.summary())` to the query");
    Ok(())
}

#[test]
fn a_column_nobody_reads_of_rows_that_were_prefetched_or_joined() -> Result<()> {
    let db = five_authors()?;
    let log = captured(&db, |db| {
        for author in Author::objects().prefetch_related(|a| a.books()).all(db)? {
            assert_eq!(author.books.all(db)?.len(), 2);
        }
        Ok(())
    });
    assert_eq!(only(&log).fix, "add `.defer(|b| b.summary())` to the prefetch, `|a| a.books()`");
    assert_no_findings!(db, {
        for author in Author::objects().prefetch_related(|a| a.books().defer(|b| b.summary())).all(&db)? {
            assert_eq!(author.books.all(&db)?.len(), 2);
        }
    });
    let log = captured(&db, |db| {
        for review in Review::objects().select_related(|r| r.book()).all(db)? {
            assert!(!review.book.get(db)?.title.is_empty());
        }
        Ok(())
    });
    assert_eq!(only(&log).fix, "add `.defer(|r| r.book().summary())` to the query");
    assert_no_findings!(db, {
        let reviews = Review::objects().select_related(|r| r.book()).defer(|r| r.book().summary());
        for review in reviews.all(&db)? {
            assert!(!review.book.get(&db)?.title.is_empty());
        }
    });
    // Joined inside of a prefetch.
    let log = captured(&db, |db| {
        let users = User::objects().prefetch_related(|u| u.reviews().select_related(|r| r.book()));
        for user in users.all(db)? {
            for review in user.reviews.all(db)? {
                assert!(!review.book.get(db)?.title.is_empty());
            }
        }
        Ok(())
    });
    assert_eq!(only(&log).fix, "add `.defer(|r| r.book().summary())` to the prefetch, `|u| u.reviews()`");
    Ok(())
}

#[test]
fn what_is_said_of_a_slot_is_said_of_the_prefetch_that_goes_there() -> Result<()> {
    let db = five_authors()?;
    let best = || Book::objects().only(|_| ()).prefetch_related(|b| b.reviews().limit(1).to(|b| b.top_reviews()));
    let log = captured(&db, |db| {
        for book in best().fetch_mode(FetchMode::One).all(db)? {
            assert!(book.top_reviews.get()?[0].user.get(db)?.is_some());
        }
        Ok(())
    });
    let expected = "add `.select_related(|r| r.user())` or `.prefetch_related(|r| r.user())` \
                    to the prefetch to `|b| b.top_reviews()`";
    assert_eq!((only(&log).what.as_str(), only(&log).fix.as_str()), ("Review.user", expected));
    let log = captured(&db, |db| best().all(db).map(drop));
    assert_eq!(only(&log).fix, "remove the prefetch to `|b| b.top_reviews()`");
    // Two levels down, and what hangs on the slot is no finding of its own.
    let log = captured(&db, |db| {
        let authors = Author::objects().prefetch_related(|a| {
            a.books()
                .only(|_| ())
                .prefetch_related(|b| b.reviews().limit(1).prefetch_related(|r| r.user()).to(|b| b.top_reviews()))
        });
        authors.all(db)?.iter().try_for_each(|author| author.books.all(db).map(drop))
    });
    assert_eq!(only(&log).fix, "remove the prefetch to `|a| a.books().top_reviews()`");
    let long = |defer: bool| {
        Author::objects().prefetch_related(move |a| {
            let books = a.books().limit(1).prefetch_related(|b| b.tags());
            if defer { books.defer(|b| b.summary()) } else { books }.to(|a| a.long_books())
        })
    };
    let log = captured(&db, |db| long(false).all(db)?.iter().try_for_each(|author| author.long_books.get().map(drop)));
    let fixes: Vec<_> = log.findings().iter().map(|finding| finding.fix.as_str()).collect();
    let expected = [
        "add `.defer(|b| b.summary())` to the prefetch to `|a| a.long_books()`",
        "remove `.prefetch_related(|b| b.tags())` from the prefetch to `|a| a.long_books()`",
    ];
    assert_eq!(fixes, expected);
    assert_no_findings!(db, {
        for author in long(true).all(&db)? {
            author.long_books.get()?[0].tags.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn rows_that_were_loaded_before_the_capture_are_watched_when_they_are_touched() -> Result<()> {
    let db = five_authors()?;
    let query = line!() + 1;
    let authors = Author::objects().fetch_mode(FetchMode::One).all(&db)?;
    let touch = line!() + 3;
    let log = captured(&db, |db| {
        for author in &authors {
            author.books.all(db)?;
        }
        Ok(())
    });
    let finding = only(&log);
    assert_eq!((finding.kind, finding.what.as_str(), finding.times), (FindingKind::OneByOne, "Author.books", 5));
    assert_eq!((finding.query.line(), finding.touch.unwrap().line()), (query, touch));
    assert_eq!(
        finding.fix,
        "add `.prefetch_related(|a| a.books())` where the rows are loaded, \
         or call `prefetch_related_objects(&db, &rows, |a| a.books())`"
    );
    // So are rows that were created.
    let tags = Tag::objects().bulk_create((0..3).map(|i| Tag::create().name(format!("new {i}"))));
    let tags = db.with_fetch_mode(FetchMode::One, |db| tags.run(db))?;
    let log = captured(&db, |db| tags.iter().try_for_each(|tag| tag.books.all(db).map(drop)));
    assert_eq!((only(&log).what.as_str(), only(&log).times), ("Tag.books", 3));
    assert_num_queries!(db, 0, { prefetch_related_objects(&db, &tags, |t| t.books())? });
    Ok(())
}

#[test]
fn a_batch_that_asks_for_the_same_rows_again_is_a_correct_batch() -> Result<()> {
    let db = empty();
    let users = User::objects().bulk_create((0..10).map(|i| User::create().email(format!("u{i}")))).run(&db)?;
    let book = Book::create().title("B").author(&Author::create().name("A").save(&db)?).price(1.0).summary("");
    let book = book.save(&db)?;
    let review = |i: usize| Review::create().stars(1).text("x").book(&book).user(&users[i % 10]);
    Review::objects().bulk_create((0..2_500).map(review)).run(&db)?;
    // Three chunks of reviews by the same ten users of the same book.
    let loop_over = |reviews: QuerySet<Review>| {
        db.read(|snapshot| {
            for review in reviews.iter(snapshot)? {
                let review = review?;
                assert!(review.user.get(snapshot)?.is_some() && review.book.get(snapshot)?.summary.loaded().is_some());
            }
            Ok(())
        })
    };
    assert_no_findings!(db, { assert_num_queries!(db, 1 + 3 * 2, { loop_over(Review::objects())? }) });
    let prefetched = Review::objects().prefetch_related(|r| (r.user(), r.book()));
    assert_no_findings!(db, { assert_num_queries!(db, 1 + 3 * 2, { loop_over(prefetched)? }) });
    // The parts that the cap cuts.
    let capped = eager_orm::DatabaseBuilder::in_memory().peer_cap(10).open()?;
    create_tables(&capped);
    let ann = Author::create().name("Ann").save(&capped)?;
    let book = |i: i32| Book::create().title(format!("B{i}")).author(&ann).price(1.0).summary("");
    Book::objects().bulk_create((0..30).map(book)).run(&capped)?;
    assert_no_findings!(capped, {
        let books = Book::objects().only(|_| ()).all(&capped)?;
        assert_num_queries!(capped, 3, { books.iter().try_for_each(|book| book.author.get(&capped).map(drop))? });
    });
    Ok(())
}

#[test]
fn a_join_that_finds_nobody_is_not_blamed_on_those_who_read_it() -> Result<()> {
    let db = five_authors()?;
    // No book has a publisher, so there is no handle to read.
    assert_no_findings!(db, {
        let books = Book::objects().only(|_| ()).select_related(|b| b.publisher());
        for book in books.prefetch_related(|b| b.publisher().books()).all(&db)? {
            assert!(book.publisher.get(&db)?.is_none());
        }
    });
    assert_no_findings!(db, {
        for user in User::objects().select_related(|u| u.profile().user()).all(&db)? {
            assert!(user.profile.get(&db)?.is_none());
        }
    });
    Ok(())
}

#[test]
fn what_is_asked_again_after_statements_of_ones_own_is_another_question() -> Result<()> {
    let db = five_authors()?;
    assert_no_findings!(db, {
        Tag::objects().count(&db)?;
        db.raw(|connection| connection.execute("INSERT INTO tag (name) VALUES ('raw')", []))?;
        Tag::objects().count(&db)?;
    });
    let log = captured(&db, |db| {
        for _ in 0..2 {
            let chiefs = Employee::objects().filter(|e| e.reports_to().is_null());
            chiefs.descendants(|e| e.reports(), None).count(db)?;
        }
        Ok(())
    });
    assert_eq!((only(&log).kind, only(&log).times), (FindingKind::SameAgain, 2));
    Ok(())
}

#[test]
fn a_report_is_a_scope_of_its_own() -> Result<()> {
    let db = five_authors()?;
    let work = |db: &Database| -> Result<usize> {
        let books = Book::objects().fetch_mode(FetchMode::One).all(db)?;
        books.iter().map(|book| Ok(book.author.get(db)?.name.len())).sum()
    };
    let ((letters, report), log) = db.capture(|db| db.report(work));
    assert_eq!(letters?, 10 * 2);
    // The capture around it sees the same, and the statements besides.
    assert_eq!((report.to_string(), log.len()), (log.report().to_string(), 11));
    let kinds: Vec<_> = report.findings().iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [FindingKind::OneByOne, FindingKind::UnreadColumn]);
    // Every thread that uses the handle is in it.
    let (done, report) = db.report(|db| std::thread::scope(|scope| scope.spawn(|| work(db)).join().unwrap()));
    assert_eq!((done?, report.findings().len()), (20, 2));
    let (done, report) = db.report(|db| {
        for book in Book::objects().only(|_| ()).all(db)? {
            book.author.get(db)?;
        }
        Ok::<_, eager_orm::Error>(())
    });
    done?;
    assert!(report.is_empty() && report.to_string() == "0 findings", "{report}");
    Ok(())
}

#[test]
fn programs_that_load_as_they_should_have_no_findings() -> Result<()> {
    let db = five_authors()?;
    // Peers.
    assert_no_findings!(db, {
        for author in Author::objects().all(&db)? {
            for book in author.books.all(&db)? {
                book.summary.get(&db)?;
                for review in book.reviews.all(&db)? {
                    review.user.get(&db)?;
                }
            }
        }
    });
    // Prefetched, below a join, into a slot.
    assert_no_findings!(db, {
        let books = Book::objects()
            .only(|_| ())
            .select_related(|b| b.author())
            .prefetch_related(|b| (b.author().books(), b.reviews().limit(1).to(|b| b.top_reviews())));
        for book in books.all(&db)? {
            assert_eq!(book.top_reviews.get()?.len(), 1);
            for other in book.author.get(&db)?.books.all(&db)? {
                other.summary.loaded();
            }
        }
    });
    // A stream in chunks.
    assert_no_findings!(db, {
        db.read(|snapshot| {
            for author in Author::objects().prefetch_related(|a| a.books().tags()).iter(snapshot)? {
                for book in author?.books.all(snapshot)? {
                    book.summary.loaded();
                    book.tags.all(snapshot)?;
                }
            }
            Ok(())
        })?
    });
    // One row and its relations, under any mode.
    assert_no_findings!(db, {
        let author = Author::objects().fetch_mode(FetchMode::One).first(&db)?.unwrap();
        let book = &author.books.all(&db)?[0];
        book.summary.get(&db)?;
        book.tags.all(&db)?;
    });
    // The same statement after a write.
    assert_no_findings!(db, {
        Tag::objects().count(&db)?;
        Tag::create().name("new").save(&db)?;
        Tag::objects().count(&db)?;
    });
    // The same statement with other binds.
    assert_no_findings!(db, {
        for key in 1..=5 {
            Author::objects().find(&db, key)?;
        }
    });
    // Values and aggregates have no relations.
    assert_no_findings!(db, {
        Book::objects().values_list(|b| (b.title(), b.author().name())).all(&db)?;
        Book::objects().exists(&db)?;
    });
    // Serialising reads what is loaded, and rows in hand are prefetched once.
    assert_no_findings!(db, {
        let authors = Author::objects().all(&db)?;
        prefetch_related_objects(&db, &authors, |a| a.books())?;
        for author in &authors {
            for book in author.books.loaded().unwrap() {
                serde_json::to_string(&book.summary).unwrap();
            }
        }
    });
    Ok(())
}

#[test]
fn the_assertion_fails_with_the_report() {
    let db = five_authors().unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        (|| -> Result<()> {
            assert_no_findings!(db, {
                for book in Book::objects().fetch_mode(FetchMode::One).all(&db)? {
                    book.author.get(&db)?;
                }
            });
            Ok(())
        })()
        .unwrap();
    }));
    let message = *caught.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("1. Book.author was loaded one by one, 10 times"), "{message}");
    assert!(message.contains("2. the column Book.summary was loaded, and nobody read it"), "{message}");
    assert!(message.contains("tests/suite/report.rs:"), "{message}");
}

#[test]
fn what_was_read_before_a_rollback_may_be_read_again() -> Result<()> {
    let db = library();
    let ((), log) = db.capture(|db| {
        let _ = db.transaction(|tx| {
            Tag::create().name("new").save(tx)?;
            assert_eq!(Tag::objects().count(tx)?, 5);
            Err::<(), _>(eager_orm::Error::Closed)
        });
        assert_eq!(Tag::objects().count(db).unwrap(), 4);
    });
    assert!(log.findings().is_empty(), "{}", log.report());
    Ok(())
}
