//! SQL of one's own.

use crate::canon::{rows, shape, shapes};
use crate::models::*;
use eager_orm::prelude::*;
use eager_orm::raw;

cases! {
    "raw-extra-column" => |db| {
        let sql = r#"SELECT g."GenreId", g."Name", COUNT(*) AS n FROM "Genre" g
            JOIN "Track" t ON t."GenreId" = g."GenreId" GROUP BY 1, 2 HAVING n > 300 ORDER BY n DESC"#;
        rows!(Genre::raw(sql, ()).annotate::<i64>().all(db)?, (g, n) => id = g.id, name = g.name, n)
    };
    "raw-deferred" => |db| {
        let tracks = partial::Track::raw(r#"SELECT "TrackId", "Name" FROM "Track" WHERE "AlbumId" = 2 ORDER BY 1"#, ());
        shapes!(tracks.all(db)?, t; id, name, milliseconds = t.milliseconds.get(db)?)
    };
    "raw-index" => |db| {
        let types = MediaType::raw(r#"SELECT * FROM "MediaType" ORDER BY "MediaTypeId" DESC"#, ()).all(db)?;
        shape!(types[1]; id, name)
    };
    "raw-cursor" => |db| {
        let sql = r#"SELECT "Name", "Milliseconds" FROM "Track" WHERE "Milliseconds" > ? ORDER BY 2 DESC"#;
        raw::<(String, i64)>(sql, (5_000_000_i64,)).all(db)?
    };
}

/// A track without its relations, whose keys are no columns of the raw query.
mod partial {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "Track")]
    pub struct Track {
        #[field(column = "TrackId")]
        pub id: i64,
        #[field(column = "Name", max_length = 200)]
        pub name: String,
        #[field(column = "Milliseconds")]
        pub milliseconds: Deferred<i64>,
    }
}
