//! What a queryset selects, how much of it, and what runs it.

use std::collections::BTreeMap;

use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

fn titles(books: &[Book]) -> Vec<&str> {
    books.iter().map(|book| book.title.as_str()).collect()
}

/// A library and `count` tags besides, named by their number.
fn tagged(count: usize) -> Result<Database> {
    let db = empty();
    Tag::objects().bulk_create((0..count).map(|n| Tag::create().name(format!("{n:06}")))).run(&db)?;
    Ok(db)
}

#[test]
fn a_queryset_is_lazy_and_can_be_kept_cloned_and_refined() -> Result<()> {
    let db = library();
    let long = || Book::objects().filter(|b| b.pages().gt(15));
    let base = assert_num_queries!(db, 0, { long().order_by(|b| b.id()) });
    let (short, active) = (base.clone().filter(|b| b.pages().lt(35)), base.clone().filter(|b| b.active()));
    assert_num_queries!(db, 4, {
        assert_eq!(titles(&short.all(&db)?), ["B1", "B2"]);
        assert_eq!(titles(&active.all(&db)?), ["B2"]);
        assert_eq!(titles(&base.all(&db)?), ["B1", "B2", "B3"]);
        assert_eq!(titles(&base.all(&db)?), ["B1", "B2", "B3"]);
    });
    Ok(())
}

#[test]
fn every_column_of_a_row_comes_back_as_it_went_in() -> Result<()> {
    let db = empty();
    let full = Sample::create()
        .text("ä\0'")
        .text_or("")
        .int(-1)
        .int_or(i64::MIN)
        .byte(200)
        .short(-300)
        .tiny(-100)
        .half(60_000)
        .word(4_000_000_000)
        .flag(true)
        .flag_or(false)
        .real(1e-300)
        .real_or(2.0)
        .blob(vec![0, 255])
        .blob_or(Vec::new())
        .day(date(2024, 2, 29))
        .time("23:59:59.999".parse::<Time>().unwrap())
        .moment("2024-02-29T12:00:00".parse::<DateTime>().unwrap())
        .stamp("2024-02-29T12:00:00Z".parse::<Timestamp>().unwrap())
        .save(&db)?;
    let bare = Sample::create().save(&db)?;
    let rows = assert_num_queries!(db, 1, { Sample::objects().order_by(|s| s.id()).all(&db)? });
    assert_eq!(rows, [full, bare]);
    assert_eq!((rows[1].text_or.as_deref(), rows[1].flag_or, rows[1].day), (None, None, None));
    Ok(())
}

#[test]
fn values_list_has_the_types_of_its_columns() -> Result<()> {
    let db = library();
    let one: Vec<String> = assert_num_queries!(db, 1, { Author::objects().values_list(|a| a.name()).all(&db)? });
    assert_eq!(one, ["Ann", "Bob", "Cay"]);
    let nullable: Vec<Option<i32>> = Author::objects().values_list(|a| a.age()).all(&db)?;
    assert_eq!(nullable, [Some(30), None, Some(50)]);
    let query = Book::objects().order_by(|b| b.id()).limit(2);
    let mixed: Vec<(i64, String, bool, Option<Date>, f64, String)> = assert_num_queries!(db, 1, {
        let columns = |b: Fields<Book>| (b.id(), b.title(), b.active(), b.published(), b.price(), b.summary());
        query.clone().values_list(columns).all(&db)?
    });
    assert_eq!(mixed[1], (2, "B1".to_owned(), false, None, 1.5, "summary 1".to_owned()));
    let keys: Vec<i64> = query.clone().values_list(|b| b.author()).all(&db)?;
    assert_eq!(keys, [1, 2]);
    let keys: Vec<Option<i64>> = query.clone().values_list(|b| b.publisher()).all(&db)?;
    assert_eq!(keys, [Some(1), None]);
    let keys: Vec<(i64, Option<i64>)> =
        query.clone().values_list(|b| (b.author().key(), b.publisher().key())).all(&db)?;
    assert_eq!(keys, [(1, Some(1)), (2, None)]);
    let conditions: Vec<(i64, bool)> = query.values_list(|b| (b.id(), b.publisher().name().eq("Ace"))).all(&db)?;
    assert_eq!(conditions, [(1, true), (2, false)]);
    Ok(())
}

#[test]
fn values_behind_a_nullable_key_are_options() -> Result<()> {
    let db = library();
    let rows: Vec<(String, Option<String>, String, Option<i32>)> = assert_num_queries!(db, 1, {
        Book::objects()
            .order_by(|b| b.id())
            .values_list(|b| (b.title(), b.publisher().name(), b.author().name(), b.author().age()))
            .all(&db)?
    });
    let expected =
        [("B0", Some("Ace"), "Ann", Some(30)), ("B1", None, "Bob", None), ("B2", Some("Bat"), "Ann", Some(30))];
    for (row, (title, publisher, author, age)) in rows.iter().zip(expected) {
        assert_eq!((row.0.as_str(), row.1.as_deref(), row.2.as_str(), row.3), (title, publisher, author, age));
    }
    let bios: Vec<(i64, Option<String>)> = assert_num_queries!(db, 1, {
        User::objects().order_by(|u| u.id()).values_list(|u| (u.id(), u.profile().bio())).all(&db)?
    });
    assert_eq!(bios, [(1, Some("hello".to_owned())), (2, None)]);
    let far: Vec<Option<String>> = assert_num_queries!(db, 1, {
        Review::objects().order_by(|r| r.id()).values_list(|r| r.user().profile().bio()).all(&db)?
    });
    assert_eq!(far.iter().flatten().count(), 3);
    assert_eq!(far.len(), 6);
    Ok(())
}

#[test]
fn values_behind_a_to_many_relation_have_a_row_for_each_related_row() -> Result<()> {
    let db = library();
    let rows: Vec<(String, Option<String>)> = assert_num_queries!(db, 1, {
        Author::objects().order_by(|a| a.id()).values_list(|a| (a.name(), a.books().title())).all(&db)?
    });
    let mut rows: Vec<(&str, Option<&str>)> =
        rows.iter().map(|(name, title)| (name.as_str(), title.as_deref())).collect();
    rows.sort_unstable();
    assert_eq!(
        rows,
        [("Ann", Some("B0")), ("Ann", Some("B2")), ("Bob", Some("B1")), ("Bob", Some("B3")), ("Cay", None)]
    );
    let mut tags: Vec<(i64, Option<String>)> = Book::objects().values_list(|b| (b.id(), b.tags().name())).all(&db)?;
    tags.sort();
    let tags: Vec<(i64, Option<&str>)> = tags.iter().map(|(key, name)| (*key, name.as_deref())).collect();
    assert_eq!(tags, [(1, Some("t0")), (1, Some("t1")), (2, Some("t0")), (3, Some("t2")), (4, None)]);
    let mut far: Vec<(String, Option<i32>)> =
        Author::objects().values_list(|a| (a.name(), a.books().reviews().stars())).all(&db)?;
    far.sort();
    assert_eq!(
        far.iter().map(|row| row.1).collect::<Vec<_>>(),
        [None, Some(1), Some(2), Some(1), Some(1), Some(2), Some(3), None]
    );
    Ok(())
}

