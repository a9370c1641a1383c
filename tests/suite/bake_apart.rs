//! What has to differ differs: from the rows that are there, from those of the same bake, and only as far as it has to. And
//! what is given or loaded is stored as the library stores it.

use eager_orm::prelude::*;
use eager_orm::testing::{self, bake};
use eager_orm::{Error, Result, Timestamp};

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Format {
    Paper,
    Cloth,
    Sound,
}

/// Three capitals.
#[derive(DbValue, Debug, Clone, PartialEq)]
#[db(try_from)]
struct Code(String);

impl TryFrom<String> for Code {
    type Error = String;
    fn try_from(text: String) -> std::result::Result<Self, String> {
        let is_code = text.len() == 3 && text.chars().all(|letter| letter.is_ascii_uppercase());
        if is_code { Ok(Code(text)) } else { Err(format!("`{text}` is no code")) }
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0
    }
}

#[derive(Model, Debug, Clone)]
struct Poet {
    id: i64,
    name: String,
    editions: HasMany<Edition>,
    votes: HasMany<Vote>,
}

#[derive(Model, Debug)]
#[model(unique(fields = "poet, format"))]
struct Edition {
    id: i64,
    poet: ForeignKey<Poet>,
    format: Format,
}

#[derive(Model, Debug)]
#[model(unique(fields = "poet, place"))]
struct Vote {
    id: i64,
    poet: ForeignKey<Poet>,
    #[field(min = 1, max = 10)]
    place: i32,
}

#[derive(Model, Debug)]
#[model(primary_key = "country, code")]
struct Zip {
    country: String,
    code: i32,
}

#[derive(Model, Debug)]
struct Visitor {
    id: i64,
    #[field(unique)]
    email: String,
}

#[derive(Model, Debug)]
struct OneFormat {
    id: i64,
    #[field(unique)]
    format: Format,
}

/// Unique together, with more room in one of the two.
#[derive(Model, Debug)]
#[model(unique(fields = "name, format"), unique(fields = "maybe, format"))]
struct Setting {
    id: i64,
    name: String,
    format: Format,
    maybe: Option<i32>,
}

#[derive(Model, Debug)]
#[model(primary_key = "poet, visitor")]
struct Pair {
    poet: ForeignKey<Poet>,
    visitor: ForeignKey<Visitor>,
}

#[derive(Model, Debug)]
struct Cat {
    id: i64,
    parent: Option<ForeignKey<Cat>>,
    #[relation(via = "parent")]
    kids: HasMany<Cat>,
}

#[derive(Model, Debug)]
struct HasCode {
    id: i64,
    code: Code,
}

#[derive(Model, Debug)]
struct Late {
    id: i64,
    #[field(auto_now)]
    changed: Timestamp,
    #[field(auto_now_add)]
    made: Timestamp,
    #[field(version)]
    version: i32,
    #[field(default_sql = "'x' || 'y'")]
    text: String,
    n: i32,
}

#[derive(Model, Debug)]
struct Times {
    id: i64,
    day: eager_orm::Date,
    time: eager_orm::Time,
    at: eager_orm::DateTime,
    stamp: Timestamp,
    json: eager_orm::Json<serde_json::Value>,
}

#[derive(Model, Debug)]
struct Club {
    id: i64,
    #[relation(through = Membership)]
    people: ManyToMany<Visitor>,
    poets: ManyToMany<Poet>,
}

#[derive(Model, Debug)]
struct Membership {
    id: i64,
    club: ForeignKey<Club>,
    visitor: ForeignKey<Visitor>,
    role: String,
}

fn empty() -> Result<Database> {
    testing::database(models![
        Poet, Edition, Vote, Zip, Visitor, OneFormat, Setting, Pair, Cat, HasCode, Late, Times, Club, Membership
    ])
}

#[test]
fn rows_that_are_baked_one_by_one_differ_too() -> Result<()> {
    let db = empty()?;
    let ann = bake::<Poet>().create_one(&db)?;
    for place in 1..=10 {
        let vote = bake::<Vote>().with_one(|v| v.poet(), &ann).create_one(&db)?;
        assert_eq!(vote.place, place);
    }
    let full = bake::<Vote>().with_one(|v| v.poet(), &ann).create_one(&db);
    assert!(matches!(full, Err(Error::Bake { model: "Vote", .. })), "{full:?}");
    for _ in 0..60 {
        bake::<Zip>().with(|z| z.country().set("de")).create_one(&db)?;
        bake::<Setting>()
            .with(|s| s.name().set("one"))
            .create_one(&db)
            .or_else(|_| bake::<Setting>().create_one(&db))?;
    }
    assert_eq!((Zip::objects().count(&db)?, Setting::objects().count(&db)?), (60, 60));
    Ok(())
}

