//! Rows made for tests: what is filled in, what comes with them, and what is refused before anything is inserted.

use std::collections::HashSet;

use eager_orm::testing::{self, Bake, bake};
use eager_orm::{Error, Result};

use crate::support::*;
use eager_orm::prelude::*;

/// The error of a bake, which has to leave every table as it was.
fn refused<T>(db: &Database, made: Result<T>) -> Error {
    for count in [Book::objects().count(db), Author::objects().count(db), Tag::objects().count(db)] {
        assert_eq!(count.unwrap(), 0, "something was inserted");
    }
    match made {
        Err(error) => error,
        Ok(_) => panic!("it was made"),
    }
}

#[test]
fn a_row_gets_what_it_requires_and_nothing_more() -> Result<()> {
    let db = empty();
    let book = bake::<Book>().create_one(&db)?;
    assert!(!book.title.is_empty() && book.price >= 1.0 && !book.summary.get(&db)?.is_empty());
    assert_eq!((book.pages, book.active), (100, true), "a default is a default");
    assert!(book.publisher.is_none() && book.published.is_none());
    let author = book.author.get(&db)?;
    assert!(!author.name.is_empty() && author.country.is_none() && author.age.is_none());
    assert_eq!(
        (Author::objects().count(&db)?, Publisher::objects().count(&db)?, Tag::objects().count(&db)?),
        (1, 0, 0)
    );
    Ok(())
}

#[test]
fn ten_thousand_books_with_authors_and_tags_cost_as_many_statements_as_one() -> Result<()> {
    let shelf = || {
        bake::<Book>()
            .with_one(|b| b.author(), bake::<Author>().quantity(100))
            .with_many(|b| b.tags(), bake::<Tag>().quantity(3))
    };
    let few = empty();
    let (one, log) = few.capture(|db| shelf().create_one(db));
    one?;
    let statements = log.len();
    assert_eq!(statements, 9, "{log}"); // four tables: a question and an insert for each; and the books are read
    let db = empty();
    let (books, log) = db.capture(|db| shelf().quantity(10_000).create(db));
    let books = books?;
    assert_eq!((log.len(), log.transactions()), (statements, 2));
    assert_eq!(books.len(), 10_000);
    assert_eq!((Author::objects().count(&db)?, Tag::objects().count(&db)?), (100, 3));
    assert_eq!(BookTag::objects().count(&db)?, 30_000);
    assert_eq!(books.iter().map(|book| book.author.key()).collect::<HashSet<_>>().len(), 100);
    assert_num_queries!(db, 1, { assert_eq!(books[9_999].tags.all(&db)?.len(), 3) });
    Ok(())
}

#[test]
fn the_same_seed_makes_the_same_rows() -> Result<()> {
    let titles = |seed: u64| -> Result<Vec<String>> {
        let books = bake::<Book>().seed(seed).quantity(20).create(&empty())?;
        Ok(books.into_iter().map(|book| book.title).collect())
    };
    assert_eq!(titles(1)?, titles(1)?);
    assert_ne!(titles(1)?, titles(2)?);
    let (one, other) =
        (bake::<Book>().fill_optional().create_one(&empty())?, bake::<Book>().fill_optional().create_one(&empty())?);
    assert_eq!(one, other, "without a seed too");
    Ok(())
}

#[test]
fn every_column_type_is_filled_when_it_is_asked_for() -> Result<()> {
    let db = empty();
    let samples = bake::<Sample>().fill_optional().quantity(50).create(&db)?;
    for sample in &samples {
        assert!(sample.text_or.is_some() && sample.int_or.is_some() && sample.flag_or.is_some());
        assert!(sample.real_or.is_some() && sample.blob_or.is_some() && sample.day.is_some() && sample.time.is_some());
        assert!(sample.moment.is_some() && sample.stamp.is_some() && !sample.text.is_empty());
        assert!((1..=100).contains(&sample.tiny) && (1..=100).contains(&sample.byte));
    }
    let some = bake::<Sample>().fill(|s| (s.day(), s.int_or())).create_one(&db)?;
    assert!(some.day.is_some() && some.int_or.is_some() && some.text_or.is_none() && some.text.is_empty());
    let profile = bake::<Profile>().fill(|p| p.notes()).create_one(&db)?;
    assert!(profile.notes.get(&db)?.is_some());
    let book = bake::<Book>().fill(|b| b.publisher()).create_one(&db)?;
    assert!(book.publisher.get(&db)?.is_some());
    Ok(())
}

