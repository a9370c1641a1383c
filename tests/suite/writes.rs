//! Writing: rows one by one and many at once, defaults, and what a refused write says.

use eager_orm::{Error, Reason, Result};

use self::bare::{Bare, Egg, Hen, Noted, Small, Word};
use crate::support::*;
use eager_orm::prelude::*;

#[test]
fn a_builder_inserts_one_row_and_fills_in_what_was_left_out() -> Result<()> {
    let db = library();
    let book = assert_num_queries!(db, 1, { Book::create().title("B9").author(1).price(2.0).summary("s").save(&db)? });
    assert_eq!((book.id, book.pages, book.active), (5, 100, true));
    assert_eq!((book.publisher.key(), book.published), (None, None));
    assert_eq!(book.summary.loaded().unwrap(), "s");
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().find(&db, book.id)? }), book);
    let full = Book::create()
        .summary(String::from("s"))
        .price(1.0)
        .title(String::from("full"))
        .publisher(Some(2))
        .published(date(2000, 1, 1))
        .pages(7)
        .active(false)
        .author(&Author::objects().find(&db, 3)?)
        .id(77)
        .save(&db)?;
    assert_eq!((full.id, full.pages, full.active, *full.author.key()), (77, 7, false, 3));
    assert_eq!(full.published, Some(date(2000, 1, 1)));
    assert_eq!(Book::objects().find(&db, 77)?, full);
    Ok(())
}

#[test]
fn an_insert_runs_no_transaction_of_its_own() -> Result<()> {
    let db = library();
    let (tag, log) = db.capture(|db| Tag::create().name("t9").save(db));
    assert_eq!((tag?.id, log.len(), log.transactions()), (5, 1, 0));
    Ok(())
}

#[test]
fn optional_fields_take_a_value_an_option_or_nothing() -> Result<()> {
    let db = empty();
    let rows = assert_num_queries!(db, 4, {
        [
            Author::create().name("a").country("US").age(1).save(&db)?,
            Author::create().name("b").country(Some("US")).age(Some(1)).save(&db)?,
            Author::create().name("c").country(None::<&str>).age(None).save(&db)?,
            Author::create().name("d").save(&db)?,
        ]
    });
    let values = |row: &Author| (row.country.clone(), row.age);
    assert_eq!(values(&rows[0]), (Some("US".to_owned()), Some(1)));
    assert_eq!(values(&rows[0]), values(&rows[1]));
    assert_eq!(values(&rows[2]), (None, None));
    assert_eq!(values(&rows[2]), values(&rows[3]));
    Ok(())
}

mod defaults {
    use eager_orm::prelude::*;

    /// Defaults that are literals and defaults that are computed.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Draft {
        pub id: i64,
        #[field(default = "it's")]
        pub state: String,
        #[field(default = next_number())]
        pub number: i64,
        #[field(default = -1)]
        pub negative: i32,
        #[field(default = 0.5)]
        pub share: f64,
        #[field(default = true)]
        pub open: bool,
        #[field(default = vec![1, 2])]
        pub bytes: Vec<u8>,
        #[field(default = "x")]
        pub note: Option<String>,
    }

    fn next_number() -> i64 {
        use std::sync::atomic::{AtomicI64, Ordering};
        static NEXT: AtomicI64 = AtomicI64::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

#[test]
fn defaults_are_made_for_each_row_and_literals_stand_in_the_table_too() -> Result<()> {
    use defaults::Draft;
    let db = Database::in_memory()?;
    db.create_tables(models![Draft])?;
    let (one, two) = assert_num_queries!(db, 2, { (Draft::create().save(&db)?, Draft::create().save(&db)?) });
    assert_eq!((one.state.as_str(), one.negative, one.share, one.open), ("it's", -1, 0.5, true));
    assert_eq!((one.bytes.as_slice(), one.note.as_deref()), (&[1, 2][..], Some("x")));
    assert_ne!(one.number, two.number);
    assert_eq!(Draft::objects().find(&db, one.id)?, one);
    let numbers = Draft::objects().bulk_create([Draft::create(), Draft::create()]).run(&db)?;
    assert_ne!(numbers[0].number, numbers[1].number);
    // A row of somebody else's gets the literals.
    db.raw(|c| c.execute("INSERT INTO draft (number, bytes) VALUES (99, x'00')", []))?;
    let foreign = Draft::objects().filter(|d| d.number().eq(99)).get(&db)?;
    assert_eq!((foreign.state.as_str(), foreign.negative, foreign.share, foreign.open), ("it's", -1, 0.5, true));
    Ok(())
}

#[test]
fn a_new_row_may_be_a_plain_struct() -> Result<()> {
    let db = library();
    let new = NewBook {
        id: None,
        title: "B9".to_owned(),
        author: 1,
        publisher: None,
        pages: None,
        price: 1.0,
        published: None,
        active: Some(false),
        summary: "s".to_owned(),
    };
    let given = NewBook { id: Some(50), title: "B50".to_owned(), pages: Some(3), ..new.clone() };
    let books = assert_num_queries!(db, 1, { Book::objects().bulk_create([new, given]).run(&db)? });
    assert_eq!((books[0].id, books[0].pages, books[0].active), (51, 100, false));
    assert_eq!((books[1].id, books[1].pages), (50, 3));
    assert_eq!(Book::objects().find(&db, 50)?, books[1]);
    let one = NewTag { id: None, name: "t9".to_owned() };
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().create(&db, one)? }).name, "t9");
    let error = Tag::objects().create(&db, Tag::create().name("t9")).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error:?}");
    let built: NewAuthor = Author::create().name("Dan").build();
    assert_eq!((built.id, built.name.as_str(), built.country), (None, "Dan", None));
    Ok(())
}

