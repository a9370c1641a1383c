//! Kinds: how many values a path has for one row of the query's model, as types.
//!
//! The kind of a path decides where it may stand: a column behind a to-many relation has no single value, so it can
//! be filtered on and not ordered by; only a model's own column can be assigned. The user never writes a kind.

use super::Value;

/// The model's own column: it can be set, saved, and named in a conflict.
pub struct Own;
/// One value per row: behind required foreign keys, or computed.
pub struct One;
/// One value or none: behind a nullable foreign key or a reverse one-to-one.
pub struct Opt;
/// Any number of values: behind a to-many relation.
pub struct Many;
/// An aggregate.
pub struct Agg;
/// A literal, neutral beside every other kind.
pub struct Lit;

/// How many values of a path there are for one row.
pub trait Kind: 'static {
    /// The type of a column of type `T`, seen along this path.
    type Wrap<T: Value>: Value<Base = T::Base>;
    /// The kind behind one more required foreign key.
    type Req: Kind;
    /// The kind behind one more nullable foreign key.
    type Nul: Kind;
    /// The kind of a function of it.
    type Computed: Kind;
}

macro_rules! kinds {
    ($($kind:ty, $wrap:ident, $req:ty, $nul:ty, $computed:ty;)*) => {$(
        impl Kind for $kind {
            type Wrap<T: Value> = kinds!(@$wrap T);
            type Req = $req;
            type Nul = $nul;
            type Computed = $computed;
        }
    )*};
    (@plain $t:ident) => { $t };
    (@nullable $t:ident) => { $t::Nullable };
}
kinds! {
    Own, plain, One, Opt, One;
    One, plain, One, Opt, One;
    Opt, nullable, Opt, Opt, One;
    Many, nullable, Many, Many, Many;
    Agg, plain, Agg, Agg, Agg;
    Lit, plain, Lit, Lit, Lit;
}

/// The kind of an operator's result.
pub trait Meet<K> {
    /// The kind of `a op b`.
    type Out: Kind;
}
macro_rules! meet {
    ($($a:ty: $($b:ty => $out:ty),*;)*) => {$($( impl Meet<$b> for $a { type Out = $out; } )*)*};
}
meet! {
    Own: Own => One, One => One, Opt => One, Many => Many, Agg => One, Lit => One;
    One: Own => One, One => One, Opt => One, Many => Many, Agg => One, Lit => One;
    Opt: Own => One, One => One, Opt => One, Many => Many, Agg => One, Lit => One;
    Many: Own => Many, One => Many, Opt => Many, Many => Many, Agg => Many, Lit => Many;
    Agg: Own => One, One => One, Opt => One, Many => Many, Agg => Agg, Lit => Agg;
    Lit: Own => One, One => One, Opt => One, Many => Many, Agg => Agg, Lit => Lit;
}

/// At most one value per row.
#[diagnostic::on_unimplemented(
    message = "this is a column behind a to-many relation: there is not one value of it per row",
    label = "any number of values per row",
    note = "in `filter` it may be compared as it is; to order by it or return it, make it one value first: an aggregate, or `.joined()` where `values_list` joins its rows"
)]
pub trait Single {}
impl Single for Own {}
impl Single for One {}
impl Single for Opt {}
impl Single for Agg {}
impl Single for Lit {}

/// An aggregate.
#[diagnostic::on_unimplemented(
    message = "only an aggregate can be computed over a group or over the whole queryset",
    label = "not an aggregate",
    note = "write `.count()`, `.sum()`, `.avg()`, `.min()` or `.max()` after the column; to group by it, name it in `values_list`"
)]
pub trait IsAgg {}
impl IsAgg for Agg {}

/// The model's own column.
#[diagnostic::on_unimplemented(
    message = "only a model's own column can be written",
    label = "a column of a related row, or a computed value",
    note = "update the related model with its own queryset"
)]
pub trait IsOwn {}
impl IsOwn for Own {}

/// Behind a to-many relation.
#[diagnostic::on_unimplemented(
    message = "this is one value per row already: there is nothing to join",
    label = "not behind a to-many relation",
    note = "`.joined()` makes one value of a column behind a to-many relation, in a query whose `values_list` joins its rows"
)]
pub trait IsMany {}
impl IsMany for Many {}

/// A path a JOIN can follow without repeating rows.
#[diagnostic::on_unimplemented(
    message = "`select_related` cannot go through a to-many relation",
    label = "a to-many relation lies on this path",
    note = "load the to-many relation with `.prefetch_related(|x| x.many().select_related(|y| y.one()))`"
)]
pub trait JoinKind {}
impl JoinKind for Own {}
impl JoinKind for One {}
impl JoinKind for Opt {}