#[test]
fn fields_are_given_a_value_a_number_or_a_function_of_it() -> Result<()> {
    let db = empty();
    let ann = Author::create().name("Ann").save(&db)?;
    let books = bake::<Book>()
        .with(|b| (b.author().set(&ann), b.title().seq("Dune {}"), b.price().set(2)))
        .with(|b| (b.pages().each(|i| 100 + i as i32), b.published().each(|i| (i == 1).then(|| date(2020, 1, 1)))))
        .with(|b| b.summary().seq("s"))
        .with(|b| b.active().set(false))
        .quantity(3)
        .create(&db)?;
    assert_eq!(books.iter().map(|b| b.title.as_str()).collect::<Vec<_>>(), ["Dune 1", "Dune 2", "Dune 3"]);
    assert_eq!(books.iter().map(|b| b.pages).collect::<Vec<_>>(), [100, 101, 102]);
    assert_eq!(books[1].published, Some(date(2020, 1, 1)));
    assert_eq!((books[0].published, books[0].price, books[0].active), (None, 2.0, false));
    assert_eq!((*books[2].author.key(), books[2].summary.get(&db)?.as_str()), (ann.id, "s3"));
    assert_eq!(Author::objects().count(&db)?, 1);
    // Of a foreign key, the key.
    let keys = bake::<Author>().quantity(3).create(&db)?.into_iter().map(|author| author.id).collect::<Vec<_>>();
    let (last, press) = (keys[2], bake::<Publisher>().create_one(&db)?.id);
    let books = bake::<Book>()
        .with(|b| {
            (b.author().key().each(move |i| keys[i]), b.publisher().key().each(move |i| (i > 0).then_some(press)))
        })
        .quantity(3)
        .create(&db)?;
    assert!(books[0].publisher.is_none() && books[1].publisher.is_some());
    assert_eq!(*books[2].author.key(), last);
    Ok(())
}

#[test]
fn unique_fields_differ_also_from_the_rows_that_are_there() -> Result<()> {
    let db = empty();
    for _ in 0..3 {
        bake::<Tag>().quantity(50).create(&db)?;
        bake::<Airport>().quantity(5).create(&db)?;
    }
    assert_eq!(Tag::objects().values_list(|t| t.name()).distinct().all(&db)?.len(), 150);
    assert_eq!(Airport::objects().count(&db)?, 15);
    // Unique together: one author, so the titles differ.
    let books = bake::<Book>().quantity(5_000).create(&db)?;
    assert_eq!(books.iter().map(|book| &book.title).collect::<HashSet<_>>().len(), 5_000);
    // A one-to-one key has a row of its own for each.
    bake::<Profile>().quantity(4).create(&db)?;
    assert_eq!(User::objects().count(&db)?, 4);
    Ok(())
}

#[test]
fn rows_of_a_foreign_key_are_one_or_one_each_or_dealt_out() -> Result<()> {
    let db = empty();
    bake::<Review>().quantity(5).create(&db)?;
    assert_eq!((Book::objects().count(&db)?, Author::objects().count(&db)?), (1, 1));
    bake::<Review>().with_one(|r| r.book(), bake::<Book>().each()).quantity(5).create(&db)?;
    assert_eq!((Book::objects().count(&db)?, Author::objects().count(&db)?), (6, 2));
    let flights = bake::<Flight>()
        .with_one(|f| f.origin(), bake::<Airport>().with(|a| a.code().seq("A{}")).quantity(2))
        .quantity(3)
        .create(&db)?;
    assert_eq!(flights.iter().map(|f| f.origin.key().as_str()).collect::<Vec<_>>(), ["A1", "A2", "A1"]);
    assert_eq!(flights[0].dest.key(), flights[2].dest.key());
    let (x, y) = (Author::create().name("x").save(&db)?, Author::create().name("y").save(&db)?);
    let books = bake::<Book>().with_one(|b| b.author(), &[x.clone(), y]).quantity(3).create(&db)?;
    assert_eq!(books.iter().map(|b| *b.author.key()).collect::<Vec<_>>(), [x.id, x.id + 1, x.id]);
    let user =
        bake::<User>().with_one(|u| u.profile(), bake::<Profile>().with(|p| p.bio().set("hi"))).create_one(&db)?;
    assert_eq!(user.profile.get(&db)?.unwrap().bio, "hi");
    Ok(())
}