#[test]
fn values_are_named_records_that_serialise_to_objects() -> Result<()> {
    let db = library();
    let records = assert_num_queries!(db, 1, {
        Book::objects()
            .order_by(|b| b.id())
            .limit(2)
            .values(|b| {
                (b.id(), b.title(), b.active(), b.author().name(), b.publisher().name(), b.author(), b.price() * 2)
            })
            .all(&db)?
    });
    assert_eq!(
        serde_json::to_string(&records).unwrap(),
        r#"[{"id":1,"title":"B0","active":true,"author__name":"Ann","publisher__name":"Ace","author":1,"value7":1.0},{"id":2,"title":"B1","active":false,"author__name":"Bob","publisher__name":null,"author":2,"value7":3.0}]"#
    );
    assert_eq!(records[0].get("title"), Some(&eager_orm::Scalar::Text("B0".to_owned())));
    assert_eq!(records[1].get("publisher__name"), Some(&eager_orm::Scalar::Null));
    assert_eq!(records[0].get("pages"), None);
    assert_eq!(records[0].iter().map(|(name, _)| name).last(), Some("value7"));
    let dates = Book::objects().filter(|b| b.id().eq(1)).values(|b| (b.published(), b.author().key())).get(&db)?;
    assert_eq!(serde_json::to_string(&dates).unwrap(), r#"{"published":"2020-01-31","author":1}"#);
    Ok(())
}

#[test]
fn count_and_exists_look_at_the_rows_that_would_come() -> Result<()> {
    let db = library();
    let count = |query: QuerySet<Book>| -> Result<u64> { Ok(assert_num_queries!(db, 1, { query.count(&db)? })) };
    assert_eq!(count(Book::objects())?, 4);
    assert_eq!(count(Book::objects().filter(|b| b.pages().gt(20)))?, 2);
    assert_eq!(count(Book::objects().limit(3))?, 3);
    assert_eq!(count(Book::objects().limit(30))?, 4);
    assert_eq!(count(Book::objects().offset(3))?, 1);
    assert_eq!(count(Book::objects().offset(30))?, 0);
    assert_eq!(count(Book::objects().limit(2).offset(3))?, 1);
    assert_eq!(assert_num_queries!(db, 0, { Book::objects().limit(0).count(&db)? }), 0);
    assert_eq!(count(Book::objects().distinct())?, 4);
    let (value, log) =
        db.capture(|db| Book::objects().select_related(|b| b.author()).order_by(|b| b.title()).count(db));
    assert_eq!(value?, 4);
    assert_eq!(log.statements().next().unwrap().sql, r#"SELECT count(*) FROM "book""#);
    let values = Book::objects().values_list(|b| (b.title(), b.tags().name()));
    assert_eq!(assert_num_queries!(db, 1, { values.count(&db)? }), values.all(&db)?.len() as u64);
    let exists = |query: QuerySet<Book>| -> Result<bool> { Ok(assert_num_queries!(db, 1, { query.exists(&db)? })) };
    assert!(exists(Book::objects())?);
    assert!(!exists(Book::objects().filter(|b| b.pages().gt(200)))?);
    assert!(exists(Book::objects().offset(3))?);
    assert!(!exists(Book::objects().offset(4))?);
    assert!(!assert_num_queries!(db, 0, { Book::objects().limit(0).exists(&db)? }));
    Ok(())
}

#[test]
fn count_of_distinct_values_counts_them_once() -> Result<()> {
    let db = library();
    let authors = Book::objects().values_list(|b| b.author().name()).distinct();
    assert_eq!(assert_num_queries!(db, 1, { authors.count(&db)? }), 2);
    let mut names = assert_num_queries!(db, 1, { authors.all(&db)? });
    names.sort();
    assert_eq!(names, ["Ann", "Bob"]);
    let pairs = Book::objects().values_list(|b| (b.author(), b.active())).distinct();
    assert_eq!(assert_num_queries!(db, 1, { pairs.count(&db)? }), 2);
    // The model's own ordering does not tell equal values apart.
    let countries = Author::objects().values_list(|a| a.country().is_null()).distinct();
    assert_eq!(assert_num_queries!(db, 1, { countries.all(&db)? }).len(), 2);
    Ok(())
}

#[test]
fn first_and_last_follow_the_order_or_the_key() -> Result<()> {
    let db = library();
    let one = |book: Option<Book>| book.map(|book| book.title);
    assert_eq!(one(assert_num_queries!(db, 1, { Book::objects().first(&db)? })).as_deref(), Some("B0"));
    assert_eq!(one(assert_num_queries!(db, 1, { Book::objects().last(&db)? })).as_deref(), Some("B3"));
    let by_price = Book::objects().order_by(|b| b.price().desc());
    assert_eq!(one(by_price.first(&db)?).as_deref(), Some("B3"));
    assert_eq!(one(by_price.last(&db)?).as_deref(), Some("B0"));
    assert_eq!(one(by_price.clone().reverse().first(&db)?).as_deref(), Some("B0"));
    assert_eq!(one(by_price.clone().offset(1).first(&db)?).as_deref(), Some("B2"));
    assert_eq!(one(by_price.clone().limit(0).first(&db)?), None);
    assert_eq!(one(Book::objects().filter(|b| b.pages().gt(99)).first(&db)?), None);
    assert_eq!(one(Book::objects().filter(|b| b.pages().gt(99)).last(&db)?), None);
    // The model's own ordering, by name.
    Author::create().name("Aaa").save(&db)?;
    assert_eq!(Author::objects().first(&db)?.unwrap().name, "Aaa");
    assert_eq!(Author::objects().last(&db)?.unwrap().name, "Cay");
    assert_eq!(Author::objects().values_list(|a| a.name()).first(&db)?.as_deref(), Some("Aaa"));
    assert_eq!(Author::objects().order_by(|_| ()).first(&db)?.unwrap().name, "Ann", "no order is the order of the key");
    let (last, log) = db.capture(|db| Book::objects().limit(2).last(db));
    assert!(matches!(last, Err(Error::Misuse { .. })) && log.is_empty(), "{last:?}");
    Ok(())
}

#[test]
fn get_wants_exactly_one_row() -> Result<()> {
    let db = library();
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().filter(|b| b.title().eq("B1")).get(&db)? }).id, 2);
    let none = assert_num_queries!(db, 1, { Book::objects().filter(|b| b.title().eq("x")).get(&db).unwrap_err() });
    assert!(matches!(none, Error::DoesNotExist { model: "Book", key: None }) && none.is_does_not_exist(), "{none:?}");
    let (many, log) = db.capture(|db| Book::objects().get(db));
    assert!(matches!(many, Err(Error::MultipleObjectsReturned { model: "Book" })), "{many:?}");
    assert_eq!((log.len(), log.statements().next().unwrap().rows), (1, 2), "two rows are enough to know: {log}");
    assert_eq!(Book::objects().order_by(|b| b.id()).limit(1).get(&db)?.title, "B0");
    assert_eq!(Book::objects().order_by(|b| b.id()).offset(3).get(&db)?.title, "B3");
    assert_eq!(
        Book::objects().filter(|b| b.id().eq(1)).values_list(|b| (b.title(), b.pages())).get(&db)?,
        ("B0".to_owned(), 10)
    );
    Ok(())
}

