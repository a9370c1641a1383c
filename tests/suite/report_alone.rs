//! The report finds what is loaded one by one although rows are peers: of rows that have left them, and by calls for one
//! row after the other. Each suggestion is followed by the program that follows it.

use eager_orm::{FindingKind, Result};

use crate::support::*;
use eager_orm::prelude::*;

fn books() -> QuerySet<Book> {
    Book::objects().defer(|b| b.summary())
}

const FIRST: &str = "before they are read: after `refresh`, and after a write to a relation, a row loads for itself";

/// All books, each with another author than it had.
fn moved(db: &Database) -> Result<Vec<Book>> {
    let mut rows = books().all(db)?;
    for book in &mut rows {
        book.author.set(3 - *book.author.key());
    }
    Ok(rows)
}

#[test]
fn keys_that_were_set() -> Result<()> {
    let db = library();
    let finding = only(&db, |db| moved(db)?.iter().try_for_each(|book| book.author.get(db).map(drop)));
    assert_eq!((finding.kind, &*finding.what, finding.times), (FindingKind::OneByOne, "Book.author", 4));
    assert_eq!(finding.fix, format!("call `prefetch_related_objects(&db, &rows, |b| b.author())` {FIRST}"));
    assert_no_findings!(db, {
        let rows = moved(&db)?;
        prefetch_related_objects(&db, &rows, |b| b.author())?;
        rows.iter().try_for_each(|book| book.author.get(&db).map(drop))?;
    });
    Ok(())
}

#[test]
fn what_hangs_on_keys_that_were_set() -> Result<()> {
    let db = library();
    let found = findings(&db, |db| {
        for book in moved(db)? {
            book.author.get(db)?.books.all(db)?;
        }
        Ok(())
    });
    let fixes: Vec<&str> = found.iter().map(|finding| &*finding.fix).collect();
    let call = |path: &str| format!("call `prefetch_related_objects(&db, &rows, |b| b.{path})` {FIRST}");
    assert_eq!(fixes, [call("author()"), call("author().books()")]);
    Ok(())
}

#[test]
fn relations_that_were_written() -> Result<()> {
    let db = library();
    let tagged = |db: &Database| -> Result<Vec<Book>> {
        let mut rows = books().all(db)?;
        for book in &mut rows {
            book.tags.add(db, [4])?;
        }
        Ok(rows)
    };
    let finding = only(&db, |db| tagged(db)?.iter().try_for_each(|book| book.tags.all(db).map(drop)));
    assert_eq!((&*finding.what, finding.times), ("Book.tags", 4));
    assert_eq!(finding.fix, format!("call `prefetch_related_objects(&db, &rows, |b| b.tags())` {FIRST}"));
    assert_no_findings!(db, {
        let rows = tagged(&db)?;
        prefetch_related_objects(&db, &rows, |b| b.tags())?;
        rows.iter().try_for_each(|book| book.tags.all(&db).map(drop))?;
    });
    // What is written and read in turn cannot be loaded at once.
    assert_no_findings!(db, {
        for book in &mut books().all(&db)? {
            book.tags.remove(&db, [4])?;
            book.tags.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn rows_that_were_refreshed() -> Result<()> {
    let db = library();
    let refreshed = |db: &Database| -> Result<Vec<Book>> {
        let mut rows = books().all(db)?;
        rows.iter_mut().try_for_each(|book| book.refresh(db))?;
        Ok(rows)
    };
    let finding = only(&db, |db| refreshed(db)?.iter().try_for_each(|book| book.reviews.all(db).map(drop)));
    assert_eq!((&*finding.what, finding.times), ("Book.reviews", 4));
    assert_eq!(finding.fix, format!("call `prefetch_related_objects(&db, &rows, |b| b.reviews())` {FIRST}"));
    assert_no_findings!(db, {
        let rows = refreshed(&db)?;
        prefetch_related_objects(&db, &rows, |b| b.reviews())?;
        rows.iter().try_for_each(|book| book.reviews.all(&db).map(drop))?;
    });
    Ok(())
}

#[test]
fn what_a_refresh_reads_again_is_no_finding_of_the_refresh() -> Result<()> {
    let db = library();
    assert_no_findings!(db, {
        for book in &mut Book::objects().all(&db)? {
            assert!(!book.summary.get(&db)?.is_empty());
            book.refresh(&db)?;
        }
    });
    Ok(())
}

#[test]
fn rows_in_hand_that_are_loaded_in_one_call_after_the_other() -> Result<()> {
    let db = library();
    let line = line!() + 2;
    let finding = only(&db, |db| {
        let load = |book: &Book| prefetch_related_objects(db, [book], |b| (b.reviews().user(), b.reviews()));
        for book in books().all(db)? {
            load(&book)?;
            book.reviews.all(db)?.iter().try_for_each(|review| review.user.get(db).map(drop))?;
        }
        Ok(())
    });
    assert_eq!((finding.kind, &*finding.what, finding.times), (FindingKind::OneByOne, "Book.reviews", 4));
    assert_eq!((finding.query.line(), &*finding.fix), (line, "call `prefetch_related_objects` once, for all rows"));
    assert_no_findings!(db, {
        // In parts, and for rows of several results.
        let rows = books().all(&db)?;
        for part in rows.chunks(2) {
            prefetch_related_objects(&db, part, |b| b.reviews())?;
            part.iter().try_for_each(|book| book.reviews.all(&db).map(drop))?;
        }
        for key in 1..=4 {
            let book = books().find(&db, key)?;
            prefetch_related_objects(&db, [&book], |b| b.reviews())?;
            book.reviews.all(&db)?;
        }
    });
    Ok(())
}

#[test]
fn a_function_that_creates_a_row_and_reads_it_may_be_called_again() -> Result<()> {
    let db = eager_orm::DatabaseBuilder::in_memory().fetch_mode(FetchMode::One).open()?;
    create_tables(&db);
    fill(&db);
    let review = |text: &str| -> Result<usize> {
        let review = Review::create().stars(3).text(text).book(1).save(&db)?;
        Ok(review.book.get(&db)?.title.len())
    };
    assert_no_findings!(db, { assert_eq!(review("one")? + review("two")?, 4) });
    Ok(())
}

#[test]
fn a_statement_that_runs_again_for_several_values_is_one_finding_of_its_line() -> Result<()> {
    let db = library();
    let finding = only(&db, |db| {
        for book in books().all(db)? {
            Author::objects().find(db, *book.author.key())?;
        }
        Ok(())
    });
    assert_eq!((finding.kind, finding.times), (FindingKind::SameAgain, 4));
    assert_eq!(finding.fix, "keep the first answer for each of the values");
    Ok(())
}
