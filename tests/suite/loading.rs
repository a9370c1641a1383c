//! Loading at the edges: trees, limits for each parent at size, hundreds of thousands of parents, and JSON.

use eager_orm::prelude::*;
use eager_orm::{Error, Result};
use serde::Serialize;

#[derive(Model, Debug, Clone, Serialize)]
pub struct Employee {
    pub id: i64,
    pub name: String,
    #[serde(rename = "boss")]
    pub reports_to: Option<ForeignKey<Employee>>,
    #[relation(via = "reports_to")]
    #[serde(skip_serializing_if = "HasMany::is_unloaded")]
    pub reports: HasMany<Employee>,
}

#[derive(Model, Debug, Serialize)]
pub struct Author {
    pub id: i64,
    pub name: String,
    #[serde(skip_serializing_if = "HasMany::is_unloaded")]
    pub books: HasMany<Book>,
    #[serde(skip)]
    pub top_books: Prefetched<Book>,
}

#[derive(Model, Debug, Serialize)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub pages: i32,
    #[serde(flatten)]
    pub author: ForeignKey<Author>,
    #[serde(skip_serializing_if = "ManyToMany::is_unloaded")]
    pub tags: ManyToMany<Tag>,
    #[serde(skip)]
    pub first_tags: Prefetched<Tag>,
}

#[derive(Model, Debug, Serialize)]
pub struct Tag {
    pub id: i64,
    pub name: String,
    #[relation(via = "tags")]
    #[serde(skip)]
    pub books: ManyToMany<Book>,
    #[serde(skip)]
    pub top_books: Prefetched<Book>,
}

#[derive(Model, Debug, Serialize)]
pub struct Note {
    pub id: i64,
    pub text: String,
    pub book: ForeignKey<Book>,
    pub written: Option<Date>,
    #[serde(skip)]
    pub length: Memo<usize>,
}

/// A company of `depth` levels, each employee above three; the chief is 1, the next level 2 to 4, and so on.
fn company(depth: u32) -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Employee])?;
    let count: i64 = (0..depth).map(|level| 3_i64.pow(level)).sum();
    let employee = |i: i64| Employee::create().name(format!("e{i}")).reports_to((i > 1).then(|| (i + 1) / 3));
    Employee::objects().bulk_create((1..=count).map(employee)).run(&db)?;
    Ok(db)
}

fn count_below(employee: &Employee) -> usize {
    employee.reports.loaded().map_or(0, |reports| reports.iter().map(|report| 1 + count_below(report)).sum())
}

#[test]
fn all_descendants_come_in_one_statement_and_each_row_has_its_own() -> Result<()> {
    let db = company(5)?;
    let chief = Employee::objects().filter(|e| e.reports_to().is_null());
    let chiefs = chief.clone().prefetch_related(|e| e.reports().descendants(10).order_by(|e| e.id().desc()));
    let chiefs = assert_num_queries!(db, 2, { chiefs.all(&db)? });
    assert_eq!(count_below(&chiefs[0]), 3 + 9 + 27 + 81);
    assert_eq!(chiefs[0].reports.loaded().unwrap()[0].id, 4, "in the order that was asked");
    let leaf = chiefs[0].reports.loaded().unwrap()[0].reports.loaded().unwrap();
    let leaf = &leaf[0].reports.loaded().unwrap()[0].reports.loaded().unwrap()[0];
    assert!(leaf.reports.loaded().unwrap().is_empty(), "known to have none");

    // To a depth: what is below the last rows was not asked, and is not taken for nothing.
    let chiefs = chief.prefetch_related(|e| e.reports().descendants(2)).all(&db)?;
    assert_eq!(count_below(&chiefs[0]), 3 + 9);
    let second = &chiefs[0].reports.loaded().unwrap()[0].reports.loaded().unwrap()[0];
    assert!(second.reports.loaded().is_none());
    assert_eq!(assert_num_queries!(db, 1, { second.reports.all(&db)?.len() }), 3);

    // Several roots, of which one is below the other.
    let some = Employee::objects().filter(|e| e.id().in_([1, 2, 5])).order_by(|e| e.id());
    let some = some.prefetch_related(|e| e.reports().descendants(3)).all(&db)?;
    assert_eq!(some.iter().map(count_below).collect::<Vec<_>>()[0], 3 + 9 + 27);
    assert_eq!(some[2].reports.all(&db)?.len(), 3);
    Ok(())
}

