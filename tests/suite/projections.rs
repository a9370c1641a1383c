//! Projections: structs filled from some columns of a model and of the rows it points at, in one statement.

use eager_orm::{Error, prelude::*};
use serde::Serialize;

use crate::support::*;

#[derive(Projection, Debug, Clone, PartialEq, Serialize)]
#[projection(model = Publisher)]
struct PublisherCard {
    id: i64,
    name: String,
}

#[derive(Projection, Debug, Clone, PartialEq, Serialize)]
#[projection(model = Author)]
struct AuthorCard {
    name: String,
    country: Option<String>,
}

#[derive(Projection, Debug, Clone, PartialEq, Serialize)]
#[projection(model = Book)]
struct Card {
    title: String,
    summary: String,
    #[projection(path = "author")]
    author_id: i64,
    publisher: Option<i64>,
    #[projection(path = "author.name")]
    author_name: String,
    #[projection(path = "publisher.name")]
    publisher_name: Option<String>,
    #[projection(nested)]
    author: AuthorCard,
    #[projection(nested, path = "publisher")]
    publisher_card: Option<PublisherCard>,
}

#[test]
fn a_projection_is_read_in_one_statement() -> Result<(), Error> {
    let db = library();
    let cards =
        assert_num_queries!(db, 1, { Book::objects().order_by(|b| b.id()).values_as::<Card>().all(&db).unwrap() });
    assert_eq!(cards.len(), 4);
    let ace = PublisherCard { id: 1, name: "Ace".into() };
    assert_eq!(
        cards[0],
        Card {
            title: "B0".into(),
            summary: "summary 0".into(),
            author_id: 1,
            publisher: Some(1),
            author_name: "Ann".into(),
            publisher_name: Some("Ace".into()),
            author: AuthorCard { name: "Ann".into(), country: Some("US".into()) },
            publisher_card: Some(ace),
        }
    );
    assert_eq!((cards[1].publisher, &cards[1].publisher_name, &cards[1].publisher_card), (None, &None, &None));
    assert_eq!(cards[1].author, AuthorCard { name: "Bob".into(), country: None });
    Ok(())
}

#[test]
fn only_what_is_projected_is_selected() {
    assert_eq!(
        Book::objects().values_as::<Short>().to_sql(),
        r#"SELECT "book"."title", "author"."name" FROM "book" LEFT JOIN "author" ON "author"."id" = "book"."author_id""#
    );
    assert_eq!(
        Review::objects().values_as::<OfReview>().to_sql(),
        concat!(
            r#"SELECT "review"."stars", "book"."id" IS NULL, "book"."title", "publisher"."id" IS NULL, "publisher"."id", "#,
            r#""publisher"."name" FROM "review" LEFT JOIN "book" ON "book"."id" = "review"."book_id" "#,
            r#"LEFT JOIN "publisher" ON "publisher"."id" = "book"."publisher_id""#
        )
    );
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Book)]
struct Short {
    title: String,
    #[projection(path = "author.name")]
    author: String,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Book)]
struct OfBook {
    title: String,
    #[projection(nested)]
    publisher: Option<PublisherCard>,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Review)]
struct OfReview {
    stars: i32,
    #[projection(nested)]
    book: OfBook,
}

#[test]
fn a_projection_nests_to_any_depth() -> Result<(), Error> {
    let db = library();
    let reviews = assert_num_queries!(db, 1, {
        Review::objects().order_by(|r| r.id()).values_as::<OfReview>().all(&db).unwrap()
    });
    let bat = PublisherCard { id: 2, name: "Bat".into() };
    assert_eq!(reviews[0], OfReview { stars: 1, book: OfBook { title: "B1".into(), publisher: None } });
    assert_eq!(reviews[1], OfReview { stars: 1, book: OfBook { title: "B2".into(), publisher: Some(bat) } });
    Ok(())
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Review)]
struct Everywhere {
    #[projection(path = "book.author.country")]
    country: Option<String>,
    #[projection(path = "book.publisher.id")]
    publisher: Option<i64>,
    #[projection(nested, path = "book.author")]
    author: AuthorCard,
    #[projection(nested, path = "book.publisher")]
    card: Option<PublisherCard>,
    #[projection(path = "user.profile.bio")]
    bio: Option<String>,
}

