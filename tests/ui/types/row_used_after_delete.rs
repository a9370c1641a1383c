//~ borrow of moved value: `book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn remove(db: &Database, book: Book) -> eager_orm::Result<String> {
    book.delete(db)?;
    Ok(book.title.clone())
}

fn main() {}