#[test]
fn find_takes_a_key_among_the_rows_of_the_queryset() -> Result<()> {
    let db = library();
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().find(&db, 3)? }).title, "B2");
    let error = assert_num_queries!(db, 1, { Book::objects().find(&db, -1).unwrap_err() });
    assert!(matches!(&error, Error::DoesNotExist { model: "Book", key: Some(key) } if key.contains("-1")), "{error:?}");
    assert!(Book::objects().filter(|b| b.active()).find(&db, 2).unwrap_err().is_does_not_exist());
    let book = Book::objects().find(&db, 3)?;
    assert_eq!(Author::objects().find(&db, &book.author)?.name, "Ann");
    assert_eq!(Book::objects().find(&db, &book)?, book);
    assert!(matches!(Book::objects().limit(1).find(&db, 1), Err(Error::Misuse { .. })));
    Airport::create().code("VIE").city("Vienna").save(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { Airport::objects().find(&db, "VIE")? }).city, "Vienna");
    assert!(Airport::objects().find(&db, "vie").unwrap_err().to_string().contains("vie"));
    Ok(())
}

#[test]
fn in_bulk_maps_keys_to_rows() -> Result<()> {
    let db = library();
    let books = assert_num_queries!(db, 1, { Book::objects().in_bulk(&db, [1, 3, 3, 99])? });
    let books: BTreeMap<i64, &str> = books.iter().map(|(key, book)| (*key, book.title.as_str())).collect();
    assert_eq!(books, BTreeMap::from([(1, "B0"), (3, "B2")]));
    assert!(assert_num_queries!(db, 0, { Book::objects().in_bulk(&db, Vec::<i64>::new())? }).is_empty());
    let active = Book::objects().filter(|b| b.active());
    assert_eq!(assert_num_queries!(db, 1, { active.in_bulk(&db, 1..=4)? }).len(), 2);
    let tags = tagged(3_000)?;
    assert_eq!(assert_num_queries!(tags, 1, { Tag::objects().in_bulk(&tags, 1..=100_000)? }).len(), 3_000);
    Airport::create().code("VIE").city("Vienna").save(&db)?;
    assert_eq!(Airport::objects().in_bulk(&db, ["VIE", "OSL"])?["VIE"].city, "Vienna");
    Ok(())
}

#[test]
fn no_rows_are_no_statement() -> Result<()> {
    let db = library();
    let none = Book::objects().prefetch_related(|b| b.tags()).none().filter(|b| b.active());
    assert_num_queries!(db, 0, {
        assert_eq!(none.all(&db)?, []);
        assert_eq!((none.count(&db)?, none.exists(&db)?), (0, false));
        assert!(none.first(&db)?.is_none() && none.last(&db)?.is_none());
        assert!(none.get(&db).unwrap_err().is_does_not_exist());
        assert!(none.find(&db, 1).unwrap_err().is_does_not_exist());
        assert!(none.in_bulk(&db, [1])?.is_empty());
        assert_eq!(none.update(&db, |b| b.pages().set(1))?, 0);
        assert_eq!(none.delete(&db)?.total, 0);
        none.for_each(&db, |_| panic!("there is no row"))?;
        assert!(Book::objects().none().values_list(|b| b.id()).all(&db)?.is_empty());
    });
    assert_eq!(assert_num_queries!(db, 0, { db.read(|snapshot| Ok(none.iter(snapshot)?.count()))? }), 0);
    Ok(())
}

#[test]
fn limit_and_offset_cut_and_the_last_word_counts() -> Result<()> {
    let db = library();
    let all = |query: QuerySet<Book>| -> Result<Vec<String>> {
        let query = query.values_list(|b| b.title());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
    };
    let books = || Book::objects().order_by(|b| b.id());
    assert_eq!(all(books().limit(2))?, ["B0", "B1"]);
    assert_eq!(all(books().offset(2))?, ["B2", "B3"]);
    assert_eq!(all(books().limit(1).offset(1))?, ["B1"]);
    assert_eq!(all(books().limit(3).limit(1))?, ["B0"]);
    assert!(assert_num_queries!(db, 0, { books().limit(0).all(&db)? }).is_empty());
    assert_eq!(all(books().offset(9))?, Vec::<String>::new());
    assert_eq!(all(books().limit(u64::MAX))?.len(), 4);
    assert_eq!(all(books().offset(u64::MAX))?.len(), 0);
    assert_eq!(all(books().limit(u64::MAX).offset(u64::MAX))?.len(), 0);
    assert_eq!(books().limit(2).to_sql(), books().limit(3).to_sql(), "limits are binds");
    Ok(())
}

#[test]
fn what_is_cut_off_cannot_be_refined_and_says_so_when_it_runs() {
    let db = library();
    let cut = || Book::objects().limit(2);
    let refined = [
        cut().filter(|b| b.active()),
        cut().exclude(|b| b.active()),
        cut().order_by(|b| b.id()),
        cut().reverse(),
        cut().distinct(),
        Book::objects().offset(1).filter(|b| b.active()),
        cut().filter_if(Some(1), |b, pages| b.pages().gt(pages)),
    ];
    let ((), log) = db.capture(|db| {
        for query in refined {
            let error = query.all(db).unwrap_err();
            assert!(matches!(&error, Error::Misuse { what } if what.contains("Book")), "{error:?}");
            assert!(matches!(query.count(db), Err(Error::Misuse { .. })));
            assert!(matches!(query.exists(db), Err(Error::Misuse { .. })));
            assert!(matches!(query.first(db), Err(Error::Misuse { .. })));
            assert!(matches!(query.update(db, |b| b.pages().set(1)), Err(Error::Misuse { .. })));
            assert!(matches!(query.delete(db), Err(Error::Misuse { .. })));
            assert!(matches!(query.explain(db), Err(Error::Misuse { .. })));
            assert!(matches!(query.for_each(db, |_| Ok(())), Err(Error::Misuse { .. })));
            assert!(query.to_sql().contains("limit"), "{}", query.to_sql());
        }
    });
    assert_eq!(log.len(), 0, "{log}");
    assert_eq!(cut().filter_if(None::<i32>, |b, pages| b.pages().gt(pages)).all(&db).unwrap().len(), 2);
}

