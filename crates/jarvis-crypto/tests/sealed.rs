//! Sealed records, and what becomes of them in other hands.
#![cfg(test)]

use jarvis_crypto::{
    Place, SealError, Sealer, Secret,
    seal::{OVERHEAD_BYTES, key_from_base64, new_key_base64},
};
use proptest::prelude::*;

const PLACE: Place<'static> = Place { table: "totp", column: "secret", row: &[1; 16], owner: &[2; 16] };

fn key(byte: u8) -> Secret<[u8; 32]> {
    Secret::new([byte; 32])
}

fn sealer(byte: u8) -> Sealer {
    Sealer::new(&key(byte), &[])
}

fn opened(sealer: &Sealer, record: &[u8], place: Place<'_>) -> Result<Vec<u8>, SealError> {
    sealer.open(record, place).map(|plain| plain.expose().clone())
}

#[test]
fn what_was_sealed_opens_at_its_place() {
    for plain in [&b""[..], b"x", &[7; 20], &[0; 100_000]] {
        let record = sealer(1).seal(plain, PLACE).unwrap();
        assert_eq!(record.len(), plain.len() + OVERHEAD_BYTES);
        assert_eq!(opened(&sealer(1), &record, PLACE).unwrap(), plain);
    }
}

#[test]
fn the_same_value_is_sealed_differently_each_time_and_does_not_show() {
    let plain = b"a secret of twenty b";
    let (first, second) = (sealer(1).seal(plain, PLACE).unwrap(), sealer(1).seal(plain, PLACE).unwrap());
    assert_ne!(first[9..33], second[9..33], "the nonce");
    assert_ne!(first[33..], second[33..]);
    assert!(!first.windows(4).any(|window| window == &plain[..4]));
}

/// Sealed apart from this code, by another implementation (libsodium): old records open after an update.
#[test]
fn the_form_of_a_record_stays() {
    let record: Vec<u8> =
        (0..RECORD.len()).step_by(2).map(|i| u8::from_str_radix(&RECORD[i..i + 2], 16).unwrap()).collect();
    assert_eq!(opened(&sealer(7), &record, PLACE).unwrap(), b"twelve bytes");
    assert!(sealer(7).is_current(&record) && record.starts_with(&sealer(7).current_header()));
}

const RECORD: &str = "010a09e93c6491380f000102030405060708090a0b0c0d0e0f1011121314151617dd396aa77740acd7a0caa7e2108cc948dbbd58f2eb034862b68c14f0";

