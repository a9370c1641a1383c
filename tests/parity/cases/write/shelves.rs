//! Tables of other kinds: a default, unique fields, an automatic table between, a one-to-one, constraints checked late.

use super::caught;
use crate::models::shelves::*;
use eager_orm::prelude::*;

cases! {
    "ext-m2m-add" => |db| {
        let mut shelf = Shelf::objects().filter(|s| s.name().eq("bottom")).get(db)?;
        shelf.stickers.add(db, [1, 4])?;
        shelf.stickers.all(db)?.iter().map(|sticker| sticker.label.clone()).collect::<Vec<_>>()
    };
    "ext-m2m-set" => |db| {
        let mut shelf = Shelf::objects().find(db, 1)?;
        shelf.stickers.set(db, &Sticker::objects().filter(|s| s.color().eq("red")).all(db)?)?;
        shelf.stickers.query().values_list(|s| s.label()).all(db)?
    };
    "ext-m2m-reverse-remove-clear" => |db| {
        let mut moon = Sticker::objects().filter(|s| s.label().eq("moon")).get(db)?;
        moon.shelves.remove(db, [1])?;
        let left = moon.shelves.query().count(db)?;
        moon.shelves.clear(db)?;
        (left, moon.shelves.query().exists(db)?)
    };
    "ext-field-default" => |db| {
        let sticker = Sticker::create().label("ring").save(db)?;
        (sticker.id, sticker.color, sticker.weight)
    };
    "ext-restrict" => |db| {
        let error = caught(Shelf::objects().find(db, 2)?.delete(db))?;
        (error, Shelf::objects().count(db)?, Slot::objects().count(db)?)
    };
    "ext-one-to-one" => |db| {
        let shelves =
            Shelf::objects().select_related(|s| s.card()).filter(|s| s.id().le(2)).order_by(|s| s.id()).all(db)?;
        let text = shelves[0].card.get(db)?.map(|card| card.text.clone());
        let card = ShelfCard::objects().select_related(|c| c.shelf()).get(db)?;
        (text, shelves[1].card.get(db)?.is_some(), card.shelf.get(db)?.name.clone())
    };
    "ext-one-to-one-dup" => |db| {
        let error = caught(ShelfCard::create().shelf(1).text("second").save(db).map(|card| card.id))?;
        (error, ShelfCard::objects().count(db)?)
    };
}