#[test]
fn a_path_crosses_relations_to_one_row_at_any_distance() {
    let db = library();
    let rows = Review::objects().order_by(|r| r.id()).values_as::<Everywhere>().all(&db).unwrap();
    assert_eq!(rows[1].country.as_deref(), Some("US"));
    assert_eq!((rows[1].publisher, rows[1].card.as_ref().map(|card| card.id)), (Some(2), Some(2)));
    assert_eq!((rows[0].publisher, &rows[0].card), (None, &None));
    assert_eq!(rows[0].author.name, "Bob");
    let bios: Vec<Option<&str>> = rows.iter().map(|row| row.bio.as_deref()).collect();
    assert_eq!(bios, [Some("hello"), Some("hello"), None, Some("hello"), None, None]);
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Loan)]
struct LoanOfAny {
    #[projection(nested)]
    book: Option<Short>,
    #[projection(path = "book.title")]
    title: Option<String>,
    #[projection(nested, path = "book")]
    of_book: Option<OfBook>,
    days: i32,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Loan)]
struct LoanOfSome {
    #[projection(nested)]
    book: Short,
}

#[test]
fn a_key_that_points_at_nothing_is_none_or_an_error() {
    let db = library();
    Loan::create().days(3).book(1).save(&db).unwrap();
    Loan::create().days(5).book(99).save(&db).unwrap();
    let loans = Loan::objects().order_by(|l| l.id());
    let any = loans.clone().values_as::<LoanOfAny>().all(&db).unwrap();
    assert_eq!(any[0].book, Some(Short { title: "B0".into(), author: "Ann".into() }));
    let ace = PublisherCard { id: 1, name: "Ace".into() };
    assert_eq!(any[0].of_book, Some(OfBook { title: "B0".into(), publisher: Some(ace) }));
    assert_eq!(any[1], LoanOfAny { book: None, title: None, of_book: None, days: 5 });
    let error = loans.values_as::<LoanOfSome>().all(&db).unwrap_err();
    assert_eq!(error.to_string(), "`Loan.book` is a `Short`, and the row has no such row in column \"book\"");
}

fn cheap(b: &Fields<Book>) -> Cond<Book> {
    b.price().lt(2.0)
}

const LIMIT: i64 = 2;

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Book)]
struct Computed {
    #[projection(with = |b| b.title().lower())]
    title: String,
    #[projection(with = cheap)]
    cheap: bool,
    #[projection(with = |b| b.reviews().count())]
    reviews: i64,
    #[projection(with = |b| b.reviews().stars().avg())]
    stars: Option<f64>,
    #[projection(with = |b| b.tags().count().gt(LIMIT - 1))]
    tagged: bool,
    #[projection(with = |b| b.publisher().name().eq("Ace"))]
    of_ace: bool,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Review)]
struct WithComputed {
    #[projection(nested)]
    book: Computed,
}

#[test]
fn a_field_can_be_computed() {
    let db = library();
    let rows = Book::objects().order_by(|b| b.id()).values_as::<Computed>().all(&db).unwrap();
    let row = |title: &str, cheap, reviews, stars, tagged, of_ace| Computed {
        title: title.into(),
        cheap,
        reviews,
        stars,
        tagged,
        of_ace,
    };
    assert_eq!(rows[0], row("b0", true, 0, None, true, true));
    assert_eq!(rows[1], row("b1", true, 1, Some(1.0), false, false));
    assert_eq!(rows[3], row("b3", false, 3, Some(2.0), false, true));
    // Also where it is nested: the path goes on from there.
    let nested = Review::objects().order_by(|r| r.id()).values_as::<WithComputed>().all(&db).unwrap();
    assert_eq!(nested[5].book, rows[3]);
    assert_eq!(nested[0].book, rows[1]);
}