#[test]
fn what_hangs_on_a_tree_is_one_statement_for_all_depths() -> Result<()> {
    let db = company(5)?;
    let chief = Employee::objects().filter(|e| e.reports_to().is_null());
    let query = chief.clone().prefetch_related(|e| {
        let below = e.reports().descendants(10).select_related(|e| e.reports_to());
        below.prefetch_related(|e| e.reports_to().reports())
    });
    let chief = assert_num_queries!(db, 3, { query.get(&db)? });
    fn count(db: &Database, employee: &Employee) -> Result<usize> {
        employee.reports.all(db)?.iter().try_fold(0, |sum, below| {
            let above = below.reports_to.get(db)?.unwrap();
            assert_eq!((above.id, above.reports.loaded().map(<[_]>::len)), (employee.id, Some(3)));
            Ok(sum + 1 + count(db, below)?)
        })
    }
    assert_num_queries!(db, 0, { assert_eq!(count(&db, &chief)?, 3 + 9 + 27 + 81) });
    let up = Employee::objects().filter(|e| e.id().gt(40));
    let up = up.prefetch_related(|e| e.reports_to().ancestors(10).prefetch_related(|e| e.reports()));
    assert_num_queries!(db, 3, { assert_eq!(up.all(&db)?.len(), 81) });
    Ok(())
}

#[test]
fn all_ancestors_come_in_one_statement() -> Result<()> {
    let db = company(5)?;
    let leaves = Employee::objects().filter(|e| e.id().gt(40)).order_by(|e| e.id());
    let leaves = leaves.prefetch_related(|e| e.reports_to().ancestors(10));
    let leaves = assert_num_queries!(db, 2, { leaves.all(&db)? });
    assert_eq!(leaves.len(), 81);
    assert_num_queries!(db, 0, {
        for leaf in &leaves {
            let mut steps = 0;
            let mut above = leaf;
            while let Some(boss) = above.reports_to.loaded() {
                above = boss;
                steps += 1;
            }
            assert_eq!((steps, above.id), (4, 1));
        }
    });
    assert!(leaves[0].reports_to.as_ref().unwrap().same_row(leaves[1].reports_to.as_ref().unwrap()));
    Ok(())
}

#[test]
fn a_circle_ends_at_the_depth_and_is_dropped_with_its_rows() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Employee])?;
    Employee::objects().bulk_create((1..=3).map(|i| Employee::create().name(format!("e{i}")))).run(&db)?;
    for (employee, boss) in [(1, 2), (2, 3), (3, 1)] {
        Employee::objects().filter(|e| e.id().eq(employee)).update(&db, |e| e.reports_to().set(boss))?;
    }
    let one = Employee::objects().filter(|e| e.id().eq(1));
    let down = one.clone().prefetch_related(|e| e.reports().descendants(2)).get(&db)?;
    assert_eq!(down.reports.loaded().unwrap()[0].id, 3);
    let up = one.prefetch_related(|e| e.reports_to().ancestors(5)).get(&db)?;
    assert_eq!(up.reports_to.get(&db)?.unwrap().id, 2);
    Ok(())
}

#[test]
fn only_a_relation_of_a_model_to_itself_is_a_tree() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Author, Book, Tag])?;
    let refused = Book::objects().prefetch_related(|b| b.author().ancestors(3)).all(&db);
    assert!(matches!(refused, Err(Error::Misuse { .. })), "{refused:?}");
    Ok(())
}

/// `authors` authors of `each` books; each book has two of five tags.
fn shelf(authors: i64, each: i64) -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Author, Book, Tag, Note])?;
    Tag::objects().bulk_create((1..=5).map(|i| Tag::create().name(format!("t{i}")))).run(&db)?;
    Author::objects().bulk_create((1..=authors).map(|i| Author::create().name(format!("a{i}")))).run(&db)?;
    // Pages are equal in pairs, so that a limit cuts between equal rows.
    let book = |i: i64| Book::create().title(format!("b{i}")).pages((i / 2 % 1000) as i32).author(i % authors + 1);
    Book::objects().bulk_create((0..authors * each).map(book)).run(&db)?;
    Ok(db)
}

