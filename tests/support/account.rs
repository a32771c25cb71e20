//! A test account: a practice server that can stop and start again, a few deals to edit, and the data folder of the
//! program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use chrono::Utc;
use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::practice::Practice;
use super::terminal::{PATIENCE, Terminal};

/// The width and height of the terminals, large enough for the full bottom line.
const SIZE: (u16, u16) = (180, 40);

/// A deal with a unique title.
#[derive(Debug, Clone)]
pub struct Target {
    pub id: u64,
    pub title: String,
}

impl Target {
    pub fn path(&self) -> String {
        format!("/api/v2/deals/{}", self.id)
    }

    /// Returns the keys that put the cursor on it.
    pub fn find(&self) -> String {
        format!("1/\x15{}\r", self.title)
    }

    /// Returns the keys that set its value.
    pub fn value(&self, value: u32) -> String {
        format!("{}v{value}\r", self.find())
    }

    /// Returns the keys that rename it.
    pub fn rename(&self, title: &str) -> String {
        format!("{}e\x15{title}\r", self.find())
    }
}

/// An account on a practice server.
pub struct TestAccount {
    pub practice: Practice,
    pub targets: Vec<Target>,
    /// The data directory of the program.
    pub data: PathBuf,
    folder: TempDir,
}

impl TestAccount {
    /// Creates an account with some deals.
    pub fn new() -> Self {
        Self::with(Options { deals: 60, ..Options::default() })
    }

    /// Creates an account with generous limits that survives a restart of its server. All targets are worth 1000 EUR.
    pub fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Some(folder.path().join("practice.db"));
        let practice = Practice::with(Options { plan: Plan::Enterprise, db, ..options });
        let stages = practice.get("/api/v2/stages?pipeline_id=1&limit=500");
        let first = stages["data"].as_array().unwrap().iter().min_by_key(|stage| stage["order_nr"].as_i64());
        let first = first.unwrap()["id"].clone();
        let deals = practice.get("/api/v2/deals?status=open&limit=6")["data"].as_array().unwrap().clone();
        let target = |(deal, letter): (&Value, char)| {
            let title = format!("Target-{letter}");
            let body = json!({"title": title, "value": 1000, "currency": "EUR", "pipeline_id": 1, "stage_id": first});
            let target = Target { id: deal["id"].as_u64().unwrap(), title };
            assert_eq!(practice.send("PATCH", &target.path(), &body)["success"], true);
            target
        };
        let targets = deals.iter().zip('A'..='F').map(target).collect();
        // The server's times are in whole seconds: wait for the next one, so that later changes have later times.
        let made_at = Utc::now().timestamp();
        while Utc::now().timestamp() <= made_at {
            std::thread::sleep(Duration::from_millis(10));
        }
        let data = folder.path().join("data");
        Self { practice, targets, data, folder }
    }

    /// Returns a folder that is deleted with the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens the dashboard.
    pub fn open(&self) -> Terminal {
        self.open_with(&[])
    }

    /// Opens the dashboard with more options.
    pub fn open_with(&self, options: &[&str]) -> Terminal {
        let data = self.data.to_str().unwrap();
        let args = [&["--api-url", &self.practice.program_url, "--data-dir", data], options].concat();
        let state = self.state();
        let variables =
            [("DEALDECK_API_TOKEN", self.practice.token.as_str()), ("XDG_STATE_HOME", state.to_str().unwrap())];
        Terminal::open(&args, &variables, SIZE.0, SIZE.1)
    }

    /// Opens the dashboard without a server, and waits for the top of the board.
    pub fn open_offline(&self) -> Terminal {
        let terminal = self.open();
        terminal.wait_for("offline");
        terminal.wait_for("Target-C");
        terminal
    }

    /// Syncs the account once.
    pub fn read_once(&self) {
        let terminal = self.open();
        wait_until_read(&terminal);
        quit(terminal);
    }

    /// Stops the server and queues edits.
    pub fn queue(&mut self, edits: &[String]) {
        self.practice.stop();
        let mut terminal = self.open_offline();
        for (nth, keys) in edits.iter().enumerate() {
            terminal.keys(keys);
            wait_until_queued(&terminal, nth + 1);
        }
        quit(terminal);
    }

    /// Returns the directory of logs.
    fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// Runs a command of the program without a terminal.
    pub fn run(&self, verb: &str) -> CommandOutput {
        self.start(verb).end()
    }

    /// Starts a command of the program without a terminal.
    pub fn start(&self, verb: &str) -> RunningCommand {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dealdeck"));
        command.args(verb.split(' ')).args(["--api-url", &self.practice.program_url, "--data-dir"]).arg(&self.data);
        for name in ["DEALDECK_COMPANY", "DEALDECK_API_URL", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command.env("DEALDECK_API_TOKEN", &self.practice.token).env("XDG_STATE_HOME", self.state());
        command.env("XDG_CONFIG_HOME", self.folder());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let pid = child.id();
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
        RunningCommand { pid, output }
    }

    /// Returns the folder with the files of the account.
    pub fn store(&self) -> PathBuf {
        files(&self.data).into_iter().find(|file| file.ends_with("edits.db")).unwrap().parent().unwrap().to_owned()
    }

    /// Returns all files that the program has written.
    pub fn all_files(&self) -> Vec<PathBuf> {
        [files(&self.data), files(&self.state())].concat()
    }

    /// Returns the changes of a target since its creation, in order.
    pub fn written(&self, target: &Target) -> Vec<Value> {
        let writes = self.practice.get("/sandbox/writes");
        let writes = writes["data"].as_array().unwrap().iter().filter(|write| write["path"] == target.path());
        writes.skip(1).map(|write| write["body"].clone()).collect()
    }

    /// Changes a target as a colleague.
    pub fn change(&self, target: &Target, body: &Value) {
        assert_eq!(self.practice.send("PATCH", &target.path(), body)["success"], true);
    }

    /// Returns the number of requests since the server's start.
    pub fn requests(&self) -> u64 {
        self.practice.get("/sandbox/stats")["requests"].as_u64().unwrap()
    }

    /// Waits until a deal has this value on the server.
    pub fn wait_for_value(&self, target: &Target, value: u32) {
        self.practice.wait_until(&target.path(), &format!("the value {value}"), |deal| {
            deal.is_some_and(|deal| deal["data"]["value"].as_f64() == Some(f64::from(value)))
        });
    }
}

