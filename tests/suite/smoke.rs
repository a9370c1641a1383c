use crate::support::*;
use eager_orm::prelude::*;

#[test]
fn it_runs() -> eager_orm::Result<()> {
    let db = empty();
    let a = Author::create().name("Ann").country("US").save(&db)?;
    let p = Publisher::create().name("Ace").save(&db)?;
    let mut b = Book::create().title("One").author(&a).price(9.5).summary("long").publisher(&p).save(&db)?;
    Book::create().title("Two").author(&a).price(1.5).summary("longer").save(&db)?;
    let t = Tag::create().name("sf").save(&db)?;
    assert_eq!(b.tags.add(&db, [&t])?, 1);
    assert_eq!(b.tags.add(&db, [&t])?, 0);
    assert_eq!(b.tags.all(&db)?[0].name, "sf");
    let u = User::create().email("x").save(&db)?;
    for s in 1..=5 {
        Review::create().stars(s).text("t").book(&b).user(&u).save(&db)?;
    }
    let (r, log) = db.capture(|db| {
        Author::objects()
            .prefetch_related(|a| {
                (
                    a.books().prefetch_related(|b| {
                        (
                            b.tags(),
                            b.reviews().order_by(|r| r.stars().desc()).select_related(|r| r.user()),
                            b.reviews().limit(2).to(|b| b.top_reviews()),
                        )
                    }),
                    a.books().publisher(),
                )
            })
            .all(db)
    });
    println!("{log}");
    let authors = r?;
    let books = authors[0].books.loaded().unwrap();
    assert_eq!(books.len(), 2);
    assert_eq!(books[0].top_reviews.get()?.len(), 2);
    assert_eq!(books[0].reviews.loaded().unwrap()[0].stars, 5);
    assert_eq!(books[0].reviews.loaded().unwrap()[0].user.loaded().unwrap().email, "x");
    let (r, log) = db.capture(|db| {
        Book::objects()
            .filter(|b| b.author().name().eq("Ann") & b.tags().name().eq("sf") & b.reviews().stars().gt(3))
            .exclude(|b| b.reviews().stars().gt(7) & b.reviews().text().eq("x"))
            .select_related(|b| (b.author(), b.publisher()))
            .all(db)
    });
    println!("{log}");
    assert_eq!(r?.len(), 1);
    let n = db.read(|s| {
        let mut n = 0;
        for b in Book::objects().prefetch_related(|b| b.author()).iter(s)? {
            let b = b?;
            n += b.author.get(s)?.name.len();
        }
        Ok(n)
    })?;
    assert_eq!(n, 6);
    println!("{}", Book::objects().filter(|b| b.tags().name().is_null() | b.pages().gt(3)).to_sql());
    println!(
        "{}",
        Book::objects().filter(|b| (b.tags().name().is_null() | b.pages().gt(3)) & b.tags().id().eq(3)).to_sql()
    );
    println!(
        "{}",
        Author::objects()
            .filter(|a| a.books().tags().any(|t| t.name().eq("x")))
            .values_list(|a| (a.name(), a.books().title()))
            .to_sql()
    );
    println!("{:?}", Author::objects().filter(|a| a.books().publisher().name().eq("Ace")).first(&db)?);
    println!(
        "{:?}",
        Book::objects().filter(|b| b.author().country().eq("US")).update(&db, |b| b.pages().set(b.pages() + 1))?
    );
    println!("{:?}", Author::objects().delete(&db)?);
    println!("{}", std::mem::size_of::<Book>());
    Ok(())
}
