//! Handles whose column is somewhere else: to-many, reverse one-to-one, and the slots of filtered prefetches.

use std::fmt;
use std::marker::PhantomData;

use crate::error::{Error, Result};
use crate::group::{Handle, ManyCell, OneCell, Place};
use crate::model::Model;

/// What all of them have in common. They are caches: two handles are always equal.
macro_rules! handle {
    ($name:ident) => {
        impl<T: Model> $name<T> {
            /// A handle that belongs to no row of a database.
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::{Error, prelude::*};
            /// # #[derive(Model, Debug)]
            /// # pub struct Book { pub id: i64 }
            /// let books = HasMany::<Book>::unattached();
            /// assert!(books.loaded().is_none());
            /// let db = Database::in_memory()?;
            /// assert!(matches!(books.all(&db), Err(Error::Unattached { .. })));
            /// # Ok::<(), Error>(())
            /// ```
            pub fn unattached() -> Self {
                $name { place: None, target: PhantomData }
            }

            #[doc(hidden)]
            #[inline]
            pub fn at(place: Place) -> Self {
                $name { place: Some(place), target: PhantomData }
            }

            #[doc(hidden)]
            pub fn handle(&self) -> Handle<'_> {
                Handle { key: None, place: self.place.as_ref() }
            }
        }

        impl<T: Model> Default for $name<T> {
            fn default() -> Self {
                Self::unattached()
            }
        }

        impl<T: Model> Clone for $name<T> {
            /// The clone shares what is loaded.
            fn clone(&self) -> Self {
                $name { place: self.place.clone(), target: PhantomData }
            }
        }

        impl<T: Model> PartialEq for $name<T> {
            fn eq(&self, _: &Self) -> bool {
                true
            }
        }

        impl<T: Model> Eq for $name<T> {}
    };
}

macro_rules! many {
    ($name:ident) => {
        handle!($name);

        impl<T: Model> $name<T> {
            /// The rows, if they are loaded. Never asks the database.
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub reviews: HasMany<Review>, pub tags: ManyToMany<Tag> }
            /// # #[derive(Model)]
            /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
            /// # #[derive(Model)]
            /// # pub struct Tag { pub id: i64 }
            /// # let db = Database::in_memory()?;
            /// # db.create_tables(models![Book, Review, Tag])?;
            /// # Book::create().save(&db)?;
            /// // SELECT .. FROM "book" LIMIT 2; SELECT .. FROM "tag" JOIN "book_tags" ..
            /// let book = Book::objects().prefetch_related(|b| b.tags()).get(&db)?;
            /// assert_eq!(book.tags.loaded().map(|tags| tags.len()), Some(0));
            /// assert!(book.reviews.loaded().is_none()); // not loaded is not empty
            /// # Ok::<(), eager_orm::Error>(())
            /// ```
            #[inline]
            pub fn loaded(&self) -> Option<&[T]> {
                self.place.as_ref()?.read::<ManyCell<T>>().map(|rows| &**rows)
            }

            /// Whether the rows are not loaded: for `#[serde(skip_serializing_if = "..")]`, which `#[model(serialize)]`
            /// says by itself.
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub reviews: HasMany<Review>, pub tags: ManyToMany<Tag> }
            /// # #[derive(Model)]
            /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
            /// # #[derive(Model)]
            /// # pub struct Tag { pub id: i64 }
            /// # let db = Database::in_memory()?;
            /// # db.create_tables(models![Book, Review, Tag])?;
            /// # Book::create().save(&db)?;
            /// let book = Book::objects().prefetch_related(|b| b.tags()).get(&db)?;
            /// assert!(!book.tags.is_unloaded());
            /// assert!(book.reviews.is_unloaded());
            /// # Ok::<(), eager_orm::Error>(())
            /// ```
            pub fn is_unloaded(&self) -> bool {
                self.loaded().is_none()
            }
        }

        impl<T: Model> fmt::Debug for $name<T> {
            /// How many rows are loaded, never the rows.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.loaded() {
                    Some(rows) => write!(f, "[{} {}]", rows.len(), T::META.name),
                    None => write!(f, "[{}, not loaded]", T::META.name),
                }
            }
        }

        impl<T: Model + serde::Serialize> serde::Serialize for $name<T> {
            /// The rows if they are loaded, null otherwise: an unloaded relation never passes for an empty one.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.loaded() {
                    Some(rows) => serializer.collect_seq(rows),
                    None => serializer.serialize_none(),
                }
            }
        }
    };
}

/// The rows of `T` that point at this one: the other side of a `ForeignKey`.
///
/// The foreign key is the target's field named like this model, or the one that `#[relation(via = "..")]` names.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Author {
///     pub id: i64,
///     pub books: HasMany<Book>, // Book.author
/// }
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub author: ForeignKey<Author>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Author, Book])?;
/// let author = Author::create().save(&db)?;
/// Book::create().author(&author).save(&db)?;
/// assert!(author.books.loaded().is_none()); // not loaded is not empty
/// assert_eq!(author.books.all(&db)?.len(), 1); // SELECT .. FROM "book" WHERE "author_id" IN (..)
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct HasMany<T: Model> {
    pub(crate) place: Option<Place>,
    target: PhantomData<fn() -> T>,
}
many!(HasMany);

