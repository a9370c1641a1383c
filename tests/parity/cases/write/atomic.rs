//! Transactions, and transactions in transactions.

use super::{Stop, caught};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "atomic-rollback" => |db| {
        let error = caught(db.try_transaction(|tx| -> Result<(), Stop> {
            Genre::create().name("gone").save(tx)?;
            Track::objects().filter(|t| t.id().eq(1)).update(tx, |t| t.name().set("gone"))?;
            Err(Stop::Boom)
        }).map(|()| 0))?;
        (error, Genre::objects().count(db)?, Track::objects().find(db, 1)?.name)
    };
    "atomic-inner-ok-outer-fails" => |db| {
        let error = caught(db.try_transaction(|tx| -> Result<(), Stop> {
            tx.savepoint(|tx| Artist::create().name("inner").save(tx))?;
            Err(Stop::Boom)
        }).map(|()| 0))?;
        (error, Artist::objects().filter(|a| a.name().eq("inner")).exists(db)?)
    };
    "atomic-three-levels" => |db| {
        db.transaction(|tx| {
            MediaType::create().name("1").save(tx)?;
            tx.savepoint(|tx| {
                MediaType::create().name("2").save(tx)?;
                let third = tx.try_savepoint(|tx| -> Result<(), Stop> {
                    MediaType::create().name("3").save(tx)?;
                    Err(Stop::Boom)
                });
                caught(third.map(|()| 0))
            })
        })?;
        MediaType::objects().filter(|m| m.id().gt(5)).order_by(|m| m.id()).values_list(|m| m.name()).all(db)?
    };
    "atomic-broken-transaction" => |db| {
        let answer = db.transaction(|tx| {
            caught(Artist::create().id(1).name("dup").save(tx).map(|artist| artist.id))?;
            caught(Artist::objects().count(tx))
        })?;
        (answer, Artist::objects().filter(|a| a.id().eq(1)).values_list(|a| a.name()).first(db)?)
    };
    // A transaction that shall not stay ends with an error.
    "atomic-set-rollback" => |db| {
        let stopped = db.try_transaction(|tx| -> Result<(), Stop> {
            Genre::create().name("never").save(tx)?;
            Err(Stop::Boom)
        });
        assert!(stopped.is_err());
        Genre::objects().filter(|g| g.name().eq("never")).exists(db)?
    };
    // What begins on the database is the outermost transaction, or an error.
    "atomic-durable-error" => |db| {
        db.transaction(|_| {
            caught(db.transaction(|tx| Genre::create().name("x").save(tx)).map(|genre| genre.id))
        })?
    };
    "atomic-savepoint-false" => |db| {
        let answer = db.transaction(|tx| {
            Genre::create().name("outer").save(tx)?;
            let inner = |tx: &Transaction<'_>| -> Result<(), Stop> {
                Genre::create().name("inner").save(tx)?;
                Err(Stop::Boom)
            };
            caught(inner(tx).map(|()| 0))?;
            caught(Genre::objects().count(tx))
        })?;
        (answer, Genre::objects().count(db)?)
    };
}
