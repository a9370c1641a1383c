//! Handles: what they hold, what they load when they are asked, what they remember, and when they forget it.

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

/// The modes that load what they are asked for.
const LOADING: [FetchMode; 3] = [FetchMode::Peers, FetchMode::One, FetchMode::Warn];

fn book(db: &Database, key: i64) -> Result<Book> {
    Book::objects().find(db, key)
}

fn author(db: &Database, key: i64) -> Result<Author> {
    Author::objects().find(db, key)
}

#[test]
fn a_foreign_key_loads_its_row_once() -> Result<()> {
    let db = library();
    for mode in LOADING {
        let book = Book::objects().fetch_mode(mode).find(&db, 1)?;
        assert_num_queries!(db, 0, { assert_eq!((*book.author.key(), book.author.loaded()), (1, None)) });
        assert_eq!(assert_num_queries!(db, 1, { book.author.get(&db)?.name.clone() }), "Ann");
        let known = std::ptr::from_ref(assert_num_queries!(db, 0, { book.author.get(&db)? }));
        assert!(std::ptr::eq(known, book.author.loaded().unwrap()));
    }
    Ok(())
}

#[test]
fn a_nullable_key_without_a_value_asks_nobody() -> Result<()> {
    let db = library();
    let b1 = book(&db, 2)?;
    assert!(b1.publisher.is_none());
    assert!(assert_num_queries!(db, 0, { b1.publisher.get(&db)? }).is_none());
    assert!(b1.publisher.loaded().is_none() && b1.publisher.key().is_none());
    let b0 = book(&db, 1)?;
    assert_eq!(b0.publisher.key(), Some(&1));
    assert_eq!(assert_num_queries!(db, 1, { b0.publisher.get(&db)?.unwrap().name.clone() }), "Ace");
    assert_eq!(assert_num_queries!(db, 0, { b0.publisher.loaded().unwrap().name.clone() }), "Ace");
    Ok(())
}

#[test]
fn a_has_many_handle_loads_its_rows_once() -> Result<()> {
    let db = library();
    for mode in LOADING {
        let ann = Author::objects().fetch_mode(mode).find(&db, 1)?;
        assert!(ann.books.loaded().is_none() && ann.books.is_unloaded());
        assert_eq!(assert_num_queries!(db, 1, { ann.books.all(&db)?.len() }), 2);
        assert_eq!(assert_num_queries!(db, 0, { ann.books.all(&db)?.len() }), 2);
        assert!(ann.books.loaded().is_some() && !ann.books.is_unloaded());
        let cay = Author::objects().fetch_mode(mode).find(&db, 3)?;
        assert!(assert_num_queries!(db, 1, { cay.books.all(&db)? }).is_empty());
        assert!(assert_num_queries!(db, 0, { cay.books.all(&db)? }).is_empty());
    }
    Ok(())
}

#[test]
fn a_many_to_many_handle_loads_its_rows_once_from_either_side() -> Result<()> {
    let db = library();
    let b0 = book(&db, 1)?;
    assert_eq!(assert_num_queries!(db, 1, { b0.tags.all(&db)?.len() }), 2);
    assert_eq!(assert_num_queries!(db, 0, { b0.tags.all(&db)?.len() }), 2);
    let t0 = Tag::objects().find(&db, 1)?;
    assert_eq!(assert_num_queries!(db, 1, { t0.books.all(&db)?.len() }), 2);
    assert_eq!(assert_num_queries!(db, 0, { t0.books.all(&db)?.len() }), 2);
    Ok(())
}

#[test]
fn a_one_to_one_handle_remembers_that_there_is_no_row() -> Result<()> {
    let db = library();
    for mode in LOADING {
        let (with, without) =
            (User::objects().fetch_mode(mode).find(&db, 1)?, User::objects().fetch_mode(mode).find(&db, 2)?);
        assert!(with.profile.loaded().is_none() && with.profile.is_unloaded());
        assert_eq!(assert_num_queries!(db, 1, { with.profile.get(&db)?.unwrap().bio.clone() }), "hello");
        assert_eq!(assert_num_queries!(db, 0, { with.profile.get(&db)?.unwrap().bio.clone() }), "hello");
        assert!(assert_num_queries!(db, 1, { without.profile.get(&db)? }).is_none());
        assert!(assert_num_queries!(db, 0, { without.profile.get(&db)? }).is_none());
        assert!(matches!(without.profile.loaded(), Some(None)) && !without.profile.is_unloaded());
    }
    Ok(())
}

