//! Aggregates under random conditions, each compared with what plain Rust counts: beside each row, over groups, over the
//! whole query, and inside of conditions. A query with aggregates is one statement.

use std::collections::BTreeMap;

use eager_orm::Result;

use crate::random_conditions::{Rows, Tree, rows};
use crate::support::*;
use eager_orm::prelude::*;

/// The sum, or None of nothing: NULL.
fn sum(numbers: impl IntoIterator<Item = i64>) -> Option<i64> {
    numbers.into_iter().fold(None, |sum, number| Some(sum.unwrap_or(0) + number))
}

fn stars(rows: &Rows, book: &Book) -> Vec<i64> {
    rows.reviews_of(book).iter().map(|review| i64::from(review.stars)).collect()
}

#[test]
fn aggregates_beside_each_row_count_what_plain_rust_counts() -> Result<()> {
    let (db, rows) = rows()?;
    let mut random = Random::new(11);
    for round in 0..150 {
        let tree = Tree::random(&mut random, round % 4);
        let found = assert_num_queries!(db, 1, {
            Book::objects()
                .filter(|b| tree.cond(&b))
                .order_by(|b| b.id())
                .annotate(|b| {
                    (
                        b.reviews().count(),
                        b.reviews().stars().sum(),
                        b.tags().count(),
                        b.author().books().count(),
                        b.tags().books().count(),
                        b.reviews().user().key().count(),
                        b.reviews().stars().max().filter(b.reviews().stars().lt(4)),
                        b.tags().books().id().count_distinct(),
                    )
                })
                .all(&db)?
        });
        let expected = rows.books.iter().filter(|book| rows.holds(&tree, book)).map(|book| {
            let (stars, tags) = (stars(&rows, book), rows.tags_of(book));
            let mut behind: Vec<i64> = tags.iter().flat_map(|tag| rows.books_of(tag)).map(|book| book.id).collect();
            let pairs = behind.len() as i64;
            behind.sort_unstable();
            behind.dedup();
            (
                stars.len() as i64,
                sum(stars.iter().copied()),
                tags.len() as i64,
                rows.books.iter().filter(|other| other.author == book.author).count() as i64,
                pairs,
                rows.reviews_of(book).iter().filter(|review| review.user.is_some()).count() as i64,
                stars.iter().filter(|stars| **stars < 4).max().map(|stars| *stars as i32),
                behind.len() as i64,
            )
        });
        let expected: Vec<_> = expected.collect();
        let values: Vec<_> = found.into_iter().map(|(_, values)| values).collect();
        assert_eq!(values, expected, "round {round}: {tree:?}");
    }
    Ok(())
}

#[test]
fn aggregates_over_groups_and_over_everything_count_what_plain_rust_counts() -> Result<()> {
    let (db, rows) = rows()?;
    let mut random = Random::new(12);
    for round in 0..150 {
        let tree = Tree::random(&mut random, round % 4);
        let holding: Vec<&Book> = rows.books.iter().filter(|book| rows.holds(&tree, book)).collect();
        let query = || Book::objects().filter(|b| tree.cond(&b));
        let values = |books: &[&Book]| {
            (
                books.len() as i64,
                sum(books.iter().map(|book| i64::from(book.pages))),
                books.iter().map(|book| rows.reviews_of(book).len() as i64).sum::<i64>(),
                sum(books.iter().flat_map(|book| stars(&rows, book))),
                books.iter().map(|book| rows.tags_of(book).len() as i64).sum::<i64>(),
            )
        };
        let mut groups: BTreeMap<Option<&str>, Vec<&Book>> = BTreeMap::new();
        for book in &holding {
            groups.entry(rows.author_of(book).country.as_deref()).or_default().push(book);
        }
        let found = assert_num_queries!(db, 1, {
            query()
                .values_list(|b| b.author().country())
                .annotate(|b| {
                    (b.id().count(), b.pages().sum(), b.reviews().count(), b.reviews().stars().sum(), b.tags().count())
                })
                .order_by(|b| b.author().country())
                .all(&db)?
        });
        let expected: Vec<_> =
            groups.iter().map(|(country, books)| (country.map(str::to_owned), values(books))).collect();
        assert_eq!(found, expected, "groups, round {round}: {tree:?}");
        let whole = assert_num_queries!(db, 1, {
            query().aggregate(&db, |b| {
                (b.id().count(), b.pages().sum(), b.reviews().count(), b.reviews().stars().sum(), b.tags().count())
            })?
        });
        assert_eq!(whole, values(&holding), "everything, round {round}: {tree:?}");
    }
    Ok(())
}

#[test]
fn aggregates_inside_of_conditions_hold_as_plain_rust_says() -> Result<()> {
    let (db, rows) = rows()?;
    let mut random = Random::new(13);
    for round in 0..200 {
        let tree = Tree::random(&mut random, round % 4);
        let (few, pages) = (random.below(3) as i64, random.below(200) as i64);
        let found = |query: QuerySet<Book>| -> Result<Vec<i64>> {
            let query = query.order_by(|b| b.id()).values_list(|b| b.id());
            Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
        };
        let expected = |holds: &dyn Fn(&Book) -> bool| -> Vec<i64> {
            rows.books.iter().filter(|book| holds(book)).map(|book| book.id).collect()
        };
        let many = |b: &Fields<Book>| b.reviews().count().gt(few);
        let has_many = |book: &Book| rows.reviews_of(book).len() as i64 > few;
        let long = |b: &Fields<Book>| b.author().books().pages().sum().lt(pages);
        let is_long = |book: &Book| {
            let siblings = rows.books.iter().filter(|other| other.author == book.author);
            sum(siblings.map(|book| i64::from(book.pages))).is_some_and(|sum| sum < pages)
        };
        let told = format!("round {round}: {few} {pages} {tree:?}");
        let query = Book::objects().filter(|b| tree.cond(&b) & many(&b));
        assert_eq!(found(query)?, expected(&|b| rows.holds(&tree, b) && has_many(b)), "and, {told}");
        let query = Book::objects().filter(|b| many(&b) | tree.cond(&b));
        assert_eq!(found(query)?, expected(&|b| rows.holds(&tree, b) || has_many(b)), "or, {told}");
        let query = Book::objects().exclude(|b| tree.cond(&b) & many(&b) & long(&b));
        let none = expected(&|b| !(rows.holds(&tree, b) && has_many(b) && is_long(b)));
        assert_eq!(found(query)?, none, "exclude, {told}");
        let query = Book::objects().filter(|b| (tree.cond(&b) ^ long(&b)) & !many(&b));
        let either = expected(&|b| (rows.holds(&tree, b) != is_long(b)) && !has_many(b));
        assert_eq!(found(query)?, either, "xor, {told}");
        let authors = Author::objects()
            .filter(|a| a.books().any(|b| tree.cond(&b) & many(&b)))
            .order_by(|a| a.id())
            .values_list(|a| a.id());
        let of_books = |author: &&Author| {
            let mut books = rows.books.iter().filter(|book| *book.author.key() == author.id);
            books.any(|book| rows.holds(&tree, book) && has_many(book))
        };
        let expected: Vec<i64> = rows.authors.iter().filter(of_books).map(|author| author.id).collect();
        assert_eq!(assert_num_queries!(db, 1, { authors.all(&db)? }), expected, "any, {told}");
    }
    Ok(())
}