#[test]
fn order_is_the_one_said_last_and_reverse_turns_it() -> Result<()> {
    let db = library();
    let order = |query: QuerySet<Book>| -> Result<String> {
        let query = query.values_list(|b| b.title());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }).join(" "))
    };
    assert_eq!(order(Book::objects().order_by(|b| b.id()).order_by(|b| b.pages().desc()))?, "B3 B2 B1 B0");
    assert_eq!(order(Book::objects().order_by(|b| (b.active(), b.pages().desc())))?, "B3 B1 B2 B0");
    assert_eq!(order(Book::objects().order_by(|b| (b.active(), b.pages().desc())).reverse())?, "B0 B2 B1 B3");
    assert_eq!(order(Book::objects().order_by(|b| b.id()).reverse().reverse())?, "B0 B1 B2 B3");
    assert_eq!(order(Book::objects().order_by(|b| (b.published(), b.id())))?, "B1 B0 B3 B2");
    assert_eq!(order(Book::objects().order_by(|b| b.published().asc().nulls_last()))?, "B0 B3 B2 B1");
    assert_eq!(order(Book::objects().order_by(|b| b.published().asc().nulls_last()).reverse())?, "B1 B2 B3 B0");
    assert_eq!(order(Book::objects().order_by(|b| b.published().desc()))?, "B2 B3 B0 B1");
    assert_eq!(order(Book::objects().order_by(|b| b.published().desc().nulls_first()))?, "B1 B2 B3 B0");
    assert_eq!(order(Book::objects().order_by(|b| (b.author().name().desc(), b.id())))?, "B1 B3 B0 B2");
    assert_eq!(order(Book::objects().order_by(|b| (b.publisher().name(), b.id())))?, "B1 B0 B3 B2");
    assert_eq!(order(Book::objects().order_by(|b| (b.publisher(), b.id())))?, "B1 B0 B3 B2");
    assert_eq!(order(Book::objects().order_by(|b| (b.pages() * -1).asc()))?, "B3 B2 B1 B0");
    assert_eq!(order(Book::objects().order_by(|b| (b.title().lower().desc(), b.id())))?, "B3 B2 B1 B0");
    Ok(())
}

#[test]
fn the_models_own_order_holds_unless_there_is_another() -> Result<()> {
    let db = empty();
    for name in ["Cay", "Ann", "Bob"] {
        Author::create().name(name).save(&db)?;
    }
    let names = |query: QuerySet<Author>| -> Result<String> {
        let query = query.values_list(|a| a.name());
        Ok(assert_num_queries!(db, 1, { query.all(&db)? }).join(" "))
    };
    assert_eq!(names(Author::objects())?, "Ann Bob Cay");
    assert_eq!(names(Author::objects().reverse())?, "Cay Bob Ann");
    assert_eq!(names(Author::objects().order_by(|_| ()))?, "Cay Ann Bob");
    assert_eq!(names(Author::objects().order_by(|a| a.id().desc()))?, "Bob Ann Cay");
    assert_eq!(names(Author::objects().limit(1))?, "Ann");
    assert!(!Author::objects().order_by(|_| ()).to_sql().contains("ORDER BY"));
    Ok(())
}

#[test]
fn a_stream_prefetches_chunk_by_chunk() -> Result<()> {
    let db = tagged(2_500)?;
    let query = Tag::objects().order_by(|t| t.id()).prefetch_related(|t| t.books());
    let mut seen = Vec::new();
    assert_num_queries!(db, 1 + 3, {
        query.for_each(&db, |tag| {
            assert_eq!(tag.books.loaded(), Some(&[][..]));
            seen.push(tag.id);
            Ok(())
        })?;
    });
    assert_eq!(seen, (1..=2_500).collect::<Vec<i64>>());
    let keys = assert_num_queries!(db, 1 + 3, {
        db.read(|snapshot| {
            query
                .iter(snapshot)?
                .map(|tag| tag.map(|tag| (tag.id, tag.books.loaded().is_some())))
                .collect::<Result<Vec<_>>>()
        })?
    });
    assert_eq!(keys, (1..=2_500).map(|key| (key, true)).collect::<Vec<_>>());
    // A whole number of chunks has no empty chunk behind it.
    let query = query.filter(|t| t.id().le(2_000));
    assert_num_queries!(db, 1 + 2, { query.for_each(&db, |_| Ok(()))? });
    assert_num_queries!(db, 1 + 2, { db.read(|snapshot| Ok(query.iter(snapshot)?.count()))? });
    Ok(())
}

#[test]
fn a_stream_of_values_is_as_good() -> Result<()> {
    let db = tagged(1_500)?;
    let query = Tag::objects().order_by(|t| t.id()).values_list(|t| (t.id(), t.name()));
    let mut sum = 0;
    assert_num_queries!(db, 1, {
        query.for_each(&db, |(key, name)| {
            sum += key - name.parse::<i64>().unwrap();
            Ok(())
        })?;
    });
    assert_eq!(sum, 1_500);
    let records = Tag::objects().values(|t| t.name());
    let names = db.read(|s| records.iter(s)?.map(|r| Ok(r?.get("name").is_some())).collect::<Result<Vec<_>>>())?;
    assert!(names.len() == 1_500 && names.iter().all(|has| *has));
    Ok(())
}

#[test]
fn a_stream_may_end_early_and_the_connection_is_fine() -> Result<()> {
    let db = tagged(5_000)?;
    let query = Tag::objects().order_by(|t| t.id());
    for _ in 0..40 {
        // More often than there are connections.
        let first = assert_num_queries!(db, 1, { db.read(|snapshot| query.iter(snapshot)?.next().transpose())? });
        assert_eq!(first.unwrap().id, 1);
        let mut seen = 0;
        let stopped: Result<()> = query.for_each(&db, |tag| {
            seen += 1;
            if tag.id == 1_001 { Err(Error::DoesNotExist { model: "enough", key: None }) } else { Ok(()) }
        });
        assert!(matches!(stopped, Err(Error::DoesNotExist { model: "enough", .. })));
        assert_eq!(seen, 1_001);
    }
    db.transaction(|tx| {
        let mut tags = query.iter(tx)?;
        tags.next();
        drop(tags);
        Tag::objects().delete(tx)
    })?;
    assert_eq!(Tag::objects().count(&db)?, 0);
    Ok(())
}