/// The keys of rows.
fn keys(books: &[Book]) -> Vec<i64> {
    books.iter().map(|book| book.id).collect()
}

#[test]
fn three_of_fifty_children_of_ten_thousand_parents() -> Result<()> {
    let db = shelf(10_000, 50)?;
    // Some parents have fewer than fifty: none, one, two, three and four.
    db.raw(|connection| {
        connection.execute("DELETE FROM book WHERE author_id <= 5 AND id / 10000 >= author_id - 1", [])
    })?;
    let authors = Author::objects()
        .prefetch_related(|a| a.books().order_by(|b| b.pages().desc()).limit(3).to(|a| a.top_books()))
        .order_by(|a| a.id());
    let authors = assert_num_queries!(db, 2, { authors.all(&db)? });
    let counts: Vec<usize> = authors.iter().map(|author| author.top_books.loaded().unwrap().len()).collect();
    assert_eq!(counts[..6], [0, 1, 2, 3, 3, 3]);
    assert!(counts[5..].iter().all(|count| *count == 3) && authors.iter().all(|author| author.books.is_unloaded()));
    // All of them at once, cut by hand: equal pages are cut by the key.
    let whole =
        Author::objects().prefetch_related(|a| a.books().order_by(|b| (b.pages().desc(), b.id()))).order_by(|a| a.id());
    let whole = assert_num_queries!(db, 2, { whole.all(&db)? });
    let mut ties = 0;
    for (part, whole) in authors.iter().zip(&whole) {
        let whole = whole.books.loaded().unwrap();
        assert_eq!(keys(part.top_books.get()?), keys(&whole[..whole.len().min(3)]));
        ties += usize::from(whole.len() > 3 && whole[2].pages == whole[3].pages);
    }
    assert!(ties > 1_000, "the limit cuts between equal rows: {ties}");
    Ok(())
}

#[test]
fn three_of_fifty_linked_rows_of_ten_thousand_from_either_side() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Author, Book, Tag])?;
    Author::create().name("Ann").save(&db)?;
    let fill = "
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
            INSERT INTO book (id, title, pages, author_id) SELECT i, 'b' || i, i / 2 % 7, 1 FROM n;
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
            INSERT INTO tag (id, name) SELECT i, 't' || i FROM n;
        -- Each tag is on fifty books, of its own and of its neighbours'; the first six on 0 to 5.
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
            INSERT INTO book_tags (book_id, tag_id) SELECT (tag.id * 31 + n.i * 7) % 10000 + 1, tag.id
            FROM tag, n WHERE tag.id > 6 OR n.i < tag.id - 1;";
    db.raw(|connection| connection.execute_batch(fill))?;
    let tags = Tag::objects().order_by(|t| t.id());
    let part =
        tags.clone().prefetch_related(|t| t.books().order_by(|b| b.pages().desc()).limit(3).to(|t| t.top_books()));
    let part = assert_num_queries!(db, 2, { part.all(&db)? });
    let whole = tags.prefetch_related(|t| t.books().order_by(|b| (b.pages().desc(), b.id())));
    let whole = assert_num_queries!(db, 2, { whole.all(&db)? });
    for (i, (part, whole)) in part.iter().zip(&whole).enumerate() {
        let whole = whole.books.loaded().unwrap();
        assert_eq!(whole.len(), if i < 6 { i } else { 50 });
        assert_eq!(keys(part.top_books.get()?), keys(&whole[..whole.len().min(3)]));
    }
    // From the other side, where the table in between belongs.
    let books = Book::objects().order_by(|b| b.id());
    let part = books.clone().prefetch_related(|b| b.tags().order_by(|t| t.name()).limit(3).to(|b| b.first_tags()));
    let part = assert_num_queries!(db, 2, { part.all(&db)? });
    let whole = books.prefetch_related(|b| b.tags().order_by(|t| t.name()));
    let whole = assert_num_queries!(db, 2, { whole.all(&db)? });
    for (part, whole) in part.iter().zip(&whole) {
        let names = |tags: &[Tag]| tags.iter().take(3).map(|tag| tag.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(part.first_tags.get()?), names(whole.tags.loaded().unwrap()));
    }
    Ok(())
}

