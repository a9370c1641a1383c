//! Rows that may be there already, rows in batches, and rows given to and taken from a relation.

use std::sync::Barrier;
use std::thread;

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

/// Nothing in it is unique but the key.
#[derive(Model, Debug, Clone)]
pub struct Note {
    pub id: i64,
    pub text: String,
}

#[test]
fn get_or_create_reads_once_and_writes_only_what_is_not_there() -> Result<()> {
    let db = library();
    let sf = || Tag::create().name("sf");
    let (tag, created) =
        assert_num_queries!(db, 2, { Tag::objects().get_or_create(&db, |t| t.name().eq("sf"), sf())? });
    assert!(created);
    let (same, created) =
        assert_num_queries!(db, 1, { Tag::objects().get_or_create(&db, |t| t.name().eq("sf"), sf())? });
    assert_eq!((same.id, created), (tag.id, false));
    // The condition finds nothing, and the row is there all the same: what is in the way is the answer, or the error.
    let error = Tag::objects().get_or_create(&db, |t| t.name().eq("?"), sf()).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", .. }), "{error:?}");
    let error = Book::objects().get_or_create(
        &db,
        |b| b.pages().gt(0),
        Book::create().title("x").author(1).price(1.0).summary(""),
    );
    assert!(matches!(error, Err(Error::MultipleObjectsReturned { model: "Book" })));
    Ok(())
}

#[test]
fn of_many_that_ask_at_once_one_creates_with_a_unique_field_or_without() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("race.db"))?;
    create_tables(&db);
    db.create_tables(models![Note])?;
    for round in 0..20 {
        let barrier = Barrier::new(4);
        let (text, db, barrier) = (format!("n{round}"), &db, &barrier);
        let made: Vec<(bool, bool)> = thread::scope(|scope| {
            let ask = || {
                barrier.wait();
                let note = Note::objects().get_or_create(db, |n| n.text().eq(&*text), Note::create().text(&*text));
                let tag = Tag::objects().get_or_create(db, |t| t.name().eq(&*text), Tag::create().name(&*text));
                (note.unwrap().1, tag.unwrap().1)
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|(note, _)| *note).count(), 1);
        assert_eq!(made.iter().filter(|(_, tag)| *tag).count(), 1);
    }
    assert_eq!((Note::objects().count(&db)?, Tag::objects().count(&db)?), (20, 20));
    Ok(())
}

#[test]
fn update_or_create_returns_the_row_as_it_is_now() -> Result<()> {
    let db = library();
    let new = || Book::create().title("New").author(1).price(1.0).summary("s");
    let set = |db: &Database| {
        Book::objects().update_or_create(
            db,
            |b| b.title().eq("New"),
            |b| (b.pages().set(b.pages() * 2), b.price().set(2.0)),
            new(),
        )
    };
    let (book, created) = assert_num_queries!(db, 2, { set(&db)? });
    assert_eq!((book.pages, book.price, created), (100, 1.0, true));
    let (book, created) = assert_num_queries!(db, 2, { set(&db)? });
    assert_eq!((book.pages, book.price, created), (200, 2.0, false));
    assert_eq!(book.summary.loaded().map(String::as_str), Some("s"));
    assert_eq!(book.author.get(&db)?.id, 1);
    let several = Book::objects().update_or_create(&db, |b| b.pages().gt(0), |b| b.pages().set(1), new());
    assert!(matches!(several, Err(Error::MultipleObjectsReturned { .. })));
    let refused = Book::objects().update_or_create(&db, |b| b.id().eq(1), |b| b.pages().set(-1), new());
    assert!(matches!(refused, Err(Error::Check { .. })));
    Ok(())
}

