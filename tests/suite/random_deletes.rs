//! Random deletes in tables that point at each other in every way, in tables that cascade by themselves and in tables of
//! others: which rows are left, how many went of each model, and what refuses, is what Django's collector would say.

use std::collections::{BTreeMap, BTreeSet};

use eager_orm::{Deleted, Error, Result};

use crate::support::Random;
use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
pub struct A {
    pub id: i64,
    #[relation(on_delete = SetNull)]
    pub b: Option<ForeignKey<B>>,
    #[relation(on_delete = Cascade)]
    pub up: Option<ForeignKey<A>>,
    #[field(default = 1)]
    #[relation(on_delete = SetDefault)]
    pub first: Option<ForeignKey<D>>,
}

#[derive(Model, Debug, Clone)]
pub struct B {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub a: Option<ForeignKey<A>>,
    #[relation(on_delete = Restrict)]
    pub c: Option<ForeignKey<C>>,
}

#[derive(Model, Debug, Clone)]
pub struct C {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub a: Option<ForeignKey<A>>,
    #[relation(on_delete = Cascade)]
    pub b: Option<ForeignKey<B>>,
    #[relation(on_delete = Protect)]
    pub d: Option<ForeignKey<D>>,
}

#[derive(Model, Debug, Clone)]
pub struct D {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub c: Option<ForeignKey<C>>,
    #[relation(on_delete = SetNull)]
    pub me: Option<ForeignKey<D>>,
    #[relation(on_delete = Restrict)]
    pub b: Option<ForeignKey<B>>,
    pub many: ManyToMany<A>,
}

#[derive(Model, Debug, Clone)]
#[model(primary_key = "x, y")]
pub struct K {
    pub x: i64,
    pub y: String,
    #[relation(on_delete = Cascade)]
    pub a: Option<ForeignKey<A>>,
    #[relation(on_delete = SetNull)]
    pub b: Option<ForeignKey<B>>,
    #[relation(on_delete = Restrict)]
    pub c: Option<ForeignKey<C>>,
}

/// Table, column, the table it points at, and what it says.
const KEYS: [(&str, &str, &str, OnDelete); 16] = [
    ("a", "b_id", "b", SetNull),
    ("a", "up_id", "a", Cascade),
    ("a", "first_id", "d", SetDefault),
    ("b", "a_id", "a", Cascade),
    ("b", "c_id", "c", Restrict),
    ("c", "a_id", "a", Cascade),
    ("c", "b_id", "b", Cascade),
    ("c", "d_id", "d", Protect),
    ("d", "c_id", "c", Cascade),
    ("d", "me_id", "d", SetNull),
    ("d", "b_id", "b", Restrict),
    ("d_many", "a_id", "a", Cascade),
    ("d_many", "d_id", "d", Cascade),
    ("k", "a_id", "a", Cascade),
    ("k", "b_id", "b", SetNull),
    ("k", "c_id", "c", Restrict),
];
const TABLES: [&str; 6] = ["a", "b", "c", "d", "d_many", "k"];

#[derive(Clone, Copy, PartialEq)]
enum OnDelete {
    Cascade,
    Protect,
    Restrict,
    SetNull,
    SetDefault,
}
use OnDelete::{Cascade, Protect, Restrict, SetDefault, SetNull};

/// Each row by its table and key, with its foreign keys in the order of [`KEYS`].
type Rows = BTreeMap<(&'static str, i64), Vec<Option<i64>>>;

fn keys_of(
    table: &str,
) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str, OnDelete)> + use<'_> {
    KEYS.iter().filter(move |key| key.0 == table)
}

/// The tables, without any ON DELETE if they are of others.
fn tables(of_others: bool) -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![A, B, C, D, K]).unwrap();
    if of_others {
        let made = raw::<(String, String)>(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%ON DELETE%'",
            (),
        );
        for (table, sql) in made.all(&db).unwrap() {
            let words = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"];
            let sql = words.iter().fold(sql, |sql, word| sql.replace(&format!(" ON DELETE {word}"), ""));
            db.raw(|c| c.execute_batch(&format!("PRAGMA foreign_keys = OFF; DROP TABLE {table}; {sql}"))).unwrap();
        }
    }
    db
}

fn random_rows(random: &mut Random) -> Rows {
    let (size, nulls) = (1 + random.below(4), random.below(3));
    let mut rows = Rows::new();
    for table in TABLES {
        for id in 1..=size as i64 {
            let keys: Vec<Option<i64>> = keys_of(table)
                .map(|(.., on_delete)| {
                    let refuses = matches!(on_delete, Protect | Restrict) && random.below(3) > 0;
                    let is_null = table != "d_many" && (refuses || random.below(3) < nulls);
                    let key = 1 + random.below(size) as i64;
                    (!is_null).then_some(key)
                })
                .collect();
            if table != "d_many" || !rows.iter().any(|(row, known)| row.0 == table && *known == keys) {
                rows.insert((table, id), keys);
            }
        }
    }
    rows
}

fn fill(db: &Database, rows: &Rows) {
    let mut sql = "PRAGMA foreign_keys = OFF;".to_owned();
    TABLES.iter().for_each(|table| sql.push_str(&format!("DELETE FROM {table};")));
    for ((table, id), keys) in rows {
        let key = if *table == "k" { format!("{id}, 'k'") } else { id.to_string() };
        let names: Vec<&str> = keys_of(table).map(|key| key.1).collect();
        let keys: Vec<String> =
            keys.iter().map(|key| key.map_or_else(|| "NULL".to_owned(), |key| key.to_string())).collect();
        let id = if *table == "k" { "x, y" } else { "id" };
        sql.push_str(&format!("INSERT INTO {table} ({id}, {}) VALUES ({key}, {});", names.join(", "), keys.join(", ")));
    }
    db.raw(|c| c.execute_batch(&format!("{sql} PRAGMA foreign_keys = ON;"))).unwrap();
}

