//! Loading where it is hardest: keys of every kind, keys that lead nowhere, rows of two databases, panics on the way,
//! parts of one row, writes in between, and many levels.

use std::collections::BTreeMap;

use eager_orm::{Error, PrefetchSet, Result};

use crate::support::*;
use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
pub struct Node {
    pub id: i64,
    pub rank: i32,
    pub before: Option<ForeignKey<Node>>,
    pub twin: Option<ForeignKey<Node>>,
    #[relation(via = "before")]
    pub after: HasMany<Node>,
    #[relation(via = "twin")]
    pub twins: HasMany<Node>,
    pub links: ManyToMany<Node>,
    #[relation(via = "links")]
    pub linked: ManyToMany<Node>,
    pub some: Prefetched<Node>,
}

/// Keys around every bound that an integer can have.
const KEYS: [i64; 12] = [
    i64::MIN,
    i32::MIN as i64,
    -1,
    0,
    1,
    2,
    i32::MAX as i64,
    u32::MAX as i64 - 1,
    u32::MAX as i64,
    u32::MAX as i64 + 1,
    i64::MAX - 1,
    i64::MAX,
];

/// A node for each key, each after another and the twin of a third; some are after nobody.
fn nodes(db: &Database, random: &mut Random) -> Result<BTreeMap<i64, (Option<i64>, Option<i64>)>> {
    db.create_tables(models![Node])?;
    let pick = |random: &mut Random| (random.below(4) > 0).then(|| random.pick(&KEYS));
    let expected: BTreeMap<_, _> = KEYS.iter().map(|key| (*key, (pick(random), pick(random)))).collect();
    db.transaction(|tx| {
        for key in KEYS {
            Node::create().id(key).rank(random.below(1000) as i32).save(tx)?;
        }
        for (key, (before, twin)) in &expected {
            let node = Node::objects().filter(|n| n.id().eq(*key));
            node.update(tx, |n| (n.before().set(*before), n.twin().set(*twin)))?;
            let mut node = Node::objects().find(tx, *key)?;
            node.links.add(tx, before.iter().chain(twin).copied())?;
        }
        Ok(())
    })?;
    Ok(expected)
}

fn keys(nodes: &[Node]) -> Vec<i64> {
    let mut keys: Vec<i64> = nodes.iter().map(|node| node.id).collect();
    keys.sort();
    keys
}

#[test]
fn keys_at_every_bound_find_their_rows_in_every_order() -> Result<()> {
    let mut random = Random::new(5);
    for turn in 0..30 {
        let db = Database::in_memory()?;
        let expected = nodes(&db, &mut random)?;
        let pointing = |at: &dyn Fn(&(Option<i64>, Option<i64>)) -> bool| -> Vec<i64> {
            expected.iter().filter(|(_, node)| at(node)).map(|(key, _)| *key).collect()
        };
        let query = match turn % 3 {
            0 => Node::objects().order_by(|n| n.id()),
            1 => Node::objects().order_by(|n| n.id().desc()),
            _ => Node::objects().order_by(|n| n.rank()),
        };
        let query = match turn % 5 {
            0 => query,
            1 => query.select_related(|n| (n.before(), n.twin().before())),
            2 => query.prefetch_related(|n| (n.before().twins(), n.after(), n.links())),
            3 => query.prefetch_related(|n| (n.twin(), n.after().order_by(|n| n.rank()), n.linked())),
            _ => query.fetch_mode(FetchMode::One),
        };
        for node in query.all(&db)? {
            let (before, twin) = expected[&node.id];
            assert_eq!((node.before.key().copied(), node.twin.key().copied()), (before, twin));
            assert_eq!(node.before.get(&db)?.map(|node| node.id), before, "before {}", node.id);
            assert_eq!(node.twin.get(&db)?.map(|node| node.id), twin, "twin of {}", node.id);
            assert_eq!(keys(node.after.all(&db)?), pointing(&|other| other.0 == Some(node.id)), "after {}", node.id);
            assert_eq!(keys(node.twins.all(&db)?), pointing(&|other| other.1 == Some(node.id)), "twins {}", node.id);
            let mut links: Vec<i64> = before.into_iter().chain(twin).collect();
            links.sort();
            links.dedup();
            assert_eq!(keys(node.links.all(&db)?), links);
            let linked = pointing(&|other| other.0 == Some(node.id) || other.1 == Some(node.id));
            assert_eq!(keys(node.linked.all(&db)?), linked);
            for twin in node.twins.all(&db)? {
                assert_eq!(twin.before.get(&db)?.map(|node| node.id), expected[&twin.id].0);
            }
        }
    }
    Ok(())
}

