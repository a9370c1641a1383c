//! Querysets: every shape of lookup, without an annotation and without a suffix on a literal.
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn recent() -> QuerySet<Book> {
    Book::objects().filter(|b| b.published().year().ge(2020))
}

fn cheap(b: &Fields<Book>) -> Cond<Book> {
    b.price().lt(5)
}

fn lookups(title: &String, isbn: Option<String>, year: Option<i32>, id: i64) {
    let _ = Book::objects()
        .filter(|b| b.author().country().eq("US") & b.pages().gt(300))
        .exclude(|b| b.tags().name().eq("draft"))
        .filter_if(year, |b, year| b.published().year().eq(year))
        .filter(|b| b.id().gt(3_000_000_000))
        .filter(|b| b.pages().gt(300) | (b.price().gt(10) ^ b.price().lt(9.5)))
        .filter(|b| b.price().gt(-5) & b.pages().gt(-5) & b.price().gt(1e3))
        .filter(|b| b.title().eq("x") & b.title().eq(title) & b.title().eq(title.clone()) & b.title().eq(b.isbn()))
        .filter(|b| b.isbn().eq("x") & b.isbn().eq(title) & b.isbn().eq(Some("x")) & b.isbn().eq(isbn.clone()))
        .filter(|b| b.isbn().eq(None::<&str>) | b.isbn().eq(b.title()) | b.isbn().is_null())
        .filter(|b| b.active())
        .filter(|b| !b.active() & b.pages().gt(1))
        .filter(|b| b.pages().gt(1) & b.active() & !b.pages().gt(3))
        .filter(|b| b.id().in_([1, 2, 3]) & b.id().in_(vec![id]) & b.title().in_(["a", "b"]))
        .filter(|b| b.id().in_(&[1, 2][..]) & b.id().in_(Book::objects().values_list(|b| b.id())))
        .filter(|b| b.published().month().eq(5) & b.published().gt(Date::constant(2020, 1, 1)))
        .filter(|b| b.published().between(Date::constant(2020, 1, 1), Date::constant(2021, 1, 1)))
        .filter(|b| b.price().gt(b.price() * 0.5 + 1) & (b.pages() + 1).gt(b.pages() * b.pages()))
        .filter(|b| b.title().lower().contains("dune") & b.author().name().starts_with(b.title()))
        .filter(|b| b.pages().cast::<String>().ends_with("0") & b.isbn().coalesce("").ne(""))
        .filter(|b| cheap(&b) & b.pages().gt(3))
        .filter(|b| b.summary().icontains("desert"));
}

