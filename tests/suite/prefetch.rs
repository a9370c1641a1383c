//! Relations loaded by statements of their own: one for each relation, whatever the number of rows.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

fn titles(books: &[Book]) -> Vec<&str> {
    books.iter().map(|book| book.title.as_str()).collect()
}

fn stars(reviews: &[Review]) -> Vec<i32> {
    reviews.iter().map(|review| review.stars).collect()
}

fn names(tags: &[Tag]) -> Vec<&str> {
    tags.iter().map(|tag| tag.name.as_str()).collect()
}

/// 5,000 authors with four books each, and five reviews for each book by 1,000 users, of whom every other has a profile.
fn crowd() -> &'static Database {
    static CROWD: OnceLock<Database> = OnceLock::new();
    CROWD.get_or_init(|| {
        let db = empty();
        db.transaction(|tx| {
            Author::objects().bulk_create((0..5_000).map(|n| Author::create().name(format!("A{n:05}")))).run(tx)?;
            let user = |n: i64| NewUser { id: Some(n + 1), email: format!("u{n}") };
            User::objects().bulk_create((0..1_000).map(user)).run(tx)?;
            let profile = |n: i64| Profile::create().user(2 * n + 1).bio(format!("bio of {}", 2 * n + 1));
            Profile::objects().bulk_create((0..500).map(profile)).run(tx)?;
            let book = |n: i64| Book::create().title(format!("B{n}")).author(n % 5_000 + 1).price(1.0).summary("");
            Book::objects().bulk_create((0..20_000).map(book)).run(tx)?;
            let review =
                |n: i64| Review::create().stars((n % 5) as i32).text("").book(n % 20_000 + 1).user(n % 1_000 + 1);
            Review::objects().bulk_create((0..100_000).map(review)).run(tx)
        })
        .unwrap();
        db
    })
}

#[test]
fn a_has_many_relation_is_one_statement_more() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 2, { Author::objects().prefetch_related(|a| a.books()).all(&db)? });
    assert_num_queries!(db, 0, {
        let books = authors.iter().map(|a| Ok(titles(a.books.all(&db)?))).collect::<Result<Vec<_>>>()?;
        assert_eq!(books, [vec!["B0", "B2"], vec!["B1", "B3"], vec![]]);
    });
    assert!(authors.iter().all(|author| author.books.loaded().is_some()));
    Ok(())
}

#[test]
fn a_foreign_key_is_one_statement_more_and_shares_the_row() -> Result<()> {
    let db = library();
    let (books, log) = db.capture(|db| Book::objects().prefetch_related(|b| b.author()).order_by(|b| b.id()).all(db));
    let books = books?;
    assert_eq!(log.len(), 2, "{log}");
    assert_eq!(log.statements().nth(1).unwrap().rows, 2, "{log}");
    assert_num_queries!(db, 0, {
        assert_eq!(books[3].author.get(&db)?.name, "Bob");
    });
    assert!(books[0].author.same_row(&books[2].author));
    assert!(books[1].author.same_row(&books[3].author));
    assert!(!books[0].author.same_row(&books[1].author));
    Ok(())
}

#[test]
fn a_nullable_key_asks_only_for_the_keys_there_are() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 2, {
        Book::objects().prefetch_related(|b| b.publisher()).order_by(|b| b.id()).all(&db)?
    });
    let names = assert_num_queries!(db, 0, {
        let name = |book: &Book| Ok(book.publisher.get(&db)?.map(|publisher| publisher.name.clone()));
        books.iter().map(name).collect::<Result<Vec<_>>>()?
    });
    assert_eq!(names, [Some("Ace".to_owned()), None, Some("Bat".to_owned()), Some("Ace".to_owned())]);
    Ok(())
}

#[test]
fn null_keys_alone_ask_nothing() -> Result<()> {
    let db = library();
    let query = Book::objects().filter(|b| b.publisher().is_null()).prefetch_related(|b| b.publisher().books());
    let books = assert_num_queries!(db, 1, { query.all(&db)? });
    assert_eq!(titles(&books), ["B1"]);
    assert!(books[0].publisher.get(&db)?.is_none());
    Ok(())
}

#[test]
fn a_many_to_many_relation_is_one_statement_more_from_either_side() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 2, {
        Book::objects().prefetch_related(|b| b.tags().order_by(|t| t.id())).order_by(|b| b.id()).all(&db)?
    });
    let tags: Vec<Vec<&str>> = books.iter().map(|book| names(book.tags.loaded().unwrap())).collect();
    assert_eq!(tags, [vec!["t0", "t1"], vec!["t0"], vec!["t2"], vec![]]);
    let tags = assert_num_queries!(db, 2, {
        Tag::objects().prefetch_related(|t| t.books().order_by(|b| b.title().desc())).order_by(|t| t.id()).all(&db)?
    });
    let books: Vec<Vec<&str>> = tags.iter().map(|tag| titles(tag.books.loaded().unwrap())).collect();
    assert_eq!(books, [vec!["B1", "B0"], vec!["B0"], vec!["B2"], vec![]]);
    Ok(())
}

#[test]
fn a_one_to_one_relation_is_one_statement_more_and_absence_is_known() -> Result<()> {
    let db = library();
    let users = assert_num_queries!(db, 2, {
        User::objects().prefetch_related(|u| u.profile()).order_by(|u| u.id()).all(&db)?
    });
    assert_num_queries!(db, 0, {
        assert_eq!(users[0].profile.get(&db)?.unwrap().bio, "hello");
        assert!(users[1].profile.get(&db)?.is_none());
    });
    assert!(matches!(users[1].profile.loaded(), Some(None)));
    let profiles = assert_num_queries!(db, 2, { Profile::objects().prefetch_related(|p| p.user()).all(&db)? });
    assert_eq!(profiles[0].user.loaded().unwrap().email, "u0@x.org");
    Ok(())
}

