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
    assert_eq!(dangling(&error.unwrap_err()), (Some("book"), Some("4")));
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

/// Nothing of the first leads to the second.
#[derive(Model, Debug, Clone)]
struct Patron {
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
#[model(check(name = "has_patron", sql = "patron_id IS NOT NULL OR title = 'free'"))]
struct Play {
    id: i64,
    title: String,
    #[relation(on_delete = SetNull)]
    patron: Option<ForeignKey<Patron>>,
    #[field(unique, default = 1)]
    #[relation(on_delete = SetDefault)]
    host: ForeignKey<Patron>,
}

#[test]
fn a_constraint_of_a_table_that_only_the_database_was_told_of_names_its_model() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Patron, Play])?;
    db.raw(|c| c.execute_batch("CREATE UNIQUE INDEX lower_name ON patron (lower(name))"))?;
    let patrons = ["ann", "bob", "eve"].map(|name| Patron::create().name(name));
    let patrons = Patron::objects().bulk_create(patrons).run(&db)?;
    Play::create().title("a").patron(&patrons[1]).host(&patrons[0]).save(&db)?;
    Play::create().title("free").host(&patrons[2]).save(&db)?;
    let error = Patron::objects().find(&db, patrons[1].id)?.delete(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { model: "Play", name } if name == "has_patron"), "{error:?}");
    let error = Patron::objects().find(&db, patrons[2].id)?.delete(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Play", fields } if *fields == ["host"]), "{error:?}");
    let error = Patron::create().name("Ann").save(&db).unwrap_err();
    assert_eq!(error.to_string(), "another `Patron` has the same value in index 'lower_name'");
    assert_eq!(Patron::objects().count(&db)?, 3);
    Ok(())
}

#[derive(Model, Debug)]
struct Seat {
    id: i64,
    #[field(unique)]
    place: i64,
}

#[test]
fn a_table_that_fails_midway_is_left_as_it_was() -> Result<()> {
    let db = Database::in_memory()?;
    db.raw(|c| {
        c.execute_batch(
            "CREATE TABLE seat (id INTEGER PRIMARY KEY, place INTEGER NOT NULL UNIQUE ON CONFLICT FAIL);
             CREATE TRIGGER kept BEFORE DELETE ON seat WHEN OLD.id = 3 BEGIN SELECT RAISE(FAIL, 'kept'); END;
             INSERT INTO seat VALUES (1, 10), (2, 20), (3, 30), (4, 40);",
        )
    })?;
    let places = |db: &dyn Executor| Seat::objects().order_by(|s| s.id()).values_list(|s| s.place()).all(db);
    let writes = |db: &dyn Executor| -> Result<()> {
        let error =
            Seat::objects().update(db, |s| s.place().set(case().when(s.id().ge(3), 7_i64).otherwise(s.place() + 1)));
        assert!(matches!(&error, Err(Error::Unique { model: "Seat", .. })), "{error:?}");
        assert_eq!(places(db)?, [10, 20, 30, 40]);
        assert!(Seat::objects().delete(db).is_err());
        assert_eq!(places(db)?, [10, 20, 30, 40]);
        Ok(())
    };
    writes(&db)?;
    db.transaction(|tx| writes(tx))?;
    assert_eq!(Seat::objects().update(&db, |s| s.place().set(s.place() + 1))?, 4);
    assert_eq!(places(&db)?, [11, 21, 31, 41]);
    Ok(())
}

/// What failed is a word of many tables.
#[derive(Model, Debug)]
struct Task {
    id: i64,
    failed: bool,
    failures: i64,
}

#[test]
fn a_column_that_is_called_failed_makes_no_transaction_of_an_update() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Task])?;
    Task::objects().bulk_create((0..3).map(|_| Task::create().failed(false).failures(0))).run(&db)?;
    let (written, log) = db.capture(|db| -> Result<_> {
        let changed = Task::objects().update(db, |t| (t.failed().set(true), t.failures().set(t.failures() + 1)))?;
        Ok((changed, Task::objects().delete(db)?.total))
    });
    assert_eq!((written?, log.len(), log.transactions()), ((3, 3), 2, 0), "{log}");
    Ok(())
}

#[test]
fn a_key_that_is_set_although_rows_point_at_it_names_the_foreign_key_that_does() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Patron, Play])?;
    let patrons = Patron::objects().bulk_create(["ann", "bob"].map(|name| Patron::create().name(name))).run(&db)?;
    Play::create().title("a").host(&patrons[1]).patron(&patrons[1]).save(&db)?;
    let named = |error: &Error, key: &str| {
        let Error::ForeignKey { model: "Play", relation: Some(_), key: Some(found) } = error else { return false };
        found == key
    };
    let all = Patron::objects;
    let error = all().update(&db, |p| p.id().set(p.id() + 10)).unwrap_err();
    assert!(named(&error, "2"), "{error:?}");
    assert_eq!(error.to_string(), "`Play`: `patron` points at 2, and there is no such row");
    let only = all().filter(|p| p.name().eq("bob")).update(&db, |p| (p.name().set("eve"), p.id().set(7))).unwrap_err();
    assert!(named(&only, "2"), "{only:?}");
    // What keeps its key is not at fault, and what nothing points at may get another.
    assert_eq!(all().update(&db, |p| p.id().set(p.id()))?, 2);
    assert_eq!(all().filter(|p| p.name().eq("ann")).update(&db, |p| p.id().set(7))?, 1);
    let error = all()
        .update_or_create(&db, |p| p.name().eq("bob"), |p| p.id().set(9), Patron::create().name("bob"))
        .unwrap_err();
    assert!(named(&error, "2"), "{error:?}");
    Ok(())
}

#[test]
fn a_foreign_key_of_several_columns_that_no_model_knows_is_named_where_it_refuses() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Patron, Play])?;
    db.raw(|c| {
        c.execute_batch(
            "CREATE UNIQUE INDEX by_name ON patron (id, name); CREATE UNIQUE INDEX names ON patron (name);
             CREATE TABLE note (id INTEGER PRIMARY KEY, who INTEGER, name TEXT, FOREIGN KEY (who, name) REFERENCES patron (id, name));
             CREATE TABLE fan (name TEXT REFERENCES patron (name));
             CREATE TABLE guest (id INTEGER PRIMARY KEY, patron INTEGER REFERENCES patron ON DELETE SET NULL);
             CREATE TABLE seat (patron INTEGER REFERENCES patron);",
        )
    })?;
    let patrons = ["ann", "bob", "eve", "dan"].map(|name| Patron::create().name(name));
    let patrons = Patron::objects().bulk_create(patrons).run(&db)?;
    db.raw(|c| {
        c.execute_batch(
            "INSERT INTO note VALUES (1, 1, 'ann'), (2, NULL, 'bob'), (3, 2, NULL);
             INSERT INTO fan VALUES ('bob'); INSERT INTO guest VALUES (1, 3), (2, 4); INSERT INTO seat VALUES (3);",
        )
    })?;
    let by = |number: usize| match patrons[number].clone().delete(&db) {
        Err(Error::Protected { by, .. }) => by,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (by(0), by(1), by(2)),
        (vec!["note.(who, name)".into()], vec!["fan.name".into()], vec!["seat.patron".into()])
    );
    assert_eq!(patrons[3].clone().delete(&db)?.total, 1);
    Ok(())
}