fn keys(author: &Author, publisher: Option<&Publisher>, tag: &Tag, book: &Book) {
    let _ = Book::objects()
        .filter(|b| b.author().eq(author) & b.author().eq(42) & b.author().eq(author.id))
        .filter(|b| b.publisher().eq(publisher) & b.publisher().eq(Some(3)) & b.publisher().is_null())
        .filter(|b| b.author().eq(&book.author) & b.author().in_([author]) & b.author().in_([1, 2]))
        .filter(|b| b.author().id().eq(3) & b.author().key().gt(5) & b.tags().eq(tag) & !b.publisher().eq(3));
    let _ = Flight::objects()
        .filter(|f| f.origin().eq("JFK") & f.dest().eq(f.origin()) & f.origin().code().ne(f.dest().code()))
        .filter(|f| f.r#type().eq(1) & f.origin().eq(String::from("x")) & f.origin().in_(["a", "b"]));
    let _ = Airport::objects()
        .filter(|a| a.departures().dest().name().eq("x"))
        .prefetch_related(|a| (a.departures(), a.arrivals().select_related(|f| f.origin())));
    let _ = Employee::objects()
        .filter(|e| e.reports_to().reports_to().name().eq("x"))
        .select_related(|e| e.reports_to().reports_to())
        .prefetch_related(|e| e.reports().prefetch_related(|e| e.reports()));
}

fn related() {
    let _ = Book::objects()
        .filter(|b| b.tags().any(|t| t.name().eq("sf") & !t.name().eq("x")) & b.tags().none(|t| t.id().gt(4)))
        .filter(|b| b.reviews().every(|r| r.stars().ge(3)) & b.reviews().exists())
        .filter(|b| exists(Review::objects().filter(|r| r.book().eq(outer(b.id())) & r.stars().gt(outer(b.pages())))))
        .filter(|b| !exists(Review::objects().filter(|r| r.book().eq(outer(b.id())))))
        .filter(|b| b.pages().gt(subquery(Review::objects().values_list(|r| r.stars()))));
    let _ = Review::objects().select_related(|r| (r.book().author(), r.book().publisher(), r.user().profile()));
    let _ = Book::objects()
        .select_related(|b| (b.author(), b.publisher()))
        .prefetch_related(|b| {
            (
                b.tags(),
                b.author().books(),
                b.author().prefetch_related(|a| a.books()),
                b.reviews().order_by(|r| r.stars().desc()).select_related(|r| r.user()),
                b.reviews().filter(|r| r.stars().ge(4)).order_by(|r| r.id().desc()).limit(3).to(|b| b.top_reviews()),
            )
        })
        .order_by(|b| (b.published().desc().nulls_last(), b.title(), b.author().name(), b.author()))
        .only(|b| b.summary())
        .defer(|b| (b.summary(), b.summary()))
        .only(|_| ())
        .order_by(|_| ())
        .reverse()
        .limit(20);
    let _ = Author::objects().prefetch_related(|a| {
        a.books().reviews().query(|q| q.filter(|r| r.stars().ge(4)).limit(3)).to(|b| b.top_reviews())
    });
}

fn values(db: &Database) -> eager_orm::Result<()> {
    let _: Vec<(i64, String)> = Book::objects().values_list(|b| (b.id(), b.author().name())).all(db)?;
    let _: Vec<String> = Book::objects().values_list(|b| b.title()).all(db)?;
    let _: Vec<Option<String>> = Book::objects().values_list(|b| b.publisher().name()).all(db)?;
    let _: Vec<(i64, Option<i64>, Option<String>)> =
        Book::objects().values_list(|b| (b.author(), b.publisher(), b.tags().name())).all(db)?;
    let _: Vec<(String, bool, i32, Option<f64>)> = Book::objects()
        .values_list(|b| (b.summary(), b.pages().gt(300), b.pages() + 1, b.price() / b.pages().cast::<f64>()))
        .all(db)?;
    let _: Vec<String> = Book::objects().values_list(|b| concat((b.title(), " by ", b.author().name()))).all(db)?;
    Ok(())
}

fn running(db: &Database, choose: bool) -> eager_orm::Result<()> {
    let mut query = recent();
    if choose {
        query = query.filter(|b| b.pages().gt(3));
    }
    let _: (Option<Book>, Option<Book>, bool, u64) =
        (query.first(db)?, query.last(db)?, query.exists(db)?, query.count(db)?);
    let _: Book = Book::objects().find(db, 3)?;
    let _: Airport = Airport::objects().find(db, "JFK")?;
    db.read(|snapshot| {
        for book in Book::objects().iter(snapshot)? {
            book?.author.get(snapshot)?;
        }
        Ok(())
    })?;
    let books = query.all(&db)?;
    prefetch_related_objects(db, &books, |b| b.tags())?;
    prefetch_related_objects(db, books.iter().filter(|b| b.pages > 3), |b| (b.tags(), b.author().books()))?;
    for book in &books {
        let _: &str = &book.author.get(db)?.name;
        let _: Option<&Publisher> = book.publisher.get(db)?;
        let _: &[Tag] = book.tags.all(db)?;
        let _: &[Review] = book.top_reviews.get()?;
        let _: &String = book.summary.get(db)?;
        let _: f64 = *book.sale_price.get_or_init(|| book.price * 0.5);
    }
    Ok(())
}

fn main() {
    let _ = (lookups, keys, related, values, running);
}