#[test]
fn a_many_to_many_relation_to_itself_keeps_its_directions_apart() -> Result<()> {
    let db = empty();
    let mut ann = Person::create().name("Ann").save(&db)?;
    let mut bob = Person::create().name("Bob").save(&db)?;
    let cay = Person::create().name("Cay").save(&db)?;
    let ann_key = ann.id;
    ann.follows.add(&db, [bob.id, cay.id, ann_key])?;
    bob.follows.add(&db, [&cay])?;
    let people = assert_num_queries!(db, 3, {
        let query = Person::objects().order_by(|p| p.id());
        query.prefetch_related(|p| (p.follows().order_by(|f| f.id()), p.followers().order_by(|f| f.id()))).all(&db)?
    });
    let keys = |people: &[Person]| people.iter().map(|person| person.id).collect::<Vec<_>>();
    let follows: Vec<_> = people.iter().map(|person| keys(person.follows.loaded().unwrap())).collect();
    let followers: Vec<_> = people.iter().map(|person| keys(person.followers.loaded().unwrap())).collect();
    assert_eq!(follows, [vec![1, 2, 3], vec![3], vec![]]);
    assert_eq!(followers, [vec![1], vec![1], vec![1, 2]]);
    Ok(())
}

#[test]
fn text_keys_find_their_children_and_two_relations_to_one_table_do_not_mix() -> Result<()> {
    let db = empty();
    for (code, city) in [("VIE", "Vienna"), ("OSL", "Oslo"), ("o'x\"\0", "Strange")] {
        Airport::create().code(code).city(city).save(&db)?;
    }
    for (number, origin, dest) in [(1, "VIE", "OSL"), (2, "VIE", "VIE"), (3, "o'x\"\0", "VIE")] {
        Flight::create().number(number).origin(origin).dest(dest).save(&db)?;
    }
    let airports = assert_num_queries!(db, 5, {
        let query = Airport::objects().order_by(|a| a.code());
        query.prefetch_related(|a| (a.departures(), a.arrivals().origin(), a.departures().dest())).all(&db)?
    });
    let numbers = |flights: Option<&[Flight]>| flights.unwrap().iter().map(|f| f.number).collect::<Vec<_>>();
    // The model's own ordering holds: the highest number first.
    let departures: Vec<_> = airports.iter().map(|airport| numbers(airport.departures.loaded())).collect();
    let arrivals: Vec<_> = airports.iter().map(|airport| numbers(airport.arrivals.loaded())).collect();
    assert_eq!(departures, [vec![], vec![2, 1], vec![3]]);
    assert_eq!(arrivals, [vec![1], vec![3, 2], vec![]]);
    let vienna = &airports[1];
    assert_eq!(vienna.arrivals.loaded().unwrap()[0].origin.loaded().unwrap().city, "Strange");
    assert!(vienna.arrivals.loaded().unwrap()[0].dest.loaded().is_none());
    assert_eq!(vienna.departures.loaded().unwrap()[1].dest.loaded().unwrap().city, "Oslo");
    Ok(())
}

#[test]
fn a_model_is_prefetched_for_itself() -> Result<()> {
    let db = empty();
    let boss = Employee::create().name("boss").save(&db)?;
    let lead = Employee::create().name("lead").reports_to(&boss).save(&db)?;
    for name in ["dev", "ops"] {
        Employee::create().name(name).reports_to(&lead).save(&db)?;
    }
    let query = Employee::objects().filter(|e| e.reports_to().is_null());
    let tops = assert_num_queries!(db, 4, { query.prefetch_related(|e| e.reports().reports().reports()).all(&db)? });
    let leads = tops[0].reports.loaded().unwrap();
    let devs = leads[0].reports.loaded().unwrap();
    assert_eq!(devs.iter().map(|dev| dev.name.as_str()).collect::<Vec<_>>(), ["dev", "ops"]);
    assert!(devs.iter().all(|dev| dev.reports.loaded().unwrap().is_empty()));
    Ok(())
}

/// Four levels below the authors.
fn four_levels() -> QuerySet<Author> {
    Author::objects().prefetch_related(|a| a.books().reviews().user().profile())
}

#[test]
fn four_levels_are_five_statements_for_three_rows() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 5, { four_levels().all(&db)? });
    let profile = |author: &Author| -> Result<Option<String>> {
        let review = &author.books.all(&db)?[1].reviews.all(&db)?[0];
        Ok(review.user.get(&db)?.unwrap().profile.get(&db)?.map(|profile| profile.bio.clone()))
    };
    assert_num_queries!(db, 0, {
        assert_eq!(profile(&authors[0])?, Some("hello".to_owned()));
        assert_eq!(profile(&authors[1])?, Some("hello".to_owned()));
        assert!(authors[2].books.all(&db)?.is_empty());
    });
    Ok(())
}

#[test]
fn four_levels_are_five_statements_for_a_hundred_thousand_rows() -> Result<()> {
    let db = crowd();
    let (small, small_log) = db.capture(|db| four_levels().limit(3).all(db));
    let (authors, log) = db.capture(|db| four_levels().filter(|a| a.id().gt(0)).all(db));
    assert_eq!((small_log.len(), log.len()), (5, 5), "{log}");
    let texts = |log: &eager_orm::Log| log.statements().skip(1).map(|s| s.sql.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&small_log), texts(&log), "the text does not depend on the number of rows");
    assert_eq!(small?.len(), 3);
    let authors = authors?;
    let mut reviews = 0;
    assert_num_queries!(db, 0, {
        for author in &authors {
            let books = author.books.all(db)?;
            assert_eq!(books.len(), 4);
            for book in books {
                assert_eq!(*book.author.key(), author.id);
                for review in book.reviews.all(db)? {
                    assert_eq!(*review.book.key(), book.id);
                    let user = review.user.get(db)?.unwrap();
                    assert_eq!(Some(&user.id), review.user.key());
                    let profile = user.profile.get(db)?;
                    assert_eq!(profile.is_some(), user.id % 2 == 1);
                    assert!(profile.is_none_or(|profile| *profile.user.key() == user.id));
                    reviews += 1;
                }
            }
        }
    });
    assert_eq!((authors.len(), reviews), (5_000, 100_000));
    Ok(())
}

