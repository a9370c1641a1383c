//! Single words that are missing: no fields for `save_fields`.

use crate::models::*;
use eager_orm::prelude::*;

cases! {
    // No fields, no statement.
    "save-update-fields-empty" => |db| {
        let mut genre = Genre::objects().find(db, 1)?;
        genre.name = Some("zzz".into());
        genre.save_fields(db, |_| ())?;
        Genre::objects().find(db, 1)?.name
    };
}