#[test]
fn save_writes_every_field_by_key() -> Result<()> {
    let db = library();
    let mut book = Book::objects().find(&db, 1)?;
    book.title = "new".into();
    book.pages = 11;
    book.published = None;
    book.active = false;
    book.author.set(2);
    book.publisher.set(2);
    book.summary.set("changed");
    assert_num_queries!(db, 1, { book.save(&db)? });
    let read = Book::objects().find(&db, 1)?;
    assert_eq!(read, book);
    assert_eq!(read.summary.loaded().unwrap(), "changed");
    assert_eq!(Book::objects().filter(|b| b.title().eq("new")).count(&db)?, 1);
    Ok(())
}

#[test]
fn save_fields_writes_those_and_no_others() -> Result<()> {
    let db = library();
    let mut book = Book::objects().find(&db, 1)?;
    book.title = "new".into();
    book.pages = 11;
    book.author.set(2);
    let (done, log) = db.capture(|db| book.save_fields(db, |b| (b.pages(), b.author())));
    done?;
    assert_eq!(
        log.statements().map(|s| s.sql.as_str()).collect::<Vec<_>>(),
        [r#"UPDATE "book" SET "pages" = ?1, "author_id" = ?2 WHERE "id" = ?3"#]
    );
    let read = Book::objects().find(&db, 1)?;
    assert_eq!((read.title.as_str(), read.pages, *read.author.key()), ("B0", 11, 2));
    Ok(())
}

#[test]
fn save_of_a_row_that_is_gone_is_an_error_and_inserts_nothing() -> Result<()> {
    let db = library();
    let mut tag = Tag::objects().find(&db, 4)?;
    Tag::objects().filter(|t| t.id().eq(4)).delete(&db)?;
    let error = assert_num_queries!(db, 1, { tag.save(&db).unwrap_err() });
    assert!(matches!(&error, Error::NotUpdated { model: "Tag", key } if key == "4"), "{error:?}");
    assert!(matches!(tag.save_fields(&db, |t| t.name()), Err(Error::NotUpdated { .. })));
    assert_eq!(Tag::objects().count(&db)?, 3);
    Ok(())
}

#[test]
fn refresh_takes_what_the_database_has() -> Result<()> {
    let db = library();
    let mut tag = Tag::objects().find(&db, 1)?;
    Tag::objects().filter(|t| t.id().eq(1)).update(&db, |t| t.name().set("renamed"))?;
    tag.name = "unsaved".into();
    assert_num_queries!(db, 1, { tag.refresh(&db)? });
    assert_eq!(tag.name, "renamed");
    Ok(())
}

#[test]
fn delete_of_a_row_says_what_went_with_it() -> Result<()> {
    let db = library();
    let book = Book::objects().find(&db, 3)?;
    let deleted = assert_num_queries!(db, 1, { book.delete(&db)? });
    let mut counts = deleted.per_model.clone();
    counts.sort();
    assert_eq!(counts, [("Book".to_owned(), 1), ("BookTag".to_owned(), 1), ("Review".to_owned(), 2)]);
    assert_eq!(deleted.total, 4);
    // Deleting what is gone deletes nothing.
    let tag = Tag::objects().find(&db, 4)?;
    let again = tag.clone();
    assert_eq!(assert_num_queries!(db, 1, { tag.delete(&db)? }).total, 1);
    assert_eq!(assert_num_queries!(db, 1, { again.delete(&db)? }).total, 0);
    Ok(())
}

#[test]
fn text_keys_are_given_and_kept() -> Result<()> {
    let db = empty();
    let mut vienna = assert_num_queries!(db, 1, { Airport::create().code("VIE").city("Wien").save(&db)? });
    vienna.city = "Vienna".into();
    assert_num_queries!(db, 1, { vienna.save(&db)? });
    assert_eq!(Airport::objects().find(&db, "VIE")?.city, "Vienna");
    let error = Airport::create().code("VIE").city("x").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Airport", fields } if *fields == ["code"]), "{error:?}");
    let flight = Flight::create().number(1).origin(&vienna).dest("VIE").save(&db)?;
    assert_eq!(flight.origin.key(), "VIE");
    assert_eq!(assert_num_queries!(db, 1, { flight.dest.get(&db)? }), &vienna);
    Ok(())
}

#[test]
fn keys_that_are_given_move_the_count_and_are_refused_twice() -> Result<()> {
    let db = empty();
    assert_eq!(Tag::create().id(10).name("a").save(&db)?.id, 10);
    assert_eq!(Tag::create().name("b").save(&db)?.id, 11);
    assert_eq!(Tag::create().id(-5).name("c").save(&db)?.id, -5);
    assert_eq!(Tag::create().id(0).name("d").save(&db)?.id, 0);
    let error = assert_num_queries!(db, 1, { Tag::create().id(10).name("e").save(&db).unwrap_err() });
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["id"]), "{error:?}");
    assert_eq!(Tag::objects().count(&db)?, 4);
    Ok(())
}