#[test]
fn one_by_one_is_a_statement_a_row_and_peers_are_one_for_all() -> Result<()> {
    let db = library();
    for (mode, statements) in [(FetchMode::One, 1 + 4), (FetchMode::Peers, 1 + 1)] {
        assert_num_queries!(db, statements, {
            for book in Book::objects().fetch_mode(mode).all(&db)? {
                book.author.get(&db)?;
            }
        });
        assert_num_queries!(db, if mode == FetchMode::One { 1 + 2 } else { 1 + 1 }, {
            for user in User::objects().fetch_mode(mode).all(&db)? {
                user.profile.get(&db)?;
                user.profile.get(&db)?;
            }
        });
    }
    // Three of the four books have a publisher.
    assert_num_queries!(db, 1 + 3, {
        for book in Book::objects().fetch_mode(FetchMode::One).all(&db)? {
            book.publisher.get(&db)?;
        }
    });
    Ok(())
}

#[test]
fn a_child_leads_back_to_its_parent_by_one_statement() -> Result<()> {
    let db = library();
    let authors = Author::objects().prefetch_related(|a| a.books()).all(&db)?;
    let names = assert_num_queries!(db, 1, {
        let books = authors.iter().flat_map(|author| author.books.loaded().unwrap());
        books.map(|book| Ok(book.author.get(&db)?.name.clone())).collect::<Result<Vec<_>>>()?
    });
    assert_eq!(names, ["Ann", "Ann", "Bob", "Bob"]);
    Ok(())
}

#[test]
fn a_clone_shares_what_either_loads() -> Result<()> {
    let db = library();
    let b0 = book(&db, 1)?;
    let clone = b0.clone();
    b0.author.get(&db)?;
    clone.tags.all(&db)?;
    assert_num_queries!(db, 0, {
        assert!(clone.author.same_row(&b0.author));
        assert_eq!(clone.author.get(&db)?.name, "Ann");
        assert_eq!(b0.tags.all(&db)?.len(), 2);
    });
    let later = b0.clone();
    assert!(later.author.loaded().is_some());
    Ok(())
}

#[test]
fn handles_may_be_read_from_any_thread() -> Result<()> {
    let db = library();
    let books = &Book::objects().all(&db)?;
    // The handle that a capture is given is seen in every thread: one statement for each relation.
    let (done, log) = db.capture(|db| {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(move || -> Result<usize> {
                        let mut seen = 0;
                        for book in books {
                            seen += book.author.get(&db)?.name.len()
                                + book.tags.all(&db)?.len()
                                + book.reviews.all(&db)?.len();
                        }
                        Ok(seen)
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap().map(|seen| assert_eq!(seen, 12 + 4 + 6)))
        })
    });
    done?;
    assert_eq!(log.len(), 3, "{log}");
    assert!(books[0].author.same_row(&books[2].author));
    Ok(())
}

#[test]
fn what_belongs_to_no_row_says_so() -> Result<()> {
    let db = library();
    let mut books: HasMany<Book> = HasMany::unattached();
    let mut tags: ManyToMany<Tag> = ManyToMany::default();
    let profile: HasOne<Profile> = HasOne::default();
    let slot: Prefetched<Book> = Prefetched::unattached();
    let ((), log) = db.capture(|db| {
        assert!(matches!(books.all(db), Err(Error::Unattached { what: "HasMany" })));
        assert!(matches!(tags.all(db), Err(Error::Unattached { what: "ManyToMany" })));
        assert!(matches!(profile.get(db), Err(Error::Unattached { what: "HasOne" })));
        assert!(matches!(tags.add(db, [1]), Err(Error::Unattached { what: "ManyToMany" })));
        assert!(matches!(tags.set(db, [1]), Err(Error::Unattached { .. })));
        assert!(matches!(tags.remove(db, [1]), Err(Error::Unattached { .. })));
        assert!(matches!(tags.clear(db), Err(Error::Unattached { .. })));
        let new = Book::create().title("B9").price(1.0).summary("").author(1);
        assert!(matches!(books.create(db, new), Err(Error::Unattached { what: "HasMany" })));
        assert!(matches!(books.query().all(db), Err(Error::Misuse { .. })));
        assert!(matches!(tags.query().count(db), Err(Error::Misuse { .. })));
        assert!(matches!(slot.get(), Err(Error::SlotNotFilled { .. })));
    });
    assert_eq!(log.len(), 0, "{log}");
    assert!(books.loaded().is_none() && tags.loaded().is_none() && profile.loaded().is_none());
    Ok(())
}

#[test]
fn a_foreign_key_made_by_hand_loads_by_its_key() -> Result<()> {
    let db = library();
    let key: ForeignKey<Author> = ForeignKey::new(2);
    assert_eq!(assert_num_queries!(db, 1, { key.get(&db)?.name.clone() }), "Bob");
    assert_eq!(assert_num_queries!(db, 0, { key.get(&db)?.name.clone() }), "Bob");
    let nobody: ForeignKey<Author> = ForeignKey::new(99);
    let error = assert_num_queries!(db, 1, { nobody.get(&db).unwrap_err() });
    assert!(
        matches!(&error, Error::DoesNotExist { model: "Author", key: Some(key) } if key.contains("99")),
        "{error:?}"
    );
    assert_eq!(ForeignKey::from(&author(&db, 2)?), key);
    Ok(())
}

