#![allow(dead_code, reason = "the fields are printed")]
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection, Debug)]
#[projection(model = Publisher)]
struct PublisherCard {
    pub name: String,
}

#[derive(Projection, Debug)]
#[projection(model = Flight)]
struct FlightCard {
    pub id: i64,
    pub r#type: i32,
    #[projection(path = "origin.code")]
    pub from: String,
    #[projection(path = "dest")]
    pub to: String,
    #[projection(with = to)]
    pub far: bool,
}

fn to(f: &Fields<Flight>) -> Cond<Flight> {
    f.r#type().gt(1)
}

#[derive(Projection, Debug)]
#[projection(model = Book)]
struct Card {
    pub title: String,
    pub isbn: Option<String>,
    pub price: Option<f64>,
    pub author: i64,
    pub published: Option<Date>,
    #[projection(nested)]
    pub publisher: Option<PublisherCard>,
    #[projection(with = |b| b.reviews().stars().avg())]
    pub stars: Option<f64>,
}

/// Generic over what is read.
fn page<M: Model, P: eager_orm::ProjectionOf<M>>(rows: QuerySet<M>, db: &Database) -> eager_orm::Result<Vec<P>> {
    rows.values_as::<P>().limit(10).all(db)
}

fn main() -> eager_orm::Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Author, Publisher, Book, Tag, BookTag, Review, User, Profile, Airport, Flight])?;
    let cards: Vec<Card> = page(Book::objects(), &db)?;
    for card in cards {
        println!("{card:?}");
    }
    println!("{:?}", Flight::objects().values_as::<FlightCard>().first(&db)?);
    println!("{:?}", raw::<FlightCard>("SELECT 1 AS id, 2 AS type, 'a' AS \"from\", 'b' AS \"to\", 1 AS far", ()).all(&db)?);
    println!("{}", raw("DELETE FROM book WHERE id = ?1", [1]).execute(&db)?);
    Ok(())
}
