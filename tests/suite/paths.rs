//! Conditions across relations: JOIN where a key leads to one row, EXISTS where a relation leads to many, and what
//! "the same related row" means. Whatever the path, a query is one statement; `titles` and `names` assert that.

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

/// The titles of a query's books, by one statement.
fn titles(db: &Database, query: QuerySet<Book>) -> Vec<String> {
    let query = query.order_by(|b| b.id()).values_list(|b| b.title());
    let (titles, log) = db.capture(|db| query.all(db));
    assert_eq!(log.len(), 1, "{log}");
    titles.unwrap()
}

/// The names of a query's authors, by one statement.
fn names(db: &Database, query: QuerySet<Author>) -> Vec<String> {
    let query = query.order_by(|a| a.id()).values_list(|a| a.name());
    let (names, log) = db.capture(|db| query.all(db));
    assert_eq!(log.len(), 1, "{log}");
    names.unwrap()
}

const NONE: [&str; 0] = [];

/// The text of a query without its list of columns.
fn from<M: Model, S>(query: &QuerySet<M, S>) -> String {
    let sql = query.to_sql();
    sql.split_once(" FROM ").unwrap().1.to_owned()
}

#[test]
fn a_required_key_is_crossed_by_a_join_that_loses_no_row() {
    let db = library();
    let query = Book::objects().filter(|b| b.author().name().eq("Ann"));
    assert_eq!(
        from(&query),
        r#""book" LEFT JOIN "author" ON "author"."id" = "book"."author_id" WHERE "author"."name" = ?1"#
    );
    assert_eq!(titles(&db, query), ["B0", "B2"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.author().country().is_null())), ["B1", "B3"]);
}

#[test]
fn a_nullable_key_is_crossed_without_losing_rows() {
    let db = library();
    let query = Book::objects().filter(|b| b.publisher().name().eq("Ace") | b.title().eq("B1"));
    assert!(from(&query).starts_with(r#""book" LEFT JOIN "publisher" "#), "{}", query.to_sql());
    assert_eq!(titles(&db, query), ["B0", "B1", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.publisher().name().eq("Ace"))), ["B0", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.publisher().name().ne("Ace"))), ["B2"]);
    assert_eq!(titles(&db, Book::objects().exclude(|b| b.publisher().name().eq("Ace"))), ["B1", "B2"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.publisher().name().is_null())), ["B1"]);
}

#[test]
fn two_levels_of_keys_are_two_joins() -> Result<()> {
    let db = library();
    let query =
        Review::objects().filter(|r| r.book().author().name().eq("Ann") & r.book().publisher().name().eq("Bat"));
    assert_eq!(from(&query).matches("JOIN").count(), 3, "{}", query.to_sql());
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 2);
    let by_user = Review::objects().filter(|r| r.user().profile().bio().eq("hello"));
    assert_eq!(assert_num_queries!(db, 1, { by_user.count(&db)? }), 3);
    let without = Review::objects().filter(|r| r.user().profile().bio().is_null());
    assert_eq!(assert_num_queries!(db, 1, { without.count(&db)? }), 3);
    Ok(())
}

#[test]
fn one_path_is_joined_once_however_often_it_is_named() {
    let db = library();
    let query = Book::objects()
        .filter(|b| b.author().name().eq("Ann") & b.author().age().gt(20))
        .filter(|b| b.author().country().eq("US"))
        .order_by(|b| b.author().name());
    assert_eq!(query.to_sql().matches("JOIN").count(), 1, "{}", query.to_sql());
    let loaded = query.clone().select_related(|b| b.author());
    assert_eq!(loaded.to_sql().matches("JOIN").count(), 1, "{}", loaded.to_sql());
    assert_eq!(titles(&db, query), ["B0", "B2"]);
}

