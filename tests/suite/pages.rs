//! Pages, by number and by place.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, PageCursor, Result};

#[test]
fn a_paginator_counts_once_and_reads_a_page() -> Result<()> {
    let db = library();
    let pages = assert_num_queries!(db, 1, { Book::objects().order_by(|b| b.id()).paginator(&db, 3)? });
    assert_eq!((pages.count(), pages.pages()), (4, 2));
    let first = assert_num_queries!(db, 1, { pages.page(&db, 1)? });
    assert_eq!(first.iter().map(|b| b.title.as_str()).collect::<Vec<_>>(), ["B0", "B1", "B2"]);
    assert!(first.has_next() && !first.has_previous());
    let last = pages.get_page(&db, 99)?;
    assert_eq!((last.number, last.len(), last.total, last.pages), (2, 1, 4, 2));
    assert_eq!(pages.get_page(&db, 0)?.number, 1);
    for wrong in [0, 3] {
        let found = assert_num_queries!(db, 0, { pages.page(&db, wrong) });
        assert!(matches!(found, Err(Error::EmptyPage { model: "Book", pages: 2, .. })), "{found:?}");
    }
    let none = assert_num_queries!(db, 1, { Book::objects().filter(|b| b.pages().gt(99)).paginate(&db, 1, 3)? });
    assert_eq!((none.len(), none.pages, none.total), (0, 1, 0));
    assert!(matches!(Book::objects().paginate(&db, 1, 0), Err(Error::Misuse { .. })));
    // Of a slice, with relations, and of values.
    let cut = Book::objects().order_by(|b| b.id()).slice(1..).select_related(|b| b.author()).paginate(&db, 2, 2)?;
    assert_eq!((&*cut[0].title, cut.len(), cut.total), ("B3", 1, 3));
    assert_eq!(Book::objects().values_list(|b| b.author()).distinct().paginate(&db, 1, 9)?.total, 2);
    Ok(())
}

/// Walks through all pages, forwards and back, and holds them against the whole.
fn walk<S>(db: &Database, rows: &QuerySet<Sample, S>, size: u64) -> Result<()>
where
    S: eager_orm::Shape<Sample, Out = i64>,
{
    let whole = rows.all(db)?;
    let mut forwards = Vec::new();
    let mut page = assert_num_queries!(db, 1, { rows.cursor_page(db, size)? });
    assert!(page.previous.is_none());
    loop {
        assert!(page.items.len() as u64 <= size);
        forwards.extend(page.items.clone());
        let Some(next) = &page.next else { break };
        let next: PageCursor = next.to_string().parse()?;
        page = assert_num_queries!(db, 1, { rows.after(&next).cursor_page(db, size)? });
    }
    assert_eq!(forwards, whole, "{rows:?}");
    let mut backwards = page.items;
    let mut before = page.previous;
    while let Some(place) = before {
        let page = rows.before(&place).cursor_page(db, size)?;
        assert!(page.next.is_some());
        backwards.splice(0..0, page.items);
        before = page.previous;
    }
    assert_eq!(backwards, whole, "{rows:?}");
    Ok(())
}

#[test]
fn pages_by_place_are_the_whole_in_any_order() -> Result<()> {
    let db = empty();
    let mut random = Random::new(7);
    db.transaction(|tx| {
        for _ in 0..40 {
            let text = random.pick(&["", "a", "A", "é", "a~b", "'"]);
            let number = (random.below(3) > 0).then(|| random.below(4) as i64);
            let real = (random.below(3) > 0).then(|| random.below(3) as f64 / 2.0);
            let sample = Sample::create().text(text).int_or(number).real_or(real).flag(random.below(2) == 0);
            sample.blob(vec![random.below(3) as u8]).save(tx)?;
        }
        Ok(())
    })?;
    let samples = Sample::objects;
    for size in [1, 3, 7, 39, 40, 41] {
        walk(&db, &samples().order_by(|s| s.id()).values_list(|s| s.id()), size)?;
        walk(&db, &samples().order_by(|s| s.id().desc()).values_list(|s| s.id()), size)?;
        walk(&db, &samples().order_by(|s| s.id()).reverse().values_list(|s| s.id()), size)?;
    }
    for size in [1, 5] {
        walk(&db, &samples().order_by(|s| (s.text(), s.id())).values_list(|s| s.id()), size)?;
        walk(&db, &samples().order_by(|s| (s.int_or(), s.id().desc())).values_list(|s| s.id()), size)?;
        walk(&db, &samples().order_by(|s| (s.int_or().desc(), s.real_or(), s.id())).values_list(|s| s.id()), size)?;
        walk(&db, &samples().order_by(|s| (s.int_or().asc().nulls_last(), s.id())).values_list(|s| s.id()), size)?;
        walk(&db, &samples().order_by(|s| (s.int_or().desc().nulls_first(), s.id())).values_list(|s| s.id()), size)?;
        walk(
            &db,
            &samples().order_by(|s| (s.int_or().desc().nulls_first(), s.id())).reverse().values_list(|s| s.id()),
            size,
        )?;
        walk(
            &db,
            &samples().order_by(|s| (s.flag().desc(), s.blob(), s.text().length(), s.id())).values_list(|s| s.id()),
            size,
        )?;
        walk(
            &db,
            &samples().filter(|s| s.flag()).order_by(|s| (s.real_or() * 2, s.id())).values_list(|s| s.id()),
            size,
        )?;
    }
    Ok(())
}

