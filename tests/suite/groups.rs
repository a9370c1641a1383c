//! Aggregates over groups, and windows over them.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

#[test]
fn groups_are_counted_and_their_aggregates_aggregated_in_one_statement() -> Result<()> {
    let db = library();
    let publishers = Book::objects().values_list(|b| b.publisher()).annotate(|b| b.pages().sum());
    // Ace has 50 pages, Bat 30, nobody 20.
    let found = assert_num_queries!(db, 1, {
        publishers.aggregate(&db, |b| {
            let pages = b.pages().sum();
            (count(), pages.sum(), pages.avg(), pages.max() - pages.min(), b.publisher().key().count())
        })?
    });
    assert_eq!(found, (3, Some(100), Some(100.0 / 3.0), Some(30), 2));
    Ok(())
}

#[test]
fn a_filter_narrows_rows_groups_or_what_is_aggregated() -> Result<()> {
    let db = library();
    let pages = |b: &Fields<Book>| b.pages().sum();
    let publishers = Book::objects().values_list(|b| b.publisher().name()).annotate(|b| pages(&b));
    let large = publishers.clone().filter(|b| pages(&b).gt(25));
    assert_eq!(large.aggregate(&db, |b| (count(), pages(&b).min()))?, (2, Some(30)));
    let known = Book::objects().filter(|b| b.publisher().key().is_not_null());
    let known = known.values_list(|b| b.publisher().name()).annotate(|b| pages(&b));
    assert_eq!(known.aggregate(&db, |b| pages(&b).min())?, Some(30));
    let some = publishers.aggregate(&db, |b| {
        (count().filter(pages(&b).lt(40)), pages(&b).sum().filter(!b.publisher().name().eq("Ace")))
    })?;
    assert_eq!(some, (2, Some(50)));
    Ok(())
}

#[test]
fn groups_of_related_rows_and_groups_that_are_cut_off() -> Result<()> {
    let db = library();
    let authors = Book::objects().values_list(|b| b.author().name()).annotate(|b| b.reviews().count());
    // Bob's books have four reviews, Ann's two.
    assert_eq!(authors.aggregate(&db, |b| (b.reviews().count().max(), b.reviews().count().min()))?, (Some(4), Some(2)));
    let first = authors.clone().order_by(|b| b.author().name()).limit(1);
    assert_eq!(first.aggregate(&db, |b| (count(), b.reviews().count().sum()))?, (1, Some(2)));
    let records = Book::objects().values(|b| b.author().name()).annotate(|b| b.id().count().named("books"));
    assert_eq!(records.aggregate(&db, |b| b.id().count().avg())?, Some(2.0));
    Ok(())
}

#[test]
fn of_no_groups_there_is_nothing() -> Result<()> {
    let db = library();
    let none = Book::objects().none().values_list(|b| b.author()).annotate(|b| b.pages().sum());
    let found = assert_num_queries!(db, 0, {
        none.aggregate(&db, |b| (count(), b.pages().sum().max(), b.pages().sum().sum().default(7)))?
    });
    assert_eq!(found, (0, None, 7));
    let long = Book::objects().filter(|b| b.pages().gt(99)).values_list(|b| b.author()).annotate(|b| b.pages().sum());
    let found = assert_num_queries!(db, 1, {
        long.aggregate(&db, |b| (count(), b.pages().sum().max(), b.pages().sum().sum().default(7)))?
    });
    assert_eq!(found, (0, None, 7));
    Ok(())
}

#[test]
fn what_is_not_one_value_of_a_group_is_refused() -> Result<()> {
    let db = library();
    let authors = Book::objects().values_list(|b| b.author()).annotate(|b| b.pages().sum());
    let error = assert_num_queries!(db, 0, { authors.aggregate(&db, |b| b.pages().max()).unwrap_err() });
    assert!(matches!(error, Error::Misuse { .. }), "{error}");
    let error = authors.clone().distinct().aggregate(&db, |b| b.pages().sum().max()).unwrap_err();
    assert!(matches!(error, Error::Misuse { .. }), "{error}");
    let ranked = authors.values_list(|b| (b.author(), rank().over(window().order_by(b.pages())))).all(&db).unwrap_err();
    assert!(matches!(ranked, Error::Misuse { .. }), "{ranked}");
    Ok(())
}

#[test]
fn windows_see_the_groups() -> Result<()> {
    let db = library();
    let rows = Book::objects()
        .values_list(|b| b.publisher().name())
        .annotate(|b| b.pages().sum())
        .values_list(|b| {
            let pages = b.pages().sum();
            let place = rank().over(window().order_by(pages.desc()));
            (b.publisher().name(), place, pages.clone(), pages.clone() * 100 / pages.sum().over(window()))
        })
        .order_by(|b| b.pages().sum())
        .all(&db)?;
    let row = |name: Option<&str>, place, pages, share| (name.map(String::from), place, Some(pages), Some(share));
    assert_eq!(rows, [row(None, 3, 20, 20), row(Some("Bat"), 2, 30, 30), row(Some("Ace"), 1, 50, 50)]);
    Ok(())
}
