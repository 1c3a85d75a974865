//! A folder for a Jarvis, and the process in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No answer in this time is a hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const PASSWORD: &str = "lantern orchard winter 42";

/// Where one Jarvis lives. Its settings come from the tests alone.
pub(crate) struct Home(tempfile::TempDir);

/// What a command that has ended said.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Told {
    /// Standard error without the log: what the operator is told in plain words.
    pub(crate) fn plain(&self) -> Vec<&str> {
        self.err.lines().filter(|line| !is_logged(line)).collect()
    }
}

/// A line of the log begins with its time.
fn is_logged(line: &str) -> bool {
    line.starts_with("20") && line.split(' ').next().is_some_and(|time| time.ends_with('Z'))
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// What lies in the folder, hidden files included.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn command(&self, words: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jarvis"));
        command.args(words).env_clear().current_dir(self.path());
        command.envs([("BIND", "127.0.0.1:0"), ("OLLAMA_BASE_URL", "off")]);
        command.envs(settings.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &[&str], settings: &[(&str, &str)], input: impl AsRef<[u8]>) -> Told {
        let mut child = self.command(words, settings).spawn().unwrap();
        // A command that does not want its input has closed it already.
        drop(child.stdin.take().unwrap().write_all(input.as_ref()));
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let out = std::thread::spawn(move || text(&mut out));
        let err = std::thread::spawn(move || text(&mut err));
        let code = ended(&mut child, PATIENCE);
        Told { code, out: out.join().unwrap(), err: err.join().unwrap() }
    }

    /// Makes an account from the shell.
    pub(crate) fn add(&self, name: &str, extra: &[&str], input: &str) -> Told {
        let email = format!("{name}@example.org");
        let mut words = vec!["user", "add", "--username", name, "--email", &email];
        words.extend(extra);
        self.run(&words, &[], input)
    }

    /// Starts the server and waits for the line that says it is ready.
    pub(crate) fn serve(&self, settings: &[(&str, &str)]) -> Server {
        let log = std::fs::File::create(self.path().join("server.log")).unwrap();
        let mut child = self.command(&["serve"], settings).stderr(log).spawn().unwrap();
        let (ready, line) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || read_first_line(stdout, &ready));
        let found = line.recv_timeout(PATIENCE).expect("nothing was said");
        let (line, stdout) = found.unwrap_or_else(|| panic!("no line; log: {}", self.log()));
        Server { child, line, stdout }
    }

    /// The log of the last server.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("server.log")).unwrap()
    }
}

type Found = Option<(String, BufReader<ChildStdout>)>;

fn read_first_line(mut stdout: BufReader<ChildStdout>, ready: &mpsc::Sender<Found>) {
    let mut line = String::new();
    let found = stdout.read_line(&mut line).is_ok_and(|count| count > 0);
    drop(ready.send(found.then(|| (line.trim_end().to_owned(), stdout))));
}

fn text(pipe: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Waits for the end of a process; gives its exit code, -1 when a signal ended it.
fn ended(child: &mut Child, wait: Duration) -> i32 {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        if started.elapsed() > wait {
            child.kill().unwrap();
            panic!("the process does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// The first line on standard output.
    pub(crate) line: String,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Where it is: from its own line.
    pub(crate) fn base(&self) -> String {
        let at = self.line.find("http://").unwrap();
        let address = &self.line[at + "http://".len()..];
        format!("http://{}", address.split(['/', '#']).next().unwrap())
    }

    /// Of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The code of the set-up link, if one was printed.
    pub(crate) fn setup_code(&self) -> Option<String> {
        self.line.split_once("#code=").map(|(_, code)| code.to_owned())
    }

    /// Asks it to end with one signal, such as `-TERM`; gives the exit code and what else it said on standard output.
    pub(crate) fn stop(mut self, signal: &str, wait: Duration) -> (i32, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let code = ended(&mut self.child, wait);
        (code, text(&mut self.stdout))
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = client().post(format!("{}{path}", self.base())).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> (u16, Value) {
        self.post("/auth/login", json!({"username": name, "password": password})).await
    }

    /// The status of `GET path` with a bearer token.
    pub(crate) async fn get(&self, path: &str, token: &str) -> u16 {
        let request = client().get(format!("{}{path}", self.base())).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}