#[test]
fn ties_are_broken_by_the_key_and_new_rows_do_not_move_a_page() -> Result<()> {
    let db = library();
    let books = Book::objects().order_by(|b| b.author().name()).select_related(|b| b.author());
    let first = books.cursor_page(&db, 1)?;
    assert_eq!(first.items[0].title, "B0");
    let next = first.next.unwrap();
    Book::create().title("A").author(1).price(1.0).summary("").save(&db)?;
    let second = assert_num_queries!(db, 1, { books.after(&next).cursor_page(&db, 1)? });
    assert_eq!(second.items[0].title, "B2");
    assert_eq!(second.items[0].author.get(&db)?.name, "Ann");
    assert_eq!(books.after(&next).count(&db)?, 4);
    assert_eq!(books.before(&next).count(&db)?, 0);
    // By an aggregate, and of groups.
    let by_reviews = Book::objects().order_by(|b| b.reviews().count().desc());
    let page = by_reviews.cursor_page(&db, 2)?;
    let rest = by_reviews.after(&page.next.unwrap()).all(&db)?;
    assert_eq!(rest.iter().map(|b| b.title.as_str()).collect::<Vec<_>>(), ["B1", "A", "B0"]);
    let groups = Review::objects().values_list(|r| r.stars()).annotate(|_| count()).order_by(|_| count().desc());
    let page = groups.cursor_page(&db, 2)?;
    assert_eq!(page.items, [(1, 3), (2, 2)]);
    assert_eq!(groups.after(&page.next.unwrap()).all(&db)?, [(3, 1)]);
    Ok(())
}

#[test]
fn an_index_serves_a_page_by_place() -> Result<()> {
    let db = library();
    let page = Book::objects().order_by(|b| b.title()).cursor_page(&db, 2)?;
    let rest = Book::objects().order_by(|b| b.title()).after(&page.next.unwrap());
    let plan = rest.explain(&db)?;
    assert!(plan.contains("SEARCH book USING INDEX book_title_idx (title>?)"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{plan}");
    let page = Book::objects().cursor_page(&db, 2)?;
    let plan = Book::objects().after(&page.next.unwrap()).explain(&db)?;
    assert!(plan.contains("USING INTEGER PRIMARY KEY (rowid>?)"), "{plan}");
    Ok(())
}

#[test]
fn a_place_that_is_none_is_refused() -> Result<()> {
    let db = library();
    for text in ["", "x", "i", "izz", "t4", "tff", "n1", "i1~", "é", "i1~~i2", "tzz"] {
        assert!(matches!(text.parse::<PageCursor>(), Err(Error::Misuse { .. })), "{text}");
    }
    let place: PageCursor = "i1".parse()?;
    let books = Book::objects().order_by(|b| b.title());
    let (found, log) = db.capture(|db| {
        [
            books.after(&place).all(db).map(drop),
            books.after(&place).count(db).map(drop),
            books.clone().limit(3).cursor_page(db, 2).map(drop),
            Book::objects().after(&place).after(&place).all(db).map(drop),
            Book::objects().cursor_page(db, 0).map(drop),
        ]
    });
    assert!(found.iter().all(|found| matches!(found, Err(Error::Misuse { .. }))), "{found:?}");
    assert_eq!(log.len(), 0);
    // A place that was changed leads elsewhere, and does no harm.
    assert_eq!(Book::objects().after(&"i7fffffffffffffff".parse()?).count(&db)?, 0);
    assert_eq!(Book::objects().after(&"t27".parse()?).count(&db)?, 0);
    Ok(())
}

#[test]
fn what_is_said_after_a_place_does_not_move_it() -> Result<()> {
    let db = library();
    let books = Book::objects().order_by(|b| b.title());
    let titles = |books: &QuerySet<Book>| -> Result<Vec<String>> {
        Ok(books.all(&db)?.into_iter().map(|book| book.title).collect())
    };
    let place = books.cursor_page(&db, 2)?.next.unwrap();
    let (after, before) = (books.after(&place), books.before(&place));
    assert_eq!(titles(&after)?, ["B2", "B3"]);
    assert_eq!(titles(&after.clone().reverse())?, ["B3", "B2"]);
    assert_eq!(titles(&after.clone().order_by(|b| b.pages().desc()))?, ["B3", "B2"]);
    assert_eq!((after.last(&db)?.unwrap().title, after.first(&db)?.unwrap().title), ("B3".into(), "B2".into()));
    assert_eq!(after.latest(&db, |b| b.title())?.title, "B3");
    assert_eq!(after.earliest(&db, |b| b.id())?.title, "B2");
    assert_eq!(titles(&before)?, ["B0"]);
    assert_eq!(before.last(&db)?.unwrap().title, "B0");
    assert_eq!((after.count(&db)?, before.count(&db)?), (2, 1));
    assert_eq!(after.clone().filter(|b| b.pages().lt(40)).get(&db)?.title, "B2");
    // A place in an order is no place in another.
    let found = assert_num_queries!(db, 0, { Book::objects().after(&place).all(&db) });
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    Ok(())
}

#[test]
fn ties_go_the_way_of_the_last_term_so_that_an_index_serves_both() -> Result<()> {
    let db = library();
    let books = Book::objects().order_by(|b| b.title().desc());
    let page = books.cursor_page(&db, 2)?;
    let plan = books.after(&page.next.unwrap()).explain(&db)?;
    assert!(plan.contains("book_title_idx") && !plan.contains("TEMP B-TREE"), "{plan}");
    Ok(())
}