#[test]
fn on_conflict_ignores_or_updates_the_row_that_is_named_and_no_other_constraint() -> Result<()> {
    let db = library();
    let tags = || ["t0", "new", "t1", "newer"].map(|name| Tag::create().name(name));
    let made =
        assert_num_queries!(db, 1, { Tag::objects().bulk_create(tags()).on_conflict(|t| t.name()).ignore().run(&db)? });
    let made: Vec<Option<&str>> = made.iter().map(|tag| tag.as_ref().map(|tag| &*tag.name)).collect();
    assert_eq!(made, [None, Some("new"), None, Some("newer")]);
    // A composite one: the author and the title.
    let book = |title: &'static str, price: f64| Book::create().title(title).author(1).price(price).summary("");
    let there = Book::objects().filter(|b| b.author().eq(1)).order_by(|b| b.id()).all(&db)?;
    let titles = [there[0].title.clone(), "Other".to_owned()];
    let rows = || titles.iter().map(|title| Book::create().title(title.clone()).author(1).price(7.5).summary(""));
    let books = assert_num_queries!(db, 1, {
        Book::objects().bulk_create(rows()).on_conflict(|b| (b.author(), b.title())).update(|b| b.price()).run(&db)?
    });
    assert_eq!((books[0].id, books[0].price, books[0].pages), (there[0].id, 7.5, there[0].pages));
    assert_eq!((&*books[1].title, books[1].pages), ("Other", 100));
    assert_eq!(books[1].author.get(&db)?.id, 1);
    // What is in the way of another constraint is an error, and says which row.
    let bad = [book("A", 1.0), book("B", 1.0).pages(-1)];
    let error = Book::objects().bulk_create(bad).on_conflict(|b| b.id()).ignore().run(&db).unwrap_err();
    assert!(matches!(&error, Error::Row { row: 1, error } if matches!(**error, Error::Check { .. })), "{error:?}");
    let error = Book::objects().bulk_create([book("C", 1.0)]).on_conflict(|b| b.pages()).ignore().run(&db).unwrap_err();
    assert!(matches!(&error, Error::Misuse { what } if what.contains("unique")), "{error:?}");
    let key = Tag::objects().bulk_create(tags()).on_conflict(|t| t.name()).update(|t| t.id()).run(&db);
    assert!(matches!(key, Err(Error::Misuse { .. })));
    Ok(())
}

#[test]
fn a_bulk_goes_in_batches_of_which_somebody_is_told() -> Result<()> {
    let db = library();
    let tags = || (0..10).map(|i| Tag::create().name(format!("b{i}")));
    let mut told = Vec::new();
    let made = assert_num_queries!(db, 3, {
        Tag::objects().bulk_create(tags()).batch_size(4).progress(|done| told.push(done)).run(&db)?
    });
    assert_eq!((made.len(), &*told), (10, &[4_u64, 8, 10][..]));
    let mut told = Vec::new();
    let bulk = Tag::objects().bulk_update_of(&made, |t| t.name()).batch_size(3).progress(|done| told.push(done));
    assert_eq!(assert_num_queries!(db, 4, { bulk.run(&db)? }), 10);
    assert_eq!(told, [3, 6, 9, 10]);
    // A row that is there twice is one row, and one that is gone is none.
    let mut first = made[0].clone();
    first.name = "second".into();
    made[1].clone().delete(&db)?;
    assert_eq!(Tag::objects().bulk_update(&db, [&made[0], &first, &made[1]], |t| t.name())?, 1);
    assert_eq!(Tag::objects().find(&db, made[0].id)?.name, "b0");
    assert!(matches!(Tag::objects().bulk_create(tags()).batch_size(0).run(&db), Err(Error::Misuse { .. })));
    assert!(matches!(
        Tag::objects().bulk_update_of(&made, |t| t.name()).batch_size(0).run(&db),
        Err(Error::Misuse { .. })
    ));
    assert!(matches!(Tag::objects().bulk_update(&db, &made, |t| t.id()), Err(Error::Misuse { .. })));
    Ok(())
}

#[test]
fn some_rows_of_a_bulk_have_keys_and_others_get_them() -> Result<()> {
    let db = library();
    let rows = [Tag::create().name("a"), Tag::create().id(90).name("b"), Tag::create().name("c")];
    let made = assert_num_queries!(db, 1, { Tag::objects().bulk_create(rows).run(&db)? });
    assert_eq!(made.iter().map(|tag| tag.id).collect::<Vec<_>>(), [91, 90, 92]);
    Ok(())
}

