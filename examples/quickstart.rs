use eager_orm::prelude::*;

#[derive(Model)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: Option<String>, // an Option can be NULL
    pub books: HasMany<Book>,    // the other side of `Book.author`
}

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    #[field(default = 100)]
    pub pages: i32,
    pub author: ForeignKey<Author>, // column author_id, with an index
    pub tags: ManyToMany<Tag>,      // the table in between is made for you
}

#[derive(Model)]
pub struct Tag {
    pub id: i64,
    #[field(unique)]
    pub name: String,
}

fn main() -> eager_orm::Result<()> {
    let db = Database::in_memory()?; // or Database::open("library.db")?
    db.create_tables(models![Author, Book, Tag])?;

    // All of this takes effect, or nothing.
    db.transaction(|tx| {
        let frank = Author::create().name("Frank Herbert").country("US").save(tx)?;
        let ursula = Author::create().name("Ursula K. Le Guin").country("US").save(tx)?;
        let (sf, utopia) = (Tag::create().name("sf").save(tx)?, Tag::create().name("utopia").save(tx)?);
        let books = [
            Book::create().title("Dune").pages(412).author(&frank),
            Book::create().title("The Dispossessed").pages(341).author(&ursula),
            Book::create().title("The Compass Rose").author(&ursula),
        ];
        let mut books = Book::objects().bulk_create(books).run(tx)?;
        books[0].tags.add(tx, [&sf])?;
        books[1].tags.add(tx, [&sf, &utopia])?;
        Ok(())
    })?;

    // A condition on the author is a JOIN, and `select_related` loads the author by it: one statement.
    let long = Book::objects().filter(|b| b.author().country().eq("US") & b.pages().gt(300));
    let books = assert_num_queries!(db, 1, {
        long.select_related(|b| b.author()).order_by(|b| (b.pages().desc(), b.title())).all(&db)?
    });
    for book in &books {
        println!("{} pages: {} by {}", book.pages, book.title, book.author.get(&db)?.name);
    }

    // The authors, their books, the tags of those: three statements, however many rows there are.
    let authors = assert_num_queries!(db, 3, {
        Author::objects()
            .prefetch_related(|a| a.books().order_by(|b| b.title()).prefetch_related(|b| b.tags()))
            .all(&db)?
    });
    for author in &authors {
        println!("{}", author.name);
        for book in author.books.all(&db)? {
            let tags: Vec<&str> = book.tags.all(&db)?.iter().map(|tag| &*tag.name).collect();
            println!("    {} {tags:?}", book.title);
        }
    }

    // Nothing asked for: the first access loads the authors of all books. Two statements, and not one for each book.
    assert_num_queries!(db, 2, {
        for book in &Book::objects().all(&db)? {
            book.author.get(&db)?;
        }
    });
    Ok(())
}
