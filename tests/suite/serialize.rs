//! Models as JSON: what is loaded nests, what is not is left out, no statement runs, and serde's attributes mean what they
//! always do.

use eager_orm::Result;
use eager_orm::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

mod models {
    use eager_orm::prelude::*;
    use serde::Serialize;

    /// A loaded relation nests; nothing is said of the rest.
    #[derive(Model)]
    #[model(serialize)]
    pub struct Author {
        pub id: i64,
        pub name: String,
        pub books: HasMany<Book>,
        pub long_books: Prefetched<Book>,
        pub country: Option<String>,
    }

    /// With a word of serde's on every kind of field.
    #[derive(Model)]
    #[model(serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Book {
        pub id: i64,
        #[serde(rename = "name")]
        pub title: String,
        pub page_count: i32,
        pub author: ForeignKey<Author>,
        #[serde(rename = "house", skip_serializing_if = "Option::is_none")]
        pub publisher: Option<ForeignKey<Publisher>>,
        pub summary: Deferred<String>,
        pub tags: ManyToMany<Tag>,
        #[serde(skip_serializing_if = "HasMany::is_unloaded", rename = "opinions")]
        pub reviews: HasMany<Review>,
        #[serde(serialize_with = "in_cents")]
        pub price: f64,
        #[serde(skip)]
        pub secret: String,
        pub half_price: Memo<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub note: Option<String>,
    }

    fn in_cents<S: serde::Serializer>(price: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_i64((price * 100.0) as i64)
    }

    #[derive(Model)]
    #[model(serialize)]
    pub struct Publisher {
        pub id: i64,
        pub city: String,
    }

    #[derive(Model)]
    #[model(serialize)]
    pub struct Tag {
        pub id: i64,
        #[relation(via = "tags")]
        pub books: ManyToMany<Book>,
    }

    #[derive(Model)]
    #[model(serialize)]
    pub struct Review {
        pub id: i64,
        pub book: ForeignKey<Book>,
        #[serde(flatten)]
        pub writer: Option<ForeignKey<Writer>>,
        #[serde(flatten)]
        pub site: ForeignKey<Site>,
    }

    #[derive(Model)]
    #[model(serialize)]
    #[serde(tag = "type")]
    pub struct Writer {
        #[serde(skip)]
        pub id: i64,
        pub nick: String,
        pub badge: HasOne<Badge>,
    }

    #[derive(Model)]
    #[model(serialize)]
    pub struct Badge {
        pub id: i64,
        #[field(unique)]
        #[serde(skip)]
        pub writer: ForeignKey<Writer>,
    }

    /// By serde's own derive: the same, but for what is not loaded.
    #[derive(Model, Serialize)]
    pub struct Site {
        #[serde(skip)]
        pub id: i64,
        pub url: String,
        pub reviews: HasMany<Review>,
        pub news: Deferred<String>,
    }
}

use models::{Author, Badge, Book, Publisher, Review, Site, Tag, Writer};

