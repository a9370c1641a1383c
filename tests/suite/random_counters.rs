//! Counters after random SQL of whoever writes: rows that replace others by one constraint or two, become updates, are
//! ignored, point at themselves, get another key, go with others. After each statement every number is the number of rows.

use eager_orm::Result;

use crate::support::Random;
use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
pub struct Home {
    pub id: i64,
    #[field(unique)]
    pub name: Option<String>,
    pub kids: HasMany<Kid>,
    #[field(counter_of = kids)]
    pub kid_count: i64,
    #[relation(via = "guard")]
    pub wards: HasMany<Kid>,
    #[field(counter_of = wards)]
    pub ward_count: i64,
    pub toys: ManyToMany<Toy>,
    #[field(counter_of = toys)]
    pub toy_count: i64,
    #[relation(through = Loan)]
    pub lent: ManyToMany<Toy>,
    #[field(counter_of = lent)]
    pub lent_count: i64,
    pub places: HasMany<Place>,
    #[field(counter_of = places)]
    pub place_count: i64,
}

#[derive(Model, Debug, Clone)]
#[model(unique(fields = "a, b"))]
pub struct Kid {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub home: ForeignKey<Home>,
    #[relation(on_delete = SetNull)]
    pub guard: Option<ForeignKey<Home>>,
    #[field(unique)]
    pub code: Option<i64>,
    pub a: Option<i64>,
    pub b: i64,
    #[relation(on_delete = SetNull)]
    pub up: Option<ForeignKey<Kid>>,
    #[relation(via = "up")]
    pub below: HasMany<Kid>,
    #[field(counter_of = below)]
    pub below_count: i64,
}

#[derive(Model, Debug, Clone)]
pub struct Toy {
    #[field(primary_key)]
    pub code: String,
    #[relation(via = "toys")]
    pub homes: ManyToMany<Home>,
    #[field(counter_of = homes)]
    pub home_count: i64,
    pub places: HasMany<Place>,
    #[field(counter_of = places)]
    pub place_count: i64,
}

#[derive(Model, Debug, Clone)]
pub struct Loan {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub home: ForeignKey<Home>,
    #[relation(on_delete = SetNull)]
    pub toy: Option<ForeignKey<Toy>>,
    #[field(unique)]
    pub number: Option<i64>,
}

/// Its key has two columns, and each of them is counted by.
#[derive(Model, Debug, Clone)]
#[model(primary_key = "home, toy")]
pub struct Place {
    #[relation(on_delete = Cascade)]
    pub home: ForeignKey<Home>,
    #[relation(on_delete = Cascade)]
    pub toy: ForeignKey<Toy>,
    #[field(unique)]
    pub shelf: Option<i64>,
}

