//! The second place of the checkpoints: a file, one line of JSON each, only appended to and flushed to the disk each time.
//!
//! Whoever changes the database cannot change it without changing this file too; whoever copies the file elsewhere can tell even then.

use std::io::{self, SeekFrom};
use std::path::Path;

use jarvis_crypto::ledger::{Checkpoint, Statement, hex};
use serde::{Deserialize, Serialize};
use tokio::fs::{DirBuilder, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::store::checkpoints;
use crate::db::Db;

/// Bytes of a line, at most: it has about 400.
const LINE_MAX: u64 = 1_024;
/// How each line begins.
const BEGINNING: &[u8] = b"{\"size\":";
/// Checkpoints copied at once.
const BATCH: i64 = 500;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    size: u64,
    /// Microseconds since the Unix epoch.
    at: i64,
    root: String,
    head: String,
    key: String,
    signature: String,
}

/// A checkpoint as a line, without its end.
pub(super) fn write(checkpoint: &Checkpoint) -> String {
    let Statement { size, at, root, head } = checkpoint.statement;
    let (root, head) = (hex::encode(&root), hex::encode(&head));
    let (key, signature) = (hex::encode(&checkpoint.key), hex::encode(&checkpoint.signature));
    serde_json::to_string(&Line { size, at, root, head, key, signature }).unwrap_or_default()
}

/// What [`write`] wrote; None for anything else.
pub(super) fn read(line: &str) -> Option<Checkpoint> {
    let Line { size, at, root, head, key, signature } = serde_json::from_str(line).ok()?;
    let statement = Statement { size, at, root: hex::decode(&root)?, head: hex::decode(&head)? };
    Some(Checkpoint { statement, key: hex::decode(&key)?, signature: hex::decode(&signature)? })
}

/// The last checkpoint in the file; None when there is no file or nothing in it.
pub(super) async fn last(path: &Path) -> io::Result<Option<Checkpoint>> {
    match File::open(path).await {
        Ok(mut file) => Ok(tail(&mut file).await?.0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The last whole line, and how long the file is with it. What follows was being written when the process was killed.
async fn tail(file: &mut File) -> io::Result<(Option<Checkpoint>, u64)> {
    let length = file.metadata().await?.len();
    let from = length.saturating_sub(2 * LINE_MAX);
    file.seek(SeekFrom::Start(from)).await?;
    let mut end = Vec::new();
    file.take(2 * LINE_MAX).read_to_end(&mut end).await?;
    let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let text = std::str::from_utf8(end.get(..whole).unwrap_or_default()).unwrap_or_default();
    let last = text.lines().next_back().and_then(read);
    let rest = end.get(whole..).unwrap_or_default();
    let begins = BEGINNING.iter().zip(rest).all(|(wanted, byte)| wanted == byte);
    if (whole > 0 && last.is_none()) || (whole == 0 && from > 0) || !begins {
        // Another file, named by mistake: nothing of it is to be cut off or written to.
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its last line is no checkpoint: is it another file?",
        ));
    }
    Ok((last, from + u64::try_from(whole).unwrap_or_default()))
}

/// The file, open.
pub(super) struct Kept {
    file: File,
    /// The size of the last checkpoint that is in it.
    reached: i64,
}

impl Kept {
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
        }
        let is_new = !tokio::fs::try_exists(path).await?;
        let options = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).await;
        let mut file = options?;
        let (last, whole) = tail(&mut file).await?;
        // Half a line tells nothing, and would spoil the next.
        file.set_len(whole).await?;
        if is_new && let Some(folder) = path.parent() {
            File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
                .await?
                .sync_all()
                .await?;
        }
        let reached = last.map_or(0, |last| i64::try_from(last.statement.size).unwrap_or(i64::MAX));
        Ok(Self { file, reached })
    }

    /// Appends what the database has and the file has not.
    pub(super) async fn follow(&mut self, db: &Db) -> io::Result<()> {
        let newest = checkpoints::last(&mut db.read().await.map_err(io::Error::other)?).await;
        // An older copy of the database came in its place: what it tells from now on belongs in the file all the more.
        if let Some(newest) = newest.map_err(io::Error::other)?
            && newest.size < self.reached
        {
            self.reached = newest.size - 1;
        }
        loop {
            let mut reader = db.read().await.map_err(io::Error::other)?;
            let rows =
                checkpoints::after(&mut reader, self.reached, BATCH).await.map_err(io::Error::other)?;
            drop(reader);
            let Some(last) = rows.last() else { return Ok(()) };
            let reached = last.size;
            let mut text = String::new();
            for checkpoint in rows.iter().filter_map(checkpoints::Row::read) {
                text.push_str(&write(&checkpoint));
                text.push('\n');
            }
            self.file.write_all(text.as_bytes()).await?;
            self.file.flush().await?;
            self.file.sync_all().await?;
            self.reached = reached;
        }
    }
}

#[cfg(test)]
mod tests {
    use jarvis_crypto::Secret;
    use jarvis_crypto::ledger::CheckpointSigner;

    use super::*;

    fn checkpoint(size: u64) -> Checkpoint {
        let signer = CheckpointSigner::new(&Secret::new([7; 32]));
        signer.sign(Statement { size, at: 1_795_000_000_000_000, root: [1; 32], head: [2; 32] })
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_no_other() {
        let line = write(&checkpoint(5));
        assert_eq!(read(&line), Some(checkpoint(5)));
        assert!(u64::try_from(line.len()).unwrap() < LINE_MAX);
        for bad in [
            line.replace("\"size\":5", "\"size\":-5"),
            line.replace('{', "{\"more\":1,"),
            line[1..].to_owned(),
        ] {
            assert_eq!(read(&bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_file_of_something_else_is_refused_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        let line = write(&checkpoint(5));
        let texts = [
            "eggs\nmilk\nbre".to_owned(),
            "eggs\n".to_owned(),
            "eggs".to_owned(),
            "x".repeat(5_000),
            format!("{line}\neggs\n{}", &line[..40]),
            format!("{line}\neggs"),
        ];
        for text in texts {
            std::fs::write(&path, &text).unwrap();
            assert!(last(&path).await.is_err() && Kept::open(&path).await.is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn half_a_line_is_taken_away_before_the_next_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("checkpoints.jsonl");
        assert_eq!(last(&path).await.unwrap(), None);
        drop(Kept::open(&path).await.unwrap());
        let whole = format!("{}\n{}\n", write(&checkpoint(5)), write(&checkpoint(9)));
        std::fs::write(&path, format!("{whole}{}", &write(&checkpoint(12))[..40])).unwrap();
        assert_eq!(last(&path).await.unwrap(), Some(checkpoint(9)));
        assert_eq!(Kept::open(&path).await.unwrap().reached, 9);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
    }
}
