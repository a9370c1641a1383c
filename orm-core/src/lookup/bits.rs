//! Operations on the bits of whole numbers: flags in one column.

use super::{Expr, Lifted, Met, Operand};
use crate::plan::Node;
use crate::statement::Operator;
use crate::value::{IntegerBase, Kind, Meet, Value};

/// Operations on the bits of a whole number, which SQLite takes for one of 64 bits with a sign.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub flags: i64 }
/// let flagged = Book::objects().filter(|b| b.flags().bit_and(6).eq(6));
/// assert!(flagged.to_sql().ends_with(r#" WHERE ("book"."flags" & ?1) = ?2"#));
/// ```
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    fn bits<V: Operand<R, T::Base>>(
        &self,
        operator: Operator,
        value: V,
    ) -> Expr<R, Lifted<T, V, R, T::Base>, Met<K, V, R, T::Base>>
    where
        K: Meet<V::Kind>,
    {
        Expr::new(Node::binary(operator, self.node.clone(), value.node()))
    }

    /// The bits that are set in both.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub flags: i64 }
    /// let books = Book::objects().values_list(|b| b.flags().bit_and(6));
    /// assert_eq!(books.to_sql(), r#"SELECT "book"."flags" & ?1 FROM "book""#);
    /// ```
    pub fn bit_and<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, Lifted<T, V, R, T::Base>, Met<K, V, R, T::Base>>
    where
        T::Base: IntegerBase,
        K: Meet<V::Kind>,
    {
        self.bits(Operator::BitAnd, value)
    }

    /// The bits that are set in either.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub flags: i64 }
    /// let books = Book::objects().values_list(|b| b.flags().bit_or(6));
    /// assert_eq!(books.to_sql(), r#"SELECT "book"."flags" | ?1 FROM "book""#);
    /// ```
    pub fn bit_or<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, Lifted<T, V, R, T::Base>, Met<K, V, R, T::Base>>
    where
        T::Base: IntegerBase,
        K: Meet<V::Kind>,
    {
        self.bits(Operator::BitOr, value)
    }

    /// The bits that are set in one and not in the other.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub flags: i64 }
    /// let books = Book::objects().values_list(|b| b.flags().bit_xor(6));
    /// assert_eq!(books.to_sql(), r#"SELECT ("book"."flags" | ?1) - ("book"."flags" & ?2) FROM "book""#);
    /// ```
    pub fn bit_xor<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, Lifted<T, V, R, T::Base>, Met<K, V, R, T::Base>>
    where
        T::Base: IntegerBase,
        K: Meet<V::Kind>,
    {
        let value = value.node();
        let [either, both] = [Operator::BitOr, Operator::BitAnd]
            .map(|operator| Node::binary(operator, self.node.clone(), value.clone()));
        Expr::new(Node::binary(Operator::Sub, either, both))
    }

    /// The bits moved to the left, zeros behind them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub flags: i64 }
    /// let books = Book::objects().values_list(|b| b.flags().shift_left(2));
    /// assert_eq!(books.to_sql(), r#"SELECT "book"."flags" << ?1 FROM "book""#);
    /// ```
    pub fn shift_left<V: Operand<R, T::Base>>(
        &self,
        value: V,
    ) -> Expr<R, Lifted<T, V, R, T::Base>, Met<K, V, R, T::Base>>
    where
        T::Base: IntegerBase,
        K: Meet<V::Kind>,
    {
        self.bits(Operator::ShiftLeft, value)
    }

    /// The bits moved to the right; the sign stays.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub flags: i64 }
    /// let books = Book::objects().values_list(|b| b.flags().shift_right(2));
    /// assert_eq!(books.to_sql(), r#"SELECT "book"."flags" >> ?1 FROM "book""#);
    /// ```
    pub fn shift_right<V: Operand<R, T::Base>>(
        &self,
        value: V,
    ) -> Expr<R, Lifted<T, V, R, T::Base>, Met<K, V, R, T::Base>>
    where
        T::Base: IntegerBase,
        K: Meet<V::Kind>,
    {
        self.bits(Operator::ShiftRight, value)
    }
}
