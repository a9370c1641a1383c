//! Hooks: which writes run them, in which order, and that they are one transaction with the write.

use std::cell::RefCell;

use eager_orm::{Error, Executor, Hooks, Result};

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
#[model(hooks, validate = |page: &eager_orm::Written<'_, Page>| {
    said(format!("check {}", page.title));
    if page.title == "bad" { Err("is bad") } else { Ok(()) }
})]
pub struct Page {
    pub id: i64,
    #[field(max_length = 10)]
    pub title: String,
    #[field(default = "d")]
    pub slug: String,
    pub parts: HasMany<Part>,
}

#[derive(Model, Debug, Clone)]
#[model(hooks)]
pub struct Part {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub page: ForeignKey<Page>,
}

/// What the hooks write.
#[derive(Model, Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub what: String,
}

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn said(what: String) {
    SAID.with_borrow_mut(|said| said.push(what));
}

fn heard() -> Vec<String> {
    SAID.take()
}

fn refused_by(when: &str, title: &str) -> Result<()> {
    said(format!("{when} {title}"));
    if title == format!("no {when}") { Err(Error::refused(format!("not {when}"))) } else { Ok(()) }
}

impl Hooks for Page {
    fn before_create(new: &mut NewPage, tx: &Transaction<'_>) -> Result<()> {
        Entry::create().what("creating").save(tx)?;
        assert_eq!(new.slug.as_deref(), Some("d"));
        new.slug = Some(new.title.to_uppercase());
        refused_by("bc", &new.title)
    }
    fn after_create(&self, tx: &Transaction<'_>) -> Result<()> {
        assert_eq!(Page::objects().find(tx, self.id)?.slug, self.slug);
        refused_by("ac", &self.title)
    }
    fn before_save(&mut self, tx: &Transaction<'_>) -> Result<()> {
        Entry::create().what("saving").save(tx)?;
        self.slug = self.title.to_uppercase();
        refused_by("bs", &self.title)
    }
    fn after_save(&self, _: &Transaction<'_>) -> Result<()> {
        refused_by("as", &self.title)
    }
    fn before_delete(&self, tx: &Transaction<'_>) -> Result<()> {
        Entry::create().what("deleting").save(tx)?;
        refused_by("bd", &self.title)
    }
    fn after_delete(&self, tx: &Transaction<'_>) -> Result<()> {
        assert!(Page::objects().find(tx, self.id).unwrap_err().is_does_not_exist());
        refused_by("ad", &self.title)
    }
}

impl Hooks for Part {
    fn before_create(_: &mut NewPart, _: &Transaction<'_>) -> Result<()> {
        said("part".to_owned());
        Ok(())
    }
    fn before_delete(&self, _: &Transaction<'_>) -> Result<()> {
        said("no part".to_owned());
        Ok(())
    }
}

fn pages() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Page, Part, Entry]).unwrap();
    heard();
    db
}

fn entries(db: &Database) -> u64 {
    Entry::objects().count(db).unwrap()
}

#[test]
fn the_hooks_of_one_row_run_around_its_write_in_one_transaction() -> Result<()> {
    let db = pages();
    let (page, log) = db.capture(|db| Page::create().title("a").save(db));
    let mut page = page?;
    assert_eq!((page.slug.as_str(), log.transactions()), ("A", 2));
    assert_eq!(heard(), ["bc a", "check a", "ac a"]);
    page.title = "b".to_owned();
    page.save(&db)?;
    assert_eq!(heard(), ["bs b", "check b", "as b"]);
    assert_eq!((page.slug.as_str(), Page::objects().get(&db)?.slug.as_str()), ("B", "B"));
    page.title = "c".to_owned();
    page.save_fields(&db, |p| p.title())?;
    assert_eq!(heard(), ["bs c", "check c", "as c"]);
    assert_eq!(Page::objects().get(&db)?.slug, "B"); // changed by the hook, and not named
    page.delete(&db)?;
    assert_eq!(heard(), ["bd c", "ad c"]);
    assert_eq!(entries(&db), 4);
    Ok(())
}

