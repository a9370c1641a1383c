//! Rows made for tests that are unique, alone or together: they differ from each other and from what a table has, as long
//! as there are values that do.

use std::collections::HashSet;

use eager_orm::prelude::*;
use eager_orm::testing::{self, bake};
use eager_orm::{Error, Result};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Paper,
    Cloth,
    Audio,
}

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub votes: HasMany<Vote>,
    pub editions: HasMany<Edition>,
}

#[derive(Model, Debug)]
#[model(unique(fields = "author, stars"))]
pub struct Vote {
    pub id: i64,
    pub author: ForeignKey<Author>,
    pub stars: i32,
}

#[derive(Model, Debug)]
#[model(unique(fields = "author, format"))]
pub struct Edition {
    pub id: i64,
    pub author: ForeignKey<Author>,
    pub format: Format,
}

#[derive(Model, Debug)]
#[model(unique(fields = "author, place"))]
pub struct Slot {
    pub id: i64,
    pub author: ForeignKey<Author>,
    #[field(min = 1, max = 10)]
    pub place: i32,
}

#[derive(Model, Debug)]
#[model(primary_key = "country, code")]
pub struct Zip {
    pub country: String,
    pub code: i32,
}

#[derive(Model, Debug)]
#[model(primary_key = "author, day")]
pub struct Line {
    pub author: ForeignKey<Author>,
    pub day: i32,
}

#[derive(Model, Debug)]
#[model(primary_key = "author, tag")]
pub struct Pair {
    pub author: ForeignKey<Author>,
    pub tag: ForeignKey<Tag>,
}

#[derive(Model, Debug)]
pub struct Tag {
    pub id: i64,
    #[field(unique)]
    pub name: String,
}

#[derive(Model, Debug)]
pub struct User {
    pub id: i64,
    #[field(unique)]
    pub email: String,
    pub profile: HasOne<Profile>,
}

#[derive(Model, Debug)]
pub struct Profile {
    pub id: i64,
    #[field(unique)]
    pub user: ForeignKey<User>,
}

#[derive(Model, Debug)]
pub struct Only {
    pub id: i64,
    #[field(unique)]
    pub format: Format,
}

#[derive(Model, Debug)]
#[model(unique(fields = "name, format"), unique(fields = "name, on"))]
pub struct Setting {
    pub id: i64,
    pub name: String,
    pub format: Format,
    pub on: bool,
}

#[derive(Model, Debug)]
#[model(unique(fields = "a, format"))]
pub struct Sparse {
    pub id: i64,
    pub a: Option<i32>,
    pub format: Format,
}

#[derive(Model, Debug)]
#[model(unique(fields = "day, hour"), unique(fields = "format, hour"))]
pub struct Lesson {
    pub id: i64,
    #[field(min = 1, max = 5)]
    pub day: i32,
    #[field(min = 8, max = 11)]
    pub hour: i32,
    pub format: Format,
}

#[derive(Model, Debug)]
pub struct Cat {
    pub id: i64,
    #[field(unique)]
    pub name: String,
    pub parent: Option<ForeignKey<Cat>>,
    #[relation(via = "parent")]
    pub kids: HasMany<Cat>,
}

#[derive(Model, Debug)]
#[model(unique(fields = "parent, slug"))]
pub struct Page {
    pub id: i64,
    pub parent: Option<ForeignKey<Page>>,
    pub slug: Format,
    #[field(unique)]
    pub path: String,
}

#[derive(Model, Debug)]
pub struct Word {
    #[field(primary_key)]
    pub word: String,
    #[field(unique)]
    pub rowid: String,
}

fn empty() -> Database {
    let models = models![
        Author, Vote, Edition, Slot, Zip, Line, Pair, Tag, User, Profile, Only, Setting, Sparse, Lesson, Cat, Page,
        Word
    ];
    testing::database(models).unwrap()
}

