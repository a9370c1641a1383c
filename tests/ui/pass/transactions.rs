//! Transactions, with this library's error and with one of one's own.
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Debug)]
#[allow(dead_code, reason = "it is only made")]
enum MyError {
    Orm(eager_orm::Error),
    Io(std::io::Error),
    NoAuthor,
}

impl From<eager_orm::Error> for MyError {
    fn from(error: eager_orm::Error) -> Self {
        MyError::Orm(error)
    }
}

impl From<std::io::Error> for MyError {
    fn from(error: std::io::Error) -> Self {
        MyError::Io(error)
    }
}

fn ours(db: &Database) -> eager_orm::Result<Author> {
    db.transaction(|tx| {
        let author = Author::create().name("Frank Herbert").born(1920).save(tx)?;
        tx.savepoint(|sp| {
            Author::create().name("x").born(1).save(sp)?;
            Ok(())
        })?;
        Ok(author)
    })
}

fn its_own(db: &Database) -> Result<Author, MyError> {
    let _ = db.transaction(|tx| Book::objects().count(tx))?;
    db.try_transaction(|tx| {
        std::fs::read("x")?;
        let author = Author::objects().first(tx)?.ok_or(MyError::NoAuthor)?;
        Ok(author)
    })
}

fn said_once(db: &Database) -> Result<(), MyError> {
    db.try_transaction(|tx| -> Result<_, MyError> {
        std::fs::read("x")?;
        Ok(Author::objects().first(tx)?)
    })?;
    db.try_transaction::<_, MyError>(|tx| {
        std::fs::read("x")?;
        Author::objects().first(tx)?;
        Ok(())
    })?;
    let _ = db.read(|snapshot| Author::objects().count(snapshot))?;
    Ok(())
}

fn main() {
    let _ = (ours, its_own, said_once);
}
