//! The text of the statements whose shape is a promise: which tables are joined, what is a subquery, what an index can
//! serve. One test for each rule.

use eager_orm::Result;

use crate::support::*;
use eager_orm::prelude::*;

/// The condition, and what follows it.
fn after<M: Model, S>(query: &QuerySet<M, S>, word: &str) -> String {
    let sql = query.to_sql();
    sql.split_once(word).unwrap_or_else(|| panic!("no {word} in {sql}")).1.to_owned()
}

#[test]
fn a_foreign_keys_target_is_not_joined_for_its_key() {
    let query = Flight::objects()
        .filter(|f| f.origin().code().eq("VIE") & f.dest().eq("OSL"))
        .order_by(|f| f.dest())
        .values_list(|f| (f.origin().code(), f.dest().key()));
    assert_eq!(
        query.to_sql(),
        r#"SELECT "flight"."origin_id", "flight"."dest_id" FROM "flight" WHERE ("flight"."origin_id" = ?1) AND ("flight"."dest_id" = ?2) ORDER BY "flight"."dest_id""#,
    );
}

#[test]
fn a_filter_across_a_to_many_relation_is_one_exists() {
    let query = Author::objects().filter(|a| a.books().title().eq("B0") & a.books().pages().gt(5) & a.age().gt(20));
    assert_eq!(
        after(&query, " WHERE "),
        r#"EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."title" = ?1) AND ("books"."pages" > ?2)) AND ("author"."age" > ?3) ORDER BY "author"."name""#,
    );
}

#[test]
fn two_filters_across_a_to_many_relation_are_two_exists() {
    let query = Author::objects().filter(|a| a.books().title().eq("B0")).filter(|a| a.books().pages().gt(5));
    assert_eq!(
        after(&query, " WHERE "),
        r#"EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."title" = ?1)) AND EXISTS (SELECT 1 FROM "book" AS "books_2" WHERE ("books_2"."author_id" = "author"."id") AND ("books_2"."pages" > ?2)) ORDER BY "author"."name""#,
    );
}

#[test]
fn an_exists_across_a_many_to_many_relation_joins_the_table_between() {
    let query = Book::objects().filter(|b| b.tags().name().eq("t0"));
    assert_eq!(
        after(&query, " WHERE "),
        r#"EXISTS (SELECT 1 FROM "book_tag" JOIN "tag" AS "tags" ON "tags"."id" = "book_tag"."tag_id" WHERE ("book_tag"."book_id" = "book"."id") AND ("tags"."name" = ?1))"#,
    );
}

#[test]
fn an_exclude_across_a_to_many_relation_is_one_not_exists() {
    let query = Author::objects().exclude(|a| a.books().title().eq("B0") & a.books().pages().gt(5));
    assert_eq!(
        after(&query, " WHERE "),
        r#"NOT EXISTS (SELECT 1 FROM "book" AS "books" WHERE ("books"."author_id" = "author"."id") AND ("books"."title" = ?1) AND ("books"."pages" > ?2)) ORDER BY "author"."name""#,
    );
}

