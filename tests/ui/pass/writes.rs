//! Builders, rows that are saved, and what is written set-wise.
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn rows(db: &Database, frank: &Author) -> eager_orm::Result<()> {
    let mut dune: Book = Book::create().title("Dune").author(frank).price(9.99).summary("..").save(db)?;
    dune.title = "Dune Messiah".into();
    dune.author.set(frank);
    dune.publisher.set(Some(3));
    dune.publisher.set(None::<i64>);
    dune.summary.set("x");
    dune.save(db)?;
    dune.save_fields(db, |b| b.title())?;
    dune.save_fields(db, |b| (b.title(), b.author()))?;
    dune.refresh(db)?;
    dune.delete(db)?;
    let _: NewBook = Book::create()
        .author(3)
        .title(String::from("x"))
        .isbn("978")
        .isbn(Some("978"))
        .isbn(None::<String>)
        .publisher(None::<i64>)
        .publisher(3)
        .price(1.0)
        .summary("")
        .build();
    Ok(())
}

fn sets(db: &Database, frank: &Author, new: Vec<NewBook>) -> eager_orm::Result<()> {
    Book::objects().bulk_create(new).run(db)?;
    Book::objects().bulk_create([Book::create().title("x").author(3).price(1.0).summary("")]).run(db)?;
    let books = Book::objects().all(db)?;
    Book::objects().bulk_update(db, &books, |b| (b.price(), b.title()))?;
    Book::objects().filter(|b| b.pages().lt(10)).update(db, |b| b.price().set(b.price() * 0.5))?;
    Book::objects().update(db, |b| {
        (
            b.pages().set(b.pages() + 1),
            b.isbn().set(None::<&str>),
            b.isbn().set("x"),
            b.publisher().set(3),
            b.author().set(frank),
            b.publisher().set(None::<i64>),
            b.title().set(concat((b.title(), "!"))),
            b.title().set(b.isbn().coalesce("")),
        )
    })?;
    Book::objects().filter(|b| b.pages().lt(10)).delete(db)?;
    Ok(())
}

fn relations(db: &Database, frank: &mut Author, book: &mut Book, tag: &Tag) -> eager_orm::Result<()> {
    book.tags.add(db, [tag])?;
    book.tags.set(db, [1, 2])?;
    book.tags.remove(db, [tag])?;
    book.tags.clear(db)?;
    frank.books.create(db, Book::create().title("x").price(1.0).summary(""))?;
    let _: u64 = frank.books.query().filter(|b| b.pages().gt(3)).count(db)?;
    Ok(())
}

fn main() {
    let _ = (rows, sets, relations);
}
