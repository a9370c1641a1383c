//! Peers: the first lazy access to a relation loads it for every row of the result, in one statement, whatever the
//! order of access, whatever became of the rows, and whoever asks first.

use std::sync::Barrier;

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

const MODELS: &[&eager_orm::ModelMeta] = models![Author, Publisher, Book, Tag, BookTag, Review, User, Profile];

/// `authors` authors of two books each; two reviews a book by ten users, two tags of ten on each book.
fn library(authors: i64) -> Result<Database> {
    let db = eager_orm::DatabaseBuilder::in_memory().fetch_mode(FetchMode::Peers).open()?;
    db.create_tables(MODELS)?;
    fill(&db, authors)?;
    Ok(db)
}

fn fill(db: &Database, authors: i64) -> Result<()> {
    Publisher::objects().bulk_create([Publisher::create().name("Ace")]).run(db)?;
    User::objects().bulk_create((1..=10).map(|i| User::create().email(format!("u{i}")))).run(db)?;
    Profile::objects().bulk_create((1..=5).map(|i| Profile::create().user(i).bio("hello"))).run(db)?;
    Tag::objects().bulk_create((1..=10).map(|i| Tag::create().name(format!("t{i}")))).run(db)?;
    Author::objects().bulk_create((0..authors).map(|i| Author::create().name(format!("Author {i:06}")))).run(db)?;
    let book = |i: i64| {
        let book = Book::create().title(format!("Book {i}")).author(i / 2 + 1).price(1.0).summary("long");
        book.publisher((i % 3 == 0).then_some(1))
    };
    Book::objects().bulk_create((0..authors * 2).map(book)).run(db)?;
    let review = |i: i64| Review::create().stars(3).text("x").book(i / 2 + 1).user((i % 7 != 0).then_some(i % 10 + 1));
    Review::objects().bulk_create((0..authors * 4).map(review)).run(db)?;
    let tag = |i: i64| BookTag::create().book(i / 2 + 1).tag(i % 10 + 1);
    BookTag::objects().bulk_create((0..authors * 4).map(tag)).run(db)?;
    Ok(())
}

/// Plain loops five relations deep, nothing eager asked for. Returns what was seen.
fn walk(db: &dyn Executor, authors: &[Author]) -> Result<usize> {
    let mut seen = 0;
    for author in authors {
        for book in author.books.all(db)? {
            seen += book.title.len() + book.tags.all(db)?.len();
            seen += book.publisher.get(db)?.map_or(0, |publisher| publisher.name.len());
            for review in book.reviews.all(db)? {
                if let Some(user) = review.user.get(db)? {
                    seen += user.email.len() + user.profile.get(db)?.map_or(0, |profile| profile.bio.len());
                }
            }
        }
    }
    Ok(seen)
}

#[test]
fn nested_plain_loops_run_one_statement_a_relation_for_any_number_of_rows() -> Result<()> {
    let mut seen = Vec::new();
    for rows in [10, 10_000] {
        let db = library(rows)?;
        // authors, books, tags, publishers, reviews, users, profiles
        let authors = assert_num_queries!(db, 1, { Author::objects().all(&db)? });
        seen.push(assert_num_queries!(db, 6, { walk(&db, &authors)? }) / rows as usize);
        assert_num_queries!(db, 0, { walk(&db, &authors)? });
    }
    assert!(seen[0] > 0);
    Ok(())
}

#[test]
fn a_foreign_key_is_loaded_for_every_row_and_one_related_row_is_one_instance() -> Result<()> {
    let db = library(100)?;
    let books = Book::objects().order_by(|b| b.id()).all(&db)?;
    assert_num_queries!(db, 1, {
        for book in &books {
            assert_eq!(book.author.get(&db)?.id, *book.author.key());
        }
    });
    assert!(books[0].author.same_row(&books[1].author));
    assert!(!books[0].author.same_row(&books[2].author));
    // NULL in the first rows, and between others.
    let reviews = Review::objects().order_by(|r| r.id()).all(&db)?;
    assert!(reviews[0].user.is_none());
    assert_num_queries!(db, 1, {
        for review in &reviews {
            assert_eq!(review.user.get(&db)?.map(|user| user.id), review.user.key().copied());
        }
    });
    Ok(())
}