#[test]
fn a_condition_on_a_key_needs_no_join() -> Result<()> {
    let db = library();
    let ann = Author::objects().find(&db, 1)?;
    let join_free = |query: QuerySet<Book>| {
        assert!(!query.to_sql().contains("JOIN"), "{}", query.to_sql());
        assert!(!query.to_sql().contains(r#""author"."#), "{}", query.to_sql());
        titles(&db, query)
    };
    assert_eq!(join_free(Book::objects().filter(|b| b.author().eq(&ann))), ["B0", "B2"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().eq(1))), ["B0", "B2"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().ne(&ann))), ["B1", "B3"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().in_([&ann]))), ["B0", "B2"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().in_([1, 3]))), ["B0", "B2"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().id().eq(2))), ["B1", "B3"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().id().gt(1))), ["B1", "B3"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.author().key().in_([2, 3]))), ["B1", "B3"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.publisher().is_null())), ["B1"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.publisher().id().eq(1))), ["B0", "B3"]);
    let book = Book::objects().find(&db, 1)?;
    assert_eq!(join_free(Book::objects().filter(|b| b.author().eq(&book.author))), ["B0", "B2"]);
    assert_eq!(join_free(Book::objects().filter(|b| b.publisher().eq(book.publisher.clone()))), ["B0", "B3"]);
    Ok(())
}

#[test]
fn a_key_behind_a_key_needs_one_join_less() -> Result<()> {
    let db = library();
    let query = Review::objects().filter(|r| r.book().author().eq(1));
    assert_eq!(
        from(&query),
        r#""review" LEFT JOIN "book" ON "book"."id" = "review"."book_id" WHERE "book"."author_id" = ?1"#
    );
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 2);
    Ok(())
}

#[test]
fn a_key_in_the_table_between_needs_no_join_with_the_target() {
    let db = library();
    let query = Book::objects().filter(|b| b.tags().eq(1));
    assert_eq!(
        from(&query),
        r#""book" WHERE EXISTS (SELECT 1 FROM "book_tag" WHERE ("book_tag"."book_id" = "book"."id") AND ("book_tag"."tag_id" = ?1))"#
    );
    assert_eq!(titles(&db, query), ["B0", "B1"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().id().in_([2, 3]))), ["B0", "B2"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().in_([2, 3]))), ["B0", "B2"]);
}

#[test]
fn a_filter_across_a_to_many_relation_never_repeats_a_parent() {
    let db = library();
    assert_eq!(names(&db, Author::objects().filter(|a| a.books().pages().gt(0))), ["Ann", "Bob"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().stars().ge(1))), ["B1", "B2", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().name().starts_with("t"))), ["B0", "B1", "B2"]);
    assert_eq!(names(&db, Author::objects().filter(|a| a.books().reviews().stars().ge(1))), ["Ann", "Bob"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.author().books().reviews().stars().eq(3))), ["B1", "B3"]);
}

#[test]
fn one_call_speaks_of_one_row_and_two_calls_of_any() {
    let db = library();
    let both = Author::objects().filter(|a| a.books().title().eq("B0") & a.books().pages().eq(30));
    assert_eq!(names(&db, both), NONE);
    let same = Author::objects().filter(|a| a.books().title().eq("B0") & a.books().pages().eq(10));
    assert_eq!(names(&db, same), ["Ann"]);
    let each = Author::objects().filter(|a| a.books().title().eq("B0")).filter(|a| a.books().pages().eq(30));
    assert_eq!(names(&db, each), ["Ann"]);
}

#[test]
fn any_opens_a_scope_and_a_path_beside_it_another() {
    let db = library();
    let apart = Author::objects().filter(|a| a.books().any(|b| b.title().eq("B0")) & a.books().pages().eq(30));
    assert_eq!(names(&db, apart), ["Ann"]);
    let two = Author::objects().filter(|a| a.books().any(|b| b.title().eq("B0")) & a.books().any(|b| b.pages().eq(30)));
    assert_eq!(names(&db, two), ["Ann"]);
    let one = Author::objects().filter(|a| a.books().any(|b| b.title().eq("B0") & b.pages().eq(30)));
    assert_eq!(names(&db, one), NONE);
}

#[test]
fn a_negation_speaks_of_rows_of_its_own() {
    let db = library();
    // Ann has a book of 10 pages, and not "no book titled B2".
    let query = Author::objects().filter(|a| a.books().pages().eq(10) & !a.books().title().eq("B2"));
    assert_eq!(names(&db, query), NONE);
    let query = Author::objects().filter(|a| a.books().pages().eq(10) & !a.books().title().eq("B1"));
    assert_eq!(names(&db, query), ["Ann"]);
    // With `any` it is one row: a book of 10 pages that is not titled B2.
    let query = Author::objects().filter(|a| a.books().any(|b| b.pages().eq(10) & !b.title().eq("B2")));
    assert_eq!(names(&db, query), ["Ann"]);
}

