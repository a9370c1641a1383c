//! The children of all rows of a table are all rows of theirs: they are read through, and not looked up by key.

use eager_orm::prelude::*;
use eager_orm::{Log, Result};

use crate::support::*;

/// The statements after the first, and whether each looks rows up by keys.
fn by_keys(log: &Log) -> Vec<bool> {
    log.statements().skip(1).map(|statement| statement.sql.contains("rarray")).collect()
}

fn titles(books: &[Book]) -> Vec<&str> {
    books.iter().map(|book| book.title.as_str()).collect()
}

/// What every author has, in the order of the authors.
fn of_all(authors: &[Author], db: &Database) -> Result<Vec<String>> {
    authors.iter().map(|author| Ok(titles(author.books.all(db)?).join(" "))).collect()
}

#[test]
fn the_books_of_all_authors_are_all_books() -> Result<()> {
    let db = library();
    let (authors, log) = db.capture(|db| Author::objects().prefetch_related(|a| a.books().reviews()).all(db));
    let texts: Vec<&str> = log.statements().skip(1).map(|statement| statement.sql.as_str()).collect();
    assert_eq!(
        texts,
        [
            r#"SELECT "book"."id", "book"."title", "book"."author_id", "book"."publisher_id", "book"."pages", "book"."price", "book"."published", "book"."active", "book"."summary" FROM "book""#,
            r#"SELECT "review"."id", "review"."stars", "review"."text", "review"."book_id", "review"."user_id" FROM "review""#,
        ],
    );
    let authors = authors?;
    assert_num_queries!(db, 0, {
        // The rows of different authors take turns in the table; each author's come in their order.
        assert_eq!(of_all(&authors, &db)?, ["B0 B2", "B1 B3", ""]);
        let reviews = |book: &Book| Ok::<_, eager_orm::Error>(book.reviews.all(&db)?.len());
        assert_eq!(reviews(&authors[0].books.all(&db)?[1])?, 2);
        assert_eq!(reviews(&authors[1].books.all(&db)?[1])?, 3);
    });
    Ok(())
}

#[test]
fn an_order_and_what_is_joined_stay() -> Result<()> {
    let db = library();
    let books = |a: Fields<Author>| a.books().order_by(|b| b.pages().desc()).select_related(|b| b.publisher());
    let (authors, log) =
        db.capture(|db| Author::objects().order_by(|a| a.name().desc()).prefetch_related(books).all(db));
    assert_eq!(by_keys(&log), [false]);
    let authors = authors?;
    assert_num_queries!(db, 0, {
        assert_eq!(of_all(&authors, &db)?, ["", "B3 B1", "B2 B0"]);
        let publisher =
            authors[1].books.all(&db)?[0].publisher.as_ref().map(|publisher| publisher.get(&db)).transpose()?;
        assert_eq!(publisher.map(|publisher| publisher.name.as_str()), Some("Ace"));
    });
    Ok(())
}

#[test]
fn plain_loops_and_one_to_one_know_it_too() -> Result<()> {
    let db = library();
    let (rows, log) = db.capture(|db| {
        let authors = Author::objects().all(db)?;
        let titles = of_all(&authors, db)?;
        let users = User::objects().all(db)?;
        let bios = users.iter().map(|user| Ok(user.profile.get(db)?.map(|profile| profile.bio.clone())));
        Ok::<_, eager_orm::Error>((titles, bios.collect::<Result<Vec<_>>>()?))
    });
    let (titles, bios) = rows?;
    assert_eq!(by_keys(&log), [false, false, false], "{log}");
    assert_eq!(titles, ["B0 B2", "B1 B3", ""]);
    assert_eq!(bios, [Some("hello".to_owned()), None]);
    Ok(())
}

#[test]
fn the_tags_of_all_books_are_all_links() -> Result<()> {
    let db = library();
    let (books, log) = db.capture(|db| Book::objects().prefetch_related(|b| b.tags()).all(db));
    assert_eq!(
        log.statements().nth(1).map(|statement| statement.sql.as_str()),
        Some(
            r#"SELECT "tag"."id", "tag"."name", "book_tag__link"."book_id" FROM "book_tag" AS "book_tag__link" CROSS JOIN "tag" ON "tag"."id" = "book_tag__link"."tag_id""#
        ),
    );
    let names = |book: &Book| book.tags.loaded().unwrap().iter().map(|tag| tag.name.clone()).collect::<Vec<_>>();
    assert_eq!(books?.iter().map(names).collect::<Vec<_>>(), [vec!["t0", "t1"], vec!["t0"], vec!["t2"], vec![]]);
    // From the other side; and the tags of all books are not all tags, nor each once.
    let books = |t: Fields<Tag>| t.books().order_by(|b| b.id()).prefetch_related(|b| b.reviews());
    let (tags, log) = db.capture(|db| Tag::objects().prefetch_related(books).all(db));
    assert_eq!(by_keys(&log), [false, true], "{log}");
    let of_tag = |tag: &Tag| titles(tag.books.loaded().unwrap()).join(" ");
    assert_eq!(tags?.iter().map(of_tag).collect::<Vec<_>>(), ["B0 B1", "B0", "B2", ""]);
    Ok(())
}