#[test]
fn a_queryset_of_projections_is_a_queryset() {
    let db = library();
    let short = |title: &str, author: &str| Short { title: title.into(), author: author.into() };
    let cards = Book::objects().filter(|b| b.pages().gt(10)).values_as::<Short>().order_by(|b| b.pages().desc());
    assert_eq!(cards.first(&db).unwrap(), Some(short("B3", "Bob")));
    assert_eq!(cards.last(&db).unwrap(), Some(short("B1", "Bob")));
    assert_eq!(cards.clone().limit(2).offset(1).all(&db).unwrap(), [short("B2", "Ann"), short("B1", "Bob")]);
    assert_eq!(cards.clone().filter(|b| b.title().eq("B2")).get(&db).unwrap(), short("B2", "Ann"));
    assert!(matches!(cards.get(&db), Err(Error::MultipleObjectsReturned { model: "Book" })));
    assert_eq!((cards.count(&db).unwrap(), cards.exists(&db).unwrap()), (3, true));
    let streamed = db.read(|snapshot| cards.iter(snapshot)?.collect::<Result<Vec<Short>, Error>>()).unwrap();
    assert_eq!(streamed, cards.all(&db).unwrap());
    assert!(Book::objects().none().values_as::<Short>().all(&db).unwrap().is_empty());
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = Review)]
struct Stars {
    #[projection(nested)]
    user: Option<UserCard>,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(model = User)]
struct UserCard {
    #[projection(with = |u| u.email().length())]
    letters: i64,
}

#[test]
fn distinct_looks_at_the_values_and_not_at_the_rows_behind_them() {
    let db = library();
    let mut rows = Review::objects().values_as::<Stars>().distinct().all(&db).unwrap();
    rows.sort_by_key(|row| row.user.is_some());
    assert_eq!(rows, [Stars { user: None }, Stars { user: Some(UserCard { letters: 8 }) }]);
}

#[test]
fn a_projection_loads_nothing_besides() {
    let db = library();
    let error = Book::objects().prefetch_related(|b| b.tags()).values_as::<Short>().all(&db).unwrap_err();
    assert!(matches!(error, Error::Misuse { .. }));
}

#[test]
fn a_projection_serialises_as_the_struct_it_is() {
    let db = library();
    let card = Book::objects().filter(|b| b.id().eq(1)).values_as::<Card>().get(&db).unwrap();
    let json = serde_json::to_value(&card).unwrap();
    assert_eq!(json["publisher_card"], serde_json::json!({ "id": 1, "name": "Ace" }));
    assert_eq!(json["author"]["country"], "US");
}

#[test]
fn a_raw_row_becomes_a_projection_by_the_names_of_its_fields() -> Result<(), Error> {
    let db = library();
    let sql = "SELECT p.name AS publisher__name, b.TITLE, p.id AS publisher__id, 1 AS further \
               FROM book b LEFT JOIN publisher p ON p.id = b.publisher_id ORDER BY b.id";
    let books = assert_num_queries!(db, 1, { raw::<OfBook>(sql, ()).all(&db).unwrap() });
    assert_eq!(books[0].publisher, Some(PublisherCard { id: 1, name: "Ace".into() }));
    assert_eq!(books[1], OfBook { title: "B1".into(), publisher: None });

    let error = raw::<OfBook>("SELECT title, 1 AS publisher__id FROM book", ()).all(&db).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`OfBook.publisher__name` is read from a column \"publisher__name\", and the statement has the 2 columns \
         \"title\", \"publisher__id\""
    );
    let error = raw::<Short>("SELECT title, NULL AS author FROM book", ()).all(&db).unwrap_err();
    assert_eq!(error.to_string(), "`Short.author` is a `String`, and the row has NULL in column \"author\"");
    let error = raw::<Short>("SELECT 'x' AS title", ()).get(&db).unwrap_err();
    assert!(matches!(error, Error::NotSelected { model: "Short", .. }));
    Ok(())
}

#[test]
fn a_projection_can_stand_beside_a_raw_model() {
    let db = library();
    let sql = "SELECT b.*, a.name AS author FROM book b JOIN author a ON a.id = b.author_id WHERE b.id = ?1";
    let error = Book::raw(sql, (1,)).annotate::<Short>().get(&db).unwrap_err();
    // The title is a field of the model, and what stands beside is not.
    assert!(matches!(error, Error::NotSelected { model: "Short", field, .. } if field == "title"));
    let sql = "SELECT b.*, a.name AS author, upper(b.title) AS name, NULL AS country FROM book b \
               JOIN author a ON a.id = b.author_id WHERE b.id = ?1";
    let (book, card) = Book::raw(sql, (1,)).annotate::<AuthorCard>().get(&db).unwrap();
    assert_eq!((book.title.as_str(), card), ("B0", AuthorCard { name: "B0".into(), country: None }));
}
