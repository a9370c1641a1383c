//! Files that are no databases, databases that are not what the models say, handles that are closed: each is a typed
//! error that names what is wrong, and nothing panics.

use std::path::Path;

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

/// A database with these statements run in it, by somebody who knows nothing of models.
fn foreign(sql: &str) -> Database {
    let db = Database::in_memory().unwrap();
    db.raw(|connection| connection.execute_batch(sql)).unwrap();
    db
}

fn open_error(path: &Path) -> Error {
    Database::open(path).unwrap_err()
}

#[test]
fn a_folder_is_not_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let error = open_error(folder.path());
    let shown = folder.path().display().to_string();
    assert!(matches!(&error, Error::Open { path, .. } if *path == shown), "{error:?}");
    assert!(error.to_string().contains("directory") && error.to_string().contains(&shown), "{error}");
}

#[test]
fn a_path_without_its_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("x.db");
    let error = open_error(&path);
    assert!(matches!(&error, Error::Open { .. }), "{error:?}");
    assert!(error.to_string().contains("missing") && error.to_string().contains("directory"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_file_of_something_else_is_not_a_database() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("text", b"this is no database, and it is long enough to be read as one".repeat(40)),
        ("short", b"do not lose me".to_vec()),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, &content).unwrap();
        let error = open_error(&path);
        assert!(matches!(&error, Error::NotADatabase { path } if path.contains(name)), "{error:?}");
        assert!(error.to_string().contains("not a SQLite database"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), content, "the file is left as it was");
    }
}

#[test]
fn an_empty_file_is_an_empty_database() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.db");
    std::fs::write(&path, b"").unwrap();
    let db = Database::open(&path)?;
    create_tables(&db);
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 0);
    Ok(())
}

#[test]
fn a_file_is_opened_again_with_what_was_written() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd name ?&%'.db");
    for round in 0..3 {
        let db = Database::open(&path)?;
        create_tables(&db);
        assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), round);
        Tag::create().name(format!("t{round}")).save(&db)?;
    }
    assert!(path.exists());
    Ok(())
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.db");
    {
        let db = Database::open(&path)?;
        create_tables(&db);
        Tag::objects().bulk_create((0..5_000).map(|n| Tag::create().name(format!("tag {n}")))).run(&db)?;
        db.raw(|c| c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))?;
        db.close();
    }
    let mut bytes = std::fs::read(&path).unwrap();
    // The rows are noise, the schema is not.
    let start = bytes.len() - 16 * 1024;
    bytes[start..].iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 31 % 251) as u8);
    std::fs::write(&path, &bytes).unwrap();
    let outcome =
        Database::open(&path).and_then(|db| Tag::objects().prefetch_related(|t| t.books()).all(&db).map(drop));
    assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{outcome:?}");
    Ok(())
}

#[test]
fn a_missing_table_names_model_table_and_remedy() -> Result<()> {
    let db = Database::in_memory()?;
    let missing = |error: Error| {
        assert!(matches!(&error, Error::NoSuchTable { model: "Book", table } if table == "book"), "{error:?}");
        assert!(error.to_string().contains("create_tables(models![Book])"), "{error}");
    };
    missing(Book::objects().all(&db).unwrap_err());
    missing(Book::objects().count(&db).unwrap_err());
    missing(Book::objects().exists(&db).unwrap_err());
    missing(Book::objects().find(&db, 1).unwrap_err());
    missing(Book::objects().explain(&db).unwrap_err());
    missing(Book::objects().delete(&db).unwrap_err());
    missing(Book::objects().update(&db, |b| b.pages().set(1)).unwrap_err());
    missing(Book::objects().values_list(|b| b.id()).all(&db).unwrap_err());
    missing(Book::objects().for_each(&db, |_| Ok(())).unwrap_err());
    missing(db.read(|snapshot| Book::objects().iter(snapshot).map(|_| ())).unwrap_err());
    missing(Book::create().title("x").author(1).price(1.0).summary("").save(&db).unwrap_err());
    let new = Book::create().title("x").author(1).price(1.0).summary("");
    missing(Book::objects().bulk_create([new]).run(&db).unwrap_err());
    create_tables(&db);
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().count(&db)? }), 0);
    Ok(())
}