#[test]
fn a_limit_for_each_parent_inside_of_a_limit_for_each_parent() -> Result<()> {
    let db = shelf(100, 10)?;
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    db.transaction(|tx| {
        for (i, book) in (0_i64..).zip(&mut books) {
            book.tags.add(tx, (0..i % 4).map(|n| (i + n) % 5 + 1))?;
        }
        Ok(())
    })?;
    // The two longest books of each author, the last tag of each of them, and the first three books of each of those.
    let query = Author::objects().order_by(|a| a.id()).prefetch_related(|a| {
        let books = a.books().order_by(|b| b.pages().desc()).limit(2);
        let books = books.prefetch_related(|b| {
            let tags = b.tags().order_by(|t| t.id().desc()).limit(1);
            tags.prefetch_related(|t| t.books().order_by(|b| b.id()).limit(3).to(|t| t.top_books()))
                .to(|b| b.first_tags())
        });
        books.to(|a| a.top_books())
    });
    let authors = assert_num_queries!(db, 4, { query.all(&db)? });
    let mut seen = 0;
    for author in &authors {
        let longest = author.books.query().order_by(|b| (b.pages().desc(), b.id())).limit(2).all(&db)?;
        assert_eq!(keys(author.top_books.get()?), keys(&longest));
        for book in author.top_books.get()? {
            let last = book.tags.query().order_by(|t| t.id().desc()).first(&db)?;
            assert_eq!(book.first_tags.get()?.first().map(|tag| tag.id), last.as_ref().map(|tag| tag.id));
            if let Some(last) = last {
                let first = last.books.query().order_by(|b| b.id()).limit(3).all(&db)?;
                assert_eq!(keys(book.first_tags.get()?[0].top_books.get()?), keys(&first));
                seen += first.len();
            }
        }
    }
    assert!(seen > 100);
    Ok(())
}

#[test]
fn a_limit_for_each_parent_through_a_many_to_many_relation() -> Result<()> {
    let db = shelf(3, 4)?;
    let mut books = Book::objects().order_by(|b| b.id()).all(&db)?;
    for (i, book) in (0_i64..).zip(&mut books) {
        book.tags.add(&db, [i % 5 + 1, (i + 1) % 5 + 1])?;
    }
    let tags = Tag::objects()
        .prefetch_related(|t| t.books().order_by(|b| b.id().desc()).limit(2).to(|t| t.top_books()))
        .order_by(|t| t.id());
    let tags = assert_num_queries!(db, 2, { tags.all(&db)? });
    for tag in &tags {
        let all = tag.books.query().order_by(|b| b.id().desc()).limit(2).values_list(|b| b.id()).all(&db)?;
        assert_eq!(tag.top_books.get()?.iter().map(|book| book.id).collect::<Vec<_>>(), all);
    }
    Ok(())
}

#[test]
fn three_hundred_thousand_parents_are_two_statements() -> Result<()> {
    let db = shelf(300_000, 1)?;
    let authors = assert_num_queries!(db, 2, { Author::objects().prefetch_related(|a| a.books()).all(&db)? });
    assert_eq!(authors.iter().map(|author| author.books.loaded().unwrap().len()).sum::<usize>(), 300_000);
    let books = Book::objects().all(&db)?;
    assert_num_queries!(db, 1, {
        for book in &books {
            book.author.get(&db)?;
        }
    });
    Ok(())
}

