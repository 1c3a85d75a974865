//! The trail is changed behind our back, in every way that there is.

use jarvis_crypto::Secret;
use jarvis_crypto::ledger::{CheckpointSigner, Frontier, GENESIS, Hash, Statement, leaf_hash, link};
use sqlx::{Connection, Row};

use super::{CHECKPOINTS, copy, database, execute, fails, lived_in, number, passes, used, verify};
use crate::process::Home;

/// The hash of every entry, anew from what stands in its fields; gives the last one and the tree over them at each size that is asked for.
/// Whoever can write to the database can do this.
async fn rehash(home: &Home) -> Vec<(i64, i64, Hash, Frontier)> {
    let mut connection = database(home).await;
    let rows =
        sqlx::query("SELECT * FROM audit_events ORDER BY seq").fetch_all(&mut connection).await.unwrap();
    let (mut last, mut frontier, mut all) = (GENESIS, Frontier::default(), Vec::new());
    for row in &rows {
        let (seq, at, times): (i64, i64, i64) = (row.get("seq"), row.get("at"), row.get("times"));
        let word = |name: &str| row.get::<String, _>(name).into_bytes();
        let bytes = |name: &str| row.get::<Option<Vec<u8>>, _>(name).unwrap_or_default();
        let fields = [
            seq.to_be_bytes().to_vec(),
            at.to_be_bytes().to_vec(),
            word("kind"),
            word("outcome"),
            word("via"),
            times.to_be_bytes().to_vec(),
            bytes("actor"),
            bytes("subject"),
            bytes("cloak"),
        ];
        last = link(&last, &fields.each_ref().map(Vec::as_slice));
        frontier.push(leaf_hash(&last));
        let update =
            sqlx::query("UPDATE audit_events SET hash = $2 WHERE seq = $1").bind(seq).bind(last.to_vec());
        update.execute(&mut connection).await.unwrap();
        all.push((seq, at, last, frontier.clone()));
    }
    let (seq, at, hash, edge) = all.last().unwrap().clone();
    sqlx::query("UPDATE audit_head SET size = $1, at = $2, hash = $3, frontier = $4")
        .bind(seq)
        .bind(at)
        .bind(hash.to_vec())
        .bind(edge.to_bytes())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    all
}

/// Signs every checkpoint in the database anew, over what is there now, with a key of the attacker's own.
async fn resign(home: &Home, all: &[(i64, i64, Hash, Frontier)]) -> Vec<jarvis_crypto::ledger::Checkpoint> {
    let signer = CheckpointSigner::new(&Secret::new([66; 32]));
    let mut connection = database(home).await;
    let rows = sqlx::query("SELECT size, at FROM audit_checkpoints ORDER BY size")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut signed = Vec::new();
    for row in rows {
        let (size, at): (i64, i64) = (row.get("size"), row.get("at"));
        let Some((_, _, head, frontier)) = all.iter().find(|(seq, ..)| *seq == size) else { continue };
        let statement =
            Statement { size: u64::try_from(size).unwrap(), at, root: frontier.root(), head: *head };
        let one = signer.sign(statement);
        sqlx::query(
            "UPDATE audit_checkpoints SET root = $2, head = $3, key = $4, signature = $5 WHERE size = $1",
        )
        .bind(size)
        .bind(one.statement.root.to_vec())
        .bind(one.statement.head.to_vec())
        .bind(one.key.to_vec())
        .bind(one.signature.to_vec())
        .execute(&mut connection)
        .await
        .unwrap();
        signed.push(one);
    }
    connection.close().await.unwrap();
    signed
}

