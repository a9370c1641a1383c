//! Lookups: typed expressions and conditions over the fields of a model.
//!
//! Comes in: the field handles the derive writes. Goes out: nodes of a `plan`. Every generic function here is a thin
//! wrapper over the untyped tree, so that a queryset costs the compiler little; the types are where mistakes are
//! refused, and each refusing trait says what to write instead.

mod aggregate;
mod arithmetic;
mod assign;
mod bits;
mod case;
mod characters;
mod condition;
mod date;
mod expr;
mod function;
mod literal;
mod math;
mod operand;
mod order;
mod path;
mod period;
mod prefetch;
mod project;
mod select;
#[cfg(feature = "jiff")]
mod span;
mod spread;
mod text;
mod tuples;
mod window;

pub use aggregate::{Aggregate, count};
pub use assign::{Assign, AssignSet, ColumnSet, DeferSet};
pub use case::{Case, CaseStart, IntoExpr, case};
pub use condition::{Cond, Predicate};
pub use expr::Expr;
pub use function::{Outer, TextParts, concat, outer};
#[cfg(feature = "jiff")]
pub use literal::now;
pub use literal::{random, value};
pub use operand::{InSet, KeyOperand, KeySet, Operand, literal_node};
use operand::{Lifted, Met};
pub use order::{Order, OrderSet};
pub use path::{Cross, NoSuchField, Nullable, Required, ToMany, ToOne, links_to, mirrors, points_at, points_at_one};
pub use prefetch::{JoinSet, Part, PrefetchSet, Slot, Slotted, Whole};
pub use project::{Crossed, HasRoom, Holds, IsModel, Projected, crossed};
pub use select::{AggSelection, Selection, SingleSelection};
pub use window::{Window, Windowed, cume_dist, dense_rank, ntile, percent_rank, rank, row_number, window};
