//! The functions a statement can call.

/// A function of SQLite's, or one of ours that every connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Coalesce,
    /// `eager_length(text)`: SQLite's own stops at a NUL.
    Length,
    Lower,
    Upper,
    Instr,
    /// `eager_fold(text)`: lower case beyond ASCII.
    Fold,
    /// `eager_ends_with(text, end)`: SQLite's own functions stop at a NUL.
    EndsWith,
    /// `eager_starts_with(text, start)`, where the start is no literal and a range cannot serve.
    StartsWith,
    Strftime,
    Abs,
    Round,
    Nullif,
    /// The greatest of several; NULL if one is.
    Max,
    /// The least of several; NULL if one is.
    Min,
    Trim,
    /// `eager_replace(text, from, to)`: SQLite's own looks for nothing that begins with a NUL.
    Replace,
    /// `eager_substr(text, start, length)`: SQLite's own stops at a NUL.
    Substr,
    /// `substr(text, start[, length])` of a text without a NUL.
    Start,
    /// `eager_concat(..)`: NULL counts as no text. SQLite has its own from 3.44 on.
    Concat,
    /// `eager_left(text, n)`: of the functions of text that follow, SQLite has none, or one that stops at a NUL.
    Left,
    Right,
    SubstrFrom,
    Lpad,
    Rpad,
    Repeat,
    Reverse,
    Ord,
    Chr,
    Ltrim,
    Rtrim,
    /// `eager_regex(text, pattern)`.
    Regex,
    IRegex,
    /// `eager_mod(x, y)`, of floats. SQLite has functions of mathematics only where it was built with them, so these are ours.
    Rem,
    Power,
    Sqrt,
    Ceil,
    Floor,
    Sign,
    Ln,
    Log10,
    Log2,
    Exp,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Degrees,
    Radians,
    Random,
    JsonExtract,
    /// `eager_key(..)`: the values of a key of several columns in one; NULL where one of them is.
    Key,
    /// `eager_key_part(key, n)`: one of them.
    KeyPart,
    /// `eager_decimal_text(x)`: a decimal as people write it.
    DecimalText,
    /// `eager_decimal(x)`: a number, or the text of one, as a decimal.
    Decimal,
    /// `eager_plus(moment, span)`: a span of time, or a number of days.
    #[cfg(feature = "jiff")]
    Plus,
    /// `eager_days(moment, earlier)`: whole days in between.
    #[cfg(feature = "jiff")]
    Days,
    /// `eager_seconds(moment, earlier)`.
    #[cfg(feature = "jiff")]
    Seconds,
}

impl Function {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Function::Coalesce => "coalesce",
            Function::Length => "eager_length",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Instr => "instr",
            Function::Fold => "eager_fold",
            Function::EndsWith => "eager_ends_with",
            Function::StartsWith => "eager_starts_with",
            Function::Strftime => "strftime",
            Function::Abs => "abs",
            Function::Round => "round",
            Function::Nullif => "nullif",
            Function::Max => "max",
            Function::Min => "min",
            Function::Trim => "trim",
            Function::Replace => "eager_replace",
            Function::Substr => "eager_substr",
            Function::Start => "substr",
            Function::Concat => "eager_concat",
            Function::Left => "eager_left",
            Function::Right => "eager_right",
            Function::SubstrFrom => "eager_substr_from",
            Function::Lpad => "eager_lpad",
            Function::Rpad => "eager_rpad",
            Function::Repeat => "eager_repeat",
            Function::Reverse => "eager_reverse",
            Function::Ord => "eager_ord",
            Function::Chr => "eager_chr",
            Function::Ltrim => "ltrim",
            Function::Rtrim => "rtrim",
            Function::Regex => "eager_regex",
            Function::IRegex => "eager_iregex",
            Function::Rem => "eager_mod",
            Function::Power => "eager_power",
            Function::Sqrt => "eager_sqrt",
            Function::Ceil => "eager_ceil",
            Function::Floor => "eager_floor",
            Function::Sign => "eager_sign",
            Function::Ln => "eager_ln",
            Function::Log10 => "eager_log10",
            Function::Log2 => "eager_log2",
            Function::Exp => "eager_exp",
            Function::Sin => "eager_sin",
            Function::Cos => "eager_cos",
            Function::Tan => "eager_tan",
            Function::Asin => "eager_asin",
            Function::Acos => "eager_acos",
            Function::Atan => "eager_atan",
            Function::Atan2 => "eager_atan2",
            Function::Degrees => "eager_degrees",
            Function::Radians => "eager_radians",
            Function::Random => "random",
            Function::JsonExtract => "json_extract",
            Function::Key => "eager_key",
            Function::KeyPart => "eager_key_part",
            Function::DecimalText => "eager_decimal_text",
            Function::Decimal => "eager_decimal",
            #[cfg(feature = "jiff")]
            Function::Plus => "eager_plus",
            #[cfg(feature = "jiff")]
            Function::Days => "eager_days",
            #[cfg(feature = "jiff")]
            Function::Seconds => "eager_seconds",
        }
    }
}