/// The rows of `T` that are linked with this one through a table between the two.
///
/// `#[relation(through = BookTag)]` names a model for that table; without it a table is made, and the other side says
/// `#[relation(via = "..")]`.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub tags: ManyToMany<Tag>, // table book_tags (book_id, tag_id)
/// }
/// #[derive(Model)]
/// pub struct Tag {
///     pub id: i64,
///     pub name: String,
///     #[relation(via = "tags")]
///     pub books: ManyToMany<Book>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Book, Tag])?;
/// let tag = Tag::create().name("sf").save(&db)?;
/// let mut book = Book::create().save(&db)?;
/// book.tags.add(&db, [&tag])?; // INSERT INTO "book_tags" ("book_id", "tag_id") SELECT ..
/// assert_eq!(book.tags.all(&db)?[0].name, "sf"); // SELECT .. FROM "tag" JOIN "book_tags" ..
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct ManyToMany<T: Model> {
    pub(crate) place: Option<Place>,
    target: PhantomData<fn() -> T>,
}
many!(ManyToMany);

/// The one row of `T` that points at this one, if there is one: the other side of a unique `ForeignKey`.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct User {
///     pub id: i64,
///     pub profile: HasOne<Profile>, // Profile.user
/// }
/// #[derive(Model)]
/// pub struct Profile {
///     pub id: i64,
///     #[field(unique)]
///     pub user: ForeignKey<User>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![User, Profile])?;
/// let user = User::create().save(&db)?;
/// assert!(user.profile.loaded().is_none()); // nobody knows yet
/// assert!(user.profile.get(&db)?.is_none()); // SELECT .. FROM "profile" WHERE "user_id" IN (..)
/// assert!(matches!(user.profile.loaded(), Some(None))); // known to be absent
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct HasOne<T: Model> {
    pub(crate) place: Option<Place>,
    target: PhantomData<fn() -> T>,
}
handle!(HasOne);

impl<T: Model> HasOne<T> {
    /// `None` if it is not known, `Some(None)` if there is no such row. Never asks the database.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { pub id: i64, pub profile: HasOne<Profile> }
    /// # #[derive(Model)]
    /// # pub struct Profile { pub id: i64, #[field(unique)] pub user: ForeignKey<User> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![User, Profile])?;
    /// # User::create().save(&db)?;
    /// assert!(User::objects().get(&db)?.profile.loaded().is_none());
    /// // SELECT .. FROM "user" LEFT JOIN "profile" ON .. LIMIT 2
    /// let user = User::objects().select_related(|u| u.profile()).get(&db)?;
    /// assert!(matches!(user.profile.loaded(), Some(None)));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn loaded(&self) -> Option<Option<&T>> {
        self.place.as_ref()?.read::<OneCell<T>>().map(Option::as_deref)
    }

    /// Whether nothing is known yet: for `#[serde(skip_serializing_if = "..")]`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { pub id: i64, pub profile: HasOne<Profile> }
    /// # #[derive(Model)]
    /// # pub struct Profile { pub id: i64, #[field(unique)] pub user: ForeignKey<User> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![User, Profile])?;
    /// let user = User::create().save(&db)?;
    /// assert!(user.profile.is_unloaded());
    /// user.profile.get(&db)?; // SELECT .. FROM "profile" WHERE "user_id" IN (..)
    /// assert!(!user.profile.is_unloaded());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_unloaded(&self) -> bool {
        self.loaded().is_none()
    }
}

impl<T: Model> fmt::Debug for HasOne<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = T::META.name;
        match self.loaded() {
            Some(Some(row)) => write!(f, "{name}({}, loaded)", row.key_ref()),
            Some(None) => write!(f, "no {name}"),
            None => write!(f, "{name}, not loaded"),
        }
    }
}

impl<T: Model + serde::Serialize> serde::Serialize for HasOne<T> {
    /// The row if it is loaded, null otherwise.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.loaded().flatten().serialize(serializer)
    }
}

/// A slot for a part of a relation, which a filtered prefetch fills: `.prefetch_related(|b| b.reviews().limit(3).to(|b| b.top_reviews()))`.
///
/// A part never passes for the whole relation: it is here, and the relation itself stays unloaded.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub reviews: HasMany<Review>,
///     pub good_reviews: Prefetched<Review>,
/// }
/// #[derive(Model)]
/// pub struct Review {
///     pub id: i64,
///     pub stars: i32,
///     pub book: ForeignKey<Book>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Book, Review])?;
/// let book = Book::create().save(&db)?;
/// Review::create().stars(1).book(&book).save(&db)?;
/// let book = Book::objects()
///     .prefetch_related(|b| b.reviews().filter(|r| r.stars().ge(4)).to(|b| b.good_reviews()))
///     .get(&db)?;
/// assert!(book.good_reviews.get()?.is_empty());
/// assert!(book.reviews.loaded().is_none());
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct Prefetched<T: Model> {
    pub(crate) place: Option<Place>,
    target: PhantomData<fn() -> T>,
}
many!(Prefetched);

impl<T: Model> Prefetched<T> {
    /// The rows a prefetch put here.
    ///
    /// # Errors
    ///
    /// [`Error::SlotNotFilled`] where none did: an unfilled slot is never an empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub reviews: HasMany<Review>, pub top: Prefetched<Review> }
    /// # #[derive(Model, Debug)]
    /// # pub struct Review { pub id: i64, pub stars: i32, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Review])?;
    /// let book = Book::create().save(&db)?;
    /// assert!(matches!(book.top.get(), Err(Error::SlotNotFilled { slot: "top" })));
    /// Review::create().stars(5).book(&book).save(&db)?;
    /// let top = Book::objects().prefetch_related(|b| {
    ///     b.reviews().order_by(|r| r.stars().desc()).limit(1).to(|b| b.top()) // .. row_number() OVER ..
    /// });
    /// assert_eq!(top.get(&db)?.top.get()?[0].stars, 5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn get(&self) -> Result<&[T]> {
        self.loaded().ok_or_else(|| Error::SlotNotFilled { slot: self.name() })
    }

    fn name(&self) -> &'static str {
        self.place.as_ref().and_then(Place::slot_name).unwrap_or("slot")
    }
}
