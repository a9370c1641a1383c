//! Several querysets as one: `union`, `intersection` and `difference` of rows, `& | ^` of conditions, slices of slices.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

fn titles<S>(db: &Database, books: &QuerySet<Book, S>) -> Result<Vec<String>>
where
    S: eager_orm::Shape<Book, Out = Book>,
{
    Ok(books.all(db)?.into_iter().map(|book| book.title).collect())
}

fn up_to(pages: i32) -> QuerySet<Book> {
    Book::objects().filter(|b| b.pages().le(pages))
}

fn from(pages: i32) -> QuerySet<Book> {
    Book::objects().filter(|b| b.pages().ge(pages))
}

#[test]
fn rows_of_two_querysets_are_put_together() -> Result<()> {
    let db = library();
    let by_title = |books: QuerySet<Book>| books.order_by(|b| b.title().desc());
    assert_eq!(
        assert_num_queries!(db, 1, { titles(&db, &by_title(up_to(20).union(from(20))))? }),
        ["B3", "B2", "B1", "B0"]
    );
    assert_eq!(titles(&db, &by_title(up_to(30).intersection(from(20))))?, ["B2", "B1"]);
    assert_eq!(titles(&db, &by_title(up_to(30).difference(from(30))))?, ["B1", "B0"]);
    assert_eq!(up_to(20).union_all(from(20)).count(&db)?, 5);
    assert_eq!(up_to(20).union_all(from(20)).distinct().count(&db)?, 4);
    // From left to right, and what stands in the argument first.
    assert_eq!(titles(&db, &by_title(up_to(30).union(from(40)).difference(from(30))))?, ["B1", "B0"]);
    assert_eq!(titles(&db, &by_title(up_to(30).difference(from(20).difference(from(30)))))?, ["B2", "B0"]);
    Ok(())
}

#[test]
fn members_may_be_ordered_and_cut_off_and_so_may_the_whole() -> Result<()> {
    let db = library();
    let first = || Book::objects().order_by(|b| b.pages()).limit(1);
    let last = || Book::objects().order_by(|b| b.pages().desc()).limit(2);
    let ends = first().union(last());
    assert_eq!(titles(&db, &ends.clone().order_by(|b| b.pages()))?, ["B0", "B2", "B3"]);
    assert_eq!(titles(&db, &ends.clone().order_by(|b| b.pages()).slice(1..3).slice(1..))?, ["B3"]);
    assert_eq!(ends.count(&db)?, 3);
    assert!(ends.exists(&db)?);
    assert_eq!(ends.clone().order_by(|b| b.pages().desc()).first(&db)?.unwrap().title, "B3");
    assert_eq!(ends.clone().order_by(|b| b.pages().desc()).last(&db)?.unwrap().title, "B0");
    // Cut off, and put together once more.
    let cut = ends.order_by(|b| b.pages()).limit(2).union(Book::objects().filter(|b| b.title().eq("B1")));
    assert_eq!(titles(&db, &cut.order_by(|b| b.title()))?, ["B0", "B1", "B2"]);
    Ok(())
}

#[test]
fn values_of_two_models_are_put_together() -> Result<()> {
    let db = library();
    let authors = || Author::objects().values_list(|a| a.name());
    let tags = || Tag::objects().values_list(|t| t.name());
    let names = authors().union(tags()).order_by(|a| a.name());
    assert_eq!(names.all(&db)?, ["Ann", "Bob", "Cay", "t0", "t1", "t2", "t3"]);
    assert_eq!(names.count(&db)?, 7);
    let with_books = Book::objects().values_list(|b| b.author());
    assert_eq!(Author::objects().values_list(|a| a.id()).difference(with_books).all(&db)?, [3]);
    let pairs =
        Author::objects().values_list(|a| (a.id(), a.name())).union(Tag::objects().values_list(|t| (t.id(), t.name())));
    assert_eq!(pairs.count(&db)?, 7);
    let records = Author::objects().values(|a| a.name()).union(Tag::objects().values(|t| t.name())).all(&db)?;
    assert_eq!(records.len(), 7);
    assert!(records.iter().all(|record| record.get("name").is_some()));
    // As many values on both sides, or nothing runs.
    let (found, log) = db.capture(|db| {
        Author::objects().values(|a| a.name()).union(Tag::objects().values(|t| (t.id(), t.name()))).all(db)
    });
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    assert_eq!(log.len(), 0);
    Ok(())
}

