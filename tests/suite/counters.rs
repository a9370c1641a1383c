//! Counters of related rows: right after every write, whoever writes, and whichever way rows come and go.

use eager_orm::Result;

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Shelf {
    pub id: i64,
    pub books: HasMany<Book>,
    #[field(counter_of = books)]
    pub book_count: i64,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Book {
    pub id: i64,
    #[field(unique)]
    pub title: String,
    #[relation(on_delete = Cascade)]
    pub shelf: Option<ForeignKey<Shelf>>,
    #[relation(on_delete = SetNull)]
    pub sequel_of: Option<ForeignKey<Book>>,
    #[relation(via = "sequel_of")]
    pub sequels: HasMany<Book>,
    #[field(counter_of = sequels)]
    pub sequel_count: i32,
    pub tags: ManyToMany<Tag>,
    #[field(counter_of = tags)]
    pub tag_count: i64,
    #[relation(through(Loan, from = "book", to = "reader"))]
    pub readers: ManyToMany<Reader>,
    #[field(counter_of = readers, column = "n readers")]
    pub reader_count: u32,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Tag {
    #[field(primary_key)]
    pub name: String,
    #[relation(via = "tags")]
    pub books: ManyToMany<Book>,
    #[field(counter_of = books)]
    pub book_count: i64,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Reader {
    pub id: i64,
    pub loans: HasMany<Loan>,
    #[field(counter_of = loans)]
    pub loan_count: i64,
}

/// Nothing keeps a reader from borrowing a book twice.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Loan {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub book: ForeignKey<Book>,
    #[relation(on_delete = Cascade)]
    pub reader: Option<ForeignKey<Reader>>,
}

fn shelves() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Shelf, Book, Tag, Reader, Loan]).unwrap();
    for _ in 0..3 {
        Shelf::create().save(&db).unwrap();
    }
    db
}

/// Every counter beside the number of the rows it counts.
fn is_right(db: &Database) {
    let shelves = Shelf::objects().annotate(|s| s.books().count()).all(db).unwrap();
    for (shelf, books) in shelves {
        assert_eq!(shelf.book_count, books, "{shelf:?}");
    }
    for book in Book::objects().prefetch_related(|b| (b.tags(), b.readers(), b.sequels())).all(db).unwrap() {
        assert_eq!(book.tag_count, book.tags.all(db).unwrap().len() as i64, "{book:?}");
        assert_eq!(book.reader_count as usize, book.readers.all(db).unwrap().len(), "{book:?}");
        assert_eq!(book.sequel_count as usize, book.sequels.all(db).unwrap().len(), "{book:?}");
    }
    for tag in Tag::objects().prefetch_related(|t| t.books()).all(db).unwrap() {
        assert_eq!(tag.book_count, tag.books.all(db).unwrap().len() as i64, "{tag:?}");
    }
    for (reader, loans) in Reader::objects().annotate(|r| r.loans().count()).all(db).unwrap() {
        assert_eq!(reader.loan_count, loans, "{reader:?}");
    }
    for recounted in [Shelf::recount(db), Book::recount(db), Tag::recount(db), Reader::recount(db)] {
        assert_eq!(recounted.unwrap(), 0);
    }
}

fn counts(db: &Database) -> Vec<i64> {
    Shelf::objects().values_list(|s| s.book_count()).order_by(|s| s.id()).all(db).unwrap()
}

#[test]
fn rows_that_come_move_and_go_are_counted() -> Result<()> {
    let db = shelves();
    let mut book = assert_num_queries!(db, 1, { Book::create().title("a").shelf(1).save(&db)? });
    assert_eq!((book.sequel_count, book.tag_count, book.reader_count), (0, 0, 0));
    Book::create().title("b").shelf(1).save(&db)?;
    Book::create().title("c").save(&db)?;
    assert_eq!(counts(&db), [2, 0, 0]);
    book.shelf.set(2);
    book.save(&db)?;
    assert_eq!(counts(&db), [1, 1, 0]);
    book.save(&db)?;
    assert_eq!(counts(&db), [1, 1, 0]);
    Book::objects().update(&db, |b| b.shelf().set(3))?;
    assert_eq!(counts(&db), [0, 0, 3]);
    book.refresh(&db)?;
    book.shelf.set(None::<i64>);
    book.save_fields(&db, |b| b.shelf())?;
    Book::objects().filter(|b| b.title().eq("b")).delete(&db)?;
    assert_eq!(counts(&db), [0, 0, 1]);
    Book::objects().bulk_create(["d", "e"].map(|title| Book::create().title(title).shelf(1))).run(&db)?;
    Book::objects().delete(&db)?;
    assert_eq!(counts(&db), [0, 0, 0]);
    is_right(&db);
    Ok(())
}