#[test]
fn values_differ_among_the_rows_that_share_the_others() -> Result<()> {
    let db = empty()?;
    let poets = bake::<Poet>()
        .with_many(|p| p.editions(), bake::<Edition>().quantity(3))
        .with_many(|p| p.votes(), bake::<Vote>().quantity(10))
        .quantity(10);
    poets.create(&db)?;
    assert_eq!((Edition::objects().count(&db)?, Vote::objects().count(&db)?), (30, 100));
    bake::<Edition>().with_one(|e| e.poet(), bake::<Poet>().each()).quantity(10).create(&db)?;
    for _ in 0..3 {
        bake::<Edition>().quantity(3).create(&db)?;
    }
    assert_eq!(Edition::objects().count(&db)?, 49);
    assert!(bake::<Edition>().quantity(4).create(&db).is_err());
    assert_eq!(Edition::objects().count(&db)?, 49);
    Ok(())
}

#[test]
fn of_several_values_the_one_with_the_most_room_differs() -> Result<()> {
    let db = empty()?;
    let settings = bake::<Setting>().quantity(100).create(&db)?;
    assert!(settings.iter().all(|setting| setting.maybe.is_none()));
    bake::<Setting>().fill(|s| s.maybe()).quantity(100).create(&db)?;
    // A NULL differs from every other.
    let formats = bake::<Setting>().with(|s| s.format().set(Format::Paper)).quantity(20).create(&db)?;
    assert_eq!(formats.len(), 20);
    Ok(())
}

#[test]
fn what_is_there_is_minded_whatever_its_key() -> Result<()> {
    let db = empty()?;
    for key in [7, 3, 5, -5, -6, 1_000, 8] {
        assert_eq!(bake::<Visitor>().with(|v| v.id().set(key)).create_one(&db)?.id, key);
    }
    Visitor::objects().filter(|v| v.id().eq(7)).delete(&db)?;
    bake::<Visitor>().quantity(20).create(&db)?;
    OneFormat::create().format(Format::Cloth).save(&db)?;
    OneFormat::create().id(100).format(Format::Paper).save(&db)?;
    assert_eq!(bake::<OneFormat>().create_one(&db)?.format, Format::Sound);
    assert!(matches!(bake::<OneFormat>().create_one(&db), Err(Error::Bake { model: "OneFormat", .. })));
    Ok(())
}

#[test]
fn what_is_looked_for_is_one_statement_more_for_a_table() -> Result<()> {
    let db = empty()?;
    let (_, first) = db.capture(|db| bake::<Visitor>().quantity(500).create(db));
    let (_, second) = db.capture(|db| bake::<Visitor>().quantity(500).create(db));
    let (_, third) = db.capture(|db| bake::<Visitor>().quantity(5).create(db));
    assert_eq!((first.len(), second.len(), third.len()), (3, 4, 4), "{second}");
    Ok(())
}

#[test]
fn rows_that_are_pointed_at_are_kept_apart_where_one_is_given() -> Result<()> {
    let db = empty()?;
    let ann = bake::<Poet>().create_one(&db)?;
    bake::<Pair>().with_one(|p| p.poet(), &ann).quantity(4).create(&db)?;
    bake::<Pair>().with_one(|p| p.poet(), bake::<Poet>().quantity(2)).quantity(4).create(&db)?;
    bake::<Pair>().with_one(|p| p.poet(), &ann).with_one(|p| p.visitor(), bake::<Visitor>()).quantity(3).create(&db)?;
    assert_eq!((Pair::objects().count(&db)?, Visitor::objects().count(&db)?), (11, 11));
    Ok(())
}

#[test]
fn keys_are_counted_from_the_largest_that_is_given() -> Result<()> {
    let db = empty()?;
    let kids = bake::<Cat>().quantity(3);
    let cats = bake::<Cat>().with(|c| c.id().set(2)).with_many(|c| c.kids(), kids).create(&db)?;
    assert_eq!(cats[0].kids.all(&db)?.iter().map(|cat| cat.id).collect::<Vec<_>>(), [3, 4, 5]);
    Ok(())
}

#[test]
fn what_a_type_would_not_read_is_not_written() -> Result<()> {
    let db = empty()?;
    for bad in [bake::<HasCode>().with(|h| h.code().seq("AB{}")), bake::<HasCode>().with(|h| h.code().seq("code"))] {
        let error = bad.create(&db).unwrap_err();
        assert!(matches!(&error, Error::Bake { model: "HasCode", field, .. } if field == "code"), "{error}");
    }
    assert_eq!(HasCode::objects().count(&db)?, 0);
    bake::<HasCode>().with(|h| h.code().each(|_| Code("ABC".into()))).quantity(2).create(&db)?;
    assert_eq!(HasCode::objects().all(&db)?.len(), 2);
    Ok(())
}