#[test]
fn what_is_put_together_stands_in_other_queries() -> Result<()> {
    let db = library();
    let some = up_to(10).values_list(|b| b.id()).union(from(40).values_list(|b| b.id()));
    let reviews = Review::objects().filter(|r| r.book().id().in_(some.clone()));
    assert_eq!(assert_num_queries!(db, 1, { reviews.count(&db)? }), 3);
    assert_eq!(Review::objects().exclude(|r| r.book().id().in_(some)).count(&db)?, 3);
    assert_eq!(up_to(10).union(from(40)).aggregate(&db, |b| b.pages().sum())?, Some(50));
    assert_eq!(up_to(10).union(from(40)).update(&db, |b| b.active().set(true))?, 2);
    let all = up_to(20).union(from(30)).order_by(|b| b.id());
    assert!(all.contains(&db, &all.first(&db)?.unwrap())?);
    let all = all.values_list(|b| b.title()).order_by(|b| b.title());
    assert_eq!(all.all(&db)?, ["B0", "B1", "B2", "B3"]);
    Ok(())
}

#[test]
fn what_is_put_together_is_loaded_with_its_relations() -> Result<()> {
    let db = library();
    let books = up_to(20).select_related(|b| b.author()).prefetch_related(|b| b.tags()).union(from(40));
    let books = assert_num_queries!(db, 2, { books.order_by(|b| b.id()).all(&db)? });
    assert_num_queries!(db, 0, {
        let names: Vec<_> = books.iter().map(|b| b.author.get(&db).unwrap().name.clone()).collect();
        assert_eq!(names, ["Ann", "Bob", "Bob"]);
        assert_eq!(books[0].tags.all(&db)?.len(), 2);
    });
    // Nothing asked for: the rows are peers all the same.
    let books = up_to(20).union(from(40)).all(&db)?;
    assert_num_queries!(db, 1, {
        for book in &books {
            book.author.get(&db)?;
        }
    });
    Ok(())
}

#[test]
fn a_whole_is_not_filtered_and_ordered_by_what_it_selects_only() {
    let db = library();
    let (found, log) = db.capture(|db| {
        [
            up_to(10).union(from(20)).filter(|b| b.active()).all(db).map(drop),
            up_to(10).union(from(20)).order_by(|b| b.author().name()).all(db).map(drop),
            up_to(10).union(from(20)).values_list(|b| b.id()).order_by(|b| b.title()).all(db).map(drop),
            up_to(10).union(from(20)).cursor_page(db, 3).map(drop),
        ]
    });
    assert!(found.iter().all(|found| matches!(found, Err(Error::Misuse { .. }))), "{found:?}");
    assert_eq!(log.len(), 0);
}

#[test]
fn conditions_of_two_querysets_are_joined() -> Result<()> {
    let db = library();
    let by_title = |books: QuerySet<Book>| books.order_by(|b| b.title());
    assert_eq!(titles(&db, &by_title(up_to(30) & from(20)))?, ["B1", "B2"]);
    assert_eq!(titles(&db, &by_title(up_to(10) | from(40)))?, ["B0", "B3"]);
    assert_eq!(titles(&db, &by_title(up_to(30) ^ from(20)))?, ["B0", "B3"]);
    assert_eq!(titles(&db, &by_title(Book::objects() & up_to(10)))?, ["B0"]);
    assert_eq!((Book::objects() | up_to(10)).count(&db)?, 4);
    assert_eq!((Book::objects().none() | up_to(10)).count(&db)?, 1);
    assert_num_queries!(db, 0, {
        assert_eq!((up_to(10) & Book::objects().none()).count(&db)?, 0);
    });
    // What each said of related rows stays its own.
    let reviewed = |stars: i32| Book::objects().filter(|b| b.reviews().stars().eq(stars));
    assert_eq!(titles(&db, &by_title(reviewed(1) & reviewed(3)))?, ["B3"]);
    assert_eq!(titles(&db, &by_title(reviewed(3) | reviewed(2)))?, ["B2", "B3"]);
    // It can be filtered on.
    assert_eq!(titles(&db, &(up_to(10) | from(40)).filter(|b| b.active()))?, ["B0"]);
    let cut = (up_to(30).limit(1) & from(20)).count(&db);
    assert!(matches!(cut, Err(Error::Misuse { .. })), "{cut:?}");
    Ok(())
}