#[test]
fn an_edited_foreign_key_loads_its_new_row_and_the_peers_keep_theirs() -> Result<()> {
    let db = library();
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    books[0].author.set(2);
    assert!(books[0].author.loaded().is_none());
    // The peers' batch does not speak for the edited row, whoever comes first.
    assert_eq!(assert_num_queries!(db, 1, { books[2].author.get(&db)?.name.clone() }), "Ann");
    assert_eq!(assert_num_queries!(db, 1, { books[0].author.get(&db)?.name.clone() }), "Bob");
    assert_num_queries!(db, 0, {
        assert_eq!(books[1].author.get(&db)?.name, "Bob");
        assert_eq!(books[0].author.get(&db)?.name, "Bob");
    });
    // A field that is assigned is a field that is assigned.
    books[1].author = ForeignKey::new(3);
    assert_eq!(assert_num_queries!(db, 1, { books[1].author.get(&db)?.name.clone() }), "Cay");
    books[1].author = books[2].author.clone();
    assert_eq!(assert_num_queries!(db, 0, { books[1].author.get(&db)?.name.clone() }), "Ann");
    let (left, right) = books.split_at_mut(1);
    std::mem::swap(&mut left[0].publisher, &mut right[1].publisher);
    assert_eq!(books[0].publisher.get(&db)?.unwrap().name, "Bat");
    assert_eq!(books[2].publisher.get(&db)?.unwrap().name, "Ace");
    Ok(())
}

#[test]
fn a_nullable_key_can_be_set_and_emptied_by_a_row_a_key_or_an_option() -> Result<()> {
    let db = library();
    let mut b1 = book(&db, 2)?;
    let bat = Publisher::objects().find(&db, 2)?;
    b1.publisher.set(&bat);
    assert_eq!(b1.publisher.key(), Some(&2));
    b1.publisher.set(1);
    assert_eq!(assert_num_queries!(db, 1, { b1.publisher.get(&db)?.unwrap().name.clone() }), "Ace");
    b1.publisher.set(None::<i64>);
    assert!(assert_num_queries!(db, 0, { b1.publisher.get(&db)? }).is_none());
    b1.publisher.set(Some(&bat));
    assert_num_queries!(db, 1, { b1.save(&db)? });
    assert_eq!(book(&db, 2)?.publisher.key(), Some(&2));
    b1.publisher = None;
    assert_num_queries!(db, 1, { b1.save(&db)? });
    assert!(book(&db, 2)?.publisher.is_none());
    Ok(())
}

#[test]
fn a_deferred_column_is_left_out_loaded_set_and_saved() -> Result<()> {
    let db = library();
    let query = Book::objects().defer(|b| b.summary());
    assert!(!query.to_sql().contains("summary"));
    let mut b0 = assert_num_queries!(db, 1, { query.find(&db, 1)? });
    assert!(b0.summary.loaded().is_none());
    assert_eq!(assert_num_queries!(db, 1, { b0.summary.get(&db)?.clone() }), "summary 0");
    assert_eq!(assert_num_queries!(db, 0, { b0.summary.get(&db)?.clone() }), "summary 0");
    // Set without being loaded: it counts as loaded, and is written.
    let mut b1 = query.find(&db, 2)?;
    b1.summary.set("mine");
    assert_eq!(assert_num_queries!(db, 0, { b1.summary.get(&db)?.clone() }), "mine");
    b1.title = "B1!".into();
    assert_num_queries!(db, 1, { b1.save(&db)? });
    assert_eq!((book(&db, 2)?.title.as_str(), book(&db, 2)?.summary.loaded().unwrap().as_str()), ("B1!", "mine"));
    // Loaded later and then set: the new value counts.
    b0.summary.set("new");
    b0.save_fields(&db, |b| b.summary())?;
    assert_eq!(book(&db, 1)?.summary.loaded().unwrap(), "new");
    Ok(())
}

#[test]
fn a_deferred_column_that_is_not_loaded_is_not_written() -> Result<()> {
    let db = library();
    let mut b0 = Book::objects().defer(|b| b.summary()).find(&db, 1)?;
    b0.pages = 11;
    let (done, log) = db.capture(|db| b0.save(db));
    done?;
    assert_eq!(log.len(), 1, "{log}");
    assert!(!log.statements().next().unwrap().sql.contains("summary"), "{log}");
    assert_eq!(book(&db, 1)?.summary.loaded().unwrap(), "summary 0");
    let error = b0.save_fields(&db, |b| (b.pages(), b.summary())).unwrap_err();
    assert!(matches!(&error, Error::Misuse { what } if what.contains("Book.summary")), "{error:?}");
    Ok(())
}