/// A running command.
pub struct RunningCommand {
    pub pid: u32,
    output: mpsc::Receiver<Output>,
}

impl RunningCommand {
    /// Waits for its end. Without a server it retries for half a minute.
    pub fn end(self) -> CommandOutput {
        let output = self.output.recv_timeout(PATIENCE * 2).unwrap_or_else(|_| {
            signal(self.pid, rustix::process::Signal::KILL);
            panic!("the command does not end; its output:\n{:?}", self.output.recv());
        });
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        CommandOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The result of a command.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Returns all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Waits until the account or its changes have been read and the next poll is scheduled.
pub fn wait_until_read(terminal: &Terminal) {
    terminal.wait_until("the account to be read", |screen| {
        let text = screen.contents();
        let is_busy = ["reading", "Reading", "onnecting", "% of the account"];
        is_online(&text) && text.contains("leads ") && is_busy.iter().all(|word| !text.contains(word))
    });
}

/// Returns `true` if the program is online, with or without webhooks.
fn is_online(text: &str) -> bool {
    text.contains("● online") || text.contains("◉ live")
}

/// Waits until this many edits are queued and saved.
pub fn wait_until_queued(terminal: &Terminal, count: usize) {
    terminal.wait_for(&format!("↻ {count} queued"));
}

/// Waits until no edit is in flight.
pub fn wait_until_sent(terminal: &Terminal) {
    terminal.wait_until("no waiting edits", |screen| {
        let text = screen.contents();
        is_online(&text) && ["↻", "queued", "saving"].iter().all(|word| !text.contains(word))
    });
}

/// Quits without a confirmation, and checks that the terminal is restored. Returns its text.
pub fn quit(mut terminal: Terminal) -> String {
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    terminal.assert_restored();
    terminal.text()
}

/// Returns the notice above the bottom line as one line, or the bottom line if there is no notice.
pub fn notice(screen: &vt100::Screen) -> String {
    let text = screen.contents();
    let lines: Vec<&str> = text.lines().collect();
    let Some(top) = lines.iter().rposition(|line| line.starts_with('╭')) else {
        return lines.last().copied().unwrap_or_default().to_owned();
    };
    let width = lines[top].chars().position(|c| c == '╮').unwrap_or(0);
    let inside = lines[top..].iter().take_while(|line| !line.starts_with('╰')).skip(1);
    let words = inside.flat_map(|line| {
        let cut: String = line.chars().take(width).skip(1).collect();
        cut.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Waits until the notice contains a text.
pub fn wait_for_notice(terminal: &Terminal, text: &str) {
    terminal.wait_until(&format!("'{text}' as a notice"), |screen| notice(screen).contains(text));
}

/// Returns the body of a request that sets the value of a deal.
pub fn value_body(value: u32) -> Value {
    json!({"value": value, "currency": "EUR"})
}
