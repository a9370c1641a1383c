//! Aggregates: over relations beside each row, over groups, over the whole query; two of them never multiply each other.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

/// Authors A1 (30), A2 (no age), A3 (50); books B0..B3 of 10..40 pages by A1, A2, A1, A2; tags t0..t2 on B0 {t0, t1},
/// B1 {t0}, B2 {t2}; book i has reviews of 1..=i stars.
fn shelf() -> Result<Database> {
    let db = empty();
    for (name, age) in [("A1", Some(30)), ("A2", None), ("A3", Some(50))] {
        Author::create().name(name).age(age).save(&db)?;
    }
    let tags = Tag::objects().bulk_create(["t0", "t1", "t2"].map(|name| Tag::create().name(name))).run(&db)?;
    for i in 0..4_i32 {
        let book = Book::create().title(format!("B{i}")).author(i64::from(i % 2) + 1).pages((i + 1) * 10);
        let mut book = book.price(f64::from(i) + 0.5).summary("").save(&db)?;
        for stars in 1..=i {
            Review::create().stars(stars).text("x").book(&book).save(&db)?;
        }
        match i {
            0 => book.tags.add(&db, &tags[..2])?,
            1 => book.tags.add(&db, &tags[..1])?,
            2 => book.tags.add(&db, &tags[2..])?,
            _ => 0,
        };
    }
    Ok(db)
}

#[test]
fn an_aggregate_over_a_relation_is_one_value_a_row() -> Result<()> {
    let db = shelf()?;
    let authors = Author::objects().annotate(|a| (a.books().count(), a.books().pages().sum(), a.books().pages().avg()));
    let authors = assert_num_queries!(db, 1, { authors.all(&db)? });
    let values: Vec<_> = authors.iter().map(|(author, values)| (author.name.as_str(), *values)).collect();
    assert_eq!(
        values,
        [("A1", (2, Some(40), Some(20.0))), ("A2", (2, Some(60), Some(30.0))), ("A3", (0, None, None)),]
    );
    Ok(())
}

#[test]
fn two_aggregates_over_two_relations_do_not_multiply() -> Result<()> {
    let db = shelf()?;
    let books = Book::objects().order_by(|b| b.title()).annotate(|b| (b.tags().count(), b.reviews().count()));
    let counts: Vec<_> = books.all(&db)?.into_iter().map(|(_, counts)| counts).collect();
    assert_eq!(counts, [(2, 0), (1, 1), (1, 2), (0, 3)]);
    // At a distance: reviews of an author's books, and tags of them.
    let authors =
        Author::objects().annotate(|a| (a.books().reviews().count(), a.books().tags().count_distinct_names()));
    let counts: Vec<_> = authors.all(&db)?.into_iter().map(|(_, counts)| counts).collect();
    assert_eq!(counts, [(2, 3), (4, 1), (0, 0)]);
    Ok(())
}

/// A helper on a path, as a user would write one.
trait DistinctNames<R> {
    fn count_distinct_names(&self) -> eager_orm::Aggregate<R, i64>;
}
impl<R: Model, O: Model> DistinctNames<R> for eager_orm::ToMany<R, O, Tag> {
    fn count_distinct_names(&self) -> eager_orm::Aggregate<R, i64> {
        self.name().count_distinct()
    }
}

#[test]
fn an_aggregate_has_a_filter_of_its_own_and_a_filter_after_it_changes_nothing() -> Result<()> {
    let db = shelf()?;
    let counts =
        |query: QuerySet<Author, eager_orm::Annotated<eager_orm::Aggregate<Author, i64>>>| -> Result<Vec<i64>> {
            Ok(query.all(&db)?.into_iter().map(|(_, count)| count).collect())
        };
    let long = Author::objects().annotate(|a| a.books().count().filter(a.books().pages().gt(15)));
    assert_eq!(counts(long)?, [1, 2, 0]);
    // Only authors with a long book, and all of the books of those.
    let filtered = Author::objects().annotate(|a| a.books().count()).filter(|a| a.books().pages().gt(15));
    assert_eq!(counts(filtered)?, [2, 2]);
    Ok(())
}

