//! What may stand beside a column: literals, expressions, rows and keys.
//!
//! There is exactly one integer type and one float type for each base type, so that a literal needs no suffix: with two
//! candidates `{integer}` would fall back to i32, and `b.id().gt(3_000_000_000)` would not compile.

use super::{Cond, Expr, Outer, ToOne};
use crate::group::Shared;
use crate::model::{Model, Target};
use crate::plan::{Node, NodeKind};
use crate::relation::ForeignKey;
#[cfg(feature = "json")]
use crate::value::Json;
use crate::value::{Bind, Kind, Lit, Literal, Meet, NotNull, Null, Nullness, PrimaryKey, Value};

/// What may stand on the right of a comparison, or of an arithmetic operator, with a column of base type `B`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with, or assigned to, a `{B}` column of a `{R}` query",
    label = "expected a `{B}` value, or a `{B}` expression of `{R}`",
    note = "numbers are not widened by themselves: `i64::from(n)`; another model's column goes through `outer(..)` inside a subquery"
)]
pub trait Operand<R, B> {
    /// Whether it may be NULL.
    type Null: Nullness;
    /// How many values there are for one row.
    type Kind;
    /// It, untyped.
    #[doc(hidden)]
    fn node(self) -> Node;
}

/// The kind of a function of a value of kind `K` and of an operand.
pub(super) type Met<K, V, R, B> = <K as Meet<<V as Operand<R, B>>::Kind>>::Out;

/// `T`, with room for NULL where an operand may be NULL.
pub(super) type Lifted<T, V, R, B> = <<V as Operand<R, B>>::Null as Nullness>::Lift<T>;

impl<R, B, V: ?Sized + Literal<B>> Operand<R, B> for &V {
    type Null = NotNull;
    type Kind = Lit;
    fn node(self) -> Node {
        Node::bind(self.literal().into_owned())
    }
}

impl<R, B, V: Operand<R, B>> Operand<R, B> for Option<V> {
    type Null = Null;
    type Kind = V::Kind;
    fn node(self) -> Node {
        self.map_or_else(|| Node::bind(Bind::Null), Operand::node)
    }
}

impl<R, T: Value, K> Operand<R, T::Base> for Expr<R, T, K> {
    type Null = T::Null;
    type Kind = K;
    fn node(self) -> Node {
        self.node
    }
}

impl<R, T: Value> Operand<R, T::Base> for Outer<T> {
    type Null = T::Null;
    type Kind = Lit;
    fn node(self) -> Node {
        self.node
    }
}

/// A value of a column type is an operand by itself.
macro_rules! literals {
    ($($type:ty),*) => {$(
        impl<R> Operand<R, $type> for $type {
            type Null = NotNull;
            type Kind = Lit;
            fn node(self) -> Node {
                Node::bind(Value::bind(&self).into_owned())
            }
        }
    )*};
}
literals!(i64, i32, i16, i8, u32, u16, u8, bool, f64, String, Vec<u8>);
#[cfg(feature = "jiff")]
literals!(jiff::civil::Date, jiff::civil::Time, jiff::civil::DateTime, jiff::Timestamp);
#[cfg(feature = "uuid")]
literals!(uuid::Uuid);
#[cfg(feature = "decimal")]
literals!(rust_decimal::Decimal);

#[cfg(feature = "json")]
impl<R, T: serde::Serialize + serde::de::DeserializeOwned + 'static> Operand<R, Json<T>> for Json<T> {
    type Null = NotNull;
    type Kind = Lit;
    fn node(self) -> Node {
        literal_node(&self)
    }
}

/// A value of a column type as a literal.
pub fn literal_node<T: Value>(value: &T) -> Node {
    Node::bind(value.bind().into_owned())
}

/// The one integer type beside a float column: `price.gt(10)` infers `i32`.
impl<R> Operand<R, f64> for i32 {
    type Null = NotNull;
    type Kind = Lit;
    fn node(self) -> Node {
        Node::bind(Bind::Real(f64::from(self)))
    }
}

/// The right side of `in_`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of `{B}` values",
    label = "expected an array, a Vec, a slice or a queryset of one `{B}` column (`values_list(|x| x.field())`)"
)]
pub trait InSet<R, B> {
    /// `value IN self`.
    #[doc(hidden)]
    fn contains(self, value: Node) -> Cond<R>;
}

pub(super) fn in_list<R>(value: Node, list: Vec<Node>) -> Cond<R> {
    Cond::new(Node::new(NodeKind::InList(value, list)))
}