#[test]
fn two_streams_may_run_side_by_side_and_rows_be_written_meanwhile() -> Result<()> {
    let db = tagged(1_200)?;
    let query = Tag::objects().order_by(|t| t.id());
    let equal = assert_num_queries!(db, 2, {
        db.read(|snapshot| {
            let pairs = query.iter(snapshot)?.zip(query.iter(snapshot)?);
            pairs.map(|(one, other)| Ok(one?.name == other?.name)).collect::<Result<Vec<bool>>>()
        })?
    });
    assert!(equal.len() == 1_200 && equal.iter().all(|equal| *equal));
    let written = db.transaction(|tx| {
        let mut written = 0;
        for tag in query.iter(tx)? {
            let mut tag = tag?;
            tag.name.push('!');
            tag.save(tx)?;
            written += 1;
        }
        Ok(written)
    })?;
    assert_eq!(written, 1_200);
    assert_eq!(Tag::objects().filter(|t| t.name().ends_with("!")).count(&db)?, 1_200);
    Ok(())
}

#[test]
fn an_error_in_the_middle_of_a_stream_comes_where_it_is_and_ends_it() -> Result<()> {
    let db = empty();
    db.raw(|c| {
        c.execute_batch(
            "DROP TABLE tag; CREATE TABLE tag (id INTEGER PRIMARY KEY, name);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO tag SELECT i, 'x' FROM n;
             UPDATE tag SET name = 7 WHERE id = 1500",
        )
    })?;
    let query = Tag::objects().order_by(|t| t.id());
    let mut seen = 0;
    let (outcome, log) = db.capture(|db| {
        query.for_each(db, |_| {
            seen += 1;
            Ok(())
        })
    });
    assert!(log.len() <= 1, "{log}");
    assert!(matches!(&outcome, Err(Error::Decode { model: "Tag", field, .. }) if field == "name"), "{outcome:?}");
    assert_eq!(seen, 1_499, "the rows before it were seen");
    let (good, bad, rest) = db.read(|snapshot| {
        let mut tags = query.iter(snapshot)?;
        let good = tags.by_ref().take_while(Result::is_ok).count();
        Ok((good, 1, tags.count()))
    })?;
    assert_eq!((good, bad, rest), (1_499, 1, 0));
    Ok(())
}

#[test]
fn a_lazy_load_inside_of_a_stream_is_one_statement_a_chunk() -> Result<()> {
    let db = tagged(2_500)?;
    let query = Tag::objects().order_by(|t| t.id());
    assert_num_queries!(db, 1 + 3, {
        db.read(|snapshot| {
            for tag in query.iter(snapshot)? {
                tag?.books.all(snapshot)?;
            }
            Ok(())
        })?;
    });
    Ok(())
}

#[test]
fn explain_shows_that_indexes_serve() -> Result<()> {
    let db = library();
    let plan = |query: QuerySet<Book>| -> Result<String> { Ok(assert_num_queries!(db, 1, { query.explain(&db)? })) };
    let key = plan(Book::objects().filter(|b| b.id().eq(1)))?;
    assert!(key.contains("USING INTEGER PRIMARY KEY"), "{key}");
    let foreign = plan(Book::objects().filter(|b| b.author().eq(1)))?;
    assert!(foreign.contains("USING INDEX") && foreign.contains("author_id"), "{foreign}");
    let start = plan(Book::objects().filter(|b| b.title().starts_with("B")))?;
    assert!(start.contains("USING INDEX") && start.contains("title>"), "{start}");
    let keys = plan(Book::objects().filter(|b| b.id().in_([1, 2, 3])))?;
    assert!(keys.contains("USING INTEGER PRIMARY KEY"), "{keys}");
    let many = plan(Book::objects().filter(|b| b.tags().name().eq("t0")))?;
    assert!(!many.contains("SCAN book_tag") && many.contains("SEARCH book_tag"), "{many}");
    let two = plan(Book::objects().filter(|b| b.publisher().eq(1) & b.published().gt(date(2020, 1, 1))))?;
    assert!(two.contains("book_publisher_id_published_idx"), "{two}");
    let scan = plan(Book::objects().filter(|b| b.pages().gt(1)))?;
    assert!(scan.contains("SCAN"), "{scan}");
    let ordered = plan(Book::objects().order_by(|b| b.title()))?;
    assert!(!ordered.contains("TEMP B-TREE"), "{ordered}");
    Ok(())
}

#[test]
fn the_text_of_a_query_has_marks_for_its_values() {
    let query = Book::objects()
        .filter(|b| b.title().eq("it's; DROP TABLE book") & b.pages().between(1, 2))
        .order_by(|b| b.id().desc())
        .limit(5)
        .offset(2)
        .values_list(|b| b.id());
    assert_eq!(
        query.to_sql(),
        r#"SELECT "book"."id" FROM "book" WHERE ("book"."title" = ?1) AND ("book"."pages" BETWEEN ?2 AND ?3) ORDER BY "book"."id" DESC LIMIT ?4 OFFSET ?5"#
    );
    assert_eq!(format!("{query:?}"), format!("QuerySet({})", query.to_sql()));
}

#[test]
fn update_sets_values_and_computes() -> Result<()> {
    let db = library();
    let long = || Book::objects().filter(|b| b.pages().gt(15));
    assert_eq!(assert_num_queries!(db, 1, { long().update(&db, |b| b.pages().set(b.pages() + 1))? }), 3);
    assert_eq!(Book::objects().order_by(|b| b.id()).values_list(|b| b.pages()).all(&db)?, [10, 21, 31, 41]);
    let changed = assert_num_queries!(db, 1, {
        Book::objects()
            .update(&db, |b| (b.price().set(b.price() * 2 + b.pages().cast::<f64>()), b.active().set(true)))?
    });
    assert_eq!(changed, 4);
    assert_eq!(Book::objects().order_by(|b| b.id()).values_list(|b| b.price()).all(&db)?, [11.0, 24.0, 36.0, 48.0]);
    // Both sides see the row as it was before.
    let swapped = Book::objects().filter(|b| b.id().eq(1));
    swapped.update(&db, |b| (b.title().set(b.summary()), b.summary().set(b.title())))?;
    let book = swapped.get(&db)?;
    assert_eq!((book.title.as_str(), book.summary.loaded().unwrap().as_str()), ("summary 0", "B0"));
    // Equal values count as rows: they were matched.
    assert_eq!(swapped.update(&db, |b| b.pages().set(b.pages()))?, 1);
    assert_eq!(
        assert_num_queries!(db, 1, { Book::objects().filter(|b| b.id().eq(99)).update(&db, |b| b.pages().set(1))? }),
        0
    );
    Ok(())
}