#[test]
fn links_are_counted_from_both_sides() -> Result<()> {
    let db = shelves();
    for name in ["x", "y"] {
        Tag::create().name(name).save(&db)?;
    }
    let mut one = Book::create().title("a").save(&db)?;
    let mut two = Book::create().title("b").save(&db)?;
    one.tags.add(&db, ["x", "y"])?;
    one.tags.add(&db, ["x"])?;
    two.tags.set(&db, ["x"])?;
    one.refresh(&db)?;
    assert_eq!((one.tag_count, Tag::objects().find(&db, "x")?.book_count), (2, 2));
    is_right(&db);
    two.tags.clear(&db)?;
    one.tags.remove(&db, ["y"])?;
    is_right(&db);
    // A delete takes the links along.
    two.tags.add(&db, ["x", "y"])?;
    Tag::objects().find(&db, "x")?.delete(&db)?;
    is_right(&db);
    two.delete(&db)?;
    assert_eq!(Tag::objects().find(&db, "y")?.book_count, 0);
    is_right(&db);
    Ok(())
}

#[test]
fn a_link_counts_as_often_as_it_is_loaded_and_one_to_nothing_does_not() -> Result<()> {
    let db = shelves();
    let (book, reader) = (Book::create().title("a").save(&db)?, Reader::create().save(&db)?);
    let (other, other_reader) = (Book::create().title("b").save(&db)?, Reader::create().save(&db)?);
    let mut loans = Vec::new();
    for to in [&reader, &reader, &other_reader] {
        loans.push(Loan::create().book(&book).reader(to).save(&db)?);
    }
    Loan::create().book(&book).save(&db)?;
    assert_eq!(Book::objects().find(&db, book.id)?.reader_count, 3);
    assert_eq!(Reader::objects().find(&db, reader.id)?.loan_count, 2);
    is_right(&db);
    loans[2].reader.set(&reader);
    loans[2].save(&db)?;
    is_right(&db);
    loans[0].book.set(&other);
    loans[0].save(&db)?;
    is_right(&db);
    loans[2].reader.set(None::<i64>);
    loans[2].save(&db)?;
    is_right(&db);
    loans.remove(1).delete(&db)?;
    is_right(&db);
    Reader::objects().delete(&db)?;
    is_right(&db);
    Ok(())
}

#[test]
fn a_row_that_is_created_with_its_link_knows_that_it_is_counted() -> Result<()> {
    let db = shelves();
    let mut book = Book::create().title("a").save(&db)?;
    let tag = book.tags.create(&db, Tag::create().name("sf"))?;
    assert_eq!((tag.book_count, Tag::objects().get(&db)?.book_count), (1, 1));
    let (tag, created) = book.tags.get_or_create(&db, |t| t.name().eq("new"), Tag::create().name("new"))?;
    assert_eq!((tag.book_count, created), (1, true));
    let set = |t: Fields<Tag>| t.name().set("x");
    let (tag, created) = book.tags.update_or_create(&db, |t| t.name().eq("newer"), set, Tag::create().name("newer"))?;
    assert_eq!((tag.book_count, created), (1, true));
    is_right(&db);
    Ok(())
}

#[test]
fn a_model_that_counts_itself_is_right_too() -> Result<()> {
    let db = shelves();
    let first = Book::create().title("a").save(&db)?;
    let second = Book::create().title("b").sequel_of(&first).save(&db)?;
    Book::create().title("c").sequel_of(&first).save(&db)?;
    Book::create().title("d").sequel_of(&second).save(&db)?;
    is_right(&db);
    second.delete(&db)?;
    assert_eq!(Book::objects().find(&db, first.id)?.sequel_count, 1);
    first.delete(&db)?;
    is_right(&db);
    Ok(())
}