#[test]
fn one_row_after_the_other_is_unlike_those_before() -> Result<()> {
    let db = empty();
    let ann = bake::<Author>().create_one(&db)?;
    for _ in 0..60 {
        bake::<Vote>().with_one(|v| v.author(), &ann).create_one(&db)?;
        bake::<Zip>().create_one(&db)?;
        bake::<Zip>().with(|z| z.country().set("de")).create_one(&db)?;
        bake::<Line>().with_one(|l| l.author(), &ann).create_one(&db)?;
        bake::<Line>().with(|l| l.day().set(7)).create_one(&db)?;
        bake::<Tag>().create_one(&db)?;
    }
    assert_eq!((Vote::objects().count(&db)?, Zip::objects().count(&db)?, Line::objects().count(&db)?), (60, 120, 120));
    for place in 1..=10 {
        assert_eq!(bake::<Slot>().with_one(|s| s.author(), &ann).create_one(&db)?.place, place);
    }
    let full = bake::<Slot>().with_one(|s| s.author(), &ann).create_one(&db);
    assert!(matches!(full, Err(Error::Bake { model: "Slot", .. })), "{full:?}");
    // What has to be unique is asked for: how far the table is, whether it has such a row; an insert, and the row is read.
    let (one, log) = db.capture(|db| bake::<Vote>().with_one(|v| v.author(), &ann).create_one(db));
    one?;
    let (many, many_log) = db.capture(|db| bake::<Vote>().with_one(|v| v.author(), &ann).quantity(5_000).create(db));
    assert_eq!((many?.len(), log.len(), many_log.len()), (5_000, 4, 4), "{log}\n{many_log}");
    Ok(())
}

