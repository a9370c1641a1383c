//! Every kind of write of rows whose primary key has several columns, and which are unique in several more.

use eager_orm::{Error, Result, prelude::*};

#[derive(Model, Debug, Clone)]
struct Hall {
    #[field(primary_key)]
    name: String,
    seats: HasMany<Seat>,
    #[field(counter_of = seats)]
    seat_count: i64,
    #[relation(through = Seat)]
    guests: ManyToMany<Guest>,
    #[field(counter_of = guests)]
    guest_count: i64,
}

#[derive(Model, Debug, Clone)]
struct Guest {
    id: i64,
    #[field(unique)]
    email: String,
    seats: HasMany<Seat>,
    #[field(counter_of = seats)]
    seat_count: i32,
}

/// A key of a foreign key and a number, and two uniques of several fields, one with a foreign key that may be NULL.
#[derive(Model, Debug, Clone)]
#[model(primary_key = "hall, number", unique(fields = "hall, ticket"), unique(fields = "guest, show"))]
struct Seat {
    #[field(min = 0.0)]
    price: f64,
    number: i32,
    #[relation(on_delete = Cascade)]
    hall: ForeignKey<Hall>,
    #[field(max_length = 10, column = "the ticket")]
    ticket: String,
    #[relation(on_delete = SetNull)]
    guest: Option<ForeignKey<Guest>>,
    #[field(default = 1)]
    show: i64,
    #[field(generated = "price * 2")]
    double: f64,
    #[field(default_sql = "7 + 1")]
    rank: i64,
    note: Deferred<Option<String>>,
    #[field(version)]
    version: i64,
}

fn hall() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Hall, Guest, Seat]).unwrap();
    Hall::objects().bulk_create(["A", "B"].map(|name| Hall::create().name(name))).run(&db).unwrap();
    Guest::objects().bulk_create(["ann", "bob"].map(|email| Guest::create().email(email))).run(&db).unwrap();
    let seats = [("A", 1), ("A", 2), ("B", 1)].map(|(hall, number)| seat(hall, number));
    Seat::objects().bulk_create(seats).run(&db).unwrap();
    db
}

fn seat(hall: &'static str, number: i32) -> NewSeat {
    Seat::create().hall(hall).number(number).ticket(format!("{hall}{number}")).price(f64::from(number)).build()
}

fn find(db: &Database, hall: &str, number: i32) -> Seat {
    Seat::objects().find(db, (hall, number)).unwrap()
}

/// The fields that an error says have to be unique together; of a bulk, without the number of the row.
fn unique<T: std::fmt::Debug>(outcome: Result<T>) -> Vec<String> {
    match outcome.unwrap_err() {
        Error::Unique { model: "Seat", fields } => fields,
        Error::Row { error, .. } => unique::<T>(Err(*error)),
        other => panic!("{other:?}"),
    }
}

/// The counters are right, by counting anew.
fn is_right(db: &Database) {
    assert_eq!((Hall::recount(db).unwrap(), Guest::recount(db).unwrap()), (0, 0));
}

const KEY: [&str; 2] = ["hall", "number"];
const TICKET: [&str; 2] = ["hall", "ticket"];
const GUEST: [&str; 2] = ["guest", "show"];