#[derive(Model, Debug, Clone)]
pub struct Shelf {
    #[field(primary_key)]
    pub code: String,
    pub boxes: HasMany<Crate>,
    pub few: Prefetched<Crate>,
}

#[derive(Model, Debug, Clone)]
#[model(table = "box")]
pub struct Crate {
    #[field(primary_key)]
    pub code: String,
    pub shelf: Option<ForeignKey<Shelf>>,
    pub size: i32,
}

#[test]
fn text_keys_may_be_anything() -> Result<()> {
    let codes = ["", "a\0b", "a", "\u{e9}", "e\u{301}", "'; DROP TABLE box; --", "A", " ", "\u{10FFFF}", "0", "00"];
    let db = Database::in_memory()?;
    db.create_tables(models![Shelf, Crate])?;
    Shelf::objects().bulk_create(codes.map(|code| Shelf::create().code(code))).run(&db)?;
    let of = |i: usize| (!i.is_multiple_of(3)).then(|| codes[i * 7 % codes.len()]);
    let new = |i: usize| Crate::create().code(format!("{}{i}", codes[i % codes.len()])).shelf(of(i)).size(i as i32);
    Crate::objects().bulk_create((0..40).map(new)).run(&db)?;
    for eager in [false, true] {
        let boxes = Crate::objects().order_by(|b| b.size());
        let boxes = if eager { boxes.prefetch_related(|b| b.shelf()) } else { boxes };
        assert_num_queries!(db, 2, {
            for (i, one) in boxes.all(&db)?.iter().enumerate() {
                assert_eq!(one.shelf.get(&db)?.map(|shelf| shelf.code.as_str()), of(i));
            }
        });
        let shelves = Shelf::objects();
        let shelves = if eager { shelves.prefetch_related(|s| s.boxes().order_by(|b| b.size())) } else { shelves };
        assert_num_queries!(db, 2, {
            for shelf in shelves.all(&db)? {
                let mut sizes: Vec<i32> = shelf.boxes.all(&db)?.iter().map(|one| one.size).collect();
                sizes.sort();
                let expected: Vec<i32> = (0..40).filter(|i| of(*i) == Some(&*shelf.code)).map(|i| i as i32).collect();
                assert_eq!(sizes, expected, "{:?}", shelf.code);
            }
        });
        let few = |s: Fields<Shelf>| s.boxes().order_by(|b| b.size().desc()).limit(1).to(|s| s.few());
        for shelf in Shelf::objects().prefetch_related(few).all(&db)? {
            let last = (0..40).rev().find(|i| of(*i) == Some(&*shelf.code)).map(|i| i as i32);
            assert_eq!(shelf.few.get()?.first().map(|one| one.size), last);
        }
    }
    Ok(())
}