#[test]
fn two_hundred_thousand_parents_are_one_batch() -> Result<()> {
    let db = empty();
    let new = |n: i64| NewPublisher { id: Some(n), name: String::new() };
    Publisher::objects().bulk_create((1..=200_000).map(new)).run(&db)?;
    let author = Author::create().name("Ann").save(&db)?;
    for (n, publisher) in [1_i64, 77_777, 200_000].into_iter().enumerate() {
        let book = Book::create().title(format!("B{n}")).author(&author).price(1.0).summary("");
        book.publisher(publisher).save(&db)?;
    }
    let (publishers, log) = db.capture(|db| Publisher::objects().prefetch_related(|p| p.books()).all(db));
    let (few, few_log) = db.capture(|db| Publisher::objects().prefetch_related(|p| p.books()).limit(2).all(db));
    assert_eq!((log.len(), few_log.len(), few?.len()), (2, 2, 2), "{log}");
    assert_eq!(log.statements().nth(1).unwrap().sql, few_log.statements().nth(1).unwrap().sql);
    let publishers = publishers?;
    let with: Vec<(i64, &str)> = publishers
        .iter()
        .flat_map(|publisher| publisher.books.loaded().unwrap().iter().map(|book| (publisher.id, book.title.as_str())))
        .collect();
    assert_eq!(with, [(1, "B0"), (77_777, "B1"), (200_000, "B2")]);
    assert!(publishers.iter().all(|publisher| publisher.books.loaded().is_some()));
    Ok(())
}

#[test]
fn a_parent_that_is_repeated_gets_its_children_each_time() -> Result<()> {
    let db = library();
    let (one, two) = (Author::objects().find(&db, 1)?, Author::objects().find(&db, 1)?);
    let clone = one.clone();
    assert_num_queries!(db, 2, { prefetch_related_objects(&db, [&one, &two, &clone, &one], |a| a.books().tags())? });
    for author in [&one, &two, &clone] {
        assert_eq!(titles(author.books.loaded().unwrap()), ["B0", "B2"]);
        assert!(author.books.loaded().unwrap().iter().all(|book| book.tags.loaded().is_some()));
    }
    Ok(())
}

#[test]
fn a_child_that_hangs_under_many_parents_is_under_each_of_them() -> Result<()> {
    let db = library();
    // t0 is on B0 and B1, and what hangs on t0 is there both times.
    let books = assert_num_queries!(db, 4, {
        Book::objects().prefetch_related(|b| b.tags().books().reviews()).order_by(|b| b.id()).all(&db)?
    });
    for book in &books[..2] {
        let tags = book.tags.loaded().unwrap();
        let tag = tags.iter().find(|tag| tag.name == "t0").unwrap();
        let mut below = titles(tag.books.loaded().unwrap());
        below.sort_unstable();
        assert_eq!(below, ["B0", "B1"]);
        assert!(tag.books.loaded().unwrap().iter().all(|book| book.reviews.loaded().is_some()));
    }
    // Bob has written B1 and B3, and both of them lead to all his books.
    let books = assert_num_queries!(db, 3, {
        Book::objects().prefetch_related(|b| b.author().books()).order_by(|b| b.id()).all(&db)?
    });
    for number in [1, 3] {
        assert_eq!(titles(books[number].author.loaded().unwrap().books.loaded().unwrap()), ["B1", "B3"]);
    }
    Ok(())
}

#[test]
fn a_parent_without_children_has_an_empty_slice_and_not_an_unloaded_one() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 4, {
        Author::objects().prefetch_related(|a| (a.books().tags(), a.books().reviews())).all(&db)?
    });
    assert_eq!(authors[2].books.loaded(), Some(&[][..]));
    let b0 = &authors[0].books.loaded().unwrap()[0];
    assert_eq!((b0.reviews.loaded().unwrap().len(), b0.tags.loaded().unwrap().len()), (0, 2));
    assert_num_queries!(db, 0, {
        assert!(authors[2].books.all(&db)?.is_empty());
        assert!(b0.reviews.all(&db)?.is_empty());
    });
    Ok(())
}

#[test]
fn an_empty_result_asks_nothing_more() -> Result<()> {
    let db = library();
    let query = Book::objects().filter(|b| b.pages().gt(1_000));
    let query = query.prefetch_related(|b| (b.author(), b.tags(), b.reviews().user(), b.publisher().books()));
    assert!(assert_num_queries!(db, 1, { query.all(&db)? }).is_empty());
    assert!(assert_num_queries!(db, 0, { query.clone().none().all(&db)? }).is_empty());
    let nobody: [&Book; 0] = [];
    assert_num_queries!(db, 0, { prefetch_related_objects(&db, nobody, |b| b.tags().books())? });
    Ok(())
}

#[test]
fn a_level_without_rows_ends_the_descent() -> Result<()> {
    let db = library();
    let cay =
        Author::objects().filter(|a| a.name().eq("Cay")).prefetch_related(|a| a.books().reviews().user().profile());
    let authors = assert_num_queries!(db, 2, { cay.all(&db)? });
    assert!(authors[0].books.loaded().unwrap().is_empty());
    Ok(())
}

#[test]
fn siblings_under_one_prefix_are_merged() -> Result<()> {
    let db = library();
    let statements = 6; // authors, books, tags, reviews, users, publishers
    let authors = assert_num_queries!(db, statements, {
        Author::objects()
            .prefetch_related(|a| {
                (
                    a.books().tags(),
                    a.books(),
                    a.books().reviews().user(),
                    a.books().prefetch_related(|b| (b.publisher(), b.reviews())),
                    a.books().tags(),
                )
            })
            .prefetch_related(|a| a.books().publisher())
            .all(&db)?
    });
    let b2 = &authors[0].books.loaded().unwrap()[1];
    assert_eq!(b2.publisher.loaded().unwrap().name, "Bat");
    assert_eq!(names(b2.tags.loaded().unwrap()), ["t2"]);
    assert!(b2.reviews.loaded().unwrap().iter().all(|review| review.user.loaded().is_some()));
    Ok(())
}