#[test]
fn a_missing_table_of_a_related_model_names_the_table() {
    let db = library();
    db.raw(|c| c.execute_batch("DROP TABLE review; ALTER TABLE publisher RENAME TO gone")).unwrap();
    let table = |error: Error| match error {
        Error::NoSuchTable { model, table } => (model, table),
        other => panic!("{other:?}"),
    };
    let error = Book::objects().prefetch_related(|b| b.reviews()).all(&db).unwrap_err();
    assert_eq!(table(error), ("Review", "review".to_owned()));
    let error = Book::objects().filter(|b| b.reviews().stars().gt(1)).all(&db).unwrap_err();
    assert_eq!(table(error).1, "review");
    let error = Book::objects().select_related(|b| b.publisher()).all(&db).unwrap_err();
    assert_eq!(table(error).1, "publisher");
    let book = Book::objects().find(&db, 1).unwrap();
    assert_eq!(table(book.reviews.all(&db).unwrap_err()), ("Review", "review".to_owned()));
    assert_eq!(table(book.publisher.get(&db).unwrap_err()), ("Publisher", "publisher".to_owned()));
}

#[test]
fn a_missing_column_names_model_column_and_statement() {
    let db = foreign("CREATE TABLE tag (id INTEGER PRIMARY KEY, title TEXT)");
    let missing = |error: Error, verb: &str| match &error {
        Error::NoSuchColumn { model: "Tag", column, sql, .. } => {
            assert!(column.contains("name"), "{error:?}");
            assert!(sql.starts_with(verb), "{error:?}");
            assert!(error.to_string().contains("Tag") && error.to_string().contains("name"), "{error}");
        }
        other => panic!("{other:?}"),
    };
    missing(Tag::objects().all(&db).unwrap_err(), "SELECT");
    missing(Tag::objects().filter(|t| t.name().eq("x")).count(&db).unwrap_err(), "SELECT");
    missing(Tag::objects().values_list(|t| t.name()).all(&db).unwrap_err(), "SELECT");
    missing(Tag::objects().order_by(|t| t.name()).values_list(|t| t.id()).all(&db).unwrap_err(), "SELECT");
    missing(Tag::create().name("x").save(&db).unwrap_err(), "INSERT");
    missing(Tag::objects().bulk_create([Tag::create().name("x")]).run(&db).unwrap_err(), "INSERT");
    missing(Tag::objects().update(&db, |t| t.name().set("x")).unwrap_err(), "UPDATE");
    missing(Tag::objects().filter(|t| t.name().eq("x")).delete(&db).unwrap_err(), "DELETE");
    // What does not speak of the column does not miss it.
    assert_eq!(Tag::objects().count(&db).unwrap(), 0);
}

/// The one failure of reading samples with this in a column, as (field, column, found).
fn decode(column: &str, value: &str) -> (String, String, String) {
    let columns = [
        "id INTEGER PRIMARY KEY",
        "text",
        "text_or",
        "int",
        "int_or",
        "byte",
        "short",
        "tiny",
        "half",
        "word",
        "flag",
        "flag_or",
        "real",
        "real_or",
        "blob",
        "blob_or",
        "day",
        "time",
        "moment",
        "stamp",
    ]
    .join(", ");
    let db = foreign(&format!(
        "CREATE TABLE sample ({columns});
         INSERT INTO sample VALUES (1, 'x', NULL, 0, NULL, 0, 0, 0, 0, 0, 0, NULL, 0.0, NULL, x'', NULL, NULL, NULL, NULL, NULL);
         INSERT INTO sample SELECT 2, {} FROM sample WHERE id = 1;
         UPDATE sample SET {column} = {value} WHERE id = 2",
        &columns["id INTEGER PRIMARY KEY, ".len()..]
    ));
    assert!(Sample::objects().filter(|s| s.id().eq(1)).get(&db).is_ok());
    let told = |error: Error| match error {
        Error::Decode { model: "Sample", field, column, found, .. } => (field, column, found),
        other => panic!("{column} = {value}: {other:?}"),
    };
    let all = told(Sample::objects().all(&db).unwrap_err());
    assert_eq!(told(Sample::objects().find(&db, 2).unwrap_err()), all);
    assert_eq!(told(Sample::objects().for_each(&db, |_| Ok(())).unwrap_err()), all);
    let streamed = db.read(|snapshot| Sample::objects().iter(snapshot)?.collect::<Result<Vec<_>>>());
    assert_eq!(told(streamed.unwrap_err()), all);
    let mut good = Sample::objects().find(&db, 1).unwrap();
    db.raw(|c| c.execute_batch(&format!("UPDATE sample SET {column} = {value} WHERE id = 1"))).unwrap();
    assert_eq!(told(good.refresh(&db).unwrap_err()), all);
    all
}

