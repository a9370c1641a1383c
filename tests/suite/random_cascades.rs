//! Deletes at random of rows that point at each other in every way, beside a plain account of what has to go: on tables that
//! cascade by themselves, and on tables of others, that do not.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::Random;
use eager_orm::prelude::*;
use eager_orm::{Deleted, Error, Result};

#[derive(Model, Debug)]
struct A {
    id: i64,
    #[relation(on_delete = SetNull)]
    b: Option<ForeignKey<B>>,
    #[relation(on_delete = Cascade)]
    up: Option<ForeignKey<A>>,
    #[field(default = 1)]
    #[relation(on_delete = SetDefault)]
    heir: Option<ForeignKey<D>>,
}

#[derive(Model, Debug)]
struct B {
    id: i64,
    #[relation(on_delete = Cascade)]
    a: Option<ForeignKey<A>>,
    #[relation(on_delete = Restrict)]
    c: Option<ForeignKey<C>>,
}

#[derive(Model, Debug)]
struct C {
    id: i64,
    #[relation(on_delete = Cascade)]
    a: Option<ForeignKey<A>>,
    #[relation(on_delete = Cascade)]
    b: Option<ForeignKey<B>>,
    #[relation(on_delete = Protect)]
    d: Option<ForeignKey<D>>,
}

#[derive(Model, Debug)]
struct D {
    id: i64,
    #[relation(on_delete = Cascade)]
    c: Option<ForeignKey<C>>,
    #[relation(on_delete = SetNull)]
    me: Option<ForeignKey<D>>,
    #[relation(on_delete = Restrict)]
    b: Option<ForeignKey<B>>,
}

#[derive(Model, Debug)]
#[model(primary_key = "id, part")]
struct K {
    id: i64,
    part: i64,
    #[relation(on_delete = Cascade)]
    a: Option<ForeignKey<A>>,
    #[relation(on_delete = SetNull)]
    b: Option<ForeignKey<B>>,
    #[relation(on_delete = Restrict)]
    c: Option<ForeignKey<C>>,
}

/// The foreign keys: table, column, the table it points at, and what it does.
const KEYS: &[(&str, &str, &str, OnDelete)] = &[
    ("a", "b_id", "b", OnDelete::SetNull),
    ("a", "up_id", "a", OnDelete::Cascade),
    ("a", "heir_id", "d", OnDelete::SetDefault),
    ("b", "a_id", "a", OnDelete::Cascade),
    ("b", "c_id", "c", OnDelete::Restrict),
    ("c", "a_id", "a", OnDelete::Cascade),
    ("c", "b_id", "b", OnDelete::Cascade),
    ("c", "d_id", "d", OnDelete::Protect),
    ("d", "c_id", "c", OnDelete::Cascade),
    ("d", "me_id", "d", OnDelete::SetNull),
    ("d", "b_id", "b", OnDelete::Restrict),
    ("k", "a_id", "a", OnDelete::Cascade),
    ("k", "b_id", "b", OnDelete::SetNull),
    ("k", "c_id", "c", OnDelete::Restrict),
];
const TABLES: [&str; 5] = ["a", "b", "c", "d", "k"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDelete {
    Cascade,
    Protect,
    Restrict,
    SetNull,
    SetDefault,
}

/// The rows by table and key, and where their foreign keys point.
type Rows = BTreeMap<(&'static str, i64), BTreeMap<&'static str, Option<i64>>>;

fn keys_of(table: &str) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str, OnDelete)> {
    KEYS.iter().filter(move |key| key.0 == table)
}

fn made(of_others: bool) -> Database {
    let db = Database::in_memory().unwrap();
    if of_others {
        for table in TABLES {
            let columns: String =
                keys_of(table).map(|key| format!(", {} INTEGER REFERENCES {} (id)", key.1, key.2)).collect();
            let key =
                if table == "k" { "id INTEGER NOT NULL, part INTEGER NOT NULL" } else { "id INTEGER PRIMARY KEY" };
            let last = if table == "k" { ", PRIMARY KEY (id, part)" } else { "" };
            db.raw(|connection| connection.execute_batch(&format!("CREATE TABLE {table} ({key}{columns}{last})")))
                .unwrap();
        }
        db.register(models![A, B, C, D, K]);
    } else {
        db.create_tables(models![A, B, C, D, K]).unwrap();
    }
    db
}

/// Some rows of each table, whose foreign keys point anywhere or nowhere.
fn random_rows(random: &mut Random) -> Rows {
    let (size, loose) = (1 + random.below(4) as i64, random.below(3));
    let mut rows = Rows::new();
    for table in TABLES {
        for id in 1..=size {
            let mut row = BTreeMap::new();
            for (_, column, _, on_delete) in keys_of(table) {
                let refuses = matches!(on_delete, OnDelete::Protect | OnDelete::Restrict);
                let is_null = random.below(3) < loose || (refuses && random.below(3) > 0);
                row.insert(*column, (!is_null).then(|| 1 + random.below(size as u64) as i64));
            }
            rows.insert((table, id), row);
        }
    }
    rows
}

fn fill(db: &Database, rows: &Rows) {
    let mut sql = "PRAGMA foreign_keys = OFF;".to_owned();
    TABLES.iter().for_each(|table| sql.push_str(&format!("DELETE FROM {table};")));
    for ((table, id), row) in rows {
        let names: String = row.keys().map(|name| format!(", {name}")).collect();
        let values: String =
            row.values().map(|value| value.map_or(", NULL".to_owned(), |value| format!(", {value}"))).collect();
        let (part, its) = if *table == "k" { (", part", ", 0") } else { ("", "") };
        sql.push_str(&format!("INSERT INTO {table} (id{part}{names}) VALUES ({id}{its}{values});"));
    }
    sql.push_str("PRAGMA foreign_keys = ON;");
    db.raw(|connection| connection.execute_batch(&sql)).unwrap();
}

fn read(db: &Database) -> Rows {
    let mut rows = Rows::new();
    for table in TABLES {
        let names: Vec<&'static str> = keys_of(table).map(|key| key.1).collect();
        let sql = format!("SELECT id, {} FROM {table}", names.join(", "));
        db.raw(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let keys = names.iter().enumerate().map(|(i, name)| Ok::<_, rusqlite::Error>((*name, row.get(i + 1)?)));
                rows.insert((table, row.get(0)?), keys.collect::<std::result::Result<_, rusqlite::Error>>()?);
            }
            Ok(())
        })
        .unwrap();
    }
    rows
}