#[test]
fn children_come_with_their_parents_and_links_with_both() -> Result<()> {
    let db = empty();
    let review = bake::<Review>().with(|r| r.stars().each(|i| i as i32)).quantity(2);
    let book =
        bake::<Book>().with_many(|b| b.reviews(), review).with_many(|b| b.tags(), bake::<Tag>().quantity(3).each());
    let authors = bake::<Author>().with_many(|a| a.books(), book.quantity(4)).quantity(5).create(&db)?;
    for author in &authors {
        let books = author.books.all(&db)?;
        assert_eq!(books.len(), 4);
        for book in books {
            assert_eq!((book.reviews.all(&db)?.len(), book.tags.all(&db)?.len()), (2, 3));
        }
    }
    assert_eq!((Tag::objects().count(&db)?, Review::objects().count(&db)?, Author::objects().count(&db)?), (60, 40, 5));
    // From the other side, in a table that is made, to the model itself, and a tree.
    let tag = bake::<Tag>().with_many(|t| t.books(), bake::<Book>().quantity(2)).create_one(&db)?;
    assert_eq!(tag.books.all(&db)?.len(), 2);
    let people = bake::<Person>().with_many(|p| p.follows(), bake::<Person>().quantity(3)).quantity(2).create(&db)?;
    assert_eq!((people[0].follows.all(&db)?.len(), people[1].follows.all(&db)?[0].followers.all(&db)?.len()), (3, 2));
    let star = bake::<Person>().with_many(|p| p.followers(), &people).create_one(&db)?;
    assert_eq!(people[1].follows.query().count(&db)?, 4);
    assert_eq!(star.followers.all(&db)?.len(), 2);
    let chief = bake::<Employee>()
        .with_many(|e| e.reports(), bake::<Employee>().with_many(|e| e.reports(), bake().quantity(2)).quantity(3))
        .create_one(&db)?;
    assert_eq!((chief.reports.all(&db)?.len(), Employee::objects().count(&db)?), (3, 10));
    assert!(chief.reports_to.is_none());
    Ok(())
}