#[test]
fn keys_that_lead_nowhere_are_asked_for_once_and_the_others_are_loaded() -> Result<()> {
    let db = library();
    let loans = [1, 99, 2, -7, 1, 98].map(|book| Loan::create().days(1).book(book).user((book > 50).then_some(77)));
    Loan::objects().bulk_create(loans).run(&db)?;
    for mode in [FetchMode::Peers, FetchMode::One] {
        let loans = Loan::objects().fetch_mode(mode).order_by(|l| l.id()).all(&db)?;
        let seen = || {
            let book = |loan: &Loan| loan.book.get(&db).map(|book| book.id);
            loans.iter().map(book).collect::<Vec<_>>()
        };
        let first = assert_num_queries!(db, if mode == FetchMode::One { 6 } else { 1 }, { seen() });
        let again = assert_num_queries!(db, 0, { seen() });
        for seen in [first, again] {
            for (loan, seen) in loans.iter().zip(seen) {
                match (loan.book.key(), seen) {
                    (1 | 2, Ok(book)) => assert_eq!(book, *loan.book.key()),
                    (key, Err(Error::DoesNotExist { model: "Book", key: Some(named) })) => {
                        assert!(named.contains(&key.to_string()) && named.contains("Loan.book"), "{named}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(matches!(loans[1].user.get(&db), Err(Error::DoesNotExist { model: "User", .. })));
        assert!(matches!(loans[0].user.get(&db), Ok(None)));
    }
    Ok(())
}

#[test]
fn rows_of_two_databases_are_not_loaded_together() -> Result<()> {
    let (here, there) = (library(), library());
    let (mine, theirs) = (Book::objects().find(&here, 1)?, Book::objects().find(&there, 2)?);
    for rows in [[&mine, &theirs], [&theirs, &mine], [&theirs, &theirs]] {
        let refused = assert_num_queries!(here, 0, { prefetch_related_objects(&here, rows, |b| b.author()) });
        assert!(matches!(&refused, Err(Error::Misuse { what }) if what.contains("another database")), "{refused:?}");
    }
    assert!(mine.author.loaded().is_none() && theirs.author.loaded().is_none());
    Ok(())
}

#[test]
fn a_panic_on_the_way_leaves_rows_that_load() -> Result<()> {
    let (db, _folder) = empty_file();
    fill(&db);
    let books = Book::objects().order_by(|b| b.id()).all(&db)?;
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        Book::objects().prefetch_related(|b| b.tags()).for_each(&db, |book| {
            books[0].author.get(&db)?;
            assert_eq!(book.author.get(&db)?.id, 0, "a panic within a stream within its chunk");
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.transaction(|tx| {
            books[0].tags.all(tx)?;
            panic!("within a transaction that has loaded");
            #[allow(unreachable_code)]
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_num_queries!(db, 1, {
        for book in &books {
            assert_eq!(book.author.get(&db)?.id, *book.author.key());
            book.tags.all(&db)?;
            book.reviews.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn parts_of_one_row_are_one_by_one_and_say_the_same() -> Result<()> {
    let db = eager_orm::DatabaseBuilder::in_memory().peer_cap(0).open()?;
    create_tables(&db);
    fill(&db);
    let books = Book::objects().defer(|b| b.summary()).order_by(|b| b.id()).all(&db)?;
    assert_num_queries!(db, 4 * 4 + 3, {
        for book in &books {
            assert_eq!(book.author.get(&db)?.id, *book.author.key());
            assert_eq!(book.summary.get(&db)?, &format!("summary {}", book.id - 1));
            assert_eq!(book.publisher.get(&db)?.map(|p| p.id), book.publisher.key().copied());
            assert_eq!(book.reviews.all(&db)?.len() as i64, book.id - 1);
            book.tags.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn many_levels_are_a_statement_each_and_too_many_are_refused() -> Result<()> {
    const LEVELS: i64 = 128;
    fn below(n: Fields<Node>, levels: i64) -> impl PrefetchSet<Node> {
        match levels {
            1 => n.after().order_by(|n| n.id()),
            _ => n.after().prefetch_related(|n| below(n, levels - 1)),
        }
    }
    let db = Database::in_memory()?;
    db.create_tables(models![Node])?;
    let node = |i: i64| Node::create().id(i).rank(0).before((i > 1).then_some(i - 1));
    Node::objects().bulk_create((1..=LEVELS + 1).map(node)).run(&db)?;
    let query = Node::objects().filter(|n| n.before().is_null()).prefetch_related(|n| below(n, LEVELS));
    let first = assert_num_queries!(db, 1 + LEVELS as usize, { query.get(&db)? });
    let mut at = &first;
    for _ in 0..LEVELS {
        at = &at.after.loaded().unwrap()[0];
    }
    assert_eq!((at.id, at.after.is_unloaded()), (LEVELS + 1, true));
    let deeper = Node::objects().prefetch_related(|n| below(n, LEVELS + 1));
    let refused = assert_num_queries!(db, 0, { deeper.all(&db) });
    assert!(matches!(&refused, Err(Error::Misuse { what }) if what.contains("128 levels")), "{refused:?}");
    Ok(())
}

#[test]
fn a_changed_key_in_memory_changes_nothing_that_a_prefetch_loads() -> Result<()> {
    let db = library();
    let books = Book::objects().order_by(|b| b.id()).all(&db)?;
    let other =
        books.iter().find(|book| book.id != books[1].id && book.reviews.query().count(&db).is_ok_and(|n| n > 0));
    let mut copy = books[1].clone();
    copy.id = other.map_or(0, |book| book.id);
    prefetch_related_objects(&db, [&copy], |b| b.reviews())?;
    let stars =
        |book: &Book| Ok::<_, eager_orm::Error>(book.reviews.all(&db)?.iter().map(|r| r.id).collect::<Vec<_>>());
    let fresh = Book::objects().find(&db, books[1].id)?;
    assert_eq!(stars(&books[1])?, stars(&fresh)?);
    assert_eq!(stars(&copy)?, stars(&fresh)?);
    Ok(())
}

#[test]
fn a_row_that_cannot_be_read_is_refused_for_those_that_ask_for_it() -> Result<()> {
    let db = library();
    let spoil = "CREATE TABLE other (id INTEGER PRIMARY KEY, name);";
    #[derive(Model)]
    #[model(table = "other")]
    pub struct Other {
        pub id: i64,
        pub name: String,
    }
    #[derive(Model)]
    #[model(table = "mention")]
    pub struct Mention {
        pub id: i64,
        pub other: ForeignKey<Other>,
    }
    db.register(models![Other, Mention]);
    let rows = "CREATE TABLE mention (id INTEGER PRIMARY KEY, other_id INTEGER NOT NULL REFERENCES other);
        INSERT INTO other (id, name) VALUES (1, 'one'), (2, 2), (3, 'three'), (4, 'four');
        INSERT INTO mention (other_id) VALUES (1), (2), (3), (4);";
    db.raw(|c| c.execute_batch(&format!("{spoil}{rows}")))?;
    let mentions = Mention::objects().all(&db)?;
    let names = |mention: &Mention| mention.other.get(&db).map(|other| other.name.clone()).ok();
    // One batch for those that can be read; the other asks once more, to be told what is wrong with its own.
    assert_num_queries!(db, 3, {
        let names: Vec<_> = mentions.iter().map(names).collect();
        assert_eq!(
            names.iter().map(Option::as_deref).collect::<Vec<_>>(),
            [Some("one"), None, Some("three"), Some("four")]
        );
    });
    assert!(matches!(mentions[1].other.get(&db), Err(eager_orm::Error::Decode { model: "Other", .. })));
    Ok(())
}

#[test]
fn one_row_that_cannot_be_read_makes_no_loop_of_statements() -> Result<()> {
    #[derive(Model)]
    #[model(table = "writer")]
    pub struct Writer {
        pub id: i64,
        pub texts: HasMany<Text>,
    }
    #[derive(Model)]
    #[model(table = "text")]
    pub struct Text {
        pub id: i64,
        pub writer: ForeignKey<Writer>,
        pub length: i32,
        pub note: Deferred<String>,
    }
    let db = Database::in_memory()?;
    db.raw(|c| {
        c.execute_batch(
            "CREATE TABLE writer (id INTEGER PRIMARY KEY);
            CREATE TABLE text (id INTEGER PRIMARY KEY, writer_id INTEGER NOT NULL REFERENCES writer, length, note);
            WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) INSERT INTO writer SELECT n FROM n;
            INSERT INTO text SELECT w.id * 10 + n.value, w.id, n.value, 'note' FROM writer AS w, json_each('[0, 1, 2]') AS n;
            UPDATE text SET length = 'long' WHERE id IN (71, 512); UPDATE text SET note = 5 WHERE id = 80",
        )
    })?;
    let writers = Writer::objects().filter(|w| w.id().gt(0)).all(&db)?;
    // Of three writers nothing is known: each asks with the others, and then for itself.
    assert_max_queries!(db, 7, {
        for writer in &writers {
            let (texts, is_spoilt) = (writer.texts.all(&db), [7, 8, 51].contains(&writer.id));
            assert!(texts.as_ref().map_or(is_spoilt, |texts| texts.len() == 3 && !is_spoilt), "{}", writer.id);
        }
    });
    let texts = Text::objects().defer(|t| t.note()).filter(|t| t.id().ne(71) & t.id().ne(512)).all(&db)?;
    assert_max_queries!(db, 3, {
        for text in &texts {
            assert_eq!(text.note.get(&db).is_ok(), text.id != 80);
        }
    });
    Ok(())
}

#[test]
fn a_key_that_a_collation_finds_is_found_in_every_way() -> Result<()> {
    #[derive(Model)]
    #[model(table = "land")]
    pub struct Land {
        #[field(primary_key)]
        pub code: String,
    }
    #[derive(Model)]
    #[model(table = "town")]
    pub struct Town {
        pub id: i64,
        pub land: ForeignKey<Land>,
    }
    let db = eager_orm::DatabaseBuilder::in_memory().open()?;
    db.register(models![Land, Town]);
    let tables = "CREATE TABLE land (code TEXT PRIMARY KEY COLLATE NOCASE);
        CREATE TABLE town (id INTEGER PRIMARY KEY, land_id TEXT NOT NULL REFERENCES land);
        INSERT INTO land VALUES ('DE'), ('FR'); INSERT INTO town VALUES (1, 'de'), (2, 'FR'), (3, 'DE'), (4, 'De')";
    db.raw(|c| c.execute_batch(tables))?;
    for towns in [
        Town::objects().all(&db)?,
        Town::objects().fetch_mode(FetchMode::One).all(&db)?,
        Town::objects().prefetch_related(|t| t.land()).all(&db)?,
        Town::objects().select_related(|t| t.land()).all(&db)?,
    ] {
        let code = |town: &Town| town.land.get(&db).map(|land| land.code.clone());
        assert_eq!(towns.iter().map(code).collect::<Result<Vec<_>>>()?, ["DE", "FR", "DE", "DE"]);
    }
    Ok(())
}

#[test]
fn rows_with_another_spelling_of_their_parents_key_are_its_rows_in_every_way() -> Result<()> {
    #[derive(Model)]
    #[model(table = "land")]
    pub struct Land {
        #[field(primary_key)]
        pub code: String,
        pub towns: HasMany<Town>,
        pub flag: HasOne<Flag>,
        pub tags: ManyToMany<Tag>,
        pub first: Prefetched<Town>,
        pub old: Prefetched<Tag>,
    }
    #[derive(Model)]
    #[model(table = "town")]
    pub struct Town {
        pub id: i64,
        pub land: ForeignKey<Land>,
    }
    #[derive(Model)]
    #[model(table = "flag")]
    pub struct Flag {
        pub id: i64,
        #[field(unique)]
        pub land: ForeignKey<Land>,
    }
    #[derive(Model)]
    #[model(table = "tag")]
    pub struct Tag {
        #[field(primary_key)]
        pub name: String,
        #[relation(via = "tags")]
        pub lands: ManyToMany<Land>,
    }
    let db = Database::in_memory()?;
    let tables = "CREATE TABLE land (code TEXT COLLATE NOCASE PRIMARY KEY);
        CREATE TABLE town (id INTEGER PRIMARY KEY, land_id TEXT COLLATE NOCASE NOT NULL REFERENCES land);
        CREATE TABLE flag (id INTEGER PRIMARY KEY, land_id TEXT COLLATE NOCASE UNIQUE NOT NULL REFERENCES land);
        CREATE TABLE tag (name TEXT COLLATE NOCASE PRIMARY KEY);
        CREATE TABLE land_tags (land_id TEXT COLLATE NOCASE, tag_id TEXT COLLATE NOCASE, UNIQUE (land_id, tag_id));
        INSERT INTO land VALUES ('DE'), ('FR'), ('it'); INSERT INTO tag VALUES ('big'), ('old');
        INSERT INTO town VALUES (1, 'de'), (2, 'FR'), (3, 'DE'), (4, 'De'), (5, 'IT');
        INSERT INTO flag VALUES (1, 'Fr'); INSERT INTO land_tags VALUES ('de', 'BIG'), ('De', 'old'), ('fr', 'Old')";
    db.raw(|c| c.execute_batch(tables))?;
    let lands = || Land::objects().order_by(|l| l.code());
    let eager = |l: Fields<Land>| (l.towns(), l.flag(), l.tags());
    let told = |land: &Land| -> Result<String> {
        let mut towns: Vec<i64> = land.towns.all(&db)?.iter().map(|town| town.id).collect();
        let mut tags: Vec<&str> = land.tags.all(&db)?.iter().map(|tag| &*tag.name).collect();
        towns.sort();
        tags.sort();
        Ok(format!("{} {towns:?} {:?} {tags:?}", land.code, land.flag.get(&db)?.map(|flag| flag.id)))
    };
    for lands in [
        lands().all(&db)?,
        lands().filter(|l| l.code().ne("UK")).all(&db)?,
        lands().fetch_mode(FetchMode::One).all(&db)?,
        lands().prefetch_related(eager).all(&db)?,
        lands().select_related(|l| l.flag()).all(&db)?,
    ] {
        let told = lands.iter().map(told).collect::<Result<Vec<_>>>()?;
        assert_eq!(told, [r#"DE [1, 3, 4] None ["big", "old"]"#, r#"FR [2] Some(1) ["old"]"#, "it [5] None []"]);
    }
    let first = |l: &Fields<Land>| l.towns().order_by(|t| t.id().desc()).limit(2).to(|l| l.first());
    let old = |l: &Fields<Land>| l.tags().filter(|t| t.name().eq("old")).to(|l| l.old());
    for land in assert_num_queries!(db, 3, { lands().prefetch_related(|l| (first(&l), old(&l))).all(&db)? }) {
        let ids: Vec<i64> = land.first.get()?.iter().map(|town| town.id).collect();
        let (expected, count) = match &*land.code {
            "DE" => (vec![4, 3], 1),
            "FR" => (vec![2], 1),
            _ => (vec![5], 0),
        };
        assert_eq!((ids, land.old.get()?.len()), (expected, count), "{}", land.code);
    }
    let old = Tag::objects().find(&db, "old")?;
    assert_eq!(old.lands.all(&db)?.len(), 2);
    Ok(())
}

#[test]
fn a_limit_for_each_parent_without_an_index_numbers_the_rows() -> Result<()> {
    #[derive(Model)]
    #[model(table = "box")]
    pub struct Chest {
        pub id: i64,
        pub items: HasMany<Item>,
        pub first: Prefetched<Item>,
    }
    #[derive(Model)]
    #[model(table = "item")]
    pub struct Item {
        pub id: i64,
        #[field(column = "box_id")]
        pub chest: ForeignKey<Chest>,
    }
    let db = eager_orm::DatabaseBuilder::in_memory().open()?;
    db.register(models![Chest, Item]);
    let tables = "CREATE TABLE box (id INTEGER PRIMARY KEY); CREATE TABLE item (id INTEGER PRIMARY KEY, box_id INTEGER NOT NULL);
        INSERT INTO box VALUES (1), (2); INSERT INTO item (box_id) VALUES (1), (2), (1), (2), (1)";
    db.raw(|c| c.execute_batch(tables))?;
    let limited =
        Chest::objects().prefetch_related(|c| c.items().order_by(|i| i.id().desc()).limit(2).to(|c| c.first()));
    let (mut texts, mut rows) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let (crates, log) = db.capture(|db| limited.all(db));
        rows.push(
            crates?
                .iter()
                .map(|c| Ok(c.first.get()?.iter().map(|i| i.id).collect()))
                .collect::<Result<Vec<Vec<i64>>>>()?,
        );
        texts.push(log.statements().nth(1).map(|statement| statement.sql.contains("row_number")));
        db.raw(|c| c.execute_batch("CREATE INDEX IF NOT EXISTS by_box ON item (box_id)"))?;
    }
    assert_eq!(texts, [Some(true), Some(false)]);
    let expected = vec![vec![5, 3], vec![4, 2]];
    assert_eq!(rows, [expected.clone(), expected]);
    Ok(())
}
