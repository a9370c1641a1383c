//! Names and values that would break out of a statement that is pasted together: they are names and values.

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

mod keywords;
mod places;

mod odd {
    use eager_orm::prelude::*;

    /// Tables and columns named like keywords, with quotes, spaces, semicolons, comments and letters of other scripts.
    #[derive(Model, Debug, Clone, PartialEq)]
    #[model(
        table = "select",
        ordering = "from",
        index(fields = "from, owner", name = "index \"of\" it's"),
        unique(fields = "owner, number", name = "uniq; --"),
        check(name = "check 'this' \"name\"", sql = "\"a \"\"quoted\"\" number\" >= 0")
    )]
    pub struct Item {
        #[field(primary_key, column = "primary key")]
        pub id: i64,
        #[field(column = "from")]
        pub from: String,
        #[field(column = "a \"quoted\" number", default = 1)]
        pub number: i64,
        #[field(column = "x'; DROP TABLE \"select\"; --", unique)]
        pub evil: String,
        #[field(column = "größe 🦀")]
        pub size: Option<f64>,
        #[field(column = "deferred [text]")]
        pub r#where: Deferred<String>,
        #[relation(on_delete = Cascade, column = "the owner")]
        pub owner: ForeignKey<Owner>,
        pub labels: ManyToMany<Label>,
        pub first_labels: Prefetched<Label>,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    #[model(table = "order by \"1\"")]
    pub struct Owner {
        #[field(primary_key, column = "group")]
        pub name: String,
        #[field(column = "?1")]
        pub mark: Option<i64>,
        #[relation(via = "owner")]
        pub items: HasMany<Item>,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    #[model(table = "label.of.it")]
    pub struct Label {
        #[field(column = "null")]
        pub id: i64,
        #[field(column = "values (1)")]
        pub name: String,
        #[relation(via = "labels")]
        pub items: ManyToMany<Item>,
    }
}

use self::odd::{Item, Label, Owner};

const EVIL: &[&str] = &[
    "'",
    "\"",
    "''",
    "\"\"",
    "';--",
    "x'; DROP TABLE \"select\"; --",
    "\" OR 1=1 --",
    "%",
    "_",
    "\\",
    "?",
    "?1",
    ":a",
    "@b",
    "$c",
    "NULL",
    "null",
    "\0",
    "a\0b",
    "\r\n",
    "\u{feff}",
    "🦀'🦀",
    "x'00'",
    "/*",
    "*/",
    "[",
    "]",
    "`",
    "rarray(?)",
    "",
];

fn odd() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Item, Owner, Label]).unwrap();
    db.create_tables(models![Item, Owner, Label]).unwrap();
    for (number, evil) in (0..).zip(EVIL) {
        let owner = Owner::create().name(*evil).mark(number).save(&db).unwrap();
        let item = Item::create().from(*evil).evil(*evil).number(number).r#where(*evil).owner(&owner);
        let mut item = item.size(number as f64).save(&db).unwrap();
        let label = Label::create().name(*evil).save(&db).unwrap();
        item.labels.add(&db, [&label]).unwrap();
    }
    db
}

