//! The run time of [eager-orm](https://docs.rs/eager-orm). Use that crate: this one has no derive macro, and its
//! documentation is there.
//!
//! The rooms, from the ground floor up; each imports only from those above it in this list.

mod error;
mod value;
mod meta;
mod statement;
mod sql;
mod db;
mod cache;
mod group;
mod plan;
mod model;
mod lower;
mod relation;
mod lookup;
mod schema;
mod prefetch;
mod fetch;
mod queryset;
mod raw;
mod save;
mod manager;
mod profile;
#[cfg(feature = "testing")]
pub mod testing;

pub use cache::{Cache, CacheStats};
pub use db::{
    Counters, Database, DatabaseBuilder, Executor, FetchMode, Finding, FindingKind, Gain, Held, Log, Report, Snapshot,
    Statement, Synchronous, Transaction,
};
pub use error::{Error, Failure, IntoFailures, Reason, Result};
pub use fetch::OptionalForeignKey;
pub use group::Shared;
pub use lookup::{
    AggSelection, Aggregate, Assign, AssignSet, Case, CaseStart, ColumnSet, Cond, DeferSet, Expr, InSet, IntoExpr,
    JoinSet, KeyOperand, KeySet, Operand, Order, OrderSet, Outer, Part, Predicate, PrefetchSet, Selection,
    SingleSelection, Slot, Slotted, TextParts, ToMany, ToOne, Whole, Window, Windowed, case, concat, count, cume_dist,
    dense_rank, ntile, outer, percent_rank, random, rank, row_number, value, window,
};
pub use manager::{LinkedThrough, Objects};
pub use meta::{
    CheckMeta, ColumnMeta, ColumnSource, IndexMeta, Link, ModelMeta, OnDelete, OrderingMeta, RelationKind, RelationMeta,
};
pub use model::{Complete, CompleteChild, Fields, Hooked, Hooks, Model, NullableKey, Target, Validated, Written};
pub use plan::DateUnit;
pub use profile::{Profile, Shape as StatementShape};
pub use queryset::{
    Annotated, Cached, Column, CursorPage, Deleted, GroupRecords, Grouped, Iter, Page, PageCursor, Paginator,
    Projection, ProjectionOf, QuerySet, Record, Records, Rows, Shape, Values, ValuesAs, ValuesOf, exists,
    prefetch_related_objects, subquery,
};
pub use raw::{Beside, Binds, RawQuery, RawQuerySet, RawRow, RawShape, ToBind, raw};
pub use relation::{Deferred, ForeignKey, HasMany, HasOne, IntoKey, IntoOptKey, ManyToMany, Memo, Prefetched};
pub use save::{BulkCreate, BulkIgnore, BulkUpdate, BulkUpsert, OnConflict, Save, Validate};
pub use value::{Bind, DbEnum, Domain, IntoField, Key, Literal, PrimaryKey, Scalar, Storage, Value};

#[cfg(feature = "jiff")]
pub use lookup::now;

#[cfg(feature = "jiff")]
pub use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
};

#[cfg(feature = "decimal")]
pub use rust_decimal::Decimal;
#[cfg(feature = "uuid")]
pub use uuid::Uuid;
#[cfg(feature = "json")]
pub use value::Json;

/// The only door for generated code.
#[doc(hidden)]
pub mod macro_support {
    pub use crate::db::{Executor, PreparedRow, Transaction};
    pub use crate::error::{Error, Result};
    pub use crate::group::{Cursor, Handle, Members, Origin, Place, Returned};
    pub use crate::lookup::{
        Expr, IntoExpr, KeyOperand, NoSuchField, Nullable, Operand, Required, Slot, ToMany, ToOne, crossed, links_to,
        literal_node, mirrors, points_at, points_at_one,
    };
    pub use crate::meta::{
        CheckMeta, ColumnMeta, ColumnSource, IndexMeta, Link, ModelMeta, OnDelete, OrderingMeta, RelationKind,
        RelationMeta,
    };
    pub use crate::model::{
        Complete, CompleteChild, Event, FIRST_VERSION, Fields, FieldsAt, Hooked, Model, NullableKey, Rules, Set,
        Validated, ask_binds, call, can_be_led_to, filled, made, required,
    };
    pub use crate::plan::{Node, Path};
    pub use crate::queryset::{Nested, Projection, ProjectionFields, ProjectionOf};
    pub use crate::raw::{RawRow, RowShape};
    pub use crate::relation::{
        Deferred, FlatKey, ForeignKey, HasMany, HasOne, IntoKey, IntoOptKey, ManyToMany, Memo, Prefetched, StoredKey,
    };
    pub use crate::save::{Validate, insert, validate_new};
    pub use crate::value::{
        AutoKey, Bind, Datum, DbEnum, Domain, Inside, IntoField, Key, KeyParts, KeyRef, Kind, Lit, Literal, Mismatch,
        NotNull, Now, PrimaryKey, Scalar, SetByHand, Stamp, Storage, TextBase, Value, accepted, accepted_of,
        bind_inside, canonical, no_variant, read_inside, scalar_inside,
    };
}