#[test]
fn every_write_that_breaks_a_unique_of_several_fields_names_all_of_them() -> Result<()> {
    let db = hall();
    assert_eq!(unique(Seat::create().hall("A").number(1).ticket("A9").price(0.0).save(&db)), KEY);
    assert_eq!(unique(Seat::create().hall("A").number(9).ticket("A2").price(0.0).save(&db)), TICKET);
    let with_guest = |number| Seat::create().hall("B").number(number).ticket(format!("{number}")).guest(1).price(0.0);
    with_guest(5).save(&db)?;
    assert_eq!(unique(with_guest(6).save(&db)), GUEST);
    // NULL is like no other NULL.
    assert_eq!(Seat::objects().filter(|s| s.guest().is_null()).count(&db)?, 3);
    let mut row = find(&db, "A", 1);
    row.ticket = "A2".into();
    assert_eq!(unique(row.save(&db)), TICKET);
    assert_eq!(unique(row.save_fields(&db, |s| s.ticket())), TICKET);
    let bulk = [seat("B", 7), Seat::create().hall("A").number(1).ticket("A9").price(0.0).build()];
    let error = Seat::objects().bulk_create(bulk).run(&db).unwrap_err();
    assert!(matches!(error, Error::Row { row: 1, .. }), "{error:?}");
    assert_eq!(error.to_string(), "row 1: another `Seat` has the same hall, number");
    let mut both = vec![find(&db, "A", 1), find(&db, "A", 2)];
    both[1].ticket = "A1".into();
    let error = Seat::objects().bulk_update(&db, &both, |s| s.ticket()).unwrap_err();
    assert!(matches!(&error, Error::Row { row: 1, .. }), "{error:?}");
    assert_eq!(unique::<()>(Err(error)), TICKET);
    assert_eq!(unique(Seat::objects().update(&db, |s| s.ticket().set("same"))), TICKET);
    assert_eq!(unique(Seat::objects().update(&db, |s| (s.guest().set(2), s.show().set(3)))), GUEST);
    assert_eq!(unique(Seat::objects().update(&db, |s| s.number().set(1))), KEY);
    let other = |db: &Database| {
        let new = Seat::create().hall("A").number(3).ticket("A2").price(0.0);
        Seat::objects().get_or_create(db, |s| s.number().eq(3), new)
    };
    assert_eq!(unique(other(&db)), TICKET);
    let mut a = Hall::objects().find(&db, "A")?;
    assert_eq!(unique(a.seats.create(&db, Seat::create().number(2).ticket("new").price(0.0))), KEY);
    is_right(&db);
    assert_eq!(Seat::objects().count(&db)?, 4);
    Ok(())
}