#[test]
fn strange_names_and_values_go_in_and_come_out() -> Result<()> {
    let db = odd();
    let items = assert_num_queries!(db, 1, { Item::objects().order_by(|i| i.id()).all(&db)? });
    assert_eq!(items.len(), EVIL.len());
    for (item, evil) in items.iter().zip(EVIL) {
        assert_eq!((item.from.as_str(), item.evil.as_str(), item.owner.key().as_str()), (*evil, *evil, *evil));
        assert_eq!(item.r#where.loaded().unwrap(), evil);
    }
    Ok(())
}

#[test]
fn every_evil_value_finds_itself_and_nothing_else() -> Result<()> {
    let db = odd();
    for (number, evil) in (0_i64..).zip(EVIL) {
        let found = |query: QuerySet<Item>| -> Result<Vec<i64>> {
            let query = query.order_by(|i| i.id()).values_list(|i| i.number());
            Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
        };
        assert_eq!(found(Item::objects().filter(|i| i.evil().eq(*evil)))?, [number], "{evil:?}");
        assert_eq!(found(Item::objects().filter(|i| i.evil().in_([*evil])))?, [number], "{evil:?}");
        assert_eq!(found(Item::objects().filter(|i| i.owner().eq(*evil)))?, [number], "{evil:?}");
        assert_eq!(found(Item::objects().filter(|i| i.owner().mark().eq(number)))?, [number], "{evil:?}");
        assert_eq!(found(Item::objects().filter(|i| i.labels().name().eq(*evil)))?, [number], "{evil:?}");
        assert_eq!(found(Item::objects().filter(|i| i.r#where().eq(*evil) & i.size().eq(number as f64)))?, [number]);
        let expected = |holds: &dyn Fn(&str) -> bool| -> Vec<i64> {
            (0..).zip(EVIL).filter(|(_, text)| holds(text)).map(|(number, _)| number).collect()
        };
        assert_eq!(found(Item::objects().filter(|i| i.evil().contains(*evil)))?, expected(&|text| text.contains(evil)));
        assert_eq!(
            found(Item::objects().exclude(|i| i.evil().starts_with(*evil)))?,
            expected(&|t| !t.starts_with(evil))
        );
        assert_eq!(assert_num_queries!(db, 1, { Owner::objects().find(&db, *evil)? }).mark, Some(number));
    }
    assert_eq!(Item::objects().count(&db)?, EVIL.len() as u64);
    Ok(())
}

#[test]
fn strange_names_are_joined_prefetched_ordered_and_limited() -> Result<()> {
    let db = odd();
    let items = assert_num_queries!(db, 4, {
        Item::objects()
            .select_related(|i| i.owner())
            .prefetch_related(|i| {
                (
                    i.owner().items(),
                    i.labels().order_by(|l| l.name()),
                    i.labels().query(|q| q.order_by(|l| l.id()).limit(1)).to(|i| i.first_labels()),
                )
            })
            .defer(|i| i.r#where())
            .order_by(|i| (i.owner().mark().desc(), i.from()))
            .all(&db)?
    });
    for (item, evil) in items.iter().rev().zip(EVIL) {
        let owner = item.owner.loaded().unwrap();
        assert_eq!(owner.name, *evil);
        assert_eq!(owner.items.loaded().unwrap().len(), 1);
        assert_eq!(item.labels.loaded().unwrap()[0].name, *evil);
        assert_eq!(item.first_labels.get()?[0].name, *evil);
    }
    assert_eq!(items[0].r#where.get(&db)?, "");
    let labels = assert_num_queries!(db, 2, { Label::objects().prefetch_related(|l| l.items()).all(&db)? });
    assert!(labels.iter().all(|label| label.items.loaded().unwrap()[0].evil == label.name));
    let owners = assert_num_queries!(db, 2, { Owner::objects().prefetch_related(|o| o.items()).all(&db)? });
    assert!(owners.iter().all(|owner| owner.items.loaded().unwrap()[0].evil == owner.name));
    Ok(())
}

#[test]
fn strange_names_are_updated_deleted_and_streamed() -> Result<()> {
    let db = odd();
    let changed = assert_num_queries!(db, 1, {
        let query = Item::objects().filter(|i| i.owner().mark().lt(5) & i.labels().exists());
        query.update(&db, |i| (i.evil().set(concat((i.evil(), "!"))), i.number().set(i.number() + 100)))?
    });
    assert_eq!(changed, 5);
    let mut item = Item::objects().filter(|i| i.evil().eq("'!")).get(&db)?;
    item.from = "changed".into();
    assert_num_queries!(db, 1, { item.save(&db)? });
    assert_num_queries!(db, 1, { item.save_fields(&db, |i| (i.from(), i.owner()))? });
    assert_num_queries!(db, 1, { item.refresh(&db)? });
    assert_eq!(item.from, "changed");
    let mut count = 0;
    Item::objects().for_each(&db, |_| {
        count += 1;
        Ok(())
    })?;
    assert_eq!(count, EVIL.len());
    let deleted = assert_num_queries!(db, 1, { Owner::objects().filter(|o| o.name().eq("'")).delete(&db)? });
    assert!(
        deleted.per_model.contains(&("Owner".to_owned(), 1)) && deleted.per_model.contains(&("Item".to_owned(), 1))
    );
    assert!(Item::objects().filter(|i| i.evil().eq("\"!")).explain(&db)?.contains("SEARCH"));
    Ok(())
}

#[test]
fn refusals_name_the_fields_behind_strange_columns() -> Result<()> {
    let db = odd();
    let owner = Owner::objects().find(&db, "'")?;
    let new = |evil: &str| Item::create().from("f").evil(evil).r#where("").owner(&owner);
    let error = new("'").number(500).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Item", fields } if *fields == ["evil"]), "{error:?}");
    let error = new("fresh").number(0).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Item", fields } if *fields == ["owner", "number"]), "{error:?}");
    let error = new("fresh").number(-1).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { model: "Item", name } if name == "check 'this' \"name\""), "{error:?}");
    let error = Item::create().from("f").evil("e").r#where("").owner("no'body").save(&db).unwrap_err();
    assert!(matches!(&error, Error::ForeignKey { relation: Some("owner"), .. }), "{error:?}");
    let error = Owner::create().name("'").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Owner", fields } if *fields == ["name"]), "{error:?}");
    assert_eq!(assert_num_queries!(db, 1, { Item::objects().count(&db)? }), EVIL.len() as u64);
    Ok(())
}

#[test]
fn a_missing_table_with_a_strange_name_is_named() -> Result<()> {
    let db = Database::in_memory()?;
    let error = assert_num_queries!(db, 0, { Owner::objects().all(&db).unwrap_err() });
    assert!(matches!(&error, Error::NoSuchTable { model: "Owner", table } if table == "order by \"1\""), "{error:?}");
    Ok(())
}

#[test]
fn a_megabyte_of_text_is_a_value_like_any_other() -> Result<()> {
    let db = empty();
    let long = "ä'\"%\0_🦀 ".repeat(100_000);
    assert!(long.len() > 1_000_000);
    let row = assert_num_queries!(db, 1, { Sample::create().text(&long).blob(long.clone().into_bytes()).save(&db)? });
    Sample::create().text("short").save(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { Sample::objects().find(&db, row.id)? }), row);
    let found = |query: QuerySet<Sample>| -> Result<Vec<i64>> {
        let query = query.values_list(|s| s.id());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    assert_eq!(found(Sample::objects().filter(|s| s.text().eq(&long)))?, [row.id]);
    assert_eq!(found(Sample::objects().filter(|s| s.text().contains(&long[12_000..24_000])))?, [row.id]);
    assert_eq!(found(Sample::objects().filter(|s| s.text().starts_with(&long)))?, [row.id]);
    assert_eq!(found(Sample::objects().filter(|s| s.text().istarts_with(&long[..12])))?, [row.id]);
    assert_eq!(found(Sample::objects().filter(|s| s.text().iexact(long.to_uppercase())))?, [row.id]);
    assert_eq!(found(Sample::objects().filter(|s| s.text().in_([&long, &"short".to_owned()])))?.len(), 2);
    assert_eq!(found(Sample::objects().filter(|s| s.text().length().eq(long.chars().count() as i64)))?, [row.id]);
    assert_eq!(found(Sample::objects().filter(|s| s.blob().eq(long.as_bytes())))?, [row.id]);
    // The log shows the beginning of it.
    let (_, log) = db.capture(|db| Sample::objects().filter(|s| s.text().eq(&long)).count(db));
    assert!(log.to_string().len() < 1_000, "{}", log.to_string().len());
    let key = Airport::create().code(&long).city("x").save(&db)?;
    Flight::create().number(1).origin(&key).dest(&key).save(&db)?;
    let flights = assert_num_queries!(db, 2, { Flight::objects().prefetch_related(|f| f.origin()).all(&db)? });
    assert_eq!(flights[0].origin.loaded().unwrap(), &key);
    Ok(())
}

#[test]
fn errors_about_long_values_are_short() -> Result<()> {
    let db = empty();
    let long = "x'".repeat(500_000);
    Airport::create().code(&long).city("x").save(&db)?;
    for error in [
        Airport::create().code(&long).city("x").save(&db).unwrap_err(),
        Airport::objects().find(&db, format!("{long}!")).unwrap_err(),
        Flight::create().number(1).origin(format!("{long}!")).dest(&long).save(&db).unwrap_err(),
    ] {
        assert!(error.to_string().len() < 1_000, "{}", error.to_string().len());
    }
    assert_eq!(assert_num_queries!(db, 1, { Flight::objects().count(&db)? }), 0);
    Ok(())
}
