//! Operations on the bits of whole numbers, and characters by their numbers.

use crate::support::*;
use eager_orm::Result;
use eager_orm::prelude::*;

#[test]
fn bits_are_those_of_a_number_with_a_sign() -> Result<()> {
    let db = empty();
    let numbers = [0_i64, 1, 5, -1, i64::MAX, i64::MIN];
    for (i, number) in numbers.into_iter().enumerate() {
        Sample::create().text(format!("{i}")).int(number).int_or((i > 1).then_some(6)).save(&db)?;
    }
    let rows = Sample::objects()
        .order_by(|s| s.id())
        .values_list(|s| {
            let int = s.int();
            (
                int.bit_and(6),
                int.bit_or(6),
                int.bit_xor(6),
                int.shift_left(1),
                int.shift_right(1),
                int.bit_and(s.int_or()),
            )
        })
        .all(&db)?;
    for (i, (row, number)) in rows.into_iter().zip(numbers).enumerate() {
        let own = (i > 1).then_some(number & 6);
        assert_eq!(row, (number & 6, number | 6, number ^ 6, number << 1, number >> 1, own), "{number}");
    }
    assert_eq!(Sample::objects().filter(|s| s.int().bit_and(4).ne(0)).count(&db)?, 3);
    let changed = Sample::objects().filter(|s| s.int().eq(5)).update(&db, |s| s.int().set(s.int().bit_or(2)))?;
    assert_eq!((changed, Sample::objects().filter(|s| s.int().eq(7)).count(&db)?), (1, 1));
    Ok(())
}

#[test]
fn a_character_is_of_a_number() -> Result<()> {
    let db = library();
    let of = |code: i64| Author::objects().limit(1).values_list(|_| value(code).chr()).get(&db);
    assert_eq!(of(65)?.as_deref(), Some("A"));
    assert_eq!(of(0x1F980)?.as_deref(), Some("🦀"));
    assert_eq!(of(0)?.as_deref(), Some("\0"));
    for none in [-1, 0xD800, 0x11_0000, i64::MAX] {
        assert_eq!(of(none)?, None, "{none}");
    }
    Ok(())
}