impl<R, B, V: Operand<R, B>, const N: usize> InSet<R, B> for [V; N] {
    fn contains(self, value: Node) -> Cond<R> {
        in_list(value, self.into_iter().map(Operand::node).collect())
    }
}
impl<R, B, V: Operand<R, B>> InSet<R, B> for Vec<V> {
    fn contains(self, value: Node) -> Cond<R> {
        in_list(value, self.into_iter().map(Operand::node).collect())
    }
}
impl<'a, R, B, V> InSet<R, B> for &'a [V]
where
    &'a V: Operand<R, B>,
{
    fn contains(self, value: Node) -> Cond<R> {
        in_list(value, self.iter().map(Operand::node).collect())
    }
}
impl<'a, R, B, V> InSet<R, B> for &'a Vec<V>
where
    &'a V: Operand<R, B>,
{
    fn contains(self, value: Node) -> Cond<R> {
        in_list(value, self.iter().map(Operand::node).collect())
    }
}
impl<'a, R, B, V, const N: usize> InSet<R, B> for &'a [V; N]
where
    &'a V: Operand<R, B>,
{
    fn contains(self, value: Node) -> Cond<R> {
        in_list(value, self.iter().map(Operand::node).collect())
    }
}

/// What a foreign key can be compared with or set to: a key, a row, a handle, another path, or an Option of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{T}` row and not a `{T}` key",
    label = "expected `&{T}`, a key of type `{Id}`, a `ForeignKey<{T}>`, or an Option of one",
    note = "a column of the enclosing query is written `outer(..)` inside a subquery"
)]
pub trait KeyOperand<R, T, Id> {
    /// Whether it may be NULL.
    type Null: Nullness;
    /// It, untyped.
    #[doc(hidden)]
    fn key_node(self) -> Node;
}

fn key_node(key: &impl PrimaryKey) -> Node {
    Node::bind(key.key_ref().bind().into_owned())
}

impl<R, T: Model> KeyOperand<R, T, T::Key> for &T {
    type Null = NotNull;
    fn key_node(self) -> Node {
        Node::bind(self.key_ref().bind().into_owned())
    }
}
impl<R, T: Model> KeyOperand<R, T, T::Key> for &Shared<T> {
    type Null = NotNull;
    fn key_node(self) -> Node {
        Node::bind(self.key_ref().bind().into_owned())
    }
}
impl<R, T: Target> KeyOperand<R, T, T::Key> for &ForeignKey<T> {
    type Null = NotNull;
    fn key_node(self) -> Node {
        key_node(self.key())
    }
}
impl<R, T: Target> KeyOperand<R, T, T::Key> for ForeignKey<T> {
    type Null = NotNull;
    fn key_node(self) -> Node {
        key_node(self.key())
    }
}
impl<R, T, Id, V: KeyOperand<R, T, Id>> KeyOperand<R, T, Id> for Option<V> {
    type Null = Null;
    fn key_node(self) -> Node {
        self.map_or_else(|| Node::bind(Bind::Null), KeyOperand::key_node)
    }
}
impl<R: Model, T: Target, K: Kind, N: super::Cross> KeyOperand<R, T, T::Key> for ToOne<R, T, K, N> {
    type Null = N::Null;
    fn key_node(self) -> Node {
        self.key_of_row()
    }
}
impl<R, T, Id: Value, V: Value<Base = Id>, K> KeyOperand<R, T, Id> for Expr<R, V, K> {
    type Null = V::Null;
    fn key_node(self) -> Node {
        self.node
    }
}
impl<R, T, Id: Value, V: Value<Base = Id>> KeyOperand<R, T, Id> for Outer<V> {
    type Null = V::Null;
    fn key_node(self) -> Node {
        self.node
    }
}

/// What `in_` of a relation takes: rows or keys, or a queryset of rows or of keys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of `{T}` rows or keys",
    label = "expected rows or keys of `{T}` in an array, a Vec or a slice, or a queryset of `{T}`"
)]
pub trait KeySet<R, T, Id> {
    /// Whether a key is in it.
    #[doc(hidden)]
    fn has(self, key: Node) -> Cond<R>;
}

impl<R, T, Id, V: KeyOperand<R, T, Id>, I: IntoIterator<Item = V>> KeySet<R, T, Id> for I {
    fn has(self, key: Node) -> Cond<R> {
        in_list(key, self.into_iter().map(KeyOperand::key_node).collect())
    }
}

macro_rules! keys {
    ($($type:ty),*) => {$(
        impl<R, T> KeyOperand<R, T, $type> for $type {
            type Null = NotNull;
            fn key_node(self) -> Node {
                key_node(&self)
            }
        }
        impl<R, T> KeyOperand<R, T, $type> for &$type {
            type Null = NotNull;
            fn key_node(self) -> Node {
                key_node(self)
            }
        }
    )*};
}
keys!(i64, i32, i16, u32, String);
#[cfg(feature = "uuid")]
keys!(uuid::Uuid);

impl<R, T> KeyOperand<R, T, String> for &str {
    type Null = NotNull;
    fn key_node(self) -> Node {
        Node::bind(self.literal().into_owned())
    }
}
