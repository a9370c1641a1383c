//! Fixtures as people write them: the usual forms of values, what is left out, links, and what is said twice.

use eager_orm::prelude::*;
use eager_orm::testing::{self, bake};
use eager_orm::{ModelMeta, Result};
use serde::{Deserialize, Serialize};

use crate::support::{Sample, Tag};

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Look {
    dark: bool,
    size: u8,
}

#[derive(Model, Debug)]
pub struct Thing {
    pub id: i64,
    pub day: Option<Date>,
    pub time: Option<Time>,
    pub moment: Option<DateTime>,
    pub stamp: Option<Timestamp>,
    pub look: Option<Json<Look>>,
    pub name: Option<Json<String>>,
    pub token: Option<Uuid>,
    pub price: Option<Decimal>,
}

#[derive(Model, Debug)]
pub struct Late {
    pub id: i64,
    #[field(auto_now)]
    pub changed: Timestamp,
    #[field(auto_now_add)]
    pub made: Timestamp,
    #[field(version)]
    pub version: i32,
    #[field(default_sql = "'x' || 'y'")]
    pub code: String,
    pub n: i32,
}

#[derive(Model, Debug)]
pub struct Club {
    pub id: i64,
    pub name: String,
    #[relation(through = Membership)]
    pub people: ManyToMany<Member>,
    pub labels: ManyToMany<Tag>,
}