fn read(db: &Database) -> Rows {
    let mut rows = Rows::new();
    for table in TABLES {
        let names: Vec<&str> = keys_of(table).map(|key| key.1).collect();
        let id = if table == "k" { "x" } else { "id" };
        db.raw(|c| {
            let mut statement = c.prepare(&format!("SELECT {id}, {} FROM {table}", names.join(", ")))?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let keys = (1..=names.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                rows.insert((table, row.get(0)?), keys);
            }
            Ok(())
        })
        .unwrap();
    }
    rows
}

/// What is left and how many rows went of each model, or what refuses.
type Outcome = Result<(Rows, BTreeMap<String, u64>), &'static str>;

/// What Django's collector does: everything that goes is found first.
fn collected(rows: &Rows, table: &'static str, ids: &[i64]) -> Outcome {
    let mut doomed: BTreeSet<(&str, i64)> = ids.iter().map(|id| (table, *id)).collect();
    // Each row that points at one which goes: itself, and what its key says.
    let pointing = |doomed: &BTreeSet<(&str, i64)>| -> Vec<((&'static str, i64), usize, OnDelete)> {
        let each = rows.iter().flat_map(|(row, keys)| {
            keys_of(row.0).zip(keys).enumerate().map(move |(at, (key, to))| (*row, at, key, *to))
        });
        let goes = |to: Option<i64>, parent: &'static str| to.is_some_and(|to| doomed.contains(&(parent, to)));
        each.filter(|(.., key, to)| goes(*to, key.2)).map(|(row, at, key, _)| (row, at, key.3)).collect()
    };
    loop {
        let before = doomed.len();
        let found = pointing(&doomed);
        doomed.extend(found.iter().filter(|(.., does)| *does == Cascade).map(|(row, ..)| *row));
        if doomed.len() == before {
            break;
        }
    }
    let found = pointing(&doomed);
    if found.iter().any(|(.., does)| *does == Protect) {
        return Err("Protected");
    }
    if found.iter().any(|(row, _, does)| *does == Restrict && !doomed.contains(row)) {
        return Err("Restricted");
    }
    let mut left = rows.clone();
    left.retain(|row, _| !doomed.contains(row));
    for (row, at, does) in found {
        let Some(keys) = left.get_mut(&row) else { continue };
        keys[at] = (does == SetDefault).then_some(1);
        if does == SetDefault && (doomed.contains(&("d", 1)) || !rows.contains_key(&("d", 1))) {
            return Err("ForeignKey");
        }
    }
    let mut counts = BTreeMap::new();
    for (table, _) in doomed {
        let name = if table == "d_many" { table.to_owned() } else { table.to_uppercase() };
        *counts.entry(name).or_default() += 1;
    }
    Ok((left, counts))
}

fn deleted(db: &dyn Executor, table: &str, ids: &[i64]) -> Result<Deleted> {
    match table {
        "a" => A::objects().filter(|a| a.id().in_(ids)).delete(db),
        "b" => B::objects().filter(|b| b.id().in_(ids)).delete(db),
        "c" => C::objects().filter(|c| c.id().in_(ids)).delete(db),
        "d" => D::objects().filter(|d| d.id().in_(ids)).delete(db),
        _ => K::objects().filter(|k| k.x().in_(ids)).delete(db),
    }
}

#[test]
fn a_delete_does_what_djangos_collector_does_whoever_made_the_tables() -> Result<()> {
    let turns = std::env::var("EAGER_ORM_TURNS").ok().and_then(|turns| turns.parse().ok()).unwrap_or(150);
    let databases = [tables(false), tables(true)];
    let mut kinds = BTreeMap::<&str, u32>::new();
    for seed in 1..=turns {
        let mut random = Random::new(seed);
        let rows = random_rows(&mut random);
        let table = random.pick(&["a", "b", "c", "d", "k"]);
        let ids: Vec<i64> =
            rows.keys().filter(|row| row.0 == table).map(|row| row.1).filter(|_| random.below(2) == 0).collect();
        let expected = collected(&rows, table, &ids);
        *kinds.entry(expected.as_ref().map_or_else(|what| *what, |_| "Ok")).or_default() += 1;
        for (db, within) in
            [(&databases[0], false), (&databases[1], false), (&databases[0], true), (&databases[1], true)]
        {
            fill(db, &rows);
            let deleted = if within {
                // What is refused within a transaction leaves nothing there either.
                db.transaction(|tx| Ok(deleted(tx, table, &ids)))?
            } else {
                deleted(db, table, &ids)
            };
            let left = read(db);
            let found: Outcome = match deleted {
                Ok(deleted) => Ok((left, deleted.per_model.into_iter().collect())),
                Err(error) => {
                    assert_eq!(left, rows, "{seed}: {error}");
                    Err(match error {
                        Error::Protected { .. } => "Protected",
                        Error::Restricted { .. } => "Restricted",
                        Error::ForeignKey { model: "A", relation: Some("first"), .. } => "ForeignKey",
                        other => panic!("{seed}: {other:?}"),
                    })
                }
            };
            assert_eq!(found, expected, "{seed}: delete {table} {ids:?} of {rows:?}, within a transaction: {within}");
        }
    }
    assert!(["Ok", "Protected", "Restricted", "ForeignKey"].iter().all(|kind| kinds[kind] > 2), "{kinds:?}");
    Ok(())
}
