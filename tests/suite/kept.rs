//! Columns that are kept and not set: the times of writes, what the database computes, and the version of a row.

use std::thread::sleep;
use std::time::Duration;

use eager_orm::{Error, Result};

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Note {
    pub id: i64,
    pub text: String,
    #[field(auto_now_add)]
    pub created: Timestamp,
    #[field(auto_now)]
    pub updated: Timestamp,
    #[field(auto_now)]
    pub touched: Option<DateTime>,
    #[field(auto_now)]
    pub day: Deferred<Date>,
}

fn notes() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Note]).unwrap();
    db
}

#[test]
fn a_new_row_has_the_time_of_its_insert_in_every_field_that_holds_it() -> Result<()> {
    let db = notes();
    let before = Timestamp::now();
    let note = assert_num_queries!(db, 1, { Note::create().text("a").save(&db)? });
    assert!(note.created.as_microsecond() >= before.as_microsecond() && note.created <= Timestamp::now());
    assert_eq!(note.created, note.updated);
    assert_eq!(note.touched.map(|time| time.date()), note.day.loaded().copied());
    assert_eq!(Note::objects().get(&db)?, note);
    Ok(())
}

#[test]
fn a_time_that_is_given_is_kept() -> Result<()> {
    let db = notes();
    let then: Timestamp = "2001-02-03T04:05:06Z".parse().unwrap();
    let note = Note::create().text("a").created(then).touched(None::<DateTime>).save(&db)?;
    assert_eq!((note.created, note.touched), (then, None));
    let many =
        Note::objects().bulk_create([note.text.as_str(), "b"].map(|text| Note::create().text(text).updated(then)));
    for note in assert_num_queries!(db, 1, { many.run(&db)? }) {
        assert!(note.updated == then && note.created > then && note.touched.is_some());
    }
    Ok(())
}

#[test]
fn a_save_renews_the_times_that_say_so_and_a_partial_save_those_it_names() -> Result<()> {
    let db = notes();
    let mut note = Note::create().text("a").save(&db)?;
    let first = note.clone();
    sleep(Duration::from_millis(2));
    note.text = "b".to_owned();
    assert_num_queries!(db, 1, { note.save(&db)? });
    assert!(note.created == first.created && note.updated > first.updated && note.touched > first.touched);
    let second = note.clone();
    sleep(Duration::from_millis(2));
    note.save_fields(&db, |n| n.text())?;
    assert_eq!(note.updated, second.updated);
    note.save_fields(&db, |n| (n.text(), n.updated()))?;
    assert!(note.updated > second.updated && note.touched == second.touched);
    // Set-wise and bulk writes say what they write, and write that.
    Note::objects().update(&db, |n| n.text().set("c"))?;
    Note::objects().bulk_update(&db, [&note], |n| n.text())?;
    assert_eq!(Note::objects().get(&db)?, note);
    Ok(())
}

#[test]
fn an_update_or_create_of_a_row_that_is_there_renews_its_times_unless_it_sets_them() -> Result<()> {
    let db = notes();
    let old = Timestamp::UNIX_EPOCH;
    let note = Note::create().text("a").updated(old).save(&db)?;
    assert_eq!(note.updated, old);
    let set = |text: &'static str| {
        Note::objects().update_or_create(&db, |n| n.id().eq(1), |n| n.text().set(text), Note::create().text("b"))
    };
    let (note, created) = assert_num_queries!(db, 2, { set("c")? });
    assert!(!created && note.updated > old && note.text == "c", "{note:?}");
    let by = |n: Fields<Note>| (n.text().set("d"), n.updated().set(old));
    let (note, _) = Note::objects().update_or_create(&db, |n| n.id().eq(1), by, Note::create().text("b"))?;
    assert_eq!(note.updated, old);
    Ok(())
}

#[test]
fn a_time_column_that_is_not_loaded_is_left_alone() -> Result<()> {
    let db = notes();
    Note::create().text("a").day(Date::constant(2001, 1, 1)).save(&db)?;
    let mut note = Note::objects().defer(|n| n.day()).get(&db)?;
    note.save(&db)?;
    assert_eq!(Note::objects().get(&db)?.day.loaded(), Some(&Date::constant(2001, 1, 1)));
    Ok(())
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Line {
    pub id: i64,
    pub price: f64,
    #[field(default = 1)]
    pub pieces: i32,
    #[field(generated = "price * pieces", stored)]
    pub total: f64,
    #[field(generated = "CASE WHEN pieces > 1 THEN 'some' END", index)]
    pub amount: Option<String>,
    #[field(generated = "'№ ' || id")]
    pub label: Deferred<String>,
    #[field(default_sql = "lower(hex(randomblob(8)))")]
    pub token: String,
    #[field(default_sql = "CURRENT_TIMESTAMP")]
    pub made: DateTime,
}

fn lines() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Line]).unwrap();
    db
}