#[test]
fn any_flipped_bit_is_noticed() {
    let record = sealer(1).seal(&[7; 20], PLACE).unwrap();
    for place in 0..record.len() {
        for bit in 0..8 {
            let mut forged = record.clone();
            forged[place] ^= 1 << bit;
            let reason = match place {
                0 => SealError::Malformed,
                1..9 => SealError::UnknownKey,
                _ => SealError::Forged,
            };
            assert_eq!(opened(&sealer(1), &forged, PLACE), Err(reason), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn a_record_cut_or_grown_is_noticed() {
    let record = sealer(1).seal(&[7; 20], PLACE).unwrap();
    for len in 0..record.len() {
        let reason = if len < OVERHEAD_BYTES { SealError::Malformed } else { SealError::Forged };
        assert_eq!(opened(&sealer(1), &record[..len], PLACE), Err(reason), "{len}");
    }
    let grown = [&record[..], &[0]].concat();
    assert_eq!(opened(&sealer(1), &grown, PLACE), Err(SealError::Forged));
}

#[test]
fn a_record_opens_at_no_other_place() {
    let record = sealer(1).seal(&[7; 20], PLACE).unwrap();
    for elsewhere in [
        Place { table: "keys", ..PLACE },
        Place { column: "name", ..PLACE },
        Place { row: &[3; 16], ..PLACE },
        Place { owner: &[3; 16], ..PLACE },
        Place { row: PLACE.owner, owner: PLACE.row, ..PLACE },
        Place { table: "tot", column: "psecret", ..PLACE },
        Place { row: &[1; 15], owner: &[1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], ..PLACE },
        Place { owner: &[], ..PLACE },
    ] {
        assert_eq!(opened(&sealer(1), &record, elsewhere), Err(SealError::Forged), "{elsewhere:?}");
    }
}

#[test]
fn another_key_opens_nothing_and_is_told_apart_from_forgery() {
    let record = sealer(1).seal(&[7; 20], PLACE).unwrap();
    assert_eq!(opened(&sealer(2), &record, PLACE), Err(SealError::UnknownKey));
    // The other key's id written over this one's.
    let mut forged = record.clone();
    forged[1..9].copy_from_slice(&sealer(2).seal(b"", PLACE).unwrap()[1..9]);
    assert_eq!(opened(&sealer(2), &forged, PLACE), Err(SealError::Forged));
    let both = Sealer::new(&key(1), &[key(2)]);
    assert_eq!(opened(&both, &forged, PLACE), Err(SealError::Forged));
}

#[test]
fn after_a_rotation_old_records_open_until_the_old_key_is_dropped() {
    let old = sealer(1).seal(b"old", PLACE).unwrap();
    let during = Sealer::new(&key(3), &[key(2), key(1)]);
    assert_eq!(opened(&during, &old, PLACE).unwrap(), b"old");
    assert!(!during.is_current(&old));
    let new = during.seal(b"new", PLACE).unwrap();
    assert!(during.is_current(&new));
    assert_eq!(opened(&sealer(3), &new, PLACE).unwrap(), b"new");
    assert_eq!(opened(&sealer(3), &old, PLACE), Err(SealError::UnknownKey));
}

#[test]
fn a_sealer_prints_no_key_and_no_record_holds_it() {
    let shown = format!("{:?}", Sealer::new(&key(0xab), &[key(0xcd)]));
    assert!(!shown.contains("171") && !shown.contains("205"), "{shown}");
    let record = sealer(0xab).seal(b"", PLACE).unwrap();
    assert!(!record.windows(4).any(|window| window == [0xab; 4]));
}

#[test]
fn a_key_is_32_bytes_in_any_base64() {
    let bytes = |text: &str| key_from_base64(text).map(|key| *key.expose());
    let mut expected = [0xfb; 32];
    expected[31] = 0xff;
    let standard = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/8=";
    for text in [standard, &standard.replace('=', ""), &standard.replace('+', "-").replace('/', "_")] {
        assert_eq!(bytes(text), Some(expected), "{text}");
    }
    for text in [
        "",
        "AAAA",
        &standard[..40],
        &format!("{standard}AAAA"),
        &format!(" {standard}"),
        &"ab".repeat(32),
        "é",
    ] {
        assert_eq!(bytes(text), None, "{text}");
    }
    let made = new_key_base64().unwrap();
    assert!(bytes(made.expose()).is_some() && made.expose() != new_key_base64().unwrap().expose());
}

proptest! {
    #[test]
    fn whatever_is_sealed_comes_back(plain: Vec<u8>, table in ".{0,8}", column in ".{0,8}", row: Vec<u8>, owner: Vec<u8>) {
        let place = Place { table: &table, column: &column, row: &row, owner: &owner };
        let record = sealer(1).seal(&plain, place).unwrap();
        prop_assert_eq!(opened(&sealer(1), &record, place), Ok(plain));
    }

    /// In the record's own memory or in a copy, with whatever was left in the room by the record before.
    #[test]
    fn opening_in_place_is_opening(plain: Vec<u8>, mut room: Vec<u8>, at: prop::sample::Index, bit in 0..9_u32) {
        let sealer = sealer(1);
        let mut record = sealer.seal(&plain, PLACE).unwrap();
        if bit < 8 {
            let at = at.index(record.len());
            record[at] ^= 1 << bit;
        }
        let in_place = sealer.open_in_place(record.clone(), PLACE, &mut room);
        prop_assert_eq!(in_place.is_ok(), bit == 8);
        prop_assert_eq!(in_place, opened(&sealer, &record, PLACE));
        let next = sealer.seal(b"next", PLACE).unwrap();
        prop_assert_eq!(sealer.open_in_place(next, PLACE, &mut room), Ok(b"next".to_vec()));
    }

    /// However the parts are chosen, one place is no other.
    #[test]
    fn of_two_places_each_opens_its_own(
        one in ("[ab,]{0,3}", "[ab,]{0,3}", "[ab,]{0,3}", "[ab,]{0,3}"),
        two in ("[ab,]{0,3}", "[ab,]{0,3}", "[ab,]{0,3}", "[ab,]{0,3}"),
    ) {
        fn place((table, column, row, owner): &(String, String, String, String)) -> Place<'_> {
            Place { table, column, row: row.as_bytes(), owner: owner.as_bytes() }
        }
        let record = sealer(1).seal(b"text", place(&one)).unwrap();
        prop_assert_eq!(opened(&sealer(1), &record, place(&two)).is_ok(), one == two);
    }

    #[test]
    fn any_bytes_get_an_answer(record: Vec<u8>) {
        prop_assert!(sealer(1).open(&record, PLACE).is_err());
    }
}