#[test]
fn a_row_does_not_write_its_counter_and_a_save_reads_it_back() -> Result<()> {
    let db = shelves();
    let mut shelf = Shelf::objects().find(&db, 1)?;
    Book::create().title("a").shelf(1).save(&db)?;
    shelf.book_count = 99;
    assert_num_queries!(db, 1, { shelf.save(&db)? });
    assert_eq!((shelf.book_count, counts(&db)), (1, vec![1, 0, 0]));
    assert_eq!(Shelf::objects().filter(|s| s.book_count().gt(0)).order_by(|s| s.book_count()).count(&db)?, 1);
    Ok(())
}

/// A connection that knows nothing of models, with SQLite's own settings.
fn foreign(folder: &tempfile::TempDir, pragmas: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.path().join("x.db")).unwrap();
    connection.execute_batch(pragmas).unwrap();
    connection
}

#[test]
fn whoever_writes_by_whatever_sql_the_numbers_are_right() -> Result<()> {
    const STATEMENTS: &[&str] = &[
        "INSERT INTO book (id, title, shelf_id) VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 2), (4, 'd', NULL)",
        // In place of rows that count elsewhere: by the key, by another column, by both, and where it was.
        "INSERT OR REPLACE INTO book (id, title, shelf_id) VALUES (1, 'a', 2)",
        "REPLACE INTO book (title, shelf_id) VALUES ('b', 3)",
        "REPLACE INTO book (id, title, shelf_id) VALUES (3, 'a', 1)",
        "REPLACE INTO book (id, title, shelf_id) VALUES (3, 'a', 1)",
        "REPLACE INTO book (id, title, shelf_id) VALUES (3, 'a', NULL), (4, 'b', 2), (5, 'e', 2)",
        "INSERT OR IGNORE INTO book (id, title, shelf_id) VALUES (4, 'x', 3), (9, 'y', 3)",
        "INSERT INTO book (id, title, shelf_id) VALUES (4, 'x', 3) ON CONFLICT (id) DO UPDATE SET shelf_id = 1",
        "INSERT INTO book (id, title, shelf_id) VALUES (4, 'x', 3) ON CONFLICT DO NOTHING",
        "INSERT INTO book (title, shelf_id) VALUES ('z', 3)",
        "UPDATE book SET shelf_id = 2 WHERE id = 4",
        "UPDATE OR REPLACE book SET title = 'y', shelf_id = 1 WHERE id = 4",
        "UPDATE OR REPLACE book SET id = 5 WHERE id = 4",
        "UPDATE OR IGNORE book SET title = 'z', shelf_id = 3",
        "UPDATE book SET shelf_id = NULL WHERE id = 5",
        // The counters themselves, and the rows that count.
        "INSERT INTO shelf (id, book_count) VALUES (4, 77)",
        "UPDATE book SET shelf_id = 4",
        "INSERT OR REPLACE INTO shelf (id) VALUES (2)",
        "INSERT INTO book (title, shelf_id) VALUES ('q', 1), ('r', 1)",
        "DELETE FROM book WHERE title = 'q'",
        "INSERT INTO book (title, shelf_id) SELECT 'n' || id, 2 FROM shelf",
        "DELETE FROM shelf WHERE id = 2",
        "DELETE FROM book",
    ];
    for pragmas in [
        "PRAGMA foreign_keys = ON",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON",
        "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = ON",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path().join("x.db"))?;
        db.create_tables(models![Shelf, Book, Tag, Reader, Loan])?;
        let foreign = foreign(&folder, pragmas);
        foreign.execute_batch("INSERT INTO shelf (id) VALUES (1), (2), (3)").unwrap();
        for statement in STATEMENTS {
            foreign.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
            let wrong = "SELECT count(*) FROM shelf WHERE book_count <> \
                         (SELECT count(*) FROM book WHERE shelf_id = shelf.id)";
            let wrong: i64 = foreign.query_row(wrong, [], |row| row.get(0)).unwrap();
            assert_eq!(wrong, 0, "{pragmas}: {statement}");
        }
        is_right(&db);
    }
    Ok(())
}

