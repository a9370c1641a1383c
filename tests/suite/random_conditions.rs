//! Random condition trees, each compared with what the rules say when plain Rust applies them to the rows.
//!
//! The rules: a leaf that is NULL does not hold, `!` and `^` are two-valued. A filter is a scope, and so is what stands
//! behind a `!` and on each side of a `^`; a scope holds if there is a choice of one related row for each to-many
//! relation it speaks of (and of a row of NULLs where there are none) for which its condition holds.

use std::collections::HashSet;

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

/// A condition on books.
#[derive(Clone, Debug)]
pub enum Tree {
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Xor(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    Leaf(Leaf),
}

#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    Pages(i32),
    Active,
    Title(&'static str),
    Published,
    Month(i32),
    AuthorIs(i64),
    AuthorAge(i32),
    AuthorCountry(Option<&'static str>),
    PagesOverAge,
    PublisherIs(i64),
    NoPublisher,
    PublisherName(&'static str),
    NoPublisherName,
    TagIs(i64),
    TagName(&'static str),
    TagNameNot(&'static str),
    NoTagName,
    NoTag,
    TagIn(i64, i64),
    Stars(i32),
    StarsOverPages,
    ReviewText(&'static str),
    ReviewUser(i64),
    NoReviewUser,
    ReviewEmail(&'static str),
    NoReviewEmail,
    ReviewBio,
    NoReviewProfile,
    SiblingPages(i32),
    SiblingTag(&'static str),
    TagBookPages(i32),
    TagBookReview(i32),
    AnyReview(i32, i64),
    NoneReview(i32),
    EveryReview(i32),
    ReviewExists,
    SiblingAnyTag(&'static str),
}

/// The rows, as plain Rust.
pub struct Rows {
    pub authors: Vec<Author>,
    pub publishers: Vec<Publisher>,
    pub books: Vec<Book>,
    pub tags: Vec<Tag>,
    pub links: Vec<BookTag>,
    pub reviews: Vec<Review>,
    pub users: Vec<User>,
    pub profiles: Vec<Profile>,
}

/// Which related rows a scope has chosen; the inner None is the row of NULLs.
#[derive(Clone, Copy, Default)]
struct Chosen<'a> {
    tag: Option<Option<&'a Tag>>,
    review: Option<Option<&'a Review>>,
    sibling: Option<Option<&'a Book>>,
    sibling_tag: Option<Option<&'a Tag>>,
    tag_book: Option<Option<&'a Book>>,
    tag_book_review: Option<Option<&'a Review>>,
}

/// The to-many relations a scope speaks of.
#[derive(Clone, Copy, Default)]
struct Speaks {
    tag: bool,
    review: bool,
    sibling: bool,
    sibling_tag: bool,
    tag_book: bool,
    tag_book_review: bool,
}

impl Rows {
    pub fn tags_of(&self, book: &Book) -> Vec<&Tag> {
        let links = self.links.iter().filter(|link| *link.book.key() == book.id);
        links.map(|link| self.tags.iter().find(|tag| tag.id == *link.tag.key()).unwrap()).collect()
    }

    pub fn books_of(&self, tag: &Tag) -> Vec<&Book> {
        let links = self.links.iter().filter(|link| *link.tag.key() == tag.id);
        links.map(|link| self.books.iter().find(|book| book.id == *link.book.key()).unwrap()).collect()
    }

    pub fn reviews_of(&self, book: &Book) -> Vec<&Review> {
        self.reviews.iter().filter(|review| *review.book.key() == book.id).collect()
    }

    pub fn author_of(&self, book: &Book) -> &Author {
        self.authors.iter().find(|author| author.id == *book.author.key()).unwrap()
    }

    fn siblings_of(&self, book: &Book) -> Vec<&Book> {
        self.books.iter().filter(|other| other.author == book.author).collect()
    }

    fn publisher_of(&self, book: &Book) -> Option<&Publisher> {
        let key = *book.publisher.key()?;
        self.publishers.iter().find(|publisher| publisher.id == key)
    }

    fn user_of(&self, review: &Review) -> Option<&User> {
        let key = *review.user.key()?;
        self.users.iter().find(|user| user.id == key)
    }

    fn profile_of(&self, user: &User) -> Option<&Profile> {
        self.profiles.iter().find(|profile| *profile.user.key() == user.id)
    }

    /// Whether a scope holds of a book.
    pub fn holds(&self, tree: &Tree, book: &Book) -> bool {
        let mut speaks = Speaks::default();
        tree.speaks(&mut speaks);
        for tag in choices(speaks.tag, || self.tags_of(book)) {
            for tag_book in choices(speaks.tag_book, || behind(tag, |tag| self.books_of(tag))) {
                for tag_book_review in
                    choices(speaks.tag_book_review, || behind(tag_book, |book| self.reviews_of(book)))
                {
                    for review in choices(speaks.review, || self.reviews_of(book)) {
                        for sibling in choices(speaks.sibling, || self.siblings_of(book)) {
                            for sibling_tag in
                                choices(speaks.sibling_tag, || behind(sibling, |book| self.tags_of(book)))
                            {
                                let chosen = Chosen { tag, review, sibling, sibling_tag, tag_book, tag_book_review };
                                if self.holds_of(tree, book, chosen) {
                                    return true;
                                }
                            }
                        }
                    }
                }
            }
        }
        false
    }

    fn holds_of(&self, tree: &Tree, book: &Book, chosen: Chosen<'_>) -> bool {
        match tree {
            Tree::And(left, right) => self.holds_of(left, book, chosen) && self.holds_of(right, book, chosen),
            Tree::Or(left, right) => self.holds_of(left, book, chosen) || self.holds_of(right, book, chosen),
            Tree::Xor(left, right) => self.holds(left, book) != self.holds(right, book),
            Tree::Not(inner) => !self.holds(inner, book),
            Tree::Leaf(leaf) => self.leaf(*leaf, book, chosen).unwrap_or(false),
        }
    }

    /// NULL is None.
    fn leaf(&self, leaf: Leaf, book: &Book, chosen: Chosen<'_>) -> Option<bool> {
        let author = self.author_of(book);
        let publisher = self.publisher_of(book);
        let tag = chosen.tag.flatten();
        let review = chosen.review.flatten();
        let user = review.and_then(|review| self.user_of(review));
        Some(match leaf {
            Leaf::Pages(pages) => book.pages > pages,
            Leaf::Active => book.active,
            Leaf::Title(part) => book.title.contains(part),
            Leaf::Published => book.published.is_none(),
            Leaf::Month(month) => i32::from(book.published?.month()) == month,
            Leaf::AuthorIs(key) => author.id == key,
            Leaf::AuthorAge(age) => author.age? > age,
            Leaf::AuthorCountry(country) => author.country.as_deref() == country,
            Leaf::PagesOverAge => book.pages > author.age?,
            Leaf::PublisherIs(key) => publisher?.id == key,
            Leaf::NoPublisher => publisher.is_none(),
            Leaf::PublisherName(name) => publisher?.name == name,
            Leaf::NoPublisherName => publisher.is_none(),
            Leaf::TagIs(key) => tag?.id == key,
            Leaf::TagName(name) => tag?.name == name,
            Leaf::TagNameNot(name) => tag?.name != name,
            Leaf::NoTagName | Leaf::NoTag => tag.is_none(),
            Leaf::TagIn(one, other) => tag?.id == one || tag?.id == other,
            Leaf::Stars(stars) => review?.stars > stars,
            Leaf::StarsOverPages => review?.stars * 10 > book.pages,
            Leaf::ReviewText(part) => review?.text.starts_with(part),
            Leaf::ReviewUser(key) => user?.id == key,
            Leaf::NoReviewUser | Leaf::NoReviewEmail => user.is_none(),
            Leaf::ReviewEmail(email) => user?.email == email,
            Leaf::ReviewBio => self.profile_of(user?)?.bio == "hello",
            Leaf::NoReviewProfile => user.and_then(|user| self.profile_of(user)).is_none(),
            Leaf::SiblingPages(pages) => chosen.sibling.flatten()?.pages > pages,
            Leaf::SiblingTag(name) => chosen.sibling_tag.flatten()?.name == name,
            Leaf::TagBookPages(pages) => chosen.tag_book.flatten()?.pages > pages,
            Leaf::TagBookReview(stars) => chosen.tag_book_review.flatten()?.stars > stars,
            Leaf::AnyReview(stars, key) => {
                self.reviews_of(book).iter().any(|r| r.stars > stars && r.user.key().is_none_or(|user| *user != key))
            }
            Leaf::NoneReview(stars) => !self.reviews_of(book).iter().any(|r| r.stars > stars),
            Leaf::EveryReview(stars) => self.reviews_of(book).iter().all(|r| r.stars > stars),
            Leaf::ReviewExists => !self.reviews_of(book).is_empty(),
            Leaf::SiblingAnyTag(name) => {
                chosen.sibling.flatten().is_some_and(|book| self.tags_of(book).iter().any(|tag| tag.name == name))
            }
        })
    }
}

/// What a relation may be chosen to be: nothing if the scope does not speak of it, one row, or the row of NULLs.
fn choices<'a, T>(speaks: bool, rows: impl FnOnce() -> Vec<&'a T>) -> Vec<Option<Option<&'a T>>> {
    if !speaks {
        return vec![None];
    }
    let rows = rows();
    if rows.is_empty() { vec![Some(None)] } else { rows.into_iter().map(|row| Some(Some(row))).collect() }
}

/// The rows behind a chosen row.
fn behind<'a, A, B>(row: Option<Option<&'a A>>, rows: impl FnOnce(&'a A) -> Vec<&'a B>) -> Vec<&'a B> {
    row.flatten().map(rows).unwrap_or_default()
}

impl Tree {
    pub fn random(random: &mut Random, depth: u32) -> Tree {
        let mut inner = || Box::new(Tree::random(random, depth.saturating_sub(1)));
        if depth > 0 {
            let (left, right) = (inner(), inner());
            match random.below(8) {
                0..=2 => return Tree::And(left, right),
                3..=5 => return Tree::Or(left, right),
                6 => return Tree::Not(left),
                _ => return Tree::Xor(left, right),
            }
        }
        Tree::Leaf(Leaf::random(random))
    }

    pub fn cond(&self, b: &Fields<Book>) -> Cond<Book> {
        match self {
            Tree::And(left, right) => left.cond(b) & right.cond(b),
            Tree::Or(left, right) => left.cond(b) | right.cond(b),
            Tree::Xor(left, right) => left.cond(b) ^ right.cond(b),
            Tree::Not(inner) => !inner.cond(b),
            Tree::Leaf(leaf) => leaf.cond(b),
        }
    }

    fn speaks(&self, speaks: &mut Speaks) {
        match self {
            Tree::And(left, right) | Tree::Or(left, right) => {
                left.speaks(speaks);
                right.speaks(speaks);
            }
            Tree::Not(_) | Tree::Xor(..) => {}
            Tree::Leaf(leaf) => leaf.speaks(speaks),
        }
    }
}

impl Leaf {
    fn random(random: &mut Random) -> Leaf {
        let stars = random.below(4) as i32;
        let key = random.below(4) as i64 + 1;
        let pages = random.below(8) as i32 * 10;
        let tag = random.pick(&["t0", "t1", "t2", "t3"]);
        match random.below(37) {
            0 => Leaf::Pages(pages),
            1 => Leaf::Active,
            2 => Leaf::Title(random.pick(&["1", "2", "B", "x"])),
            3 => Leaf::Published,
            4 => Leaf::Month(random.pick(&[1, 6, 12])),
            5 => Leaf::AuthorIs(key),
            6 => Leaf::AuthorAge(pages),
            7 => Leaf::AuthorCountry(random.pick(&[None, Some("US"), Some("DE")])),
            8 => Leaf::PagesOverAge,
            9 => Leaf::PublisherIs(key),
            10 => Leaf::NoPublisher,
            11 => Leaf::PublisherName(random.pick(&["Ace", "Bat"])),
            12 => Leaf::NoPublisherName,
            13 => Leaf::TagIs(key),
            14 => Leaf::TagName(tag),
            15 => Leaf::TagNameNot(tag),
            16 => Leaf::NoTagName,
            17 => Leaf::NoTag,
            18 => Leaf::TagIn(key, random.below(4) as i64 + 1),
            19 => Leaf::Stars(stars),
            20 => Leaf::StarsOverPages,
            21 => Leaf::ReviewText(random.pick(&["1", "2", "3", ""])),
            22 => Leaf::ReviewUser(key),
            23 => Leaf::NoReviewUser,
            24 => Leaf::ReviewEmail(random.pick(&["u0@x.org", "u1@x.org"])),
            25 => Leaf::NoReviewEmail,
            26 => Leaf::SiblingPages(pages),
            27 => Leaf::SiblingTag(tag),
            28 => Leaf::TagBookPages(pages),
            29 => Leaf::TagBookReview(stars),
            30 => Leaf::AnyReview(stars, key),
            31 => Leaf::NoneReview(stars),
            32 => Leaf::EveryReview(stars),
            33 => Leaf::ReviewExists,
            34 => Leaf::ReviewBio,
            35 => Leaf::NoReviewProfile,
            _ => Leaf::SiblingAnyTag(tag),
        }
    }

    fn cond(self, b: &Fields<Book>) -> Cond<Book> {
        match self {
            Leaf::Pages(pages) => b.pages().gt(pages),
            Leaf::Active => b.active().eq(true),
            Leaf::Title(part) => b.title().contains(part),
            Leaf::Published => b.published().is_null(),
            Leaf::Month(month) => b.published().month().eq(month),
            Leaf::AuthorIs(key) => b.author().eq(key),
            Leaf::AuthorAge(age) => b.author().age().gt(age),
            Leaf::AuthorCountry(country) => b.author().country().eq(country),
            Leaf::PagesOverAge => b.pages().gt(b.author().age()),
            Leaf::PublisherIs(key) => b.publisher().id().eq(key),
            Leaf::NoPublisher => b.publisher().is_null(),
            Leaf::PublisherName(name) => b.publisher().name().eq(name),
            Leaf::NoPublisherName => b.publisher().name().is_null(),
            Leaf::TagIs(key) => b.tags().eq(key),
            Leaf::TagName(name) => b.tags().name().eq(name),
            Leaf::TagNameNot(name) => b.tags().name().ne(name),
            Leaf::NoTagName => b.tags().name().is_null(),
            Leaf::NoTag => b.tags().id().is_null(),
            Leaf::TagIn(one, other) => b.tags().in_([one, other]),
            Leaf::Stars(stars) => b.reviews().stars().gt(stars),
            Leaf::StarsOverPages => (b.reviews().stars() * 10).gt(b.pages()),
            Leaf::ReviewText(part) => b.reviews().text().starts_with(part),
            Leaf::ReviewUser(key) => b.reviews().user().eq(key),
            Leaf::NoReviewUser => b.reviews().user().is_null(),
            Leaf::ReviewEmail(email) => b.reviews().user().email().eq(email),
            Leaf::NoReviewEmail => b.reviews().user().email().is_null(),
            Leaf::ReviewBio => b.reviews().user().profile().bio().eq("hello"),
            Leaf::NoReviewProfile => b.reviews().user().profile().is_null(),
            Leaf::SiblingPages(pages) => b.author().books().pages().gt(pages),
            Leaf::SiblingTag(name) => b.author().books().tags().name().eq(name),
            Leaf::TagBookPages(pages) => b.tags().books().pages().gt(pages),
            Leaf::TagBookReview(stars) => b.tags().books().reviews().stars().gt(stars),
            Leaf::AnyReview(stars, key) => b.reviews().any(|r| r.stars().gt(stars) & !r.user().eq(key)),
            Leaf::NoneReview(stars) => b.reviews().none(|r| r.stars().gt(stars)),
            Leaf::EveryReview(stars) => b.reviews().every(|r| r.stars().gt(stars)),
            Leaf::ReviewExists => b.reviews().exists(),
            Leaf::SiblingAnyTag(name) => b.author().books().tags().any(|t| t.name().eq(name)),
        }
    }

    fn speaks(self, speaks: &mut Speaks) {
        match self {
            Leaf::TagIs(_)
            | Leaf::TagName(_)
            | Leaf::TagNameNot(_)
            | Leaf::NoTagName
            | Leaf::NoTag
            | Leaf::TagIn(..) => {
                speaks.tag = true;
            }
            Leaf::Stars(_)
            | Leaf::StarsOverPages
            | Leaf::ReviewText(_)
            | Leaf::ReviewUser(_)
            | Leaf::NoReviewUser
            | Leaf::ReviewEmail(_)
            | Leaf::NoReviewEmail
            | Leaf::ReviewBio
            | Leaf::NoReviewProfile => speaks.review = true,
            Leaf::SiblingPages(_) | Leaf::SiblingAnyTag(_) => speaks.sibling = true,
            Leaf::SiblingTag(_) => (speaks.sibling, speaks.sibling_tag) = (true, true),
            Leaf::TagBookPages(_) => (speaks.tag, speaks.tag_book) = (true, true),
            Leaf::TagBookReview(_) => {
                (speaks.tag, speaks.tag_book, speaks.tag_book_review) = (true, true, true);
            }
            _ => {}
        }
    }
}

pub fn rows() -> Result<(Database, Rows)> {
    let db = random_library(7);
    let rows = Rows {
        authors: Author::objects().all(&db)?,
        publishers: Publisher::objects().all(&db)?,
        books: Book::objects().all(&db)?,
        tags: Tag::objects().all(&db)?,
        links: BookTag::objects().all(&db)?,
        reviews: Review::objects().all(&db)?,
        users: User::objects().all(&db)?,
        profiles: Profile::objects().all(&db)?,
    };
    Ok((db, rows))
}

/// Two filters of these trees, an exclude, and the statement counts of all of them: one each.
#[test]
fn random_condition_trees_select_what_the_rules_say() -> Result<()> {
    let (db, rows) = rows()?;
    let mut random = Random::new(1);
    let mut seen = HashSet::new();
    for round in 0..600 {
        let (one, other) = (Tree::random(&mut random, round % 4), Tree::random(&mut random, round % 3));
        let expected = |holds: &dyn Fn(&Book) -> bool| -> Vec<i64> {
            rows.books.iter().filter(|book| holds(book)).map(|book| book.id).collect()
        };
        let found = |query: QuerySet<Book>| -> Result<Vec<i64>> {
            let query = query.order_by(|b| b.id()).values_list(|b| b.id());
            Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
        };
        let filter = Book::objects().filter(|b| one.cond(&b));
        let keys = expected(&|book| rows.holds(&one, book));
        seen.insert(keys.len());
        assert_eq!(found(filter.clone())?, keys, "round {round}: {one:?}\n{}", filter.to_sql());
        assert_eq!(assert_num_queries!(db, 1, { filter.count(&db)? }), keys.len() as u64, "count of {one:?}");
        let exclude = Book::objects().exclude(|b| one.cond(&b));
        let keys = expected(&|book| !rows.holds(&one, book));
        assert_eq!(found(exclude.clone())?, keys, "exclude {round}: {one:?}\n{}", exclude.to_sql());
        let twice = filter.filter(|b| other.cond(&b));
        let keys = expected(&|book| rows.holds(&one, book) && rows.holds(&other, book));
        assert_eq!(found(twice.clone())?, keys, "two filters {round}: {one:?} {other:?}\n{}", twice.to_sql());
    }
    assert!(seen.len() > 8, "the trees select all kinds of sets: {seen:?}");
    Ok(())
}

/// The same trees behind relations, in subqueries, in parts of relations, as values, and in update and delete.
#[test]
fn random_condition_trees_hold_wherever_a_condition_may_stand() -> Result<()> {
    let (db, rows) = rows()?;
    let mut random = Random::new(2);
    for round in 0..200 {
        let tree = Tree::random(&mut random, round % 4);
        let holding: HashSet<i64> = rows.books.iter().filter(|b| rows.holds(&tree, b)).map(|b| b.id).collect();
        let told = |what: &str| format!("{what}, round {round}: {tree:?}");

        // Behind a has-many relation and behind a many-to-many one.
        let authors = |query: QuerySet<Author>| -> Result<Vec<i64>> {
            let query = query.order_by(|a| a.id()).values_list(|a| a.id());
            Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
        };
        let of_authors = |holds: &dyn Fn(Vec<bool>) -> bool| -> Vec<i64> {
            let holds = |author: &&Author| {
                let books = rows.books.iter().filter(|book| *book.author.key() == author.id);
                holds(books.map(|book| holding.contains(&book.id)).collect())
            };
            rows.authors.iter().filter(holds).map(|author| author.id).collect()
        };
        let any = Author::objects().filter(|a| a.books().any(|b| tree.cond(&b)));
        assert_eq!(authors(any)?, of_authors(&|books| books.contains(&true)), "{}", told("any"));
        let none = Author::objects().filter(|a| a.books().none(|b| tree.cond(&b)));
        assert_eq!(authors(none)?, of_authors(&|books| !books.contains(&true)), "{}", told("none"));
        let every = Author::objects().exclude(|a| !a.books().every(|b| tree.cond(&b)));
        assert_eq!(authors(every)?, of_authors(&|books| !books.contains(&false)), "{}", told("every"));
        let tags =
            Tag::objects().filter(|t| t.books().any(|b| tree.cond(&b))).order_by(|t| t.id()).values_list(|t| t.id());
        let of_tags: Vec<i64> = rows
            .tags
            .iter()
            .filter(|tag| rows.books_of(tag).iter().any(|book| holding.contains(&book.id)))
            .map(|tag| tag.id)
            .collect();
        assert_eq!(assert_num_queries!(db, 1, { tags.all(&db)? }), of_tags, "{}", told("any of a many-to-many"));

        // In subqueries.
        let of_reviews: Vec<i64> =
            rows.reviews.iter().filter(|r| holding.contains(r.book.key())).map(|review| review.id).collect();
        let reviews = |query: QuerySet<Review>| -> Result<Vec<i64>> {
            let query = query.order_by(|r| r.id()).values_list(|r| r.id());
            Ok(assert_num_queries!(db, 1, { query.all(&db)? }))
        };
        let books = || Book::objects().filter(|b| tree.cond(&b));
        let query = Review::objects().filter(|r| r.book().id().in_(books().values_list(|b| b.id())));
        assert_eq!(reviews(query)?, of_reviews, "{}", told("in_"));
        let query = Review::objects()
            .filter(|r| exists(Book::objects().filter(|b| b.id().eq(outer(r.book().id())) & tree.cond(&b))));
        assert_eq!(reviews(query)?, of_reviews, "{}", told("exists"));

        // In parts of relations.
        let parts = assert_num_queries!(db, 2, {
            Author::objects()
                .prefetch_related(|a| a.books().filter(|b| tree.cond(&b)).to(|a| a.long_books()))
                .all(&db)?
        });
        let found: HashSet<i64> = parts.iter().flat_map(|a| a.long_books.get().unwrap()).map(|book| book.id).collect();
        assert_eq!(found, holding, "{}", told("a part of a has-many"));
        let parts = assert_num_queries!(db, 2, {
            Tag::objects().prefetch_related(|t| t.books().filter(|b| tree.cond(&b)).to(|t| t.some_books())).all(&db)?
        });
        for tag in &parts {
            let mut found: Vec<i64> = tag.some_books.get()?.iter().map(|book| book.id).collect();
            found.sort_unstable();
            let of_tag = rows.books_of(tag).into_iter().map(|book| book.id);
            let mut expected: Vec<i64> = of_tag.filter(|key| holding.contains(key)).collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{}", told("a part of a many-to-many"));
        }

        // With joins, order and limit.
        let joined = books().select_related(|b| (b.author(), b.publisher())).order_by(|b| b.id().desc());
        let mut keys: Vec<i64> = holding.iter().copied().collect();
        keys.sort_unstable_by(|a, b| b.cmp(a));
        let loaded = assert_num_queries!(db, 1, { joined.all(&db)? });
        assert_eq!(loaded.iter().map(|book| book.id).collect::<Vec<_>>(), keys, "{}", told("select_related"));
        assert!(loaded.iter().all(|book| book.author.loaded().unwrap().id == *book.author.key()));
        let page = assert_num_queries!(db, 1, { joined.clone().offset(1).limit(2).all(&db)? });
        let page: Vec<i64> = page.iter().map(|book| book.id).collect();
        assert_eq!(page, keys.iter().copied().skip(1).take(2).collect::<Vec<_>>(), "{}", told("limit"));
        assert_eq!(joined.first(&db)?.map(|book| book.id), keys.first().copied(), "{}", told("first"));
        assert_eq!(joined.last(&db)?.map(|book| book.id), keys.last().copied(), "{}", told("last"));
        assert_eq!(joined.exists(&db)?, !keys.is_empty(), "{}", told("exists"));

        // As a value: a condition in a scope of its own has one value for each row.
        let values = Book::objects().values_list(|b| (b.id(), !!tree.cond(&b)));
        let values = assert_num_queries!(db, 1, { values.all(&db)? });
        assert_eq!(values.len(), rows.books.len(), "{}", told("a value"));
        assert!(values.iter().all(|(key, holds)| holding.contains(key) == *holds), "{}", told("a value"));

        // In update, and in a delete that is taken back.
        let changed = assert_num_queries!(db, 1, { books().update(&db, |b| b.price().set(b.price() + 1.0))? });
        assert_eq!(changed, holding.len() as u64, "{}", told("update"));
        let mut deleted = 0;
        let taken_back: Result<()> = db.transaction(|tx| {
            books().delete(tx)?;
            deleted = rows.books.len() as u64 - Book::objects().count(tx)?;
            assert!(!Book::objects().filter(|b| b.id().in_(keys.clone())).exists(tx)?);
            Err(Error::DoesNotExist { model: "taken back", key: None })
        });
        assert!(taken_back.is_err());
        assert_eq!(deleted, holding.len() as u64, "{}", told("delete"));
    }
    Ok(())
}
