//! Fixtures: what is dumped is loaded again as it was, and what is no fixture is refused as a whole.

use eager_orm::testing::{self, bake};
use eager_orm::{Error, ModelMeta, Result};
use proptest::prelude::*;

use crate::support::*;
use eager_orm::prelude::*;

const ALL: &[&ModelMeta] = models![
    Book, Author, Publisher, Tag, BookTag, Review, User, Profile, Employee, Airport, Flight, Person, Sample, Loan
];

/// Every row of every table, as SQLite has it.
fn tables(db: &Database) -> Vec<(String, Vec<String>)> {
    db.raw(|connection| {
        let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let rows = |name: &String| {
            let mut select = connection.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY rowid"))?;
            let width = select.column_count();
            let rows = select.query_map([], |row| {
                // Bits tell floats apart that are equal.
                (0..width).try_fold(String::new(), |text, column| {
                    Ok(match row.get::<_, rusqlite::types::Value>(column)? {
                        rusqlite::types::Value::Real(value) => format!("{text}|real {:x}", value.to_bits()),
                        value => format!("{text}|{value:?}"),
                    })
                })
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        names.iter().map(|name| Ok((name.clone(), rows(name)?))).collect()
    })
    .unwrap()
}

/// Dumps and loads into an empty database; both are then the same.
fn round_trip(db: &Database) -> Result<String> {
    let json = testing::dump(db, ALL)?;
    let other = empty();
    testing::load(&other, ALL, &json)?;
    assert_eq!(tables(db), tables(&other), "{json}");
    assert_eq!(testing::dump(&other, ALL)?, json);
    Ok(json)
}

#[test]
fn a_library_comes_back_as_it_was() -> Result<()> {
    let db = library();
    let (json, log) = db.capture(round_trip);
    assert!(json?.contains(r#"{"id": 2, "name": "Bob", "country": null, "age": null}"#), "{log}");
    round_trip(&random_library(7))?;
    round_trip(&empty())?;
    Ok(())
}

#[test]
fn a_dump_is_one_moment_and_a_statement_for_each_table() -> Result<()> {
    let db = library();
    let (json, log) = db.capture(|db| testing::dump(db, models![Book, Author, Person]));
    assert_eq!((log.len(), log.transactions()), (4, 2), "{log}");
    let json = json?;
    let names: Vec<&str> = json.lines().filter(|line| line.starts_with("  {")).collect();
    assert_eq!(names.len(), 4, "{json}");
    for (line, name) in names.iter().zip([
        "\"model\": \"Author\"",
        "\"model\": \"Book\"",
        "\"Person\"",
        "\"table\": \"person_follows\"",
    ]) {
        assert!(line.contains(name), "{line}");
    }
    Ok(())
}

#[test]
fn every_type_and_its_extremes_come_back() -> Result<()> {
    let db = empty();
    for real in [f64::INFINITY, f64::NEG_INFINITY, f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0, 0.1 + 0.2, 1e23]
    {
        Sample::create().real(real).real_or(real).save(&db)?;
    }
    for int in [i64::MIN, i64::MAX, 0, -1] {
        Sample::create().int(int).int_or(int).save(&db)?;
    }
    Sample::create().byte(u8::MAX).short(i16::MIN).tiny(i8::MIN).half(u16::MAX).word(u32::MAX).flag(true).save(&db)?;
    for text in ["", "nul\0nul", "\"quotes\" and \\", "line\nline\r\t", "🦀 ünï", "{\"hex\": \"00\"}", "\u{7f}\u{2028}"]
    {
        Sample::create().text(text).text_or(text).save(&db)?;
    }
    for blob in [Vec::new(), vec![0, 255, 16, 1], (0..=255).collect()] {
        Sample::create().blob(blob.clone()).blob_or(blob).save(&db)?;
    }
    bake::<Sample>().fill_optional().quantity(20).create(&db)?;
    let json = round_trip(&db)?;
    assert!(json.contains(r#""real": {"real":"-inf"}"#) && json.contains(r#""blob": {"hex":"00ff1001"}"#), "{json}");
    Ok(())
}

#[test]
fn rows_may_point_at_later_rows_and_at_themselves() -> Result<()> {
    let db = empty();
    let mut first = Employee::create().name("first").save(&db)?;
    let mut second = Employee::create().name("second").reports_to(&first).save(&db)?;
    first.reports_to = second.reports_to.clone();
    first.save(&db)?; // reports to itself
    let third = Employee::create().name("third").save(&db)?;
    second.reports_to.as_mut().unwrap().set(&third);
    second.save(&db)?;
    let people = bake::<Person>().with_many(|p| p.follows(), bake().quantity(2)).quantity(2).create(&db)?;
    people[0].clone().follows.add(&db, [&people[0]])?;
    round_trip(&db)?;
    // A circle of two models, one of whose keys may be NULL.
    let models = models![circle::Country, circle::City];
    let db = testing::database(models)?;
    let capital = bake::<circle::City>().each();
    bake::<circle::Country>().with_one(|c| c.capital(), capital).quantity(2).create(&db)?;
    let json = testing::dump(&db, models)?;
    let other = testing::database(models)?;
    testing::load(&other, models, &json)?;
    assert_eq!(tables(&db), tables(&other));
    Ok(())
}

mod circle {
    use eager_orm::prelude::*;

    #[derive(Model, Debug)]
    pub struct Country {
        pub id: i64,
        pub capital: Option<ForeignKey<City>>,
    }
    #[derive(Model, Debug)]
    pub struct City {
        pub id: i64,
        pub country: ForeignKey<Country>,
    }
}

#[test]
fn a_row_may_leave_out_what_the_database_or_a_default_fills_in() -> Result<()> {
    let db = empty();
    let json = r#"[
        {"model": "Book", "rows": [{"title": "Dune", "author": 7, "price": 1, "summary": "s"}]},
        {"model": "Author", "rows": [{"id": 7, "name": "Frank"}, {"name": "next"}]},
        {"model": "Author", "rows": [{"name": "and one more"}]}
    ]"#;
    assert_eq!(testing::load(&db, ALL, json)?, 4);
    let book = Book::objects().select_related(|b| b.author()).get(&db)?;
    assert_eq!((book.id, book.pages, book.active, book.published, book.price), (1, 100, true, None, 1.0));
    assert_eq!(book.author.loaded().unwrap().name, "Frank");
    assert_eq!(Author::objects().order_by(|a| a.id()).values_list(|a| a.id()).all(&db)?, [7, 8, 9]);
    // Rows that are there already may be pointed at.
    let more = r#"[{"model": "Book", "rows": [{"title": "Emma", "author": 9, "price": 1, "summary": "s"}]}]"#;
    assert_eq!(testing::load(&db, models![Book, Author], more)?, 1);
    Ok(())
}

#[test]
fn what_is_no_fixture_is_refused_as_a_whole_and_says_where() {
    let db = empty();
    let good = r#"{"model": "Author", "rows": [{"id": 1, "name": "Ann"}]}"#;
    for (entry, what) in [
        (
            r#"{"model": "Author", "rows": [{"id": 1, "name": "Bob"}]}"#,
            "fixture: row 2 of `Author`, `id`: another `Author` has the same id",
        ),
        (r#"{"model": "Nobody", "rows": []}"#, "fixture: `Nobody`: it is not among the models to be loaded"),
        (r#"{"model": "Tag", "rows": 1}"#, "fixture: `Tag`: it has no list of `rows`"),
        (r#"{"model": "Tag", "rows": [1]}"#, "fixture: row 1 of `Tag`: it is no object"),
        (r#"{"rows": []}"#, "fixture: one of its tables has neither a `model` nor a `table`, or both"),
        (r#"{"model": "Tag", "rows": [{"nam": "x"}]}"#, "fixture: row 1 of `Tag`, `nam`: there is no such field"),
        (r#"{"model": "Tag", "rows": [{"name": "x"}, {}]}"#, "fixture: row 2 of `Tag`, `name`: it cannot be NULL"),
        (
            r#"{"model": "Tag", "rows": [{"name": 1}]}"#,
            "fixture: row 1 of `Tag`, `name`: a text is wanted, and it has 1",
        ),
        (
            r#"{"model": "Tag", "rows": [{"name": "x"}, {"name": "x"}]}"#,
            "fixture: row 2 of `Tag`, `name`: another `Tag` has the same name",
        ),
        (
            r#"{"model": "Sample", "rows": [{"byte": 256}]}"#,
            "fixture: row 1 of `Sample`, `byte`: it is a `u8`, and has the INTEGER 256",
        ),
        (
            r#"{"model": "Sample", "rows": [{"int": 9223372036854775808}]}"#,
            "fixture: row 1 of `Sample`, `int`: 9223372036854775808 is no integer of 64 bits",
        ),
        (
            r#"{"model": "Sample", "rows": [{"day": "2024-02-30"}]}"#,
            "fixture: row 1 of `Sample`, `day`: it is a `Option<Date>`, and has the TEXT '2024-02-30'",
        ),
        (
            r#"{"model": "Sample", "rows": [{"flag": 2}]}"#,
            "fixture: row 1 of `Sample`, `flag`: true or false is wanted, and it has 2",
        ),
        (
            r#"{"model": "Sample", "rows": [{"blob": {"hex": "0"}}]}"#,
            "fixture: row 1 of `Sample`, `blob`: its hex is no sequence of pairs of hexadecimal digits",
        ),
        (
            r#"{"model": "Sample", "rows": [{"real": {"real": "nan"}}]}"#,
            "fixture: row 1 of `Sample`, `real`: `nan` is neither inf nor -inf",
        ),
        (
            r#"{"model": "Review", "rows": [{"stars": 1, "text": "", "book": 5}]}"#,
            "fixture: row 1 of `Review`, `book`: it points at 5, and there is no such `Book`",
        ),
        (
            r#"{"table": "person_follows", "rows": [{"from_person_id": 1, "to_person_id": 1}]}"#,
            "fixture: row 1 of `person_follows`, `from_person_id`: it points at 1, and there is no such `Person`",
        ),
        (
            r#"{"model": "Book", "rows": [{"title": "", "author": 1, "price": 1, "summary": "", "pages": 0}]}"#,
            "fixture: row 1 of `Book`, `pages_positive`: `Book` breaks the check `pages_positive`",
        ),
    ] {
        let error = testing::load(&db, ALL, &format!("[{good}, {entry}]")).unwrap_err();
        assert!(matches!(error, Error::Fixture { .. }), "{error:?}");
        assert_eq!(error.to_string(), what);
        assert_eq!(Author::objects().count(&db).unwrap(), 0, "nothing is loaded: {entry}");
    }
    for (text, what) in [("", "fixture: it is no JSON: "), ("{}", "fixture: it is no list of tables")] {
        assert!(testing::load(&db, ALL, text).unwrap_err().to_string().starts_with(what));
    }
    let long = format!(r#"[{{"model": "Author", "rows": [{{"name": "{}"}}]}}]"#, "x".repeat(121));
    let error = testing::load(&db, ALL, &long).unwrap_err();
    let Error::Fixture { model, row, field, source, .. } = error else { panic!("{error}") };
    assert_eq!((&*model, row, field.as_deref()), ("Author", Some(1), Some("name")));
    assert!(matches!(*source.unwrap(), Error::Invalid { model: "Author", .. }));
}

#[test]
fn a_row_that_its_model_cannot_read_is_not_dumped() -> Result<()> {
    let db = Database::in_memory()?;
    db.raw(|c| c.execute_batch("CREATE TABLE tag (id INTEGER PRIMARY KEY, name); INSERT INTO tag (name) VALUES (7)"))?;
    let error = testing::dump(&db, models![Tag]).unwrap_err();
    assert!(matches!(&error, Error::Decode { model: "Tag", field, .. } if field == "name"), "{error}");
    Ok(())
}

#[test]
fn a_load_runs_in_a_transaction_of_the_callers_too() -> Result<()> {
    let json = testing::dump(&library(), ALL)?;
    let db = empty();
    testing::rolled_back(&db, |tx| {
        assert!(
            testing::load(tx, ALL, r#"[{"model": "Review", "rows": [{"stars": 1, "text": "", "book": 5}]}]"#).is_err()
        );
        testing::load(tx, ALL, &json)?;
        assert_eq!(Book::objects().count(tx)?, 4);
        // Foreign keys are enforced at once again.
        let dangling = Review::create().stars(1).text("").book(99).save(tx);
        assert!(matches!(dangling, Err(Error::ForeignKey { .. })));
        Ok(())
    })?;
    assert_eq!(Book::objects().count(&db)?, 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_values_come_back(
        rows in proptest::collection::vec(
            (any::<String>(), any::<Option<String>>(), any::<i64>(), any::<Option<i64>>(), any::<f64>(), any::<Vec<u8>>(), any::<Option<bool>>()),
            0..8,
        ),
        seed in any::<u64>(),
    ) {
        let db = empty();
        for (text, text_or, int, int_or, real, blob, flag) in rows {
            let real = if real.is_nan() { 0.5 } else { real };
            Sample::create().text(text).text_or(text_or).int(int).int_or(int_or).real(real).blob(blob).flag_or(flag).save(&db).unwrap();
        }
        bake::<Sample>().fill_optional().seed(seed).quantity(3).create(&db).unwrap();
        bake::<Book>().fill_optional().with_many(|b| b.tags(), bake::<Tag>().quantity(2)).seed(seed).quantity(2).create(&db).unwrap();
        round_trip(&db).unwrap();
    }
}
