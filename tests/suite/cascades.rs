//! `on_delete` where the tables do not do it: tables of others, without ON DELETE, with immediate constraints or none.

use std::collections::BTreeMap;

use eager_orm::prelude::*;
use eager_orm::{Deleted, Error, Result};

/// A company, as somebody else made its tables.
mod models {
    use eager_orm::prelude::*;

    #[derive(Model, Debug, Clone)]
    pub struct Firm {
        pub id: i64,
        pub units: HasMany<Unit>,
        #[relation(via = "owner")]
        pub owned: HasMany<Unit>,
    }

    /// A tree of units, which go with the unit above.
    #[derive(Model, Debug, Clone)]
    pub struct Unit {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub firm: ForeignKey<Firm>,
        #[relation(on_delete = Cascade)]
        pub above: Option<ForeignKey<Unit>>,
        #[relation(on_delete = SetDefault)]
        #[field(default = 1)]
        pub owner: ForeignKey<Firm>,
        #[relation(via = "above")]
        pub below: HasMany<Unit>,
        pub jobs: HasMany<Job>,
        pub rooms: ManyToMany<Room>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Job {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub unit: ForeignKey<Unit>,
        #[relation(on_delete = Restrict)]
        pub room: Option<ForeignKey<Room>>,
        #[relation(on_delete = SetNull)]
        pub deputy: Option<ForeignKey<Job>>,
        #[relation(via = "deputy")]
        pub deputy_of: HasMany<Job>,
        pub badges: HasMany<Badge>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Badge {
        #[field(primary_key)]
        pub code: String,
        #[relation(on_delete = Cascade)]
        pub job: ForeignKey<Job>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Room {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub unit: Option<ForeignKey<Unit>>,
        #[relation(via = "rooms")]
        pub used_by: ManyToMany<Unit>,
        pub jobs: HasMany<Job>,
        pub keys: HasMany<RoomKey>,
    }

    /// It protects its room.
    #[derive(Model, Debug, Clone)]
    pub struct RoomKey {
        pub id: i64,
        pub room: ForeignKey<Room>,
    }

    /// Nothing leads to it.
    #[derive(Model, Debug, Clone)]
    pub struct Stranger {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub firm: ForeignKey<Firm>,
    }
}

use models::*;

const TABLES: &str = "
    CREATE TABLE firm (id INTEGER PRIMARY KEY);
    CREATE TABLE unit (id INTEGER PRIMARY KEY, firm_id INTEGER NOT NULL REFERENCES firm (id),
        above_id INTEGER REFERENCES unit (id), owner_id INTEGER NOT NULL REFERENCES firm (id));
    CREATE TABLE job (id INTEGER PRIMARY KEY, unit_id INTEGER NOT NULL REFERENCES unit (id),
        room_id INTEGER REFERENCES room (id), deputy_id INTEGER REFERENCES job (id));
    CREATE TABLE badge (code TEXT PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES job (id)) WITHOUT ROWID;
    CREATE TABLE room (id INTEGER PRIMARY KEY, unit_id INTEGER REFERENCES unit (id));
    CREATE TABLE unit_rooms (id INTEGER PRIMARY KEY, unit_id INTEGER NOT NULL REFERENCES unit (id),
        room_id INTEGER NOT NULL REFERENCES room (id), UNIQUE (unit_id, room_id));
    CREATE TABLE room_key (id INTEGER PRIMARY KEY, room_id INTEGER NOT NULL REFERENCES room (id));";

/// Two firms. The first has units 1 above 2 above 3, each with two jobs and a badge for each job; the second has unit 4.
const ROWS: &str = "
    INSERT INTO firm VALUES (1), (2);
    INSERT INTO unit VALUES (1, 1, NULL, 1), (2, 1, 1, 1), (3, 1, 2, 2), (4, 2, NULL, 2);
    INSERT INTO room VALUES (1, 1), (2, 3), (3, NULL);
    INSERT INTO unit_rooms VALUES (1, 1, 1), (2, 4, 1), (3, 4, 3);
    INSERT INTO job VALUES (1, 1, 1, NULL), (2, 1, NULL, 1), (3, 2, NULL, NULL), (4, 2, NULL, 1), (5, 3, 2, NULL),
        (6, 3, NULL, NULL), (7, 4, 3, NULL), (8, 4, NULL, 6);
    INSERT INTO badge SELECT 'b' || id, id FROM job;";

fn company(more: &str) -> Database {
    let db = Database::in_memory().unwrap();
    db.raw(|connection| connection.execute_batch(&format!("{TABLES}{ROWS}{more}"))).unwrap();
    db
}

fn counts(deleted: &Deleted) -> BTreeMap<&str, u64> {
    deleted.per_model.iter().map(|(model, rows)| (model.as_str(), *rows)).collect()
}

fn is_whole(db: &Database) -> bool {
    db.raw(|connection| connection.prepare("PRAGMA foreign_key_check")?.exists([]).map(|broken| !broken)).unwrap()
}

#[test]
fn a_deep_cascade_with_a_tree_in_it_goes_level_by_level() -> Result<()> {
    let db = company("");
    let unit = Unit::objects().find(&db, 1)?;
    let (deleted, log) = db.capture(|db| unit.delete(db));
    let deleted = deleted?;
    let expected = [("Badge", 6), ("Job", 6), ("Room", 2), ("Unit", 3), ("unit_rooms", 2)];
    assert_eq!((deleted.total, counts(&deleted)), (19, BTreeMap::from(expected)), "{log}");
    // Statements for each level and relation, and never for a row.
    assert!(log.len() <= 19, "{log}");
    assert_eq!(
        Job::objects().order_by(|j| j.id()).values_list(|j| (j.id(), j.deputy())).all(&db)?,
        [(7, None), (8, None)]
    );
    assert!(is_whole(&db));
    Ok(())
}

#[test]
fn statements_do_not_grow_with_the_rows() -> Result<()> {
    let many = "
        INSERT INTO unit WITH RECURSIVE n (i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 2004)
            SELECT i, 2, NULL, 2 FROM n;
        INSERT INTO job SELECT id * 10, id, NULL, NULL FROM unit WHERE id > 4;
        INSERT INTO badge SELECT 'c' || id, id FROM job WHERE id > 10;";
    let of = |db: &Database, id: i64| -> Result<(u64, usize)> {
        let firm = Firm::objects().find(db, id)?;
        let (deleted, log) = db.capture(|db| firm.delete(db));
        Ok((deleted?.total, log.len()))
    };
    let (small, large) =
        (company("UPDATE unit SET owner_id = 1"), company(&format!("{many} UPDATE unit SET owner_id = 1")));
    let (one, other) = (of(&small, 2)?, of(&large, 2)?);
    assert_eq!(other.0, one.0 + 6000);
    assert_eq!(one.1, other.1);
    assert!(is_whole(&large));
    Ok(())
}

#[test]
fn a_foreign_key_becomes_null_or_its_default_and_the_row_stays() -> Result<()> {
    let db = company("");
    let job = Job::objects().find(&db, 1)?;
    // Its badge by its key, who deputises, and the job itself.
    let deleted = assert_num_queries!(db, 3, { job.delete(&db)? });
    assert_eq!(counts(&deleted), BTreeMap::from([("Badge", 1), ("Job", 1)]));
    assert_eq!(Job::objects().filter(|j| j.deputy().is_null()).count(&db)?, 6);
    let deleted = Firm::objects().filter(|f| f.id().eq(2)).delete(&db)?;
    assert_eq!(counts(&deleted)["Unit"], 1);
    assert_eq!(Unit::objects().order_by(|u| u.id()).values_list(|u| u.owner().key()).all(&db)?, [1, 1, 1]);
    assert!(is_whole(&db));
    Ok(())
}

#[test]
fn what_protects_is_named_however_deep_and_nothing_is_deleted() -> Result<()> {
    let db = company("INSERT INTO room_key VALUES (1, 2);");
    let error = Firm::objects().filter(|f| f.id().eq(1)).delete(&db).unwrap_err();
    assert!(matches!(&error, Error::Protected { model: "Firm", by } if *by == ["RoomKey.room"]), "{error:?}");
    assert!(error.is_constraint());
    let room = Room::objects().find(&db, 2)?;
    let error = assert_num_queries!(db, 1, { room.delete(&db).unwrap_err() });
    assert!(matches!(&error, Error::Protected { model: "Room", .. }), "{error:?}");
    assert_eq!((Firm::objects().count(&db)?, Job::objects().count(&db)?, Badge::objects().count(&db)?), (2, 8, 8));
    Ok(())
}

#[test]
fn what_restricts_may_go_with_what_it_points_at_and_may_not_stay() -> Result<()> {
    let db = company("");
    let error = Room::objects().filter(|r| r.id().le(2)).delete(&db).unwrap_err();
    assert!(matches!(&error, Error::Restricted { model: "Room", by } if *by == ["Job.room"]), "{error:?}");
    assert!(error.to_string().contains("Job.room"), "{error}");
    assert_eq!(Room::objects().count(&db)?, 3);
    // Unit 3 takes its room along, and the job that restricts the room.
    let deleted = Unit::objects().filter(|u| u.id().eq(3)).delete(&db)?;
    assert_eq!(counts(&deleted), BTreeMap::from([("Badge", 2), ("Job", 2), ("Room", 1), ("Unit", 1)]));
    assert!(is_whole(&db));
    Ok(())
}

#[test]
fn a_circle_of_units_goes_as_a_whole() -> Result<()> {
    let db = company("UPDATE unit SET above_id = 3 WHERE id = 1;");
    let deleted = Unit::objects().filter(|u| u.id().eq(2)).delete(&db)?;
    assert_eq!(counts(&deleted)["Unit"], 3);
    // Room points at unit and unit_rooms at both: models in a circle too.
    let deleted = Unit::objects().delete(&db)?;
    assert_eq!(counts(&deleted)["Unit"], 1);
    assert!(is_whole(&db));
    Ok(())
}

#[test]
fn a_delete_within_a_transaction_is_undone_alone_when_it_is_refused() -> Result<()> {
    let db = company("INSERT INTO room_key VALUES (1, 3);");
    db.transaction(|tx| {
        assert_eq!(Unit::objects().filter(|u| u.id().eq(3)).delete(tx)?.total, 6);
        assert!(matches!(Room::objects().delete(tx), Err(Error::Protected { .. })));
        assert_eq!((Room::objects().count(tx)?, Unit::objects().count(tx)?), (2, 3));
        Ok(())
    })?;
    assert_eq!(Unit::objects().count(&db)?, 3);
    Ok(())
}

#[test]
fn a_model_that_nothing_leads_to_is_minded_once_the_database_is_told_of_it() -> Result<()> {
    let more = "CREATE TABLE stranger (id INTEGER PRIMARY KEY, firm_id INTEGER NOT NULL REFERENCES firm (id));
        DELETE FROM badge; DELETE FROM job; DELETE FROM unit_rooms; DELETE FROM room; DELETE FROM unit;
        INSERT INTO stranger VALUES (1, 1), (2, 1);";
    let db = company(more);
    // Nobody knows its model, but its table says what holds.
    let error = Firm::objects().delete(&db).unwrap_err();
    assert!(matches!(&error, Error::Protected { model: "Firm", by } if *by == ["stranger.firm_id"]), "{error:?}");
    db.register(models![Stranger]);
    let deleted = Firm::objects().delete(&db)?;
    assert_eq!(counts(&deleted), BTreeMap::from([("Firm", 2), ("Stranger", 2)]));
    Ok(())
}

#[test]
fn tables_that_cascade_by_themselves_need_one_statement_until_the_schema_says_otherwise() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Firm, Unit, Job, Badge, Room, RoomKey, Stranger])?;
    let firms = Firm::objects().bulk_create((0..4).map(|_| Firm::create())).run(&db)?;
    let fill = |db: &Database, firm: &Firm| -> Result<()> {
        let unit = Unit::create().firm(firm).save(db)?;
        let below = Unit::create().firm(firm).above(&unit).save(db)?;
        Job::create().unit(&below).save(db)?;
        Stranger::create().firm(firm).save(db)?;
        Ok(())
    };
    fill(&db, &firms[1])?;
    fill(&db, &firms[2])?;
    let deleted = assert_num_queries!(db, 1, { firms[1].clone().delete(&db)? });
    assert_eq!(counts(&deleted), BTreeMap::from([("Firm", 1), ("Job", 1), ("Stranger", 1), ("Unit", 2)]));
    // Somebody makes a table anew, without ON DELETE.
    db.raw(|connection| {
        connection.execute_batch(
            "CREATE TABLE other (id INTEGER PRIMARY KEY, firm_id INTEGER NOT NULL REFERENCES firm (id)) STRICT;
             INSERT INTO other SELECT * FROM stranger; DROP TABLE stranger; ALTER TABLE other RENAME TO stranger;",
        )
    })?;
    let deleted = firms[2].clone().delete(&db)?;
    assert_eq!(counts(&deleted), BTreeMap::from([("Firm", 1), ("Job", 1), ("Stranger", 1), ("Unit", 2)]));
    assert!(is_whole(&db));
    Ok(())
}