#[test]
fn aggregates_are_filtered_on_and_ordered_by() -> Result<()> {
    let db = shelf()?;
    let names = |query: QuerySet<Author>| -> Result<Vec<String>> { query.values_list(|a| a.name()).all(&db) };
    assert_eq!(names(Author::objects().filter(|a| a.books().count().gt(1) & a.name().eq("A1")))?, ["A1"]);
    assert_eq!(names(Author::objects().filter(|a| a.books().count().eq(0)))?, ["A3"]);
    assert_eq!(names(Author::objects().exclude(|a| a.books().pages().max().ge(40)))?, ["A1", "A3"]);
    let by_reviews = Author::objects().order_by(|a| (a.books().reviews().count().desc(), a.name()));
    assert_eq!(names(by_reviews)?, ["A2", "A1", "A3"]);
    // A condition on a related row beside an aggregate over the same relation: the aggregate counts all of them.
    let beside = Author::objects().filter(|a| a.books().pages().lt(a.books().pages().avg().cast::<i32>()));
    assert_eq!(names(beside)?, ["A1", "A2"]);
    Ok(())
}

#[test]
fn rows_are_grouped_by_exactly_the_keys_named() -> Result<()> {
    let db = shelf()?;
    let groups = Book::objects()
        .values_list(|b| b.author().name())
        .annotate(|b| (b.id().count(), b.pages().sum(), b.price().max()))
        .order_by(|b| b.author().name());
    let groups = assert_num_queries!(db, 1, { groups.all(&db)? });
    assert_eq!(groups, [("A1".into(), (2, Some(40), Some(2.5))), ("A2".into(), (2, Some(60), Some(3.5)))]);
    // The model's own ordering (Author's name) does not split groups; nor does an order by an aggregate.
    let ages: Vec<(Option<i32>, i64)> =
        Author::objects().values_list(|a| a.age()).annotate(|_| count()).order_by(|a| a.age()).all(&db)?;
    assert_eq!(ages, [(None, 1), (Some(30), 1), (Some(50), 1)]);
    // Having, and a filter before.
    let having = Book::objects()
        .filter(|b| b.pages().gt(10))
        .values_list(|b| b.author())
        .annotate(|b| b.id().count())
        .filter(|b| b.id().count().gt(1));
    assert_eq!(having.all(&db)?, [(2, 2)]);
    assert_eq!(having.count(&db)?, 1);
    Ok(())
}

#[test]
fn groups_have_aggregates_over_relations_that_do_not_multiply() -> Result<()> {
    let db = shelf()?;
    let groups = Book::objects()
        .values_list(|b| b.author().name())
        .annotate(|b| (b.pages().sum(), b.reviews().count(), b.tags().count(), b.reviews().stars().avg()))
        .order_by(|b| b.author().name());
    assert_eq!(
        groups.all(&db)?,
        [("A1".into(), (Some(40), 2, 3, Some(1.5))), ("A2".into(), (Some(60), 4, 1, Some(1.75)))]
    );
    // Grouped by a column behind a to-many relation: a book is in the group of each of its tags.
    let tags: Vec<(Option<String>, i64)> = Book::objects()
        .values_list(|b| b.tags().name())
        .annotate(|b| b.id().count())
        .order_by(|b| b.id().count().desc())
        .all(&db)?;
    assert_eq!(tags[0], (Some("t0".into()), 2));
    assert_eq!(tags.len(), 4, "three tags, and the book without one");
    Ok(())
}

#[test]
fn the_whole_query_is_one_group() -> Result<()> {
    let db = shelf()?;
    let all =
        Book::objects().aggregate(&db, |b| (count(), b.pages().max(), b.price().total(), b.reviews().stars().sum()));
    assert_eq!(all?, (4, Some(40), 8.0, Some(10)));
    let some = Book::objects().filter(|b| b.pages().gt(15)).order_by(|b| b.pages()).limit(2);
    assert_eq!(some.aggregate(&db, |b| (b.pages().sum(), b.reviews().count()))?, (Some(50), 3));
    let none = Book::objects().filter(|b| b.pages().gt(99));
    assert_eq!(none.aggregate(&db, |b| (b.pages().sum(), b.pages().avg(), b.id().count()))?, (None, None, 0));
    assert_eq!(Book::objects().none().aggregate(&db, |b| b.id().count())?, 0);
    let titles = Book::objects().filter(|b| b.pages().lt(25)).aggregate(&db, |b| b.title().group_concat("|"))?;
    assert_eq!(titles.as_deref(), Some("B0|B1"));
    Ok(())
}

