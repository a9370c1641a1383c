//! Window functions: values of a row among others, selected, ordered by, and filtered on from outside.

use std::ops::Bound;

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

#[test]
fn rows_are_numbered_and_ranked_within_a_partition() -> Result<()> {
    let db = library();
    let by_author = |b: &Fields<Book>| window().partition_by(b.author()).order_by(b.pages().desc());
    let rows: Vec<(String, i64, i64)> = assert_num_queries!(db, 1, {
        Book::objects()
            .order_by(|b| b.id())
            .values_list(|b| {
                (b.title(), row_number().over(by_author(&b)), count().over(window().partition_by(b.author())))
            })
            .all(&db)?
    });
    let expected = [("B0", 2, 2), ("B1", 2, 2), ("B2", 1, 2), ("B3", 1, 2)];
    assert_eq!(rows, expected.map(|(title, number, of)| (title.to_owned(), number, of)));
    let ranks: Vec<(i64, i64, f64, f64, i64)> = Review::objects()
        .order_by(|r| r.id())
        .values_list(|r| {
            let stars = || window().order_by(r.stars());
            (
                rank().over(stars()),
                dense_rank().over(stars()),
                percent_rank().over(stars()),
                cume_dist().over(stars()),
                ntile(2).over(stars()),
            )
        })
        .all(&db)?;
    assert_eq!(ranks[0], (1, 1, 0.0, 0.5, 1));
    assert_eq!(ranks[2], (4, 2, 0.6, 5.0 / 6.0, 2));
    assert_eq!(ranks[5], (6, 3, 1.0, 1.0, 2));
    Ok(())
}

#[test]
fn values_of_other_rows_are_null_where_there_is_none() -> Result<()> {
    let db = library();
    let rows: Vec<(Option<i32>, Option<i32>, Option<i32>, Option<i32>, Option<i32>)> = Book::objects()
        .order_by(|b| b.id())
        .values_list(|b| {
            let all = || window().order_by(b.id()).rows(..);
            (
                b.pages().lag(1).over(window().order_by(b.id())),
                b.pages().lead(2).over(window().order_by(b.id())),
                b.pages().first_value().over(all()),
                b.pages().last_value().over(all()),
                b.pages().nth_value(9).over(all()),
            )
        })
        .all(&db)?;
    assert_eq!(rows[0], (None, Some(30), Some(10), Some(40), None));
    assert_eq!(rows[3], (Some(30), None, Some(10), Some(40), None));
    Ok(())
}

#[test]
fn frames_bound_the_rows_an_aggregate_sees() -> Result<()> {
    let db = library();
    let sums = |framed: fn(&Fields<Book>) -> Expr<Book, Option<i64>>| {
        Book::objects().order_by(|b| b.id()).values_list(|b| framed(&b)).all(&db)
    };
    let some = |sums: [i64; 4]| sums.map(Some);
    assert_eq!(sums(|b| b.pages().sum().over(window().order_by(b.id())))?, some([10, 30, 60, 100]));
    assert_eq!(sums(|b| b.pages().sum().over(window().order_by(b.id()).rows(-1..=1)))?, some([30, 60, 90, 70]));
    assert_eq!(sums(|b| b.pages().sum().over(window().order_by(b.id()).rows(0..)))?, some([100, 90, 70, 40]));
    assert_eq!(
        sums(|b| b.pages().sum().over(window().order_by(b.id()).rows(-1..0)))?,
        [None, Some(10), Some(20), Some(30)]
    );
    assert_eq!(sums(|b| b.pages().sum().over(window().order_by(b.pages()).range(-10..=0)))?, some([10, 30, 50, 70]));
    assert_eq!(sums(|b| b.pages().sum().over(window().order_by(b.author()).groups(0..=0)))?, some([40, 60, 40, 60]));
    Ok(())
}

#[test]
fn a_filter_on_a_window_sees_the_rows_from_outside() -> Result<()> {
    let db = library();
    let number = |b: &Fields<Book>| row_number().over(window().partition_by(b.author()).order_by(b.pages().desc()));
    let longest = Book::objects().filter(|b| number(&b).eq(1)).order_by(|b| b.title());
    let titles: Vec<String> = assert_num_queries!(db, 1, { longest.all(&db)? }).into_iter().map(|b| b.title).collect();
    assert_eq!(titles, ["B2", "B3"]);
    // The window is of the rows the other conditions leave, whichever comes first.
    let active = Book::objects().filter(|b| number(&b).eq(1)).filter(|b| b.pages().lt(30)).order_by(|b| b.id());
    assert_eq!(active.values_list(|b| b.title()).all(&db)?, ["B0", "B1"]);
    // Part of a larger condition, in every terminal method, and with what comes along.
    let some = Book::objects().filter(|b| number(&b).eq(1) | b.title().eq("B0")).select_related(|b| b.author());
    assert_num_queries!(db, 1, {
        let books = some.clone().order_by(|b| b.id().desc()).all(&db)?;
        assert_eq!(books.iter().map(|b| b.title.as_str()).collect::<Vec<_>>(), ["B3", "B2", "B0"]);
        assert_eq!(books[0].author.get(&db)?.name, "Bob");
    });
    assert_eq!(some.count(&db)?, 3);
    assert!(some.exists(&db)?);
    assert_eq!(some.clone().order_by(|b| b.id()).limit(1).offset(1).all(&db)?[0].title, "B2");
    assert_eq!(some.aggregate(&db, |b| b.pages().sum())?, Some(80));
    assert!(longest.contains(&db, &longest.clone().first(&db)?.unwrap())?);
    // In another query, and as the rows of an update and a delete.
    let keys = longest.clone().values_list(|b| b.id());
    assert_eq!(Book::objects().filter(|b| b.id().in_(keys)).count(&db)?, 2);
    assert_eq!(longest.update(&db, |b| b.active().set(true))?, 2);
    assert_eq!(longest.delete(&db)?.per_model.iter().find(|(model, _)| model == "Book").unwrap().1, 2);
    Ok(())
}