#[test]
fn what_the_database_computes_comes_back_with_the_insert() -> Result<()> {
    let db = lines();
    let line = assert_num_queries!(db, 1, { Line::create().price(2.5).pieces(4).save(&db)? });
    assert_eq!((line.total, line.amount.as_deref()), (10.0, Some("some")));
    assert_eq!(line.label.loaded().map(String::as_str), Some("№ 1"));
    assert_eq!(line.token.len(), 16);
    assert_eq!(assert_num_queries!(db, 1, { Line::objects().find(&db, line.id)? }), line);
    let made = DateTime::constant(2001, 2, 3, 4, 5, 6, 0);
    let given = Line::create().price(1.0).token("mine").made(made).save(&db)?;
    assert_eq!((given.token.as_str(), given.made, given.amount.as_deref()), ("mine", made, None));
    assert_eq!(Line::objects().find(&db, given.id)?, given);
    Ok(())
}

#[test]
fn what_the_database_computes_comes_back_with_a_bulk_and_with_rows_that_may_be_there() -> Result<()> {
    let db = lines();
    let rows = (1..=3).map(|price| Line::create().price(f64::from(price)).pieces(2));
    let lines = assert_num_queries!(db, 1, { Line::objects().bulk_create(rows).run(&db)? });
    assert_eq!(lines.iter().map(|line| line.total).collect::<Vec<_>>(), [2.0, 4.0, 6.0]);
    assert_ne!(lines[0].token, lines[1].token);
    assert_eq!(Line::objects().order_by(|l| l.id()).all(&db)?, lines);
    let (line, new) = assert_num_queries!(db, 2, {
        Line::objects().get_or_create(&db, |l| l.price().eq(9.0), Line::create().price(9.0))?
    });
    assert!(new && line.total == 9.0 && line.token.len() == 16);
    let (line, new) = Line::objects().update_or_create(
        &db,
        |l| l.price().eq(9.0),
        |l| l.pieces().set(3),
        Line::create().price(9.0),
    )?;
    assert!(!new && line.total == 27.0);
    Ok(())
}

#[test]
fn a_save_writes_no_computed_column_and_reads_it_back() -> Result<()> {
    let db = lines();
    let mut line = Line::create().price(2.0).save(&db)?;
    line.pieces = 3;
    line.total = 99.0;
    assert_num_queries!(db, 1, { line.save(&db)? });
    assert_eq!((line.total, line.amount.as_deref()), (6.0, Some("some")));
    line.price = 1.0;
    assert_num_queries!(db, 1, { line.save_fields(&db, |l| l.price())? });
    assert_eq!(line.total, 3.0);
    assert_eq!(Line::objects().get(&db)?, line);
    line.price = 5.0;
    Line::objects().bulk_update(&db, [&line], |l| l.price())?;
    Line::objects().update(&db, |l| l.pieces().set(2))?;
    assert_eq!(line.total, 3.0); // neither knows of the row in hand
    line.refresh(&db)?;
    assert_eq!(line.total, 10.0);
    assert_eq!(Line::objects().filter(|l| l.total().ge(10.0) & l.amount().eq("some")).count(&db)?, 1);
    Ok(())
}

#[test]
fn a_model_without_computed_columns_has_no_returning() -> Result<()> {
    let db = notes();
    let (note, log) = db.capture(|db| {
        let mut note = Note::create().text("a").save(db)?;
        note.save(db)?;
        Ok::<_, Error>(note)
    });
    note?;
    assert!(!log.to_string().contains("RETURNING"), "{log}");
    Ok(())
}

/// What the database computes may be what the field's type refuses.
#[derive(DbValue, Debug, Clone, Copy, PartialEq)]
#[db(try_from)]
pub struct Percent(i64);

impl TryFrom<i64> for Percent {
    type Error = String;
    fn try_from(value: i64) -> std::result::Result<Self, String> {
        if (0..=100).contains(&value) { Ok(Percent(value)) } else { Err("is no percentage".to_owned()) }
    }
}

#[derive(Model, Debug, Clone)]
pub struct Share {
    pub id: i64,
    pub part: i64,
    #[field(default_sql = "500")]
    pub given: Percent,
    #[field(generated = "part * 10")]
    pub tenfold: Percent,
    #[field(version)]
    pub version: i64,
}

#[test]
fn a_computed_value_that_is_refused_leaves_nothing_written() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Share])?;
    let refused = |outcome: Result<()>| match outcome {
        Err(Error::Decode { model: "Share", .. }) => {}
        other => panic!("{other:?}"),
    };
    let new = |part: i64| Share::create().part(part);
    refused(new(1).save(&db).map(drop));
    refused(Share::objects().get_or_create(&db, |s| s.part().eq(1), new(1)).map(drop));
    db.transaction(|tx| {
        refused(new(1).given(Percent(1)).save(tx).map(drop).and(new(20).given(Percent(2)).save(tx).map(drop)));
        Ok(())
    })?;
    assert_eq!(Share::objects().count(&db)?, 1);
    let mut share = Share::objects().get(&db)?;
    share.part = 50;
    refused(share.save(&db));
    refused(share.save_fields(&db, |s| s.part()));
    assert_eq!((share.part, share.tenfold, share.version), (50, Percent(10), 1));
    assert_eq!((Share::objects().get(&db)?.part, Share::objects().get(&db)?.version), (1, 1));
    share.part = 2;
    share.save(&db)?;
    assert_eq!((share.tenfold, share.version), (Percent(20), 2));
    Ok(())
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Account {
    pub id: i64,
    pub name: String,
    pub cents: i64,
    #[field(version)]
    pub version: i64,
    #[relation(via = "account")]
    pub entries: HasMany<Entry>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub account: ForeignKey<Account>,
}

