//! What the errors of writes name: the model, the fields and the key at fault, also where SQLite says none of it.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

/// The foreign key and the key that an error names.
fn dangling(error: &Error) -> (Option<&str>, Option<&str>) {
    match error {
        Error::ForeignKey { relation, key, .. } => (*relation, key.as_deref()),
        other => panic!("{other:?}"),
    }
}

fn flights() -> Database {
    let db = empty();
    for code in ["VIE", "JFK"] {
        Airport::create().code(code).city(code).save(&db).unwrap();
    }
    Flight::objects()
        .bulk_create((0..4).map(|number| Flight::create().number(number).origin("VIE").dest("JFK")))
        .run(&db)
        .unwrap();
    db
}

#[test]
fn a_set_wise_update_names_the_foreign_key_at_fault_among_several() -> Result<()> {
    let db = flights();
    let set = |origin: &'static str, dest: &'static str| {
        Flight::objects().update(&db, |f| (f.origin().set(origin), f.number().set(7), f.dest().set(dest)))
    };
    let error = set("JFK", "NOPE").unwrap_err();
    assert_eq!(dangling(&error), (Some("dest"), Some("'NOPE'")));
    assert_eq!(error.to_string(), "`Flight`: `dest` points at 'NOPE', and there is no such row");
    assert_eq!(dangling(&set("NOPE", "VIE").unwrap_err()), (Some("origin"), Some("'NOPE'")));
    assert_eq!(set("JFK", "VIE")?, 4);
    // The question is asked within the transaction, which sees its own rows and goes on.
    db.transaction(|tx| {
        Airport::create().code("NEW").city("New").save(tx)?;
        let error = Flight::objects().update(tx, |f| (f.origin().set("NEW"), f.dest().set("OLD"))).unwrap_err();
        assert_eq!(dangling(&error), (Some("dest"), Some("'OLD'")));
        Flight::objects().update(tx, |f| f.origin().set("NEW")).map(drop)
    })?;
    assert_eq!(Flight::objects().filter(|f| f.origin().eq("NEW") & f.dest().eq("VIE")).count(&db)?, 4);
    Ok(())
}

#[test]
fn a_foreign_key_that_is_set_to_an_expression_is_asked_of_the_rows_it_was_set_of() -> Result<()> {
    let db = library();
    let set = |queryset: &QuerySet<Book>| {
        queryset.update(&db, |b| (b.author().set(b.author().key() + 7), b.publisher().set(None::<i64>)))
    };
    assert_eq!(
        dangling(&set(&Book::objects().filter(|b| b.title().eq("B3"))).unwrap_err()),
        (Some("author"), Some("9"))
    );
    let cut = Book::objects().order_by(|b| b.id().desc()).offset(1).limit(1);
    assert_eq!(dangling(&set(&cut).unwrap_err()), (Some("author"), Some("8")));
    assert_eq!(set(&Book::objects().filter(|b| b.pages().gt(1_000)))?, 0);
    // A value of the row that it would point at, if there were one; those that get NULL are not at fault.
    let users = || Review::objects().update(&db, |r| (r.book().set(r.book().id()), r.user().set(r.user().key() + 1)));
    assert_eq!(dangling(&users().unwrap_err()), (Some("user"), Some("3")));
    Ok(())
}

#[test]
fn update_or_create_names_the_foreign_key_at_fault() -> Result<()> {
    let db = library();
    let new = || Book::create().title("x").author(1).price(1.0).summary("");
    let set = |b: Fields<Book>| (b.publisher().set(2), b.author().set(77));
    let error = Book::objects().update_or_create(&db, |b| b.id().eq(1), set, new()).unwrap_err();
    assert_eq!(dangling(&error), (Some("author"), Some("77")));
    let error = Book::objects().update_or_create(&db, |b| b.id().eq(-1), set, new().author(78)).unwrap_err();
    assert_eq!(dangling(&error), (Some("author"), Some("78")));
    Ok(())
}