#[test]
fn an_aggregate_of_a_rows_own_column_is_refused() -> Result<()> {
    let db = shelf()?;
    let refused = Book::objects().filter(|b| b.pages().max().gt(3)).all(&db);
    assert!(matches!(refused, Err(Error::Misuse { .. })), "{refused:?}");
    Ok(())
}

#[test]
fn annotated_rows_load_their_relations() -> Result<()> {
    let db = shelf()?;
    let authors = Author::objects().prefetch_related(|a| a.books()).annotate(|a| a.books().count());
    let authors = assert_num_queries!(db, 2, { authors.all(&db)? });
    assert!(authors.iter().all(|(author, count)| author.books.loaded().unwrap().len() as i64 == *count));
    let books = Book::objects().select_related(|b| b.author()).annotate(|b| b.reviews().count());
    let books = assert_num_queries!(db, 1, { books.all(&db)? });
    assert!(books.iter().all(|(book, _)| book.author.loaded().is_some()));
    Ok(())
}

#[test]
fn case_and_functions_compute_beside_the_row() -> Result<()> {
    let db = shelf()?;
    let lengths = Book::objects().order_by(|b| b.id()).values_list(|b| {
        (
            case().when(b.pages().lt(15), "short").when(b.pages().lt(35), "middle").otherwise("long"),
            case().when(b.tags().name().eq("t0"), 1_i64).end(),
            (b.price() * 1.26).round(1),
            b.title().replace("B", "Book ").upper(),
            b.pages().nullif(20),
            b.pages().greatest(25),
            (b.pages() - 25).abs(),
        )
    });
    let rows = lengths.all(&db)?;
    assert_eq!(rows[0], ("short".into(), Some(1), 0.6, "BOOK 0".into(), Some(10), 25, 15));
    assert_eq!(rows[1], ("middle".into(), Some(1), 1.9, "BOOK 1".into(), None, 25, 5));
    assert_eq!(rows[3], ("long".into(), None, 4.4, "BOOK 3".into(), Some(40), 40, 15));
    let changed = Book::objects().update(&db, |b| b.pages().set(case().when(b.pages().gt(20), 1).otherwise(2)))?;
    assert_eq!(changed, 4);
    Ok(())
}

#[test]
fn distinct_texts_are_joined_by_a_comma_and_by_nothing_else() -> Result<()> {
    let db = library();
    let countries =
        |separator: &'static str| Author::objects().aggregate(&db, |a| a.country().group_concat(separator).distinct());
    let all = assert_num_queries!(db, 1, { countries(",")? }).unwrap_or_default();
    let mut parts: Vec<&str> = all.split(',').collect();
    let count = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), count, "{all}");
    assert_num_queries!(db, 0, {
        assert!(matches!(countries(";"), Err(Error::Misuse { .. })));
        let rows = Author::objects().aggregate(&db, |_| eager_orm::count::<Author>().distinct());
        assert!(matches!(rows, Err(Error::Misuse { .. })), "{rows:?}");
    });
    Ok(())
}

#[test]
fn groups_can_be_narrowed_and_stand_in_other_queries() -> Result<()> {
    let db = shelf()?;
    let by_author = || Book::objects().values_list(|b| b.author()).annotate(|b| b.pages().sum());
    assert_eq!(by_author().order_by(|b| b.author()).all(&db)?, [(1, Some(40)), (2, Some(60))]);
    let sums = by_author().order_by(|b| b.pages().sum().desc()).values_list(|b| b.pages().sum());
    assert_eq!(sums.all(&db)?, [Some(60), Some(40)]);
    let rich = by_author().filter(|b| b.pages().sum().gt(50)).values_list(|b| b.author());
    let names = Author::objects().filter(|a| a.id().in_(rich)).values_list(|a| a.name());
    assert_eq!(assert_num_queries!(db, 1, { names.all(&db)? }), ["A2"]);
    // One group of each row around it.
    let stars = |b: &Fields<Book>| {
        let reviews = Review::objects().filter(|r| r.book().eq(outer(b.id())));
        subquery(reviews.values_list(|r| r.book()).annotate(|r| r.stars().avg()).values_list(|r| r.stars().avg()))
    };
    let means = Book::objects().order_by(|b| b.id()).values_list(|b| stars(&b));
    assert_eq!(means.all(&db)?, [None, Some(1.0), Some(1.5), Some(2.0)]);
    let good = Book::objects().filter(|b| stars(&b).gt(1.2)).order_by(|b| b.id()).values_list(|b| b.title());
    assert_eq!(good.all(&db)?, ["B2", "B3"]);
    // What is not of the group is refused.
    let wrong = by_author().values_list(|b| b.title());
    let found = assert_num_queries!(db, 0, { wrong.all(&db) });
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    Ok(())
}