#[test]
fn a_slice_of_a_slice_is_a_part_of_it() -> Result<()> {
    let db = empty();
    Tag::objects().bulk_create((0..30).map(|n| Tag::create().name(format!("{n}")))).run(&db)?;
    let all: Vec<i64> = (1..=30).collect();
    let tags = || Tag::objects().order_by(|t| t.id());
    for (a, b, c, d) in
        [(10, 20, 5, 8), (0, 5, 3, 9), (5, 5, 0, 1), (25, 40, 2, 3), (3, 30, 0, 30), (4, 8, 4, 6), (9, 3, 0, 2)]
    {
        let cut = |from: usize, to: usize, all: &[i64]| all.iter().copied().take(to).skip(from).collect::<Vec<_>>();
        let expected = cut(c, d, &cut(a, b, &all));
        let keys = |tags: QuerySet<Tag>| tags.values_list(|t| t.id()).all(&db);
        let (u, v, w, x) = (a as u64, b as u64, c as u64, d as u64);
        assert_eq!(keys(tags().slice(u..v).slice(w..x))?, expected, "{a}..{b} of {c}..{d}");
        if v > 0 && x > 0 {
            assert_eq!(keys(tags().slice(u..=v - 1).slice(w..=x - 1))?, expected);
        }
        assert_eq!(keys(tags().slice(u..).slice(..x))?, cut(0, d, &cut(a, 99, &all)));
    }
    assert_num_queries!(db, 0, { assert_eq!(tags().slice(5..5).all(&db)?.len(), 0) });
    Ok(())
}

#[test]
fn earliest_latest_and_contains() -> Result<()> {
    let db = library();
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().earliest(&db, |b| b.price())? }).title, "B0");
    assert_eq!(Book::objects().latest(&db, |b| (b.active(), b.pages()))?.title, "B2");
    assert!(Book::objects().filter(|b| b.pages().gt(99)).latest(&db, |b| b.id()).unwrap_err().is_does_not_exist());
    assert!(matches!(Book::objects().limit(2).latest(&db, |b| b.id()), Err(Error::Misuse { .. })));
    let book = Book::objects().earliest(&db, |b| b.id())?;
    assert!(assert_num_queries!(db, 1, { up_to(10).contains(&db, &book)? }));
    assert!(!from(20).contains(&db, &book)?);
    assert!(!Book::objects().order_by(|b| b.id().desc()).limit(2).contains(&db, &book)?);
    assert!(Book::objects().order_by(|b| b.id().desc()).limit(4).contains(&db, &book)?);
    assert_num_queries!(db, 0, { assert!(!Book::objects().none().contains(&db, &book)?) });
    Ok(())
}

#[test]
fn a_whole_may_be_ordered_by_an_aggregate_or_a_key_that_it_selects() -> Result<()> {
    let db = library();
    let counted =
        |name: &str| Author::objects().filter(|a| a.name().eq(name)).values_list(|a| (a.name(), a.books().count()));
    let both = counted("Cay").union(counted("Ann")).order_by(|a| (a.books().count().desc(), a.name()));
    assert_eq!(both.all(&db)?, [("Ann".to_owned(), 2), ("Cay".to_owned(), 0)]);
    let pair = |country: &str| Author::objects().filter(|a| a.country().eq(country)).annotate(|a| a.books().count());
    let rows = pair("DE").union(pair("US")).order_by(|a| a.books().count()).all(&db)?;
    assert_eq!(rows.iter().map(|(a, n)| (a.name.as_str(), *n)).collect::<Vec<_>>(), [("Cay", 0), ("Ann", 2)]);
    let grouped =
        |low: i32| Review::objects().filter(|r| r.stars().ge(low)).values_list(|r| r.stars()).annotate(|_| count());
    let united = grouped(3).union(grouped(2)).order_by(|r| r.stars().desc());
    assert_eq!(united.all(&db)?, [(3, 1), (2, 2)]);
    assert_num_queries!(db, 0, {
        assert_eq!(Book::objects().none().union(Book::objects().none()).all(&db)?.len(), 0);
        assert_eq!(up_to(10).intersection(Book::objects().none()).count(&db)?, 0);
    });
    Ok(())
}
