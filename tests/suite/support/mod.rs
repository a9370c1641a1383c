//! The models the tests share, and a database full of them.

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(ordering = "name")]
pub struct Author {
    pub id: i64,
    #[field(max_length = 120)]
    pub name: String,
    pub country: Option<String>,
    pub age: Option<i32>,
    pub books: HasMany<Book>,
    pub long_books: Prefetched<Book>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
    pub books: HasMany<Book>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    index(fields = "publisher, published"),
    unique(fields = "author, title"),
    check(name = "pages_positive", sql = "pages > 0")
)]
pub struct Book {
    pub id: i64,
    #[field(index)]
    pub title: String,
    #[relation(on_delete = Cascade)]
    pub author: ForeignKey<Author>,
    #[relation(on_delete = SetNull)]
    pub publisher: Option<ForeignKey<Publisher>>,
    #[field(default = 100)]
    pub pages: i32,
    pub price: f64,
    pub published: Option<Date>,
    #[field(default = true)]
    pub active: bool,
    pub summary: Deferred<String>,
    #[relation(through = BookTag)]
    pub tags: ManyToMany<Tag>,
    pub reviews: HasMany<Review>,
    pub top_reviews: Prefetched<Review>,
    pub bad_reviews: Prefetched<Review>,
    pub first_tags: Prefetched<Tag>,
    pub sale_price: Memo<f64>,
}

impl Book {
    /// Computed once and remembered.
    pub fn sale_price(&self) -> f64 {
        *self.sale_price.get_or_init(|| self.price / 2.0)
    }
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Tag {
    pub id: i64,
    #[field(unique)]
    pub name: String,
    #[relation(via = "tags")]
    pub books: ManyToMany<Book>,
    pub some_books: Prefetched<Book>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct BookTag {
    pub id: i64,
    #[relation(on_delete = Cascade)]
    pub book: ForeignKey<Book>,
    #[relation(on_delete = Cascade)]
    pub tag: ForeignKey<Tag>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Review {
    pub id: i64,
    pub stars: i32,
    pub text: String,
    #[relation(on_delete = Cascade)]
    pub book: ForeignKey<Book>,
    pub user: Option<ForeignKey<User>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub profile: HasOne<Profile>,
    pub reviews: HasMany<Review>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Profile {
    pub id: i64,
    #[field(unique)]
    pub user: ForeignKey<User>,
    pub bio: String,
    pub notes: Deferred<Option<String>>,
}

/// A model that points at itself.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Employee {
    pub id: i64,
    pub name: String,
    #[relation(on_delete = SetNull)]
    pub reports_to: Option<ForeignKey<Employee>>,
    #[relation(via = "reports_to")]
    pub reports: HasMany<Employee>,
}

/// A text key, and two foreign keys that lead here.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Airport {
    #[field(primary_key)]
    pub code: String,
    pub city: String,
    #[relation(via = "origin")]
    pub departures: HasMany<Flight>,
    #[relation(via = "dest")]
    pub arrivals: HasMany<Flight>,
    pub some_departures: Prefetched<Flight>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(ordering = "-number")]
pub struct Flight {
    pub id: i64,
    pub number: i32,
    pub origin: ForeignKey<Airport>,
    pub dest: ForeignKey<Airport>,
}

/// A many-to-many relation of a model to itself, in a table that is made for it.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub follows: ManyToMany<Person>,
    #[relation(via = "follows")]
    pub followers: ManyToMany<Person>,
}

/// Every column type, with and without NULL.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Sample {
    pub id: i64,
    #[field(default = "", index)]
    pub text: String,
    pub text_or: Option<String>,
    #[field(default = 0)]
    pub int: i64,
    pub int_or: Option<i64>,
    #[field(default = 0)]
    pub byte: u8,
    #[field(default = 0)]
    pub short: i16,
    #[field(default = 0)]
    pub tiny: i8,
    #[field(default = 0)]
    pub half: u16,
    #[field(default = 0)]
    pub word: u32,
    #[field(default = false)]
    pub flag: bool,
    pub flag_or: Option<bool>,
    #[field(default = 0.0)]
    pub real: f64,
    pub real_or: Option<f64>,
    #[field(default = Vec::new())]
    pub blob: Vec<u8>,
    pub blob_or: Option<Vec<u8>>,
    #[field(index)]
    pub day: Option<Date>,
    pub time: Option<Time>,
    pub moment: Option<DateTime>,
    pub stamp: Option<Timestamp>,
}

/// Keys that the database does not enforce.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Loan {
    pub id: i64,
    pub days: i32,
    #[relation(constraint = false)]
    pub book: ForeignKey<Book>,
    #[relation(constraint = false)]
    pub user: Option<ForeignKey<User>>,
}

/// An empty library.
pub fn empty() -> Database {
    let db = Database::in_memory().unwrap();
    create_tables(&db);
    db
}

/// An empty library in a file, where a writer and readers do not wait for each other. The folder goes with the guard.
pub fn empty_file() -> (Database, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("library.db")).unwrap();
    create_tables(&db);
    (db, folder)
}

/// The tables of every model here.
pub fn create_tables(db: &Database) {
    db.create_tables(models![
        Author, Publisher, Book, Tag, BookTag, Review, User, Profile, Employee, Airport, Flight, Person, Sample, Loan
    ])
    .unwrap();
}