#[test]
fn a_schema_that_is_rolled_back_is_forgotten() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Firm, Stranger])?;
    let firm = Firm::create().save(&db)?;
    Stranger::create().firm(&firm).save(&db)?;
    let undone = db.transaction(|tx| {
        for sql in ["DROP TABLE stranger", "CREATE TABLE stranger (id INTEGER PRIMARY KEY, firm_id INTEGER)"] {
            raw::<()>(sql, ()).execute(tx)?;
        }
        assert_eq!(Firm::objects().delete(tx)?.total, 1);
        Err::<(), _>(Error::Busy)
    });
    assert!(undone.is_err());
    let deleted = assert_num_queries!(db, 1, { Firm::objects().delete(&db)? });
    assert_eq!(counts(&deleted), BTreeMap::from([("Firm", 1), ("Stranger", 1)]));
    Ok(())
}

/// Trees in which a row protects others that go with it, and chains of any length.
mod trees {
    use eager_orm::prelude::*;

    #[derive(Model, Debug, Clone)]
    pub struct Top {
        pub id: i64,
        pub mids: HasMany<Mid>,
        pub bots: HasMany<Bot>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Mid {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub top: ForeignKey<Top>,
        pub bots: HasMany<Bot>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Bot {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub top: ForeignKey<Top>,
        pub mid: ForeignKey<Mid>,
    }

    /// Its foreign key protects, as one of which nothing is said.
    #[derive(Model, Debug, Clone)]
    pub struct Page {
        pub id: i64,
        pub up: Option<ForeignKey<Page>>,
        #[relation(via = "up")]
        pub below: HasMany<Page>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Node {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub parent: Option<ForeignKey<Node>>,
        #[relation(on_delete = Cascade)]
        pub root: ForeignKey<Node>,
        #[relation(via = "parent")]
        pub children: HasMany<Node>,
        #[field(counter_of = children)]
        pub child_count: i64,
        pub leaves: HasMany<Leaf>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Leaf {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub node: ForeignKey<Node>,
    }

    /// A chain, and nothing else: SQLite leaves it half deleted where it is too long.
    #[derive(Model, Debug, Clone)]
    pub struct Bead {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub on: Option<ForeignKey<Bead>>,
    }

    /// What it leaves goes to the first of its kind.
    #[derive(Model, Debug, Clone)]
    pub struct Owner {
        pub id: i64,
        #[relation(via = "owner")]
        pub things: HasMany<Thing>,
        #[relation(via = "user")]
        pub used: HasMany<Thing>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Thing {
        pub id: i64,
        #[field(default = 1)]
        #[relation(on_delete = SetDefault)]
        pub owner: ForeignKey<Owner>,
        #[field(default = heir())]
        #[relation(on_delete = SetDefault)]
        pub user: Option<ForeignKey<Owner>>,
    }

    /// Those that are left go onto the first, one pile by a default of the table and one by the program's.
    #[derive(Model, Debug, Clone)]
    pub struct Brick {
        pub id: i64,
        #[field(default = 1)]
        #[relation(on_delete = SetDefault)]
        pub on: Option<ForeignKey<Brick>>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Stone {
        pub id: i64,
        #[field(default = heir())]
        #[relation(on_delete = SetDefault)]
        pub on: Option<ForeignKey<Stone>>,
    }

    /// A default that only the program knows.
    pub fn heir() -> i64 {
        3
    }
}

/// The tables of the trees: as the models say, and as somebody else made them.
fn trees(of_others: bool) -> Database {
    use trees::*;
    const TABLES: &str = "
        CREATE TABLE top (id INTEGER PRIMARY KEY);
        CREATE TABLE mid (id INTEGER PRIMARY KEY, top_id INTEGER NOT NULL REFERENCES top (id));
        CREATE TABLE bot (id INTEGER PRIMARY KEY, top_id INTEGER NOT NULL REFERENCES top (id),
            mid_id INTEGER NOT NULL REFERENCES mid (id));
        CREATE TABLE page (id INTEGER PRIMARY KEY, up_id INTEGER REFERENCES page (id));
        CREATE TABLE node (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES node (id),
            root_id INTEGER NOT NULL REFERENCES node (id), child_count INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE leaf (id INTEGER PRIMARY KEY, node_id INTEGER NOT NULL REFERENCES node (id));
        CREATE TABLE owner (id INTEGER PRIMARY KEY);
        CREATE TABLE thing (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL DEFAULT 1 REFERENCES owner (id),
            user_id INTEGER REFERENCES owner (id));
        CREATE TABLE brick (id INTEGER PRIMARY KEY, on_id INTEGER DEFAULT 1 REFERENCES brick (id));
        CREATE TABLE stone (id INTEGER PRIMARY KEY, on_id INTEGER REFERENCES stone (id));";
    let db = Database::in_memory().unwrap();
    if of_others {
        db.raw(|connection| connection.execute_batch(TABLES)).unwrap();
        db.register(models![Top, Mid, Bot, Page, Node, Leaf, Owner, Thing, Brick, Stone]);
    } else {
        db.create_tables(models![Top, Mid, Bot, Page, Node, Leaf, Owner, Thing, Brick, Stone]).unwrap();
    }
    db
}

#[test]
fn a_row_that_protects_refuses_also_where_it_would_go_too_whoever_made_the_tables() -> Result<()> {
    use trees::*;
    for of_others in [false, true] {
        let db = trees(of_others);
        let top = Top::create().save(&db)?;
        let mid = Mid::create().top(&top).save(&db)?;
        let bot = Bot::create().top(&top).mid(&mid).save(&db)?;
        let error = top.clone().delete(&db).unwrap_err();
        assert!(matches!(&error, Error::Protected { model: "Top", by } if *by == ["Bot.mid"]), "{error:?}");
        assert_eq!(Bot::objects().count(&db)?, 1);
        bot.delete(&db)?;
        assert_eq!(top.delete(&db)?.total, 2);
        // Whichever of the two has the smaller key.
        for (parent, child) in [(1, 2), (4, 3)] {
            Page::create().id(parent).save(&db)?;
            Page::create().id(child).up(parent).save(&db)?;
            let error = Page::objects().delete(&db).unwrap_err();
            assert!(matches!(&error, Error::Protected { by, .. } if *by == ["Page.up"]), "{error:?}");
            assert_eq!(Page::objects().find(&db, child)?.delete(&db)?.total, 1);
            assert_eq!(Page::objects().delete(&db)?.total, 1);
        }
        let mut own = Page::create().save(&db)?;
        own.up = Some(ForeignKey::from(&own));
        own.save(&db)?;
        assert!(matches!(own.delete(&db), Err(Error::Protected { .. })));
    }
    Ok(())
}

#[test]
fn a_chain_of_any_length_goes_with_its_beginning_or_as_a_whole() -> Result<()> {
    use trees::*;
    const LENGTH: i64 = 1_200;
    for of_others in [false, true] {
        let db = trees(of_others);
        let fill = |db: &Database| -> Result<()> {
            let nodes = (1..=LENGTH).map(|id| Node::create().id(id).parent((id > 1).then(|| id - 1)).root(1));
            Node::objects().bulk_create(nodes).run(db)?;
            Leaf::objects().bulk_create([1, LENGTH].map(|node| Leaf::create().node(node))).run(db).map(drop)
        };
        fill(&db)?;
        let deleted = Node::objects().filter(|n| n.id().eq(1)).delete(&db)?;
        assert_eq!(counts(&deleted), BTreeMap::from([("Leaf", 2), ("Node", LENGTH as u64)]), "{of_others}");
        fill(&db)?;
        let deleted = Node::objects().delete(&db)?;
        assert_eq!(counts(&deleted), BTreeMap::from([("Leaf", 2), ("Node", LENGTH as u64)]), "{of_others}");
        fill(&db)?;
        // A part of it, within a transaction that does something besides.
        db.transaction(|tx| {
            let end = Node::objects().find(tx, LENGTH)?;
            end.delete(tx)?;
            assert_eq!(Node::objects().find(tx, 101)?.delete(tx)?.total, 1_099);
            Ok(())
        })?;
        assert_eq!((Node::objects().count(&db)?, Leaf::objects().count(&db)?), (100, 1));
        assert!(is_whole(&db));
        if !of_others {
            assert_eq!(Node::recount(&db)?, 0);
        }
    }
    Ok(())
}

#[test]
fn a_chain_within_a_transaction_goes_as_a_whole_or_not_at_all() -> Result<()> {
    use trees::Bead;
    let db = Database::in_memory()?;
    db.create_tables(models![Bead])?;
    let beads = (1..=2_500_i64).map(|id| Bead::create().id(id).on((id > 1).then(|| id - 1)));
    Bead::objects().bulk_create(beads).run(&db)?;
    db.transaction(|tx| {
        // One that is short goes by one statement.
        let short = Bead::objects().find(tx, 2_401)?;
        assert_eq!(assert_num_queries!(tx.database(), 1, { short.delete(tx)? }).total, 100);
        assert_eq!(Bead::objects().find(tx, 1_201)?.delete(tx)?.total, 1_200);
        assert_eq!(Bead::objects().count(tx)?, 1_200);
        assert_eq!(Bead::objects().filter(|b| b.id().eq(1)).delete(tx)?.total, 1_200);
        Err::<(), _>(Error::Busy)
    })
    .unwrap_err();
    assert_eq!(Bead::objects().count(&db)?, 2_500);
    let (deleted, log) = db.capture(|db| Bead::objects().delete(db));
    assert_eq!(deleted?.total, 2_500);
    // The statement that goes too deep, the keys, who points at them (none that is not among them), and two writes.
    assert!(log.len() <= 6, "{log}");
    assert!(is_whole(&db));
    Ok(())
}

#[test]
fn a_default_that_only_the_program_knows_is_set_too() -> Result<()> {
    use trees::*;
    for of_others in [false, true] {
        let db = trees(of_others);
        Owner::objects().bulk_create((0..4).map(|_| Owner::create())).run(&db)?;
        Thing::create().user(2).save(&db)?;
        assert_eq!(Owner::objects().find(&db, 2)?.delete(&db)?.total, 1);
        assert_eq!(Thing::objects().get(&db)?.user.map(|user| *user.key()), Some(3));
        let error = Owner::objects().find(&db, 3)?.delete(&db).unwrap_err();
        assert!(
            matches!(&error, Error::ForeignKey { relation: Some("user"), key: Some(key), .. } if key == "3"),
            "{error:?}"
        );
    }
    Ok(())
}

#[test]
fn names_in_other_letters_than_the_models_are_the_same_names() -> Result<()> {
    use trees::*;
    let db = Database::in_memory()?;
    let tables = "CREATE TABLE Owner (ID INTEGER PRIMARY KEY);
        CREATE TABLE THING (Id INTEGER PRIMARY KEY, Owner_Id INTEGER NOT NULL UNIQUE DEFAULT 1 REFERENCES owner (id),
            User_ID INTEGER REFERENCES OWNER (id));";
    db.raw(|connection| connection.execute_batch(tables))?;
    db.register(models![Owner, Thing]);
    Owner::objects().bulk_create((0..4).map(|_| Owner::create())).run(&db)?;
    Thing::create().owner(1).user(None::<i64>).save(&db)?;
    let error = Thing::create().owner(1).user(None::<i64>).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Thing", fields } if *fields == ["owner"]), "{error:?}");
    let deleted = Thing::objects().delete(&db)?;
    assert_eq!(deleted.per_model, [("Thing".to_owned(), 1)]);
    assert_eq!(Owner::objects().find(&db, 4)?.delete(&db)?.per_model, [("Owner".to_owned(), 1)]);
    assert_eq!(Owner::objects().delete(&db)?.total, 3);
    Ok(())
}

#[test]
fn a_default_that_goes_itself_is_named() -> Result<()> {
    use trees::*;
    for of_others in [false, true] {
        let db = trees(of_others);
        let owners = Owner::objects().bulk_create([(), (), ()].map(|()| Owner::create())).run(&db)?;
        Thing::objects()
            .bulk_create(owners.iter().map(|owner| Thing::create().owner(owner).user(None::<i64>)))
            .run(&db)?;
        assert_eq!(Owner::objects().find(&db, 2)?.delete(&db)?.total, 1);
        let named = |error: &Error| matches!(error, Error::ForeignKey { model: "Thing", relation: Some("owner"), key: Some(key) } if key == "1");
        let error = Owner::objects().find(&db, 1)?.delete(&db).unwrap_err();
        assert!(named(&error), "{error:?}");
        let error = Owner::objects().delete(&db).unwrap_err();
        assert!(named(&error), "{error:?}");
        // One that is not there any more.
        Thing::objects().filter(|t| t.owner().eq(1)).delete(&db)?;
        Owner::objects().find(&db, 1)?.delete(&db)?;
        let error = Owner::objects().find(&db, 3)?.delete(&db).unwrap_err();
        assert!(named(&error), "{error:?}");
        assert_eq!((Owner::objects().count(&db)?, Thing::objects().count(&db)?), (1, 1));
    }
    Ok(())
}

#[test]
fn rows_that_go_themselves_need_no_default_that_is_there() -> Result<()> {
    use trees::*;
    for of_others in [false, true] {
        let db = trees(of_others);
        // Of the bricks the first goes, of the stones the third: what stays would be put onto it.
        let bricks = [(1, None), (2, Some(1)), (3, Some(2))].map(|(id, on)| Brick::create().id(id).on(on));
        Brick::objects().bulk_create(bricks).run(&db)?;
        let stones = [(1, None), (2, Some(1)), (3, Some(3))].map(|(id, on)| Stone::create().id(id).on(on));
        Stone::objects().bulk_create(stones).run(&db)?;
        let error = Brick::objects().filter(|b| b.id().lt(3)).delete(&db);
        assert_eq!(
            error.map(|deleted| deleted.total).map_err(|error| error.to_string()),
            Err("`Brick`: `on` points at 1, and there is no such row".to_owned())
        );
        let error = Stone::objects().filter(|s| s.id().eq(3) | s.id().eq(1)).delete(&db).unwrap_err();
        assert!(
            matches!(&error, Error::ForeignKey { relation: Some("on"), key: Some(key), .. } if key == "3"),
            "{error:?}"
        );
        assert_eq!(Stone::objects().filter(|s| s.id().eq(1)).delete(&db)?.total, 1);
        assert_eq!(Stone::objects().find(&db, 2)?.on.map(|on| *on.key()), Some(3));
        assert_eq!((Brick::objects().delete(&db)?.total, Stone::objects().delete(&db)?.total), (3, 2));
        assert!(is_whole(&db));
    }
    Ok(())
}

/// Two models in a circle, and others that point into it and that nobody minds.
mod circle {
    use eager_orm::prelude::*;

    #[derive(Model, Debug, Clone)]
    pub struct Left {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub right: Option<ForeignKey<Right>>,
        pub rights: HasMany<Right>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Right {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub left: Option<ForeignKey<Left>>,
        #[relation(via = "right")]
        pub lefts: HasMany<Left>,
        pub given: HasMany<Given>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Given {
        pub id: i64,
        #[relation(on_delete = SetDefault)]
        #[field(default = 1)]
        pub right: Option<ForeignKey<Right>>,
    }
}

#[test]
fn what_still_points_into_a_circle_that_goes_refuses_its_delete() -> Result<()> {
    use circle::*;
    const TABLES: &str = "
        CREATE TABLE \"left\" (id INTEGER PRIMARY KEY, right_id INTEGER REFERENCES \"right\" (id));
        CREATE TABLE \"right\" (id INTEGER PRIMARY KEY, left_id INTEGER REFERENCES \"left\" (id));
        CREATE TABLE given (id INTEGER PRIMARY KEY, right_id INTEGER DEFAULT 1 REFERENCES \"right\" (id));
        CREATE TABLE other (id INTEGER PRIMARY KEY, right_id INTEGER REFERENCES \"right\" (id),
            late_id INTEGER REFERENCES \"left\" (id) DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO \"left\" VALUES (1, NULL); INSERT INTO \"right\" VALUES (1, 1);
        UPDATE \"left\" SET right_id = 1;";
    let made = |more: &str| -> Database {
        let db = Database::in_memory().unwrap();
        db.raw(|connection| connection.execute_batch(&format!("{TABLES}{more}"))).unwrap();
        db.register(models![Left, Right, Given]);
        db
    };
    let left = |db: &dyn Executor| Left::objects().find(db, 1).unwrap().delete(db);
    let db = made("");
    assert_eq!(left(&db)?.total, 2);
    assert!(is_whole(&db));
    let db = made("INSERT INTO other VALUES (1, 1, NULL);");
    let error = left(&db).unwrap_err();
    assert!(matches!(&error, Error::Protected { by, .. } if *by == ["other.right_id"]), "{error:?}");
    assert!(is_whole(&db) && Left::objects().count(&db)? == 1);
    let db = made("INSERT INTO given VALUES (1, 1);");
    let error = left(&db).unwrap_err();
    assert!(matches!(&error, Error::ForeignKey { model: "Given", relation: Some("right"), .. }), "{error:?}");
    assert!(is_whole(&db) && Left::objects().count(&db)? == 1);
    // One that waits by itself is asked at the end of the transaction, and within one that has waited before.
    let db = made("");
    let late = db.transaction(|tx| {
        raw::<()>("INSERT INTO other VALUES (1, NULL, 77)", ()).execute(tx)?;
        assert_eq!(left(tx)?.total, 2);
        raw::<()>("UPDATE other SET late_id = NULL", ()).execute(tx).map(drop)
    });
    late?;
    assert!(is_whole(&db));
    let db = made("INSERT INTO other VALUES (1, 1, NULL);");
    let late = db.transaction(|tx| {
        raw::<()>("INSERT INTO other VALUES (2, NULL, 77)", ()).execute(tx)?;
        left(tx)?;
        raw::<()>("UPDATE other SET late_id = NULL", ()).execute(tx).map(drop)
    });
    assert!(matches!(late, Err(Error::ForeignKey { .. })), "{late:?}");
    assert!(is_whole(&db) && Left::objects().count(&db)? == 1);
    Ok(())
}