/// Puts the genuine checkpoints back into the database.
async fn put_back(home: &Home, kept: &[u8]) {
    let mut connection = database(home).await;
    for line in std::str::from_utf8(kept).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let hex = |name: &str| {
            let text = line[name].as_str().unwrap();
            (0..text.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
                .collect::<Vec<u8>>()
        };
        sqlx::query("INSERT INTO audit_checkpoints VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(line["size"].as_i64().unwrap())
            .bind(line["at"].as_i64().unwrap())
            .bind(hex("root"))
            .bind(hex("head"))
            .bind(hex("key"))
            .bind(hex("signature"))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_single_change_is_found_where_it_is() {
    let used = used().await;
    passes(&verify(&used, &[]));
    let before = std::fs::metadata(used.path().join(super::DATABASE)).unwrap().len();
    assert!(before > 0);
    let cases: &[(&str, &str, &str)] = &[
        (
            "flip: who",
            "UPDATE audit_events SET subject = randomblob(16) WHERE seq = 4",
            "Entry 4 was changed",
        ),
        ("flip: nobody", "UPDATE audit_events SET actor = NULL WHERE seq = 4", "Entry 4 was changed"),
        ("flip: what", "UPDATE audit_events SET kind = 'sign_out' WHERE seq = 4", "Entry 4 was changed"),
        ("flip: how", "UPDATE audit_events SET outcome = 'failure' WHERE seq = 4", "Entry 4 was changed"),
        ("flip: by what", "UPDATE audit_events SET via = 'shell' WHERE seq = 4", "Entry 4 was changed"),
        ("flip: when", "UPDATE audit_events SET at = at + 1 WHERE seq = 4", "Entry 4 was changed"),
        ("flip: how often", "UPDATE audit_events SET times = 2 WHERE seq = 4", "Entry 4 was changed"),
        (
            "flip: the hash",
            "UPDATE audit_events SET hash = zeroblob(32) WHERE seq = 4",
            "Entry 4 was changed",
        ),
        (
            "flip: data",
            "UPDATE audit_events SET data = replace(data, '127', '128') WHERE seq = 4",
            "The data of entry 4 were",
        ),
        (
            "flip: salt",
            "UPDATE audit_events SET salt = randomblob(16) WHERE seq = 4",
            "The data of entry 4 were",
        ),
        (
            "flip: cloak",
            "UPDATE audit_events SET cloak = randomblob(32) WHERE seq = 4",
            "The data of entry 4 were",
        ),
        (
            "take the data away",
            "UPDATE audit_events SET data = NULL, salt = NULL WHERE seq = 4",
            "The data of entry 4 are gone",
        ),
        (
            "take all data away",
            "UPDATE audit_events SET data = NULL, salt = NULL",
            "The data of entry 1 are gone",
        ),
        (
            "take them away, and say they never were",
            "UPDATE audit_events SET data = NULL, salt = NULL, cloak = zeroblob(32) WHERE seq = 4",
            "Entry 4 was changed",
        ),
        ("delete", "DELETE FROM audit_events WHERE seq = 4", "Entry 4 is missing."),
        ("delete: the first", "DELETE FROM audit_events WHERE seq = 1", "Entry 1 is missing."),
        (
            "delete and close the gap",
            "DELETE FROM audit_events WHERE seq = 4; UPDATE audit_events SET seq = -seq + 1 WHERE seq > 4; UPDATE audit_events SET seq = -seq WHERE seq < 0",
            "Entry 4 was changed",
        ),
        (
            "insert: before",
            "INSERT INTO audit_events SELECT 0, at, kind, outcome, via, times, actor, subject, cloak, salt, data, hash FROM audit_events WHERE seq = 1",
            "Entry 0 was put in",
        ),
        (
            "insert: after",
            "INSERT INTO audit_events SELECT 1000, at, kind, outcome, via, times, actor, subject, cloak, salt, data, hash FROM audit_events WHERE seq = 1",
            "Entry 1000 was put in",
        ),
        (
            "reorder",
            "UPDATE audit_events SET seq = -4 WHERE seq = 4; UPDATE audit_events SET seq = 4 WHERE seq = 5; UPDATE audit_events SET seq = 5 WHERE seq = -4",
            "Entry 4 was changed",
        ),
        ("truncate", "DELETE FROM audit_events WHERE seq > 4", "Entry 5 is missing"),
        (
            "truncate: all",
            "DELETE FROM audit_events; DELETE FROM audit_checkpoints; UPDATE audit_head SET size = 0, at = 0, hash = zeroblob(32), frontier = zeroblob(0)",
            "The end was cut off",
        ),
        (
            "the head alone",
            "UPDATE audit_head SET frontier = zeroblob(length(frontier))",
            "The stored end of the trail",
        ),
        (
            "a checkpoint",
            "UPDATE audit_checkpoints SET signature = randomblob(64)",
            "The signature of the checkpoint",
        ),
        ("a checkpoint's place", "DELETE FROM audit_checkpoints", "The checkpoint at entry"),
    ];
    for (name, sql, said) in cases {
        let home = copy(&used);
        execute(&home, sql).await;
        println!("{name}");
        fails(&verify(&home, &[]), said);
    }
}

#[tokio::test]
async fn an_entry_put_in_with_every_hash_made_anew_is_found() {
    let home = used().await;
    execute(
        &home,
        "UPDATE audit_events SET seq = -seq - 1 WHERE seq >= 4; UPDATE audit_events SET seq = -seq WHERE seq < 0;
         INSERT INTO audit_events SELECT 4, at, kind, outcome, via, times, actor, subject, cloak, salt, data, hash FROM audit_events WHERE seq = 3",
    )
    .await;
    rehash(&home).await;
    fails(&verify(&home, &[]), "The entries up to ");
}

#[tokio::test]
async fn an_end_that_is_cut_off_cleanly_is_found_by_what_was_kept() {
    let home = used().await;
    let kept = std::fs::read(home.path().join(CHECKPOINTS)).unwrap();
    let size = number(&home, "SELECT size FROM audit_checkpoints ORDER BY size DESC LIMIT 1").await;
    execute(
        &home,
        "DELETE FROM audit_checkpoints WHERE size = (SELECT MAX(size) FROM audit_checkpoints);
         DELETE FROM audit_events WHERE seq > (SELECT MAX(size) FROM audit_checkpoints)",
    )
    .await;
    rehash(&home).await;
    fails(&verify(&home, &[]), "The end was cut off");
    // With the file cut off too, only a copy of it tells.
    let text = String::from_utf8(kept.clone()).unwrap();
    let cut: Vec<&str> = text.lines().filter(|line| !line.contains(&format!("\"size\":{size},"))).collect();
    std::fs::write(home.path().join(CHECKPOINTS), cut.join("\n") + "\n").unwrap();
    passes(&verify(&home, &[]));
    std::fs::write(home.path().join("elsewhere.jsonl"), kept).unwrap();
    fails(&verify(&home, &["--checkpoints", "elsewhere.jsonl"]), "The end was cut off");
}

#[tokio::test]
async fn a_whole_trail_written_anew_is_found_though_every_hash_is_right() {
    let home = used().await;
    let kept = std::fs::read(home.path().join(CHECKPOINTS)).unwrap();
    std::fs::write(home.path().join("elsewhere.jsonl"), &kept).unwrap();
    execute(&home, "UPDATE audit_events SET outcome = 'success' WHERE outcome = 'failure'").await;
    let all = rehash(&home).await;
    fails(&verify(&home, &[]), "The entries up to ");
    // Signed anew, but not by us.
    let signed = resign(&home, &all).await;
    fails(&verify(&home, &[]), "The entries up to ");
    let lines = signed.iter().map(|one| {
        let hex = jarvis_crypto::ledger::hex::encode;
        let s = &one.statement;
        serde_json::json!({"size": s.size, "at": s.at, "root": hex(&s.root), "head": hex(&s.head), "key": hex(&one.key), "signature": hex(&one.signature)}).to_string() + "\n"
    });
    std::fs::write(home.path().join(CHECKPOINTS), lines.collect::<String>()).unwrap();
    let told = verify(&home, &[]);
    fails(&told, "The checkpoint at entry ");
    assert!(told.err.contains("signed by a key that is not ours"), "{}", told.err);
    // With no checkpoint left at all, a kept one still tells.
    execute(&home, "DELETE FROM audit_checkpoints").await;
    std::fs::remove_file(home.path().join(CHECKPOINTS)).unwrap();
    fails(&verify(&home, &[]), "No checkpoint vouches for any of the ");
    fails(&verify(&home, &["--checkpoints", "elsewhere.jsonl"]), "The checkpoint at entry ");
    // Nor does it help to put the rows back.
    put_back(&home, &kept).await;
    fails(&verify(&home, &["--checkpoints", "elsewhere.jsonl"]), "The entries up to ");
}

#[tokio::test]
async fn an_emptied_file_of_checkpoints_is_found() {
    let home = used().await;
    std::fs::write(home.path().join(CHECKPOINTS), "").unwrap();
    fails(&verify(&home, &[]), "The kept checkpoints are gone: there is none in ");
}

#[tokio::test]
async fn another_file_in_the_place_of_the_checkpoints_stops_the_start_and_stays() {
    let home = used().await;
    std::fs::write(home.path().join("notes"), "eggs\nmilk\nbre").unwrap();
    let told = home.run(&["serve"], &[("AUDIT_CHECKPOINTS", "notes")], "");
    assert!(told.code != 0 && told.err.contains("is it another file?"), "{told:?}");
    assert_eq!(std::fs::read_to_string(home.path().join("notes")).unwrap(), "eggs\nmilk\nbre");
}

#[tokio::test]
async fn an_export_shows_what_was_put_in_as_one_line_each() {
    let home = used().await;
    let all = home.run(&["audit", "export"], &[], "").out.lines().count();
    execute(
        &home,
        "UPDATE audit_events SET data = '{' || char(10) || '\"a\":1}' WHERE seq = 2;
         UPDATE audit_events SET data = 'no JSON ' || char(8238) || char(155) || '2J' WHERE seq = 3;
         UPDATE audit_events SET kind = 'sign' || char(8238) || 'in' WHERE seq = 4",
    )
    .await;
    let told = home.run(&["audit", "export"], &[], "");
    assert_eq!((told.code, told.out.lines().count()), (0, all), "{told:?}");
    assert!(!told.out.contains(['\u{202e}', '\u{9b}']), "{}", told.out);
    for (line, seq) in told.out.lines().zip(1..) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["seq"], seq);
        assert_eq!(line["damaged"].is_string(), seq == 2 || seq == 3, "{line}");
    }
}

#[tokio::test]
async fn two_branches_of_one_trail_do_not_vouch_for_each_other() {
    let first = used().await;
    let second = copy(&first);
    lived_in(&first, 2).await;
    // An older copy of the database, with which the server went on: it says so, and a kept checkpoint shows it.
    lived_in(&second, 4).await;
    passes(&verify(&first, &[]));
    passes(&verify(&second, &[]));
    let other = first.path().join(CHECKPOINTS);
    fails(&verify(&second, &["--checkpoints", other.to_str().unwrap()]), "The entries up to ");
}

#[tokio::test]
async fn a_server_on_an_older_copy_of_its_database_says_so() {
    let home = used().await;
    let older = copy(&home);
    lived_in(&home, 2).await;
    std::fs::copy(older.path().join(super::DATABASE), home.path().join(super::DATABASE)).unwrap();
    lived_in(&home, 1).await;
    let told = home.run(&["audit", "export"], &[], "");
    assert_eq!(told.out.matches("\"history_lost\"").count(), 1, "{}", told.out);
    fails(&verify(&home, &[]), "The checkpoint in data/audit/checkpoints.jsonl, line");
}

#[tokio::test]
async fn a_new_key_vouches_for_what_the_old_one_signed() {
    let home = used().await;
    let old = std::fs::read_to_string(home.path().join("data/secrets/encryption_key")).unwrap();
    let new = jarvis_crypto::seal::new_key_base64().unwrap().expose().clone();
    let with = |words: &[&str], settings: &[(&str, &str)]| home.run(words, settings, "");
    let verify = ["audit", "verify"];
    // Before a server has run with it, nothing here is by the new key.
    let told = with(&verify, &[("ENCRYPTION_KEY", &new)]);
    fails(&told, "The checkpoint at entry ");
    passes(&with(&verify, &[("ENCRYPTION_KEY", &new), ("ENCRYPTION_KEY_PREVIOUS", old.trim())]));
    let server = home.serve(&[("ENCRYPTION_KEY", &new), ("ENCRYPTION_KEY_PREVIOUS", old.trim())]);
    server.stop("-TERM", crate::process::PATIENCE);
    let told = with(&verify, &[("ENCRYPTION_KEY", &new)]);
    passes(&told);
    assert!(told.out.contains("by older keys"), "{}", told.out);
}