#[test]
fn update_sets_null_keys_and_dates() -> Result<()> {
    let db = library();
    let bat = Publisher::objects().find(&db, 2)?;
    assert_num_queries!(db, 5, {
        Author::objects()
            .filter(|a| a.name().eq("Ann"))
            .update(&db, |a| (a.age().set(None::<i32>), a.country().set("FR")))?;
        Author::objects().filter(|a| a.name().eq("Cay")).update(&db, |a| a.country().set(Some("IT")))?;
        Book::objects().filter(|b| b.id().eq(1)).update(&db, |b| (b.publisher().set(&bat), b.author().set(2)))?;
        Book::objects().filter(|b| b.id().eq(3)).update(&db, |b| b.publisher().set(None::<i64>))?;
        Book::objects().filter(|b| b.id().eq(2)).update(&db, |b| b.published().set(date(1999, 1, 1)))?;
    });
    let authors = Author::objects().values_list(|a| (a.age(), a.country().coalesce("-"))).all(&db)?;
    assert_eq!(authors, [(None, "FR".to_owned()), (None, "-".to_owned()), (Some(50), "IT".to_owned())]);
    let books = Book::objects().order_by(|b| b.id()).values_list(|b| (b.author(), b.publisher())).all(&db)?;
    assert_eq!(books, [(2, Some(2)), (2, None), (1, None), (2, Some(1))]);
    assert_eq!(Book::objects().find(&db, 2)?.published, Some(date(1999, 1, 1)));
    Ok(())
}

#[test]
fn update_reaches_across_paths_in_its_conditions() -> Result<()> {
    let db = library();
    let update = |query: QuerySet<Book>| -> Result<u64> {
        Ok(assert_num_queries!(db, 1, { query.update(&db, |b| b.price().set(b.price() + 1.0))? }))
    };
    assert_eq!(update(Book::objects().filter(|b| b.author().name().eq("Ann")))?, 2);
    assert_eq!(update(Book::objects().filter(|b| b.publisher().name().is_null()))?, 1);
    assert_eq!(update(Book::objects().filter(|b| b.tags().name().eq("t0")))?, 2);
    assert_eq!(update(Book::objects().filter(|b| b.reviews().user().email().starts_with("u0")))?, 3);
    assert_eq!(update(Book::objects().exclude(|b| b.reviews().exists()))?, 1);
    assert_eq!(
        update(Book::objects().filter(|b| b.author().books().title().eq("B1") & b.author().age().is_null()))?,
        2
    );
    assert_eq!(Book::objects().order_by(|b| b.id()).values_list(|b| b.price()).all(&db)?, [3.5, 5.5, 4.5, 5.5]);
    Ok(())
}

#[test]
fn update_minds_limit_and_order() -> Result<()> {
    let db = library();
    let last = Book::objects().order_by(|b| b.pages().desc()).limit(2);
    assert_eq!(assert_num_queries!(db, 1, { last.update(&db, |b| b.active().set(true))? }), 2);
    assert_eq!(Book::objects().filter(|b| !b.active()).values_list(|b| b.title()).all(&db)?, ["B1"]);
    let second = Author::objects().offset(1).limit(1);
    assert_eq!(second.update(&db, |a| a.age().set(40))?, 1);
    assert_eq!(Author::objects().find(&db, 2)?.age, Some(40));
    assert_eq!(Book::objects().limit(0).update(&db, |b| b.pages().set(1))?, 0);
    Ok(())
}

#[test]
fn update_takes_a_value_from_a_related_row_or_a_subquery() -> Result<()> {
    let db = library();
    // UPDATE "book" SET "summary" = (SELECT "author"."name" FROM "book" AS "book_2" LEFT JOIN "author" ..)
    assert_num_queries!(db, 1, { Book::objects().update(&db, |b| b.summary().set(b.author().name()))? });
    assert_eq!(Book::objects().find(&db, 1)?.summary.loaded().unwrap(), "Ann");
    let name = |b: &Fields<Book>| {
        subquery(Author::objects().filter(|a| a.id().eq(outer(b.author().id()))).values_list(|a| a.name()))
    };
    let changed =
        assert_num_queries!(db, 1, { Book::objects().update(&db, |b| b.summary().set(name(&b).coalesce("")))? });
    assert_eq!(changed, 4);
    assert_eq!(Book::objects().find(&db, 2)?.summary.loaded().unwrap(), "Bob");
    // The key of the related row is this row's own column.
    Book::objects().update(&db, |b| b.pages().set(b.author().id().cast::<i32>()))?;
    assert_eq!(Book::objects().find(&db, 2)?.pages, 2);
    Ok(())
}

#[test]
fn update_reports_the_constraint_it_breaks_and_changes_nothing() -> Result<()> {
    let db = library();
    let error = Book::objects().update(&db, |b| b.pages().set(b.pages() - 20)).unwrap_err();
    assert!(matches!(&error, Error::Check { model: "Book", name } if name == "pages_positive"), "{error:?}");
    let error = Tag::objects().update(&db, |t| t.name().set("same")).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]), "{error:?}");
    let error = Book::objects().update(&db, |b| b.author().set(99)).unwrap_err();
    assert!(matches!(&error, Error::ForeignKey { model: "Book", .. }), "{error:?}");
    let error = Book::objects().update(&db, |b| b.price().set(f64::NAN)).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { model: "Book", .. }), "{error:?}");
    let pages = Book::objects().order_by(|b| b.id()).values_list(|b| b.pages());
    assert_eq!(assert_num_queries!(db, 1, { pages.all(&db)? }), [10, 20, 30, 40]);
    Ok(())
}

fn counts(deleted: &eager_orm::Deleted) -> BTreeMap<&str, u64> {
    deleted.per_model.iter().map(|(model, rows)| (model.as_str(), *rows)).collect()
}