#[test]
fn some_rows_ask_by_their_keys() -> Result<()> {
    let db = library();
    let ask = |authors: QuerySet<Author>| {
        let (authors, log) = db.capture(|db| authors.prefetch_related(|a| a.books()).all(db));
        assert_eq!(by_keys(&log), [true], "{log}");
        of_all(&authors.unwrap(), &db).unwrap()
    };
    assert_eq!(ask(Author::objects().filter(|a| a.id().gt(0))), ["B0 B2", "B1 B3", ""]);
    assert_eq!(ask(Author::objects().limit(2)), ["B0 B2", "B1 B3"]);
    assert_eq!(ask(Author::objects().offset(1)), ["B1 B3", ""]);
    assert_eq!(ask(Author::objects().exclude(|a| a.name().eq("Ann"))), ["B1 B3", ""]);
    let by_id = Author::objects().order_by(|a| a.id());
    let first = by_id.cursor_page(&db, 1).unwrap().next.unwrap();
    assert_eq!(ask(by_id.after(&first)), ["B1 B3", ""]);
    Ok(())
}

#[test]
fn a_part_of_what_is_asked_for_is_asked_by_keys() -> Result<()> {
    let db = library();
    // Whoever has no publisher is not read for one.
    let (_, log) = db.capture(|db| Publisher::objects().prefetch_related(|p| p.books()).all(db));
    assert_eq!(by_keys(&log), [true]);
    // A condition or a limit has its own best way.
    let thick = |a: Fields<Author>| a.books().query(|q| q.filter(|b| b.pages().gt(10))).to(|a| a.long_books());
    let (_, log) = db.capture(|db| Author::objects().prefetch_related(thick).all(db));
    assert_eq!(by_keys(&log), [true]);
    // One of three was loaded already.
    let authors = Author::objects().all(&db)?;
    prefetch_related_objects(&db, &authors[..1], |a| a.books())?;
    let (rest, log) = db.capture(|db| of_all(&authors, db));
    assert!(log.statements().all(|statement| statement.sql.contains("rarray")), "{log}");
    assert_eq!(rest?, ["B0 B2", "B1 B3", ""]);
    Ok(())
}

#[test]
fn chunks_of_a_stream_are_parts() -> Result<()> {
    let db = library();
    let mut found = Vec::new();
    let (outcome, log) = db.capture(|db| {
        Author::objects().order_by(|a| a.id()).prefetch_related(|a| a.books()).for_each(db, |author| {
            found.push(titles(author.books.loaded().unwrap_or_default()).join(" "));
            Ok(())
        })
    });
    outcome?;
    assert_eq!(by_keys(&log), [true]);
    assert_eq!(found, ["B0 B2", "B1 B3", ""]);
    Ok(())
}

#[test]
fn rows_that_came_since_are_nobodys() -> Result<()> {
    let db = library();
    let authors = Author::objects().all(&db)?;
    let dan = Author::create().name("Dan").save(&db)?;
    Book::create().title("late").author(&dan).price(1.0).summary("").save(&db)?;
    Book::create().title("later").author(1).price(1.0).summary("").save(&db)?;
    let (found, log) = db.capture(|db| of_all(&authors, db));
    assert_eq!((log.len(), found?), (1, vec!["B0 B2 later".to_owned(), "B1 B3".to_owned(), String::new()]));
    Ok(())
}

#[test]
fn rows_that_were_kept_for_long_look_their_own_up() -> Result<()> {
    let db = library();
    let authors = Author::objects().all(&db)?;
    std::thread::sleep(std::time::Duration::from_millis(2_200));
    let (books, log) = db.capture(|db| Ok::<_, eager_orm::Error>(titles(authors[0].books.all(db)?).join(" ")));
    assert_eq!(books?, "B0 B2");
    assert!(log.statements().next().is_some_and(|statement| statement.sql.contains("rarray")), "{log}");
    Ok(())
}

#[test]
fn what_points_at_no_key_belongs_to_nobody() -> Result<()> {
    #[derive(Model)]
    #[model(table = "shelf")]
    pub struct Shelf {
        pub id: i64,
        pub volumes: HasMany<Volume>,
    }
    #[derive(Model)]
    #[model(table = "volume")]
    pub struct Volume {
        pub id: i64,
        pub shelf: ForeignKey<Shelf>,
    }
    let db = eager_orm::DatabaseBuilder::in_memory().open()?;
    let tables =
        "CREATE TABLE shelf (id INTEGER PRIMARY KEY); CREATE TABLE volume (id INTEGER PRIMARY KEY, shelf_id NOT NULL);
        INSERT INTO shelf VALUES (1), (2);
        INSERT INTO volume VALUES (1, 1), (2, 1.5), (3, 9e30), (4, 'a'), (5, x'00'), (6, 2)";
    db.raw(|c| c.execute_batch(tables))?;
    for shelves in [
        Shelf::objects().prefetch_related(|s| s.volumes()).all(&db)?,
        Shelf::objects().filter(|s| s.id().gt(0)).prefetch_related(|s| s.volumes()).all(&db)?,
    ] {
        let of =
            |shelf: &Shelf| Ok::<_, eager_orm::Error>(shelf.volumes.all(&db)?.iter().map(|v| v.id).collect::<Vec<_>>());
        assert_eq!(shelves.iter().map(of).collect::<Result<Vec<_>>>()?, [vec![1], vec![6]]);
    }
    Ok(())
}
