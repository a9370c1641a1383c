//! Relations that come with their row, in one statement: `select_related`.

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

#[test]
fn a_required_key_comes_in_the_same_statement() -> Result<()> {
    let db = library();
    let query = Book::objects().select_related(|b| b.author()).order_by(|b| b.id());
    assert!(query.to_sql().contains(r#" LEFT JOIN "author" ON "#), "{}", query.to_sql());
    let names = assert_num_queries!(db, 1, {
        let books = query.all(&db)?;
        books.iter().map(|book| Ok(book.author.get(&db)?.name.clone())).collect::<Result<Vec<_>>>()?
    });
    assert_eq!(names, ["Ann", "Bob", "Ann", "Bob"]);
    Ok(())
}

#[test]
fn a_nullable_key_comes_by_left_join_and_keeps_the_rows_without() -> Result<()> {
    let db = library();
    let query = Book::objects().select_related(|b| b.publisher()).order_by(|b| b.id());
    assert!(query.to_sql().contains(r#" LEFT JOIN "publisher" ON "#), "{}", query.to_sql());
    let names = assert_num_queries!(db, 1, {
        let books = query.all(&db)?;
        let name = |book: &Book| Ok(book.publisher.get(&db)?.map(|publisher| publisher.name.clone()));
        books.iter().map(name).collect::<Result<Vec<_>>>()?
    });
    assert_eq!(names, [Some("Ace".to_owned()), None, Some("Bat".to_owned()), Some("Ace".to_owned())]);
    Ok(())
}

#[test]
fn every_level_of_every_path_comes_in_the_one_statement() -> Result<()> {
    let db = library();
    let query = Review::objects()
        .select_related(|r| (r.book().publisher(), r.book().author(), r.user().profile()))
        .order_by(|r| r.id());
    assert_eq!(query.to_sql().matches("JOIN").count(), 5, "{}", query.to_sql());
    let reviews = assert_num_queries!(db, 1, { query.all(&db)? });
    let read = assert_num_queries!(db, 0, {
        let mut read = Vec::new();
        for review in &reviews {
            let book = review.book.get(&db)?;
            let author = book.author.get(&db)?;
            let publisher = book.publisher.get(&db)?.map_or("", |publisher| &publisher.name);
            let bio = match review.user.get(&db)? {
                Some(user) => user.profile.get(&db)?.map_or("no profile", |profile| &profile.bio),
                None => "nobody",
            };
            read.push(format!("{} {} {} {publisher} {bio}", review.stars, book.title, author.name));
        }
        read
    });
    let expected = [
        "1 B1 Bob  hello",
        "1 B2 Ann Bat hello",
        "2 B2 Ann Bat no profile",
        "1 B3 Bob Ace hello",
        "2 B3 Bob Ace no profile",
        "3 B3 Bob Ace nobody",
    ];
    assert_eq!(read, expected);
    Ok(())
}

#[test]
fn calls_add_up_and_a_path_named_twice_is_joined_once() -> Result<()> {
    let db = library();
    let query = Review::objects()
        .select_related(|r| r.book().author())
        .select_related(|r| r.book())
        .select_related(|r| (r.user(), r.book().author()));
    assert_eq!(query.to_sql().matches("JOIN").count(), 3, "{}", query.to_sql());
    let review = assert_num_queries!(db, 1, { query.first(&db)?.unwrap() });
    assert!(review.user.loaded().is_some());
    assert!(review.book.loaded().unwrap().author.loaded().is_some());
    Ok(())
}

#[test]
fn what_was_not_joined_is_not_loaded() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 1, { Book::objects().select_related(|b| b.author()).all(&db)? });
    assert!(books.iter().all(|book| book.publisher.loaded().is_none()));
    assert!(books.iter().all(|book| book.tags.loaded().is_none()));
    assert!(books.iter().all(|book| book.author.loaded().unwrap().books.loaded().is_none()));
    Ok(())
}

#[test]
fn one_related_row_is_one_shared_instance() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 1, {
        Book::objects().select_related(|b| (b.author(), b.publisher())).order_by(|b| b.id()).all(&db)?
    });
    assert!(books[0].author.same_row(&books[2].author));
    assert!(books[1].author.same_row(&books[3].author));
    assert!(!books[0].author.same_row(&books[1].author));
    assert!(std::ptr::eq(books[0].author.loaded().unwrap(), books[2].author.loaded().unwrap()));
    let publisher = |number: usize| books[number].publisher.as_ref().unwrap();
    assert!(publisher(0).same_row(publisher(3)));
    assert!(!publisher(0).same_row(publisher(2)));
    // Two levels: three reviews of B3 share the book, and two books of Bob share him.
    let reviews = assert_num_queries!(db, 1, {
        Review::objects().select_related(|r| r.book().author()).order_by(|r| r.id()).all(&db)?
    });
    assert!(reviews[3].book.same_row(&reviews[5].book));
    let author = |number: usize| &reviews[number].book.loaded().unwrap().author;
    assert!(author(0).same_row(author(5)));
    assert!(!author(0).same_row(author(1)));
    // Two results know nothing of each other.
    let again = Book::objects().select_related(|b| b.author()).order_by(|b| b.id()).all(&db)?;
    assert!(!again[0].author.same_row(&books[0].author));
    assert!(!again[0].publisher.as_ref().unwrap().same_row(publisher(0)));
    Ok(())
}

