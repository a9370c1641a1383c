//! JSON columns of the `json` feature: any type that serde knows, stored as text.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::finite::is_finite;
use super::{Bind, Datum, Domain, JsonBase, Literal, Mismatch, NotNull, Scalar, Storage, Value};

/// A value that is stored as a text of JSON: a column of any type that serde can write and read.
///
/// It is read whole and written whole; in a query [`json`](crate::Expr::json) reaches into it. What is compared is the
/// text, as serde writes it. A float that is not a number or has no end is refused when it is written: JSON has none.
///
/// # Examples
///
/// ```
/// use eager_orm::{Json, prelude::*};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Clone, Debug, Default)]
/// pub struct Settings {
///     pub theme: String,
///     pub columns: Vec<String>,
/// }
///
/// #[derive(Model)]
/// pub struct User {
///     pub id: i64,
///     pub settings: Json<Settings>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![User])?;
/// let settings = Settings { theme: "dark".into(), columns: vec!["name".into()] };
/// let mut user = User::create().settings(Json(settings)).save(&db)?;
/// user.settings.columns.push("age".into());
/// user.save(&db)?; // UPDATE "user" SET "settings" = '{"theme":"dark","columns":["name","age"]}' WHERE "id" = 1
/// // SELECT .. FROM "user" WHERE json_extract("user"."settings", '$.theme') = 'dark'
/// assert!(User::objects().filter(|u| u.settings().json::<String>("$.theme").eq("dark")).exists(&db)?);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Json(value)
    }
}

/// Whether what was written may not be what is read: `null` where its type has none, or too many levels.
fn may_be_unreadable(text: &str) -> bool {
    let is_deep = || text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > 127;
    text.contains("null") || (text.len() > 255 && is_deep())
}

impl<T: Serialize + DeserializeOwned + 'static> Value for Json<T> {
    type Base = Json<T>;
    type Null = NotNull;
    type Nullable = Option<Json<T>>;
    type Out = Json<T>;
    const STORAGE: Storage = Storage::Text;
    const NAME: &'static str = "Json";
    const DOMAIN: Domain = Domain::Json;
    fn read(datum: Datum<'_>) -> Result<Json<T>, Mismatch> {
        match datum {
            Datum::Text(text) => {
                serde_json::from_slice(text).map(Json).map_err(|reason| Mismatch::refused(datum, &reason))
            }
            other => Err(Mismatch::found(other)),
        }
    }
    fn bind(&self) -> Bind<'_> {
        match serde_json::to_string(&self.0) {
            // Where a `null` stands, there may have been one.
            Ok(text) if text.contains("null") && !is_finite(&self.0) => {
                Bind::Refused("JSON has no float that is not a number or has no end")
            }
            Ok(text) if may_be_unreadable(&text) && serde_json::from_str::<T>(&text).is_err() => {
                Bind::Refused("its JSON cannot be read again: `null` where its type has none, or more than 127 levels")
            }
            Ok(text) => Bind::Text(Cow::Owned(text)),
            Err(_) => {
                Bind::Refused("there is no JSON for it: a key of a map that is no text, or what its type refuses")
            }
        }
    }
    fn scalar(out: Json<T>) -> Scalar {
        serde_json::to_value(out.0).map_or(Scalar::Null, Scalar::Json)
    }
}

impl<T: Serialize + DeserializeOwned + 'static> Literal<Json<T>> for Json<T> {
    fn literal(&self) -> Bind<'_> {
        self.bind()
    }
}

impl<T> JsonBase for Json<T> {}