#[test]
fn only_and_defer_say_which_deferred_columns_come() -> Result<()> {
    let db = library();
    let loaded = |query: QuerySet<Book>| -> Result<bool> {
        Ok(assert_num_queries!(db, 1, { query.find(&db, 1)? }).summary.loaded().is_some())
    };
    assert!(loaded(Book::objects())?);
    assert!(!loaded(Book::objects().defer(|b| b.summary()))?);
    assert!(!loaded(Book::objects().only(|_| ()))?);
    assert!(loaded(Book::objects().only(|b| b.summary()))?);
    assert!(loaded(Book::objects().defer(|b| b.summary()).only(|b| b.summary()))?);
    assert!(!loaded(Book::objects().only(|b| b.summary()).defer(|b| b.summary()))?);
    Ok(())
}

#[test]
fn a_deferred_column_that_may_be_null_is_loaded_as_null() -> Result<()> {
    let db = library();
    Profile::create().user(2).bio("").save(&db)?;
    let profiles = Profile::objects().defer(|p| p.notes()).order_by(|p| p.id()).all(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { profiles[0].notes.get(&db)?.clone() }), Some("note".to_owned()));
    assert_eq!(assert_num_queries!(db, 0, { profiles[1].notes.get(&db)?.clone() }), None);
    assert_eq!(profiles[1].notes.loaded(), Some(&None));
    Ok(())
}

#[test]
fn a_deferred_column_of_a_row_that_is_gone_does_not_exist() -> Result<()> {
    let db = library();
    let books = Book::objects().defer(|b| b.summary()).all(&db)?;
    let b0 = Book::objects().defer(|b| b.summary()).find(&db, 1)?;
    Book::objects().filter(|b| b.id().eq(1)).delete(&db)?;
    let error = assert_num_queries!(db, 1, { b0.summary.get(&db).unwrap_err() });
    assert!(matches!(&error, Error::DoesNotExist { model: "Book", key: Some(key) } if key.contains('1')), "{error:?}");
    // Of its peers, those that are there are loaded, and it is known of the others that they are not.
    Book::objects().filter(|b| b.id().le(2)).delete(&db)?;
    let there = || books.iter().filter(|book| book.summary.get(&db).is_ok()).count();
    assert_eq!(assert_num_queries!(db, 1, { there() }), books.len() - 2);
    assert!(books.iter().all(|book| book.summary.is_unloaded() == (book.id <= 2)));
    Ok(())
}

#[test]
fn a_handle_reads_afresh_after_it_wrote_and_its_clones_keep_what_they_had() -> Result<()> {
    let db = library();
    let mut b0 = book(&db, 1)?;
    assert_eq!(b0.tags.all(&db)?.len(), 2);
    let clone = b0.clone();
    let count = |book: &Book, statements: usize| -> Result<usize> {
        Ok(assert_num_queries!(db, statements, { book.tags.all(&db)?.len() }))
    };
    // Each write is its statements; then one statement reads.
    assert_eq!(assert_num_queries!(db, 1, { b0.tags.add(&db, [3, 4])? }), 2);
    assert_eq!((count(&b0, 1)?, count(&b0, 0)?, count(&clone, 0)?), (4, 4, 2));
    assert_eq!(assert_num_queries!(db, 1, { b0.tags.remove(&db, [1, 2, 99])? }), 2);
    assert_eq!((count(&b0, 1)?, count(&clone, 0)?), (2, 2));
    assert_num_queries!(db, 3, { b0.tags.set(&db, [1, 3])? });
    assert_eq!(count(&b0, 1)?, 2);
    assert_num_queries!(db, 1, { b0.tags.set(&db, [3, 1])? });
    assert_eq!(assert_num_queries!(db, 1, { b0.tags.clear(&db)? }), 2);
    assert_eq!((count(&b0, 1)?, count(&clone, 0)?), (0, 2));
    assert_eq!(assert_num_queries!(db, 1, { b0.tags.clear(&db)? }), 0);
    Ok(())
}

#[test]
fn links_may_be_written_from_either_side_by_row_or_key() -> Result<()> {
    let db = library();
    let mut t3 = Tag::objects().find(&db, 4)?;
    let (b0, b1) = (book(&db, 1)?, book(&db, 2)?);
    assert_eq!(assert_num_queries!(db, 1, { t3.books.add(&db, [&b0, &b1])? }), 2);
    assert_eq!(assert_num_queries!(db, 1, { t3.books.add(&db, [b0.id])? }), 0);
    assert_eq!(assert_num_queries!(db, 1, { t3.books.add(&db, [b0.id, b0.id])? }), 0);
    let titles: Vec<_> = t3.books.all(&db)?.iter().map(|book| book.title.clone()).collect();
    assert_eq!(titles, ["B0", "B1"]);
    assert_eq!(assert_num_queries!(db, 0, { t3.books.add(&db, Vec::<i64>::new())? }), 0);
    let new = b1.tags.all(&db)?.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>();
    assert_eq!(new, ["t0", "t3"]);
    Ok(())
}