#[test]
fn an_order_holds_within_each_parent_wherever_its_prefix_is_named_besides() -> Result<()> {
    let db = library();
    let queries = [
        Book::objects().prefetch_related(|b| (b.reviews().order_by(|r| r.stars().desc()), b.reviews().user())),
        Book::objects().prefetch_related(|b| (b.reviews().user(), b.reviews().order_by(|r| r.stars().desc()))),
    ];
    for query in queries {
        let books = assert_num_queries!(db, 3, { query.order_by(|b| b.id()).all(&db)? });
        let all: Vec<_> = books.iter().map(|book| stars(book.reviews.loaded().unwrap())).collect();
        assert_eq!(all, [vec![], vec![1], vec![2, 1], vec![3, 2, 1]]);
        assert!(books[1].reviews.loaded().unwrap()[0].user.loaded().is_some());
    }
    let by_user = Book::objects().prefetch_related(|b| b.reviews().order_by(|r| (r.user().email().desc(), r.id())));
    let books = assert_num_queries!(db, 2, { by_user.order_by(|b| b.id()).all(&db)? });
    assert_eq!(stars(books[3].reviews.loaded().unwrap()), [2, 1, 3]);
    Ok(())
}

#[test]
fn select_related_inside_joins_within_the_prefetch() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 2, {
        let query = Book::objects().order_by(|b| b.id());
        query.prefetch_related(|b| b.reviews().order_by(|r| r.id()).select_related(|r| r.user().profile())).all(&db)?
    });
    let reviews = books[3].reviews.loaded().unwrap();
    let bio = |review: &Review| review.user.loaded()?.profile.loaded()?.map(|profile| profile.bio.clone());
    assert_eq!(reviews.iter().map(bio).collect::<Vec<_>>(), [Some("hello".to_owned()), None, None]);
    let first = &books[1].reviews.loaded().unwrap()[0];
    assert!(first.user.as_ref().unwrap().same_row(reviews[0].user.as_ref().unwrap()));
    // On a many-to-many relation, and on a key.
    let tags = assert_num_queries!(db, 2, {
        Tag::objects().prefetch_related(|t| t.books().select_related(|b| (b.author(), b.publisher()))).all(&db)?
    });
    assert_eq!(tags[0].books.loaded().unwrap()[0].author.loaded().unwrap().name, "Ann");
    let reviews = assert_num_queries!(db, 2, {
        Review::objects().prefetch_related(|r| r.book().select_related(|b| b.author())).all(&db)?
    });
    assert_eq!(reviews[0].book.loaded().unwrap().author.loaded().unwrap().name, "Bob");
    Ok(())
}

#[test]
fn a_prefetch_below_a_join_does_not_load_the_joined_row_again() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 4, {
        Book::objects()
            .select_related(|b| (b.author(), b.publisher()))
            .prefetch_related(|b| (b.author().books().tags(), b.publisher().books()))
            .order_by(|b| b.id())
            .all(&db)?
    });
    assert_eq!(titles(books[1].author.loaded().unwrap().books.loaded().unwrap()), ["B1", "B3"]);
    assert!(books[0].author.same_row(&books[2].author));
    let ace = books[0].publisher.loaded().unwrap();
    assert_eq!(titles(ace.books.loaded().unwrap()), ["B0", "B3"]);
    let reviews = assert_num_queries!(db, 2, {
        Review::objects()
            .select_related(|r| r.book().author())
            .prefetch_related(|r| r.book().author().books())
            .all(&db)?
    });
    assert_eq!(reviews[0].book.loaded().unwrap().author.loaded().unwrap().books.loaded().unwrap().len(), 2);
    let reviews = assert_num_queries!(db, 2, {
        Review::objects().select_related(|r| r.book()).prefetch_related(|r| r.book().author()).all(&db)?
    });
    assert_eq!(reviews[0].book.loaded().unwrap().author.loaded().unwrap().name, "Bob");
    let users = assert_num_queries!(db, 2, {
        User::objects().select_related(|u| u.profile()).prefetch_related(|u| u.profile().user()).all(&db)?
    });
    assert_eq!(users[0].profile.loaded().unwrap().unwrap().user.loaded().unwrap().id, users[0].id);
    Ok(())
}

#[test]
fn a_dangling_key_is_known_to_lead_nowhere() -> Result<()> {
    let db = library();
    Loan::create().days(1).book(1).user(2).save(&db)?;
    Loan::create().days(2).book(99).user(98).save(&db)?;
    let query = Loan::objects().prefetch_related(|l| (l.book().author(), l.user())).order_by(|l| l.id());
    let loans = assert_num_queries!(db, 4, { query.all(&db)? });
    assert_eq!(loans.len(), 2);
    assert_num_queries!(db, 0, {
        assert_eq!(loans[0].book.get(&db)?.author.get(&db)?.name, "Ann");
        let error = loans[1].book.get(&db).unwrap_err();
        assert!(matches!(error, Error::DoesNotExist { model: "Book", .. }), "{error:?}");
        assert!(error.to_string().contains("99") && error.to_string().contains("Loan.book"), "{error}");
        assert!(loans[1].user.get(&db).unwrap_err().is_does_not_exist());
    });
    Ok(())
}

#[test]
fn a_filtered_part_goes_to_its_slot_and_the_relation_stays_unloaded() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 2, {
        Author::objects()
            .prefetch_related(|a| a.books().filter(|b| b.pages().eq(10)).to(|a| a.long_books()))
            .all(&db)?
    });
    let parts: Vec<_> = authors.iter().map(|author| titles(author.long_books.get().unwrap())).collect();
    assert_eq!(parts, [vec!["B0"], vec![], vec![]]);
    assert!(authors.iter().all(|author| author.books.loaded().is_none()));
    // The whole relation is asked for as ever.
    assert_eq!(assert_num_queries!(db, 1, { authors[0].books.query().count(&db)? }), 2);
    assert_eq!(authors[0].books.all(&db)?.len(), 2);
    Ok(())
}

#[test]
fn a_slot_that_was_not_filled_is_an_error_and_not_empty() -> Result<()> {
    let db = library();
    let author = assert_num_queries!(db, 2, { Author::objects().prefetch_related(|a| a.books()).find(&db, 1)? });
    assert!(author.long_books.loaded().is_none());
    let error = author.long_books.get().unwrap_err();
    assert!(matches!(error, Error::SlotNotFilled { slot: "long_books" }), "{error:?}");
    Ok(())
}