#[test]
fn one_author_of_twenty_thousand_books_is_one_instance() -> Result<()> {
    let db = eager_orm::DatabaseBuilder::in_memory().fetch_mode(FetchMode::Peers).open()?;
    db.create_tables(MODELS)?;
    let ann = Author::create().name("Ann").save(&db)?;
    let book = |i| Book::create().title(format!("{i}")).author(&ann).price(1.0).summary("");
    Book::objects().bulk_create((0..20_000).map(book)).run(&db)?;
    let joined = Book::objects().select_related(|b| b.author()).all(&db)?;
    let prefetched = Book::objects().prefetch_related(|b| b.author()).all(&db)?;
    let peers = Book::objects().all(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { peers[0].author.get(&db)?.id }), ann.id);
    for books in [joined, prefetched, peers] {
        assert!(books.iter().all(|book| book.author.same_row(&books[0].author)));
    }
    Ok(())
}

#[test]
fn rows_of_a_stream_that_nobody_has_asked_are_peers_all_the_same() -> Result<()> {
    let db = library(2_500)?;
    // Kept, and asked when all have come.
    let kept: Vec<Author> = db.read(|snapshot| Author::objects().iter(snapshot)?.collect())?;
    let log = db.capture(|db| kept.iter().try_for_each(|author| author.books.all(db).map(drop))).1;
    assert_eq!(log.len(), 3, "one for each 1,000: {log}");
    assert!(
        kept.iter().all(|author| author.books.loaded().unwrap().iter().all(|book| *book.author.key() == author.id))
    );
    // Now and then, while they come: those that have come are its peers, and then there are chunks again.
    for (every, statements) in [(2_499, 1), (1_500, 1), (700, 3), (300, 3), (1, 3)] {
        for by_callback in [false, true] {
            let mut kept: Vec<Author> = Vec::new();
            let ask = |kept: &mut Vec<Author>, author: Author, db: &dyn Executor| {
                kept.push(author);
                match kept.last() {
                    Some(last) if kept.len().is_multiple_of(every) => last.books.all(db).map(drop),
                    _ => Ok(()),
                }
            };
            let log = db.capture(|db| match by_callback {
                true => Author::objects().for_each(db, |author| ask(&mut kept, author, db)),
                false => db.read(|snapshot| {
                    Author::objects().iter(snapshot)?.try_for_each(|author| ask(&mut kept, author?, snapshot))
                }),
            });
            log.0?;
            let loads = log.1.statements().filter(|statement| statement.sql.contains("\"book\"")).count();
            assert_eq!(loads, statements, "every {every}: {}", log.1);
            assert_eq!(kept.iter().map(|author| author.id).collect::<Vec<_>>(), (1..=2_500).collect::<Vec<_>>());
            for author in kept.iter().filter(|author| author.id % every as i64 == 0) {
                assert!(author.books.loaded().unwrap().iter().all(|book| *book.author.key() == author.id));
            }
            if every == 1_500 {
                assert!(kept[1_499].books.loaded().is_some() && kept[1_200].books.loaded().is_some());
                assert!(kept[1_500].books.loaded().is_none() && kept[999].books.loaded().is_none());
            }
        }
    }
    // Of values nobody can ask anything; an error comes behind the rows before it.
    let names: Vec<String> =
        db.read(|snapshot| Author::objects().values_list(|a| a.name()).iter(snapshot)?.collect())?;
    assert_eq!((names.len(), names[2_499].as_str()), (2_500, "Author 002499"));
    db.raw(|raw| raw.execute_batch("UPDATE author SET name = CAST(x'ff' AS TEXT) WHERE id = 2000")).unwrap();
    let mut came = 0;
    let outcome = Author::objects().order_by(|a| a.id()).for_each(&db, |_| {
        came += 1;
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::Decode { .. })) && came == 1_999, "{came}: {outcome:?}");
    db.read(|snapshot| {
        let mut rows = Author::objects().order_by(|a| a.id()).iter(snapshot)?;
        assert_eq!(rows.by_ref().take_while(|row| row.is_ok()).count(), 1_999);
        assert!(rows.next().is_none());
        Ok(())
    })
}

