//! An account on a practice server that can go away and come back, with a few deals to work on, and a folder where the
//! program keeps what it keeps.

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

/// How wide and how high the terminals are: the bottom line shows all that it can.
const SIZE: (u16, u16) = (180, 40);

/// A deal that can be found by its title.
#[derive(Debug, Clone)]
pub struct Target {
    pub id: u64,
    pub title: String,
}

impl Target {
    pub fn path(&self) -> String {
        format!("/api/v2/deals/{}", self.id)
    }

    /// The keys that put the cursor on it.
    pub fn find(&self) -> String {
        format!("1/\x15{}\r", self.title)
    }

    /// The keys that give it another value.
    pub fn value(&self, value: u32) -> String {
        format!("{}v{value}\r", self.find())
    }

    /// The keys that give it another title.
    pub fn rename(&self, title: &str) -> String {
        format!("{}e\x15{title}\r", self.find())
    }
}

pub struct Desk {
    pub practice: Practice,
    pub targets: Vec<Target>,
    /// Where the program keeps accounts.
    pub data: PathBuf,
    folder: TempDir,
}

impl Desk {
    /// An account of some deals.
    pub fn new() -> Self {
        Self::with(Options { deals: 60, ..Options::default() })
    }

    /// An account with generous limits that outlives its server. All targets are worth 1000 EUR.
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
        // The server tells times by the second: what happens from now on is later than that.
        let made_at = Utc::now().timestamp();
        while Utc::now().timestamp() <= made_at {
            std::thread::sleep(Duration::from_millis(10));
        }
        let data = folder.path().join("data");
        Self { practice, targets, data, folder }
    }

    /// A folder that goes with the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens the dashboard.
    pub fn open(&self) -> Terminal {
        self.open_with(&[])
    }

    /// Opens it with more options.
    pub fn open_with(&self, options: &[&str]) -> Terminal {
        let data = self.data.to_str().unwrap();
        let args = [&["--api-url", &self.practice.program_url, "--data-dir", data], options].concat();
        let state = self.state();
        let variables =
            [("DEALDECK_API_TOKEN", self.practice.token.as_str()), ("XDG_STATE_HOME", state.to_str().unwrap())];
        Terminal::open(&args, &variables, SIZE.0, SIZE.1)
    }

    /// Opens it without a server, and waits for the top of the board.
    pub fn open_offline(&self) -> Terminal {
        let terminal = self.open();
        terminal.wait_for("offline");
        terminal.wait_for("Target-C");
        terminal
    }

    /// Has the account read once, and kept.
    pub fn read_once(&self) {
        let terminal = self.open();
        wait_until_read(&terminal);
        quit(terminal);
    }

    /// With the server stopped, has edits made, queued and left.
    pub fn queue(&mut self, edits: &[String]) {
        self.practice.stop();
        let mut terminal = self.open_offline();
        for (nth, keys) in edits.iter().enumerate() {
            terminal.keys(keys);
            wait_until_queued(&terminal, nth + 1);
        }
        quit(terminal);
    }

    /// Where logs are.
    fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// Runs a command of the program, with its options, without a terminal.
    pub fn run(&self, verb: &str) -> Ran {
        self.start(verb).end()
    }

    /// Starts a command of the program, with its options, without a terminal.
    pub fn start(&self, verb: &str) -> Running {
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
        Running { pid, output }
    }

    /// Where the files of the account are, once there are any.
    pub fn store(&self) -> PathBuf {
        files(&self.data).into_iter().find(|file| file.ends_with("edits.db")).unwrap().parent().unwrap().to_owned()
    }

    /// All files that the program has written.
    pub fn all_files(&self) -> Vec<PathBuf> {
        [files(&self.data), files(&self.state())].concat()
    }

    /// What was written to a target since the desk was made, in its order.
    pub fn written(&self, target: &Target) -> Vec<Value> {
        let writes = self.practice.get("/sandbox/writes");
        let writes = writes["data"].as_array().unwrap().iter().filter(|write| write["path"] == target.path());
        writes.skip(1).map(|write| write["body"].clone()).collect()
    }

    /// A colleague changes a target.
    pub fn change(&self, target: &Target, body: &Value) {
        assert_eq!(self.practice.send("PATCH", &target.path(), body)["success"], true);
    }

    /// How many requests the server has seen since it was started.
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

/// A command that runs.
pub struct Running {
    pub pid: u32,
    output: mpsc::Receiver<Output>,
}

impl Running {
    /// Waits for its end. Without a server it looks for one for half a minute.
    pub fn end(self) -> Ran {
        let output = self.output.recv_timeout(PATIENCE * 2).unwrap_or_else(|_| {
            signal(self.pid, rustix::process::Signal::KILL);
            panic!("it does not end; it has said:\n{:?}", self.output.recv());
        });
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Waits until the account, or what has changed in it, was read: until it is known when it is looked at again.
pub fn wait_until_read(terminal: &Terminal) {
    terminal.wait_until("the account to be read", |screen| {
        let text = screen.contents();
        let is_busy = ["reading", "Reading", "onnecting", "% of the account"];
        is_online(&text) && text.contains("leads ") && is_busy.iter().all(|word| !text.contains(word))
    });
}

/// Whether the line is up, with webhooks or without.
fn is_online(text: &str) -> bool {
    text.contains("● online") || text.contains("◉ live")
}

/// Waits until so many edits wait, all of which are kept.
pub fn wait_until_queued(terminal: &Terminal, count: usize) {
    terminal.wait_for(&format!("↻ {count} queued"));
}

/// Waits until no edit is under way.
pub fn wait_until_sent(terminal: &Terminal) {
    terminal.wait_until("nothing to wait any more", |screen| {
        let text = screen.contents();
        is_online(&text) && ["↻", "queued", "saving"].iter().all(|word| !text.contains(word))
    });
}

/// Quits where nothing is asked, and checks that the terminal is given back.
pub fn quit(mut terminal: Terminal) -> String {
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    terminal.assert_restored();
    terminal.text()
}

/// What the box above the bottom line says, as one line; what the bottom line says where there is no box.
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

/// Waits until the notice says this.
pub fn wait_for_notice(terminal: &Terminal, said: &str) {
    terminal.wait_until(&format!("'{said}' as a notice"), |screen| notice(screen).contains(said));
}

/// The body of a write that gives a deal this value.
pub fn valued(value: u32) -> Value {
    json!({"value": value, "currency": "EUR"})
}
