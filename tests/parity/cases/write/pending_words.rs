//! Single words that are missing: no fields for `save_fields`, a batch's size.

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
    "bulk-create-bad-batch-size" => |db| {
        Genre::objects().bulk_create([Genre::create().name("x")]).batch_size(0).run(db)?.len()
    };
}

// "bulk-create-both-flags-error" does not compile, once there is `on_conflict`: in `tests/ui/types`
//
//     Tag::objects().bulk_create([..]).on_conflict(|t| t.id()).ignore().update(|t| t.name());
//
// and in `REFUSED`.