#[test]
fn delete_counts_what_it_takes_with_it() -> Result<()> {
    let db = library();
    let deleted = assert_num_queries!(db, 1, { Author::objects().filter(|a| a.name().eq("Ann")).delete(&db)? });
    assert_eq!(counts(&deleted), BTreeMap::from([("Author", 1), ("Book", 2), ("BookTag", 3), ("Review", 2)]));
    assert_eq!(deleted.total, 8);
    assert_eq!((Book::objects().count(&db)?, BookTag::objects().count(&db)?, Review::objects().count(&db)?), (2, 1, 4));
    let deleted = assert_num_queries!(db, 1, { Review::objects().filter(|r| r.stars().eq(1)).delete(&db)? });
    assert_eq!((deleted.total, counts(&deleted)), (2, BTreeMap::from([("Review", 2)])));
    let deleted = assert_num_queries!(db, 1, { Review::objects().filter(|r| r.stars().eq(9)).delete(&db)? });
    assert_eq!((deleted.total, deleted.per_model.len()), (0, 0));
    // Everything, without a condition: no row goes uncounted.
    assert_eq!(assert_num_queries!(db, 1, { Review::objects().delete(&db)? }).total, 2);
    Ok(())
}

#[test]
fn delete_sets_null_and_counts_only_what_goes() -> Result<()> {
    let db = library();
    let deleted = assert_num_queries!(db, 1, { Publisher::objects().filter(|p| p.name().eq("Ace")).delete(&db)? });
    assert_eq!(counts(&deleted), BTreeMap::from([("Publisher", 1)]));
    assert_eq!(Book::objects().count(&db)?, 4);
    assert_eq!(Book::objects().filter(|b| b.publisher().is_null()).count(&db)?, 3);
    Ok(())
}

#[test]
fn delete_of_what_is_protected_is_refused_and_deletes_nothing() -> Result<()> {
    let db = library();
    let protected = |error: Error| match &error {
        Error::Protected { model: "User", by } => {
            let mut by: Vec<&str> = by.iter().map(AsRef::as_ref).collect();
            by.sort_unstable();
            assert_eq!(by, ["Profile.user", "Review.user"]);
            assert!(error.to_string().contains("Profile.user"), "{error}");
        }
        other => panic!("{other:?}"),
    };
    protected(User::objects().delete(&db).unwrap_err());
    assert_eq!(assert_num_queries!(db, 1, { User::objects().count(&db)? }), 2);
    protected(User::objects().find(&db, 1)?.delete(&db).unwrap_err());
    Review::objects().delete(&db)?;
    Profile::objects().delete(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { User::objects().delete(&db)? }).total, 2);
    Ok(())
}

#[test]
fn delete_reaches_across_paths_and_minds_the_limit() -> Result<()> {
    let db = library();
    let by_user = Review::objects().filter(|r| r.user().email().eq("u1@x.org"));
    assert_eq!(assert_num_queries!(db, 1, { by_user.delete(&db)? }).total, 2);
    let newest = Review::objects().order_by(|r| r.id().desc()).limit(1);
    assert_eq!(assert_num_queries!(db, 1, { newest.delete(&db)? }).total, 1);
    assert_eq!(Review::objects().order_by(|r| r.id()).values_list(|r| r.id()).all(&db)?, [1, 2, 4]);
    let untagged = Book::objects().filter(|b| b.tags().id().is_null());
    assert_eq!(
        counts(&assert_num_queries!(db, 1, { untagged.delete(&db)? })),
        BTreeMap::from([("Book", 1), ("Review", 1)])
    );
    let with_join = Book::objects().filter(|b| b.author().name().eq("Bob"));
    assert_eq!(assert_num_queries!(db, 1, { with_join.delete(&db)? }).total, 3);
    Ok(())
}

#[test]
fn a_delete_of_many_rows_is_one_statement() -> Result<()> {
    let db = tagged(20_000)?;
    let deleted = assert_num_queries!(db, 1, { Tag::objects().delete(&db)? });
    assert_eq!((deleted.total, counts(&deleted)), (20_000, BTreeMap::from([("Tag", 20_000)])));
    Ok(())
}

#[test]
fn the_log_knows_text_binds_rows_and_line() -> Result<()> {
    let db = library();
    let ((), log) = db.capture(|db| {
        let _ = Book::objects().filter(|b| b.pages().gt(15) & b.title().ne("x'y")).count(db);
    });
    let statement = log.statements().next().unwrap();
    assert_eq!(statement.sql, r#"SELECT count(*) FROM "book" WHERE ("book"."pages" > ?1) AND ("book"."title" <> ?2)"#);
    assert_eq!(statement.binds.iter().map(ToString::to_string).collect::<Vec<_>>(), ["15", "'x''y'"]);
    assert_eq!((statement.rows, statement.times), (1, 1));
    assert!(statement.location.file().ends_with("querysets.rs"), "{}", statement.location);
    assert!(log.to_string().contains("querysets.rs"), "{log}");
    Ok(())
}

#[test]
fn what_is_selected_does_not_change_what_exclude_means() -> Result<()> {
    let db = library();
    let query = Author::objects().exclude(|a| a.books().title().eq("B0"));
    assert_eq!(query.clone().values_list(|a| a.name()).all(&db)?, ["Bob", "Cay"]);
    let names = query.values_list(|a| (a.name(), a.books().title()));
    let mut names = assert_num_queries!(db, 1, { names.all(&db)? });
    names.sort();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|(name, _)| name != "Ann"), "{names:?}");
    Ok(())
}

#[test]
fn distinct_values_of_a_model_with_an_order_of_its_own() -> Result<()> {
    let db = library();
    Author::create().name("Zoe").country("US").save(&db)?;
    let mut countries = Author::objects().values_list(|a| a.country()).distinct().all(&db)?;
    countries.sort();
    assert_eq!(countries, [None, Some("DE".to_owned()), Some("US".to_owned())]);
    assert_eq!(Author::objects().values_list(|a| a.country()).distinct().first(&db)?, Some(Some("US".to_owned())));
    let count = assert_num_queries!(db, 1, { Author::objects().values_list(|a| a.country()).distinct().count(&db)? });
    assert_eq!(count, 3);
    Ok(())
}

#[test]
fn count_of_a_cut_values_list_with_two_columns_of_one_name() -> Result<()> {
    let db = library();
    let query =
        Book::objects().values_list(|b| (b.id(), b.author().id(), b.author().name(), b.publisher().name())).limit(3);
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 3);
    let query = Book::objects().values_list(|b| (b.title(), b.title())).distinct();
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 4);
    assert_eq!(query.all(&db)?[0].0, query.all(&db)?[0].1);
    Ok(())
}

#[test]
fn a_loop_over_a_file_may_write_and_one_over_memory_says_that_it_would_wait_for_itself() -> Result<()> {
    let write = |db: &Database| {
        Book::objects().order_by(|b| b.id()).for_each(db, |mut book| {
            book.pages += 1;
            book.save(db)
        })
    };
    let (file, _folder) = empty_file();
    fill(&file);
    assert_num_queries!(file, 1 + 4, { write(&file)? });
    assert_eq!(Book::objects().order_by(|b| b.id()).values_list(|b| b.pages()).all(&file)?, [11, 21, 31, 41]);
    let memory = library();
    assert!(matches!(write(&memory), Err(Error::Nested { .. })));
    assert_eq!(Book::objects().find(&memory, 1)?.pages, 10);
    Ok(())
}

