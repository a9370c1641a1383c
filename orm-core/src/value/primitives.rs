//! The column types of the standard library: integers, bool, f64, String, `Vec<u8>`.

use std::borrow::Cow;

use super::{
    Bind, BoolBase, Datum, Domain, IntegerBase, Literal, Mismatch, NotNull, NumericBase, Scalar, Storage, TextBase,
    Value, text,
};

/// What every scalar's impl has in common.
macro_rules! scalar {
    (
        $type:ty, $storage:ident $(in $domain:expr)?,
        |$datum:ident| $read:expr, |$value:ident| $bind:expr, |$out:ident| $scalar:expr
    ) => {
        impl Value for $type {
            type Base = $type;
            type Null = NotNull;
            type Nullable = Option<$type>;
            type Out = $type;
            const STORAGE: Storage = Storage::$storage;
            const NAME: &'static str = stringify!($type);
            $(const DOMAIN: Domain = $domain;)?
            #[inline]
            fn read($datum: Datum<'_>) -> Result<$type, Mismatch> {
                $read
            }
            #[inline]
            fn bind(&self) -> Bind<'_> {
                let $value = self;
                $bind
            }
            fn scalar($out: $type) -> Scalar {
                $scalar
            }
        }
        impl Literal<$type> for $type {
            fn literal(&self) -> Bind<'_> {
                Value::bind(self)
            }
        }
    };
}
#[cfg(any(feature = "decimal", feature = "jiff", feature = "uuid"))]
pub(super) use scalar;

/// What a type from one number to another has room for: all that SQLite has, or a part of it.
const fn range(least: i64, greatest: i64) -> Domain {
    if least == i64::MIN && greatest == i64::MAX { Domain::Any } else { Domain::Range(least, greatest) }
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        scalar!(
            $type,
            Integer in range(<$type>::MIN as i64, <$type>::MAX as i64),
            |datum| match datum {
                Datum::Integer(value) => <$type>::try_from(value).map_err(|_| Mismatch::found(datum)),
                other => Err(Mismatch::found(other)),
            },
            |value| Bind::Integer(i64::from(*value)),
            |out| Scalar::Integer(i64::from(out))
        );
        impl NumericBase for $type {
            type Sum = i64;
        }
        impl IntegerBase for $type {}
    )*};
}
integer!(i64, i32, i16, i8, u32, u16, u8);

scalar!(
    bool,
    Boolean in Domain::Range(0, 1),
    |datum| match datum {
        Datum::Integer(0) => Ok(false),
        Datum::Integer(1) => Ok(true),
        other => Err(Mismatch::found(other)),
    },
    |value| Bind::Integer(i64::from(*value)),
    |out| Scalar::Bool(out)
);
impl BoolBase for bool {}

scalar!(
    f64,
    Real,
    |datum| match datum {
        Datum::Real(value) => Ok(value),
        // A NUMERIC column stores 2.0 as 2.
        Datum::Integer(value) => Ok(value as f64),
        other => Err(Mismatch::found(other)),
    },
    |value| Bind::Real(*value),
    |out| Scalar::Real(out)
);
impl NumericBase for f64 {
    type Sum = f64;
}

scalar!(
    String,
    Text,
    |datum| match datum {
        Datum::Text(bytes) => match text(bytes) {
            Some(text) => Ok(text.to_owned()),
            None => Err(Mismatch::found(datum)),
        },
        other => Err(Mismatch::found(other)),
    },
    |value| Bind::Text(Cow::Borrowed(value)),
    |out| Scalar::Text(out)
);
impl TextBase for String {}

scalar!(
    Vec<u8>,
    Blob,
    |datum| match datum {
        Datum::Blob(bytes) => Ok(bytes.to_vec()),
        other => Err(Mismatch::found(other)),
    },
    |value| Bind::Blob(Cow::Borrowed(value)),
    |out| Scalar::Blob(out)
);
