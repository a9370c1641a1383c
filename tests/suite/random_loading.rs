//! Whatever is loaded, when and how, the rows say the same: random queries, touches, prefetches, clones and refreshes,
//! from one thread or several, in parts of any size, compared with the plain rows of every table. Between them is written,
//! and what was loaded before stays readable.

use std::collections::BTreeMap;

use eager_orm::Result;

use crate::support::*;
use eager_orm::prelude::*;

/// What can be read from a book, several relations deep, as text.
fn told(db: &Database, book: &Book) -> Result<String> {
    let titles = |books: &[Book]| -> String { sorted(books.iter().map(|book| book.title.clone())) };
    let author = book.author.get(db)?;
    let publisher = match book.publisher.get(db)? {
        Some(publisher) => format!("{} ({})", publisher.name, titles(publisher.books.all(db)?)),
        None => "nobody".to_owned(),
    };
    let tags = book.tags.all(db)?.iter().map(|tag| Ok(format!("{} ({})", tag.name, titles(tag.books.all(db)?))));
    let reviews = book.reviews.all(db)?.iter().map(|review| {
        assert_eq!(review.book.get(db)?.id, book.id);
        let user = match review.user.get(db)? {
            Some(user) => {
                let bio = user.profile.get(db)?.map_or("no profile", |profile| &profile.bio);
                format!("{} {bio} {} reviews", user.email, user.reviews.all(db)?.len())
            }
            None => "nobody".to_owned(),
        };
        Ok(format!("{} {user}", review.stars))
    });
    Ok(format!(
        "{} {} by {} ({}) at {publisher}; {}; {}",
        book.title,
        book.summary.get(db)?,
        author.name,
        titles(author.books.all(db)?),
        sorted(tags.collect::<Result<Vec<_>>>()?),
        sorted(reviews.collect::<Result<Vec<_>>>()?),
    ))
}

fn sorted(texts: impl IntoIterator<Item = String>) -> String {
    let mut texts: Vec<String> = texts.into_iter().collect();
    texts.sort();
    texts.join(", ")
}

/// The same from the plain rows, for each book by key.
fn expected(db: &Database) -> Result<BTreeMap<i64, String>> {
    let authors = Author::objects().in_bulk(db, 1..10)?;
    let publishers = Publisher::objects().in_bulk(db, 1..10)?;
    let tags = Tag::objects().in_bulk(db, 1..10)?;
    let users = User::objects().in_bulk(db, 1..10)?;
    let (books, links) = (Book::objects().all(db)?, BookTag::objects().all(db)?);
    let (reviews, profiles) = (Review::objects().all(db)?, Profile::objects().all(db)?);
    let titles = |holds: &dyn Fn(&Book) -> bool| sorted(books.iter().filter(|b| holds(b)).map(|b| b.title.clone()));
    let told = |book: &Book| {
        let author = &authors[book.author.key()];
        let publisher = book.publisher.key().map_or("nobody".to_owned(), |key| {
            format!("{} ({})", publishers[key].name, titles(&|other| other.publisher.key() == Some(key)))
        });
        let tags = links.iter().filter(|link| *link.book.key() == book.id).map(|link| {
            let key = link.tag.key();
            let has = |other: &Book| links.iter().any(|link| *link.book.key() == other.id && link.tag.key() == key);
            format!("{} ({})", tags[key].name, titles(&has))
        });
        let of_book = reviews.iter().filter(|review| *review.book.key() == book.id).map(|review| {
            let user = review.user.key().map_or("nobody".to_owned(), |key| {
                let bio = profiles.iter().find(|p| p.user.key() == key).map_or("no profile", |profile| &profile.bio);
                let count = reviews.iter().filter(|review| review.user.key() == Some(key)).count();
                format!("{} {bio} {count} reviews", users[key].email)
            });
            format!("{} {user}", review.stars)
        });
        format!(
            "{} {} by {} ({}) at {publisher}; {}; {}",
            book.title,
            book.summary.loaded().unwrap(),
            author.name,
            titles(&|other| other.author == book.author),
            sorted(tags),
            sorted(of_book),
        )
    };
    Ok(books.iter().map(|book| (book.id, told(book))).collect())
}