#[test]
fn each_side_of_xor_speaks_of_rows_of_its_own() {
    let db = library();
    let query = Author::objects().filter(|a| a.books().title().eq("B0") ^ a.books().title().eq("B1"));
    assert_eq!(names(&db, query), ["Ann", "Bob"]);
    let query = Author::objects().filter(|a| a.books().title().eq("B0") ^ a.books().pages().eq(30));
    assert_eq!(names(&db, query), NONE);
    let query = Author::objects().filter(|a| a.books().title().eq("B0") ^ a.age().gt(40));
    assert_eq!(names(&db, query), ["Ann", "Cay"]);
}

#[test]
fn a_parent_without_related_rows_is_not_lost_under_or() {
    let db = library();
    let query = Author::objects().filter(|a| a.books().title().eq("B0") | a.age().eq(50));
    assert_eq!(names(&db, query), ["Ann", "Cay"]);
    let query = Author::objects().filter(|a| a.age().eq(50) | a.books().tags().name().eq("t0"));
    assert_eq!(names(&db, query), ["Ann", "Bob", "Cay"]);
    // The conjunct beside it needs the row, and shares it.
    let query = Author::objects().filter(|a| (a.books().title().eq("B0") | a.age().eq(50)) & a.books().pages().gt(20));
    assert_eq!(names(&db, query), NONE);
    let query = Author::objects().filter(|a| (a.books().title().eq("B2") | a.age().eq(50)) & a.books().pages().gt(20));
    assert_eq!(names(&db, query), ["Ann"]);
    let query = Author::objects().exclude(|a| a.books().title().eq("B0") | a.age().eq(50));
    assert_eq!(names(&db, query), ["Bob"]);
}

#[test]
fn null_across_a_to_many_relation_is_a_row_with_null_or_no_row_at_all() {
    let db = library();
    // B2 has no publisher-less sibling; Bob's B1 has no date; Cay has no book.
    assert_eq!(names(&db, Author::objects().filter(|a| a.books().published().is_null())), ["Bob", "Cay"]);
    assert_eq!(names(&db, Author::objects().filter(|a| !a.books().published().is_null())), ["Ann"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().name().is_null())), ["B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().id().is_null())), ["B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| !b.tags().id().is_null())), ["B0", "B1", "B2"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().user().is_null())), ["B0", "B3"]);
    assert_eq!(
        titles(&db, Book::objects().filter(|b| b.reviews().user().is_null() & b.reviews().stars().gt(1))),
        ["B3"]
    );
    let query = Author::objects().filter(|a| a.books().published().is_null() & a.books().pages().gt(0));
    assert_eq!(names(&db, query), ["Bob"]);
    let query = Author::objects().filter(|a| a.books().publisher().name().is_null());
    assert_eq!(names(&db, query), ["Bob", "Cay"]);
}

#[test]
fn any_none_every_and_exists_count_related_rows() {
    let db = library();
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().exists())), ["B1", "B2", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| !b.reviews().exists())), ["B0"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().any(|r| r.stars().gt(1)))), ["B2", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().none(|r| r.stars().gt(1)))), ["B0", "B1"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().every(|r| r.stars().eq(1)))), ["B0", "B1"]);
    let query = Book::objects().filter(|b| b.reviews().exists() & b.reviews().every(|r| r.stars().eq(1)));
    assert_eq!(titles(&db, query), ["B1"]);
    // A NULL does not hold: not every review of B3 has a user whose key is at least 1.
    assert_eq!(titles(&db, Book::objects().filter(|b| b.reviews().every(|r| r.user().id().ge(1)))), ["B0", "B1", "B2"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().every(|t| t.name().eq("t0")))), ["B1", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().none(|t| t.name().eq("t0")))), ["B2", "B3"]);
    let nested =
        Author::objects().filter(|a| a.books().any(|b| b.tags().any(|t| t.name().eq("t1")) & b.pages().eq(10)));
    assert_eq!(names(&db, nested), ["Ann"]);
    let nested = Author::objects().filter(|a| a.books().every(|b| b.reviews().none(|r| r.stars().eq(3))));
    assert_eq!(names(&db, nested), ["Ann", "Cay"]);
    let far =
        Author::objects().filter(|a| a.books().reviews().any(|r| r.stars().eq(2) & r.user().email().eq("u1@x.org")));
    assert_eq!(names(&db, far), ["Ann", "Bob"]);
    let behind_a_key = Review::objects().filter(|r| r.book().tags().exists()).values_list(|r| r.id());
    assert_eq!(behind_a_key.order_by(|r| r.id()).all(&db).unwrap(), [1, 2, 3]);
}