#[test]
fn bulk_create_returns_the_rows_in_order_with_their_keys() -> Result<()> {
    let db = library();
    let new = |n: i64| Tag::create().name(format!("n{n}"));
    let (tags, log) = db.capture(|db| Tag::objects().bulk_create((0..1_001).map(new)).run(db));
    let tags = tags?;
    assert_eq!((log.len(), log.transactions()), (1, 2), "{log}");
    assert_eq!(log.statements().next().unwrap().times, 1_001);
    assert!(tags.iter().zip(5..).all(|(tag, key)| tag.id == key && tag.name == format!("n{}", key - 5)));
    assert_eq!(Tag::objects().filter(|t| t.name().starts_with("n")).order_by(|t| t.id()).all(&db)?, tags);
    assert_eq!(Tag::objects().count(&db)?, 1_005);
    Ok(())
}

#[test]
fn bulk_create_takes_keys_that_are_given_and_keys_that_are_text() -> Result<()> {
    let db = empty();
    let mixed = [Tag::create().name("a"), Tag::create().name("b").id(50), Tag::create().name("c")];
    let tags = assert_num_queries!(db, 1, { Tag::objects().bulk_create(mixed).run(&db)? });
    assert_eq!(tags.iter().map(|tag| tag.id).collect::<Vec<_>>(), [51, 50, 52]);
    let airports = ["VIE", "OSL"].map(|code| Airport::create().code(code).city("x"));
    let airports = assert_num_queries!(db, 1, { Airport::objects().bulk_create(airports).run(&db)? });
    assert_eq!(airports.iter().map(|airport| airport.code.as_str()).collect::<Vec<_>>(), ["VIE", "OSL"]);
    let flights = (0..3).map(|n| Flight::create().number(n).origin("VIE").dest("OSL"));
    let flights = Flight::objects().bulk_create(flights).run(&db)?;
    assert_num_queries!(db, 2, {
        assert!(airports[1].departures.all(&db)?.is_empty());
        assert_eq!(airports[0].departures.all(&db)?.len(), 3);
        assert_eq!(flights[2].dest.get(&db)?.code, "OSL");
    });
    Ok(())
}

#[test]
fn bulk_create_of_nothing_runs_nothing() -> Result<()> {
    let db = library();
    let nothing: [NewTag; 0] = [];
    let (tags, log) = db.capture(|db| Tag::objects().bulk_create(nothing).run(db));
    assert!(tags?.is_empty() && log.all().is_empty());
    Ok(())
}