#[test]
fn a_one_to_one_relation_comes_from_its_other_side_and_absence_is_known() -> Result<()> {
    let db = library();
    let query = User::objects().select_related(|u| u.profile()).order_by(|u| u.id());
    assert!(query.to_sql().contains("LEFT JOIN"), "{}", query.to_sql());
    let users = assert_num_queries!(db, 1, { query.all(&db)? });
    assert_num_queries!(db, 0, {
        assert_eq!(users[0].profile.get(&db)?.unwrap().bio, "hello");
        assert!(users[1].profile.get(&db)?.is_none());
        assert!(users[1].profile.get(&db)?.is_none());
    });
    assert!(matches!(users[0].profile.loaded(), Some(Some(_))));
    assert!(matches!(users[1].profile.loaded(), Some(None)));
    // And back again, over the same table.
    let profiles = assert_num_queries!(db, 1, { Profile::objects().select_related(|p| p.user().profile()).all(&db)? });
    let user = profiles[0].user.loaded().unwrap();
    assert_eq!(user.profile.loaded().unwrap().unwrap().id, profiles[0].id);
    Ok(())
}

#[test]
fn a_model_is_joined_with_itself_as_often_as_the_path_says() -> Result<()> {
    let db = empty();
    let boss = Employee::create().name("boss").save(&db)?;
    let lead = Employee::create().name("lead").reports_to(&boss).save(&db)?;
    Employee::create().name("dev").reports_to(&lead).save(&db)?;
    let query = Employee::objects().select_related(|e| e.reports_to().reports_to()).order_by(|e| e.id());
    let staff = assert_num_queries!(db, 1, { query.all(&db)? });
    let names = assert_num_queries!(db, 0, {
        let mut names = Vec::new();
        for one in &staff {
            let first = one.reports_to.get(&db)?;
            let second = first.map(|first| first.reports_to.get(&db)).transpose()?.flatten();
            names.push((first.map(|e| e.name.as_str()), second.map(|e| e.name.as_str())));
        }
        names
    });
    assert_eq!(names, [(None, None), (Some("boss"), None), (Some("lead"), Some("boss"))]);
    Ok(())
}