#[test]
fn a_value_of_another_type_names_model_field_column_and_value() {
    for (column, value, found) in [
        ("text", "7", "INTEGER 7"),
        ("text", "NULL", "NULL"),
        ("text", "x'00ff'", "BLOB of 2 bytes"),
        ("text", "CAST(x'ff' AS TEXT)", "UTF-8"),
        ("text_or", "1.5", "REAL 1.5"),
        ("int", "'seven'", "'seven'"),
        ("int", "1.5", "REAL 1.5"),
        ("int", "NULL", "NULL"),
        ("int", "9e18 * 10", "REAL"),
        ("int_or", "x'01'", "BLOB of 1 bytes"),
        ("byte", "256", "INTEGER 256"),
        ("byte", "-1", "INTEGER -1"),
        ("short", "40000", "INTEGER 40000"),
        ("tiny", "128", "INTEGER 128"),
        ("half", "65536", "INTEGER 65536"),
        ("word", "-1", "INTEGER -1"),
        ("flag", "2", "INTEGER 2"),
        ("flag", "'t'", "'t'"),
        ("flag", "NULL", "NULL"),
        ("flag_or", "-1", "INTEGER -1"),
        ("real", "'x'", "'x'"),
        ("real_or", "x''", "BLOB of 0 bytes"),
        ("blob", "'text'", "'text'"),
        ("blob_or", "1", "INTEGER 1"),
        ("day", "'2024-02-30'", "'2024-02-30'"),
        ("day", "'yesterday'", "'yesterday'"),
        ("day", "20240229", "INTEGER 20240229"),
        ("day", "''", "''"),
        ("time", "'25:00:00'", "'25:00:00'"),
        ("moment", "'2024-02-29T99'", "'2024-02-29T99'"),
        ("stamp", "'now'", "'now'"),
        ("stamp", "0", "INTEGER 0"),
        ("stamp", "CAST(x'fe' AS TEXT)", "UTF-8"),
    ] {
        let told = decode(column, value);
        assert_eq!((told.0.as_str(), told.1.as_str()), (column, column));
        assert!(told.2.contains(found), "{column} = {value}: {}", told.2);
    }
}

#[test]
fn whole_numbers_in_a_float_column_are_floats() -> Result<()> {
    let db = foreign(
        "CREATE TABLE book (id INTEGER PRIMARY KEY, title, author_id, publisher_id, pages, price NUMERIC, published, active, summary);
         INSERT INTO book VALUES (1, 'x', 1, NULL, 1, 2.0, NULL, 1, '')",
    );
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().get(&db)? }).price, 2.0);
    Ok(())
}