#[test]
fn values_make_a_group_one_record() -> Result<()> {
    let db = shelf()?;
    let groups =
        Book::objects().values(|b| (b.author(), b.author().name())).annotate(|b| (b.id().count(), b.price().max()));
    let groups = assert_num_queries!(db, 1, { groups.order_by(|b| b.author()).all(&db)? });
    let json = serde_json::to_string(&groups).unwrap();
    assert!(json.starts_with(r#"[{"author":1,"author__name":"A1","#), "{json}");
    assert_eq!(groups[1].iter().count(), 4);
    Ok(())
}

#[test]
fn a_filter_before_groups_speaks_of_rows_and_one_after_of_groups() -> Result<()> {
    let db = shelf()?;
    // An aggregate over a relation, before: of each row. After: of each group.
    let before =
        Book::objects().filter(|b| b.reviews().count().ge(2)).values_list(|b| b.author()).annotate(|_| count());
    assert_eq!(before.order_by(|b| b.author()).all(&db)?, [(1, 1), (2, 1)]);
    let after = Book::objects().values_list(|b| b.author()).annotate(|_| count()).filter(|b| b.reviews().count().ge(3));
    assert_eq!(after.all(&db)?, [(2, 2)]);
    Ok(())
}

#[test]
fn an_aggregate_of_an_aggregate_is_of_the_rows() -> Result<()> {
    let db = shelf()?;
    let of_counts = assert_num_queries!(db, 1, {
        let of =
            |b: Fields<Book>| (b.reviews().count().avg(), b.reviews().count().max(), b.reviews().stars().sum().sum());
        Book::objects().aggregate(&db, of)?
    });
    assert_eq!(of_counts, (Some(1.5), Some(3), Some(10)));
    let by_author = Book::objects().values_list(|b| b.author()).annotate(|b| b.reviews().count().max());
    assert_eq!(by_author.order_by(|b| b.author()).all(&db)?, [(1, Some(2)), (2, Some(3))]);
    Ok(())
}

#[test]
fn aggregates_of_nothing_run_no_statement() -> Result<()> {
    let db = shelf()?;
    assert_num_queries!(db, 0, {
        let none = Book::objects()
            .none()
            .aggregate(&db, |b| (count(), b.pages().sum(), b.price().total(), b.title().max()))?;
        assert_eq!(none, (0, None, 0.0, None));
        let none = Book::objects().filter(|b| b.id().in_([0_i64; 0])).aggregate(&db, |b| b.pages().count_distinct())?;
        assert_eq!(none, 0);
    });
    // What is computed of them, the database computes.
    assert_eq!(Book::objects().none().aggregate(&db, |_| count() + 1)?, 1);
    Ok(())
}

#[test]
fn aggregates_over_relations_only_are_of_all_rows_whatever_rows_there_are() -> Result<()> {
    let db = shelf()?;
    let of =
        |authors: QuerySet<Author>| authors.aggregate(&db, |a| (a.books().count(), a.books().reviews().stars().sum()));
    assert_eq!(assert_num_queries!(db, 1, { of(Author::objects())? }), (4, Some(10)));
    assert_eq!(of(Author::objects().filter(|a| a.name().eq("A1")))?, (2, Some(3)));
    assert_eq!(of(Author::objects().filter(|a| a.name().eq("nobody")))?, (0, None));
    assert_eq!(of(Author::objects().limit(1))?, (2, Some(3)));
    Ok(())
}

#[test]
fn within_an_aggregate_every_condition_is_on_the_row_it_is_of() -> Result<()> {
    let db = shelf()?;
    // B1 has stars 1, B2 1 and 2, B3 1, 2 and 3; A1 wrote B0 and B2, A2 wrote B1 and B3.
    let counts = |condition: fn(&Fields<Author>) -> Cond<Author>| {
        let authors = Author::objects().order_by(|a| a.id());
        authors.values_list(|a| a.books().reviews().count().filter(condition(&a))).all(&db)
    };
    assert_eq!(counts(|a| !a.books().reviews().stars().eq(1))?, [1, 2, 0]);
    assert_eq!(counts(|a| a.books().reviews().stars().eq(1) ^ a.books().pages().gt(20))?, [1, 3, 0]);
    assert_eq!(counts(|a| !(a.books().reviews().stars().gt(1) | a.books().pages().gt(30)))?, [1, 1, 0]);
    assert_eq!(counts(|a| a.books().reviews().user().key().is_not_null())?, [0, 0, 0]);
    // Over all rows, and over groups.
    let not_one = |b: &Fields<Book>| b.reviews().count().filter(!b.reviews().stars().eq(1));
    assert_eq!(Book::objects().aggregate(&db, |b| not_one(&b))?, 3);
    let groups = Book::objects().values_list(|b| b.author()).annotate(|b| not_one(&b)).order_by(|b| b.author());
    assert_eq!(groups.all(&db)?, [(1, 1), (2, 2)]);
    Ok(())
}

#[test]
fn a_case_within_an_aggregate_is_of_the_row_it_is_of() -> Result<()> {
    let db = shelf()?;
    let authors = Author::objects().order_by(|a| a.id());
    let sums = authors.clone().values_list(|a| {
        let stars = a.books().reviews().stars();
        (
            case().when(stars.gt(1), stars.clone()).otherwise(0).sum(),
            case().when(stars.gt(1), 1_i64).otherwise(0).sum(),
            case().when(stars.eq(1), a.books().reviews().id()).end().count(),
        )
    });
    let sums = assert_num_queries!(db, 1, { sums.all(&db)? });
    assert_eq!(sums, [(Some(2), Some(1), 1), (Some(5), Some(2), 2), (None, None, 0)]);
    let all = Author::objects().aggregate(&db, |a| case().when(a.books().pages().gt(20), 1_i64).otherwise(0).sum())?;
    assert_eq!(all, Some(2));
    Ok(())
}

#[test]
fn an_aggregate_in_a_filter_of_an_aggregate_is_of_the_row() -> Result<()> {
    let db = shelf()?;
    assert_eq!(Book::objects().aggregate(&db, |b| b.id().count().filter(b.reviews().count().ge(2)))?, 2);
    let mean = Author::objects().aggregate(&db, |a| a.books().count().avg().filter(a.books().count().gt(0)))?;
    assert_eq!(mean, Some(2.0));
    Ok(())
}

#[test]
fn rows_may_be_grouped_by_an_aggregate_over_a_relation() -> Result<()> {
    let db = shelf()?;
    let by_books = Author::objects().values_list(|a| a.books().count()).annotate(|_| count());
    assert_eq!(assert_num_queries!(db, 1, { by_books.order_by(|_| count()).all(&db)? }), [(0, 1), (2, 2)]);
    let also = Book::objects().values_list(|b| b.reviews().count()).annotate(|b| (count(), b.tags().count()));
    let mut groups = also.all(&db)?;
    groups.sort();
    assert_eq!(groups, [(0, (1, 2)), (1, (1, 1)), (2, (1, 1)), (3, (1, 0))]);
    Ok(())
}

#[test]
fn aggregates_alone_are_one_row_of_all_and_a_value_in_a_subquery() -> Result<()> {
    let db = shelf()?;
    assert_eq!(Book::objects().values_list(|b| (count(), b.pages().max())).all(&db)?, [(4, Some(40))]);
    let own = |a: &Fields<Author>| {
        subquery(Book::objects().filter(|b| b.author().eq(outer(a.id()))).values_list(|b| b.pages().sum()))
    };
    let sums = Author::objects().order_by(|a| a.id()).values_list(|a| own(&a));
    assert_eq!(assert_num_queries!(db, 1, { sums.all(&db)? }), [Some(40), Some(60), None]);
    assert_num_queries!(db, 0, {
        let none = Book::objects().none().aggregate(&db, |b| b.pages().sum().default(7))?;
        assert_eq!(none, 7);
    });
    Ok(())
}