#[test]
fn a_limit_holds_for_each_parent() -> Result<()> {
    let db = library();
    let top = |rows: u64| {
        Book::objects().order_by(|b| b.id()).prefetch_related(|b| {
            b.reviews().query(|q| q.order_by(|r| r.stars().desc()).limit(rows)).to(|b| b.top_reviews())
        })
    };
    let part = |books: &[Book]| books.iter().map(|book| stars(book.top_reviews.get().unwrap())).collect::<Vec<_>>();
    let books = assert_num_queries!(db, 2, { top(2).all(&db)? });
    assert_eq!(part(&books), [vec![], vec![1], vec![2, 1], vec![3, 2]]);
    assert_eq!(part(&assert_num_queries!(db, 2, { top(1).all(&db)? })), [vec![], vec![1], vec![2], vec![3]]);
    assert_eq!(part(&assert_num_queries!(db, 2, { top(u64::MAX).all(&db)? }))[3], [3, 2, 1]);
    let empty = assert_num_queries!(db, 2, { top(0).all(&db)? });
    assert!(empty.iter().all(|book| book.top_reviews.get().unwrap().is_empty()));
    let later = Book::objects().order_by(|b| b.id()).prefetch_related(|b| {
        b.reviews().query(|q| q.order_by(|r| r.stars()).offset(1).limit(1)).to(|b| b.top_reviews())
    });
    assert_eq!(part(&assert_num_queries!(db, 2, { later.all(&db)? })), [vec![], vec![], vec![2], vec![2]]);
    let rest = Book::objects()
        .order_by(|b| b.id())
        .prefetch_related(|b| b.reviews().query(|q| q.order_by(|r| r.stars()).offset(1)).to(|b| b.top_reviews()));
    assert_eq!(part(&assert_num_queries!(db, 2, { rest.all(&db)? })), [vec![], vec![], vec![2], vec![2, 3]]);
    Ok(())
}

#[test]
fn a_limit_holds_for_each_parent_of_a_many_to_many_relation() -> Result<()> {
    let db = library();
    let query = Book::objects()
        .order_by(|b| b.id())
        .prefetch_related(|b| b.tags().query(|q| q.order_by(|t| t.name().desc()).limit(1)).to(|b| b.first_tags()));
    let books = assert_num_queries!(db, 2, { query.all(&db)? });
    let parts: Vec<_> = books.iter().map(|book| names(book.first_tags.get().unwrap())).collect();
    assert_eq!(parts, [vec!["t1"], vec!["t0"], vec!["t2"], vec![]]);
    let query = Book::objects().order_by(|b| b.id()).prefetch_related(|b| {
        b.tags().filter(|t| t.books().title().eq("B1")).exclude(|t| t.name().eq("t9")).limit(5).to(|b| b.first_tags())
    });
    let books = assert_num_queries!(db, 2, { query.all(&db)? });
    let parts: Vec<_> = books.iter().map(|book| names(book.first_tags.get().unwrap())).collect();
    assert_eq!(parts, [vec!["t0"], vec!["t0"], vec![], vec![]]);
    Ok(())
}

#[test]
fn two_parts_and_the_whole_of_one_relation_are_three_statements() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 4, {
        Book::objects()
            .order_by(|b| b.id())
            .prefetch_related(|b| {
                (
                    b.reviews().filter(|r| r.stars().ge(2)).order_by(|r| r.stars().desc()).to(|b| b.top_reviews()),
                    b.reviews().exclude(|r| r.stars().ge(2)).to(|b| b.bad_reviews()),
                    b.reviews().order_by(|r| r.id()),
                )
            })
            .all(&db)?
    });
    let b3 = &books[3];
    assert_eq!(stars(b3.top_reviews.get()?), [3, 2]);
    assert_eq!(stars(b3.bad_reviews.get()?), [1]);
    assert_eq!(stars(b3.reviews.loaded().unwrap()), [1, 2, 3]);
    Ok(())
}

#[test]
fn a_part_of_a_relation_further_down_goes_to_the_slot_there() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 4, {
        Author::objects()
            .prefetch_related(|a| {
                (
                    a.books().reviews().query(|q| q.order_by(|r| r.stars().desc()).limit(1)).to(|b| b.top_reviews()),
                    a.books().tags().filter(|t| t.name().ne("t0")).to(|b| b.first_tags()),
                )
            })
            .all(&db)?
    });
    let books = authors[0].books.loaded().unwrap();
    assert_eq!(titles(books), ["B0", "B2"]);
    assert_eq!(names(books[0].first_tags.get()?), ["t1"]);
    assert_eq!(stars(books[1].top_reviews.get()?), [2]);
    assert!(books[1].reviews.loaded().is_none());
    Ok(())
}

#[test]
fn a_part_brings_what_is_asked_to_come_with_it() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 4, {
        let part = |a: Fields<Author>| {
            a.books()
                .filter(|b| b.pages().gt(20))
                .select_related(|b| b.publisher())
                .prefetch_related(|b| {
                    let tags = b.tags();
                    (tags, b.reviews().query(|q| q.order_by(|r| r.id()).limit(1)).to(|b| b.top_reviews()))
                })
                .to(|a| a.long_books())
        };
        Author::objects().prefetch_related(part).all(&db)?
    });
    let b2 = &authors[0].long_books.get()?[0];
    assert_num_queries!(db, 0, {
        assert_eq!(b2.publisher.get(&db)?.unwrap().name, "Bat");
        assert_eq!(names(b2.tags.all(&db)?), ["t2"]);
        assert_eq!(stars(b2.top_reviews.get()?), [1]);
    });
    Ok(())
}

#[test]
fn a_part_without_its_deferred_columns_still_finds_its_parents() -> Result<()> {
    let db = library();
    let query = Author::objects().prefetch_related(|a| {
        a.books().query(|q| q.defer(|b| b.summary()).order_by(|b| b.id())).to(|a| a.long_books())
    });
    let authors = assert_num_queries!(db, 2, { query.all(&db)? });
    let books = authors[1].long_books.get()?;
    assert_eq!(titles(books), ["B1", "B3"]);
    assert!(books.iter().all(|book| book.summary.loaded().is_none()));
    assert_eq!(books[1].summary.get(&db)?, "summary 3");
    let query = Tag::objects().prefetch_related(|t| t.books().prefetch_related(|b| b.author())).order_by(|t| t.id());
    let tags = assert_num_queries!(db, 3, { query.all(&db)? });
    assert_eq!(tags[0].books.loaded().unwrap()[1].author.loaded().unwrap().name, "Bob");
    Ok(())
}

