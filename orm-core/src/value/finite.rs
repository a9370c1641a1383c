//! Looking for a float that is not a number, or has no end, in a value that is about to become JSON: `serde_json` writes
//! `null` for it, and that is what would be read.
//!
//! Comes in: any value that serde can write. Goes out: whether it has such a float. It writes nothing.

use std::fmt::{self, Display};

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

/// Whether all floats of a value are numbers that JSON has.
pub(super) fn is_finite<T: Serialize>(value: &T) -> bool {
    value.serialize(Finite).is_ok()
}

struct Finite;

/// Why the search has ended: a float was found, or the value does not let itself be written.
#[derive(Debug)]
struct Ended;

impl Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a float that is not finite")
    }
}

impl std::error::Error for Ended {}

impl Error for Ended {
    fn custom<T: Display>(_: T) -> Self {
        Ended
    }
}

fn check(is_finite: bool) -> Result<(), Ended> {
    if is_finite { Ok(()) } else { Err(Ended) }
}

/// Methods that have nothing to look at.
macro_rules! passes {
    ($($method:ident($($value:ty),*)),* $(,)?) => {
        $(fn $method(self, $(_: $value),*) -> Result<(), Ended> {
            Ok(())
        })*
    };
}

/// Methods that begin something with parts.
macro_rules! begins {
    ($($method:ident($($value:ty),*)),* $(,)?) => {
        $(fn $method(self, $(_: $value),*) -> Result<Finite, Ended> {
            Ok(Finite)
        })*
    };
}

impl Serializer for Finite {
    type Ok = ();
    type Error = Ended;
    type SerializeSeq = Finite;
    type SerializeTuple = Finite;
    type SerializeTupleStruct = Finite;
    type SerializeTupleVariant = Finite;
    type SerializeMap = Finite;
    type SerializeStruct = Finite;
    type SerializeStructVariant = Finite;

    passes! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_u128(u128), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]), serialize_none(),
        serialize_unit(), serialize_unit_struct(&'static str), serialize_unit_variant(&'static str, u32, &'static str),
    }

    begins! {
        serialize_seq(Option<usize>), serialize_tuple(usize), serialize_tuple_struct(&'static str, usize),
        serialize_tuple_variant(&'static str, u32, &'static str, usize), serialize_map(Option<usize>),
        serialize_struct(&'static str, usize), serialize_struct_variant(&'static str, u32, &'static str, usize),
    }

    fn serialize_f32(self, value: f32) -> Result<(), Ended> {
        check(value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Ended> {
        check(value.is_finite())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Ended> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Ended> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Ended> {
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Ended> {
        Ok(())
    }
}

/// What has parts: each is looked at.
macro_rules! parts {
    ($($what:ident: $($method:ident($($name:ty)?)),*);* $(;)?) => {
        $(impl $what for Finite {
            type Ok = ();
            type Error = Ended;
            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? part: &T) -> Result<(), Ended> {
                part.serialize(Finite)
            })*
            fn end(self) -> Result<(), Ended> {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
}