#[test]
fn a_wrong_value_is_named_wherever_its_row_comes_from() {
    let db = foreign(
        "CREATE TABLE author (id INTEGER PRIMARY KEY, name, country, age);
         CREATE TABLE publisher (id INTEGER PRIMARY KEY, name);
         CREATE TABLE tag (id INTEGER PRIMARY KEY, name);
         CREATE TABLE book_tag (id INTEGER PRIMARY KEY, book_id, tag_id);
         CREATE TABLE review (id INTEGER PRIMARY KEY, stars, text, book_id, user_id);
         CREATE TABLE book (id INTEGER PRIMARY KEY, title, author_id, publisher_id, pages, price, published, active, summary);
         INSERT INTO author VALUES (1, 7, NULL, NULL), (2, 'Bob', NULL, NULL);
         INSERT INTO tag VALUES (1, NULL);
         INSERT INTO book_tag VALUES (1, 1, 1);
         INSERT INTO review VALUES (1, 'five', '', 1, NULL);
         INSERT INTO book VALUES (1, 'x', 1, NULL, 1, 2.0, NULL, 1, 5)",
    );
    let told = |error: Error| match error {
        Error::Decode { model, field, .. } => format!("{model}.{field}"),
        other => panic!("{other:?}"),
    };
    let book = || Book::objects().defer(|b| b.summary());
    assert_eq!(told(Book::objects().all(&db).unwrap_err()), "Book.summary");
    assert_eq!(told(book().select_related(|b| b.author()).all(&db).unwrap_err()), "Author.name");
    assert_eq!(told(book().prefetch_related(|b| b.author()).all(&db).unwrap_err()), "Author.name");
    assert_eq!(told(book().prefetch_related(|b| b.tags()).all(&db).unwrap_err()), "Tag.name");
    assert_eq!(told(book().prefetch_related(|b| b.reviews()).all(&db).unwrap_err()), "Review.stars");
    let one = book().get(&db).unwrap();
    assert_eq!(told(one.author.get(&db).unwrap_err()), "Author.name");
    assert_eq!(told(one.tags.all(&db).unwrap_err()), "Tag.name");
    assert_eq!(told(one.reviews.all(&db).unwrap_err()), "Review.stars");
    assert_eq!(told(one.summary.get(&db).unwrap_err()), "Book.summary");
    let part = book().prefetch_related(|b| b.reviews().limit(3).to(|b| b.top_reviews()));
    assert_eq!(told(part.all(&db).unwrap_err()), "Review.stars");
    // A column of values goes by its own name.
    let error = Book::objects().values_list(|b| (b.id(), b.summary())).all(&db).unwrap_err();
    assert_eq!(told(error), "Book.summary");
    let error = Book::objects().values_list(|b| b.author().name()).all(&db).unwrap_err();
    assert!(told(error).contains("name"));
}

#[test]
fn a_wrong_key_is_named_too() {
    let db = foreign(
        "CREATE TABLE author (id, name, country, age);
         CREATE TABLE book (id INTEGER PRIMARY KEY, title, author_id, publisher_id, pages, price, published, active, summary);
         INSERT INTO author VALUES (NULL, 'Nobody', NULL, NULL);
         INSERT INTO book VALUES (1, 'x', 'one', NULL, 1, 2.0, NULL, 1, ''), (2, 'x', 1, x'00', 1, 2.0, NULL, 1, '')",
    );
    let told = |error: Error| match error {
        Error::Decode { model, field, found, .. } => (format!("{model}.{field}"), found),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(Author::objects().all(&db).unwrap_err()), ("Author.id".to_owned(), "NULL".to_owned()));
    let (field, found) = told(Book::objects().find(&db, 1).unwrap_err());
    assert!(field.starts_with("Book.author") && found.contains("one"), "{field} {found}");
    let (field, found) = told(Book::objects().find(&db, 2).unwrap_err());
    assert!(field.starts_with("Book.publisher") && found.contains("BLOB"), "{field} {found}");
}

#[test]
fn a_dangling_key_says_which_relation_leads_nowhere() -> Result<()> {
    let db = library();
    db.raw(|c| {
        c.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM author WHERE id = 1; PRAGMA foreign_keys = ON")
    })?;
    let book = Book::objects().find(&db, 1)?;
    for _ in 0..2 {
        let error = book.author.get(&db).unwrap_err();
        assert!(matches!(&error, Error::DoesNotExist { model: "Author", .. }), "{error:?}");
        assert!(error.to_string().contains("Book.author") && error.to_string().contains('1'), "{error}");
    }
    // It is known now: nobody asks again.
    assert_num_queries!(db, 0, { book.author.get(&db).unwrap_err() });
    let books = assert_num_queries!(db, 2, { Book::objects().prefetch_related(|b| b.author()).all(&db)? });
    assert_eq!(books.iter().filter(|book| book.author.get(&db).is_ok()).count(), 2);
    Ok(())
}