#[test]
fn a_key_that_is_given_is_not_taken_by_a_row_that_has_none() -> Result<()> {
    let db = empty();
    let rows = || {
        [(None, "a"), (Some(1), "b"), (None, "c"), (Some(3), "d")].map(|(id, name)| {
            let new = Tag::create().name(name);
            match id {
                Some(id) => new.id(id).build(),
                None => new.build(),
            }
        })
    };
    let made = assert_num_queries!(db, 1, { Tag::objects().bulk_create(rows()).run(&db)? });
    let made: Vec<_> = made.iter().map(|tag| (tag.id, &*tag.name)).collect();
    assert_eq!(made, [(4, "a"), (1, "b"), (5, "c"), (3, "d")]);
    // An error says where the row stood.
    let taken = || [Tag::create().name("x").build(), Tag::create().id(3).name("y").build()];
    for error in [
        Tag::objects().bulk_create(taken()).run(&db).unwrap_err(),
        Tag::objects().bulk_create(taken()).execute(&db).unwrap_err(),
        Tag::objects().bulk_create(taken()).on_conflict(|t| t.name()).ignore().run(&db).unwrap_err(),
        Tag::objects().bulk_create(taken()).on_conflict(|t| t.name()).update(|t| t.name()).run(&db).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Row { row: 1, .. }), "{error:?}");
    }
    let other = || {
        [Tag::create().name("e").build(), Tag::create().id(6).name("a").build(), Tag::create().id(6).name("f").build()]
    };
    let made = Tag::objects().bulk_create(other()).on_conflict(|t| t.name()).ignore().run(&db)?;
    let made: Vec<_> = made.iter().map(|tag| tag.as_ref().map(|tag| (tag.id, &*tag.name))).collect();
    assert_eq!(made, [Some((7, "e")), None, Some((6, "f"))]);
    let made = Tag::objects().bulk_create(other()).on_conflict(|t| t.name()).update(|t| t.name()).run(&db)?;
    assert_eq!(made.iter().map(|tag| tag.id).collect::<Vec<_>>(), [7, 4, 6]);
    let more = [Tag::create().name("g").build(), Tag::create().id(8).name("h").build()];
    assert_eq!(Tag::objects().bulk_create(more).execute(&db)?, 2);
    assert_eq!(Tag::objects().find(&db, 8)?.name, "h");
    Ok(())
}

#[test]
fn a_relation_takes_and_gives_rows_and_reads_afresh() -> Result<()> {
    let db = library();
    let mut publisher = Publisher::objects().prefetch_related(|p| p.books()).order_by(|p| p.id()).all(&db)?.remove(0);
    let before = publisher.books.all(&db)?.len();
    let free = Book::objects().filter(|b| b.publisher().is_null()).all(&db)?;
    assert!(!free.is_empty());
    assert_eq!(assert_num_queries!(db, 1, { publisher.books.add(&db, &free)? }), free.len() as u64);
    assert_eq!(publisher.books.all(&db)?.len(), before + free.len());
    assert_eq!(assert_num_queries!(db, 1, { publisher.books.remove(&db, &free)? }), free.len() as u64);
    assert_eq!(publisher.books.all(&db)?.len(), before);
    assert_num_queries!(db, 3, { publisher.books.set(&db, &free)? });
    assert_eq!(publisher.books.all(&db)?.len(), free.len());
    assert_eq!(assert_num_queries!(db, 1, { publisher.books.clear(&db)? }), free.len() as u64);
    assert!(publisher.books.all(&db)?.is_empty());
    // `Book.author` cannot be NULL, though another key of a book can.
    let mut author = Author::objects().order_by(|a| a.id()).all(&db)?.remove(0);
    let refused = author.books.clear(&db).unwrap_err();
    assert!(matches!(&refused, Error::Misuse { what } if what.contains("Book.author")), "{refused:?}");
    let mut tags = Book::objects().order_by(|b| b.id()).all(&db)?.remove(0).tags;
    let linked = tags.all(&db)?.len();
    let tag = assert_num_queries!(db, 2, { tags.create(&db, Tag::create().name("linked"))? });
    assert!(tags.all(&db)?.iter().any(|other| other.id == tag.id) && tags.all(&db)?.len() == linked + 1);
    let refused = tags.create(&db, Tag::create().name("linked")).unwrap_err();
    assert!(matches!(refused, Error::Unique { .. }));
    assert_eq!(tags.all(&db)?.len(), linked + 1);
    Ok(())
}
