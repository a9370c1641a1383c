//! SQL at random that comes from anybody, with every way in which SQLite resolves a conflict, and after each statement every
//! counter beside a count.

use crate::support::Random;
use eager_orm::prelude::*;

#[derive(Model, Debug)]
struct Parent {
    id: i64,
    #[field(unique)]
    name: Option<String>,
    #[relation(via = "parent")]
    kids: HasMany<Kid>,
    #[field(counter_of = kids)]
    kid_count: i64,
    #[relation(via = "guard")]
    wards: HasMany<Kid>,
    #[field(counter_of = wards)]
    ward_count: i64,
    tags: ManyToMany<Tag>,
    #[field(counter_of = tags)]
    tag_count: i64,
    #[relation(through = Link)]
    linked: ManyToMany<Tag>,
    #[field(counter_of = linked)]
    linked_count: i64,
    parts: HasMany<Part>,
    #[field(counter_of = parts)]
    part_count: i64,
}

#[derive(Model, Debug)]
#[model(unique(fields = "a, b"))]
struct Kid {
    id: i64,
    #[relation(on_delete = Cascade)]
    parent: ForeignKey<Parent>,
    #[relation(on_delete = SetNull)]
    guard: Option<ForeignKey<Parent>>,
    #[field(unique)]
    code: Option<i64>,
    a: Option<i64>,
    b: i64,
    #[relation(on_delete = SetNull)]
    up: Option<ForeignKey<Kid>>,
    #[relation(via = "up")]
    below: HasMany<Kid>,
    #[field(counter_of = below)]
    below_count: i64,
}

#[derive(Model, Debug)]
struct Tag {
    #[field(primary_key)]
    code: String,
    #[relation(via = "tags")]
    parents: ManyToMany<Parent>,
    #[field(counter_of = parents)]
    parent_count: i64,
}

/// A link whose other end may be NULL.
#[derive(Model, Debug)]
struct Link {
    id: i64,
    #[relation(on_delete = Cascade)]
    parent: ForeignKey<Parent>,
    #[relation(on_delete = SetNull)]
    tag: Option<ForeignKey<Tag>>,
    #[field(unique)]
    code: Option<i64>,
}

/// A row with a key of two columns.
#[derive(Model, Debug)]
#[model(primary_key = "parent, number")]
struct Part {
    #[relation(on_delete = Cascade)]
    parent: ForeignKey<Parent>,
    number: i64,
    #[field(unique)]
    code: Option<i64>,
}

/// A number from 1 to `end`, or NULL.
fn maybe(random: &mut Random, end: u64) -> String {
    if random.below(4) == 0 { "NULL".to_owned() } else { (1 + random.below(end)).to_string() }
}

fn kid(random: &mut Random) -> String {
    let id = if random.below(2) == 0 { "NULL".to_owned() } else { random.below(8).to_string() };
    let parent = 1 + random.below(5);
    let [guard, code, a, up] = [5, 6, 3, 7].map(|end| maybe(random, end));
    format!("({id}, {parent}, {guard}, {code}, {a}, {}, {up})", random.below(3))
}

