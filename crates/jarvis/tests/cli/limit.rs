//! How many files the process may open, and what that leaves for connections.

use std::process::{Command, Output};

/// What `check-config` says under these limits of open files.
fn checked(soft: &str, hard: &str, connections: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "ulimit -S -n \"$1\" && ulimit -H -n \"$2\" && exec \"$0\" check-config --set MAX_CONNECTIONS=\"$3\"";
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_jarvis"), soft, hard, connections]);
    command.env_clear().current_dir(folder.path()).output().unwrap()
}

fn warning(output: &Output) -> Option<String> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().find(|line| line.contains("MAX_CONNECTIONS")).map(str::to_owned)
}

#[test]
fn there_are_no_more_connections_than_files_that_may_be_open_and_that_is_said() {
    let told = warning(&checked("300", "300", "1000")).expect("nothing was said");
    assert!(told.starts_with("warning: MAX_CONNECTIONS=1000") && told.contains("236"), "{told}");
}

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_it_may_be() {
    // 100 files at first would not be enough.
    assert_eq!(warning(&checked("100", "600", "500")), None);
}
