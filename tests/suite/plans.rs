//! How SQLite runs what we write: what an index has to serve, as `explain` tells.

use eager_orm::Result;

use crate::support::*;
use eager_orm::prelude::*;

/// The plan of a query; it reads no table from end to end.
fn searched<M: Model, S: eager_orm::Shape<M>>(db: &Database, query: QuerySet<M, S>) -> Result<String> {
    let plan = assert_num_queries!(db, 1, { query.explain(db)? });
    // The keys of a bind are no table.
    let scans = plan.lines().any(|step| step.contains("SCAN") && !step.contains("SCAN rarray"));
    assert!(!scans && plan.contains("SEARCH"), "{}\n{plan}", query.to_sql());
    Ok(plan)
}

/// The index serves the query, and by these columns.
fn served<M: Model, S: eager_orm::Shape<M>>(db: &Database, query: QuerySet<M, S>, by: &str) -> Result<()> {
    let sql = query.to_sql();
    let plan = searched(db, query)?;
    assert!(plan.contains(by), "{sql}\n{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
    Ok(())
}

#[test]
fn a_key_is_searched_for() -> Result<()> {
    let db = library();
    served(&db, Book::objects().filter(|b| b.id().eq(1)), "INTEGER PRIMARY KEY (rowid=?)")?;
    served(&db, Book::objects().filter(|b| b.id().in_([1, 2])), "INTEGER PRIMARY KEY (rowid=?)")?;
    served(&db, Book::objects().filter(|b| b.id().between(1, 2)), "INTEGER PRIMARY KEY (rowid>? AND rowid<?)")?;
    served(&db, Airport::objects().filter(|a| a.code().eq("VIE")), "(code=?)")?;
    served(&db, Airport::objects().filter(|a| a.code().in_(["VIE", "OSL"])), "(code=?)")?;
    served(&db, Tag::objects().filter(|t| t.name().eq("t0")), "(name=?)")
}

#[test]
fn a_foreign_key_is_searched_for_from_both_sides() -> Result<()> {
    let db = library();
    served(&db, Book::objects().filter(|b| b.author().eq(1)), "(author_id=?)")?;
    served(&db, Book::objects().filter(|b| b.author().in_([1, 2])), "(author_id=?)")?;
    served(&db, Book::objects().filter(|b| b.author().id().eq(1) & b.title().eq("B0")), "(author_id=? AND title=?)")?;
    served(&db, Profile::objects().filter(|p| p.user().eq(1)), "(user_id=?)")?;
    served(&db, Author::objects().filter(|a| a.id().eq(1) & a.books().pages().gt(1)), "(author_id=?)")?;
    served(&db, Author::objects().filter(|a| a.id().eq(1) & !a.books().exists()), "(author_id=?)")?;
    served(&db, Book::objects().filter(|b| b.id().eq(1) & b.tags().name().eq("t0")), "SEARCH book_tag USING INDEX")?;
    served(&db, Book::objects().filter(|b| b.author().name().eq("Ann") & b.id().eq(1)), "SEARCH author ")
}

#[test]
fn related_rows_are_counted_by_their_index() -> Result<()> {
    let db = library();
    let query =
        Author::objects().filter(|a| a.id().eq(1)).values_list(|a| (a.books().count(), a.books().pages().sum()));
    let plan = searched(&db, query)?;
    assert!(plan.contains("USING COVERING INDEX") && plan.matches("(author_id=?)").count() == 2, "{plan}");
    Ok(())
}

#[test]
fn a_start_of_text_is_searched_for() -> Result<()> {
    let db = library();
    served(&db, Book::objects().filter(|b| b.title().starts_with("B")), "(title>? AND title<?)")?;
    served(
        &db,
        Book::objects().filter(|b| b.author().eq(1) & b.title().starts_with("B")),
        "(author_id=? AND title>? AND title<?)",
    )?;
    served(&db, Tag::objects().filter(|t| t.name().starts_with("t")).order_by(|t| t.name()), "(name>? AND name<?)")
}

#[test]
fn years_are_searched_for() -> Result<()> {
    let db = library();
    served(&db, Sample::objects().filter(|s| s.day().year().eq(2020)), "(day>? AND day<?)")?;
    served(&db, Sample::objects().filter(|s| s.day().year().between(2019, 2021)), "(day>? AND day<?)")?;
    served(&db, Sample::objects().filter(|s| s.day().year().gt(2020)), "(day>?)")?;
    served(&db, Sample::objects().filter(|s| s.day().year().le(2020)), "(day<?)")?;
    let of_publisher = Book::objects().filter(|b| b.publisher().eq(1) & b.published().year().eq(2020));
    served(&db, of_publisher, "(publisher_id=? AND published>? AND published<?)")
}

#[test]
fn a_page_by_place_is_searched_for() -> Result<()> {
    let db = library();
    let served_after = |books: QuerySet<Book>, by: &str| -> Result<()> {
        let place = books.cursor_page(&db, 1)?.next.unwrap();
        served(&db, books.after(&place).limit(2), by)
    };
    served_after(Book::objects(), "(rowid>?)")?;
    served_after(Book::objects().order_by(|b| b.id().desc()), "(rowid<?)")?;
    served_after(Book::objects().order_by(|b| b.title()), "(title>?)")?;
    served_after(Book::objects().order_by(|b| (b.title().desc(), b.id().desc())), "(title<?)")?;
    let of_author = Book::objects().filter(|b| b.author().eq(1)).order_by(|b| b.title());
    served_after(of_author, "(author_id=? AND title>?)")?;
    let of_publisher = Book::objects().filter(|b| b.publisher().eq(1)).order_by(|b| b.published());
    served_after(of_publisher, "(publisher_id=?")
}

#[test]
fn an_order_by_an_index_sorts_nothing() -> Result<()> {
    let db = library();
    for query in [
        Book::objects().order_by(|b| b.title()),
        Book::objects().order_by(|b| b.title().desc()),
        Book::objects().order_by(|b| (b.author(), b.title())),
        Book::objects().order_by(|b| (b.publisher().key().desc(), b.published().desc())),
        Book::objects().order_by(|b| b.id().desc()),
    ] {
        let plan = query.explain(&db)?;
        assert!(!plan.contains("TEMP B-TREE"), "{}\n{plan}", query.to_sql());
    }
    Ok(())
}

#[test]
fn a_tree_is_walked_by_the_index_of_its_key() -> Result<()> {
    let db = library();
    let below = Employee::objects().filter(|e| e.id().eq(1)).descendants(|e| e.reports(), None);
    let plan = below.explain(&db)?;
    assert!(plan.contains("(reports_to_id=?)") && plan.contains("SEARCH employee USING INTEGER PRIMARY KEY"), "{plan}");
    Ok(())
}