#[test]
fn two_keys_to_one_model_are_two_joins_with_the_right_rows() -> Result<()> {
    let db = empty();
    for (code, city) in [("VIE", "Vienna"), ("OSL", "Oslo")] {
        Airport::create().code(code).city(city).save(&db)?;
    }
    Flight::create().number(1).origin("VIE").dest("OSL").save(&db)?;
    Flight::create().number(2).origin("OSL").dest("OSL").save(&db)?;
    let query = Flight::objects().select_related(|f| (f.dest(), f.origin())).order_by(|f| f.number());
    let flights = assert_num_queries!(db, 1, { query.all(&db)? });
    let cities =
        |flight: &Flight| (flight.origin.loaded().unwrap().city.clone(), flight.dest.loaded().unwrap().city.clone());
    assert_eq!(cities(&flights[0]), ("Vienna".to_owned(), "Oslo".to_owned()));
    assert_eq!(cities(&flights[1]), ("Oslo".to_owned(), "Oslo".to_owned()));
    assert!(flights[0].dest.same_row(&flights[1].dest));
    Ok(())
}

/// Two loans: one of a book and a user that are there, one of a book and a user that are not.
fn loans() -> Result<Database> {
    let db = library();
    Loan::create().days(7).book(1).user(1).save(&db)?;
    Loan::create().days(14).book(99).user(98).save(&db)?;
    Loan::create().days(21).book(99).save(&db)?;
    Ok(db)
}

#[test]
fn a_dangling_key_drops_no_row_and_is_an_error_without_a_query() -> Result<()> {
    let db = loans()?;
    let query = Loan::objects().select_related(|l| (l.book(), l.user())).order_by(|l| l.id());
    assert_eq!(query.to_sql().matches("LEFT JOIN").count(), 2, "{}", query.to_sql());
    let loans = assert_num_queries!(db, 1, { query.all(&db)? });
    assert_eq!(loans.len(), 3);
    assert_eq!(loans[0].book.loaded().unwrap().title, "B0");
    assert!(loans[1].book.loaded().is_none());
    assert_eq!((*loans[1].book.key(), loans[1].user.key()), (99, Some(&98)));
    assert_num_queries!(db, 0, {
        let error = loans[1].book.get(&db).unwrap_err();
        assert!(matches!(&error, Error::DoesNotExist { model: "Book", .. }), "{error:?}");
        assert!(error.to_string().contains("99") && error.to_string().contains("Loan.book"), "{error}");
        let error = loans[1].user.get(&db).unwrap_err();
        assert!(error.to_string().contains("98") && error.to_string().contains("Loan.user"), "{error}");
        assert!(loans[2].user.get(&db)?.is_none());
        assert!(loans[2].book.get(&db).unwrap_err().is_does_not_exist());
    });
    Ok(())
}

#[test]
fn what_hangs_on_a_dangling_key_drops_no_row_either() -> Result<()> {
    let db = loans()?;
    let query = Loan::objects().select_related(|l| (l.book().author(), l.user().profile())).order_by(|l| l.id());
    assert_eq!(query.to_sql().matches("LEFT JOIN").count(), 4, "{}", query.to_sql());
    let loans = assert_num_queries!(db, 1, { query.all(&db)? });
    assert_eq!(loans.iter().map(|loan| loan.days).collect::<Vec<_>>(), [7, 14, 21]);
    assert_eq!(loans[0].book.loaded().unwrap().author.loaded().unwrap().name, "Ann");
    assert_eq!(loans[0].user.loaded().unwrap().profile.loaded().unwrap().unwrap().bio, "hello");
    // A filter behind the key does ask for the row.
    let filtered = Loan::objects().filter(|l| l.book().author().name().eq("Ann"));
    assert_eq!(assert_num_queries!(db, 1, { filtered.count(&db)? }), 1);
    let excluded = Loan::objects().exclude(|l| l.book().author().name().eq("Ann"));
    assert_eq!(assert_num_queries!(db, 1, { excluded.count(&db)? }), 2);
    Ok(())
}