/// What there is after a delete, and how many rows went of each model; or which error it has to be.
fn expected(
    rows: &Rows,
    table: &'static str,
    ids: &[i64],
) -> std::result::Result<(Rows, BTreeMap<String, u64>), &'static str> {
    let is_there = |key: &(&'static str, i64)| rows.contains_key(key);
    let mut doomed: BTreeSet<(&'static str, i64)> = ids.iter().map(|id| (table, *id)).filter(is_there).collect();
    let (mut protected, mut restricting) = (false, BTreeSet::new());
    loop {
        let before = doomed.len();
        for (key, row) in rows {
            for (_, column, parent, on_delete) in keys_of(key.0) {
                let points = row[column].is_some_and(|to| doomed.contains(&(*parent, to)));
                match on_delete {
                    OnDelete::Cascade if points => drop(doomed.insert(*key)),
                    OnDelete::Protect if points => protected = true,
                    OnDelete::Restrict if points => drop(restricting.insert(*key)),
                    _ => {}
                }
            }
        }
        if doomed.len() == before {
            break;
        }
    }
    if protected {
        return Err("Protected");
    }
    if restricting.iter().any(|key| !doomed.contains(key)) {
        return Err("Restricted");
    }
    let mut after = Rows::new();
    for (key, row) in rows.iter().filter(|(key, _)| !doomed.contains(*key)) {
        let mut row = row.clone();
        for (_, column, parent, on_delete) in keys_of(key.0) {
            if row[column].is_some_and(|to| doomed.contains(&(*parent, to))) {
                let is_default = *on_delete == OnDelete::SetDefault;
                if is_default && (!rows.contains_key(&("d", 1)) || doomed.contains(&("d", 1))) {
                    return Err("ForeignKey");
                }
                row.insert(column, is_default.then_some(1));
            }
        }
        after.insert(*key, row);
    }
    let mut counts = BTreeMap::new();
    doomed.iter().for_each(|(table, _)| *counts.entry(table.to_uppercase()).or_default() += 1);
    Ok((after, counts))
}

fn delete(db: &Database, table: &str, ids: &[i64]) -> Result<Deleted> {
    match table {
        "a" => A::objects().filter(|x| x.id().in_(ids)).delete(db),
        "b" => B::objects().filter(|x| x.id().in_(ids)).delete(db),
        "c" => C::objects().filter(|x| x.id().in_(ids)).delete(db),
        "d" => D::objects().filter(|x| x.id().in_(ids)).delete(db),
        _ => K::objects().filter(|x| x.id().in_(ids)).delete(db),
    }
}

/// `EAGER_ORM_CASCADES` is how many deletes there are.
#[test]
fn what_a_delete_takes_with_it_is_what_the_models_say_whoever_made_the_tables() {
    let deletes = std::env::var("EAGER_ORM_CASCADES").map_or(150, |number| number.parse().unwrap());
    let databases = [made(false), made(true)];
    for seed in 0..deletes {
        let mut random = Random::new(seed);
        let rows = random_rows(&mut random);
        let table = random.pick(&TABLES);
        let ids: Vec<i64> = (1..=4).filter(|_| random.below(2) == 0).collect();
        let expected = expected(&rows, table, &ids);
        for (db, whose) in databases.iter().zip(["ours", "others'"]) {
            fill(db, &rows);
            let outcome = delete(db, table, &ids);
            let after = read(db);
            let outcome = match outcome {
                Ok(deleted) => Ok((after, deleted.per_model.into_iter().collect())),
                Err(error) => {
                    assert_eq!(after, rows, "seed {seed}, {whose}: half deleted, and {error:?}");
                    Err(match error {
                        Error::Protected { .. } => "Protected",
                        Error::Restricted { .. } => "Restricted",
                        Error::ForeignKey { model: "A", relation: Some("heir"), .. } => "ForeignKey",
                        other => panic!("seed {seed}, {whose}: {other:?}"),
                    })
                }
            };
            assert_eq!(outcome, expected, "seed {seed}, {whose}: {ids:?} of {table} in {rows:?}");
        }
    }
}
