//! Raw statements: rows of models, values and projections from text of one's own, and what such a text may not be.

use eager_orm::prelude::*;
use eager_orm::{Bind, Error, FindingKind};

use crate::support::*;

#[test]
fn rows_of_a_raw_statement_are_models() -> Result<(), Error> {
    let db = library();
    let authors = assert_num_queries!(db, 1, {
        Author::raw("SELECT * FROM author WHERE name < ?1 ORDER BY name DESC", ("C",)).all(&db).unwrap()
    });
    let names: Vec<&str> = authors.iter().map(|author| author.name.as_str()).collect();
    assert_eq!(names, ["Bob", "Ann"]);
    assert_eq!(authors, Author::objects().filter(|a| a.name().lt("C")).reverse().all(&db).unwrap());
    Ok(())
}

#[test]
fn columns_are_matched_by_name_in_any_order_and_case() {
    let db = library();
    let author = Author::raw("SELECT age, NAME, Country, id FROM author WHERE id = 1", ()).get(&db).unwrap();
    assert_eq!(author, Author::objects().find(&db, 1).unwrap());
    // Of equal names the first counts, as in a JOIN of two tables that both have an `id`.
    let sql = "SELECT a.*, b.* FROM author a JOIN book b ON b.author_id = a.id WHERE b.title = ?1";
    assert_eq!(Author::raw(sql, ("B3",)).get(&db).unwrap().name, "Bob");
}

#[test]
fn lazy_relations_of_raw_rows_load_for_all_of_them_at_once() -> Result<(), Error> {
    let db = library();
    let books = Book::raw("SELECT * FROM book ORDER BY id", ()).all(&db).unwrap();
    let authors: Vec<&str> =
        assert_num_queries!(db, 1, { books.iter().map(|book| book.author.get(&db).unwrap().name.as_str()).collect() });
    assert_eq!(authors, ["Ann", "Bob", "Ann", "Bob"]);
    let reviews: Vec<usize> =
        assert_num_queries!(db, 1, { books.iter().map(|book| book.reviews.all(&db).unwrap().len()).collect() });
    assert_eq!(reviews, [0, 1, 2, 3]);
    let tags =
        assert_num_queries!(db, 1, { books.iter().map(|book| book.tags.all(&db).unwrap().len()).sum::<usize>() });
    assert_eq!(tags, 4);
    Ok(())
}

#[test]
fn raw_rows_keep_to_their_fetch_mode() -> Result<(), Error> {
    let db = library();
    let books = Book::raw("SELECT * FROM book", ()).fetch_mode(FetchMode::Raise).all(&db).unwrap();
    assert!(matches!(books[0].author.get(&db), Err(Error::FetchBlocked { .. })));
    let books = Book::raw("SELECT * FROM book", ()).fetch_mode(FetchMode::One).all(&db).unwrap();
    assert_num_queries!(db, 4, { books.iter().for_each(|book| assert!(book.reviews.all(&db).is_ok())) });
    Ok(())
}

#[test]
fn relations_of_raw_rows_can_be_prefetched() -> Result<(), Error> {
    let db = library();
    let raw = Book::raw("SELECT * FROM book ORDER BY id", ()).prefetch_related(|b| {
        (b.tags(), b.author().books(), b.reviews().filter(|r| r.stars().ge(2)).to(|b| b.top_reviews()))
    });
    let books = assert_num_queries!(db, 5, { raw.all(&db).unwrap() });
    assert_num_queries!(db, 0, {
        assert_eq!(books[0].tags.all(&db).unwrap().len(), 2);
        assert_eq!(books[0].author.get(&db).unwrap().books.all(&db).unwrap().len(), 2);
        assert_eq!(books[3].top_reviews.get().unwrap().len(), 2);
    });
    Ok(())
}

#[test]
fn deferred_columns_that_are_left_out_load_when_they_are_read() -> Result<(), Error> {
    let db = library();
    let sql = "SELECT id, title, author_id, publisher_id, pages, price, published, active FROM book ORDER BY id";
    let books = Book::raw(sql, ()).all(&db).unwrap();
    assert!(books.iter().all(|book| book.summary.loaded().is_none()));
    let summaries: Vec<&str> =
        assert_num_queries!(db, 1, { books.iter().map(|book| book.summary.get(&db).unwrap().as_str()).collect() });
    assert_eq!(summaries, ["summary 0", "summary 1", "summary 2", "summary 3"]);
    let whole = Book::raw("SELECT * FROM book", ()).all(&db).unwrap();
    assert_eq!(whole[0].summary.loaded().map(String::as_str), Some("summary 0"));
    Ok(())
}