#[test]
fn exclude_is_not_exists_of_one_row_for_which_all_of_it_holds() {
    let db = library();
    assert_eq!(names(&db, Author::objects().exclude(|a| a.books().title().eq("B0"))), ["Bob", "Cay"]);
    // Ann has a book titled B0 and a book of 30 pages, and they are two.
    let query = Author::objects().exclude(|a| a.books().title().eq("B0") & a.books().pages().eq(30));
    assert_eq!(names(&db, query), ["Ann", "Bob", "Cay"]);
    let query = Author::objects().exclude(|a| a.books().title().eq("B0") & a.books().pages().eq(10));
    assert_eq!(names(&db, query), ["Bob", "Cay"]);
    let query = Author::objects().exclude(|a| a.books().title().eq("B0")).exclude(|a| a.books().pages().eq(20));
    assert_eq!(names(&db, query), ["Cay"]);
    assert_eq!(titles(&db, Book::objects().exclude(|b| b.tags().name().eq("t0"))), ["B2", "B3"]);
    assert_eq!(names(&db, Author::objects().exclude(|a| a.age().eq(30))), ["Bob", "Cay"]);
}

#[test]
fn a_many_to_many_relation_is_crossed_from_both_sides() -> Result<()> {
    let db = library();
    assert_eq!(titles(&db, Book::objects().filter(|b| b.tags().name().eq("t0"))), ["B0", "B1"]);
    let tags = |query: QuerySet<Tag>| -> Result<Vec<String>> {
        let query = query.order_by(|t| t.id()).values_list(|t| t.name());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    assert_eq!(tags(Tag::objects().filter(|t| t.books().title().eq("B0")))?, ["t0", "t1"]);
    assert_eq!(tags(Tag::objects().filter(|t| t.books().author().name().eq("Ann")))?, ["t0", "t1", "t2"]);
    assert_eq!(tags(Tag::objects().filter(|t| !t.books().exists()))?, ["t3"]);
    assert_eq!(tags(Tag::objects().filter(|t| t.books().tags().name().eq("t1")))?, ["t0", "t1"]);
    assert_eq!(tags(Tag::objects().filter(|t| t.books().tags().name().eq("t1") & t.name().ne("t1")))?, ["t0"]);
    Ok(())
}

fn staff() -> Database {
    let db = empty();
    let boss = Employee::create().name("boss").save(&db).unwrap();
    let lead = Employee::create().name("lead").reports_to(&boss).save(&db).unwrap();
    Employee::create().name("dev").reports_to(&lead).save(&db).unwrap();
    Employee::create().name("ops").reports_to(&lead).save(&db).unwrap();
    db
}

#[test]
fn a_model_may_be_joined_with_itself() -> Result<()> {
    let db = staff();
    let found = |query: QuerySet<Employee>| -> Result<Vec<String>> {
        let query = query.order_by(|e| e.id()).values_list(|e| e.name());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    assert_eq!(found(Employee::objects().filter(|e| e.reports_to().name().eq("lead")))?, ["dev", "ops"]);
    assert_eq!(found(Employee::objects().filter(|e| e.reports_to().reports_to().name().eq("boss")))?, ["dev", "ops"]);
    assert_eq!(found(Employee::objects().filter(|e| e.reports_to().reports_to().is_null()))?, ["boss", "lead"]);
    assert_eq!(found(Employee::objects().filter(|e| e.reports().name().eq("ops")))?, ["lead"]);
    assert_eq!(found(Employee::objects().filter(|e| e.reports().reports().name().eq("ops")))?, ["boss"]);
    assert_eq!(found(Employee::objects().filter(|e| e.reports_to().reports().name().eq("ops")))?, ["dev", "ops"]);
    assert_eq!(found(Employee::objects().filter(|e| e.name().eq(e.reports_to().name())))?, NONE);
    assert_eq!(found(Employee::objects().exclude(|e| e.reports().exists()))?, ["dev", "ops"]);
    Ok(())
}

#[test]
fn a_many_to_many_relation_of_a_model_to_itself_has_two_directions() -> Result<()> {
    let db = empty();
    let mut ann = Person::create().name("Ann").save(&db)?;
    let bob = Person::create().name("Bob").save(&db)?;
    let mut cay = Person::create().name("Cay").save(&db)?;
    ann.follows.add(&db, [&bob, &cay])?;
    let key = cay.id;
    cay.follows.add(&db, [key])?;
    let found = |query: QuerySet<Person>| -> Result<Vec<String>> {
        let query = query.order_by(|p| p.id()).values_list(|p| p.name());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    assert_eq!(found(Person::objects().filter(|p| p.follows().name().eq("Cay")))?, ["Ann", "Cay"]);
    assert_eq!(found(Person::objects().filter(|p| p.followers().name().eq("Ann")))?, ["Bob", "Cay"]);
    assert_eq!(found(Person::objects().filter(|p| !p.follows().exists()))?, ["Bob"]);
    assert_eq!(found(Person::objects().filter(|p| p.follows().followers().name().eq("Cay")))?, ["Ann", "Cay"]);
    assert_eq!(found(Person::objects().filter(|p| p.follows().any(|f| f.id().eq(outer(p.id())))))?, ["Cay"]);
    Ok(())
}

fn airports() -> Database {
    let db = empty();
    for (code, city) in [("VIE", "Vienna"), ("OSL", "Oslo"), ("LHR", "London")] {
        Airport::create().code(code).city(city).save(&db).unwrap();
    }
    for (number, origin, dest) in [(1, "VIE", "OSL"), (2, "OSL", "VIE"), (3, "VIE", "LHR"), (4, "LHR", "LHR")] {
        Flight::create().number(number).origin(origin).dest(dest).save(&db).unwrap();
    }
    db
}

#[test]
fn two_keys_to_one_model_are_two_joins() -> Result<()> {
    let db = airports();
    let found = |query: QuerySet<Flight>| -> Result<Vec<i32>> {
        let query = query.order_by(|f| f.number()).values_list(|f| f.number());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    let query = Flight::objects().filter(|f| f.origin().city().eq("Vienna") & f.dest().city().eq("Oslo"));
    assert_eq!(query.to_sql().matches("JOIN").count(), 2);
    assert_eq!(found(query)?, [1]);
    assert_eq!(found(Flight::objects().filter(|f| f.origin().eq(f.dest())))?, [4]);
    assert_eq!(found(Flight::objects().filter(|f| f.origin().city().lt(f.dest().city())))?, [2]);
    assert_eq!(found(Flight::objects().filter(|f| f.origin().eq("VIE") | f.dest().code().eq("VIE")))?, [1, 2, 3]);
    let codes = |query: QuerySet<Airport>| -> Result<Vec<String>> {
        let query = query.order_by(|a| a.code()).values_list(|a| a.code());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    assert_eq!(codes(Airport::objects().filter(|a| a.departures().number().eq(2)))?, ["OSL"]);
    assert_eq!(codes(Airport::objects().filter(|a| a.arrivals().number().eq(2)))?, ["VIE"]);
    let both = Airport::objects().filter(|a| a.arrivals().number().eq(2) & a.departures().number().eq(3));
    assert_eq!(codes(both)?, ["VIE"]);
    assert_eq!(codes(Airport::objects().filter(|a| a.departures().dest().city().eq("London")))?, ["LHR", "VIE"]);
    Ok(())
}

#[test]
fn a_one_to_one_relation_is_crossed_without_losing_or_repeating_rows() -> Result<()> {
    let db = library();
    let found = |query: QuerySet<User>| -> Result<Vec<i64>> {
        let query = query.order_by(|u| u.id()).values_list(|u| u.id());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    assert_eq!(found(User::objects().filter(|u| u.profile().bio().eq("hello")))?, [1]);
    assert_eq!(found(User::objects().filter(|u| u.profile().is_null()))?, [2]);
    assert_eq!(found(User::objects().filter(|u| !u.profile().is_null()))?, [1]);
    assert_eq!(found(User::objects().exclude(|u| u.profile().bio().eq("hello")))?, [2]);
    assert_eq!(found(User::objects().filter(|u| u.profile().bio().eq("hello") | u.id().eq(2)))?, [1, 2]);
    assert_eq!(found(User::objects().filter(|u| u.profile().eq(1)))?, [1]);
    Ok(())
}

#[test]
fn a_column_behind_a_relation_may_stand_on_the_right() -> Result<()> {
    let db = library();
    assert_eq!(titles(&db, Book::objects().filter(|b| b.title().gt(b.author().name()))), ["B0", "B2"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.pages().eq(b.reviews().stars() * 20))), ["B1", "B3"]);
    assert_eq!(titles(&db, Book::objects().filter(|b| b.pages().lt(b.author().books().pages()))), ["B0", "B1"]);
    assert_eq!(
        titles(&db, Book::objects().filter(|b| b.reviews().stars().eq(b.author().books().reviews().stars()))).len(),
        3
    );
    Ok(())
}

#[test]
fn exists_and_outer_speak_of_the_enclosing_query() {
    let db = library();
    let panned = || Review::objects().filter(|r| r.stars().lt(2));
    let query = Book::objects().filter(|b| exists(panned().filter(|r| r.book().eq(outer(b.id())))));
    assert_eq!(titles(&db, query), ["B1", "B2", "B3"]);
    let query = Book::objects().filter(|b| !exists(panned().filter(|r| r.book().eq(outer(b.id())))));
    assert_eq!(titles(&db, query), ["B0"]);
    // An outer column behind a key.
    let namesakes =
        Book::objects().filter(|b| exists(Author::objects().filter(|a| a.age().gt(outer(b.author().age())))));
    assert_eq!(titles(&db, namesakes), ["B0", "B2"]);
    // A subquery in a subquery.
    let query = Author::objects().filter(|a| {
        exists(Book::objects().filter(|b| {
            b.author().eq(outer(a.id()))
                & exists(Review::objects().filter(|r| r.book().eq(outer(b.id())) & r.stars().eq(3)))
        }))
    });
    assert_eq!(names(&db, query), ["Bob"]);
}

#[test]
fn a_subquery_is_a_value() -> Result<()> {
    let db = library();
    let longest = |a: &Fields<Author>| {
        let books = Book::objects().filter(|b| b.author().eq(outer(a.id()))).order_by(|b| b.pages().desc());
        subquery(books.values_list(|b| b.title()))
    };
    let rows: Vec<(String, Option<String>)> =
        assert_num_queries!(db, 1, { Author::objects().values_list(|a| (a.name(), longest(&a))).all(&db)? });
    let expected = [("Ann", Some("B2")), ("Bob", Some("B3")), ("Cay", None)];
    assert_eq!(rows, expected.map(|(name, title)| (name.to_owned(), title.map(str::to_owned))));
    assert_eq!(names(&db, Author::objects().filter(|a| longest(&a).eq("B3"))), ["Bob"]);
    assert_eq!(names(&db, Author::objects().filter(|a| longest(&a).is_null())), ["Cay"]);
    let ordered = Author::objects().order_by(|a| longest(&a).desc()).values_list(|a| a.name());
    assert_eq!(assert_num_queries!(db, 1, { ordered.all(&db)? }), ["Bob", "Ann", "Cay"]);
    Ok(())
}

#[test]
fn outer_outside_of_a_subquery_is_refused_before_anything_runs() {
    let db = library();
    let (found, log) = db.capture(|db| Book::objects().filter(|b| b.pages().eq(outer(b.pages()))).all(db));
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    assert_eq!(log.len(), 0, "{log}");
}

#[test]
fn rows_come_once_with_order_limit_and_count_across_relations() -> Result<()> {
    let db = library();
    let query =
        Book::objects().filter(|b| b.reviews().stars().ge(1)).order_by(|b| (b.author().name().desc(), b.id().desc()));
    let page = query.clone().limit(2).values_list(|b| b.title());
    assert_eq!(assert_num_queries!(db, 1, { page.all(&db)? }), ["B3", "B1"]);
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 3);
    assert_eq!(assert_num_queries!(db, 1, { query.clone().offset(2).count(&db)? }), 1);
    assert!(assert_num_queries!(db, 1, { query.exists(&db)? }));
    Ok(())
}

#[test]
fn a_negation_opens_a_scope_of_its_own_inside_of_an_exists() {
    // B0 has the tags t0 and t1. `!t.name = t0` says that no tag of the book is t0, so the left side does not hold.
    let db = library();
    let condition =
        |b: &Fields<Book>| (b.tags().name().eq("nothing") | !b.tags().name().eq("t0")) & b.tags().name().eq("t1");
    assert_eq!(titles(&db, Book::objects().filter(|b| condition(&b))), NONE);
}

#[test]
fn one_call_speaks_of_the_same_row_at_every_level() {
    // Ann's books: B0 with t0 and t1, B2 with t2. No tag is both t0 and number 2.
    let db = library();
    let query = Author::objects().filter(|a| a.books().tags().name().eq("t0") & a.books().tags().id().eq(2));
    assert_eq!(names(&db, query), NONE);
    let query = Author::objects().filter(|a| a.books().tags().name().eq("t0") & a.books().tags().id().eq(1));
    assert_eq!(names(&db, query), ["Ann", "Bob"]);
    let each = Author::objects().filter(|a| a.books().tags().name().eq("t0"));
    assert_eq!(names(&db, each.filter(|a| a.books().tags().id().eq(2))), ["Ann"]);
}

#[test]
fn a_one_to_one_relation_behind_a_key_behind_a_to_many_relation() -> Result<()> {
    let db = library();
    let users = User::objects().filter(|u| u.reviews().user().profile().bio().eq("hello"));
    assert_eq!(users.values_list(|u| u.id()).all(&db)?, [1]);
    let books = Book::objects().filter(|b| b.reviews().user().profile().bio().eq("hello") & b.reviews().stars().eq(1));
    assert_eq!(books.order_by(|b| b.id()).values_list(|b| b.id()).all(&db)?, [2, 3, 4]);
    let absent = Book::objects().filter(|b| b.reviews().user().profile().is_null() & b.reviews().stars().ge(2));
    assert_eq!(absent.order_by(|b| b.id()).values_list(|b| b.id()).all(&db)?, [3, 4]);
    let selected = Book::objects().values_list(|b| (b.id(), b.reviews().user().profile().bio())).order_by(|b| b.id());
    assert_eq!(assert_num_queries!(db, 1, { selected.all(&db)? }).len(), 7);
    Ok(())
}

#[test]
fn one_table_may_be_filtered_ordered_and_loaded_along_several_paths() -> Result<()> {
    let db = library();
    let books = Book::objects()
        .filter(|b| b.author().books().author().name().eq("Ann"))
        .select_related(|b| b.author())
        .order_by(|b| (b.author().name(), b.id().desc()));
    let books = assert_num_queries!(db, 1, { books.all(&db)? });
    assert_eq!(books.iter().map(|book| book.title.as_str()).collect::<Vec<_>>(), ["B2", "B0"]);
    let reviews = Review::objects()
        .filter(|r| r.book().reviews().user().email().eq("u1@x.org") & r.user().email().eq("u0@x.org"))
        .select_related(|r| (r.user(), r.book().author()))
        .order_by(|r| r.id());
    let reviews = assert_num_queries!(db, 1, { reviews.all(&db)? });
    assert_eq!(reviews.iter().map(|review| review.id).collect::<Vec<_>>(), [2, 4]);
    assert!(reviews.iter().all(|review| review.user.loaded().unwrap().email == "u0@x.org"));
    Ok(())
}

#[test]
fn a_related_row_is_among_those_of_a_queryset() -> Result<()> {
    let db = library();
    let us = || Author::objects().filter(|a| a.country().eq("US"));
    let books = Book::objects().filter(|b| b.author().in_(us())).order_by(|b| b.id());
    assert_eq!(assert_num_queries!(db, 1, { books.values_list(|b| b.title()).all(&db)? }), ["B0", "B2"]);
    let keys = Author::objects().filter(|a| a.country().is_null()).values_list(|a| a.id());
    assert_eq!(Book::objects().filter(|b| b.author().in_(keys)).count(&db)?, 2);
    let short = Book::objects().filter(|b| b.pages().le(20));
    assert_eq!(Author::objects().filter(|a| a.books().in_(short)).count(&db)?, 2);
    assert_eq!(Book::objects().exclude(|b| b.author().in_(us())).count(&db)?, 2);
    Ok(())
}

#[test]
fn among_the_rows_of_an_empty_queryset_is_nothing_and_runs_nothing() -> Result<()> {
    let db = library();
    assert_num_queries!(db, 0, {
        assert_eq!(Book::objects().filter(|b| b.author().in_(Author::objects().none())).count(&db)?, 0);
        assert!(!Book::objects().filter(|b| b.author().in_(Author::objects().limit(0))).exists(&db)?);
        assert_eq!(Book::objects().filter(|_| exists(Author::objects().none())).all(&db)?.len(), 0);
    });
    assert_eq!(Book::objects().exclude(|b| b.author().in_(Author::objects().none())).count(&db)?, 4);
    Ok(())
}

#[test]
fn deferred_columns_of_a_prefetched_relation_may_be_left_out() -> Result<()> {
    let db = library();
    let authors = assert_num_queries!(db, 2, {
        Author::objects().prefetch_related(|a| a.books().order_by(|b| b.id()).defer(|b| b.summary())).all(&db)?
    });
    let books = authors[0].books.loaded().unwrap();
    assert_eq!((books.len(), books[0].summary.loaded()), (2, None));
    Ok(())
}

#[test]
fn an_outer_column_is_of_the_nearest_query_about_its_model_however_deep() -> Result<()> {
    let db = library();
    // Authors with a book that has a review by somebody whose key is the author's.
    let authors = Author::objects().filter(|a| {
        let author = || outer(a.id());
        exists(Book::objects().filter(|b| {
            let by =
                |r: Fields<Review>| r.book().eq(outer(b.id())) & r.user().eq(author()) & r.book().author().eq(author());
            exists(Review::objects().filter(by))
        }))
    });
    let names = assert_num_queries!(db, 1, { authors.values_list(|a| a.name()).all(&db)? });
    let mut expected = Vec::new();
    for review in Review::objects().select_related(|r| r.book().author()).all(&db)? {
        let author = review.book.get(&db)?.author.get(&db)?;
        if review.user.key() == Some(&author.id) && !expected.contains(&author.name) {
            expected.push(author.name.clone());
        }
    }
    expected.sort();
    assert_eq!((names.is_empty(), names), (false, expected));
    // In a condition on related rows, their row is the query around.
    let own = Author::objects().filter(|a| {
        a.books().any(|b| exists(Review::objects().filter(|r| r.book().eq(outer(b.id())) & r.stars().eq(3))))
    });
    assert_eq!(own.values_list(|a| a.name()).all(&db)?, ["Bob"]);
    // No query around is about it.
    let stray = |b: Fields<Book>| exists(Review::objects().filter(|r| r.book().eq(outer(b.id()))));
    let other = Author::objects().filter(|_| stray_in_author(stray));
    let found = assert_num_queries!(db, 0, { other.all(&db) });
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    Ok(())
}

/// A condition that speaks of a book, in a query that has none.
fn stray_in_author(condition: impl FnOnce(Fields<Book>) -> Cond<Book>) -> Cond<Author> {
    let mut smuggled = None;
    let _ = Book::objects().filter(|b| {
        smuggled = Some(outer(b.id()));
        condition(b)
    });
    exists(Review::objects().filter(|r| r.book().eq(smuggled.unwrap())))
}

/// A table that is called like a relation, in another case.
mod cased {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "Customer")]
    pub struct Customer {
        pub id: i64,
        pub country: String,
        pub invoices: HasMany<Invoice>,
    }

    #[derive(Model)]
    #[model(table = "Invoice")]
    pub struct Invoice {
        pub id: i64,
        pub customer: ForeignKey<Customer>,
        pub total: i64,
    }
}

#[test]
fn names_that_differ_in_case_only_are_the_same_to_the_database() -> Result<()> {
    use cased::{Customer, Invoice};
    let db = Database::in_memory()?;
    db.create_tables(models![Customer, Invoice])?;
    for (country, total) in [("US", 5), ("DE", 7), ("FR", 0)] {
        let customer = Customer::create().country(country).save(&db)?;
        Invoice::create().customer(&customer).total(total).save(&db)?;
    }
    Invoice::create().customer(1).total(9).save(&db)?;
    // Customers of whose country there is an invoice of more than 6: the inner query joins a relation `customer`.
    let rich = Customer::objects().filter(|c| {
        let of_country = |i: Fields<Invoice>| i.customer().country().eq(outer(c.country())) & i.total().gt(6);
        exists(Invoice::objects().filter(of_country))
    });
    assert_eq!(rich.order_by(|c| c.id()).values_list(|c| c.country()).all(&db)?, ["US", "DE"]);
    Ok(())
}