/// The error of this row of a bulk.
fn of_row(number: usize, error: &Error) -> &Error {
    match error {
        Error::Row { row, error } if *row == number => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn bulk_create_with_a_row_that_fails_leaves_nothing_behind() -> Result<()> {
    let db = library();
    let new = |n: i64| Tag::create().name(if n == 900 { "t0".to_owned() } else { format!("n{n}") });
    let error = Tag::objects().bulk_create((0..1_200).map(new)).run(&db).unwrap_err();
    let error = of_row(900, &error);
    assert!(matches!(error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error:?}");
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 4);
    let new = |n: i64| BookTag::create().book(n).tag(1);
    let error = BookTag::objects().bulk_create((1..10).map(new)).run(&db).unwrap_err();
    let error = of_row(4, &error);
    assert!(
        matches!(error, Error::ForeignKey { model: "BookTag", relation: Some("book"), key: Some(key) } if key == "5"),
        "{error:?}"
    );
    assert_eq!(BookTag::objects().count(&db)?, 4);
    let bad = Book::create().title("x").author(1).summary("").price(f64::NAN);
    let error = Book::objects().bulk_create([bad]).run(&db).unwrap_err();
    let error = of_row(0, &error);
    assert!(matches!(error, Error::NotStorable { model: "Book", field, .. } if field == "price"), "{error:?}");
    // Inside a transaction, the transaction goes on.
    db.transaction(|tx| {
        Tag::create().name("before").save(tx)?;
        let rows = ["one", "t0"].map(|name| Tag::create().name(name));
        assert!(Tag::objects().bulk_create(rows).run(tx).is_err());
        assert_eq!(Tag::objects().count(tx)?, 5);
        Tag::create().name("after").save(tx)
    })?;
    assert_eq!(Tag::objects().count(&db)?, 6);
    Ok(())
}

#[test]
fn bulk_update_writes_each_row_its_own_values() -> Result<()> {
    let db = library();
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    for book in &mut books {
        book.pages *= 2;
        book.title.push('!');
        book.author.set(3);
        book.price = 9.0;
    }
    let (changed, log) =
        db.capture(|db| Book::objects().bulk_update(db, &books, |b| (b.pages(), b.title(), b.author())));
    assert_eq!((changed?, log.len(), log.transactions()), (4, 1, 2), "{log}");
    let read = Book::objects().order_by(|b| b.id()).all(&db)?;
    let fields = |book: &Book| (book.title.clone(), book.pages, *book.author.key(), book.price);
    assert_eq!(fields(&read[1]), ("B1!".to_owned(), 40, 3, 1.5));
    // A row that is gone does not count, one that comes twice is one row, none is no statement.
    Book::objects().filter(|b| b.id().eq(1)).delete(&db)?;
    assert_eq!(Book::objects().bulk_update(&db, &books, |b| b.price())?, 3);
    assert_eq!(Book::objects().bulk_update(&db, [&books[1], &books[1]], |b| b.price())?, 1);
    let nobody: [&Book; 0] = [];
    assert_eq!(assert_num_queries!(db, 0, { Book::objects().bulk_update(&db, nobody, |b| b.price())? }), 0);
    Ok(())
}

#[test]
fn bulk_update_of_a_filtered_queryset_leaves_the_other_rows_alone() -> Result<()> {
    let db = library();
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    books.iter_mut().for_each(|book| (book.pages, book.price) = (book.pages + 1, 7.0));
    let pages = |db: &Database| Book::objects().order_by(|b| b.id()).values_list(|b| b.pages()).all(db).unwrap();
    let these = Book::objects().filter(|b| b.active().eq(true) & b.pages().lt(1_000));
    let changed = assert_num_queries!(db, 1, { these.bulk_update(&db, &books, |b| (b.pages(), b.price()))? });
    assert_eq!((changed, pages(&db)), (2, vec![11, 20, 31, 40]));
    let anns =
        Book::objects().filter(|b| b.author().name().in_(["Ann", "nobody"])).exclude(|b| b.tags().name().eq("t0"));
    assert_eq!(anns.bulk_update_of(&books, |b| b.title()).batch_size(1).run(&db)?, 1);
    assert_eq!(Book::objects().filter(|b| b.pages().eq(12_345)).bulk_update(&db, &books, |b| b.pages())?, 0);
    assert_eq!(Book::objects().none().bulk_update(&db, &books, |b| b.pages())?, 0);
    let cut = Book::objects().order_by(|b| b.id()).limit(1).bulk_update(&db, &books, |b| b.pages());
    assert!(matches!(cut, Err(Error::Misuse { .. })));
    assert_eq!(Book::objects().order_by(|b| b.title()).bulk_update(&db, &books, |b| b.pages())?, 4);
    assert_eq!(pages(&db), [11, 21, 31, 41]);
    Ok(())
}

#[test]
fn bulk_update_is_all_or_nothing() -> Result<()> {
    let db = library();
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    books.iter_mut().for_each(|book| book.pages += 1);
    books[2].pages = -1;
    let error = Book::objects().bulk_update(&db, &books, |b| b.pages()).unwrap_err();
    assert!(error.is_constraint() && error.to_string().starts_with("row 2: "), "{error}");
    let error = of_row(2, &error);
    assert!(matches!(error, Error::Check { model: "Book", name } if name == "pages_positive"), "{error:?}");
    books[2].pages = 1;
    books[3].author.set(99);
    let error = Book::objects().bulk_update(&db, &books, |b| (b.pages(), b.author())).unwrap_err();
    assert!(matches!(of_row(3, &error), Error::ForeignKey { relation: Some("author"), .. }), "{error:?}");
    let pages = Book::objects().order_by(|b| b.id()).values_list(|b| b.pages());
    assert_eq!(assert_num_queries!(db, 1, { pages.all(&db)? }), [10, 20, 30, 40]);
    let deferred = Book::objects().defer(|b| b.summary()).all(&db)?;
    assert!(matches!(Book::objects().bulk_update(&db, &deferred, |b| b.summary()), Err(Error::Misuse { .. })));
    Ok(())
}

#[test]
fn a_unique_failure_names_model_and_fields() -> Result<()> {
    let db = library();
    let error = Tag::create().name("t0").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error:?}");
    assert!(
        error.to_string().contains("Tag") && error.to_string().contains("name") && error.is_constraint(),
        "{error}"
    );
    // Two fields together; the field of the key is `author`, its column author_id.
    let error = Book::create().title("B0").author(1).price(1.0).summary("").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Book", fields } if *fields == ["author", "title"]), "{error:?}");
    let error = Profile::create().user(1).bio("").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Profile", fields } if *fields == ["user"]), "{error:?}");
    let mut tag = Tag::objects().find(&db, 2)?;
    tag.name = "t0".into();
    let error = tag.save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error:?}");
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().find(&db, 2)? }).name, "t1");
    Ok(())
}

