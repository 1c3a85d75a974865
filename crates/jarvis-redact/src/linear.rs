//! The work that recognisers do is counted, not timed.

use crate::scan::scan;
use crate::text::Text;

/// Reads of a byte by recognisers, for each byte of the text.
fn work(text: &[u8]) -> f64 {
    let text = Text::new(text);
    scan(&text, |_| ());
    let reads = u32::try_from(text.reads()).map_or(f64::MAX, f64::from);
    reads / f64::from(u32::try_from(text.len()).unwrap())
}

const SEEDS: [&str; 74] = [
    "a",
    "@",
    "a@",
    "a.",
    "a@b.",
    "a%40",
    "%40",
    "://",
    "a://b:c/",
    "a://b:",
    "x://a:b@",
    ":",
    "::",
    "2001:",
    "2001:db8::",
    "f",
    "1",
    "1 ",
    "12 ",
    "4111 ",
    "4111-",
    "0",
    "06 ",
    "+",
    "+3",
    "+33 ",
    "(",
    "1.",
    "1.1.",
    "255.",
    "FR76",
    "FR76 3",
    "A1",
    "-",
    "----",
    "-----BEGIN ",
    "ABCD-",
    "ABC1-",
    "password",
    "password=",
    "password=\"",
    "password='",
    "password=\\\"",
    "password:[\"",
    "\"password\":",
    "pass",
    "token",
    "token=",
    "token=1,",
    "code=",
    "code=\"",
    "code=a",
    "code=a&",
    "sig=\"x",
    "sig=[\"a\",",
    ";sig=a",
    "pwd=/",
    "key key key ",
    "Bearer ",
    "Basic ",
    "basic+",
    "basic%20",
    "Basic YTpi",
    "sk-",
    "sk-a",
    "ghp_",
    "eyJ",
    "eyJ.",
    "eyJ.eyJ",
    "otpauth://",
    "hook",
    "bot1",
    "user a:",
    "mysql ",
];

#[test]
fn the_work_grows_no_faster_than_the_text() {
    const LONG: usize = 1 << 20;
    let mut worst = (0.0, String::new());
    for one in SEEDS {
        for two in SEEDS {
            let unit = format!("{one}{two}");
            let text = |length: usize| unit.repeat(length / unit.len());
            let (short, long) = (work(text(LONG / 512).as_bytes()), work(text(LONG / 128).as_bytes()));
            assert!(long < short.mul_add(1.2, 8.0), "{unit:?}: {short} reads a byte, then {long}");
            if long > worst.0 {
                worst = (long, unit);
            }
        }
    }
    println!("at most {:.0} reads a byte, of {:?}", worst.0, worst.1);
    assert!(worst.0 < 400.0, "{worst:?}");
    for one in SEEDS.into_iter().step_by(8).chain([worst.1.as_str()]) {
        let text = one.repeat(LONG / one.len());
        assert!(work(text.as_bytes()) < 400.0, "{one:?}");
    }
}

#[test]
fn the_work_on_a_prefix_that_never_closes_is_linear() {
    for head in [
        "password=\"",
        "token='",
        "-----BEGIN A",
        "cookie: ",
        "authorization: Digest ",
        "code=\"",
        "x://a:b/",
    ] {
        for seed in SEEDS {
            let text = format!("{head}{}", seed.repeat((1 << 14) / seed.len()));
            assert!(work(text.as_bytes()) < 400.0, "{head:?} {seed:?}");
        }
    }
}
