#![doc = include_str!("../README.md")]

pub mod prelude;

pub use eager_orm_core::*;
pub use eager_orm_derive::Model;

#[doc(hidden)]
pub use eager_orm_core::macro_support as __private;
