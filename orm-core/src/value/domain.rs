//! What a column holds of what its storage has room for.

use std::fmt;

use super::Bind;

/// Which values of its storage a column type has: what `create_tables` writes into the table as a CHECK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// All of them.
    Any,
    /// The integers from the first to the second.
    Range(i64, i64),
    /// These texts.
    Texts(&'static [&'static str]),
    /// These integers.
    Integers(&'static [i64]),
    /// Bytes of this length.
    Length(u32),
    /// JSON.
    Json,
    /// The texts of decimals. (Only the program knows which these are, so there is no CHECK.)
    Decimal,
}

impl Domain {
    /// The values one by one, where there are few.
    pub(crate) fn choices(self) -> Vec<Bind<'static>> {
        match self {
            Domain::Texts(texts) => texts.iter().map(|text| Bind::Text((*text).into())).collect(),
            Domain::Integers(integers) => integers.iter().copied().map(Bind::Integer).collect(),
            Domain::Any | Domain::Range(..) | Domain::Length(_) | Domain::Json | Domain::Decimal => Vec::new(),
        }
    }
}

impl fmt::Display for Domain {
    /// The values that can be named one by one, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 12;
        let choices = self.choices();
        for (number, choice) in choices.iter().take(MOST).enumerate() {
            write!(f, "{}{choice}", if number == 0 { "" } else { ", " })?;
        }
        if choices.len() > MOST { write!(f, ", … {} values", choices.len()) } else { Ok(()) }
    }
}