#[test]
fn a_row_that_comes_after_the_rows_it_counts_counts_them() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("x.db"))?;
    db.create_tables(models![Shelf, Book, Tag, Reader, Loan])?;
    let foreign = foreign(&folder, "PRAGMA foreign_keys = OFF");
    foreign.execute_batch("INSERT INTO book (title, shelf_id) VALUES ('a', 7), ('b', 7), ('c', 8)").unwrap();
    foreign.execute_batch("INSERT INTO shelf (id) VALUES (7)").unwrap();
    assert_eq!(counts(&db), [2]);
    foreign.execute_batch("UPDATE shelf SET id = 8").unwrap();
    assert_eq!(counts(&db), [1]);
    Ok(())
}

#[test]
fn a_row_that_points_at_itself_is_counted_once_whichever_way_it_comes() -> Result<()> {
    let db = shelves();
    let own = |id: i64| Book::create().id(id).title(format!("own {id}")).sequel_of(id);
    assert_eq!(own(1).save(&db)?.id, 1);
    is_right(&db);
    Book::objects().bulk_create([own(2), own(3), Book::create().title("on").sequel_of(2)]).run(&db)?;
    is_right(&db);
    raw::<()>("INSERT OR REPLACE INTO book (id, title, sequel_of_id) VALUES (3, 'again', 3), (2, 'x', 2)", ())
        .execute(&db)?;
    is_right(&db);
    let counts = Book::objects().order_by(|b| b.id()).values_list(|b| b.sequel_count()).all(&db)?;
    assert_eq!(counts.first(), Some(&1));
    Book::objects().filter(|b| b.id().eq(1)).update(&db, |b| b.sequel_of().set(3))?;
    is_right(&db);
    Ok(())
}