/// Books, with something eager or nothing.
fn query(random: &mut Random) -> QuerySet<Book> {
    let books = Book::objects();
    let books = match random.below(10) {
        0 => books,
        1 => books.select_related(|b| (b.author(), b.publisher())),
        2 => books.prefetch_related(|b| (b.author().books(), b.tags())),
        3 => books.prefetch_related(|b| (b.reviews().user().profile(), b.tags().books().author())),
        4 => books
            .select_related(|b| b.author())
            .prefetch_related(|b| (b.author().books().tags(), b.reviews().select_related(|r| r.user()))),
        5 => books.prefetch_related(|b| b.publisher().books()),
        6 => books.prefetch_related(|b| {
            b.reviews()
                .order_by(|r| r.stars().desc())
                .prefetch_related(|r| (r.book().tags(), r.user().reviews(), r.user().profile()))
        }),
        7 => books.prefetch_related(|b| {
            (b.reviews().limit(1).to(|b| b.top_reviews()), b.tags().filter(|t| t.id().gt(1)).to(|b| b.first_tags()))
        }),
        8 => books.select_related(|b| b.publisher()).prefetch_related(|b| (b.publisher().books().author(), b.author())),
        _ => books.prefetch_related(|b| (b.author().books().reviews().user(), b.author().books().publisher())),
    };
    let books = if random.below(2) == 0 { books.defer(|b| b.summary()) } else { books };
    match random.below(3) {
        0 => books.fetch_mode(FetchMode::One),
        1 => books.fetch_mode(FetchMode::Warn),
        _ => books,
    }
}

/// The books of a query, by one of the ways to get them.
fn rows(db: &Database, random: &mut Random) -> Result<Vec<Book>> {
    let books = query(random);
    Ok(match random.below(6) {
        0 => books.all(db)?,
        1 => books.in_bulk(db, 1..=12)?.into_values().collect(),
        2 => db.read(|snapshot| books.iter(snapshot)?.collect())?,
        3 => (1..=12).map(|key| books.find(db, key)).collect::<Result<_>>()?,
        4 => {
            let authors = Author::objects().prefetch_related(|a| a.books().tags()).all(db)?;
            authors.iter().flat_map(|author| author.books.loaded().unwrap()).cloned().collect()
        }
        _ => {
            let tags = Tag::objects().fetch_mode(FetchMode::One).all(db)?;
            let mut books = books.order_by(|b| b.id().desc()).all(db)?;
            for tag in &tags {
                books.extend_from_slice(tag.books.all(db)?);
            }
            books
        }
    })
}

/// One random thing that is done with rows in hand.
fn action(db: &Database, random: &mut Random, rows: &mut Vec<Book>) -> Result<()> {
    let (one, other) = (random.below(rows.len() as u64) as usize, random.below(rows.len() as u64) as usize);
    let part = one.min(other)..=one.max(other);
    match random.below(18) {
        0 => drop(rows[one].author.get(db)?),
        1 => drop(rows[one].author.get(db)?.books.all(db)?),
        2 => drop(rows[one].tags.all(db)?),
        3 => drop(rows[one].reviews.all(db)?.first().map(|review| review.user.get(db)).transpose()?),
        4 => drop(rows[one].summary.get(db)?),
        5 => drop(rows[one].publisher.get(db)?),
        6 => rows.push(rows[one].clone()),
        7 => rows.swap(one, other),
        8 if rows.len() > 3 => drop(rows.remove(one)),
        9 => rows[one].refresh(db)?,
        10 => rows[one].save(db)?,
        11 => prefetch_related_objects(db, &rows[part], |b| b.author())?,
        12 => prefetch_related_objects(db, &rows[part], |b| (b.author().books(), b.publisher()))?,
        13 => prefetch_related_objects(db, rows[part].iter().rev(), |b| (b.tags().books().reviews(), b.tags()))?,
        14 => prefetch_related_objects(db, &rows[part], |b| b.reviews().user().profile())?,
        15 => prefetch_related_objects(db, [&rows[one], &rows[other], &rows[one]], |b| b.publisher().books().tags())?,
        16 => rows[one].author = rows[one].author.clone(),
        _ => {
            let key = *rows[one].author.key();
            rows[one].author.set(key);
        }
    }
    Ok(())
}