#[test]
fn rows_that_are_given_to_one_that_is_gone_name_the_foreign_key() -> Result<()> {
    let db = library();
    let mut ann = Author::objects().find(&db, 1)?;
    let mut publisher = Publisher::objects().find(&db, 3)?;
    let mut tags = Book::objects().find(&db, 1)?.tags;
    Publisher::objects().find(&db, 3)?.delete(&db)?;
    let error = publisher.books.add(&db, [1]).unwrap_err();
    assert_eq!(dangling(&error), (Some("publisher"), Some("3")));
    let error = publisher.books.set(&db, [1]).unwrap_err();
    assert_eq!(dangling(&error), (Some("publisher"), Some("3")));
    let error = tags.add(&db, [1, 99]).unwrap_err();
    assert_eq!(dangling(&error), (Some("tag"), Some("99")));
    let error = ann.books.create(&db, Book::create().title("x").publisher(3).price(1.0).summary("")).unwrap_err();
    assert_eq!(dangling(&error), (Some("publisher"), Some("3")));
    let mut follows = Person::create().name("a").save(&db)?.follows;
    let error = follows.add(&db, [98]).unwrap_err();
    assert_eq!(dangling(&error), (Some("follows"), Some("98")));
    let book = Book::objects().find(&db, 1)?;
    let mut tags = book.tags.clone();
    book.delete(&db)?;
    let error = tags.add(&db, [1]).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { model: "BookTag", .. }), "{error:?}");
    assert_eq!(dangling(&error), (Some("book"), Some("1")));
    Ok(())
}

#[test]
fn a_key_that_others_point_at_is_not_blamed_on_the_foreign_keys_that_are_set_with_it() -> Result<()> {
    let db = library();
    let error = Book::objects().filter(|b| b.id().eq(4)).update(&db, |b| (b.id().set(40), b.author().set(1)));
    assert_eq!(dangling(&error.unwrap_err()), (None, None));
    Ok(())
}

/// Whoever reviews is one of a kind; the house takes over what a reviewer leaves.
#[derive(Model, Debug)]
struct Reviewer {
    id: i64,
    name: String,
    desk: HasOne<Desk>,
    chairs: HasMany<Chair>,
}

#[derive(Model, Debug)]
struct Desk {
    id: i64,
    #[field(unique, default = 1)]
    #[relation(on_delete = SetDefault)]
    reviewer: ForeignKey<Reviewer>,
}

/// Its table has names with the signs that SQLite's messages are put together with.
#[derive(Model, Debug)]
#[model(table = "cha.ir", unique(fields = "reviewer, place"), unique(fields = "a, b"))]
struct Chair {
    id: i64,
    #[field(column = "rev, cha.ir.x", default = 1)]
    #[relation(on_delete = SetDefault)]
    reviewer: ForeignKey<Reviewer>,
    #[field(column = "cha.ir.place")]
    place: i64,
    #[field(column = "a.b")]
    a: i64,
    #[field(column = "x: y")]
    b: i64,
}

#[test]
fn a_constraint_of_another_table_names_the_model_of_that_table() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Reviewer, Desk, Chair])?;
    Reviewer::objects().bulk_create(["house", "ann", "bob"].map(|name| Reviewer::create().name(name))).run(&db)?;
    Desk::objects().bulk_create([1, 2].map(|reviewer| Desk::create().reviewer(reviewer))).run(&db)?;
    let chairs = [(1, 5, 1), (3, 5, 2)].map(|(of, place, a)| Chair::create().reviewer(of).place(place).a(a).b(0));
    Chair::objects().bulk_create(chairs).run(&db)?;
    let error = Reviewer::objects().find(&db, 2)?.delete(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Desk", fields } if *fields == ["reviewer"]), "{error:?}");
    let error = Reviewer::objects().filter(|r| r.name().eq("bob")).delete(&db).unwrap_err();
    assert!(
        matches!(&error, Error::Unique { model: "Chair", fields } if *fields == ["reviewer", "place"]),
        "{error:?}"
    );
    let error = Chair::create().reviewer(2).place(1).a(2).b(0).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Chair", fields } if *fields == ["a", "b"]), "{error:?}");
    Ok(())
}
