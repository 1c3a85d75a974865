use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const SINCE_EVER: Timestamp = Timestamp::from_micros(i64::MIN);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + micros)
}

/// One caller of one quota.
struct Caller(Quota, Timestamp);

impl Caller {
    fn new(count: u32, period: Duration) -> Self {
        Self(Quota::new(count, period), SINCE_EVER)
    }

    fn take(&mut self, weight: u32, now: Timestamp) -> Outcome {
        let outcome = self.0.take(self.1, weight, now);
        if let Outcome::Granted { full_at, .. } = outcome {
            self.1 = full_at;
        }
        outcome
    }

    fn is_granted(&mut self, weight: u32, now: Timestamp) -> bool {
        matches!(self.take(weight, now), Outcome::Granted { .. })
    }
}

#[test]
fn all_at_once_then_one_after_the_other() {
    let mut caller = Caller::new(10, MINUTE);
    let granted = (0..1_000).filter(|_| caller.is_granted(1, at(0))).count();
    assert_eq!(granted, 10);
    let Outcome::Refused { standing, retry_after, .. } = caller.take(1, at(0)) else { panic!() };
    assert_eq!(standing, Standing { limit: 10, remaining: 0, reset: MINUTE });
    assert_eq!(retry_after, Some(Duration::from_secs(6)));
    assert!(!caller.is_granted(1, at(5_999_999)));
    assert!(caller.is_granted(1, at(6_000_000)));
    assert!(!caller.is_granted(1, at(6_000_000)));
    // A minute of silence brings everything back, and no more.
    assert_eq!((0..100).filter(|_| caller.is_granted(1, at(200_000_000))).count(), 10);
}

#[test]
fn more_than_there_ever_is_has_no_moment_to_wait_for() {
    let mut caller = Caller::new(10, MINUTE);
    let Outcome::Refused { retry_after, standing, .. } = caller.take(11, at(0)) else { panic!() };
    assert_eq!((retry_after, standing.remaining), (None, 10));
    assert!(caller.is_granted(10, at(0)));
}

#[test]
fn a_clock_that_is_set_back_gives_one_more_burst_at_most_and_makes_nobody_wait_for_it() {
    for back in [1, 30_000_000, 59_999_999, 60_000_000, 60_000_001, 3_600_000_000, i64::MAX / 2] {
        for used in [1, 5, 10] {
            let mut caller = Caller::new(10, MINUTE);
            assert!(caller.is_granted(used, at(0)));
            let granted = (0..100).filter(|_| caller.is_granted(1, at(-back))).count();
            assert!(granted <= 10, "{granted}: {back}");
            // Whatever was kept, everything is back a minute later.
            assert!(caller.is_granted(10, at(-back + 60_000_000)), "{back}");
        }
    }
}

#[test]
fn the_ends_of_time_and_of_numbers_are_no_trouble() {
    for now in [i64::MIN, -1, 0, i64::MAX].map(Timestamp::from_micros) {
        for full_at in [i64::MIN, 0, i64::MAX].map(Timestamp::from_micros) {
            for (count, period) in [(0, Duration::ZERO), (1, Duration::MAX), (u32::MAX, MINUTE)] {
                for weight in [0, 1, u32::MAX] {
                    let quota = Quota::new(count, period);
                    let (Outcome::Granted { standing, .. } | Outcome::Refused { standing, .. }) =
                        quota.take(full_at, weight, now);
                    assert!(standing.remaining <= standing.limit);
                    assert!(quota.give_back(full_at, weight, now) >= now);
                }
            }
        }
    }
}

/// What a caller does next: waits, takes, or gives the last back.
#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Take(u32),
    GiveBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..90_000_000_i64).prop_map(Step::Wait),
        (0..2_000_000_i64).prop_map(Step::Wait),
        (1..5_u32).prop_map(Step::Take),
        (1..5_u32).prop_map(Step::Take),
        Just(Step::GiveBack),
    ];
    prop::collection::vec(step, 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// In every window that begins and ends with a grant: the burst, and what came back meanwhile.
    #[test]
    fn no_window_ever_has_more_than_the_burst_and_what_came_back(count in 1..200_u32, steps in steps()) {
        let mut caller = Caller::new(count, MINUTE);
        let (mut now, mut taken) = (0_i64, Vec::<(i64, u32)>::new());
        for step in steps {
            match step {
                Step::Wait(span) => now += span,
                Step::Take(weight) => {
                    if caller.is_granted(weight, at(now)) {
                        taken.push((now, weight));
                    }
                }
                Step::GiveBack => {
                    // Only what was taken at this very moment: what is older has come back by itself.
                    if let Some((_, weight)) = taken.pop_if(|(then, _)| *then == now) {
                        caller.1 = caller.0.give_back(caller.1, weight, at(now));
                    }
                }
            }
        }
        for (first, (begin, _)) in taken.iter().enumerate() {
            let mut sum = 0_i64;
            for (end, weight) in &taken[first..] {
                sum += i64::from(*weight);
                let came_back = (end - begin) * i64::from(count) / 60_000_000;
                prop_assert!(sum <= i64::from(count) + came_back, "{sum} in {} us of {count}", end - begin);
            }
        }
    }

    /// What is told is true: so much is granted at once and no more, the wait is enough and no second too long, and the reset is whole.
    #[test]
    fn the_numbers_that_are_told_come_true(count in 1..200_u32, steps in steps(), weight in 1..5_u32) {
        let mut caller = Caller::new(count, MINUTE);
        let mut now = 0_i64;
        for step in steps {
            match step {
                Step::Wait(span) => now += span,
                Step::Take(weight) => {
                    caller.take(weight, at(now));
                }
                Step::GiveBack => {}
            }
        }
        let standing = caller.0.standing(caller.1, at(now));
        let whole = caller.0.standing(caller.1, at(now).plus(standing.reset));
        prop_assert_eq!((whole.remaining, whole.reset), (count, Duration::ZERO));
        if standing.reset > Duration::ZERO {
            let before = at(now).plus(standing.reset).minus(Duration::from_micros(1));
            prop_assert!(caller.0.standing(caller.1, before).reset > Duration::ZERO);
        }
        match caller.take(weight, at(now)) {
            Outcome::Granted { standing: left, .. } => {
                prop_assert!(weight <= standing.remaining);
                prop_assert_eq!(left.remaining, standing.remaining - weight);
            }
            Outcome::Refused { retry_after: None, .. } => prop_assert!(weight > count),
            Outcome::Refused { retry_after: Some(wait), standing: left, .. } => {
                prop_assert!(weight > standing.remaining);
                prop_assert_eq!(left, standing);
                let early = at(now).plus(wait).minus(Duration::from_micros(1));
                prop_assert!(!Caller(caller.0, caller.1).is_granted(weight, early));
                prop_assert!(caller.is_granted(weight, at(now).plus(wait)));
            }
        }
        let more = (0..=count).filter(|_| caller.is_granted(1, at(now))).count();
        prop_assert!(more <= usize::try_from(count).unwrap());
    }

    /// Asking in vain changes nothing, however often.
    #[test]
    fn who_is_refused_waits_no_longer_for_asking(count in 1..50_u32, asked in 0..100_u32, pause in 0..5_000_000_i64) {
        let mut caller = Caller::new(count, MINUTE);
        prop_assert!(caller.is_granted(count, at(0)));
        let before = caller.1;
        for _ in 0..asked {
            prop_assert!(!caller.is_granted(count, at(pause)));
        }
        prop_assert_eq!(caller.1, before);
    }
}
