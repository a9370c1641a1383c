//! The models of the programs in this folder.
#![allow(dead_code, reason = "each program uses some of them")]

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: Option<String>,
    pub born: i32,
    pub books: HasMany<Book>,
}

#[derive(Model, Debug, Clone)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
    pub books: HasMany<Book>,
}

#[derive(Model, Debug, Clone)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub isbn: Option<String>,
    pub author: ForeignKey<Author>,
    pub publisher: Option<ForeignKey<Publisher>>,
    #[field(default = 100)]
    pub pages: i32,
    pub price: f64,
    #[field(default = true)]
    pub active: bool,
    pub published: Option<Date>,
    pub summary: Deferred<String>,
    #[relation(through = BookTag)]
    pub tags: ManyToMany<Tag>,
    pub reviews: HasMany<Review>,
    pub top_reviews: Prefetched<Review>,
    pub sale_price: Memo<f64>,
}

#[derive(Model, Debug, Clone)]
pub struct Tag {
    pub id: i64,
    pub name: String,
    #[relation(via = "tags")]
    pub books: ManyToMany<Book>,
}

#[derive(Model, Debug, Clone)]
pub struct BookTag {
    pub id: i64,
    pub book: ForeignKey<Book>,
    pub tag: ForeignKey<Tag>,
}

#[derive(Model, Debug, Clone)]
pub struct Review {
    pub id: i64,
    pub stars: i32,
    pub book: ForeignKey<Book>,
    pub user: Option<ForeignKey<User>>,
}

#[derive(Model, Debug, Clone)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub profile: HasOne<Profile>,
}

#[derive(Model, Debug, Clone)]
pub struct Profile {
    pub id: i64,
    #[field(unique)]
    pub user: ForeignKey<User>,
    pub bio: String,
}

#[derive(Model, Debug, Clone)]
pub struct Employee {
    pub id: i64,
    pub name: String,
    pub reports_to: Option<ForeignKey<Employee>>,
    #[relation(via = "reports_to")]
    pub reports: HasMany<Employee>,
}

#[derive(Model, Debug, Clone)]
pub struct Airport {
    #[field(primary_key)]
    pub code: String,
    pub name: String,
    #[relation(via = "origin")]
    pub departures: HasMany<Flight>,
    #[relation(via = "dest")]
    pub arrivals: HasMany<Flight>,
}

#[derive(Model, Debug, Clone)]
pub struct Flight {
    pub id: i64,
    pub origin: ForeignKey<Airport>,
    pub dest: ForeignKey<Airport>,
    pub r#type: i32,
}