fn statement(random: &mut Random) -> String {
    const KID: &str = "kid (id, parent_id, guard_id, code, a, b, up_id)";
    let or = random.pick(&["", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ABORT"]);
    let tag = random.pick(&["'x'", "'y'", "'z'"]);
    let parent = 1 + random.below(5);
    let rest = random.below(3);
    match random.below(17) {
        0..=2 => {
            let rows: Vec<String> = (0..=random.below(3)).map(|_| kid(random)).collect();
            format!("INSERT{or} INTO {KID} VALUES {}", rows.join(", "))
        }
        3 => format!(
            "INSERT INTO {KID} VALUES {} ON CONFLICT (code) DO UPDATE SET parent_id = excluded.parent_id, a = excluded.a",
            kid(random)
        ),
        4 => format!(
            "INSERT INTO {KID} VALUES {} ON CONFLICT (a, b) DO UPDATE SET id = excluded.id + 1, code = excluded.code \
             ON CONFLICT DO NOTHING",
            kid(random)
        ),
        5 => format!("UPDATE{or} kid SET parent_id = {parent}, guard_id = {} WHERE id % 3 = {rest}", maybe(random, 5)),
        6 => format!("UPDATE{or} kid SET code = {} WHERE id % 3 = {rest}", maybe(random, 6)),
        7 => format!("UPDATE{or} kid SET a = {}, b = {rest}, up_id = {}", maybe(random, 3), maybe(random, 7)),
        8 => format!("UPDATE{or} kid SET id = id + {} WHERE id % 2 = 0", 1 + rest),
        9 => format!("DELETE FROM kid WHERE id > {}", random.below(9)),
        10 => format!("INSERT{or} INTO parent (id, name) VALUES ({parent}, {})", maybe(random, 4)),
        11 => format!(
            "UPDATE{or} parent SET id = {}, name = {} WHERE id = {parent}",
            1 + random.below(5),
            maybe(random, 4)
        ),
        12 if rest == 0 => format!("DELETE FROM tag WHERE code = {tag}"),
        12 => format!("DELETE FROM parent WHERE id = {parent}"),
        13 if rest == 0 => format!("UPDATE{or} parent_tags SET tag_id = {tag}, id = id + 1"),
        13 => format!(
            "INSERT{or} INTO parent_tags (id, parent_id, tag_id) VALUES ({}, {parent}, {tag})",
            maybe(random, 4)
        ),
        14 if rest == 0 => format!("UPDATE{or} link SET code = {}, tag_id = {tag} WHERE id % 2 = 0", maybe(random, 3)),
        14 => {
            let tag = if random.below(3) == 0 { "NULL" } else { tag };
            format!(
                "INSERT{or} INTO link (id, parent_id, tag_id, code) VALUES ({}, {parent}, {tag}, {})",
                maybe(random, 4),
                maybe(random, 3)
            )
        }
        15 if rest == 0 => format!("UPDATE{or} part SET number = {}, code = {}", random.below(4), maybe(random, 3)),
        15 if rest == 1 => format!("UPDATE{or} part SET parent_id = {parent} WHERE number = {}", random.below(4)),
        15 => format!(
            "INSERT{or} INTO part (parent_id, number, code) VALUES ({parent}, {}, {})",
            random.below(4),
            maybe(random, 3)
        ),
        _ => format!("INSERT{or} INTO tag (code) VALUES ({tag})"),
    }
}

/// `EAGER_ORM_COUNTS` is how many databases there are, of 300 statements each.
#[test]
fn every_counter_is_right_after_any_statement_whatever_it_does_with_a_conflict() -> eager_orm::Result<()> {
    let databases = std::env::var("EAGER_ORM_COUNTS").map_or(8, |number| number.parse().unwrap());
    let mut done = 0;
    for seed in 0..databases {
        let mut random = Random::new(seed);
        let db = Database::in_memory()?;
        db.create_tables(models![Parent, Kid, Tag, Link, Part])?;
        let (keys, recursive) = (random.below(2), random.below(2));
        let pragmas = format!("PRAGMA foreign_keys = {keys}; PRAGMA recursive_triggers = {recursive}");
        db.raw(|connection| connection.execute_batch(&pragmas))?;
        for number in 0..300 {
            let statement = statement(&mut random);
            let outcome = db.raw(|connection| connection.execute_batch(&statement));
            done += u32::from(outcome.is_ok());
            let wrong = [Parent::recount(&db)?, Kid::recount(&db)?, Tag::recount(&db)?];
            assert_eq!(wrong, [0; 3], "seed {seed}, statement {number}, {pragmas}: {statement}: {outcome:?}");
        }
    }
    assert!(done > databases as u32 * 100, "{done} went through");
    Ok(())
}