fn accounts() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Account, Entry]).unwrap();
    Account::create().name("a").cents(100).save(&db).unwrap();
    db
}

fn is_stale<T: std::fmt::Debug>(outcome: Result<T>) {
    match outcome {
        Err(error @ Error::Stale { model: "Account", .. }) => {
            assert_eq!(error.to_string(), "`Account` 1 was not written: it has been saved since it was read");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_save_counts_the_version_and_of_two_that_read_the_same_the_second_is_refused() -> Result<()> {
    let db = accounts();
    let (mut one, mut two) = (Account::objects().get(&db)?, Account::objects().get(&db)?);
    assert_eq!(one.version, 1);
    one.cents += 1;
    assert_num_queries!(db, 1, { one.save(&db)? });
    assert_eq!(one.version, 2);
    two.cents += 5;
    assert_num_queries!(db, 2, { is_stale(two.save(&db)) });
    is_stale(two.save_fields(&db, |a| a.cents()));
    assert_eq!((two.version, Account::objects().get(&db)?.cents), (1, 101));
    two.refresh(&db)?;
    two.cents += 5;
    two.save_fields(&db, |a| a.cents())?;
    assert_eq!((two.version, &Account::objects().get(&db)?), (3, &two));
    Ok(())
}

#[test]
fn a_row_that_is_gone_is_told_from_one_that_has_changed() -> Result<()> {
    let db = accounts();
    let mut one = Account::objects().get(&db)?;
    Account::objects().delete(&db)?;
    assert!(matches!(one.save(&db), Err(Error::NotUpdated { model: "Account", .. })));
    assert_eq!(one.delete(&db)?.total, 0);
    Ok(())
}

#[test]
fn a_delete_is_of_the_version_that_was_read() -> Result<()> {
    let db = accounts();
    let (mut one, two) = (Account::objects().get(&db)?, Account::objects().get(&db)?);
    Entry::create().account(&one).save(&db)?;
    one.save(&db)?;
    is_stale(two.delete(&db));
    assert_eq!(Account::objects().count(&db)?, 1);
    let deleted = assert_num_queries!(db, 2, { one.delete(&db)? });
    assert_eq!(deleted.total, 2);
    Ok(())
}

#[test]
fn a_bulk_update_with_one_stale_row_writes_none() -> Result<()> {
    let db = accounts();
    Account::create().name("b").cents(0).save(&db)?;
    let mut all = Account::objects().order_by(|a| a.id().desc()).all(&db)?;
    all.iter_mut().for_each(|account| account.cents += 1);
    let mut other = Account::objects().find(&db, 1)?;
    other.save(&db)?;
    is_stale(Account::objects().bulk_update(&db, &all, |a| a.cents()));
    let cents = Account::objects().values_list(|a| a.cents()).order_by(|a| a.id()).all(&db)?;
    assert_eq!(cents, [100, 0]);
    all[1].refresh(&db)?;
    assert_eq!(Account::objects().bulk_update(&db, &all, |a| a.cents())?, 2);
    // The rows were borrowed, so they still have the version that was read.
    is_stale(all[1].save(&db));
    Ok(())
}

#[test]
fn a_set_wise_update_makes_stale_what_was_read_before() -> Result<()> {
    let db = accounts();
    let mut one = Account::objects().get(&db)?;
    assert_num_queries!(db, 1, { Account::objects().update(&db, |a| a.cents().set(a.cents() + 1))? });
    assert_eq!(Account::objects().get(&db)?.version, 2);
    is_stale(one.save(&db));
    // A form brings the version it was made from.
    one.refresh(&db)?;
    one.version = 1;
    is_stale(one.save(&db));
    Ok(())
}

#[derive(Model, Debug, Clone)]
pub struct Cell {
    pub id: i64,
    pub n: i64,
    pub before: Option<ForeignKey<Cell>>,
    #[field(version)]
    pub c1: i64,
}

#[test]
fn a_set_wise_update_that_reads_other_rows_counts_a_version_of_any_name() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Cell])?;
    let first = Cell::create().n(7).save(&db)?;
    Cell::create().n(1).before(&first).save(&db)?;
    assert_eq!(Cell::objects().update(&db, |c| c.n().set(c.before().n().coalesce(0)))?, 2);
    assert_eq!(Cell::objects().values_list(|c| (c.n(), c.c1())).all(&db)?, [(0, 2), (7, 2)]);
    Ok(())
}
