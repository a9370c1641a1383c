//! What is wrong with a row that the rules of its model refuse: a list, so that a form can show all of it at once.

use std::fmt;

/// One thing that is wrong with a row.
///
/// # Examples
///
/// ```
/// use eager_orm::{Error, Reason, prelude::*};
///
/// #[derive(Model, Debug)]
/// pub struct Tag {
///     pub id: i64,
///     #[field(max_length = 3)]
///     pub name: String,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Tag])?;
/// let Err(Error::Invalid { failures, .. }) = Tag::create().name("fantasy").save(&db) else { panic!() };
/// assert_eq!(failures[0].field, Some("name"));
/// assert_eq!(failures[0].reason, Reason::TooLong { limit: 3, length: 7 });
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Which row of a bulk, counted from 0; none where one row is written.
    pub row: Option<usize>,
    /// The field; none where the row as a whole is refused.
    pub field: Option<&'static str>,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a value is refused. Its text is a sentence about the field, without its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A text has more characters than `max_length`.
    TooLong {
        /// The most characters it may have.
        limit: u32,
        /// How many it has.
        length: usize,
    },
    /// A text has fewer characters than `min_length`.
    TooShort {
        /// The fewest characters it may have.
        limit: u32,
        /// How many it has.
        length: usize,
    },
    /// A value is less than `min`.
    TooSmall {
        /// The least value, as it is written in SQL.
        min: String,
    },
    /// A value is greater than `max`.
    TooGreat {
        /// The greatest value, as it is written in SQL.
        max: String,
    },
    /// What a validator of the user's says.
    Refused(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::TooLong { limit, length } => {
                write!(f, "has at most {}, and this text has {length}", characters(*limit))
            }
            Reason::TooShort { limit, length } => {
                write!(f, "has at least {}, and this text has {length}", characters(*limit))
            }
            Reason::TooSmall { min } => write!(f, "is at least {min}"),
            Reason::TooGreat { max } => write!(f, "is at most {max}"),
            Reason::Refused(text) => f.write_str(text),
        }
    }
}

fn characters(number: u32) -> String {
    format!("{number} character{}", if number == 1 { "" } else { "s" })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        if let Some(field) = self.field {
            write!(f, "`{field}` ")?;
        }
        self.reason.fmt(f)
    }
}

impl Failure {
    /// The row as a whole is refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use eager_orm::Failure;
    ///
    /// assert_eq!(Failure::new("has neither an author nor an editor").field, None);
    /// ```
    pub fn new(reason: impl fmt::Display) -> Self {
        Failure { row: None, field: None, reason: Reason::Refused(reason.to_string()) }
    }

    /// A field is refused, for what another one is.
    ///
    /// # Examples
    ///
    /// ```
    /// use eager_orm::Failure;
    ///
    /// let failure = Failure::of("ended", "lies before the beginning");
    /// assert_eq!(failure.to_string(), "`ended` lies before the beginning");
    /// ```
    pub fn of(field: &'static str, reason: impl fmt::Display) -> Self {
        Failure { field: Some(field), ..Failure::new(reason) }
    }
}

/// What a validator of a whole row says is wrong: a text, a [`Failure`], or several of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what is wrong with a row",
    label = "expected a text, a `Failure` or a `Vec<Failure>` as the error of a validator"
)]
pub trait IntoFailures {
    /// All that is wrong.
    fn into_failures(self) -> Vec<Failure>;
}
impl IntoFailures for &str {
    fn into_failures(self) -> Vec<Failure> {
        vec![Failure::new(self)]
    }
}
impl IntoFailures for String {
    fn into_failures(self) -> Vec<Failure> {
        vec![Failure::new(self)]
    }
}
impl IntoFailures for Failure {
    fn into_failures(self) -> Vec<Failure> {
        vec![self]
    }
}
impl IntoFailures for Vec<Failure> {
    fn into_failures(self) -> Vec<Failure> {
        self
    }
}

/// The first failures, and how many there are besides.
pub(super) fn listed(failures: &[Failure]) -> String {
    const SHOWN: usize = 5;
    let mut text: Vec<String> = failures.iter().take(SHOWN).map(Failure::to_string).collect();
    if failures.len() > SHOWN {
        text.push(format!("and {} more", failures.len() - SHOWN));
    }
    text.join("; ")
}