#[test]
fn a_row_of_a_stream_can_be_asked_by_another_thread_while_others_come() -> Result<()> {
    let db = library(3_000)?;
    let (to, from) = std::sync::mpsc::channel::<Author>();
    std::thread::scope(|scope| {
        let db = &db;
        let asker = scope.spawn(move || {
            from.iter().step_by(37).try_for_each(|author| {
                let books = author.books.all(db)?;
                assert!(books.len() == 2 && books.iter().all(|book| *book.author.key() == author.id));
                Ok::<_, Error>(())
            })
        });
        let sent =
            db.read(|snapshot| Author::objects().iter(snapshot)?.try_for_each(|row| row.map(|row| drop(to.send(row)))));
        drop(to);
        asker.join().unwrap().and(sent)
    })
}

#[test]
fn a_stream_has_a_group_for_each_chunk() -> Result<()> {
    for (rows, chunks) in [(10, 1), (2_500, 3), (10_000, 10)] {
        let db = library(rows)?;
        let (seen, log) = db.capture(|db| {
            db.read(|snapshot| {
                let mut seen = 0;
                for author in Author::objects().iter(snapshot)? {
                    seen += walk(snapshot, &[author?])?;
                }
                Ok(seen)
            })
        });
        assert_eq!(seen?, walk(&db, &Author::objects().all(&db)?)?);
        assert_eq!(log.len(), 1 + chunks * 6, "six relations for each chunk: {log}");
        // What is prefetched is prefetched for each chunk, and what is not is loaded for each chunk.
        let prefetched = Author::objects().prefetch_related(|a| a.books().tags());
        let (seen, log) = db.capture(|db| {
            let mut seen = 0;
            prefetched.for_each(db, |author| {
                assert!(author.books.loaded().is_some());
                seen += walk(db, &[author])?;
                Ok(())
            })?;
            Ok::<_, Error>(seen)
        });
        assert!(seen? > 0);
        assert_eq!(log.len(), 1 + chunks * 6, "{log}");
    }
    Ok(())
}

/// Rows in another order, the same each time.
fn shuffle<T>(rows: &mut [T]) {
    for i in 0..rows.len() {
        let other = i * 7919 % rows.len();
        rows.swap(i, other);
    }
}

#[test]
fn rows_may_be_shuffled_split_and_dropped() -> Result<()> {
    for rows in [10, 10_000] {
        let db = library(rows)?;
        let mut authors = Author::objects().all(&db)?;
        let expected = walk(&db, &Author::objects().all(&db)?)?;
        shuffle(&mut authors);
        let second = authors.split_off(authors.len() / 2);
        let (seen, log) = db.capture(|db| Ok::<_, Error>(walk(db, &second)? + walk(db, &authors)?));
        assert_eq!(seen?, expected);
        assert_eq!(log.len(), 6, "{log}");

        let mut authors = Author::objects().all(&db)?;
        let mut kept = false;
        authors.retain(|_| {
            kept = !kept;
            kept
        });
        assert_num_queries!(db, 6, { walk(&db, &authors)? });

        // One half is gone before the other is touched, and the rest is moved row by row into something else.
        let mut authors = Author::objects().all(&db)?;
        drop(authors.split_off(rows as usize / 2));
        let by_name: std::collections::BTreeMap<String, Author> =
            authors.into_iter().map(|author| (author.name.clone(), author)).collect();
        assert_num_queries!(db, 6, {
            for author in by_name.into_values().rev() {
                walk(&db, &[author])?;
            }
        });
    }
    Ok(())
}