/// Two books of one author. The first has a publisher, a tag, and a review of a writer with a badge.
fn shelf() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Author, Book, Publisher, Tag, Review, Writer, Badge, Site])?;
    let ann = Author::create().name("Ann").save(&db)?;
    let ace = Publisher::create().city("Rome").save(&db)?;
    let book =
        |title: &str| Book::create().title(title).page_count(9).author(&ann).summary("long").price(1.5).secret("x");
    let mut first = book("one").publisher(&ace).save(&db)?;
    book("two").note("hm").save(&db)?;
    let tag = Tag::create().save(&db)?;
    first.tags.add(&db, [&tag])?;
    let writer = Writer::create().nick("wo").save(&db)?;
    Badge::create().writer(&writer).save(&db)?;
    let site = Site::create().url("x.org").news("new").save(&db)?;
    Review::create().book(&first).writer(&writer).site(&site).save(&db)?;
    Review::create().book(&first).site(&site).save(&db)?;
    Ok(db)
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn what_is_not_loaded_is_left_out_and_a_foreign_key_is_its_key() -> Result<()> {
    let db = shelf()?;
    let author = Author::objects().get(&db)?;
    let text = assert_num_queries!(db, 0, { serde_json::to_string(&author).unwrap() });
    assert_eq!(text, r#"{"id":1,"name":"Ann","country":null}"#);
    let books = Book::objects().defer(|b| b.summary()).order_by(|b| b.id()).all(&db)?;
    books[0].half_price.get_or_init(|| 0.75);
    let text = assert_num_queries!(db, 0, { serde_json::to_string(&books).unwrap() });
    let expected = concat!(
        r#"[{"id":1,"name":"one","pageCount":9,"author":1,"house":1,"price":150},"#,
        r#"{"id":2,"name":"two","pageCount":9,"author":1,"price":150,"note":"hm"}]"#
    );
    assert_eq!(text, expected);
    Ok(())
}

#[test]
fn what_is_loaded_nests_in_the_order_of_the_fields() -> Result<()> {
    let db = shelf()?;
    let authors = Author::objects().prefetch_related(|a| {
        let books = a.books().select_related(|b| b.publisher()).order_by(|b| b.id()).only(|_| ());
        let long = a.books().filter(|b| b.page_count().gt(10)).to(|a| a.long_books());
        (books, a.books().tags(), long)
    });
    let author = authors.get(&db)?;
    let text = assert_num_queries!(db, 0, { serde_json::to_string(&author).unwrap() });
    let expected = concat!(
        r#"{"id":1,"name":"Ann","books":["#,
        r#"{"id":1,"name":"one","pageCount":9,"author":1,"house":{"id":1,"city":"Rome"},"tags":[{"id":1}],"price":150},"#,
        r#"{"id":2,"name":"two","pageCount":9,"author":1,"tags":[],"price":150,"note":"hm"}],"#,
        r#""long_books":[],"country":null}"#
    );
    assert_eq!(text, expected);
    // However it was loaded: lazily, for all peers, in one statement.
    let books = Book::objects().order_by(|b| b.id()).all(&db)?;
    assert_num_queries!(db, 1, { books[1].author.get(&db)? });
    let authors =
        |value: &Value| value.as_array().unwrap().iter().map(|book| book["author"].clone()).collect::<Vec<_>>();
    let ann = json!({"id": 1, "name": "Ann", "country": null});
    assert_eq!(authors(&assert_num_queries!(db, 0, { json_of(&books) })), [ann.clone(), ann]);
    assert_eq!(json_of(&books)[0]["summary"], "long");
    Ok(())
}

#[test]
fn a_flattened_row_is_among_the_fields_and_a_flattened_key_goes_by_its_name() -> Result<()> {
    let db = shelf()?;
    let reviews = || Review::objects().order_by(|r| r.id());
    let unloaded = reviews().all(&db)?;
    let expected = json!([{"id": 1, "book": 1, "writer": 1, "site": 1}, {"id": 2, "book": 1, "site": 1}]);
    assert_eq!(assert_num_queries!(db, 0, { json_of(&unloaded) }), expected);
    let loaded = reviews().select_related(|r| (r.writer().badge(), r.site())).all(&db)?;
    let text = assert_num_queries!(db, 0, { serde_json::to_string(&loaded[0]).unwrap() });
    assert_eq!(
        text,
        r#"{"id":1,"book":1,"type":"Writer","nick":"wo","badge":{"id":1},"url":"x.org","reviews":null,"news":"new"}"#
    );
    Ok(())
}

#[test]
fn serdes_own_derive_writes_null_for_what_is_not_loaded_and_never_an_empty_list() -> Result<()> {
    let db = shelf()?;
    let sites = Site::objects().defer(|s| s.news());
    assert_eq!(json_of(&sites.get(&db)?), json!({"url": "x.org", "reviews": null, "news": null}));
    let sites = sites.prefetch_related(|s| s.reviews().order_by(|r| r.id()));
    let expected = json!([{"id": 1, "book": 1, "writer": 1, "site": 1}, {"id": 2, "book": 1, "site": 1}]);
    assert_eq!(json_of(&sites.get(&db)?)["reviews"], expected);
    // A one-to-one relation without a row is null, and left out where nobody knows.
    let writer = Writer::create().nick("no").save(&db)?;
    assert_eq!(json_of(&writer), json!({"type": "Writer", "nick": "no"}));
    writer.badge.get(&db)?;
    assert_eq!(json_of(&writer), json!({"type": "Writer", "nick": "no", "badge": null}));
    Ok(())
}