#[test]
fn a_link_to_a_row_that_is_not_there_is_refused_and_no_link_is_made() -> Result<()> {
    let db = library();
    let mut b3 = book(&db, 4)?;
    let error = b3.tags.add(&db, [1, 99, 2]).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { .. }), "{error:?}");
    assert_eq!(assert_num_queries!(db, 1, { b3.tags.all(&db)?.len() }), 0);
    let mut b0 = book(&db, 1)?;
    let error = b0.tags.set(&db, [3, 99]).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { .. }), "{error:?}");
    assert_eq!(b0.tags.query().count(&db)?, 2);
    Ok(())
}

#[test]
fn a_row_created_through_a_relation_belongs_to_its_owner() -> Result<()> {
    let db = library();
    let mut cay = author(&db, 3)?;
    assert!(cay.books.all(&db)?.is_empty());
    let clone = cay.clone();
    let made =
        assert_num_queries!(db, 1, { cay.books.create(&db, Book::create().title("B9").price(1.0).summary(""))? });
    assert_eq!((*made.author.key(), made.pages), (3, 100));
    assert_eq!(assert_num_queries!(db, 1, { cay.books.all(&db)?[0].title.clone() }), "B9");
    assert!(clone.books.all(&db)?.is_empty());
    // A key that is given and says something else does not count.
    let made = cay.books.create(&db, Book::create().title("B10").author(1).price(1.0).summary(""))?;
    assert_eq!(*made.author.key(), 3);
    // Another required key is missing: nothing is inserted.
    let mut vienna = Airport::create().code("VIE").city("Vienna").save(&db)?;
    let error = vienna.departures.create(&db, Flight::create().number(1)).unwrap_err();
    assert!(matches!(&error, Error::NotNull { model: "Flight", field } if field == "dest"), "{error:?}");
    let made = vienna.departures.create(&db, Flight::create().number(1).dest("VIE"))?;
    assert_eq!((made.origin.key().as_str(), vienna.departures.all(&db)?.len()), ("VIE", 1));
    let mut boss = Employee::create().name("boss").save(&db)?;
    boss.reports.create(&db, Employee::create().name("dev"))?;
    assert_eq!(boss.reports.all(&db)?[0].name, "dev");
    Ok(())
}

#[test]
fn a_relation_is_a_queryset_that_asks_each_time() -> Result<()> {
    let db = library();
    let ann = author(&db, 1)?;
    assert_num_queries!(db, 5, {
        assert_eq!(ann.books.query().count(&db)?, 2);
        assert_eq!(ann.books.query().filter(|b| b.pages().gt(20)).get(&db)?.title, "B2");
        assert_eq!(ann.books.query().order_by(|b| b.id().desc()).first(&db)?.unwrap().title, "B2");
        assert_eq!(ann.books.query().update(&db, |b| b.pages().set(b.pages() + 1))?, 2);
        assert!(ann.books.query().exists(&db)?);
    });
    assert!(ann.books.loaded().is_none());
    let b0 = book(&db, 1)?;
    assert_num_queries!(db, 3, {
        assert_eq!(b0.tags.query().filter(|t| t.name().eq("t1")).count(&db)?, 1);
        assert_eq!(b0.author.query().values_list(|a| a.name()).get(&db)?, "Ann");
        assert_eq!(b0.reviews.query().delete(&db)?.total, 0);
    });
    assert_eq!(ann.books.query().exclude(|b| b.tags().exists()).delete(&db)?.total, 0);
    assert_eq!(ann.books.query().filter(|b| b.title().eq("B2")).delete(&db)?.per_model.len(), 3);
    Ok(())
}

#[test]
fn a_write_of_somebody_else_is_seen_after_refresh() -> Result<()> {
    let db = library();
    let mut b0 = book(&db, 1)?;
    assert_eq!((b0.tags.all(&db)?.len(), b0.sale_price()), (2, 0.25));
    b0.author.get(&db)?;
    let clone = b0.clone();
    book(&db, 1)?.tags.clear(&db)?;
    Book::objects()
        .filter(|b| b.id().eq(1))
        .update(&db, |b| (b.price().set(8.0), b.author().set(3), b.summary().set("new")))?;
    assert_eq!((b0.tags.all(&db)?.len(), b0.price, b0.sale_price()), (2, 0.5, 0.25));
    assert_num_queries!(db, 1, { b0.refresh(&db)? });
    assert_eq!((b0.price, b0.sale_price(), b0.summary.loaded().unwrap().as_str()), (8.0, 4.0, "new"));
    assert!(b0.author.loaded().is_none());
    assert_eq!(assert_num_queries!(db, 1, { b0.author.get(&db)?.name.clone() }), "Cay");
    assert_eq!(assert_num_queries!(db, 1, { b0.tags.all(&db)?.len() }), 0);
    assert_eq!((clone.tags.all(&db)?.len(), clone.author.get(&db)?.name.as_str()), (2, "Ann"));
    Ok(())
}