#[test]
fn a_foreign_key_failure_names_relation_and_key() -> Result<()> {
    let db = library();
    let error = Book::create().title("x").author(99).price(1.0).summary("").save(&db).unwrap_err();
    assert!(
        matches!(&error, Error::ForeignKey { model: "Book", relation: Some("author"), key: Some(key) } if key == "99"),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("author") && error.to_string().contains("99") && error.is_constraint(),
        "{error}"
    );
    let error = Book::create().title("x").author(1).publisher(98).price(1.0).summary("").save(&db).unwrap_err();
    assert!(matches!(&error, Error::ForeignKey { relation: Some("publisher"), .. }), "{error:?}");
    let mut review = Review::objects().find(&db, 1)?;
    review.user.set(97);
    let error = review.save(&db).unwrap_err();
    assert!(
        matches!(&error, Error::ForeignKey { model: "Review", relation: Some("user"), key: Some(key) } if key == "97"),
        "{error:?}"
    );
    let error = review.save_fields(&db, |r| r.user()).unwrap_err();
    assert!(matches!(&error, Error::ForeignKey { relation: Some("user"), .. }), "{error:?}");
    Airport::create().code("VIE").city("Vienna").save(&db)?;
    let error = Flight::create().number(1).origin("VIE").dest("NOPE").save(&db).unwrap_err();
    assert!(
        matches!(&error, Error::ForeignKey { relation: Some("dest"), key: Some(key), .. } if key.contains("NOPE")),
        "{error:?}"
    );
    assert_eq!(assert_num_queries!(db, 1, { Flight::objects().count(&db)? }), 0);
    Ok(())
}

#[test]
fn a_check_failure_names_the_check() -> Result<()> {
    let db = library();
    let error = Book::create().title("x").author(1).price(1.0).summary("").pages(0).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { model: "Book", name } if name == "pages_positive"), "{error:?}");
    assert!(error.to_string().contains("pages_positive") && error.is_constraint(), "{error}");
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().count(&db)? }), 4);
    Ok(())
}