#[test]
fn an_error_before_or_after_undoes_the_write_and_what_hooks_wrote() -> Result<()> {
    let db = pages();
    let refused = |outcome: Result<()>, when: &str| match outcome {
        Err(error @ Error::Refused { .. }) => assert_eq!(error.to_string(), format!("not {when}")),
        other => panic!("{other:?}"),
    };
    refused(Page::create().title("no bc").save(&db).map(drop), "bc");
    refused(Page::create().title("no ac").save(&db).map(drop), "ac");
    assert_eq!((Page::objects().count(&db)?, entries(&db)), (0, 0));
    let mut page = Page::create().title("a").save(&db)?;
    for when in ["bs", "as"] {
        page.title = format!("no {when}");
        refused(page.save(&db), when);
    }
    assert_eq!((Page::objects().get(&db)?.title.as_str(), entries(&db)), ("a", 1));
    for when in ["bd", "ad"] {
        Page::objects().update(&db, |p| p.title().set(format!("no {when}")))?;
        refused(Page::objects().get(&db)?.delete(&db).map(drop), when);
    }
    assert_eq!((Page::objects().count(&db)?, entries(&db)), (1, 1));
    // What breaks a rule is found after the hook that might have mended it, and takes back what the hook wrote.
    assert!(matches!(Page::create().title("bad").save(&db), Err(Error::Invalid { .. })));
    assert_eq!(entries(&db), 1);
    Ok(())
}

#[test]
fn within_a_transaction_the_write_and_its_hooks_are_a_savepoint() -> Result<()> {
    let db = pages();
    db.transaction(|tx| {
        Page::create().title("a").save(tx)?;
        assert!(Page::create().title("no ac").save(tx).is_err());
        assert_eq!(Entry::objects().count(tx)?, 1);
        Page::create().title("b").save(tx)
    })?;
    assert_eq!((Page::objects().count(&db)?, entries(&db)), (2, 2));
    assert!(matches!(
        db.read(|snapshot| Page::create().title("c").save(snapshot as &dyn Executor)),
        Err(Error::ReadOnly { .. })
    ));
    Ok(())
}

#[test]
fn rows_that_are_created_in_other_ways_run_them_too() -> Result<()> {
    let db = pages();
    let mut page = Page::objects().create(&db, Page::create().title("a"))?;
    assert_eq!(heard(), ["bc a", "check a", "ac a"]);
    let new = || Page::create().title("b");
    assert!(Page::objects().get_or_create(&db, |p| p.title().eq("b"), new())?.1);
    assert_eq!(heard(), ["bc b", "check b", "ac b"]);
    assert!(!Page::objects().get_or_create(&db, |p| p.title().eq("b"), new())?.1);
    assert!(heard().is_empty());
    let upsert = |title: &'static str| {
        let new = Page::create().title(title);
        Page::objects().update_or_create(&db, |p| p.title().eq(title), |p| p.slug().set("s"), new)
    };
    assert!(upsert("c")?.1);
    assert_eq!(heard(), ["bc c", "check c", "ac c"]);
    assert!(!upsert("c")?.1); // a set-wise update
    assert!(heard().is_empty());
    page.parts.create(&db, Part::create())?;
    assert_eq!(heard(), ["part"]);
    Ok(())
}

/// It knows how often it was saved, and what the database makes of it.
#[derive(Model, Debug, Clone)]
#[model(hooks)]
pub struct Kept {
    pub id: i64,
    pub name: String,
    #[field(generated = "upper(name)")]
    pub shout: String,
    #[field(version)]
    pub version: u32,
}

impl Hooks for Kept {
    fn before_create(new: &mut NewKept, tx: &Transaction<'_>) -> Result<()> {
        Entry::create().what(format!("before {}", new.name)).save(tx).map(drop)
    }
    fn after_create(&self, tx: &Transaction<'_>) -> Result<()> {
        Entry::create().what(format!("after {}", self.name)).save(tx).map(drop)
    }
    fn after_save(&self, _: &Transaction<'_>) -> Result<()> {
        refused_by("as", &self.name)
    }
}

#[test]
fn a_save_that_is_refused_afterwards_leaves_the_row_in_hand_as_it_was() -> Result<()> {
    let db = pages();
    db.create_tables(models![Kept])?;
    let mut row = Kept::create().name("a").save(&db)?;
    row.save(&db)?;
    row.name = "no as".to_owned();
    for _ in 0..2 {
        assert!(matches!(row.save(&db), Err(Error::Refused { .. })));
        assert_eq!((row.version, &*row.shout, &*row.name), (2, "A", "no as"));
    }
    row.name = "b".to_owned();
    row.save(&db)?;
    assert_eq!((row.version, &*row.shout, Kept::objects().get(&db)?.version), (3, "B", 3));
    Ok(())
}

