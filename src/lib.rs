#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod prelude;

#[doc = include_str!("../docs/how-n-plus-1-goes-away.md")]
pub mod n_plus_1 {}

#[doc = include_str!("../docs/what-a-row-remembers.md")]
pub mod what_a_row_remembers {}

#[doc = include_str!("../docs/profiling.md")]
pub mod profiling {}

#[doc = include_str!("../docs/remembering-results.md")]
pub mod remembering_results {}

#[doc = include_str!("../docs/coming-from-django.md")]
pub mod coming_from_django {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing-an-app.md")]
pub mod testing_an_app {}

#[doc = include_str!("../docs/transactions-and-durability.md")]
pub mod transactions_and_durability {}

pub use eager_orm_core::*;
pub use eager_orm_derive::{DbEnum, DbValue, Model, Projection};

#[doc(hidden)]
pub use eager_orm_core::macro_support as __private;