#[test]
fn the_same_link_twice_is_refused_by_its_name() -> Result<()> {
    let db = empty()?;
    let poet = bake::<Poet>().create_one(&db)?;
    let twice = bake::<Club>().with_many(|c| c.poets(), &[poet.clone(), poet]).create(&db);
    let message = twice.unwrap_err().to_string();
    assert_eq!(message, "`Club.poets` cannot be baked: it is given the same row twice");
    let fixture = r#"[{"model": "Club", "rows": [{"id": 1}]},
        {"table": "club_poets", "rows": [{"club_id": 1, "poet_id": 1}, {"club_id": 1, "poet_id": 1}]}]"#;
    let message = testing::load(&db, models![Club, Poet], fixture).unwrap_err().to_string();
    assert_eq!(message, "fixture: row 2 of `club_poets`, `poet_id`: these two are linked already");
    assert_eq!(Club::objects().count(&db)?, 0);
    Ok(())
}

#[test]
fn times_of_writes_are_now_and_defaults_of_the_database_are_its_own() -> Result<()> {
    let db = empty()?;
    let before = Timestamp::now();
    let baked = bake::<Late>().create_one(&db)?;
    testing::load(&db, models![Late], r#"[{"model": "Late", "rows": [{"n": 1}, {"n": 2, "text": "z"}]}]"#)?;
    let rows = Late::objects().order_by(|l| l.id()).all(&db)?;
    for row in rows.iter().chain([&baked]) {
        assert!(row.made.as_second() >= before.as_second() && row.changed >= row.made, "{row:?}");
        assert_eq!(row.version, 1);
    }
    assert_eq!(rows.iter().map(|row| &*row.text).collect::<Vec<_>>(), ["xy", "xy", "z"]);
    let null = testing::load(&db, models![Late], r#"[{"model": "Late", "rows": [{"n": 1, "text": null}]}]"#);
    assert!(null.unwrap_err().to_string().ends_with("it cannot be NULL"));
    Ok(())
}

#[test]
fn what_is_loaded_is_stored_as_the_library_stores_it() -> Result<()> {
    let db = empty()?;
    let forms = r#"[{"model": "Times", "rows": [
        {"day": "2024-01-02", "time": "01:02", "at": "2024-01-02T03:04:05", "stamp": "2024-01-01T00:00:00+02:00",
         "json": "{ \"b\": 1,  \"a\": 2 }"},
        {"day": "2024-01-02", "time": "01:02:00", "at": "2024-01-02 03:04:05", "stamp": "2023-12-31 22:00:00Z",
         "json": "{\"a\":2,\"b\":1}"}
    ]}]"#;
    assert_eq!(testing::load(&db, models![Times], forms)?, 2);
    let first = Times::objects().first(&db)?.unwrap();
    let same = Times::objects()
        .filter(|t| t.day().eq(first.day) & t.time().eq(first.time) & t.at().eq(first.at) & t.stamp().eq(first.stamp))
        .filter(|t| t.json().eq(first.json.clone()));
    assert_eq!(same.count(&db)?, 2);
    Ok(())
}

#[test]
fn links_with_a_model_of_ones_own_are_dumped_with_both_of_its_ends() -> Result<()> {
    let db = empty()?;
    bake::<Club>().with_many(|c| c.people(), bake::<Visitor>().quantity(2)).create(&db)?;
    let json = testing::dump(&db, models![Club, Visitor])?;
    let other = empty()?;
    assert_eq!(testing::load(&other, models![Club, Visitor], &json)?, 5);
    let club = Club::objects().get(&other)?;
    assert_eq!(club.people.all(&other)?.len(), 2);
    Ok(())
}

#[test]
fn what_contradicts_itself_or_is_too_much_is_refused() -> Result<()> {
    let db = empty()?;
    let ann = bake::<Poet>().create_one(&db)?;
    let other = bake::<Edition>().with_one(|e| e.poet(), &ann);
    let error = bake::<Poet>().with_many(|p| p.editions(), other).create(&db).unwrap_err().to_string();
    assert_eq!(error, "`Edition.poet` cannot be baked: it is given a row, and comes with one");
    let many = bake::<Poet>().with_many(|p| p.editions(), bake::<Edition>().quantity(usize::MAX));
    for bake in [many.clone().quantity(3), many, bake::<Poet>().quantity(usize::MAX)] {
        assert!(matches!(bake.create(&db), Err(Error::Bake { model: "Poet" | "Edition", .. })));
    }
    assert_eq!(Poet::objects().count(&db)?, 1);
    Ok(())
}

/// A column with one of the names that SQLite has for the number of a row.
#[derive(Model, Debug)]
struct Term {
    #[field(primary_key)]
    word: String,
    #[field(unique)]
    rowid: String,
}

#[test]
fn a_column_may_be_called_rowid() -> Result<()> {
    let db = testing::database(models![Term])?;
    for _ in 0..2 {
        bake::<Term>().quantity(3).create(&db)?;
    }
    assert_eq!(Term::objects().count(&db)?, 6);
    Ok(())
}