#[test]
fn a_function_is_a_recipe_that_can_be_extended() -> Result<()> {
    fn novel() -> Bake<Book> {
        bake::<Book>().with(|b| (b.pages().set(400), b.title().seq("Novel {}")))
    }
    let db = empty();
    let novels = novel();
    assert_eq!(novels.clone().quantity(2).create(&db)?[1].title, "Novel 2");
    let short = novels.with(|b| b.pages().set(90)).with(|b| b.title().set("Short")).create_one(&db)?;
    assert_eq!((short.pages, short.title.as_str()), (90, "Short"));
    // What is said later counts, of a key and of its row too.
    let ann = bake::<Author>().with(|a| a.name().set("Ann")).create_one(&db)?;
    let named = |name: &'static str| bake::<Author>().with(move |a| a.name().set(name));
    let one = novel().with_one(|b| b.author(), named("Bob")).with(|b| b.author().set(&ann)).create_one(&db)?;
    assert_eq!(one.author.get(&db)?.name, "Ann");
    let two = novel().with(|b| b.author().set(&ann)).with_one(|b| b.author(), named("Bob")).create_one(&db)?;
    assert_eq!(two.author.get(&db)?.name, "Bob");
    Ok(())
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_inserted() -> Result<()> {
    let db = empty();
    let error = refused(&db, bake::<Tag>().with(|t| t.name().set("sf")).quantity(2).create(&db));
    assert!(matches!(&error, Error::Bake { model: "Tag", field, .. } if field == "name"), "{error}");
    assert!(error.to_string().contains("rows 1 and 2 of 2 would both have 'sf'"), "{error}");
    let same = bake::<Book>().with_one(|b| b.author(), bake().quantity(2)).with(|b| b.title().set("Dune"));
    let error = refused(&db, same.quantity(3).create(&db));
    assert!(matches!(&error, Error::Bake { model: "Book", field, .. } if field == "author, title"), "{error}");
    let long = "x".repeat(121);
    let error = refused(
        &db,
        bake::<Book>().with_one(|b| b.author(), bake::<Author>().with(|a| a.name().set(&long))).create(&db),
    );
    let Error::Invalid { model: "Author", failures } = error else { panic!("{error}") };
    assert_eq!(failures[0].field, Some("name"));
    let error = refused(&db, bake::<Book>().with(|b| b.price().set(f64::NAN)).create(&db));
    assert!(matches!(&error, Error::NotStorable { model: "Book", field, .. } if field == "price"), "{error}");
    let error = refused(&db, bake::<Book>().with(|b| b.price().set(b.price() * 2)).create(&db));
    assert!(matches!(&error, Error::NotStorable { model: "Book", field, .. } if field == "price"), "{error}");
    let error = refused(&db, bake::<Book>().with_one(|b| b.author(), bake().quantity(0)).create(&db));
    assert!(matches!(&error, Error::Bake { model: "Book", field, .. } if field == "author"), "{error}");
    let error = refused(&db, bake::<Book>().with_one(|b| b.author(), &[]).create(&db));
    assert!(matches!(&error, Error::NotNull { model: "Book", field } if field == "author"), "{error}");
    let error = refused(&db, bake::<Person>().with_many(|p| p.follows().followers(), bake().quantity(2)).create(&db));
    assert!(matches!(&error, Error::Bake { model: "Person", field, .. } if field == "followers"), "{error}");
    let error = refused(&db, bake::<User>().with_one(|u| u.profile(), bake().quantity(2)).create(&db));
    assert!(matches!(&error, Error::Bake { model: "User", field, .. } if field == "profile"), "{error}");
    assert!(matches!(bake::<Tag>().quantity(2).create_one(&db), Err(Error::Misuse { .. })));
    assert!(bake::<Tag>().quantity(0).create(&db)?.is_empty());
    // What only the database knows comes as its own error, and takes back what was inserted.
    let error = refused(&db, bake::<Book>().with(|b| b.pages().set(0)).create(&db));
    assert!(matches!(&error, Error::Check { model: "Book", name } if name == "pages_positive"), "{error}");
    let error = refused(&db, bake::<Book>().with(|b| b.author().set(77)).create(&db));
    assert!(matches!(error, Error::ForeignKey { model: "Book", relation: Some("author"), .. }), "{error}");
    Ok(())
}

#[test]
fn a_value_that_its_type_refuses_is_found_before_anything_is_inserted() -> Result<()> {
    use odd::{Code, Coded};
    let db = testing::database(models![Coded])?;
    for bake in [
        bake::<Coded>().with(|c| c.code().seq("AB{}")),
        bake::<Coded>().with(|c| c.code().each(|i| Code::unchecked(&format!("x{i}")))),
        bake::<Coded>().with(|c| c.code().set(Code::unchecked("no"))),
    ] {
        let error = bake.clone().quantity(2).create(&db).unwrap_err();
        assert!(matches!(&error, Error::Bake { model: "Coded", field, .. } if field == "code"), "{error}");
        assert!(matches!(bake.prepare(), Err(Error::Bake { .. })));
    }
    let error = bake::<Coded>().with(|c| c.code().seq("AB{}")).create(&db).unwrap_err();
    assert_eq!(error.to_string(), "`Coded.code` cannot be baked: it is given 'AB1', which is no `Code`");
    assert_eq!(Coded::objects().all(&db)?.len(), 0);
    let three = bake::<Coded>().with(|c| c.code().each(|i| Code::unchecked(["ABC", "DEF"][i]))).quantity(2);
    assert_eq!(three.create(&db)?.len(), 2);
    Ok(())
}

#[test]
fn more_rows_than_there_can_be_are_refused() -> Result<()> {
    let db = empty();
    let many = bake::<Book>().quantity(usize::MAX);
    assert!(matches!(refused(&db, many.create(&db)), Error::Misuse { .. }));
    let of_two = bake::<Author>().with_many(|a| a.books(), many).quantity(2);
    assert!(matches!(refused(&db, of_two.create(&db)), Error::Misuse { .. }));
    let tags = bake::<Book>().with_many(|b| b.tags(), bake::<Tag>().quantity(10_000).each()).quantity(10_000);
    assert!(matches!(refused(&db, tags.create(&db)), Error::Misuse { .. }));
    let (none, log) = db.capture(|db| bake::<Book>().quantity(0).create(db));
    assert_eq!((none?.len(), log.len(), log.transactions()), (0, 0, 0));
    Ok(())
}

mod odd {
    use eager_orm::prelude::*;

    /// Three capital letters.
    #[derive(DbValue, Clone, Debug, PartialEq)]
    #[db(try_from)]
    pub struct Code(String);

    impl TryFrom<String> for Code {
        type Error = &'static str;
        fn try_from(code: String) -> Result<Self, Self::Error> {
            let is_code = code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
            is_code.then_some(Code(code)).ok_or("three capital letters are wanted")
        }
    }

    impl Code {
        pub fn unchecked(code: &str) -> Self {
            Code(code.to_owned())
        }
    }

    #[derive(Model, Debug)]
    pub struct Coded {
        pub id: i64,
        pub code: Code,
    }

    /// A foreign key to the model itself that is never NULL.
    #[derive(Model, Debug, Clone)]
    pub struct Node {
        pub id: i64,
        pub parent: ForeignKey<Node>,
    }

    /// Two models that require each other.
    #[derive(Model, Debug, Clone)]
    pub struct Hen {
        pub id: i64,
        pub egg: ForeignKey<Egg>,
    }
    #[derive(Model, Debug, Clone)]
    pub struct Egg {
        pub id: i64,
        pub hen: ForeignKey<Hen>,
    }

    /// A circle that can be left: a country may have a capital.
    #[derive(Model, Debug, Clone)]
    pub struct Country {
        pub id: i64,
        pub name: String,
        pub capital: Option<ForeignKey<City>>,
        pub cities: HasMany<City>,
    }
    #[derive(Model, Debug, Clone)]
    pub struct City {
        pub id: i64,
        pub name: String,
        pub country: ForeignKey<Country>,
    }

    /// Little room.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Narrow {
        #[field(primary_key)]
        pub code: String,
        #[field(unique, max_length = 2)]
        pub two: String,
        #[field(unique)]
        pub byte: u8,
        #[field(unique)]
        pub day: Date,
        #[field(unique)]
        pub moment: Timestamp,
        #[field(max_length = 3)]
        pub three: String,
        #[field(min_length = 30, max_length = 31)]
        pub long: String,
        #[field(min = 7, max = 9)]
        pub bounded: i32,
        #[field(max = -0.5)]
        pub below: f64,
    }

    #[derive(Model, Debug, Clone)]
    #[model(unique(fields = "left, right"))]
    pub struct Pair {
        pub id: i64,
        pub left: ForeignKey<City>,
        pub right: ForeignKey<City>,
    }

    #[derive(Model, Debug, Clone)]
    pub struct Flag {
        pub id: i64,
        #[field(unique)]
        pub on: bool,
        #[field(default = next())]
        pub made: i64,
    }

    fn next() -> i64 {
        use std::sync::atomic::{AtomicI64, Ordering};
        static NEXT: AtomicI64 = AtomicI64::new(1000);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

#[test]
fn a_circle_of_required_keys_is_an_error_that_says_so() -> Result<()> {
    use odd::{Egg, Hen, Node};
    let db = testing::database(models![Node, Hen, Egg])?;
    let error = bake::<Node>().create(&db).unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "Node", field, .. } if field == "parent"), "{error}");
    let error = bake::<Hen>().create(&db).unwrap_err();
    assert!(error.to_string().contains("Hen -> Egg -> Hen"), "{error}");
    Ok(())
}