#[test]
fn refresh_leaves_out_the_deferred_columns_that_were_not_loaded() -> Result<()> {
    let db = library();
    let mut b0 = Book::objects().defer(|b| b.summary()).find(&db, 1)?;
    let (done, log) = db.capture(|db| b0.refresh(db));
    done?;
    assert!(!log.statements().next().unwrap().sql.contains("summary"), "{log}");
    assert!(b0.summary.loaded().is_none());
    assert_eq!(b0.summary.get(&db)?, "summary 0");
    let (done, log) = db.capture(|db| b0.refresh(db));
    done?;
    assert!(log.len() == 1 && b0.summary.loaded().is_some(), "{log}");
    Ok(())
}

#[test]
fn refresh_of_a_row_that_is_gone_does_not_exist_and_changes_nothing() -> Result<()> {
    let db = library();
    let mut b0 = book(&db, 1)?;
    b0.title = "changed".into();
    Book::objects().delete(&db)?;
    let error = assert_num_queries!(db, 1, { b0.refresh(&db).unwrap_err() });
    assert!(matches!(&error, Error::DoesNotExist { model: "Book", key: Some(key) } if key.contains('1')), "{error:?}");
    assert_eq!(b0.title, "changed");
    Ok(())
}

#[test]
fn save_empties_memos_and_keeps_what_handles_have_loaded() -> Result<()> {
    let db = library();
    let mut b0 = book(&db, 1)?;
    b0.tags.all(&db)?;
    b0.author.get(&db)?;
    assert_eq!(b0.sale_price(), 0.25);
    b0.price = 4.0;
    assert_eq!(b0.sale_price(), 0.25, "a memo does not watch the fields");
    assert_eq!(b0.clone().sale_price(), 2.0, "a clone begins empty");
    assert_num_queries!(db, 1, { b0.save(&db)? });
    assert_eq!(b0.sale_price(), 2.0);
    assert!(b0.tags.loaded().is_some() && b0.author.loaded().is_some());
    b0.price = 6.0;
    assert_num_queries!(db, 1, { b0.save_fields(&db, |b| b.price())? });
    assert_eq!(b0.sale_price(), 3.0);
    Ok(())
}

#[test]
fn what_save_refresh_add_and_clone_do_to_a_memo() -> Result<()> {
    let db = library();
    let mut b0 = book(&db, 1)?;
    b0.sale_price();
    // A write through a handle is none of the row's columns, and a failed save is none at all.
    b0.tags.add(&db, [3])?;
    b0.reviews.create(&db, Review::create().stars(1).text(""))?;
    b0.author.set(3);
    b0.summary.set("new");
    assert_eq!(b0.sale_price.get(), Some(&0.25));
    b0.pages = -1;
    assert!(matches!(b0.save(&db), Err(Error::Check { .. })));
    assert_eq!(b0.sale_price.get(), Some(&0.25));
    b0.pages = 1;
    // The rows of a bulk write are borrowed, and an update by a queryset knows of no row.
    assert_eq!(Book::objects().bulk_update(&db, [&b0], |b| b.pages())?, 1);
    Book::objects().update(&db, |b| b.price().set(8.0))?;
    assert_eq!(b0.sale_price.get(), Some(&0.25));
    // A clone begins empty and computes for itself, a move keeps it, and so does a row that is put back by a swap.
    let clone = b0.clone();
    assert_eq!((clone.sale_price.get(), b0.sale_price.get()), (None, Some(&0.25)));
    let mut moved = vec![b0].remove(0);
    assert_eq!(moved.sale_price.get(), Some(&0.25));
    // Refresh empties it, and one that fails leaves everything as it was.
    moved.refresh(&db)?;
    assert_eq!((moved.sale_price.get(), moved.sale_price()), (None, 4.0));
    moved.save(&db)?;
    assert_eq!(moved.sale_price.get(), None);
    moved.sale_price();
    Book::objects().filter(|b| b.id().eq(1)).delete(&db)?;
    assert!(moved.refresh(&db).unwrap_err().is_does_not_exist());
    assert_eq!(moved.sale_price.get(), Some(&4.0));
    // It may ask the database, and what fails is not remembered.
    let memo = Memo::<u64>::new();
    assert!(memo.get_or_try_init(|| Book::objects().find(&db, 99).map(|_| 0)).is_err());
    assert_eq!(memo.get_or_try_init(|| Book::objects().count(&db))?, &3);
    assert_num_queries!(db, 0, { assert_eq!(memo.get_or_try_init(|| Book::objects().count(&db))?, &3) });
    Ok(())
}