#[test]
fn a_foreign_key_in_the_key_and_one_beside_it_are_told_apart() -> Result<()> {
    let db = hall();
    let dangling = |error: Error| match error {
        Error::ForeignKey { model: "Seat", relation, key } => (relation, key),
        Error::Row { error, .. } => match *error {
            Error::ForeignKey { model: "Seat", relation, key } => (relation, key),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let named = |relation: &'static str, key: &str| (Some(relation), Some(key.to_owned()));
    let new = |hall: &'static str, guest: i64| {
        Seat::create().hall(hall).number(9).ticket("t").guest(guest).price(1.0).build()
    };
    assert_eq!(dangling(Seat::objects().create(&db, new("C", 1)).unwrap_err()), named("hall", "'C'"));
    assert_eq!(dangling(Seat::objects().create(&db, new("A", 9)).unwrap_err()), named("guest", "9"));
    let error = Seat::objects().bulk_create([new("B", 1), new("A", 9)]).run(&db).unwrap_err();
    assert_eq!(dangling(error), named("guest", "9"));
    let error = Seat::objects().filter(|s| s.number().eq(2)).update(&db, |s| (s.guest().set(1), s.hall().set("D")));
    assert_eq!(dangling(error.unwrap_err()), named("hall", "'D'"));
    let error = Seat::objects()
        .order_by(|s| s.ticket())
        .offset(1)
        .limit(1)
        .update(&db, |s| (s.hall().set("B"), s.guest().set(3)));
    assert_eq!(dangling(error.unwrap_err()), named("guest", "3"));
    Ok(())
}

#[test]
fn a_row_is_created_read_back_saved_refreshed_and_deleted_whole() -> Result<()> {
    let db = hall();
    let mut row = assert_num_queries!(db, 1, { Seat::create().hall("B").number(2).ticket("B2").price(4.5).save(&db)? });
    assert_eq!((row.key(), row.double, row.rank, row.version), (("B".to_owned(), 2), 9.0, 8, 1));
    row.price = 5.0;
    row.note.set("by the door");
    assert_num_queries!(db, 1, { row.save(&db)? });
    assert_eq!((row.double, row.version), (10.0, 2));
    let mut same = assert_num_queries!(db, 1, { find(&db, "B", 2) });
    assert_eq!((same.price, same.note.get(&db)?.as_deref(), same.version), (5.0, Some("by the door"), 2));
    same.price = 6.0;
    same.save_fields(&db, |s| s.price())?;
    row.refresh(&db)?;
    assert_eq!((row.double, row.version), (12.0, 3));
    assert_eq!(Hall::objects().find(&db, "B")?.seat_count, 2);
    assert_eq!(row.delete(&db)?.total, 1);
    assert!(matches!(same.save(&db), Err(Error::NotUpdated { key, .. }) if key == "('B', 2)"));
    assert!(same.refresh(&db).unwrap_err().is_does_not_exist());
    assert_eq!(same.delete(&db)?.total, 0);
    is_right(&db);
    Ok(())
}

#[test]
fn a_version_is_that_of_the_row_with_the_whole_key() -> Result<()> {
    let db = hall();
    let stale = |outcome: Result<()>| match outcome.unwrap_err() {
        Error::Stale { model: "Seat", key } => key,
        other => panic!("{other:?}"),
    };
    let (mut one, mut two, mut other) = (find(&db, "A", 1), find(&db, "A", 1), find(&db, "B", 1));
    one.price = 10.0;
    one.save(&db)?;
    two.price = 20.0;
    assert_eq!(stale(two.save(&db)), "('A', 1)");
    assert_eq!(stale(two.save_fields(&db, |s| s.price())), "('A', 1)");
    assert_eq!(stale(Seat::objects().bulk_update(&db, [&other, &two], |s| s.price()).map(drop)), "('A', 1)");
    assert_eq!(stale(two.clone().delete(&db).map(drop)), "('A', 1)");
    other.save(&db)?;
    assert_eq!((find(&db, "A", 1).price, find(&db, "A", 1).version, other.version), (10.0, 2, 2));
    // Whatever writes a row makes stale what was read of it before.
    Seat::objects().filter(|s| s.hall().eq("A") & s.number().eq(1)).update(&db, |s| s.price().set(11.0))?;
    assert_eq!(stale(one.save(&db)), "('A', 1)");
    one.refresh(&db)?;
    let again = || Seat::create().hall("A").number(1).ticket("A1").price(12.0);
    let key = |s: Fields<Seat>| s.hall().eq("A") & s.number().eq(1);
    let (row, created) = Seat::objects().update_or_create(&db, key, |s| s.price().set(12.0), again())?;
    assert_eq!((row.version, row.double, created), (4, 24.0, false));
    assert_eq!(stale(one.save(&db)), "('A', 1)");
    one.refresh(&db)?;
    let bulk = || Seat::objects().bulk_create([again().price(13.0)]).on_conflict(|s| (s.hall(), s.number()));
    assert_eq!(bulk().update(|s| s.price()).run(&db)?[0].version, 5);
    assert_eq!(stale(one.save(&db)), "('A', 1)");
    one.refresh(&db)?;
    assert_eq!(bulk().update(|s| s.price()).execute(&db)?, 1);
    assert_eq!(stale(one.save(&db)), "('A', 1)");
    one.refresh(&db)?;
    assert!(bulk().ignore().run(&db)?[0].is_none());
    one.save(&db)?;
    let mut guest = Guest::objects().find(&db, 1)?;
    guest.seats.add(&db, [("A", 1)])?;
    assert_eq!(stale(one.save(&db)), "('A', 1)");
    one.refresh(&db)?;
    guest.seats.clear(&db)?;
    assert_eq!(stale(one.save(&db)), "('A', 1)");
    Ok(())
}

#[test]
fn rows_in_the_way_are_ignored_or_updated_by_the_key_or_by_another_unique() -> Result<()> {
    let db = hall();
    let rows = || [seat("A", 1), seat("B", 2), seat("A", 2), seat("B", 3)];
    let made = Seat::objects().bulk_create(rows()).on_conflict(|s| (s.hall(), s.number())).ignore().run(&db)?;
    let made: Vec<_> = made.iter().map(|row| row.as_ref().map(Model::key)).collect();
    assert_eq!(made, [None, Some(("B".to_owned(), 2)), None, Some(("B".to_owned(), 3))]);
    is_right(&db);
    // In another order than the model names them, and by the other unique.
    let made = Seat::objects().bulk_create(rows()).on_conflict(|s| (s.number(), s.hall())).ignore().execute(&db)?;
    assert_eq!(made, 0);
    let moved = |number| Seat::create().hall("A").number(number).ticket("A1").price(30.0).show(4).build();
    let rows = Seat::objects().bulk_create([moved(70)]).on_conflict(|s| (s.hall(), s.ticket()));
    let rows = assert_num_queries!(db, 1, { rows.update(|s| (s.price(), s.show())).run(&db)? });
    assert_eq!((rows[0].key(), rows[0].price, rows[0].double), (("A".to_owned(), 1), 30.0, 60.0));
    // A row that is in the way by the unique that is named is the one, whatever else is in the way.
    let both = Seat::objects().bulk_create([moved(2)]).on_conflict(|s| (s.hall(), s.ticket())).update(|s| s.price());
    assert_eq!(both.run(&db)?[0].key(), ("A".to_owned(), 1));
    let both = Seat::objects().bulk_create([seat("B", 9), moved(2)]).on_conflict(|s| (s.hall(), s.number())).ignore();
    assert_eq!(both.run(&db)?.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    // Where it is free, every other one refuses, and is named in full.
    let new = Seat::create().hall("B").number(50).ticket("B1").price(0.0);
    let error = Seat::objects().bulk_create([new]).on_conflict(|s| (s.hall(), s.number())).ignore().run(&db);
    assert_eq!(unique(error), TICKET);
    // Some of the fields of a key are not unique, and the key is not what is written.
    let part = Seat::objects().bulk_create([seat("A", 1)]).on_conflict(|s| s.hall()).ignore().run(&db);
    assert!(matches!(part, Err(Error::Misuse { .. })));
    let key = Seat::objects().bulk_create([seat("A", 1)]).on_conflict(|s| (s.hall(), s.ticket()));
    let key = key.update(|s| s.number()).run(&db);
    assert!(matches!(&key, Err(Error::Misuse { what }) if what.contains("Seat.number")), "{key:?}");
    is_right(&db);
    Ok(())
}

#[test]
fn rows_that_may_be_there_are_found_and_made_by_their_whole_key() -> Result<()> {
    let db = hall();
    let get = |number: i32| {
        let new = seat("B", number);
        Seat::objects().get_or_create(&db, |s| s.hall().eq("B") & s.number().eq(number), new)
    };
    let (row, created) = assert_num_queries!(db, 1, { get(1)? });
    assert_eq!((row.key(), created), (("B".to_owned(), 1), false));
    let (row, created) = assert_num_queries!(db, 2, { get(4)? });
    assert_eq!((row.key(), row.double, row.rank, created), (("B".to_owned(), 4), 8.0, 8, true));
    let set = |number: i32| {
        let these = |s: Fields<Seat>| s.hall().eq("B") & s.number().eq(number);
        Seat::objects().update_or_create(&db, these, |s| s.price().set(s.price() + 0.5), seat("B", number))
    };
    let (row, created) = assert_num_queries!(db, 2, { set(4)? });
    assert_eq!((row.price, row.double, row.version, created), (4.5, 9.0, 2, false));
    let (row, created) = assert_num_queries!(db, 2, { set(5)? });
    assert_eq!((row.price, row.version, created), (5.0, 1, true));
    let mut b = Hall::objects().find(&db, "B")?;
    let new = || Seat::create().number(5).ticket("x").price(0.0);
    let (row, created) = b.seats.get_or_create(&db, |s| s.number().eq(5), new())?;
    assert_eq!((row.key(), created), (("B".to_owned(), 5), false));
    let (row, created) = b.seats.update_or_create(&db, |s| s.number().eq(5), |s| s.rank().set(1), new())?;
    assert_eq!((row.rank, row.version, created), (1, 2, false));
    is_right(&db);
    Ok(())
}

#[test]
fn counters_follow_rows_that_come_go_and_are_replaced_by_a_key_of_several_columns() -> Result<()> {
    let db = hall();
    let counts = || -> (Vec<i64>, Vec<i64>, Vec<i32>) {
        let halls = Hall::objects().order_by(|h| h.name()).all(&db).unwrap();
        let guests = Guest::objects().order_by(|g| g.id()).values_list(|g| g.seat_count()).all(&db).unwrap();
        (halls.iter().map(|h| h.seat_count).collect(), halls.iter().map(|h| h.guest_count).collect(), guests)
    };
    assert_eq!(counts(), (vec![2, 1], vec![0, 0], vec![0, 0]));
    let mut row = find(&db, "A", 1);
    row.guest = Some(ForeignKey::from(&Guest::objects().find(&db, 1)?));
    row.save(&db)?;
    assert_eq!(counts(), (vec![2, 1], vec![1, 0], vec![1, 0]));
    Seat::objects().filter(|s| s.number().eq(2)).update(&db, |s| (s.hall().set("B"), s.guest().set(2)))?;
    assert_eq!(counts(), (vec![1, 2], vec![1, 1], vec![1, 1]));
    // Replaced by its key, and by another of its uniques.
    let replace = "INSERT OR REPLACE INTO seat (hall_id, number, \"the ticket\", price, version, show, guest_id) VALUES (?, ?, ?, 1.0, 1, 1, ?)";
    raw::<()>(replace, ("A", 1, "A1", None::<i64>)).execute(&db)?;
    is_right(&db);
    assert_eq!(counts(), (vec![1, 2], vec![0, 1], vec![0, 1]));
    // Its key is that of one row, and its guest and show are those of another: both go.
    raw::<()>(replace, ("A", 1, "A1", 2)).execute(&db)?;
    is_right(&db);
    assert_eq!(counts(), (vec![1, 1], vec![1, 0], vec![0, 1]));
    raw::<()>(replace, ("A", 8, "A1", 1)).execute(&db)?;
    is_right(&db);
    // Within one hall: the row in whose place it comes has the other part of the key in common.
    raw::<()>("UPDATE OR REPLACE seat SET number = 1 WHERE hall_id = 'A' AND number = 8", ()).execute(&db)?;
    is_right(&db);
    raw::<()>("UPDATE OR REPLACE seat SET hall_id = 'A', \"the ticket\" = 'A1' WHERE hall_id = 'B' AND number = 1", ())
        .execute(&db)?;
    is_right(&db);
    Seat::objects().filter(|s| s.hall().eq("B")).delete(&db)?;
    is_right(&db);
    Ok(())
}

#[test]
fn a_counter_looks_for_what_is_replaced_by_the_whole_key() -> Result<()> {
    let db = hall();
    let of = "SELECT sql FROM sqlite_schema WHERE name = 'hall_seat_count_replacing'";
    let trigger: String = raw(of, ()).get(&db)?;
    assert!(trigger.contains(r#"("hall_id" = NEW."hall_id" AND "number" = NEW."number")"#), "{trigger}");
    assert!(!trigger.contains(r#"("hall_id" = NEW."hall_id")"#) && !trigger.contains(r#"("number" ="#), "{trigger}");
    Ok(())
}

#[test]
fn what_is_deleted_takes_rows_with_keys_of_several_columns_along() -> Result<()> {
    let db = hall();
    let mut guest = Guest::objects().find(&db, 1)?;
    assert_eq!(guest.seats.add(&db, [("A", 2)])?, 1);
    assert_eq!(guest.seats.all(&db)?.iter().map(Model::key).collect::<Vec<_>>(), [("A".to_owned(), 2)]);
    let mut b = Hall::objects().find(&db, "B")?;
    assert_eq!(guest.delete(&db)?.total, 1);
    assert!(find(&db, "A", 2).guest.is_none());
    let deleted = Hall::objects().find(&db, "A")?.delete(&db)?;
    assert_eq!(deleted.per_model, [("Hall".to_owned(), 1), ("Seat".to_owned(), 2)]);
    assert_eq!(b.seats.create(&db, Seat::create().number(3).ticket("t").price(0.0))?.key(), ("B".to_owned(), 3));
    is_right(&db);
    Ok(())
}

#[test]
fn rules_of_rows_in_a_bulk_are_asked_and_each_row_is_named() -> Result<()> {
    let db = hall();
    let mut rows = Seat::objects().order_by(|s| (s.hall(), s.number())).all(&db)?;
    rows[0].ticket = "much too long".into();
    rows[2].price = -1.0;
    let Err(Error::Invalid { model: "Seat", failures }) =
        Seat::objects().bulk_update(&db, &rows, |s| (s.ticket(), s.price()))
    else {
        panic!()
    };
    let failures: Vec<_> = failures.iter().map(|failure| (failure.row, failure.field)).collect();
    assert_eq!(failures, [(Some(0), Some("ticket")), (Some(2), Some("price"))]);
    Ok(())
}
