//! Lookups and functions of text.
//!
//! The bounds stand on the methods, not on the impl block: so a refusal is our message, and not "the method exists but
//! its trait bounds were not satisfied".

use super::{Cond, Expr, Operand};
use crate::plan::{Node, NodeKind, TextLookup};
use crate::statement::Function;
use crate::value::{Bind, Kind, Nullness, TextBase, Value};

/// Text lookups: case counts, and with an `i` in front it does not, in every script. Nothing in the text is a pattern:
/// `%` and `_` are themselves.
impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// Equal, whatever the case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().iexact("dune"));
    /// assert!(books.to_sql().ends_with(r#" WHERE eager_fold("book"."title") = ?1"#));
    /// ```
    pub fn iexact<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::IExact, self.node.clone(), text.node())))
    }

    /// Contains this text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().contains("50%"));
    /// assert!(books.to_sql().ends_with(r#" WHERE instr("book"."title", ?1) > ?2"#));
    /// ```
    pub fn contains<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::Contains, self.node.clone(), text.node())))
    }

    /// Contains this text, whatever the case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().icontains("dune"));
    /// assert!(books.to_sql().ends_with(r#" WHERE instr(eager_fold("book"."title"), ?1) > ?2"#));
    /// ```
    pub fn icontains<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::IContains, self.node.clone(), text.node())))
    }

    /// Starts with this text. An index on the column serves it: `x >= 'ab' AND x < 'ac'`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().starts_with("Du"));
    /// assert!(books.to_sql().ends_with(r#" WHERE ("book"."title" >= ?1) AND ("book"."title" < ?2)"#));
    /// ```
    pub fn starts_with<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::StartsWith, self.node.clone(), text.node())))
    }

    /// Starts with this text, whatever the case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().istarts_with("du"));
    /// assert!(books.to_sql().ends_with(r#" WHERE eager_starts_with(eager_fold("book"."title"), ?1)"#));
    /// ```
    pub fn istarts_with<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::IStartsWith, self.node.clone(), text.node())))
    }

    /// Ends with this text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().ends_with("ne"));
    /// assert!(books.to_sql().ends_with(r#" WHERE eager_ends_with("book"."title", ?1)"#));
    /// ```
    pub fn ends_with<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::EndsWith, self.node.clone(), text.node())))
    }

    /// Ends with this text, whatever the case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().iends_with("NE"));
    /// assert!(books.to_sql().ends_with(r#" WHERE eager_ends_with(eager_fold("book"."title"), ?1)"#));
    /// ```
    pub fn iends_with<V: Operand<R, T::Base>>(&self, text: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::IEndsWith, self.node.clone(), text.node())))
    }

    /// Matches a regular expression, somewhere in the text: `^` and `$` are its ends. The syntax is that of the crate
    /// [`regex`](https://docs.rs/regex/latest/regex/#syntax).
    ///
    /// A pattern that is none is [`Error::Misuse`](crate::Error::Misuse) when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().regex("^D.n"));
    /// assert!(books.to_sql().ends_with(r#" WHERE eager_regex("book"."title", ?1)"#));
    /// ```
    pub fn regex<V: Operand<R, T::Base>>(&self, pattern: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::Regex, self.node.clone(), pattern.node())))
    }

    /// Matches a regular expression, whatever the case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().filter(|b| b.title().iregex("^d.n"));
    /// assert!(books.to_sql().ends_with(r#" WHERE eager_iregex("book"."title", ?1)"#));
    /// ```
    pub fn iregex<V: Operand<R, T::Base>>(&self, pattern: V) -> Cond<R>
    where
        T::Base: TextBase,
    {
        Cond::new(Node::new(NodeKind::Text(TextLookup::IRegex, self.node.clone(), pattern.node())))
    }

    /// The text in lower case, as SQLite has it: ASCII only.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().lower());
    /// assert_eq!(books.to_sql(), r#"SELECT lower("book"."title") FROM "book""#);
    /// ```
    pub fn lower(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Lower)
    }

    /// The text in upper case, as SQLite has it: ASCII only.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().upper());
    /// assert_eq!(books.to_sql(), r#"SELECT upper("book"."title") FROM "book""#);
    /// ```
    pub fn upper(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Upper)
    }

    /// The text without blanks at its ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().trim());
    /// assert_eq!(books.to_sql(), r#"SELECT trim("book"."title") FROM "book""#);
    /// ```
    pub fn trim(&self) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Trim)
    }

    /// The text with every `from` replaced by `to`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().replace("-", " "));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_replace("book"."title", ?1, ?2) FROM "book""#);
    /// ```
    pub fn replace<A: Operand<R, T::Base>, B: Operand<R, T::Base>>(
        &self,
        from: A,
        to: B,
    ) -> Expr<R, <B::Null as Nullness>::Lift<<A::Null as Nullness>::Lift<T>>, K::Computed>
    where
        T::Base: TextBase,
    {
        Expr::new(Node::call(Function::Replace, vec![self.node.clone(), from.node(), to.node()]))
    }

    /// A part of the text: `length` characters from `start` on, which counts from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().substr(1, 3));
    /// assert_eq!(books.to_sql(), r#"SELECT eager_substr("book"."title", ?1, ?2) FROM "book""#);
    /// ```
    pub fn substr(&self, start: i64, length: i64) -> Expr<R, T, K::Computed>
    where
        T::Base: TextBase,
    {
        let number = |number| Node::bind(Bind::Integer(number));
        Expr::new(Node::call(Function::Substr, vec![self.node.clone(), number(start), number(length)]))
    }

    /// How many characters the text has.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// let books = Book::objects().values_list(|b| b.title().length());
    /// assert_eq!(books.to_sql(), r#"SELECT eager_length("book"."title") FROM "book""#);
    /// ```
    pub fn length(&self) -> Expr<R, <T::Null as Nullness>::Lift<i64>, K::Computed>
    where
        T::Base: TextBase,
    {
        self.call(Function::Length)
    }
}