#[test]
fn a_child_outlives_its_parents_and_is_still_a_peer() -> Result<()> {
    let db = library(100)?;
    let books: Vec<Book> = {
        let authors = Author::objects().all(&db)?;
        let last = |author: &Author| Ok(author.books.all(&db)?.last().cloned());
        authors.iter().filter_map(|author| last(author).transpose()).collect::<Result<_>>()?
    };
    assert_eq!(books.len(), 100);
    assert_num_queries!(db, 2, {
        for book in &books {
            assert_eq!((book.tags.all(&db)?.len(), book.reviews.all(&db)?.len()), (2, 2));
        }
    });
    Ok(())
}

#[test]
fn a_one_to_one_relation_is_loaded_for_every_row_from_either_side() -> Result<()> {
    let db = library(1)?;
    let users = assert_num_queries!(db, 2, {
        let users = User::objects().order_by(|u| u.id()).all(&db)?;
        for user in users.iter().rev() {
            assert_eq!(user.profile.get(&db)?.is_some(), user.id <= 5);
        }
        users
    });
    // What that loaded is a group too: back to the users, and on to their profiles.
    assert_num_queries!(db, 2, {
        for user in &users[..5] {
            let same = user.profile.get(&db)?.unwrap().user.get(&db)?;
            assert_eq!((same.id, same.profile.get(&db)?.unwrap().bio.as_str()), (user.id, "hello"));
        }
    });
    assert_num_queries!(db, 2, {
        for profile in Profile::objects().all(&db)? {
            assert_eq!(profile.user.get(&db)?.id, *profile.user.key());
        }
    });
    Ok(())
}

/// What is counted while a value of it lives.
#[derive(Model)]
pub struct Watched {
    pub id: i64,
    pub next: Option<ForeignKey<Watched>>,
    pub alive: Memo<std::sync::Arc<()>>,
}

#[test]
fn a_group_keeps_no_row_alive() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Watched])?;
    Watched::objects().bulk_create((0..100).map(|i| Watched::create().next((i > 0).then_some(i)))).run(&db)?;
    let mut rows = Watched::objects().order_by(|w| w.id()).all(&db)?;
    let count = std::sync::Arc::new(());
    for row in &rows {
        row.alive.get_or_init(|| std::sync::Arc::clone(&count));
    }
    assert_eq!(std::sync::Arc::strong_count(&count), 101);
    let last = rows.pop().unwrap();
    drop(rows);
    assert_eq!(std::sync::Arc::strong_count(&count), 2);
    // The batch is for all hundred of them all the same.
    let (next, log) = db.capture(|db| last.next.get(db).map(|row| row.map(|row| row.id)));
    assert_eq!((next?, log.len(), log.statements().next().unwrap().rows), (Some(99), 1, 99));
    Ok(())
}