#[test]
fn an_exclude_of_a_column_keeps_its_nulls() {
    let query = Author::objects().exclude(|a| a.age().eq(30));
    assert_eq!(after(&query, " WHERE "), r#"("author"."age" = ?1) IS NOT TRUE ORDER BY "author"."name""#);
}

#[test]
fn a_year_is_a_range() {
    let query = Book::objects().filter(|b| b.published().year().eq(2020));
    assert_eq!(after(&query, " WHERE "), r#"("book"."published" >= ?1) AND ("book"."published" < ?2)"#);
    let query = Book::objects().filter(|b| b.published().year().between(2019, 2020));
    assert_eq!(after(&query, " WHERE "), r#"("book"."published" >= ?1) AND ("book"."published" < ?2)"#);
}

#[test]
fn a_start_of_text_is_a_range() {
    let query = Book::objects().filter(|b| b.title().starts_with("B"));
    assert_eq!(after(&query, " WHERE "), r#"("book"."title" >= ?1) AND ("book"."title" < ?2)"#);
}

#[test]
fn each_aggregate_of_a_relation_is_a_subquery_of_its_own() {
    let query = Book::objects()
        .values_list(|b| (b.tags().count(), b.reviews().stars().avg().filter(b.reviews().stars().gt(1))));
    assert_eq!(
        query.to_sql(),
        r#"SELECT (SELECT count("book_tag"."tag_id") FROM "book_tag" WHERE "book_tag"."book_id" = "book"."id"), (SELECT avg("reviews"."stars") FROM "review" AS "reviews" WHERE ("reviews"."book_id" = "book"."id") AND ("reviews"."stars" > ?1)) FROM "book""#,
    );
}

#[test]
fn a_condition_on_an_aggregate_of_a_group_is_a_having() {
    let query = Book::objects()
        .filter(|b| b.active())
        .values_list(|b| b.author().name())
        .annotate(|b| (count(), b.pages().sum()))
        .filter(|_| count().gt(1))
        .order_by(|b| b.pages().sum().desc());
    assert_eq!(
        query.to_sql(),
        r#"SELECT "author"."name", count(*), sum("book"."pages") FROM "book" LEFT JOIN "author" ON "author"."id" = "book"."author_id" WHERE "book"."active" GROUP BY 1 HAVING count(*) > ?1 ORDER BY sum("book"."pages") DESC"#,
    );
}

#[test]
fn a_condition_on_a_window_wraps_the_query() {
    let number = |b: &Fields<Book>| row_number().over(window().partition_by(b.author()).order_by(b.pages().desc()));
    let query = Book::objects().filter(|b| number(&b).le(2)).order_by(|b| b.id()).values_list(|b| b.title());
    assert_eq!(
        query.to_sql(),
        r#"SELECT "windowed"."c0" FROM (SELECT "book"."title" AS "c0", row_number() OVER (PARTITION BY "book"."author_id" ORDER BY "book"."pages" DESC) <= ?1 AS "c1", "book"."id" AS "c2" FROM "book") AS "windowed" WHERE "windowed"."c1" ORDER BY "windowed"."c2""#,
    );
}

#[test]
fn a_sliced_member_of_a_union_is_a_subquery() {
    let names = |query: QuerySet<Author>| query.values_list(|a| a.name());
    let first = names(Author::objects().order_by(|a| a.age()).limit(1));
    let query = first.union(names(Author::objects().filter(|a| a.id().gt(2)))).order_by(|a| a.name()).limit(3);
    assert_eq!(
        query.to_sql(),
        r#"SELECT * FROM (SELECT "author_2"."name" FROM "author" AS "author_2" ORDER BY "author_2"."age" LIMIT ?1) AS "member" UNION SELECT "author_3"."name" FROM "author" AS "author_3" WHERE "author_3"."id" > ?2 ORDER BY 1 LIMIT ?3"#,
    );
}

#[test]
fn a_page_by_place_is_a_condition_on_the_terms_of_the_order() -> Result<()> {
    let books = Book::objects().order_by(|b| (b.published().desc(), b.title()));
    let place = library_page(&books)?;
    assert_eq!(
        after(&books.after(&place), " WHERE "),
        r#"("book"."published" < ?1) OR ("book"."published" IS NULL) OR (("book"."published" IS ?2) AND ("book"."title" > ?3)) OR (("book"."published" IS ?4) AND ("book"."title" IS ?5) AND ("book"."id" > ?6)) ORDER BY "book"."published" DESC, "book"."title", "book"."id""#,
    );
    assert_eq!(
        after(&books.before(&place), " WHERE "),
        r#"("book"."published" >= ?1) AND (("book"."published" > ?2) OR (("book"."published" IS ?3) AND ("book"."title" < ?4)) OR (("book"."published" IS ?5) AND ("book"."title" IS ?6) AND ("book"."id" < ?7))) ORDER BY "book"."published" DESC, "book"."title", "book"."id""#,
    );
    Ok(())
}

fn library_page(books: &QuerySet<Book>) -> Result<eager_orm::PageCursor> {
    Ok(books.cursor_page(&library(), 2)?.next.unwrap())
}

#[test]
fn a_tree_is_one_recursive_statement() {
    let query = Employee::objects().filter(|e| e.name().eq("boss")).descendants(|e| e.reports(), 3);
    assert_eq!(
        query.to_sql(),
        r#"SELECT "employee"."id", "employee"."name", "employee"."reports_to_id" FROM "employee" WHERE "employee"."id" IN (WITH RECURSIVE "tree" ("key", "depth") AS (SELECT "row"."id", ?1 FROM "employee" AS "row" WHERE ("row"."reports_to_id" IN (SELECT "employee_2"."id" FROM "employee" AS "employee_2" WHERE "employee_2"."name" = ?2)) AND ("row"."id" IS NOT NULL) UNION SELECT "row"."id", "tree"."depth" + ?3 FROM "tree" JOIN "employee" AS "row" ON "row"."reports_to_id" = "tree"."key" WHERE ("row"."id" IS NOT NULL) AND ("tree"."depth" < ?4)) SELECT "tree"."key" FROM "tree")"#,
    );
    let query = Employee::objects().filter(|e| e.name().eq("dev")).ancestors(|e| e.reports_to(), None);
    assert_eq!(
        query.to_sql(),
        r#"SELECT "employee"."id", "employee"."name", "employee"."reports_to_id" FROM "employee" WHERE "employee"."id" IN (WITH RECURSIVE "tree" ("key") AS (SELECT "row"."reports_to_id" FROM "employee" AS "row" WHERE ("row"."id" IN (SELECT "employee_2"."id" FROM "employee" AS "employee_2" WHERE "employee_2"."name" = ?1)) AND ("row"."reports_to_id" IS NOT NULL) UNION SELECT "row"."reports_to_id" FROM "tree" JOIN "employee" AS "row" ON "row"."id" = "tree"."key" WHERE "row"."reports_to_id" IS NOT NULL) SELECT "tree"."key" FROM "tree")"#,
    );
}

#[test]
fn a_subquery_names_the_row_around_it() {
    let longest = |a: &Fields<Author>| {
        let books = Book::objects().filter(|b| b.author().eq(outer(a.id()))).order_by(|b| b.pages().desc());
        subquery(books.limit(1).values_list(|b| b.title()))
    };
    let query = Author::objects().values_list(|a| (a.name(), longest(&a)));
    assert_eq!(
        query.to_sql(),
        r#"SELECT "author"."name", (SELECT "book"."title" FROM "book" WHERE "book"."author_id" = "author"."id" ORDER BY "book"."pages" DESC LIMIT ?1) FROM "author" ORDER BY "author"."name""#,
    );
}

#[test]
fn select_related_joins_each_level_once() {
    let query = Review::objects()
        .select_related(|r| (r.book().author(), r.user()))
        .filter(|r| r.book().author().name().eq("Ann"));
    assert_eq!(
        query.to_sql(),
        r#"SELECT "review"."id", "review"."stars", "review"."text", "review"."book_id", "review"."user_id", "book"."id", "book"."title", "book"."author_id", "book"."publisher_id", "book"."pages", "book"."price", "book"."published", "book"."active", "book"."summary", "author"."id", "author"."name", "author"."country", "author"."age", "user"."id", "user"."email" FROM "review" LEFT JOIN "book" ON "book"."id" = "review"."book_id" LEFT JOIN "author" ON "author"."id" = "book"."author_id" LEFT JOIN "user" ON "user"."id" = "review"."user_id" WHERE "author"."name" = ?1"#,
    );
}

#[test]
fn a_prefetch_asks_for_all_rows_by_one_bind() -> Result<()> {
    let db = library();
    let (_, log) = db.capture(|db| {
        let books = |a: Fields<Author>| a.books().order_by(|b| b.id()).prefetch_related(|b| b.tags());
        Author::objects().filter(|a| a.id().gt(0)).prefetch_related(books).all(db)
    });
    let texts: Vec<&str> = log.statements().skip(1).map(|statement| statement.sql.as_str()).collect();
    assert_eq!(
        texts,
        [
            r#"SELECT "book"."id", "book"."title", "book"."author_id", "book"."publisher_id", "book"."pages", "book"."price", "book"."published", "book"."active", "book"."summary" FROM rarray(?1) AS "book__keys" CROSS JOIN "book" ON "book"."author_id" = "book__keys"."value" ORDER BY "book"."id""#,
            r#"SELECT "tag"."id", "tag"."name", "book_tag__link"."book_id" FROM rarray(?1) AS "tag__keys" CROSS JOIN "book_tag" AS "book_tag__link" ON "book_tag__link"."book_id" = "tag__keys"."value" CROSS JOIN "tag" ON "tag"."id" = "book_tag__link"."tag_id""#,
        ],
    );
    Ok(())
}

#[test]
fn a_limited_prefetch_looks_up_the_first_rows_of_each_parent() -> Result<()> {
    let db = library();
    let (_, log) = db.capture(|db| {
        let top =
            |b: Fields<Book>| b.reviews().query(|q| q.order_by(|r| r.stars().desc()).limit(2)).to(|b| b.top_reviews());
        Book::objects().prefetch_related(top).all(db)
    });
    let text = log.statements().last().map(|statement| statement.sql.as_str());
    assert_eq!(
        text,
        Some(
            r#"SELECT "review"."id", "review"."stars", "review"."text", "review"."book_id", "review"."user_id" FROM rarray(?1) AS "review__keys" CROSS JOIN "review" ON "review"."id" IN (SELECT "review"."id" FROM "review" WHERE "review"."book_id" = "review__keys"."value" ORDER BY "review"."stars" DESC, "review"."id" LIMIT ?2) ORDER BY "review"."stars" DESC, "review"."id""#
        ),
    );
    // Of rows that are found through another table, the numbered first.
    let (_, log) = db.capture(|db| {
        Book::objects().prefetch_related(|b| b.tags().order_by(|t| t.name()).limit(1).to(|b| b.first_tags())).all(db)
    });
    let text = log.statements().last().map(|statement| statement.sql.as_str());
    assert_eq!(
        text,
        Some(
            r#"SELECT "numbered"."c0", "numbered"."c1", "numbered"."c2" FROM (SELECT "tag"."id" AS "c0", "tag"."name" AS "c1", "book_tag__link"."book_id" AS "c2", row_number() OVER (PARTITION BY "book_tag__link"."book_id" ORDER BY "tag"."name", "tag"."id") AS "c3" FROM rarray(?1) AS "tag__keys" CROSS JOIN "book_tag" AS "book_tag__link" ON "book_tag__link"."book_id" = "tag__keys"."value" CROSS JOIN "tag" ON "tag"."id" = "book_tag__link"."tag_id") AS "numbered" WHERE "numbered"."c3" BETWEEN ?2 AND ?3 ORDER BY "numbered"."c3""#
        ),
    );
    Ok(())
}