#[test]
fn two_different_queries_for_one_relation_are_refused_before_anything_runs() {
    let db = library();
    let conflicts = [
        Author::objects().prefetch_related(|a| (a.books().order_by(|b| b.id()), a.books().order_by(|b| b.title()))),
        Author::objects().prefetch_related(|a| {
            (a.books().select_related(|b| b.publisher()), a.books().reviews(), a.books().order_by(|b| b.title()))
        }),
        Author::objects().prefetch_related(|a| {
            let part = |a: &Fields<Author>, pages| a.books().filter(|b| b.pages().gt(pages)).to(|a| a.long_books());
            (part(&a, 1), part(&a, 2))
        }),
        Author::objects().prefetch_related(|a| {
            a.books().prefetch_related(|b| (b.reviews().order_by(|r| r.id()), b.reviews().order_by(|r| r.stars())))
        }),
    ];
    for query in conflicts {
        let (found, log) = db.capture(|db| query.all(db));
        let error = found.unwrap_err();
        assert!(matches!(&error, Error::PrefetchConflict { relation, .. } if relation.contains('.')), "{error:?}");
        assert_eq!((log.len(), log.transactions()), (0, 0), "{log}");
    }
    let ann = Author::objects().find(&db, 1).unwrap();
    let (found, log) = db.capture(|db| {
        prefetch_related_objects(db, [&ann], |a| (a.books().order_by(|b| b.id()), a.books().order_by(|b| b.title())))
    });
    assert!(matches!(found, Err(Error::PrefetchConflict { .. })), "{found:?}");
    assert_eq!(log.len(), 0, "{log}");
}

#[test]
fn rows_in_hand_are_loaded_for_whatever_they_stand_in() -> Result<()> {
    let db = library();
    let authors = Author::objects().all(&db)?;
    assert_num_queries!(db, 2, { prefetch_related_objects(&db, &authors, |a| a.books().tags())? });
    assert_eq!(names(authors[0].books.loaded().unwrap()[0].tags.loaded().unwrap()).len(), 2);
    let authors = Author::objects().all(&db)?;
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, &authors[1..], |a| a.books())? });
    assert!(authors[0].books.loaded().is_none());
    assert_eq!(authors[1].books.loaded().unwrap().len(), 2);
    let one = Author::objects().find(&db, 1)?;
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, [&one], |a| a.books())? });
    assert_eq!(one.books.loaded().unwrap().len(), 2);
    let by_key = Author::objects().in_bulk(&db, [1, 2, 3])?;
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, by_key.values(), |a| a.books())? });
    assert!(by_key.values().all(|author| author.books.loaded().is_some()));
    let part = Author::objects().all(&db)?;
    assert_num_queries!(db, 1, {
        prefetch_related_objects(&db, &part, |a| a.books().filter(|b| b.pages().gt(20)).to(|a| a.long_books()))?
    });
    assert_eq!(titles(part[1].long_books.get()?), ["B3"]);
    let fresh = Author::create().name("Dan").save(&db)?;
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, [&fresh, &one], |a| a.books())? });
    assert!(fresh.books.loaded().unwrap().is_empty());
    Ok(())
}

#[test]
fn rows_in_hand_may_be_a_vector_of_references_or_one_row() -> Result<()> {
    let db = library();
    let books = Book::objects().order_by(|b| b.id()).all(&db)?;
    let some: Vec<&Book> = books.iter().filter(|book| book.active).collect();
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, some.iter().copied(), |b| b.tags())? });
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, some, |b| b.reviews())? });
    assert!(books[0].tags.loaded().is_some() && books[1].tags.loaded().is_none() && books[1].reviews.is_unloaded());
    // Alone, although it has peers.
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, Some(&books[1]), |b| b.tags())? });
    assert!(books[1].tags.loaded().is_some() && books[3].tags.loaded().is_none());
    assert_num_queries!(db, 0, { prefetch_related_objects(&db, std::iter::once(&books[1]), |b| b.tags())? });
    Ok(())
}

#[test]
fn joins_and_prefetches_nest_in_each_other_to_any_depth() -> Result<()> {
    let db = library();
    // reviews + book + author (joined) -> books + publisher (joined) -> its books + author (joined) -> tags -> their books
    // + author (joined) -> reviews + user + profile (joined) -> back to the user (joined)
    let query = Review::objects().order_by(|r| r.id()).select_related(|r| r.book().author()).prefetch_related(|r| {
        r.book().author().books().order_by(|b| b.id()).select_related(|b| b.publisher()).prefetch_related(|b| {
            b.publisher().books().order_by(|b| b.id()).select_related(|b| b.author()).prefetch_related(|b| {
                b.tags().prefetch_related(|t| {
                    t.books().order_by(|b| b.id()).select_related(|b| b.author()).prefetch_related(|b| {
                        b.author().books().prefetch_related(|b| {
                            b.reviews().order_by(|r| r.id()).select_related(|r| r.user().profile().user())
                        })
                    })
                })
            })
        })
    });
    let reviews = assert_num_queries!(db, 7, { query.all(&db)? });
    assert_num_queries!(db, 0, {
        // B3 is Bob's, of whose books B3 is of Ace; so is B0, which has t0, which is on B1, of Bob, who wrote B3.
        let bob = reviews[5].book.get(&db)?.author.get(&db)?;
        let ace = bob.books.all(&db)?[1].publisher.get(&db)?.unwrap();
        let b0 = &ace.books.all(&db)?[0];
        assert_eq!((b0.title.as_str(), b0.author.get(&db)?.name.as_str()), ("B0", "Ann"));
        let t0 = b0.tags.all(&db)?.iter().find(|tag| tag.name == "t0").unwrap();
        let b3 = &t0.books.all(&db)?[1].author.get(&db)?.books.all(&db)?[1];
        let user = b3.reviews.all(&db)?[0].user.get(&db)?.unwrap();
        assert_eq!(user.profile.get(&db)?.unwrap().user.get(&db)?.email, "u0@x.org");
    });
    Ok(())
}