#[test]
fn a_closed_database_says_so() -> Result<()> {
    let (db, _folder) = empty_file();
    fill(&db);
    let (book, clone) = (Book::objects().find(&db, 1)?, db.clone());
    db.close();
    db.close();
    let closed = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::Closed)), "{outcome:?}");
    for db in [&db, &clone] {
        closed(Book::objects().all(db).map(drop));
        closed(Book::objects().count(db).map(drop));
        closed(Tag::create().name("x").save(db).map(drop));
        closed(db.transaction(|_| Ok(())));
        closed(db.read(|_| Ok(())));
        closed(db.raw(|_| Ok(())));
        closed(db.create_tables(models![Tag]));
        closed(book.author.get(db).map(drop));
        closed(book.tags.all(db).map(drop));
        closed(book.clone().refresh(db));
        closed(prefetch_related_objects(db, [&book], |b| b.tags()));
    }
    let ((), log) = db.capture(|db| closed(Book::objects().count(db).map(drop)));
    assert_eq!(log.len(), 0);
    Ok(())
}

#[test]
fn closing_waits_for_nobody_and_breaks_nothing_that_runs() -> Result<()> {
    let (db, _folder) = empty_file();
    db.transaction(|tx| {
        Tag::create().name("a").save(tx)?;
        db.close();
        Tag::create().name("b").save(tx)?;
        assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(tx)? }), 2);
        Ok(())
    })?;
    assert!(matches!(Tag::objects().count(&db), Err(Error::Closed)));
    Ok(())
}

#[test]
fn a_broken_check_in_a_model_is_sqlites_message() {
    mod broken {
        use eager_orm::prelude::*;

        #[derive(Model, Debug)]
        #[model(check(name = "nonsense", sql = "pages >"))]
        pub struct Broken {
            pub id: i64,
            pub pages: i32,
        }
    }
    let db = Database::in_memory().unwrap();
    let error = db.create_tables(models![Tag, broken::Broken]).unwrap_err();
    assert!(matches!(&error, Error::Database { sql: Some(sql), .. } if sql.contains("nonsense")), "{error:?}");
    // All of the tables or none.
    assert!(matches!(Tag::objects().count(&db), Err(Error::NoSuchTable { .. })));
}

#[test]
fn a_file_in_another_encoding_is_read_and_written() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    {
        let raw = rusqlite::Connection::open(&path).unwrap();
        raw.execute_batch("PRAGMA encoding = 'UTF-16le'; CREATE TABLE other (a)").unwrap();
    }
    let db = Database::open(&path)?;
    create_tables(&db);
    for name in ["", "Zoë", "𝄞 and \0 within"] {
        let tag = Tag::create().name(name).save(&db)?;
        assert_eq!(Tag::objects().find(&db, tag.id)?.name, name);
        assert_eq!(Tag::objects().filter(|t| t.name().eq(name)).count(&db)?, 1);
        assert_eq!(Tag::objects().filter(|t| t.name().in_([name])).get(&db)?.id, tag.id);
    }
    Ok(())
}

#[test]
fn errors_of_the_driver_keep_their_source() {
    let db = foreign("CREATE VIEW tag AS SELECT 1 AS id, 'x' AS name");
    assert_eq!(Tag::objects().all(&db).unwrap()[0].name, "x");
    let error = Tag::create().name("y").save(&db).unwrap_err();
    assert!(
        matches!(&error, Error::Database { message, sql: Some(sql), .. } if message.contains("view") && sql.starts_with("INSERT")),
        "{error:?}"
    );
    assert!(error.to_string().contains("INSERT"), "{error}");
    assert!(!error.is_constraint() && !error.is_busy() && !error.is_does_not_exist());
}