/// One random write, through a row and its handles or past them.
fn write(db: &Database, random: &mut Random) -> Result<()> {
    let mut book = Book::objects().find(db, random.below(12) as i64 + 1)?;
    let (tag, author) = (random.below(4) as i64 + 1, random.below(4) as i64 + 1);
    match random.below(9) {
        0 => drop(book.tags.add(db, [tag])?),
        1 => drop(book.tags.remove(db, [tag])?),
        2 => drop(book.tags.set(db, [tag, tag % 4 + 1])?),
        3 => {
            book.author.set(author);
            book.save(db)?;
        }
        4 => {
            book.publisher.set((tag < 4).then_some(tag));
            book.save_fields(db, |b| b.publisher())?;
        }
        5 => {
            let review = Review::create().stars(5).text("new").user((author < 4).then_some(author));
            book.reviews.create(db, review)?;
        }
        6 => drop(book.reviews.query().filter(|r| r.stars().le(2)).delete(db)?),
        7 => {
            book.summary.set(format!("summary {}", random.below(100)));
            book.save(db)?;
        }
        _ => drop(Review::objects().filter(|r| r.stars().eq(3)).update(db, |r| r.book().set(book.id))?),
    }
    Ok(())
}

fn in_random_ways(db: &Database, random: &mut Random, turns: usize, threads: usize) -> Result<()> {
    let mut known = expected(db)?;
    let mut before: Vec<Book> = Vec::new();
    for turn in 0..turns {
        let mut rows = rows(db, random)?;
        for _ in 0..random.below(12) {
            action(db, random, &mut rows)?;
        }
        let told_all = |rows: &[Book]| -> Result<()> {
            rows.iter().try_for_each(|book| {
                assert_eq!(told(db, book)?, known[&book.id], "turn {turn}");
                Ok(())
            })
        };
        // Each thread has its own rows, or clones of the same.
        std::thread::scope(|scope| {
            let parts: Vec<Vec<Book>> = (1..threads).map(|_| rows.clone()).collect();
            let others: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || told_all(&part))).collect();
            told_all(&rows)?;
            others.into_iter().try_for_each(|other| other.join().unwrap())
        })?;
        // Everything is known now.
        assert_num_queries!(db, 0, { told_all(&rows)? });
        // What was written since is another matter, but what was loaded before is what it was.
        if turn.is_multiple_of(5) {
            let told_before = |rows: &[Book]| rows.iter().map(|book| told(db, book)).collect::<Result<Vec<_>>>();
            let said = told_before(&rows)?;
            (0..3).try_for_each(|_| write(db, random))?;
            known = expected(db)?;
            assert_num_queries!(db, 0, { assert_eq!(told_before(&rows)?, said) });
            for book in &mut before {
                book.refresh(db)?;
                assert_eq!(told(db, book)?, known[&book.id], "refreshed in turn {turn}");
            }
            before = rows;
        }
    }
    Ok(())
}

#[test]
fn rows_say_the_same_whatever_is_loaded_and_how() -> Result<()> {
    let mut random = Random::new(3);
    let turns = std::env::var("EAGER_ORM_TURNS").ok().and_then(|turns| turns.parse().ok()).unwrap_or(50);
    for seed in 1..=6 {
        in_random_ways(&random_library(seed), &mut random, turns, 1)?;
    }
    for (seed, cap) in [(7, 1), (8, 2), (9, 5)] {
        let db = eager_orm::DatabaseBuilder::in_memory().peer_cap(cap).open()?;
        create_tables(&db);
        fill_at_random(&db, seed);
        in_random_ways(&db, &mut random, turns / 2, 1)?;
        let folder = tempfile::tempdir().unwrap();
        let db = Database::builder(folder.path().join("library.db")).readers(2).peer_cap(cap).open()?;
        create_tables(&db);
        fill_at_random(&db, seed);
        in_random_ways(&db, &mut random, turns / 2, 4)?;
    }
    Ok(())
}