/// Eight threads that begin at once, each with what `of` makes for it: what all of them have seen.
fn eight_threads<T: Send>(
    db: &Database,
    of: Vec<T>,
    see: impl Fn(&Database, T) -> Result<usize> + Sync,
) -> Result<Vec<usize>> {
    let start = Barrier::new(of.len());
    let see = |row| {
        start.wait();
        see(db, row)
    };
    let see = &see;
    std::thread::scope(|scope| {
        let threads: Vec<_> = of.into_iter().map(|row| scope.spawn(move || see(row))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn eight_threads_at_once_cause_one_statement_a_relation() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    // Fewer connections than threads: some wait for a connection while another holds the gate.
    let path = folder.path().join("library.db");
    let db = Database::builder(&path).readers(3).fetch_mode(FetchMode::Peers).open()?;
    db.create_tables(MODELS)?;
    fill(&db, 20)?;
    let expected = walk(&db, &Author::objects().all(&db)?)?;
    for _ in 0..1_000 {
        let authors = Author::objects().all(&db)?;
        let (seen, log) = db.capture(|db| eight_threads(db, vec![&authors; 8], |db, authors| walk(db, authors)));
        assert_eq!(seen?, [expected; 8]);
        assert_eq!(log.len(), 6, "{log}");
    }
    Ok(())
}

#[test]
fn eight_threads_with_one_connection_for_all_of_them() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::builder(folder.path().join("library.db")).readers(1).open()?;
    db.create_tables(MODELS)?;
    fill(&db, 20)?;
    let expected = walk(&db, &Author::objects().all(&db)?)?;
    for round in 0..1_000 {
        let authors = Author::objects().all(&db)?;
        // The one connection is held by a stream that asks through the handle besides, or else by nobody; every other
        // round a transaction is open meanwhile, and its thread asks too.
        let (seen, log) = db.capture(|db| {
            let seen = |db: &Database, number: usize| match (number, round % 2) {
                (0, _) => db.read(|_| walk(db, &authors)),
                (1, 0) => db.transaction(|tx| walk(tx, &authors)),
                _ => walk(db, &authors),
            };
            eight_threads(db, (0..8).collect(), seen)
        });
        assert_eq!(seen?, [expected; 8]);
        assert_eq!(log.len(), 6, "{log}");
    }
    Ok(())
}

#[test]
fn eight_threads_of_a_database_in_memory() -> Result<()> {
    let db = library(20)?;
    let expected = walk(&db, &Author::objects().all(&db)?)?;
    for _ in 0..200 {
        let authors = Author::objects().all(&db)?;
        let (seen, log) = db.capture(|db| eight_threads(db, vec![&authors; 8], |db, authors| walk(db, authors)));
        assert_eq!(seen?, [expected; 8]);
        assert_eq!(log.len(), 6, "{log}");
    }
    Ok(())
}

#[test]
fn eight_threads_that_own_an_eighth_of_the_rows_each() -> Result<()> {
    for (rows, rounds) in [(16, 200), (10_000, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path().join("library.db"))?;
        db.create_tables(MODELS)?;
        fill(&db, rows)?;
        let expected = walk(&db, &Author::objects().all(&db)?)?;
        for _ in 0..rounds {
            let mut authors = Author::objects().all(&db)?;
            shuffle(&mut authors);
            let mut parts: Vec<Vec<Author>> = (0..8).map(|_| Vec::new()).collect();
            authors.into_iter().enumerate().for_each(|(i, author)| parts[i % 8].push(author));
            let (seen, log) = db.capture(|db| eight_threads(db, parts, |db, authors| walk(db, &authors)));
            assert_eq!(seen?.iter().sum::<usize>(), expected);
            assert_eq!(log.len(), 6, "{log}");
        }
    }
    Ok(())
}

#[test]
fn threads_that_hold_every_snapshot_do_not_wait_for_each_other() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let db = Database::builder(&path).readers(4).fetch_mode(FetchMode::Peers).open()?;
    db.create_tables(MODELS)?;
    fill(&db, 50)?;
    for _ in 0..50 {
        let authors = Author::objects().all(&db)?;
        let start = Barrier::new(4);
        let (done, log) = db.capture(|db| {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            db.read(|snapshot| {
                                start.wait();
                                walk(snapshot, &authors)
                            })
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<_>>>()
            })
        });
        done?;
        assert_eq!(log.len(), 6, "{log}");
    }
    Ok(())
}

#[test]
fn deferred_columns_are_loaded_for_every_row() -> Result<()> {
    let db = library(100)?;
    let mut books = Book::objects().defer(|b| b.summary()).order_by(|b| b.id()).all(&db)?;
    books[3].summary.set("mine");
    assert_num_queries!(db, 1, {
        for book in &books {
            book.summary.get(&db)?;
        }
    });
    assert_eq!(books[3].summary.get(&db)?, "mine", "an edited row is not overwritten");
    Ok(())
}