#[test]
fn a_file_that_may_only_be_read_reads_and_refuses_to_write() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    {
        let db = Database::open(&path)?;
        create_tables(&db);
        Tag::create().name("t0").save(&db)?;
        db.raw(|c| c.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())))?;
    }
    let db = Database::open(&path)?;
    db.raw(|c| c.execute_batch("PRAGMA query_only = ON"))?;
    let error = Tag::create().name("t1").save(&db).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    assert_eq!(assert_num_queries!(db, 1, { Tag::objects().count(&db)? }), 1);
    Ok(())
}

#[test]
fn one_reader_and_no_statement_cache_are_enough() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::builder(folder.path().join("x.db")).readers(0).statement_cache(0).open()?;
    create_tables(&db);
    fill(&db);
    let query = Author::objects().prefetch_related(|a| a.books().tags());
    assert_eq!(assert_num_queries!(db, 3, { query.all(&db)? }).len(), 3);
    assert_eq!(db.read(|snapshot| Ok(Book::objects().iter(snapshot)?.count()))?, 4);
    for book in Book::objects().all(&db)? {
        book.reviews.all(&db)?;
    }
    Ok(())
}

#[test]
fn an_empty_path_is_refused_and_colon_memory_is_memory() -> Result<()> {
    assert!(matches!(Database::open(""), Err(Error::Open { .. })));
    let db = Database::open(":memory:")?;
    create_tables(&db);
    fill(&db);
    let authors = assert_num_queries!(db, 2, { Author::objects().prefetch_related(|a| a.books()).all(&db)? });
    assert_eq!(authors.len(), 3);
    assert!(!Path::new(":memory:").exists());
    assert!(matches!(db.read(|_| Tag::create().name("x").save(&db)), Err(Error::Nested { .. })));
    Ok(())
}

/// Names that are put together of a table and a column, and are the same in another table.
mod alike {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "book", unique(fields = "tag_a, b"))]
    pub struct Book {
        pub id: i64,
        pub tag_a: i64,
        pub b: i64,
    }
    #[derive(Model)]
    #[model(table = "book_tag", unique(fields = "a, b"))]
    pub struct BookTag {
        pub id: i64,
        pub a: i64,
        pub b: i64,
    }
    #[derive(Model)]
    #[model(table = "x")]
    pub struct Counts {
        pub id: i64,
        pub counted: HasMany<Counted>,
        #[field(counter_of = counted)]
        pub y_n: i64,
    }
    #[derive(Model)]
    #[model(table = "x_y")]
    pub struct CountsToo {
        pub id: i64,
        #[relation(via = "too")]
        pub counted: HasMany<CountedToo>,
        #[field(counter_of = counted)]
        pub n: i64,
    }
    #[derive(Model)]
    pub struct Counted {
        pub id: i64,
        pub counts: ForeignKey<Counts>,
    }
    #[derive(Model)]
    pub struct CountedToo {
        pub id: i64,
        pub too: ForeignKey<CountsToo>,
    }
    #[derive(Model)]
    #[model(table = "BOOK")]
    pub struct Upper {
        pub id: i64,
    }
}

#[test]
fn two_things_of_one_name_are_refused_and_not_taken_for_one_another() -> Result<()> {
    use alike::*;
    let refused = |outcome: Result<()>, what: &str| match outcome {
        Err(Error::Misuse { what: said }) => assert!(said.contains(what), "{said}"),
        other => panic!("{other:?}"),
    };
    let db = Database::in_memory()?;
    refused(db.create_tables(models![Book, BookTag]), "\"book_tag_a_b_uniq\" of `BookTag`");
    refused(db.create_tables(models![Counts, Counted, CountsToo, CountedToo]), "\"x_y_n_inserted\" of `CountsToo`");
    refused(db.create_tables(models![Book, Upper]), "both have the table");
    assert_eq!(raw::<i64>("SELECT count(*) FROM sqlite_schema", ()).get(&db)?, 0);
    // What is there already, by an earlier call or by somebody else.
    db.create_tables(models![Book])?;
    db.create_tables(models![Book])?;
    refused(db.create_tables(models![BookTag]), "of the table \"book\"");
    Ok(())
}