/// A small library in memory:
///
/// | book | author | publisher | pages | published | active | tags | reviews (stars: user) |
/// |---|---|---|---|---|---|---|---|
/// | B0 | Ann | Ace | 10 | 2020-01-31 | yes | t0 t1 | |
/// | B1 | Bob | | 20 | | no | t0 | 1: u0 |
/// | B2 | Ann | Bat | 30 | 2021-06-15 | yes | t2 | 1: u0, 2: u1 |
/// | B3 | Bob | Ace | 40 | 2020-12-31 | no | | 1: u0, 2: u1, 3: nobody |
///
/// Ann is 30 and of the US, Bob has neither age nor country, Cay (50, DE) has no book, tag t3 is on none, publisher Cup
/// has none; u0 has a profile, u1 has not. Keys count from 1.
pub fn library() -> Database {
    let db = empty();
    fill(&db);
    db
}

/// Fills a database with the rows of [`library`].
pub fn fill(db: &Database) {
    db.transaction(|tx| {
        let ann = Author::create().name("Ann").country("US").age(30).save(tx)?;
        let bob = Author::create().name("Bob").save(tx)?;
        Author::create().name("Cay").country("DE").age(50).save(tx)?;
        let ace = Publisher::create().name("Ace").save(tx)?;
        let bat = Publisher::create().name("Bat").save(tx)?;
        Publisher::create().name("Cup").save(tx)?;
        let tags = Tag::objects().bulk_create(["t0", "t1", "t2", "t3"].map(|name| Tag::create().name(name))).run(tx)?;
        let u0 = User::create().email("u0@x.org").save(tx)?;
        let u1 = User::create().email("u1@x.org").save(tx)?;
        Profile::create().user(&u0).bio("hello").notes("note").save(tx)?;
        let book = |number: i32, author: &Author| {
            Book::create()
                .title(format!("B{number}"))
                .author(author)
                .pages(10 * (number + 1))
                .price(f64::from(number) + 0.5)
                .summary(format!("summary {number}"))
        };
        let mut b0 = book(0, &ann).publisher(&ace).published(date(2020, 1, 31)).save(tx)?;
        let mut b1 = book(1, &bob).active(false).save(tx)?;
        let mut b2 = book(2, &ann).publisher(&bat).published(date(2021, 6, 15)).save(tx)?;
        let b3 = book(3, &bob).publisher(&ace).published(date(2020, 12, 31)).active(false).save(tx)?;
        b0.tags.add(tx, [&tags[0], &tags[1]])?;
        b1.tags.add(tx, [&tags[0]])?;
        b2.tags.add(tx, [&tags[2]])?;
        let review = |stars: i32, book: &Book| Review::create().stars(stars).text(format!("{stars} stars")).book(book);
        review(1, &b1).user(&u0).save(tx)?;
        review(1, &b2).user(&u0).save(tx)?;
        review(2, &b2).user(&u1).save(tx)?;
        review(1, &b3).user(&u0).save(tx)?;
        review(2, &b3).user(&u1).save(tx)?;
        review(3, &b3).save(tx)?;
        Ok(())
    })
    .unwrap();
}

/// Four authors, twelve books and whatever hangs on them, at random; some of everything has nothing.
pub fn random_library(seed: u64) -> Database {
    let db = empty();
    fill_at_random(&db, seed);
    db
}

/// Fills a database with the rows of a [`random_library`].
pub fn fill_at_random(db: &Database, seed: u64) {
    let mut random = Random::new(seed);
    let maybe = |random: &mut Random, keys: u64| (random.below(3) > 0).then(|| random.below(keys) as i64 + 1);
    db.transaction(|tx| {
        for (name, country, age) in [
            ("Ann", Some("US"), Some(30)),
            ("Bob", None, None),
            ("Cay", Some("DE"), Some(50)),
            ("Dan", Some("US"), None),
        ] {
            Author::create().name(name).country(country).age(age).save(tx)?;
        }
        for name in ["Ace", "Bat", "Cup"] {
            Publisher::create().name(name).save(tx)?;
        }
        Tag::objects().bulk_create(["t0", "t1", "t2", "t3"].map(|name| Tag::create().name(name))).run(tx)?;
        for email in ["u0@x.org", "u1@x.org", "u2@x.org"] {
            User::create().email(email).save(tx)?;
        }
        for (user, bio) in [(1, "hello"), (2, "good bye")] {
            Profile::create().user(user).bio(bio).save(tx)?;
        }
        for number in 0..12 {
            let published = (random.below(3) > 0).then(|| date(2020, random.pick(&[1, 6, 12]), 1));
            let mut book = Book::create()
                .title(format!("B{number}"))
                .author(random.below(3) as i64 + 1)
                .publisher(maybe(&mut random, 2))
                .pages(random.below(7) as i32 * 10 + 1)
                .price(1.0)
                .published(published)
                .active(random.below(2) == 0)
                .summary(format!("summary {number}"))
                .save(tx)?;
            for tag in 1..=3 {
                if random.below(3) == 0 {
                    book.tags.add(tx, [tag])?;
                }
            }
            for _ in 0..random.below(4) {
                let stars = random.below(4) as i32 + 1;
                let review = Review::create().stars(stars).text(format!("{stars}")).book(&book);
                review.user(maybe(&mut random, 3)).save(tx)?;
            }
        }
        Ok(())
    })
    .unwrap();
}

/// A date.
pub fn date(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

/// Random numbers that are the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number of a xorshift.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// What the report says of a program.
pub fn findings(db: &Database, f: impl FnOnce(&Database) -> eager_orm::Result<()>) -> Vec<eager_orm::Finding> {
    let (done, log) = db.capture(f);
    done.unwrap();
    log.findings().to_vec()
}

/// The only thing it says.
pub fn only(db: &Database, f: impl FnOnce(&Database) -> eager_orm::Result<()>) -> eager_orm::Finding {
    let [finding] = findings(db, f).try_into().unwrap();
    finding
}