#[test]
fn what_a_hook_wrote_goes_where_another_has_created_the_row_in_the_meantime() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("hooks.db"))?;
    db.create_tables(models![Entry, Kept])?;
    const NAMES: usize = 30;
    let barrier = std::sync::Barrier::new(6);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for name in (0..NAMES).map(|number| format!("k{number}")) {
                    barrier.wait();
                    let new = Kept::create().name(&*name);
                    let (row, _) = Kept::objects().get_or_create(&db, |k| k.name().eq(&*name), new).unwrap();
                    assert_eq!(row.name, name);
                }
            });
        }
    });
    assert_eq!((Kept::objects().count(&db)?, entries(&db)), (NAMES as u64, 2 * NAMES as u64));
    Ok(())
}

#[test]
fn sets_bulks_and_cascades_run_none() -> Result<()> {
    let db = pages();
    let mut page = Page::create().title("a").save(&db)?;
    page.parts.create(&db, Part::create())?;
    heard();
    let pages = Page::objects().bulk_create(["b", "c"].map(|title| Page::create().title(title))).run(&db)?;
    Page::objects().bulk_update(&db, &pages, |p| p.slug())?;
    Page::objects().update(&db, |p| p.slug().set("x"))?;
    Page::objects().filter(|p| p.id().gt(1)).delete(&db)?;
    assert!(heard().iter().all(|said| said.starts_with("check")));
    page.delete(&db)?;
    assert_eq!(heard(), ["bd a", "ad a"]);
    Ok(())
}

#[test]
fn a_model_without_hooks_is_written_by_one_statement() -> Result<()> {
    let db = pages();
    let (entry, log) = db.capture(|db| Entry::create().what("a").save(db));
    assert_eq!((log.len(), log.transactions()), (1, 0));
    let (deleted, log) = db.capture(|db| entry?.delete(db));
    assert_eq!((deleted?.total, log.len(), log.transactions()), (1, 1, 0));
    Ok(())
}

/// It comes with a first part, and gets another whenever it is saved.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(hooks)]
pub struct Kit {
    pub id: i64,
    pub name: String,
    pub pieces: HasMany<Piece>,
    #[field(counter_of = pieces)]
    pub piece_count: i64,
    #[field(generated = "upper(name)")]
    pub label: String,
    #[relation(via = "kits")]
    pub boxes: ManyToMany<KitBox>,
    #[field(counter_of = boxes)]
    pub box_count: i64,
}

#[derive(Model, Debug, Clone)]
pub struct Piece {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub kit: ForeignKey<Kit>,
}

#[derive(Model, Debug, Clone)]
pub struct KitBox {
    pub id: i64,
    pub kits: ManyToMany<Kit>,
}

impl Hooks for Kit {
    fn after_create(&self, tx: &Transaction<'_>) -> Result<()> {
        Piece::create().kit(self).save(tx).map(drop)
    }
    fn after_save(&self, tx: &Transaction<'_>) -> Result<()> {
        Piece::create().kit(self).save(tx)?;
        if self.name == "gone" {
            self.clone().delete(tx)?;
        }
        if self.name == "no" { Err(Error::refused("no")) } else { Ok(()) }
    }
}

#[test]
fn what_comes_back_has_counted_what_hooks_have_added() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Kit, Piece, KitBox])?;
    let mut kit = Kit::create().name("a").save(&db)?;
    assert_eq!((kit.piece_count, kit.label.as_str()), (1, "A"));
    kit.name = "b".to_owned();
    kit.save(&db)?;
    assert_eq!((kit.piece_count, &kit), (2, &Kit::objects().find(&db, kit.id)?));
    // A save that fails leaves the row as it was.
    kit.name = "no".to_owned();
    assert!(kit.save(&db).is_err());
    assert_eq!((kit.piece_count, kit.label.as_str()), (2, "B"));
    let mut boxed = KitBox::create().save(&db)?;
    let other = boxed.kits.create(&db, Kit::create().name("c"))?;
    assert_eq!((other.piece_count, other.box_count), (1, 1));
    kit.name = "gone".to_owned();
    kit.save(&db)?;
    assert_eq!((Kit::objects().count(&db)?, Piece::objects().count(&db)?), (1, 1));
    Ok(())
}