#[test]
fn filters_order_and_limit_apply_as_without() -> Result<()> {
    let db = library();
    let query = Book::objects()
        .filter(|b| b.author().name().eq("Bob") | b.publisher().name().eq("Bat"))
        .filter(|b| b.reviews().stars().ge(1))
        .order_by(|b| (b.publisher().name().desc().nulls_last(), b.id()));
    let with = query.clone().select_related(|b| (b.author(), b.publisher()));
    let titles = |books: Vec<Book>| books.into_iter().map(|book| book.title).collect::<Vec<_>>();
    assert_eq!(titles(assert_num_queries!(db, 1, { with.all(&db)? })), ["B2", "B3", "B1"]);
    assert_eq!(titles(query.all(&db)?), ["B2", "B3", "B1"]);
    let page = with.clone().limit(2).offset(1);
    assert_eq!(titles(assert_num_queries!(db, 1, { page.all(&db)? })), ["B3", "B1"]);
    assert_eq!(
        assert_num_queries!(db, 1, { with.first(&db)?.unwrap().publisher.loaded().unwrap().name.clone() }),
        "Bat"
    );
    assert_eq!(assert_num_queries!(db, 1, { with.last(&db)?.unwrap().author.loaded().unwrap().name.clone() }), "Bob");
    Ok(())
}

#[test]
fn every_terminal_method_brings_the_joined_rows() -> Result<()> {
    let db = library();
    let query = Book::objects().select_related(|b| b.author());
    assert!(assert_num_queries!(db, 1, { query.find(&db, 1)? }).author.loaded().is_some());
    let one = query.clone().filter(|b| b.title().eq("B1"));
    assert!(assert_num_queries!(db, 1, { one.get(&db)? }).author.loaded().is_some());
    let bulk = assert_num_queries!(db, 1, { query.in_bulk(&db, [1, 2])? });
    assert!(bulk.values().all(|book| book.author.loaded().is_some()));
    let mut names = Vec::new();
    assert_num_queries!(db, 1, {
        query.for_each(&db, |book| {
            names.push(book.author.get(&db)?.name.clone());
            Ok(())
        })?;
    });
    assert_eq!(names.len(), 4);
    let streamed = assert_num_queries!(db, 1, {
        db.read(|snapshot| {
            query.iter(snapshot)?.map(|book| Ok(book?.author.loaded().is_some())).collect::<Result<Vec<_>>>()
        })?
    });
    assert_eq!(streamed, [true; 4]);
    Ok(())
}

#[test]
fn counting_and_looking_leave_the_join_out() -> Result<()> {
    let db = library();
    let query = Book::objects().select_related(|b| (b.author(), b.publisher()));
    let ((), log) = db.capture(|db| {
        assert_eq!(query.count(db).unwrap(), 4);
        assert!(query.exists(db).unwrap());
    });
    assert_eq!(log.len(), 2, "{log}");
    assert!(log.statements().all(|statement| !statement.sql.contains("JOIN")), "{log}");
    Ok(())
}

#[test]
fn no_row_is_ever_dropped_or_repeated() -> Result<()> {
    let db = loans()?;
    let count = |with: usize, without: u64| assert_eq!(with as u64, without);
    assert_num_queries!(db, 12, {
        let books = Book::objects();
        count(books.clone().select_related(|b| (b.author(), b.publisher())).all(&db)?.len(), books.count(&db)?);
        let reviews = Review::objects();
        let with = reviews.clone().select_related(|r| (r.book().author(), r.book().publisher(), r.user().profile()));
        count(with.all(&db)?.len(), reviews.count(&db)?);
        count(User::objects().select_related(|u| u.profile()).all(&db)?.len(), User::objects().count(&db)?);
        let loans = Loan::objects();
        count(
            loans.clone().select_related(|l| (l.book().publisher(), l.user().profile())).all(&db)?.len(),
            loans.count(&db)?,
        );
        let links = BookTag::objects();
        count(links.clone().select_related(|l| (l.book().author(), l.tag())).all(&db)?.len(), links.count(&db)?);
        let profiles = Profile::objects();
        count(profiles.clone().select_related(|p| p.user().profile().user()).all(&db)?.len(), profiles.count(&db)?);
    });
    Ok(())
}