#[test]
fn a_result_larger_than_the_cap_is_loaded_in_parts() -> Result<()> {
    let db = eager_orm::DatabaseBuilder::in_memory().fetch_mode(FetchMode::Peers).peer_cap(30).open()?;
    db.create_tables(MODELS)?;
    fill(&db, 100)?;
    let authors = Author::objects().all(&db)?;
    assert_num_queries!(db, 1, { authors[45].books.all(&db)?.len() });
    assert!(authors[30].books.loaded().is_some() && authors[59].books.loaded().is_some());
    assert!(authors[29].books.loaded().is_none() && authors[60].books.loaded().is_none());
    assert_num_queries!(db, 3, {
        for author in &authors {
            author.books.all(&db)?;
        }
    });
    // Foreign keys, deferred columns and many-to-many relations are cut too: 200 books are seven parts.
    let books = Book::objects().defer(|b| b.summary()).all(&db)?;
    assert_num_queries!(db, 3 * 7, {
        for book in books.iter().rev() {
            assert_eq!((book.author.get(&db)?.id, book.tags.all(&db)?.len()), (*book.author.key(), 2));
            assert_eq!(book.summary.get(&db)?, "long");
        }
    });
    // The cap is one of first accesses: what is asked for is one statement, as ever.
    assert_num_queries!(db, 2, { Author::objects().prefetch_related(|a| a.books()).all(&db)? });
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, &books, |b| b.reviews())? });
    Ok(())
}