#[test]
fn a_null_where_there_may_be_none_names_the_field() -> Result<()> {
    // The model says NULL is possible, the table does not: somebody else made it.
    let db = Database::in_memory()?;
    db.raw(|c| {
        c.execute_batch("CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, country TEXT NOT NULL, age INTEGER)")
    })?;
    let error = assert_num_queries!(db, 1, { Author::create().name("Ann").save(&db).unwrap_err() });
    assert!(matches!(&error, Error::NotNull { model: "Author", field } if field == "country"), "{error:?}");
    assert!(error.to_string().contains("Author.country") && error.is_constraint(), "{error}");
    Author::create().name("Ann").country("US").save(&db)?;
    let error = Author::objects().update(&db, |a| a.country().set(None::<&str>)).unwrap_err();
    assert!(matches!(&error, Error::NotNull { model: "Author", field } if field == "country"), "{error:?}");
    Ok(())
}

#[test]
fn what_cannot_be_stored_is_refused_with_the_fields_name() -> Result<()> {
    let db = library();
    let error = Book::create().title("x").author(1).price(f64::NAN).summary("").save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { model: "Book", field, .. } if field == "price"), "{error:?}");
    let error = Sample::create().real_or(f64::NAN).save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { model: "Sample", field, .. } if field == "real_or"), "{error:?}");
    let early = date(-1, 1, 1);
    let error = Sample::create().day(early).save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { model: "Sample", field, .. } if field == "day"), "{error:?}");
    let error = Sample::create().moment(early.at(0, 0, 0, 0)).save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { field, .. } if field == "moment"), "{error:?}");
    let error = Sample::create().stamp(Timestamp::MIN).save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { field, .. } if field == "stamp"), "{error:?}");
    let mut book = Book::objects().find(&db, 1)?;
    book.price = f64::NAN;
    let error = book.save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { model: "Book", field, .. } if field == "price"), "{error:?}");
    let error = Book::objects().bulk_update(&db, [&book], |b| b.price()).unwrap_err();
    assert!(matches!(of_row(0, &error), Error::NotStorable { field, .. } if field == "price"), "{error:?}");
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().find(&db, 1)? }).price, 0.5);
    assert_eq!(Sample::objects().count(&db)?, 0);
    // Infinity has its place.
    book.price = f64::INFINITY;
    book.save(&db)?;
    assert_eq!(Book::objects().find(&db, 1)?.price, f64::INFINITY);
    Ok(())
}

#[test]
fn a_value_that_is_longer_than_sqlite_allows_is_refused_with_the_fields_name() -> Result<()> {
    let db = empty();
    let error = Sample::create().blob(vec![0; 1_000_000_001]).save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { model: "Sample", field, .. } if field == "blob"), "{error}");
    let rows = [Sample::create(), Sample::create().blob(vec![0; 1_000_000_001])];
    let error = Sample::objects().bulk_create(rows).run(&db).unwrap_err();
    assert!(matches!(&error, Error::Row { row: 1, .. }), "{error}");
    assert_eq!(Sample::objects().count(&db)?, 0);
    Ok(())
}

#[test]
fn a_number_that_does_not_fit_is_refused_when_it_is_read() -> Result<()> {
    let db = empty();
    Sample::create().save(&db)?;
    for (column, field) in [("byte", 256_i64), ("short", 32_768), ("tiny", -129), ("half", -1), ("word", 1 << 32)] {
        // Whoever writes has the column's range to keep to; a file of somebody else's may not have it.
        let refused = db.raw(|c| c.execute_batch(&format!("UPDATE sample SET {column} = {field}")));
        assert!(
            matches!(&refused, Err(Error::Check { name, .. }) if *name == format!("{column}_range")),
            "{refused:?}"
        );
        let unchecked = format!("PRAGMA ignore_check_constraints = ON; UPDATE sample SET {column} = {field}");
        db.raw(|c| c.execute_batch(&format!("{unchecked}; PRAGMA ignore_check_constraints = OFF")))?;
        let error = assert_num_queries!(db, 1, { Sample::objects().find(&db, 1).unwrap_err() });
        match &error {
            Error::Decode { model: "Sample", field: name, column: in_column, found, .. } => {
                assert_eq!((name.as_str(), in_column.as_str()), (column, column));
                assert!(found.contains(&field.to_string()), "{found}");
            }
            other => panic!("{other:?}"),
        }
        db.raw(|c| c.execute_batch(&format!("UPDATE sample SET {column} = 0")))?;
    }
    assert_eq!(Sample::objects().find(&db, 1)?.byte, 0);
    Ok(())
}