#[test]
fn two_results_know_nothing_of_each_other() -> Result<()> {
    let db = library();
    let (mut one, other) = (book(&db, 1)?, book(&db, 1)?);
    one.author.get(&db)?;
    assert!(other.author.loaded().is_none() && !one.author.same_row(&other.author));
    assert_num_queries!(db, 1, { other.author.get(&db)? });
    assert!(one.author.loaded() == other.author.loaded() && !one.author.same_row(&other.author));
    // What one writes, the other does not hear of: not its columns, not its links, not that the row is gone.
    other.tags.all(&db)?;
    one.title = "changed".into();
    one.save(&db)?;
    one.tags.clear(&db)?;
    assert_num_queries!(db, 0, { assert_eq!((other.title.as_str(), other.tags.all(&db)?.len()), ("B0", 2)) });
    one.delete(&db)?;
    assert_num_queries!(db, 0, { assert_eq!((other.title.as_str(), other.tags.all(&db)?.len()), ("B0", 2)) });
    // A child that came from its parent's relation is not the parent's own value's.
    let ann = author(&db, 1)?;
    let back = ann.books.all(&db)?[0].author.get(&db)?;
    assert!(!std::ptr::eq(back, &ann) && back == &ann);
    assert!(back.books.loaded().is_none());
    Ok(())
}

#[test]
fn what_was_read_in_a_transaction_stays_read_when_it_is_rolled_back() -> Result<()> {
    let db = library();
    let ann = author(&db, 1)?;
    let undone: Result<()> = db.transaction(|tx| {
        Book::create().title("B9").author(1).price(1.0).summary("").save(tx)?;
        assert_eq!(ann.books.all(tx)?.len(), 3);
        Err(Error::DoesNotExist { model: "Book", key: None })
    });
    assert!(undone.is_err());
    assert_num_queries!(db, 0, { assert_eq!(ann.books.all(&db)?.len(), 3) });
    let mut ann = ann;
    ann.refresh(&db)?;
    assert_eq!(ann.books.all(&db)?.len(), 2);
    Ok(())
}

#[test]
fn a_key_that_was_set_is_prefetched_for_rows_in_hand() -> Result<()> {
    let db = library();
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    books[0].author.set(3);
    books[1].publisher.set(2);
    assert_num_queries!(db, 2, { prefetch_related_objects(&db, &books, |b| (b.author(), b.publisher()))? });
    let names: Vec<_> = books.iter().map(|book| &*book.author.loaded().unwrap().name).collect();
    assert_eq!(names, ["Cay", "Bob", "Ann", "Bob"]);
    assert_eq!(books[1].publisher.loaded().unwrap().name, "Bat");
    Ok(())
}

#[test]
fn a_failed_load_is_not_remembered() -> Result<()> {
    let db = library();
    let b0 = book(&db, 1)?;
    db.raw(|c| c.execute_batch("ALTER TABLE author RENAME TO gone; ALTER TABLE tag RENAME TO gone_too"))?;
    assert!(matches!(b0.author.get(&db), Err(Error::NoSuchTable { model: "Author", .. })));
    assert!(matches!(b0.tags.all(&db), Err(Error::NoSuchTable { model: "Tag", .. })));
    db.raw(|c| c.execute_batch("ALTER TABLE gone RENAME TO author; ALTER TABLE gone_too RENAME TO tag"))?;
    assert_num_queries!(db, 2, {
        assert_eq!(b0.author.get(&db)?.name, "Ann");
        assert_eq!(b0.tags.all(&db)?.len(), 2);
    });
    Ok(())
}

#[test]
fn a_row_that_was_just_created_has_handles_that_work() -> Result<()> {
    let db = library();
    let made = Book::create().title("B9").author(1).publisher(2).price(1.0).summary("s").save(&db)?;
    assert_num_queries!(db, 4, {
        assert_eq!(made.author.get(&db)?.name, "Ann");
        assert_eq!(made.publisher.get(&db)?.unwrap().name, "Bat");
        assert!(made.tags.all(&db)?.is_empty());
        assert!(made.reviews.all(&db)?.is_empty());
    });
    assert_eq!(made.summary.loaded().unwrap(), "s");
    let user = User::create().email("u2").save(&db)?;
    assert!(assert_num_queries!(db, 1, { user.profile.get(&db)? }).is_none());
    Ok(())
}

#[test]
fn handles_load_inside_of_a_transaction_what_it_wrote() -> Result<()> {
    let db = library();
    let cay = author(&db, 3)?;
    db.transaction(|tx| {
        assert_num_queries!(db, 3, {
            let made = Book::create().title("B9").author(&cay).price(1.0).summary("").save(tx)?;
            assert_eq!(made.author.get(tx)?.name, "Cay");
            assert_eq!(cay.books.all(tx)?.len(), 1);
        });
        Ok(())
    })
}