#[test]
fn a_plain_column_that_is_left_out_is_an_error_that_names_it() {
    let db = library();
    let error = Book::raw("SELECT id, title FROM book", ()).all(&db).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Book.author` is read from a column \"author_id\", and the statement has the 2 columns \"id\", \"title\""
    );
    let error = Author::raw("SELECT name FROM author", ()).all(&db).unwrap_err();
    assert!(
        matches!(&error, Error::NotSelected { model: "Author", field, column, .. } if field == "id" && column == "id")
    );
    // Found before a row is read: also where there is none.
    assert!(Author::raw("SELECT name FROM author WHERE 0", ()).all(&db).is_err());
}

#[test]
fn a_value_that_does_not_fit_names_its_field() {
    let db = library();
    let error = Author::raw("SELECT NULL AS name, id, country, age FROM author", ()).all(&db).unwrap_err();
    assert_eq!(error.to_string(), "`Author.name` is a `String`, and the row has NULL in column \"name\"");
    let error = Author::raw("SELECT 'old' AS age, name, id, country FROM author", ()).all(&db).unwrap_err();
    assert!(matches!(error, Error::Decode { model: "Author", field, .. } if field == "age"));
}

#[test]
fn columns_beside_the_model_come_as_a_value_or_a_tuple() {
    let db = library();
    let sql = "SELECT count(*) AS books, a.*, min(b.title) AS first FROM author a JOIN book b ON b.author_id = a.id \
               GROUP BY a.id ORDER BY a.id";
    assert_eq!(Author::raw(sql, ()).all(&db).unwrap().len(), 2);
    let rows = Author::raw(sql, ()).annotate::<(i64, String)>().all(&db).unwrap();
    let rows: Vec<(&str, i64, &str)> =
        rows.iter().map(|(author, (books, first))| (author.name.as_str(), *books, first.as_str())).collect();
    assert_eq!(rows, [("Ann", 2, "B0"), ("Bob", 2, "B1")]);

    let one = Author::raw("SELECT *, 7 AS seven FROM author ORDER BY id", ()).annotate::<i32>().first(&db).unwrap();
    assert_eq!(one.map(|(author, seven)| (author.name, seven)), Some(("Ann".to_owned(), 7)));

    let error = Author::raw(sql, ()).annotate::<i64>().all(&db).unwrap_err();
    assert!(matches!(&error, Error::ColumnCount { expected: 1, found } if *found == ["books", "first"]), "{error}");
    let error = Author::raw(sql, ()).annotate::<(i64, i64)>().all(&db).unwrap_err();
    assert!(
        matches!(&error, Error::Decode { model: "row", field, expected: "i64", .. } if field == "first"),
        "{error}"
    );
}

#[test]
fn annotated_raw_rows_are_models_too() -> Result<(), Error> {
    let db = library();
    let books = Book::raw("SELECT *, 1 AS one FROM book", ()).annotate::<i64>().prefetch_related(|b| b.tags());
    let books = assert_num_queries!(db, 2, { books.all(&db).unwrap() });
    assert_num_queries!(db, 1, { books.iter().for_each(|(book, _)| assert!(book.author.get(&db).is_ok())) });
    Ok(())
}

#[test]
fn get_and_first_read_no_more_than_they_need() {
    let db = library();
    let all = Author::raw("SELECT * FROM author ORDER BY id", ());
    assert_eq!(all.first(&db).unwrap().unwrap().name, "Ann");
    assert!(matches!(all.get(&db), Err(Error::MultipleObjectsReturned { model: "Author" })));
    assert!(Author::raw("SELECT * FROM author WHERE 0", ()).get(&db).unwrap_err().is_does_not_exist());
    let (_, log) = db.capture(|db| all.first(db).unwrap().is_some());
    assert_eq!(log.statements().next().map(|statement| statement.rows), Some(1));
    assert_eq!(raw::<i64>("SELECT id FROM author ORDER BY id", ()).first(&db).unwrap(), Some(1));
    assert!(matches!(raw::<i64>("SELECT id FROM author", ()).get(&db), Err(Error::MultipleObjectsReturned { .. })));
}

#[test]
fn values_are_matched_by_place() {
    let db = library();
    let rows = raw::<(String, Option<i32>)>("SELECT name, age FROM author ORDER BY id", ()).all(&db).unwrap();
    assert_eq!(rows, [("Ann".to_owned(), Some(30)), ("Bob".to_owned(), None), ("Cay".to_owned(), Some(50))]);
    assert_eq!(raw::<Option<i64>>("SELECT NULL", ()).get(&db).unwrap(), None);
    assert_eq!(raw::<Date>("SELECT published FROM book WHERE id = 1", ()).get(&db).unwrap(), date(2020, 1, 31));
    type Twelve = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, bool);
    let twelve = raw::<Twelve>("VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1)", ()).get(&db).unwrap();
    assert_eq!((twelve.0, twelve.10, twelve.11), (1, 11, true));
}

#[test]
fn columns_that_are_not_the_values_asked_for_are_an_error() {
    let db = library();
    let error = raw::<(i64, i64)>("SELECT id, name, age FROM author", ()).all(&db).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a row of 2 values was asked for, and the statement has the 3 columns \"id\", \"name\", \"age\""
    );
    let error = raw::<(i64, i64)>("SELECT id, name FROM author", ()).all(&db).unwrap_err();
    assert_eq!(error.to_string(), "`row.name` is a `i64`, and the row has the TEXT 'Ann' in column \"name\"");
    let error = raw::<i64>("SELECT NULL AS gone", ()).all(&db).unwrap_err();
    assert!(matches!(error, Error::Decode { field, found, .. } if field == "gone" && found == "NULL"));
}

#[test]
fn values_are_bound_and_never_become_text() {
    let db = library();
    let hostile = "x'; DROP TABLE author; --";
    assert_eq!(raw::<String>("SELECT ?1", (hostile,)).get(&db).unwrap(), hostile);
    assert_eq!(Author::raw("SELECT * FROM author WHERE name = ?1", (hostile,)).all(&db).unwrap().len(), 0);
    assert_eq!(Author::objects().count(&db).unwrap(), 3);
}

#[test]
fn binds_are_tuples_arrays_vectors_and_slices() {
    let db = empty();
    let name = String::from("x");
    let row = raw::<(String, Option<String>, bool, Vec<u8>, String)>(
        "SELECT ?1, ?2, ?3, ?4, ?5",
        (&name, None::<&str>, true, &[1_u8, 2][..], date(2020, 1, 31)),
    );
    let expected = ("x".to_owned(), None, true, vec![1, 2], "2020-01-31".to_owned());
    assert_eq!(row.get(&db).unwrap(), expected);
    assert_eq!(raw::<i64>("SELECT ?1 + ?2", [1_i64, 2]).get(&db).unwrap(), 3);
    assert_eq!(raw::<i64>("SELECT ?1 + ?2", vec![1_i64, 2]).get(&db).unwrap(), 3);
    assert_eq!(raw::<i64>("SELECT ?1 + ?2", &[1_i64, 2][..]).get(&db).unwrap(), 3);
    let mixed = vec![Bind::Integer(1), Bind::Text("a".into())];
    assert_eq!(raw::<(i64, String)>("SELECT ?1, :name", mixed).get(&db).unwrap(), (1, "a".to_owned()));
}

#[test]
fn a_wrong_number_of_binds_runs_nothing() {
    let db = library();
    let delete = "DELETE FROM review WHERE id = ?1 OR id = ?2";
    for error in [
        raw(delete, (1,)).execute(&db).unwrap_err(),
        raw(delete, (1, 2, 3)).execute(&db).unwrap_err(),
        raw::<i64>("SELECT ?1", ()).all(&db).unwrap_err(),
        Author::raw("SELECT * FROM author", ("x",)).all(&db).unwrap_err(),
    ] {
        assert!(matches!(error, Error::BindCount { .. }), "{error}");
    }
    assert_eq!(Review::objects().count(&db).unwrap(), 6);
}

#[test]
fn a_value_that_cannot_be_stored_is_refused() {
    let db = empty();
    let error = raw::<f64>("SELECT ?1", (f64::NAN,)).get(&db).unwrap_err();
    assert!(matches!(error, Error::NotStorable { field, .. } if field == "?1"));
}

#[test]
fn two_statements_in_one_text_run_neither() {
    let db = library();
    for text in
        ["DELETE FROM review; DELETE FROM tag", "SELECT 1; DELETE FROM review", "; DELETE FROM review; SELECT 1"]
    {
        let error = raw(text, ()).execute(&db).unwrap_err();
        assert!(matches!(error, Error::SeveralStatements { .. }), "{text}: {error}");
    }
    assert_eq!(Review::objects().count(&db).unwrap(), 6);
    // A sign at the end, and what nobody runs, make no second statement.
    assert_eq!(raw::<i64>("SELECT 1; -- and no more", ()).get(&db).unwrap(), 1);
    for text in ["", " ; ", "-- nothing", "SELECT 1\0; DELETE FROM review"] {
        assert!(matches!(raw::<i64>(text, ()).all(&db), Err(Error::Misuse { .. })), "{text}");
    }
}

#[test]
fn statements_that_change_rows_say_how_many() -> Result<(), Error> {
    let (db, _folder) = empty_file();
    fill(&db);
    assert_eq!(raw("UPDATE book SET pages = pages + ?1 WHERE active", (1,)).execute(&db).unwrap(), 2);
    assert_eq!(raw("CREATE TABLE other (a)", ()).execute(&db).unwrap(), 0);
    assert_eq!(raw("UPDATE book SET pages = 1 WHERE 0", ()).execute(&db).unwrap(), 0);
    assert_eq!(raw("DELETE FROM review WHERE stars = ?1", (1,)).execute(&db).unwrap(), 3);
    let ids = raw::<i64>("INSERT INTO tag (name) VALUES (?1), (?2) RETURNING id", ("a", "b")).all(&db).unwrap();
    assert_eq!(ids, [5, 6]);
    let first = raw::<i64>("INSERT INTO tag (name) VALUES (?1), (?2) RETURNING id", ("c", "d")).first(&db).unwrap();
    assert_eq!((first, Tag::objects().count(&db).unwrap()), (Some(7), 8));
    let tags = Tag::raw("UPDATE tag SET name = name || '!' WHERE id > ?1 RETURNING *", (6,)).all(&db).unwrap();
    assert_eq!(tags.len(), 2);
    assert_num_queries!(db, 1, { tags.iter().for_each(|tag| assert!(tag.books.all(&db).unwrap().is_empty())) });
    Ok(())
}

#[test]
fn a_statement_is_run_the_way_it_was_asked_for() {
    let db = library();
    let error = raw("SELECT 1", ()).execute(&db).unwrap_err();
    assert!(error.to_string().contains("read them with `.all(&db)`"), "{error}");
    let error = raw::<i64>("DELETE FROM review", ()).all(&db).unwrap_err();
    assert!(matches!(&error, Error::ColumnCount { expected: 1, found } if found.is_empty()), "{error}");
    assert_eq!(Review::objects().count(&db).unwrap(), 6);
}

#[test]
fn a_raw_write_that_fails_leaves_nothing_behind() {
    let db = library();
    let error = raw("INSERT INTO tag (name) VALUES ('new'), ('t0')", ()).execute(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error}");
    // The rows are written, and then one of them cannot be read.
    let error = raw::<i64>("INSERT INTO tag (name) VALUES ('new') RETURNING name", ()).all(&db).unwrap_err();
    assert!(matches!(error, Error::Decode { .. }));
    let error = Tag::raw("INSERT INTO tag (name) VALUES ('t0') RETURNING *", ()).all(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error}");
    assert_eq!(Tag::objects().count(&db).unwrap(), 4);
}

#[test]
fn an_open_transaction_is_used() {
    let (file, _folder) = empty_file();
    fill(&file);
    for db in [library(), file] {
        let failed = db.transaction(|tx| {
            assert_eq!(raw("DELETE FROM review", ()).execute(tx)?, 6);
            assert_eq!(raw::<i64>("SELECT count(*) FROM review", ()).get(tx)?, 0);
            assert_eq!(Review::raw("SELECT * FROM review", ()).all(tx)?.len(), 0);
            Err::<(), Error>(Error::Closed)
        });
        assert!(failed.is_err());
        assert_eq!(raw::<i64>("SELECT count(*) FROM review", ()).get(&db).unwrap(), 6);
    }
}

#[test]
fn a_snapshot_reads_and_does_not_write() {
    let db = library();
    let error = db.read(|snapshot| {
        assert_eq!(raw::<i64>("SELECT count(*) FROM review", ()).get(snapshot)?, 6);
        raw("DELETE FROM review", ()).execute(snapshot)
    });
    assert!(matches!(error, Err(Error::ReadOnly { what: "a snapshot" })));
    let error = db.read(|snapshot| raw::<i64>("DELETE FROM review RETURNING id", ()).all(snapshot));
    assert!(matches!(error, Err(Error::ReadOnly { .. })));
    assert_eq!(Review::objects().count(&db).unwrap(), 6);
}

#[test]
fn a_read_does_not_wait_for_a_writer_and_a_write_does() {
    let (db, _folder) = empty_file();
    fill(&db);
    db.transaction(|tx| {
        raw("DELETE FROM review", ()).execute(tx)?;
        // On another connection, which sees what was there before.
        assert_eq!(raw::<i64>("SELECT count(*) FROM review", ()).get(&db)?, 6);
        assert!(matches!(raw("DELETE FROM tag", ()).execute(&db), Err(Error::Nested { .. })));
        Ok(())
    })
    .unwrap();
}

#[test]
fn transactions_are_not_made_by_text() {
    let db = library();
    for text in ["BEGIN", "-- x\n commit", "ROLLBACK", "savepoint a", "RELEASE a", "END", "ATTACH ':memory:' AS x"] {
        let error = raw(text, ()).execute(&db).unwrap_err();
        assert!(matches!(error, Error::Misuse { .. }), "{text}: {error}");
        assert!(db.transaction(|tx| raw(text, ()).execute(tx)).is_err());
    }
    assert_eq!(raw("DELETE FROM review", ()).execute(&db).unwrap(), 6);
}

#[test]
fn what_sqlite_says_of_the_text_is_handed_on() {
    let db = library();
    let error = raw::<i64>("SELECT nothing FROM author", ()).all(&db).unwrap_err();
    assert!(matches!(&error, Error::Database { message, sql: Some(_), .. } if message.contains("nothing")), "{error}");
    let error = Author::raw("SELECT * FROM authors", ()).all(&db).unwrap_err();
    assert!(matches!(&error, Error::Database { message, .. } if message == "no such table: authors"), "{error}");
    assert!(raw::<i64>("SELEKT 1", ()).all(&db).unwrap_err().to_string().contains("SELEKT"));
}

#[test]
fn the_log_shows_the_text_and_where_it_was_asked_for() {
    let db = library();
    let (_, log) = db.capture(|db| {
        Author::raw("SELECT * FROM author WHERE id < ?1", (3,)).all(db).unwrap();
        raw::<i64>("SELECT 1", ()).all(db).unwrap();
        raw("DELETE FROM review", ()).execute(db).unwrap();
    });
    let seen: Vec<(&str, u64, bool)> = log
        .statements()
        .map(|statement| (statement.sql.as_str(), statement.rows, statement.location.file().ends_with("suite/raw.rs")))
        .collect();
    assert_eq!(
        seen,
        [("SELECT * FROM author WHERE id < ?1", 2, true), ("SELECT 1", 1, true), ("DELETE FROM review", 6, true)]
    );
}

#[test]
fn a_kept_statement_sees_tables_that_have_changed() {
    let (db, _folder) = empty_file();
    raw("CREATE TABLE pair (a, b)", ()).execute(&db).unwrap();
    raw("INSERT INTO pair VALUES (1, 2)", ()).execute(&db).unwrap();
    let pairs = raw::<(i64, i64)>("SELECT * FROM pair", ());
    assert_eq!(pairs.all(&db).unwrap(), [(1, 2)]);
    raw("ALTER TABLE pair DROP COLUMN a", ()).execute(&db).unwrap();
    assert!(matches!(pairs.all(&db), Err(Error::ColumnCount { .. })));
    assert_eq!(raw::<i64>("SELECT * FROM pair", ()).all(&db).unwrap(), [2]);
}

#[test]
fn the_report_of_a_capture_knows_raw_queries_too() {
    let db = library();
    let query = line!() + 2;
    let (done, log) = db.capture(|db| {
        for book in Book::raw("SELECT * FROM book", ()).fetch_mode(FetchMode::One).all(db)? {
            book.author.get(db)?;
            book.summary.loaded();
        }
        Ok::<(), Error>(())
    });
    done.unwrap();
    let [finding] = log.findings() else { panic!("{}", log.report()) };
    assert_eq!((finding.kind, finding.what.as_str(), finding.times), (FindingKind::OneByOne, "Book.author", 4));
    assert_eq!((finding.query.line(), finding.query.file().ends_with("raw.rs")), (query, true));

    // What comes along and is not read is found as well.
    let (done, log) = db.capture(|db| Book::raw("SELECT * FROM book", ()).all(db).map(|books| books.len()));
    assert_eq!(done.unwrap(), 4);
    let whats: Vec<&str> = log.findings().iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(whats, ["Book.summary"], "{}", log.report());
}
