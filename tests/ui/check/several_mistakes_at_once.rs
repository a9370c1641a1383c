//~ up to 6 errors
//~ unknown word `tabel`
//~2 expected a number: `max_length = 120`
//~3 unknown action `Cascad`
//~4 a HasMany is never absent
//~5 `unique` makes an index already
//~6 `titel` is not a field of `Book`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
#[model(tabel = "books", ordering = "titel")]
struct Book {
    id: i64,
    #[field(max_length = "long")]
    title: String,
    #[relation(on_delete = Cascad)]
    author: ForeignKey<Author>,
    reviews: Option<HasMany<Book>>,
    #[field(unique, index)]
    isbn: String,
}

fn main() {}