#[test]
fn a_deferred_column_of_a_joined_row_is_left_out_and_loaded_when_it_is_read() -> Result<()> {
    let db = library();
    let query = Review::objects().select_related(|r| r.book()).defer(|r| r.book().summary()).order_by(|r| r.id());
    assert!(!query.to_sql().contains("summary"), "{}", query.to_sql());
    let reviews = assert_num_queries!(db, 1, { query.all(&db)? });
    let book = reviews[0].book.loaded().unwrap();
    assert_eq!((book.title.as_str(), book.pages, book.active), ("B1", 20, false));
    assert!(book.summary.loaded().is_none());
    assert_eq!(assert_num_queries!(db, 1, { book.summary.get(&db)?.clone() }), "summary 1");
    assert_eq!(assert_num_queries!(db, 0, { book.summary.get(&db)?.clone() }), "summary 1");
    Ok(())
}

#[test]
fn defer_and_only_speak_of_the_path_they_name() -> Result<()> {
    let db = library();
    let user = User::objects().select_related(|u| u.profile()).defer(|u| u.profile().notes()).order_by(|u| u.id());
    let users = assert_num_queries!(db, 1, { user.all(&db)? });
    let profile = users[0].profile.loaded().unwrap().unwrap();
    assert!(profile.notes.loaded().is_none());
    assert_eq!(profile.bio, "hello");
    assert_eq!(assert_num_queries!(db, 1, { profile.notes.get(&db)?.clone() }).as_deref(), Some("note"));
    // The query's own deferred columns are not touched by a path's, and the other way round.
    let loans = Loan::objects().select_related(|l| l.book().author()).defer(|l| l.book().summary());
    assert!(assert_num_queries!(db, 1, { loans.all(&db)? }).is_empty());
    let query = Book::objects().defer(|b| b.summary()).select_related(|b| b.author()).order_by(|b| b.id());
    let books = assert_num_queries!(db, 1, { query.all(&db)? });
    assert!(books.iter().all(|book| book.summary.loaded().is_none()));
    assert_eq!(books[3].author.loaded().unwrap().name, "Bob");
    assert_eq!(books[3].published, Some(date(2020, 12, 31)));
    let only = Review::objects().select_related(|r| r.book()).only(|r| r.book().summary());
    let reviews = assert_num_queries!(db, 1, { only.all(&db)? });
    assert!(reviews.iter().all(|review| review.book.loaded().unwrap().summary.loaded().is_some()));
    Ok(())
}

#[test]
fn twenty_thousand_books_by_a_hundred_authors_hold_a_hundred_authors() -> Result<()> {
    let db = empty();
    let authors = Author::objects().bulk_create((0..100).map(|n| Author::create().name(format!("A{n}")))).run(&db)?;
    let book = |n: usize| Book::create().title(format!("B{n}")).author(&authors[n % 100]).price(1.0).summary("");
    Book::objects().bulk_create((0..20_000).map(book)).run(&db)?;
    let books = assert_num_queries!(db, 1, { Book::objects().select_related(|b| b.author()).all(&db)? });
    let instances: std::collections::HashSet<*const Author> =
        books.iter().map(|book| std::ptr::from_ref(book.author.loaded().unwrap())).collect();
    assert_eq!((books.len(), instances.len()), (20_000, 100));
    assert!(books.iter().all(|book| book.author.loaded().unwrap().id == *book.author.key()));
    Ok(())
}

#[test]
fn values_have_no_relations_to_join() {
    let db = library();
    let (found, log) = db.capture(|db| Book::objects().select_related(|b| b.author()).values_list(|b| b.id()).all(db));
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    assert_eq!(log.len(), 0, "{log}");
}