#[test]
fn a_window_runs_over_groups() -> Result<()> {
    let db = library();
    let groups: Vec<(i64, (i64, i64))> = Review::objects()
        .values_list(|r| r.book())
        .annotate(|r| r.id().count())
        .order_by(|r| r.book())
        .values_list(|r| (r.book(), r.id().count(), rank().over(window().order_by(r.id().count().desc()))))
        .all(&db)?
        .into_iter()
        .map(|(book, reviews, rank)| (book, (reviews, rank)))
        .collect();
    assert_eq!(groups, [(2, (1, 3)), (3, (2, 2)), (4, (3, 1))]);
    // Beside each row, over an aggregate of it.
    let books: Vec<(i64, i64)> = Book::objects()
        .order_by(|b| b.id())
        .values_list(|b| (b.id(), rank().over(window().order_by(b.reviews().count().desc()))))
        .all(&db)?;
    assert_eq!(books, [(1, 4), (2, 3), (3, 2), (4, 1)]);
    Ok(())
}

#[test]
fn a_part_of_a_relation_may_be_cut_by_a_window() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 2, {
        Author::objects()
            .prefetch_related(|a| {
                let long =
                    |b: &Fields<Book>| row_number().over(window().partition_by(b.author()).order_by(b.pages().desc()));
                a.books().filter(|b| long(&b).eq(1)).to(|a| a.long_books())
            })
            .all(&db)?
    });
    let long = |author: &Author| author.long_books.get().unwrap().iter().map(|b| b.title.clone()).collect::<Vec<_>>();
    assert_eq!(authors.iter().map(long).collect::<Vec<_>>(), [vec!["B2"], vec!["B3"], vec![]]);
    Ok(())
}

#[test]
fn what_has_no_meaning_over_a_window_is_refused() {
    let db = library();
    let (found, log) = db.capture(|db| {
        [
            Book::objects().values_list(|b| (b.pages().sum() + 1).over(window())).all(db).map(drop),
            Author::objects()
                .filter(|a| a.books().any(|b| row_number().over(window().order_by(b.id())).eq(1)))
                .all(db)
                .map(drop),
        ]
    });
    assert!(found.iter().all(|found| matches!(found, Err(Error::Misuse { .. }))), "{found:?}");
    assert_eq!(log.len(), 0);
}

#[test]
fn a_window_without_meaning_is_refused_before_anything_runs() {
    let db = library();
    let windows: [fn(&Fields<Book>) -> Expr<Book, Option<i64>>; 3] = [
        |b| b.id().nth_value(0).over(window().order_by(b.id())),
        |b| b.id().sum().over(window().order_by(b.id()).rows((Bound::Included(2), Bound::Included(0)))),
        |b| b.id().lag(1).over(window().order_by(b.id()).groups(1..1)),
    ];
    let (found, log) = db.capture(|db| {
        let mut found: Vec<_> =
            windows.iter().map(|w| Book::objects().values_list(|b| w(&b)).all(db).map(drop)).collect();
        found.push(Book::objects().values_list(|b| ntile(0).over(window().order_by(b.id()))).all(db).map(drop));
        found
    });
    assert!(found.iter().all(|found| matches!(found, Err(Error::Misuse { .. }))), "{found:?}");
    assert_eq!(log.len(), 0);
}

#[test]
fn a_condition_beside_one_on_a_window_is_on_the_rows_it_sees() -> Result<()> {
    let db = library();
    let number = |b: &Fields<Book>| row_number().over(window().partition_by(b.author()).order_by(b.pages().desc()));
    let one_call = Book::objects().filter(|b| number(&b).eq(1) & b.pages().lt(30)).order_by(|b| b.id());
    let two_calls = Book::objects().filter(|b| b.pages().lt(30)).filter(|b| number(&b).eq(1)).order_by(|b| b.id());
    let titles = |books: QuerySet<Book>| books.values_list(|b| b.title()).all(&db);
    assert_eq!(titles(one_call)?, ["B0", "B1"]);
    assert_eq!(titles(two_calls)?, ["B0", "B1"]);
    let grouped = Book::objects().values_list(|b| number(&b)).annotate(|_| count()).all(&db);
    assert!(matches!(grouped, Err(Error::Misuse { .. })), "{grouped:?}");
    Ok(())
}
