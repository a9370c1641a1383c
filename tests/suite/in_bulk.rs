//! Rows by the values of a unique field, and updates that read related rows.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

#[test]
fn rows_are_known_by_a_unique_field() -> Result<()> {
    let db = library();
    let tags =
        assert_num_queries!(db, 1, { Tag::objects().in_bulk_by(&db, |t| t.name(), ["t0", "t2", "gone", "t0"])? });
    assert_eq!((tags.len(), tags["t0"].id, tags["t2"].id), (2, 1, 3));
    let tags = assert_num_queries!(db, 2, {
        Tag::objects().prefetch_related(|t| t.books()).in_bulk_by(&db, |t| t.name(), vec!["t0".to_owned()])?
    });
    assert_eq!(tags["t0"].books.loaded().map(<[Book]>::len), Some(2));
    assert_num_queries!(db, 0, { assert!(Tag::objects().in_bulk_by(&db, |t| t.name(), [""; 0])?.is_empty()) });
    assert_eq!(Tag::objects().filter(|t| t.id().gt(1)).in_bulk_by(&db, |t| t.name(), ["t0", "t1"])?.len(), 1);
    Ok(())
}

#[test]
fn a_field_that_is_not_unique_is_refused() -> Result<()> {
    let db = library();
    let error = assert_num_queries!(db, 0, { Author::objects().in_bulk_by(&db, |a| a.country(), ["US"]).unwrap_err() });
    assert!(matches!(error, Error::Misuse { .. }), "{error}");
    Ok(())
}

#[test]
fn an_update_reads_columns_of_related_rows() -> Result<()> {
    let db = library();
    let named = |db: &Database| Book::objects().order_by(|b| b.id()).values_list(|b| b.title()).all(db);
    let changed = assert_num_queries!(db, 1, {
        Book::objects()
            .filter(|b| b.author().name().eq("Ann") | b.id().eq(2))
            .update(&db, |b| b.title().set(concat((b.author().name(), "/", b.publisher().name(), "/", b.title()))))?
    });
    assert_eq!((changed, named(&db)?), (3, ["Ann/Ace/B0", "Bob//B1", "Ann/Bat/B2", "B3"].map(String::from).to_vec()));
    // Beside values of the row itself, and of its own related rows.
    Book::objects().update(&db, |b| {
        (
            b.pages().set(b.author().age().coalesce(0) + b.pages()),
            b.price().set(b.reviews().stars().avg().coalesce(0.0)),
        )
    })?;
    let pages = Book::objects().order_by(|b| b.id()).values_list(|b| (b.pages(), b.price())).all(&db)?;
    assert_eq!(pages, [(40, 0.0), (20, 1.0), (60, 1.5), (40, 2.0)]);
    Ok(())
}