#[test]
fn rows_of_different_parents_may_have_the_same() -> Result<()> {
    let db = empty();
    let each = bake::<Author>().with_many(|a| a.editions(), bake::<Edition>().quantity(3));
    assert_eq!(each.quantity(10).create(&db)?[9].editions.all(&db)?.len(), 3);
    bake::<Edition>().with_one(|e| e.author(), bake::<Author>().each()).quantity(10).create(&db)?;
    bake::<Slot>().with_one(|e| e.author(), bake::<Author>().each()).quantity(20).create(&db)?;
    bake::<Slot>().with_one(|e| e.author(), bake::<Author>().quantity(2)).quantity(20).create(&db)?;
    bake::<Author>().with_many(|a| a.votes(), bake::<Vote>().quantity(10)).quantity(3).create(&db)?;
    // An author of their own each time.
    for _ in 0..3 {
        let editions = bake::<Edition>().quantity(3).create(&db)?;
        assert_eq!(editions.iter().map(|edition| edition.author.key()).collect::<HashSet<_>>().len(), 1);
    }
    let ann = bake::<Author>().create_one(&db)?;
    let of_ann = bake::<Edition>().with_one(|e| e.author(), &ann);
    of_ann.clone().create_one(&db)?;
    of_ann.clone().quantity(2).create(&db)?;
    let error = of_ann.create(&db).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Edition.format` cannot be baked: its values have to differ, and it has no room for as many: give it values"
    );
    Ok(())
}

#[test]
fn as_many_parents_are_made_as_it_takes() -> Result<()> {
    let db = empty();
    // Three formats of each author: ten editions need four.
    let (editions, log) = db.capture(|db| bake::<Edition>().quantity(10).create(db));
    let editions = editions?;
    assert_eq!((editions.len(), Author::objects().count(&db)?, log.len()), (10, 4, 5), "{log}");
    let named = bake::<Author>().with(|a| a.name().set("Ann"));
    bake::<Edition>().with_one(|e| e.author(), named).quantity(4).create(&db)?;
    assert_eq!(Author::objects().filter(|a| a.name().eq("Ann")).count(&db)?, 2);
    // Of two parents, the last.
    let ann = bake::<Author>().create_one(&db)?;
    let authors = Author::objects().count(&db)?;
    bake::<Pair>().with_one(|p| p.author(), &ann).quantity(4).create(&db)?;
    assert_eq!(Tag::objects().count(&db)?, 4);
    bake::<Pair>().with_one(|p| p.author(), [ann].as_slice()).quantity(4).create(&db)?;
    bake::<Pair>().with_one(|p| p.author(), bake::<Author>().quantity(2)).quantity(4).create(&db)?;
    assert_eq!((Author::objects().count(&db)?, Tag::objects().count(&db)?), (authors + 2, 10));
    bake::<Pair>().quantity(3).create(&db)?;
    assert_eq!((Author::objects().count(&db)?, Tag::objects().count(&db)?), (authors + 3, 13));
    let (profiles, log) = db.capture(|db| bake::<Profile>().quantity(2_000).create(db));
    assert_eq!((profiles?.len(), User::objects().count(&db)?, log.len()), (2_000, 2_000, 5));
    Ok(())
}

#[test]
fn a_key_that_is_given_does_not_make_the_next_row_like_another() -> Result<()> {
    let db = empty();
    for id in [7, 3, 5, -5, -6, 1_000, 999] {
        bake::<User>().with(|u| u.id().set(id)).create_one(&db)?;
    }
    User::objects().filter(|u| u.id().eq(7)).delete(&db)?;
    bake::<User>().with(|u| u.id().each(|i| 100 - i as i64)).quantity(20).create(&db)?;
    bake::<User>().quantity(20).create(&db)?;
    assert_eq!(User::objects().count(&db)?, 46);
    // Keys are counted after the largest, also after one that is given with them.
    let cat = bake::<Cat>().with(|c| c.id().set(2)).with_many(|c| c.kids(), bake::<Cat>().quantity(3));
    let cat = cat.create_one(&db)?;
    assert_eq!(cat.kids.all(&db)?.iter().map(|kid| kid.id).collect::<Vec<_>>(), [3, 4, 5]);
    let kids = bake::<Cat>().with(|c| c.id().each(|i| 6 + i as i64)).quantity(2);
    assert_eq!(bake::<Cat>().with_many(|c| c.kids(), kids).create_one(&db)?.id, 8);
    // The last key there is leaves no room, and that is said.
    bake::<User>().with(|u| u.id().set(i64::MAX)).create_one(&db)?;
    let error = bake::<User>().create_one(&db).unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "User", field, .. } if field == "id"), "{error}");
    assert_eq!(User::objects().count(&db)?, 47);
    Ok(())
}

#[test]
fn what_rows_made_by_hand_leave_free_is_found() -> Result<()> {
    let db = empty();
    Only::create().id(100).format(Format::Cloth).save(&db)?;
    bake::<Only>().create_one(&db)?;
    bake::<Only>().create_one(&db)?;
    assert_eq!(Only::objects().values_list(|o| o.format()).all(&db)?.into_iter().collect::<HashSet<_>>().len(), 3);
    assert!(matches!(bake::<Only>().create_one(&db), Err(Error::Bake { model: "Only", .. })));
    // Names as the kit makes them, but not where it would look for them.
    let tags = bake::<Tag>().quantity(40).prepare()?;
    let tags = tags.into_iter().enumerate().map(|(i, tag)| NewTag { id: Some(1 - i as i64), ..tag });
    Tag::objects().bulk_create(tags).run(&db)?;
    let (tags, log) = db.capture(|db| bake::<Tag>().quantity(30).create(db));
    assert_eq!((tags?.len(), log.len()), (30, 5), "{log}"); // one more statement: which names there are
    assert_eq!(Tag::objects().count(&db)?, 70);
    // After rows are deleted, too.
    for word in bake::<Word>().quantity(10).create(&db)?.into_iter().take(4) {
        word.delete(&db)?;
    }
    bake::<Word>().quantity(3).create(&db)?;
    bake::<Word>().quantity(3).create(&db)?;
    assert_eq!(Word::objects().count(&db)?, 12);
    Ok(())
}

#[test]
fn of_fields_that_are_unique_together_those_vary_that_have_room() -> Result<()> {
    let db = empty();
    bake::<Setting>().quantity(500).create(&db)?;
    bake::<Setting>().with(|s| (s.on().set(true), s.format().set(Format::Audio))).quantity(20).create(&db)?;
    let error = bake::<Setting>().with(|s| s.name().set("theme")).quantity(3).create(&db).unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "Setting", field, .. } if field == "on"), "{error}");
    bake::<Setting>().with(|s| s.name().set("theme")).quantity(2).create(&db)?;
    // A NULL is like no other.
    bake::<Sparse>().quantity(10).create(&db)?;
    bake::<Sparse>().fill_optional().quantity(10).create(&db)?;
    // Little room in all of them: as many rows as there can be.
    bake::<Lesson>().quantity(12).create(&db)?;
    assert!(matches!(bake::<Lesson>().create_one(&db), Err(Error::Bake { model: "Lesson", .. })));
    assert_eq!(Lesson::objects().count(&db)?, 12);
    Ok(())
}

#[test]
fn parents_in_the_same_table_are_kept_apart_from_their_children() -> Result<()> {
    let db = empty();
    bake::<Cat>().with_one(|c| c.parent(), bake::<Cat>().each()).quantity(5).create(&db)?;
    bake::<Cat>().fill(|c| c.parent()).quantity(5).create(&db)?;
    assert_eq!(Cat::objects().count(&db)?, 16);
    let pages = bake::<Page>().fill(|p| p.parent()).quantity(7).create(&db)?;
    assert_eq!(pages.iter().map(|page| page.parent.as_ref().unwrap().key()).collect::<HashSet<_>>().len(), 3);
    bake::<Page>().with_one(|p| p.parent(), bake::<Page>()).quantity(4).create(&db)?;
    assert_eq!(Page::objects().count(&db)?, 10 + 6);
    Ok(())
}