#[test]
fn conditions_and_subqueries_may_be_selected() -> Result<()> {
    let db = library();
    let has_books = |a: &Fields<Author>| exists(Book::objects().filter(|b| b.author().eq(outer(a.id()))));
    let rows: Vec<(bool, bool)> = assert_num_queries!(db, 1, {
        Author::objects().values_list(|a| (has_books(&a), !a.books().title().eq("B0"))).all(&db)?
    });
    assert_eq!(rows, [(true, false), (true, true), (false, true)]);
    let pages = |a: &Fields<Author>| {
        let books = Book::objects().filter(|b| b.author().eq(outer(a.id()))).order_by(|b| b.pages().desc());
        subquery(books.values_list(|b| b.pages()))
    };
    let query = Author::objects().order_by(|a| pages(&a).desc().nulls_last()).values_list(|a| (a.name(), pages(&a)));
    let rows = assert_num_queries!(db, 1, { query.all(&db)? });
    assert_eq!(rows, [("Bob".to_owned(), Some(40)), ("Ann".to_owned(), Some(30)), ("Cay".to_owned(), None)]);
    Ok(())
}

#[test]
fn update_and_delete_mind_order_and_limit_and_ignore_what_only_loads() -> Result<()> {
    let db = library();
    let tagged = Book::objects().filter(|b| b.tags().name().eq("t0")).order_by(|b| b.author().name().desc()).limit(1);
    assert_eq!(assert_num_queries!(db, 1, { tagged.update(&db, |b| b.pages().set(7))? }), 1);
    assert_eq!(Book::objects().find(&db, 2)?.pages, 7);
    let loading = Book::objects().select_related(|b| b.author()).prefetch_related(|b| b.tags());
    assert_eq!(assert_num_queries!(db, 1, { loading.update(&db, |b| b.pages().set(8))? }), 4);
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().distinct().update(&db, |b| b.pages().set(9))? }), 4);
    let deleted = assert_num_queries!(db, 1, { loading.order_by(|b| b.title()).delete(&db)? });
    assert_eq!(deleted.total, 4 + 4 + 6);
    Ok(())
}

/// Selecting a column behind a to-many relation must not change which rows the filters select.
#[test]
fn what_is_selected_does_not_change_what_two_filters_mean() -> Result<()> {
    let db = library();
    let query = Author::objects().filter(|a| a.books().title().eq("B0")).filter(|a| a.books().pages().eq(30));
    assert_eq!(query.clone().values_list(|a| a.name()).all(&db)?, ["Ann"]);
    // The selected row is the one the first call speaks of, as in Django; the second call may speak of another.
    let values = query.values_list(|a| (a.name(), a.books().title()));
    let rows = assert_num_queries!(db, 1, { values.all(&db)? });
    assert_eq!(rows, [("Ann".to_owned(), Some("B0".to_owned()))]);
    Ok(())
}

#[test]
fn a_stream_hands_out_the_rows_before_one_that_cannot_be_read() -> Result<()> {
    let db = empty();
    Tag::objects().bulk_create((0..5).map(|i| Tag::create().name(format!("t{i}")))).run(&db)?;
    db.raw(|c| c.execute_batch("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'tag'; PRAGMA writable_schema = RESET; UPDATE tag SET name = x'ff' WHERE id = 4"))?;
    let mut seen = Vec::new();
    let outcome = Tag::objects().for_each(&db, |tag| {
        seen.push(tag.id);
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::Decode { model: "Tag", .. })), "{outcome:?}");
    assert_eq!(seen, [1, 2, 3]);
    let streamed =
        db.read(|snapshot| Ok(Tag::objects().iter(snapshot)?.map(|tag| tag.map(|tag| tag.id)).collect::<Vec<_>>()))?;
    assert_eq!(streamed.len(), 4);
    assert!(streamed[..3].iter().all(Result::is_ok) && streamed[3].is_err());
    Ok(())
}

#[test]
fn what_has_no_order_has_a_first_and_a_last_by_what_tells_its_rows_apart() -> Result<()> {
    let db = library();
    let stars = || Review::objects().values_list(|r| r.stars());
    assert_eq!(stars().annotate(|_| count()).first(&db)?, Some((1, 3)));
    assert_eq!(stars().annotate(|_| count()).last(&db)?, Some((3, 1)));
    assert_eq!((stars().distinct().first(&db)?, stars().distinct().last(&db)?), (Some(1), Some(3)));
    assert_eq!(Author::objects().order_by(|_| ()).last(&db)?.unwrap().name, "Cay");
    let united = stars().union(Book::objects().values_list(|b| b.pages()));
    assert!(united.first(&db)?.is_some());
    assert_eq!(Book::objects().union(Book::objects()).first(&db)?.unwrap().title, "B0");
    Ok(())
}

#[test]
fn rows_are_ordered_by_whether_a_condition_holds() -> Result<()> {
    let db = library();
    let titles = |books: QuerySet<Book>| books.values_list(|b| b.title()).all(&db);
    let active_first = Book::objects().order_by(|b| (b.publisher().name().eq("Ace").desc(), b.id()));
    assert_eq!(titles(active_first)?, ["B0", "B3", "B1", "B2"]);
    assert_eq!(titles(Book::objects().order_by(|b| (b.reviews().exists(), b.id().desc())))?, ["B0", "B3", "B2", "B1"]);
    let first = Book::objects().order_by(|b| (b.tags().name().eq("t2").desc(), b.id())).limit(2);
    assert_eq!(titles(first)?, ["B2", "B0"]);
    Ok(())
}

#[test]
fn distinct_values_are_told_apart_by_what_they_are_ordered_by() -> Result<()> {
    let db = library();
    let authors = || Book::objects().values_list(|b| b.author()).distinct();
    assert_eq!(authors().order_by(|b| b.author().key().desc()).all(&db)?, [2, 1]);
    assert_eq!(assert_num_queries!(db, 1, { authors().order_by(|b| b.pages().desc()).all(&db)? }), [2, 1, 2, 1]);
    assert_eq!(authors().order_by(|b| b.pages().desc()).limit(2).all(&db)?, [2, 1]);
    assert_eq!(authors().order_by(|b| b.pages()).count(&db)?, 2);
    let cut = Author::objects().filter(|a| a.id().in_(authors().order_by(|b| b.pages()).limit(2))).count(&db);
    assert!(matches!(cut, Err(Error::Misuse { .. })), "{cut:?}");
    Ok(())
}