#[test]
fn a_model_serialises_what_is_loaded_and_never_asks() -> Result<()> {
    let db = shelf(1, 1)?;
    let note = Note::create().text("hm").book(1).written(Date::constant(2024, 2, 29)).save(&db)?;
    let text = assert_num_queries!(db, 0, { serde_json::to_string(&note).unwrap() });
    assert_eq!(text, r#"{"id":1,"text":"hm","book":1,"written":"2024-02-29"}"#);
    let note = Note::objects().select_related(|n| n.book().author()).prefetch_related(|n| n.book().tags()).get(&db)?;
    let text = assert_num_queries!(db, 0, { serde_json::to_string(&note).unwrap() });
    // `flatten` puts the author's fields into the book's; serde writes both of a name.
    let expected = r#"{"id":1,"text":"hm","book":{"id":1,"title":"b0","pages":0,"id":1,"name":"a1","tags":[]},"written":"2024-02-29"}"#;
    assert_eq!(text, expected);
    let author = Author::objects().prefetch_related(|a| a.books().author()).get(&db)?;
    assert!(
        serde_json::to_string(&author).unwrap().starts_with(r#"{"id":1,"name":"a1","books":[{"id":1,"title":"b0""#)
    );
    let author = Author::objects().get(&db)?;
    assert_eq!(serde_json::to_string(&author).unwrap(), r#"{"id":1,"name":"a1"}"#);
    let db = company(2)?;
    let one = Employee::objects().prefetch_related(|e| e.reports()).find(&db, 1)?;
    let text = serde_json::to_string(&one).unwrap();
    assert!(text.starts_with(r#"{"id":1,"name":"e1","boss":null,"reports":[{"id":2,"name":"e2","boss":1},"#), "{text}");
    Ok(())
}

#[derive(Model, Debug)]
pub struct Version {
    pub id: i64,
    pub before: Option<ForeignKey<Version>>,
    #[relation(via = "before")]
    pub after: HasMany<Version>,
}

#[test]
fn a_chain_of_rows_that_were_reached_one_from_the_other_is_dropped() -> Result<()> {
    const LENGTH: i64 = 20_000;
    let db = Database::in_memory()?;
    db.create_tables(models![Version])?;
    let version = |i: i64| Version::create().before((i > 0).then_some(i));
    Version::objects().bulk_create((0..LENGTH).map(version)).run(&db)?;
    let last = Version::objects().find(&db, LENGTH)?;
    let mut steps = 1;
    let mut at = &last;
    while let Some(before) = at.before.get(&db)? {
        at = before;
        steps += 1;
    }
    assert_eq!(steps, LENGTH);
    drop(last);
    let first = Version::objects().find(&db, 1)?;
    let mut at = &first;
    while let Some(after) = at.after.all(&db)?.first() {
        at = after;
    }
    assert_eq!(at.id, LENGTH);
    Ok(())
}

#[test]
fn in_memory_a_reader_that_waits_for_a_transaction_does_not_hold_what_the_transaction_wants() -> Result<()> {
    let db = company(3)?;
    let rows = Employee::objects().all(&db)?;
    let started = std::time::Instant::now();
    let (begun, has_begun) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            db.transaction(|tx| {
                Employee::create().name("new").save(tx)?;
                begun.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(300));
                rows[0].reports.all(tx).map(<[_]>::len)
            })
        });
        has_begun.recv().unwrap();
        let reader = scope.spawn(|| rows[0].reports.all(&db).map(<[_]>::len));
        assert_eq!(writer.join().unwrap()?, 3);
        assert_eq!(reader.join().unwrap()?, 3);
        Ok::<_, Error>(())
    })?;
    assert!(started.elapsed() < std::time::Duration::from_secs(3), "{:?}", started.elapsed());
    Ok(())
}

#[test]
fn in_memory_a_thread_that_reads_can_ask_its_rows_while_a_writer_waits_for_it() -> Result<()> {
    let db = company(3)?;
    let rows = Employee::objects().all(&db)?;
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        let writer = db.read(|_| {
            let writer = scope.spawn(|| Employee::create().name("new").save(&db));
            // By now it has begun, and cannot commit before this thread has read.
            std::thread::sleep(std::time::Duration::from_millis(300));
            rows[0].reports.all(&db)?;
            Employee::objects().for_each(&db, |employee| employee.reports_to.get(&db).map(drop))?;
            Ok(writer)
        })?;
        writer.join().unwrap()
    })?;
    assert!(started.elapsed() < std::time::Duration::from_secs(3), "{:?}", started.elapsed());
    Ok(())
}