#[test]
fn rows_of_two_results_are_loaded_together() -> Result<()> {
    let db = library();
    let (first, second) = (Book::objects().find(&db, 1)?, Book::objects().find(&db, 3)?);
    let created = Book::create().title("B9").author(1).price(1.0).summary("").save(&db)?;
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, [&first, &second, &created], |b| b.author())? });
    assert!(first.author.same_row(&second.author) && first.author.same_row(&created.author));
    Ok(())
}

#[test]
fn what_is_loaded_already_is_not_loaded_again_and_what_hangs_on_it_is() -> Result<()> {
    let db = library();
    let authors = Author::objects().fetch_mode(FetchMode::One).all(&db)?;
    let before = authors[0].books.all(&db)?.as_ptr();
    let (done, log) = db.capture(|db| prefetch_related_objects(db, &authors, |a| a.books()));
    done?;
    assert_eq!(log.len(), 1, "{log}");
    assert_eq!(log.statements().next().unwrap().rows, 2, "only the books of Bob: {log}");
    assert_eq!(authors[0].books.loaded().unwrap().as_ptr(), before);
    assert_num_queries!(db, 0, { prefetch_related_objects(&db, &authors, |a| a.books())? });
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, [&authors[0]], |a| a.books().tags())? });
    assert!(authors[0].books.loaded().unwrap().iter().all(|book| book.tags.loaded().is_some()));
    assert!(authors[1].books.loaded().unwrap().iter().all(|book| book.tags.loaded().is_none()));
    Ok(())
}

#[test]
fn a_prefetch_goes_along_with_every_terminal_method() -> Result<()> {
    let db = library();
    let query = Author::objects().prefetch_related(|a| a.books().tags());
    assert!(assert_num_queries!(db, 3, { query.first(&db)?.unwrap() }).books.loaded().is_some());
    assert!(assert_num_queries!(db, 2, { query.last(&db)?.unwrap() }).books.loaded().is_some());
    assert!(assert_num_queries!(db, 3, { query.find(&db, 1)? }).books.loaded().is_some());
    assert!(
        assert_num_queries!(db, 3, { query.clone().filter(|a| a.age().eq(30)).get(&db)? }).books.loaded().is_some()
    );
    assert_eq!(assert_num_queries!(db, 3, { query.in_bulk(&db, [1, 2])? })[&2].books.loaded().unwrap().len(), 2);
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 3);
    assert!(assert_num_queries!(db, 1, { query.exists(&db)? }));
    Ok(())
}

#[test]
fn a_query_and_its_prefetches_see_one_moment() -> Result<()> {
    let (db, _folder) = empty_file();
    let ann = Author::create().name("Ann").age(0).save(&db)?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| -> Result<()> {
        // Each transaction adds a book or takes one away, and writes how many there are into the author's age.
        let writer = scope.spawn(|| -> Result<()> {
            for n in 1.. {
                let count = n % 8;
                db.transaction(|tx| {
                    match count {
                        0 => Book::objects().delete(tx).map(|_| ())?,
                        _ => {
                            let book = Book::create().title(format!("B{n}")).author(&ann);
                            book.price(1.0).summary("").save(tx)?;
                        }
                    }
                    Author::objects().update(tx, |a| a.age().set(count))
                })?;
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
            Ok(())
        });
        let mut reads = 0;
        let mut outcome = Ok(());
        let mut seen = std::collections::HashSet::new();
        let start = Instant::now();
        // Until the writer was seen to write, however busy the machine is.
        while outcome.is_ok() && (reads < 200 || seen.len() < 5) && start.elapsed() < Duration::from_secs(30) {
            outcome = Author::objects().prefetch_related(|a| a.books()).get(&db).map(|author| {
                seen.insert(author.age);
                let books = author.books.loaded().map(<[_]>::len);
                assert_eq!(author.age, books.map(|books| books as i32));
            });
            reads += 1;
        }
        done.store(true, Ordering::Relaxed);
        writer.join().unwrap()?;
        outcome?;
        assert!(seen.len() >= 5, "the writer wrote meanwhile: {}", seen.len());
        Ok(())
    })
}

#[test]
fn a_prefetch_inside_of_a_transaction_sees_what_it_wrote() -> Result<()> {
    let db = library();
    db.transaction(|tx| {
        Book::create().title("B9").author(3).price(1.0).summary("").save(tx)?;
        let cay = assert_num_queries!(db, 2, { Author::objects().prefetch_related(|a| a.books()).find(tx, 3)? });
        assert_eq!(titles(cay.books.loaded().unwrap()), ["B9"]);
        let cay = Author::objects().find(tx, 3)?;
        assert_eq!(titles(assert_num_queries!(db, 1, { cay.books.all(tx)? })), ["B9"]);
        Ok(())
    })
}

#[test]
fn rows_that_are_half_loaded_share_the_statements_of_the_levels_below() -> Result<()> {
    let db = library();
    let authors = Author::objects().fetch_mode(FetchMode::One).all(&db)?;
    authors[0].books.all(&db)?;
    assert_num_queries!(db, 4, { prefetch_related_objects(&db, &authors, |a| a.books().reviews().user().profile())? });
    Ok(())
}

#[test]
fn rows_that_are_half_loaded_go_on_together_where_the_new_ones_come_with_a_join() -> Result<()> {
    let db = library();
    let authors = Author::objects().fetch_mode(FetchMode::One).all(&db)?;
    authors[0].books.all(&db)?;
    // The books of Bob and Cay with their publishers; the tags of all books; the publishers of Ann's.
    assert_num_queries!(db, 3, {
        prefetch_related_objects(&db, &authors, |a| {
            a.books().select_related(|b| b.publisher()).prefetch_related(|b| (b.tags(), b.publisher()))
        })?;
    });
    assert_num_queries!(db, 0, {
        let books: Vec<&Book> = authors.iter().flat_map(|author| author.books.loaded().unwrap()).collect();
        let tags: Vec<_> = books.iter().map(|book| book.tags.loaded().unwrap().len()).collect();
        assert_eq!((titles_of(&books), tags), (vec!["B0", "B2", "B1", "B3"], vec![2, 1, 1, 0]));
        let publishers: Vec<_> = books.iter().map(|book| book.publisher.loaded().map(|house| &*house.name)).collect();
        assert_eq!(publishers, [Some("Ace"), Some("Bat"), None, Some("Ace")]);
    });
    Ok(())
}