#[test]
fn a_failed_write_leaves_the_row_in_hand_as_it_was_set() -> Result<()> {
    let db = library();
    let mut book = Book::objects().find(&db, 1)?;
    assert_eq!(book.sale_price(), 0.25);
    book.pages = -1;
    assert!(book.save(&db).is_err());
    assert_eq!((book.pages, book.sale_price()), (-1, 0.25));
    book.pages = 1;
    assert_num_queries!(db, 1, { book.save(&db)? });
    Ok(())
}

#[test]
fn a_key_that_is_smaller_than_the_rowid_counts_up_and_ends_with_a_typed_error() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Small])?;
    assert_eq!(assert_num_queries!(db, 1, { Small::create().name("a").save(&db)? }).id, 1);
    assert_eq!(Small::create().id(32_767).name("b").save(&db)?.id, 32_767);
    let error = Small::create().name("c").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { model: "Small", name } if name == "id_range"), "{error:?}");
    assert_eq!(Small::objects().count(&db)?, 2);
    Ok(())
}

#[test]
fn a_model_that_is_nothing_but_its_key() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Bare, Word])?;
    db.create_tables(models![Bare, Word])?;
    let mut bare = assert_num_queries!(db, 1, { Bare::create().save(&db)? });
    assert_num_queries!(db, 1, { bare.save(&db)? });
    bare.refresh(&db)?;
    assert_eq!(Bare::objects().bulk_create([Bare::create(), Bare::create()]).run(&db)?.len(), 2);
    let mut word = Word::create().word("a").save(&db)?;
    word.save(&db)?;
    assert_eq!(Word::objects().all(&db)?, [word.clone()]);
    word.word = "b".into();
    assert!(matches!(word.save(&db), Err(Error::NotUpdated { .. })));
    Ok(())
}

#[test]
fn models_that_point_at_each_other() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Hen, Egg])?;
    let mut hen = Hen::create().save(&db)?;
    let egg = Egg::create().hen(&hen).save(&db)?;
    hen.egg.set(&egg);
    hen.save(&db)?;
    let hen = assert_num_queries!(db, 1, { Hen::objects().select_related(|h| h.egg().hen()).get(&db)? });
    assert_eq!(hen.egg.loaded().unwrap().hen.loaded().unwrap().id, hen.id);
    let hens = assert_num_queries!(db, 4, { Hen::objects().prefetch_related(|h| h.egg().hen().egg()).all(&db)? });
    assert!(hens[0].egg.loaded().unwrap().hen.loaded().unwrap().egg.loaded().is_some());
    Ok(())
}

#[test]
fn a_row_whose_key_does_not_fit_is_not_left_behind() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Small])?;
    Small::create().id(32_767).name("b").save(&db)?;
    assert!(Small::create().name("c").save(&db).is_err());
    assert_eq!(assert_num_queries!(db, 1, { Small::objects().count(&db)? }), 1);
    assert!(Small::objects().bulk_create([Small::create().name("d")]).run(&db).is_err());
    assert_eq!(Small::objects().count(&db)?, 1);
    Ok(())
}

#[test]
fn a_null_that_is_given_is_not_replaced_by_the_default() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Noted])?;
    assert_eq!(Noted::create().save(&db)?.note.as_deref(), Some("x"));
    let null = assert_num_queries!(db, 1, { Noted::create().note(None::<String>).save(&db)? });
    assert_eq!((&null.note, Noted::objects().find(&db, null.id)?.note), (&None, None));
    Ok(())
}