#[test]
fn the_mode_is_that_of_the_queryset_the_scope_or_the_database() -> Result<()> {
    let db = library(10)?;
    let authors = Author::objects().fetch_mode(FetchMode::One).all(&db)?;
    assert_num_queries!(db, 10, {
        for author in &authors {
            author.books.all(&db)?;
        }
    });
    // What is loaded inherits: two books an author, so two of them are peers of nobody else.
    assert_num_queries!(db, 2, {
        for book in authors[0].books.all(&db)? {
            book.tags.all(&db)?;
        }
    });
    let authors = db.with_fetch_mode(FetchMode::One, |db| Author::objects().all(db))?;
    assert_num_queries!(db, 10, {
        for author in &authors {
            author.books.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn the_queryset_counts_before_the_scope_and_the_innermost_scope_before_the_others() -> Result<()> {
    let db = library(4)?;
    let touched =
        |authors: &[Author], db: &Database| authors.iter().try_for_each(|author| author.books.all(db).map(drop));
    // A queryset that names its mode keeps it in a scope, and so do its rows.
    db.with_fetch_mode(FetchMode::Raise, |db| {
        let authors = Author::objects().fetch_mode(FetchMode::One).all(db)?;
        assert_num_queries!(db, 4, { touched(&authors, db)? });
        let authors = Author::objects()
            .prefetch_related(|a| a.books().query(|q| q.fetch_mode(FetchMode::One)).to(|a| a.long_books()));
        let authors = authors.all(db)?;
        assert_num_queries!(db, 8, {
            for book in authors.iter().flat_map(|author| author.long_books.get().unwrap()) {
                book.author.get(db)?;
            }
        });
        assert!(matches!(touched(&authors, db), Err(Error::FetchBlocked { .. })));
        // A scope in a scope.
        let authors = db.with_fetch_mode(FetchMode::One, |db| Author::objects().all(db))?;
        assert!(matches!(touched(&authors, db), Err(Error::FetchBlocked { .. })));
        assert_num_queries!(db, 4, { db.with_fetch_mode(FetchMode::One, |db| touched(&authors, db))? });
        Ok::<_, Error>(())
    })?;
    // What was loaded in a scope keeps the scope's mode after it; one that ends by a panic ends too.
    let one = db.with_fetch_mode(FetchMode::One, |db| Author::objects().all(db))?;
    assert_num_queries!(db, 4, { touched(&one, &db)? });
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.with_fetch_mode(FetchMode::Raise, |_| panic!("in the scope"));
    }));
    assert!(panicked.is_err());
    let authors = Author::objects().all(&db)?;
    assert_num_queries!(db, 1, { touched(&authors, &db)? });
    // A scope is the thread's, and the database's.
    let other = library(2)?;
    db.with_fetch_mode(FetchMode::Raise, |db| {
        assert_num_queries!(other, 2, { touched(&Author::objects().all(&other)?, &other)? });
        std::thread::scope(|scope| scope.spawn(|| touched(&Author::objects().all(db)?, db)).join().unwrap())
    })
}

#[test]
fn whatever_is_loaded_inherits_the_mode_however_it_was_loaded() -> Result<()> {
    let db = library(3)?;
    let reviews = |mode| Review::objects().fetch_mode(mode).order_by(|r| r.id());
    let blocked = |result: Result<()>| assert!(matches!(result, Err(Error::FetchBlocked { .. })), "{result:?}");
    // By JOIN, two deep.
    let joined = reviews(FetchMode::Raise).select_related(|r| r.book().author()).all(&db)?;
    let book = joined[0].book.get(&db)?;
    blocked(book.tags.all(&db).map(drop));
    blocked(book.author.get(&db)?.books.all(&db).map(drop));
    // In a batch, two deep, and by a JOIN inside of it.
    let query = reviews(FetchMode::Raise).prefetch_related(|r| r.book().tags());
    let batch = query.prefetch_related(|r| r.book().author().books().select_related(|b| b.publisher())).all(&db)?;
    let book = batch[0].book.get(&db)?;
    blocked(book.tags.all(&db)?[0].books.all(&db).map(drop));
    let other = &book.author.get(&db)?.books.all(&db)?[0];
    blocked(other.reviews.all(&db).map(drop));
    blocked(other.publisher.get(&db)?.unwrap().books.all(&db).map(drop));
    // For rows in hand.
    let rows = reviews(FetchMode::Raise).all(&db)?;
    prefetch_related_objects(&db, &rows, |r| r.book())?;
    blocked(rows[0].book.get(&db)?.author.get(&db).map(drop));
    // In a stream, whose rows are read after the scope of the query.
    db.read(|snapshot| {
        for review in reviews(FetchMode::Raise).iter(snapshot)? {
            blocked(review?.book.get(snapshot).map(drop));
        }
        Ok(())
    })?;
    // Lazily: one by one stays one by one, on a row that was refreshed too.
    let mut rows = reviews(FetchMode::One).all(&db)?;
    assert_num_queries!(db, 12 + 12, {
        for row in &rows {
            row.book.get(&db)?.tags.all(&db)?;
        }
    });
    rows[0].refresh(&db)?;
    assert_num_queries!(db, 2, { rows[0].book.get(&db)?.tags.all(&db)? });
    let mut rows = reviews(FetchMode::Raise).all(&db)?;
    rows[0].refresh(&db)?;
    blocked(rows[0].book.get(&db).map(drop));
    Ok(())
}

#[test]
fn a_key_that_was_set_keeps_the_mode_of_its_row_and_one_made_by_hand_has_that_of_the_database() -> Result<()> {
    let db = library(3)?;
    let mut book = Book::objects().fetch_mode(FetchMode::Raise).find(&db, 1)?;
    book.author.set(3);
    let refused = assert_num_queries!(db, 0, { book.author.get(&db).map(drop) });
    assert!(matches!(&refused, Err(Error::FetchBlocked { relation, .. }) if relation == "Book.author"), "{refused:?}");
    book.publisher.set(1);
    let refused = assert_num_queries!(db, 0, { book.publisher.get(&db).map(drop) });
    assert!(matches!(&refused, Err(Error::FetchBlocked { relation, .. }) if relation == "Book.publisher"));
    let mut book = Book::objects().find(&db, 1)?;
    book.author.set(99);
    let gone = book.author.get(&db).map(drop);
    assert!(
        matches!(&gone, Err(Error::DoesNotExist { key: Some(key), .. }) if key.contains("Book.author")),
        "{gone:?}"
    );
    let strict = eager_orm::DatabaseBuilder::in_memory().fetch_mode(FetchMode::Raise).open()?;
    strict.create_tables(MODELS)?;
    fill(&strict, 1)?;
    let by_hand = ForeignKey::<Author>::new(1);
    assert!(matches!(by_hand.get(&strict), Err(Error::FetchBlocked { .. })));
    assert_eq!(by_hand.get(&db)?.id, 1);
    Ok(())
}

#[test]
fn a_refusal_names_model_relation_and_the_line_of_the_call() -> Result<()> {
    let db = library(1)?;
    let book = Book::objects().fetch_mode(FetchMode::Raise).first(&db)?.unwrap();
    let review = Review::objects().fetch_mode(FetchMode::Raise).first(&db)?.unwrap();
    let refused = [book.author.get(&db).map(drop), book.tags.all(&db).map(drop), review.book.get(&db).map(drop)];
    for (refused, relation) in refused.into_iter().zip(["Book.author", "Book.tags", "Review.book"]) {
        let error = refused.unwrap_err();
        let Error::FetchBlocked { relation: named, at, .. } = &error else { panic!("{error:?}") };
        assert_eq!((named.as_str(), at.file(), at.line()), (relation, file!(), line!() - 4));
        let text = error.to_string();
        assert!(text.contains(relation) && text.contains(&at.to_string()), "{text}");
    }
    Ok(())
}

#[test]
fn raise_refuses_every_unplanned_load_and_names_relation_and_line() -> Result<()> {
    let db = library(3)?;
    let book = Book::objects()
        .fetch_mode(FetchMode::Raise)
        .defer(|b| b.summary())
        .prefetch_related(|b| b.reviews())
        .order_by(|b| b.id())
        .first(&db)?
        .unwrap();
    let blocked = |result: Result<()>, relation: &str| match result {
        Err(Error::FetchBlocked { relation: blocked, at, .. }) => {
            assert_eq!(blocked, relation);
            assert!(at.file().ends_with("peers.rs"));
        }
        other => panic!("{other:?}"),
    };
    let ((), log) = db.capture(|db| {
        blocked(book.author.get(db).map(drop), "Book.author");
        blocked(book.publisher.get(db).map(drop), "Book.publisher");
        blocked(book.tags.all(db).map(drop), "Book.tags");
        blocked(book.summary.get(db).map(drop), "Book.summary");
        // What was prefetched inherits, also through a to-many relation.
        let reviews = book.reviews.all(db).unwrap();
        blocked(reviews[1].user.get(db).map(drop), "Review.user");
    });
    assert!(log.is_empty(), "{log}");
    // What is planned, what is NULL and what is a key is no load.
    assert_eq!(*book.author.key(), 1);
    assert_eq!(book.author.query().count(&db)?, 1);
    // A scope reaches rows that were loaded before it.
    let author = Author::objects().first(&db)?.unwrap();
    db.with_fetch_mode(FetchMode::Raise, |db| blocked(author.books.all(db).map(drop), "Author.books"));
    assert_eq!(author.books.all(&db)?.len(), 2);
    Ok(())
}

#[test]
fn a_write_leaves_the_group_and_the_others_keep_what_they_know() -> Result<()> {
    let db = library(2)?;
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    assert_eq!(books[0].tags.all(&db)?.len(), 2);
    let clone = books[0].clone();
    books[0].tags.clear(&db)?;
    assert_num_queries!(db, 1, { assert!(books[0].tags.all(&db)?.is_empty()) });
    assert_num_queries!(db, 0, { assert_eq!(clone.tags.all(&db)?.len() + books[1].tags.all(&db)?.len(), 4) });
    books[0].author.set(2);
    assert_num_queries!(db, 1, { assert_eq!(books[0].author.get(&db)?.id, 2) });
    Ok(())
}

#[test]
fn created_rows_are_peers() -> Result<()> {
    let db = library(2)?;
    let book = |i: i64| Book::create().title(format!("new {i}")).author(i % 2 + 1).price(1.0).summary("");
    let books = Book::objects().bulk_create((0..10).map(book)).run(&db)?;
    assert_num_queries!(db, 2, {
        for book in &books {
            book.author.get(&db)?;
            book.tags.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn what_is_loaded_for_rows_of_several_modes_is_raise_where_one_is() -> Result<()> {
    let db = library(3)?;
    let plain = Book::objects().all(&db)?;
    let raise = Book::objects().fetch_mode(FetchMode::Raise).all(&db)?;
    prefetch_related_objects(&db, plain.iter().chain(&raise), |b| b.author())?;
    for book in plain.iter().chain(&raise) {
        let author = book.author.get(&db)?;
        assert!(matches!(author.books.all(&db), Err(Error::FetchBlocked { .. })));
    }
    Ok(())
}