#[test]
fn a_link_adds_one_and_counts_nothing_anew_also_where_its_other_end_may_be_null() -> Result<()> {
    let db = shelves();
    let trigger =
        |name: &str| raw::<String>("SELECT sql FROM sqlite_schema WHERE name = ?", (name.to_owned(),)).get(&db);
    let (comes, goes) = (trigger("book_n readers_inserted")?, trigger("book_n readers_deleted")?);
    assert!(comes.contains(r#""n readers" + (NEW."reader_id" IS NOT NULL)"#), "{comes}");
    assert!(goes.contains(r#""n readers" - (OLD."reader_id" IS NOT NULL)"#) && !goes.contains("count("), "{goes}");
    let book = Book::create().title("a").save(&db)?;
    let readers = Reader::objects().bulk_create((0..3).map(|_| Reader::create())).run(&db)?;
    let loans = readers.iter().map(|reader| Loan::create().book(&book).reader(reader).build());
    Loan::objects().bulk_create(loans.chain([Loan::create().book(&book).build()])).run(&db)?;
    is_right(&db);
    Loan::objects().filter(|l| l.reader().eq(1)).update(&db, |l| l.reader().set(None::<i64>))?;
    is_right(&db);
    Loan::objects().filter(|l| l.reader().is_null()).update(&db, |l| l.reader().set(2))?;
    is_right(&db);
    Loan::objects().delete(&db)?;
    is_right(&db);
    Ok(())
}

/// Its rows come in place of others by two columns, or change them.
mod lines {
    use eager_orm::prelude::*;

    #[derive(Model, Debug, Clone)]
    pub struct Order {
        pub id: i64,
        pub lines: HasMany<Line>,
        #[field(counter_of = lines)]
        pub line_count: i64,
    }

    #[derive(Model, Debug, Clone)]
    #[model(unique(fields = "order, number"))]
    pub struct Line {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub order: ForeignKey<Order>,
        pub number: i64,
        #[field(default = 1)]
        pub pieces: i64,
    }
}

#[test]
fn rows_that_an_upsert_finds_are_not_counted_anew() -> Result<()> {
    use lines::*;
    // What SQLite does for an upsert of so many rows of one order, half of which are there.
    let steps = |rows: i64| -> Result<u64> {
        let db = Database::in_memory()?;
        db.create_tables(models![Order, Line])?;
        let order = Order::create().save(&db)?;
        let line = |number: i64| Line::create().order(&order).number(number);
        Line::objects().bulk_create((0..rows).step_by(2).map(line)).run(&db)?;
        let (lines, profile) = db.profile("upsert", |db| {
            let lines = Line::objects().bulk_create((0..rows).map(|number| line(number).pieces(2)));
            lines.on_conflict(|l| (l.order(), l.number())).update(|l| l.pieces()).run(db)
        });
        assert_eq!((lines?.len() as i64, Order::objects().first(&db)?.map(|o| o.line_count)), (rows, Some(rows)));
        assert_eq!(Order::recount(&db)?, 0);
        Ok(profile.shapes().iter().map(|shape| shape.counters.vm_steps).sum())
    };
    let (few, many) = (steps(200)?, steps(2_000)?);
    assert!(many < few * 12, "{few} steps for 200 rows, {many} for 2,000");
    Ok(())
}

#[test]
fn a_delete_tells_of_the_rows_of_tables_and_not_of_what_triggers_had_noted() -> Result<()> {
    let db = shelves();
    let first = Book::create().title("a").save(&db)?;
    Book::create().title("b").sequel_of(&first).save(&db)?;
    // It may have gone, as far as the triggers know.
    let again = Book::create().title("b");
    assert!(Book::objects().bulk_create([again]).on_conflict(|b| b.title()).ignore().run(&db)?[0].is_none());
    let deleted = first.delete(&db)?;
    assert_eq!((deleted.total, deleted.per_model), (1, vec![("Book".to_owned(), 1)]));
    is_right(&db);
    Ok(())
}

#[test]
fn a_row_that_replaces_two_counts_for_both_also_where_others_let_go_of_them() -> Result<()> {
    let db = shelves();
    // SQLite deletes 1 and 2 in silence, and takes 3 off 1 between the two.
    let books = "INSERT INTO book (id, title, shelf_id, sequel_of_id) VALUES
        (1, 'a', 1, NULL), (2, 'b', 2, NULL), (3, 'c', 3, 1), (4, 'd', 2, NULL)";
    raw::<()>(books, ()).execute(&db)?;
    raw::<()>("INSERT OR REPLACE INTO book (id, title, shelf_id) VALUES (1, 'b', 3)", ()).execute(&db)?;
    assert_eq!(counts(&db), [0, 1, 2]);
    is_right(&db);
    // A row that gets another key, and points at what it was or is.
    raw::<()>("UPDATE book SET sequel_of_id = 4 WHERE id = 4", ()).execute(&db)?;
    raw::<()>("UPDATE book SET id = 7, sequel_of_id = 7 WHERE id = 4", ()).execute(&db)?;
    is_right(&db);
    raw::<()>("UPDATE book SET id = id, sequel_of_id = id", ()).execute(&db)?;
    is_right(&db);
    Ok(())
}

#[test]
fn what_was_there_before_the_triggers_is_counted_once_by_recount() -> Result<()> {
    let db = Database::in_memory()?;
    db.raw(|c| {
        c.execute_batch(
            "CREATE TABLE shelf (id INTEGER PRIMARY KEY, book_count INTEGER NOT NULL DEFAULT 0);
             CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, shelf_id INTEGER, sequel_of_id INTEGER,
                 sequel_count INTEGER NOT NULL DEFAULT 0, tag_count INTEGER NOT NULL DEFAULT 0,
                 \"n readers\" INTEGER NOT NULL DEFAULT 0);
             INSERT INTO shelf (id) VALUES (1), (2), (3);
             INSERT INTO book (title, shelf_id, sequel_of_id) VALUES ('a', 1, NULL), ('b', 1, 1), ('c', 2, 1);",
        )
    })?;
    db.create_tables(models![Shelf, Book, Tag, Reader, Loan])?;
    assert_eq!(counts(&db), [0, 0, 0]);
    assert_eq!(assert_num_queries!(db, 1, { Shelf::recount(&db)? }), 2);
    assert_eq!(assert_num_queries!(db, 1, { Book::recount(&db)? }), 1);
    assert_eq!(assert_num_queries!(db, 0, { Loan::recount(&db)? }), 0);
    assert_eq!(counts(&db), [2, 1, 0]);
    db.create_tables(models![Shelf, Book, Tag, Reader, Loan])?; // once more: they are there
    is_right(&db);
    Ok(())
}