#[test]
fn a_circle_with_a_key_that_may_be_null_ends_there() -> Result<()> {
    use odd::{City, Country};
    let db = testing::database(models![Country, City])?;
    assert!(bake::<City>().create_one(&db)?.country.get(&db)?.capital.is_none());
    let country = bake::<Country>().fill_optional().create_one(&db)?;
    assert_ne!(*country.capital.get(&db)?.unwrap().country.key(), country.id);
    // The cities point at the countries, and a country at a city: rows that are yet to come.
    let capital = bake::<City>().with(|c| c.name().set("Bern"));
    let rows =
        bake::<Country>().with_one(|c| c.capital(), capital.each()).with_many(|c| c.cities(), bake().quantity(2));
    let countries = rows.quantity(3).create(&db)?;
    assert_eq!(countries[2].capital.get(&db)?.unwrap().name, "Bern");
    assert_eq!(countries[2].cities.all(&db)?.len(), 2);
    Ok(())
}

#[test]
fn values_stay_within_what_their_fields_have_room_for() -> Result<()> {
    use odd::{Flag, Narrow};
    let db = testing::database(models![Narrow, Flag])?;
    let rows = bake::<Narrow>().quantity(256).create(&db)?;
    assert!(rows.iter().all(|row| row.two.len() <= 2 && row.three.len() <= 3));
    assert!(rows.iter().all(|row| (7..=9).contains(&row.bounded) && row.below <= -0.5));
    let error = bake::<Narrow>().create(&db).unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "Narrow", field, .. } if field == "byte"), "{error}");
    let error = bake::<Narrow>().with(|n| n.byte().each(|i| i as u8)).quantity(1_200).create(&db).unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "Narrow", field, .. } if field == "two"), "{error}");
    let error = bake::<Flag>().quantity(3).create(&db).unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "Flag", field, .. } if field == "on"), "{error}");
    let flags = bake::<Flag>().quantity(2).create(&db)?;
    assert!(flags[0].made >= 1000 && flags[1].made == flags[0].made + 1, "a default is computed for each row");
    Ok(())
}