fn titles_of<'b>(books: &[&'b Book]) -> Vec<&'b str> {
    books.iter().map(|book| book.title.as_str()).collect()
}

#[test]
fn a_prefetch_of_a_joined_relation_with_a_query_of_its_own_is_refused_before_anything_runs() {
    let db = library();
    let query =
        Review::objects().select_related(|r| r.book()).prefetch_related(|r| r.book().select_related(|b| b.author()));
    for query in [query.clone(), query.clone().filter(|r| r.stars().gt(100))] {
        let (found, log) = db.capture(|db| query.all(db));
        assert!(matches!(found, Err(Error::PrefetchConflict { .. })), "{found:?}");
        assert_eq!(log.len(), 0, "{log}");
    }
}

#[test]
fn a_misuse_inside_of_a_prefetch_is_refused_before_anything_runs() {
    let db = library();
    let query =
        Book::objects().prefetch_related(|b| b.reviews().limit(1).filter(|r| r.stars().gt(1)).to(|b| b.top_reviews()));
    for query in [query.clone(), query.clone().filter(|b| b.pages().gt(1000))] {
        let (found, log) = db.capture(|db| query.all(db));
        assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
        assert_eq!(log.len(), 0, "{log}");
    }
}

#[test]
fn a_distinct_part_with_a_limit_counts_distinct_rows() -> Result<()> {
    let db = library();
    let query = Book::objects().order_by(|b| b.id()).prefetch_related(|b| {
        b.reviews().query(|q| q.distinct().order_by(|r| r.stars()).limit(2)).to(|b| b.top_reviews())
    });
    let books = assert_num_queries!(db, 2, { query.all(&db)? });
    assert_eq!(stars(books[3].top_reviews.get()?), [1, 2]);
    Ok(())
}

#[test]
fn a_slot_that_is_filled_is_not_filled_with_something_else() -> Result<()> {
    let db = library();
    let books = Book::objects().order_by(|b| b.id()).all(&db)?;
    let fill = |db: &Database, stars: i32| {
        prefetch_related_objects(db, &books, |b| b.reviews().filter(|r| r.stars().ge(stars)).to(|b| b.top_reviews()))
    };
    assert_num_queries!(db, 1, { fill(&db, 2)? });
    let (again, log) = db.capture(|db| fill(db, 3));
    assert!(matches!(again, Err(Error::PrefetchConflict { .. })), "{again:?}");
    assert_eq!(log.len(), 0, "{log}");
    assert_eq!(stars(books[3].top_reviews.get()?), [2, 3]);
    Ok(())
}

#[test]
fn a_row_that_a_through_model_links_twice_is_loaded_twice_and_queried_once() -> Result<()> {
    let db = library();
    BookTag::create().book(1).tag(1).save(&db)?;
    let book = Book::objects().find(&db, 1)?;
    assert_eq!(assert_num_queries!(db, 1, { names(book.tags.all(&db)?).len() }), 3);
    assert_eq!(assert_num_queries!(db, 1, { book.tags.query().count(&db)? }), 2);
    let book = assert_num_queries!(db, 2, { Book::objects().prefetch_related(|b| b.tags()).find(&db, 1)? });
    assert_eq!(book.tags.loaded().unwrap().len(), 3);
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().filter(|b| b.tags().eq(1)).count(&db)? }), 2);
    Ok(())
}

#[test]
fn a_part_of_no_rows_is_empty_and_runs_no_statement() -> Result<()> {
    let db = library();
    let query = Author::objects().prefetch_related(|a| a.books().query(|q| q.none()).to(|a| a.long_books()));
    let authors = assert_num_queries!(db, 1, { query.all(&db)? });
    for author in &authors {
        assert!(author.long_books.get()?.is_empty(), "{:?}", author.long_books);
    }
    Ok(())
}

#[test]
fn a_part_that_only_reverses_is_reversed() -> Result<()> {
    let db = empty();
    Airport::create().code("VIE").city("Vienna").save(&db)?;
    for number in 1..=3 {
        Flight::create().number(number).origin("VIE").dest("VIE").save(&db)?;
    }
    // Flights are ordered by "-number".
    let query =
        Airport::objects().prefetch_related(|a| a.departures().query(|q| q.reverse()).to(|a| a.some_departures()));
    let airport = assert_num_queries!(db, 2, { query.get(&db)? });
    let numbers: Vec<i32> = airport.some_departures.get()?.iter().map(|flight| flight.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    Ok(())
}

#[test]
fn a_part_with_a_fetch_mode_of_its_own_has_it_and_what_is_beside_it_has_not() -> Result<()> {
    let db = library();
    let query = Author::objects()
        .prefetch_related(|a| a.books().query(|q| q.fetch_mode(FetchMode::Raise)).to(|a| a.long_books()));
    let authors = assert_num_queries!(db, 2, { query.all(&db)? });
    let outcome = authors[0].long_books.get()?[0].tags.all(&db);
    assert!(matches!(outcome, Err(Error::FetchBlocked { .. })), "{outcome:?}");
    assert_num_queries!(db, 1, { authors[0].books.all(&db)? });
    Ok(())
}

#[test]
fn a_limit_counts_rows_that_are_merged_once() -> Result<()> {
    let db = library();
    // B0 has t0 and t1; twice, by links of its own.
    for tag in [1, 1, 2] {
        BookTag::create().book(1).tag(tag).save(&db)?;
    }
    let books = Book::objects().filter(|b| b.id().eq(1)).prefetch_related(|b| {
        let tags = b.tags().query(|q| q.distinct().order_by(|t| t.id()).limit(2));
        tags.to(|b| b.first_tags())
    });
    let books = assert_num_queries!(db, 2, { books.all(&db)? });
    let names: Vec<_> = books[0].first_tags.get()?.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["t0", "t1"]);
    Ok(())
}