const SOMETIMES_OR: [&str; 7] = ["", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ABORT"];
const TOYS: [&str; 4] = ["'x'", "'y'", "'z'", "'X'"];

/// A small number, or NULL.
fn some(random: &mut Random, end: u64) -> String {
    if random.below(4) == 0 { "NULL".to_owned() } else { (1 + random.below(end)).to_string() }
}

fn kid(random: &mut Random) -> String {
    let id = if random.below(2) == 0 { "NULL".to_owned() } else { random.below(8).to_string() };
    let home = 1 + random.below(5);
    let [guard, code, a, up] = [5, 6, 3, 7].map(|end| some(random, end));
    format!("({id}, {home}, {guard}, {code}, {a}, {}, {up})", random.below(3))
}

fn statement(random: &mut Random) -> String {
    const KID: &str = "INTO kid (id, home_id, guard_id, code, a, b, up_id) VALUES";
    let (or, toy, home, every) =
        (random.pick(&SOMETIMES_OR), random.pick(&TOYS), 1 + random.below(5), 1 + random.below(3));
    match random.below(20) {
        0..=2 => {
            let rows: Vec<_> = (0..every).map(|_| kid(random)).collect();
            format!("INSERT{or} {KID} {}", rows.join(", "))
        }
        3 => format!(
            "INSERT {KID} {} ON CONFLICT (code) DO UPDATE SET home_id = excluded.home_id, guard_id = excluded.guard_id, a = 1",
            kid(random)
        ),
        4 => format!(
            "INSERT{or} {KID} {} ON CONFLICT (a, b) DO UPDATE SET id = excluded.id + 1, code = excluded.code ON CONFLICT DO NOTHING",
            kid(random)
        ),
        5 => format!("UPDATE{or} kid SET home_id = {home}, guard_id = {} WHERE id % {every} = 0", some(random, 5)),
        6 => format!("UPDATE{or} kid SET code = {} WHERE id % {every} = 0", some(random, 6)),
        7 => format!("UPDATE{or} kid SET a = {}, up_id = {} WHERE id > {}", some(random, 3), some(random, 7), home),
        8 => format!("UPDATE{or} kid SET id = id + {every}, up_id = {} WHERE id % 2 = 0", some(random, 7)),
        9 => format!("UPDATE{or} kid SET up_id = id, id = id + {} WHERE id % 3 = 0", random.below(2)),
        10 => format!("DELETE FROM kid WHERE id > {}", random.below(9)),
        11 => format!("INSERT{or} INTO home (id, name) VALUES ({home}, {})", some(random, 4)),
        12 => format!("UPDATE{or} home SET id = {}, name = {} WHERE id = {home}", 1 + random.below(5), some(random, 4)),
        13 if every == 1 => format!("DELETE FROM home WHERE id = {home}"),
        13 => format!("DELETE FROM toy WHERE code = {toy}"),
        14 => format!("INSERT{or} INTO home_toys (id, home_id, toy_id) VALUES ({}, {home}, {toy})", some(random, 4)),
        15 => format!("UPDATE{or} home_toys SET toy_id = {toy}, id = id + 1 WHERE id % 2 = {}", random.below(2)),
        16 => format!(
            "INSERT{or} INTO loan (id, home_id, toy_id, number) VALUES ({}, {home}, {}, {})",
            some(random, 4),
            if every == 1 { "NULL" } else { toy },
            some(random, 3)
        ),
        17 => format!(
            "UPDATE{or} loan SET number = {}, toy_id = {toy}, id = id + {} WHERE id % 2 = 0",
            some(random, 3),
            every - 1
        ),
        18 if every == 1 => {
            format!("UPDATE{or} place SET toy_id = {toy}, shelf = {} WHERE home_id = {home}", some(random, 3))
        }
        18 => format!(
            "INSERT{or} INTO place VALUES ({home}, {toy}, {}) ON CONFLICT (home_id, toy_id) DO UPDATE SET shelf = {}",
            some(random, 3),
            some(random, 3)
        ),
        _ if every == 1 => format!("INSERT{or} INTO place VALUES ({home}, {toy}, {})", some(random, 3)),
        _ => format!("INSERT{or} INTO toy (code) VALUES ({toy})"),
    }
}

#[test]
fn every_number_is_right_after_every_statement() -> Result<()> {
    let turns = std::env::var("EAGER_ORM_TURNS").ok().and_then(|turns| turns.parse().ok()).unwrap_or(8);
    let (mut done, mut wrong) = (0, Vec::new());
    for seed in 1..=turns {
        let mut random = Random::new(seed);
        let db = Database::in_memory()?;
        db.create_tables(models![Home, Kid, Toy, Loan, Place])?;
        let minds = random.below(2) == 1;
        let recursive = random.below(3) == 0;
        let pragmas = format!("PRAGMA foreign_keys = {minds}; PRAGMA recursive_triggers = {recursive}");
        db.raw(|connection| connection.execute_batch(&pragmas))?;
        for _ in 0..200 {
            let statement = statement(&mut random);
            // The one thing that is not counted: what goes with a row that an update replaces may be of the updated row.
            if minds && statement.starts_with("UPDATE OR REPLACE home") {
                continue;
            }
            done += u32::from(db.raw(|connection| connection.execute_batch(&statement)).is_ok());
            for (model, rows) in
                [("Home", Home::recount(&db)?), ("Kid", Kid::recount(&db)?), ("Toy", Toy::recount(&db)?)]
            {
                if rows > 0 {
                    wrong.push(format!("{seed}: {pragmas}; {model} after {statement}"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} wrong", wrong.len());
    assert!(done > turns as u32 * 60, "{done}");
    Ok(())
}