#[test]
fn rows_that_are_unique_by_their_keys_alone_point_at_rows_of_their_own() -> Result<()> {
    use odd::{City, Country, Pair};
    let db = testing::database(models![Country, City, Pair])?;
    let pairs = bake::<Pair>().quantity(3).create(&db)?;
    assert_eq!(pairs.iter().map(|pair| pair.left.key()).collect::<HashSet<_>>().len(), 1);
    assert_eq!(pairs.iter().map(|pair| pair.right.key()).collect::<HashSet<_>>().len(), 3);
    Ok(())
}

#[test]
fn a_bake_runs_in_a_transaction_of_the_callers_too() -> Result<()> {
    let db = empty();
    let books = testing::rolled_back(&db, |tx| {
        let books = bake::<Book>().quantity(3).create(tx)?;
        let failed = bake::<Tag>().with(|t| t.name().set("x")).quantity(2).create(tx);
        assert!(failed.is_err());
        assert_eq!(Book::objects().count(tx)?, 3);
        Ok(books)
    })?;
    assert_eq!((books.len(), Book::objects().count(&db)?), (3, 0));
    let failed: Result<()> = testing::rolled_back(&db, |tx| bake::<Tag>().quantity(2).create_one(tx).map(drop));
    assert!(matches!(failed, Err(Error::Misuse { .. })));
    let ran = std::rc::Rc::new(std::cell::Cell::new(false));
    let runs = ran.clone();
    testing::rolled_back(&db, move |tx| {
        tx.on_commit(move |_| runs.set(true));
        Ok(())
    })?;
    assert!(!ran.get(), "nothing was committed");
    Ok(())
}

#[test]
fn rows_are_prepared_without_being_saved() -> Result<()> {
    let new = bake::<Book>().with(|b| b.author().set(7)).fill(|b| b.published()).quantity(3).prepare()?;
    assert_eq!(new.iter().map(|new| &new.title).collect::<HashSet<_>>().len(), 3);
    assert_eq!((new[0].id, new[0].author, new[0].pages, new[0].publisher), (None, 7, Some(100), None));
    assert!(new[0].published.is_some());
    let db = empty();
    let ann = Author::create().id(7).name("Ann").save(&db)?;
    assert_eq!(Book::objects().bulk_create(new).run(&db)?.len(), 3);
    let sample = bake::<Sample>().fill_optional().prepare()?;
    assert_eq!(Sample::objects().bulk_create(sample).run(&db)?.len(), 1);
    // One that is there can be pointed at, and none that would have to be saved.
    assert_eq!(bake::<Book>().with_one(|b| b.author(), &ann).prepare()?[0].author, 7);
    for bake in [bake::<Book>(), bake().with_one(|b: Fields<Book>| b.author(), bake::<Author>())] {
        let error = bake.prepare().unwrap_err();
        assert!(matches!(&error, Error::Bake { model: "Book", field, .. } if field == "author"), "{error}");
    }
    let error = bake::<Author>().with_many(|a| a.books(), bake::<Book>()).prepare().unwrap_err();
    assert!(matches!(&error, Error::Bake { model: "Author", field, .. } if field == "books"), "{error}");
    assert!(bake::<Tag>().with(|t| t.name().set("x")).quantity(2).prepare().is_err());
    Ok(())
}
