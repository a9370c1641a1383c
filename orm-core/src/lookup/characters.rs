//! Functions of text that count characters.
//!
//! The bounds stand on the methods, not on the impl block: so a refusal is our message, and not "the method exists but
//! its trait bounds were not satisfied".

use super::{Expr, Lifted, Met, Operand};
use crate::plan::Node;
use crate::statement::Function;
use crate::value::{IntegerBase, Kind, Meet, Nullness, TextBase, Value};

/// Functions of text. All lengths are in characters.
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// The first characters of the text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().left(1));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_left("book"."title", ?1) FROM "book""#);
    /// ```
    pub fn left<N: Operand<R, i64>>(&self, count: N) -> Expr<R, Lifted<T, N, R, i64>, Met<K, N, R, i64>>
    where
        T::Base: TextBase,
        K: Meet<N::Kind>,
    {
        Expr::new(Node::call(Function::Left, vec![self.node.clone(), count.node()]))
    }

    /// The last characters of the text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().right(1));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_right("book"."title", ?1) FROM "book""#);
    /// ```
    pub fn right<N: Operand<R, i64>>(&self, count: N) -> Expr<R, Lifted<T, N, R, i64>, Met<K, N, R, i64>>
    where
        T::Base: TextBase,
        K: Meet<N::Kind>,
    {
        Expr::new(Node::call(Function::Right, vec![self.node.clone(), count.node()]))
    }

    /// The text from a character on, which counts from 1; where it is negative, from the end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().substr_from(5));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_substr_from("book"."title", ?1) FROM "book""#);
    /// ```
    pub fn substr_from<N: Operand<R, i64>>(&self, start: N) -> Expr<R, Lifted<T, N, R, i64>, Met<K, N, R, i64>>
    where
        T::Base: TextBase,
        K: Meet<N::Kind>,
    {
        Expr::new(Node::call(Function::SubstrFrom, vec![self.node.clone(), start.node()]))
    }

    /// The text with as many characters: filled up at its start, or cut off behind.
    ///
    /// A text longer than SQLite allows is an error when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().lpad(20, "."));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_lpad("book"."title", ?1, ?2) FROM "book""#);
    /// ```
    pub fn lpad<N, F>(&self, length: N, fill: F) -> Expr<R, Padded<T, N, F, R>, PaddedKind<T, K, N, F, R>>
    where
        N: Operand<R, i64>,
        F: Operand<R, T::Base>,
        T::Base: TextBase,
        K: Meet<N::Kind>,
        Met<K, N, R, i64>: Meet<F::Kind>,
    {
        Expr::new(Node::call(Function::Lpad, vec![self.node.clone(), length.node(), fill.node()]))
    }

    /// The text with as many characters: filled up at its end, or cut off behind.
    ///
    /// A text longer than SQLite allows is an error when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().rpad(20, "."));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_rpad("book"."title", ?1, ?2) FROM "book""#);
    /// ```
    pub fn rpad<N, F>(&self, length: N, fill: F) -> Expr<R, Padded<T, N, F, R>, PaddedKind<T, K, N, F, R>>
    where
        N: Operand<R, i64>,
        F: Operand<R, T::Base>,
        T::Base: TextBase,
        K: Meet<N::Kind>,
        Met<K, N, R, i64>: Meet<F::Kind>,
    {
        Expr::new(Node::call(Function::Rpad, vec![self.node.clone(), length.node(), fill.node()]))
    }

    /// The text as many times, one after the other.
    ///
    /// A text longer than SQLite allows is an error when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().repeat(2));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_repeat("book"."title", ?1) FROM "book""#);
    /// ```
    pub fn repeat<N: Operand<R, i64>>(&self, times: N) -> Expr<R, Lifted<T, N, R, i64>, Met<K, N, R, i64>>
    where
        T::Base: TextBase,
        K: Meet<N::Kind>,
    {
        Expr::new(Node::call(Function::Repeat, vec![self.node.clone(), times.node()]))
    }

    /// The characters in the other order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().reverse());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_reverse("book"."title") FROM "book""#);
    /// ```
    pub fn reverse(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Reverse)
    }

    /// The text without blanks at its start.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().ltrim());
    /// assert_eq!(books.to_sql(), r#"SELECT ltrim("book"."title") FROM "book""#);
    /// ```
    pub fn ltrim(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Ltrim)
    }

    /// The text without blanks at its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().rtrim());
    /// assert_eq!(books.to_sql(), r#"SELECT rtrim("book"."title") FROM "book""#);
    /// ```
    pub fn rtrim(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Rtrim)
    }

    /// Where that text begins in this one: its first character is 1, and where it is not in it, it is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().instr("une").eq(2));
    /// assert!(books.to_sql().ends_with(r#" WHERE instr("book"."title", ?1) = ?2"#));
    /// ```
    pub fn instr<V: Operand<R, T::Base>>(&self, text: V) -> Expr<R, Located<T, V, R>, Met<K, V, R, T::Base>>
    where
        T::Base: TextBase,
        K: Meet<V::Kind>,
    {
        Expr::new(Node::call(Function::Instr, vec![self.node.clone(), text.node()]))
    }

    /// The number of the first character, in Unicode; NULL of an empty text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().ord());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_ord("book"."title") FROM "book""#);
    /// ```
    pub fn ord(&self) -> Expr<R, Option<i64>, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Ord)
    }

    /// The character of this number, in Unicode; NULL where there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Row { pub id: i64 }
    /// let letters = Row::objects().values_list(|r| (r.id() + 64).chr());
    /// assert_eq!(letters.to_sql(), r#"SELECT eager_chr("row"."id" + ?1) FROM "row""#);
    /// ```
    pub fn chr(&self) -> Expr<R, Option<String>, K::Computed>
    where
        T::Base: IntegerBase,
    {
        self.call(Function::Chr)
    }
}

/// A text, with room for NULL where its length or its filling may be NULL.
type Padded<T, N, F, R> = Lifted<Lifted<T, N, R, i64>, F, R, <T as Value>::Base>;

/// Its kind.
type PaddedKind<T, K, N, F, R> = Met<Met<K, N, R, i64>, F, R, <T as Value>::Base>;

/// A place in a text, with room for NULL where one of the two may be NULL.
type Located<T, V, R> = Lifted<<<T as Value>::Null as Nullness>::Lift<i64>, V, R, <T as Value>::Base>;
