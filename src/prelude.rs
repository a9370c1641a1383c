//! What a file of models and queries imports: `use eager_orm::prelude::*;`.
//!
//! `Error` and `Result` are left out on purpose: a glob import of them would change what `Result` means in the file.

pub use eager_orm_core::{
    Cond, Database, DbEnum, Deferred, Executor, Expr, FetchMode, Fields, ForeignKey, HasMany, HasOne, ManyToMany, Memo,
    Model, Objects, OptionalForeignKey, Prefetched, Projection, QuerySet, Save, Snapshot, Transaction, Validate,
    assert_max_queries, assert_no_findings, assert_num_queries, assert_queries, case, concat, count, cume_dist,
    dense_rank, exists, models, ntile, outer, percent_rank, prefetch_related_objects, random, rank, raw, row_number,
    subquery, value, window,
};
pub use eager_orm_derive::{DbEnum, DbValue, Model, Projection};

#[cfg(feature = "decimal")]
pub use eager_orm_core::Decimal;
#[cfg(feature = "json")]
pub use eager_orm_core::Json;
#[cfg(feature = "uuid")]
pub use eager_orm_core::Uuid;
#[cfg(feature = "jiff")]
pub use eager_orm_core::{Date, DateTime, Time, Timestamp, now};