#[test]
fn debug_never_loads_and_says_what_is_loaded() -> Result<()> {
    let db = library();
    let b0 = book(&db, 1)?;
    let unloaded = assert_num_queries!(db, 0, { format!("{b0:?}") });
    assert!(unloaded.contains("[Tag, not loaded]") && unloaded.contains("author: Author(1)"), "{unloaded}");
    b0.tags.all(&db)?;
    b0.author.get(&db)?;
    let loaded = assert_num_queries!(db, 0, { format!("{b0:?}") });
    assert!(loaded.contains("[2 Tag]") && loaded.contains("author: Author(1, loaded)"), "{loaded}");
    Ok(())
}

#[test]
fn rows_are_equal_by_their_fields_whatever_is_loaded() -> Result<()> {
    let db = library();
    let (one, other) = (book(&db, 1)?, book(&db, 1)?);
    one.tags.all(&db)?;
    one.author.get(&db)?;
    assert_num_queries!(db, 0, {
        assert_eq!(one, other);
        assert_ne!(one, Book { pages: 11, ..other.clone() });
        assert_ne!(one, Book { author: ForeignKey::new(2), ..other.clone() });
    });
    Ok(())
}

#[test]
fn a_deferred_column_of_repeated_rows_is_one_statement_for_all_peers() -> Result<()> {
    let db = library();
    // B0 is under t0 and under t1: two instances of one row in one group.
    let query =
        Tag::objects().prefetch_related(|t| t.books().query(|q| q.defer(|b| b.summary())).to(|t| t.some_books()));
    let tags = query.all(&db)?;
    let books: Vec<&Book> = tags.iter().flat_map(|tag| tag.some_books.get().unwrap()).collect();
    assert_eq!(books.len(), 4);
    assert_num_queries!(db, 1, {
        for book in &books {
            assert_eq!(book.summary.get(&db)?, &format!("summary {}", book.id - 1));
        }
    });
    Ok(())
}

#[test]
fn a_relation_is_not_read_from_another_database() -> Result<()> {
    let (db, other) = (library(), library());
    let book = Book::objects().defer(|b| b.summary()).find(&db, 1)?;
    let refused = |outcome: Result<()>| {
        assert!(matches!(&outcome, Err(Error::Misuse { what }) if what.contains("another database")), "{outcome:?}");
    };
    assert_num_queries!(other, 0, {
        refused(book.author.get(&other).map(drop));
        refused(book.tags.all(&other).map(drop));
        refused(book.summary.get(&other).map(drop));
        refused(prefetch_related_objects(&other, [&book], |b| b.reviews()));
    });
    assert_eq!(assert_num_queries!(db, 1, { book.author.get(&db)?.name.clone() }), "Ann");
    Ok(())
}

/// Keeps the warnings of this thread.
struct Warnings;

thread_local! {
    static WARNINGS: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl log::Log for Warnings {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() == log::Level::Warn
    }
    fn log(&self, record: &log::Record<'_>) {
        WARNINGS.with_borrow_mut(|warnings| warnings.push(record.args().to_string()));
    }
    fn flush(&self) {}
}

#[test]
fn the_warning_mode_loads_as_peers_do_and_warns_once_for_a_batch() -> Result<()> {
    static LOGGER: Warnings = Warnings;
    log::set_logger(&LOGGER).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let db = library();
    let line = line!() + 3;
    assert_num_queries!(db, 3, {
        for book in Book::objects().fetch_mode(FetchMode::Warn).all(&db)? {
            book.author.get(&db)?.books.all(&db)?;
        }
    });
    let warnings = WARNINGS.take();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, relation) in warnings.iter().zip(["Book.author", "Author.books"]) {
        assert!(warning.contains(relation) && warning.contains(&format!("lazy.rs:{line}:")), "{warning}");
    }
    // What was asked for, what is NULL and what is known is nothing to warn of.
    for book in Book::objects().fetch_mode(FetchMode::Warn).prefetch_related(|b| (b.author(), b.tags())).all(&db)? {
        book.author.get(&db)?;
        book.tags.all(&db)?;
    }
    assert_eq!(WARNINGS.take(), Vec::<String>::new());
    Ok(())
}

#[test]
fn rows_may_outlive_their_database_and_go_to_another_thread() -> Result<()> {
    let books = {
        let db = library();
        let query = Book::objects().select_related(|b| b.author()).prefetch_related(|b| b.tags()).order_by(|b| b.id());
        assert_num_queries!(db, 2, { query.all(&db)? })
    };
    let seen = std::thread::spawn(move || {
        let author = books[0].author.loaded().map(|author| author.name.clone());
        (author, books[0].tags.loaded().map(<[_]>::len))
    });
    assert_eq!(seen.join().unwrap(), (Some("Ann".to_owned()), Some(2)));
    Ok(())
}
