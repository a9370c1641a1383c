use eager_orm::prelude::*;

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: Option<String>,
    pub bio: Deferred<String>,
    pub books: HasMany<Book>,
    pub profile: HasOne<Profile>,
    pub long_books: Prefetched<Book>,
}

#[derive(Model, Debug)]
pub struct Profile {
    pub id: i64,
    pub site: String,
    #[field(unique)]
    pub author: ForeignKey<Author>,
}

#[derive(Model, Debug)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub pages: i32,
    pub price: Option<f64>,
    pub published: Date,
    pub sold: Option<DateTime>,
    pub author: ForeignKey<Author>,
    #[relation(on_delete = SetNull)]
    pub publisher: Option<ForeignKey<Publisher>>,
    pub tags: ManyToMany<Tag>,
    pub reviews: HasMany<Review>,
}

#[derive(Model, Debug)]
pub struct Tag {
    pub id: i64,
    #[field(unique)]
    pub name: String,
    #[relation(via = "tags")]
    pub books: ManyToMany<Book>,
}

#[derive(Model, Debug)]
pub struct Review {
    pub id: i64,
    pub stars: i32,
    pub extra: String, // JSON
    #[relation(on_delete = Cascade)]
    pub book: ForeignKey<Book>,
}

// ---- What is above stands on the page too, and a test compares them; what is below does not.

/// Three authors, three books, three tags and three reviews, with keys counted from 1.
pub fn library() -> eager_orm::Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Author, Profile, Publisher, Book, Tag, Review])?;
    db.transaction(|tx| {
        let author = |name: &'static str| Author::create().name(name).bio("..");
        let frank = author("Frank Herbert").country("US").save(tx)?;
        let ursula = author("Ursula K. Le Guin").country("US").save(tx)?;
        let jane = author("Jane Austen").save(tx)?;
        Profile::create().site("dune.example").author(&frank).save(tx)?;
        let ace = Publisher::create().name("Ace").save(tx)?;
        let day = |year, month, day| Date::new(year, month, day).unwrap_or_default();
        let noon = |year, month, day| DateTime::new(year, month, day, 12, 30, 15, 0).unwrap_or_default();
        let dune = Book::create().title("Dune").pages(412).price(9.5).published(day(1965, 8, 1));
        let mut dune = dune.sold(noon(2024, 2, 29)).author(&frank).publisher(&ace).save(tx)?;
        let dispossessed = Book::create().title("The Dispossessed").pages(341).price(8.0).published(day(1974, 5, 1));
        let mut dispossessed = dispossessed.sold(noon(2025, 3, 1)).author(&ursula).publisher(&ace).save(tx)?;
        let mut emma = Book::create().title("Emma").pages(290).published(day(1815, 12, 23)).author(&jane).save(tx)?;
        let sf = Tag::create().name("sf").save(tx)?;
        let utopia = Tag::create().name("utopia").save(tx)?;
        let love = Tag::create().name("love").save(tx)?;
        dune.tags.add(tx, [&sf])?;
        dispossessed.tags.add(tx, [&sf, &utopia])?;
        emma.tags.add(tx, [&love])?;
        let review = |stars: i32, book: &Book| Review::create().stars(stars).book(book);
        review(5, &dune).extra(r#"{"by": {"name": "Ann"}, "likes": 7}"#).save(tx)?;
        review(3, &dune).extra("{}").save(tx)?;
        review(4, &emma).extra("{}").save(tx)?;
        Ok(())
    })?;
    Ok(db)
}