#[derive(Model, Debug)]
pub struct Member {
    pub id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
#[model(unique(fields = "club, member"))]
pub struct Membership {
    pub id: i64,
    pub club: ForeignKey<Club>,
    pub member: ForeignKey<Member>,
    #[field(auto_now_add)]
    pub since: Timestamp,
}

const ALL: &[&ModelMeta] = models![Thing, Late, Club, Member, Membership, Tag, Sample];

fn things(rows: &str) -> Result<Database> {
    let db = testing::database(ALL)?;
    testing::load(&db, models![Thing], &format!(r#"[{{"model": "Thing", "rows": [{rows}]}}]"#))?;
    Ok(db)
}

#[test]
fn dates_and_times_are_stored_as_the_library_stores_them() -> Result<()> {
    for (field, text, stored) in [
        ("moment", "2024-01-02T03:04:05", "2024-01-02 03:04:05"),
        ("moment", "2024-01-02 03:04", "2024-01-02 03:04:00"),
        ("time", "01:02", "01:02:00"),
        ("stamp", "2024-01-01 00:00:00Z", "2024-01-01 00:00:00"),
        ("stamp", "2024-01-01T00:00:00+02:00", "2023-12-31 22:00:00"),
        ("day", "9999-12-31T00:00:00", "9999-12-31"),
    ] {
        let db = things(&format!(r#"{{"{field}": "{text}"}}"#))?;
        let thing = Thing::objects().get(&db)?;
        let same = Thing::objects().filter(|t| match field {
            "moment" => t.moment().eq(thing.moment),
            "time" => t.time().eq(thing.time),
            "stamp" => t.stamp().eq(thing.stamp),
            _ => t.day().eq(thing.day),
        });
        assert_eq!(same.count(&db)?, 1, "{text}");
        let json = testing::dump(&db, models![Thing])?;
        assert!(json.contains(&format!(r#""{field}": "{stored}""#)), "{json}");
    }
    Ok(())
}

#[test]
fn json_uuids_and_decimals_are_read_in_their_usual_forms() -> Result<()> {
    let look = Some(Json(Look { dark: true, size: 1 }));
    for text in [r#""{ \"size\": 1, \"dark\": true }""#, r#"{"size": 1, "dark": true}"#] {
        let db = things(&format!(r#"{{"look": {text}}}"#))?;
        assert_eq!(Thing::objects().filter(|t| t.look().eq(look.clone())).count(&db)?, 1, "{text}");
    }
    for text in [r#""Ann""#, r#""\"Ann\"""#] {
        let db = things(&format!(r#"{{"name": {text}}}"#))?;
        assert_eq!(Thing::objects().get(&db)?.name, Some(Json("Ann".to_owned())));
    }
    let uuid = "550e8400-e29b-41d4-a716-446655440000";
    for text in [format!("\"{uuid}\""), format!("{{\"hex\": \"{}\"}}", uuid.replace('-', ""))] {
        let db = things(&format!(r#"{{"token": {text}}}"#))?;
        assert_eq!(Thing::objects().get(&db)?.token, Some(uuid.parse().unwrap()));
    }
    for (text, value) in
        [(r#""12.50""#, "12.5"), (r#""C12.5""#, "12.5"), ("12.5", "12.5"), ("-7", "-7"), (r#""-0.05""#, "-0.05")]
    {
        let db = things(&format!(r#"{{"price": {text}}}"#))?;
        let price: Option<Decimal> = Some(value.parse().unwrap());
        assert_eq!(Thing::objects().filter(|t| t.price().eq(price)).count(&db)?, 1, "{text}");
    }
    for (row, what) in [
        (r#"{"price": "x"}"#, "`price`: it is a `Option<Decimal>`, and has the TEXT 'x'"),
        (
            r#"{"price": 0.1234567890123456}"#,
            "`price`: a decimal is wanted, and 0.1234567890123456 is none that is exact: write it as a text",
        ),
        (r#"{"token": "550e8400"}"#, "`token`: a UUID is wanted, and it has \"550e8400\""),
        (r#"{"look": {"size": 1}}"#, "`look`: it is a `Option<Json<Look>>`, and has the TEXT '{\"size\":1}'"),
    ] {
        let Err(error) = things(row) else { panic!("{row}") };
        assert!(error.to_string().contains(what), "{error}");
    }
    Ok(())
}

#[test]
fn the_time_of_the_write_and_defaults_of_the_database_may_be_left_out() -> Result<()> {
    let before = Timestamp::now();
    let db = testing::database(ALL)?;
    testing::load(
        &db,
        models![Late],
        r#"[{"model": "Late", "rows": [{"n": 1}, {"n": 2, "code": "z", "version": 7}]}]"#,
    )?;
    bake::<Late>().create_one(&db)?;
    let rows = Late::objects().order_by(|l| l.id()).all(&db)?;
    for row in &rows {
        assert!(row.made.as_second() >= before.as_second() && row.made <= Timestamp::now(), "{row:?}");
        assert_eq!(row.changed, row.made);
    }
    assert_eq!(rows.iter().map(|row| (&*row.code, row.version)).collect::<Vec<_>>(), [("xy", 1), ("z", 7), ("xy", 1)]);
    let null = testing::load(&db, models![Late], r#"[{"model": "Late", "rows": [{"n": 1, "code": null}]}]"#);
    assert!(null.unwrap_err().to_string().ends_with("`code`: it cannot be NULL"));
    let given = bake::<Late>().with(|l| l.made().set(before)).fill(|l| l.changed()).create_one(&db)?;
    assert!(given.changed != given.made, "asked for, it is made");
    Ok(())
}

#[test]
fn links_with_a_model_of_their_own_are_dumped_with_the_models_on_both_sides() -> Result<()> {
    let db = testing::database(ALL)?;
    bake::<Club>().with_many(|c| c.people(), bake::<Member>().quantity(2)).quantity(2).create(&db)?;
    let json = testing::dump(&db, models![Club, Member])?;
    let other = testing::database(ALL)?;
    assert_eq!(testing::load(&other, models![Club, Member], &json)?, 2 + 2 + 4);
    assert_eq!(Club::objects().first(&other)?.unwrap().people.all(&other)?.len(), 2);
    assert_eq!(testing::dump(&other, models![Club, Member, Membership])?, json);
    assert!(!testing::dump(&db, models![Club])?.contains("Membership"));
    // Linking without more than the keys fills in the time, too.
    let mut club = bake::<Club>().create_one(&db)?;
    club.people.add(&db, [&bake::<Member>().create_one(&db)?])?;
    assert!(Membership::objects().last(&db)?.unwrap().since.as_second() > 1_700_000_000);
    Ok(())
}

#[test]
fn what_is_said_twice_is_refused() -> Result<()> {
    let db = testing::database(ALL)?;
    let tag = bake::<Tag>().create_one(&db)?;
    let error = bake::<Club>().with_many(|c| c.labels(), &[tag.clone(), tag]).create(&db).unwrap_err();
    assert_eq!(error.to_string(), "`Club.labels` cannot be baked: it is given the same row twice");
    let clubs = r#"{"model": "Club", "rows": [{"id": 1, "name": "x"}]}"#;
    let links = r#"{"table": "club_labels", "rows": [{"club_id": 1, "tag_id": 1}, {"club_id": 1, "tag_id": 1}]}"#;
    let error = testing::load(&db, models![Club, Tag], &format!("[{clubs}, {links}]")).unwrap_err();
    assert_eq!(error.to_string(), "fixture: row 2 of `club_labels`, `tag_id`: these two are linked already");
    let error = testing::load(&db, models![Tag], r#"[{"model": "Tag", "rows": [{"name": "a", "name": "b"}]}]"#);
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("fixture: it is no JSON: `name` is there twice at line 1"), "{error}");
    assert_eq!((Club::objects().count(&db)?, Tag::objects().count(&db)?), (0, 1));
    Ok(())
}