#[test]
fn a_text_that_is_too_long_is_refused_before_anything_runs() -> Result<()> {
    let db = library();
    // 120 characters, whatever their bytes.
    let mut author = assert_num_queries!(db, 1, { Author::create().name("ä".repeat(120)).save(&db)? });
    author.name.push('x');
    let new = || Author::create().name("x".repeat(121));
    let refused = |outcome: Result<()>| match outcome {
        Err(Error::Invalid { model: "Author", failures }) => {
            assert_eq!(failures.len(), 1);
            assert_eq!(failures[0].field, Some("name"));
            assert_eq!(failures[0].reason, Reason::TooLong { limit: 120, length: 121 });
        }
        other => panic!("{other:?}"),
    };
    assert_num_queries!(db, 0, {
        refused(new().save(&db).map(drop));
        refused(author.save(&db));
        refused(author.save_fields(&db, |a| a.name()));
        refused(Author::objects().bulk_create([new()]).run(&db).map(drop));
        refused(Author::objects().bulk_update(&db, [&author], |a| a.name()).map(drop));
    });
    // Whoever writes otherwise, the table holds it.
    let held = |outcome: Result<u64>| {
        assert!(
            matches!(&outcome, Err(Error::Check { model: "Author", name }) if name == "name_length"),
            "{outcome:?}"
        );
    };
    let rest = "x".repeat(120);
    held(Author::objects().update(&db, |a| a.name().set(concat((a.name(), rest.as_str())))));
    held(Author::objects().update(&db, |a| a.name().set("x".repeat(121))));
    assert_eq!(Author::objects().count(&db)?, 4);
    Ok(())
}

#[test]
fn a_set_wise_update_reads_what_there_was_before_it() -> Result<()> {
    let db = empty();
    // Each reports to the one before.
    for id in 1..=5 {
        let boss = (id > 1).then(|| id - 1);
        Employee::create().id(id).name(format!("{id}")).reports_to(boss).save(&db)?;
    }
    let names = |db: &Database| Employee::objects().order_by(|e| e.id()).values_list(|e| e.name()).all(db).unwrap();
    let joined = assert_num_queries!(db, 1, {
        Employee::objects().update(&db, |e| e.name().set(e.reports_to().name().coalesce("0")))?
    });
    assert_eq!((joined, names(&db)), (5, ["0", "1", "2", "3", "4"].map(str::to_owned).to_vec()));
    // By a subquery, of some rows, beside a value of the row itself.
    let below = |e: Fields<Employee>| {
        let reports = Employee::objects().filter(|r| r.reports_to().eq(outer(e.id()))).values_list(|r| r.name());
        (e.name().set(subquery(reports).coalesce("none")), e.reports_to().set(e.id()))
    };
    assert_eq!(Employee::objects().filter(|e| e.id().gt(1)).order_by(|e| e.id().desc()).update(&db, below)?, 4);
    assert_eq!(names(&db), ["0", "2", "3", "4", "none"]);
    assert_eq!(Employee::objects().filter(|e| e.reports_to().eq(e.id())).count(&db)?, 4);
    // Counts of rows that are written in the same statement, of rows that are cut off.
    let two = Employee::objects().order_by(|e| e.id()).limit(2);
    assert_eq!(two.update(&db, |e| e.name().set(e.reports().count().cast::<String>()))?, 2);
    assert_eq!(names(&db), ["0", "1", "3", "4", "none"]);
    Ok(())
}

#[test]
fn a_hundred_thousand_rows_are_written_by_one_statement_that_runs_as_often() -> Result<()> {
    let db = library();
    let new = |n: i64| Tag::create().name(format!("tag {n}"));
    let tags = assert_num_queries!(db, 1, { Tag::objects().bulk_create((0..100_000).map(new)).run(&db)? });
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().bulk_update(&db, &tags, |t| t.name())? }), 100_000);
    let mut book = Book::objects().find(&db, 1)?;
    assert_eq!(assert_num_queries!(db, 1, { book.tags.add(&db, &tags[..20_000])? }), 20_000);
    assert_eq!(assert_num_queries!(db, 1, { book.tags.all(&db)?.len() }), 20_002);
    // Which links to make and which to take away is told by a set, and not by comparing each with each.
    assert_num_queries!(db, 3, { book.tags.set(&db, &tags[10_000..30_000])? });
    assert_eq!(assert_num_queries!(db, 1, { book.tags.query().count(&db)? }), 20_000);
    Ok(())
}

/// Models with little in them.
mod bare {
    use eager_orm::prelude::*;

    /// A key of 16 bits.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Small {
        pub id: i16,
        pub name: String,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Bare {
        pub id: i64,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Word {
        #[field(primary_key)]
        pub word: String,
    }

    /// A default on a column that can be NULL.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Noted {
        pub id: i64,
        #[field(default = "x")]
        pub note: Option<String>,
    }

    /// Points at an egg, which points at a hen.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Hen {
        pub id: i64,
        pub egg: Option<ForeignKey<Egg>>,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Egg {
        pub id: i64,
        pub hen: Option<ForeignKey<Hen>>,
    }
}
