//! The models the tests share, and a database full of them.

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(ordering = "name")]
pub struct Author {
    pub id: i64,
    #[field(max_length = 120)]
    pub name: String,
    pub country: Option<String>,
    pub books: HasMany<Book>,
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
    pub sale_price: Memo<f64>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Tag {
    pub id: i64,
    #[field(unique)]
    pub name: String,
    #[relation(via = "tags")]
    pub books: ManyToMany<Book>,
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
}

/// An empty library.
pub fn empty() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Author, Publisher, Book, Tag, BookTag, Review, User, Profile]).unwrap();
    db
}
