use std::time::Duration;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn table(count: u32, holders: usize) -> Table {
    Table::new(Quota::new(count, Duration::from_secs(60)), holders)
}

fn is_granted(table: &Table, holder: u128, now: Timestamp) -> bool {
    matches!(table.take(holder.into(), now), Outcome::Granted { .. })
}

/// Bytes of the places, which are all that grows with callers.
fn bytes(table: &Table) -> usize {
    table.shards.iter().map(|shard| size_of_val(&**shard.lock().unwrap())).sum()
}

#[test]
fn a_million_addresses_take_no_more_memory_than_one() {
    let table = table(10, 131_072);
    let before = bytes(&table);
    assert_eq!(before, 131_072 * 24);
    for address in 0..1_000_000 {
        assert!(is_granted(&table, address, NOW), "{address}: refused for what others did");
    }
    assert_eq!(bytes(&table), before);
}

#[test]
fn nobody_is_refused_while_an_attacker_goes_through_addresses() {
    let table = table(10, 4_096);
    let mut address = 1_000_000_u128;
    // Somebody who takes one every seven seconds has always nine left; a million strangers come between.
    for turn in 0..100_u32 {
        let now = NOW.plus(Duration::from_secs(7) * turn);
        assert!(is_granted(&table, 7, now), "turn {turn}");
        for _ in 0..10_000 {
            address += 1;
            assert!(is_granted(&table, address, now));
        }
    }
}

#[test]
fn who_has_used_most_is_forgotten_last() {
    let table = table(10, 0);
    let sets = 64;
    // One set in each shard. The heavy one is there first; light ones by the hundred do not push it out.
    assert!((0..10).all(|_| is_granted(&table, 1, NOW)));
    for light in 0..sets * 100 {
        assert!(is_granted(&table, 1_000 + light, NOW));
    }
    assert!(!is_granted(&table, 1, NOW));
}

#[test]
fn what_is_given_back_can_be_taken_again_and_no_more() {
    let table = table(2, 1_000);
    assert!(is_granted(&table, 5, NOW) && is_granted(&table, 5, NOW) && !is_granted(&table, 5, NOW));
    table.give_back(5.into(), NOW);
    assert_eq!(table.standing(5.into(), NOW).remaining, 1);
    assert!(is_granted(&table, 5, NOW) && !is_granted(&table, 5, NOW));
    for _ in 0..10 {
        table.give_back(5.into(), NOW);
        table.give_back(6.into(), NOW);
    }
    for holder in [5_u128, 6] {
        assert_eq!(table.standing(holder.into(), NOW).remaining, 2);
    }
}

#[test]
fn looking_takes_nothing_and_leaves_no_trace() {
    let table = table(3, 1_000);
    assert!(is_granted(&table, 9, NOW));
    for stranger in 0..100_000_u128 {
        table.standing((stranger << 32).into(), NOW);
        table.give_back((stranger << 32).into(), NOW);
    }
    assert_eq!(table.standing(9.into(), NOW).remaining, 2);
}

#[test]
fn as_many_as_are_allowed_are_granted_however_many_ask_at_once() {
    let table = table(100, 1_000);
    let granted: usize = std::thread::scope(|scope| {
        let ask = || (0..1_000).filter(|_| is_granted(&table, 3, NOW)).count();
        let askers: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).sum()
    });
    assert_eq!(granted, 100);
}

#[test]
fn the_two_halves_of_a_holder_both_count() {
    let table = table(1, 1_000);
    assert!(is_granted(&table, 1, NOW));
    assert!(is_granted(&table, 1 << 64, NOW));
    assert!(is_granted(&table, 0, NOW));
    assert!(!is_granted(&table, 0, NOW));
}
