//! A practice server as the documents start it, and an account on it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::markdown::Block;
use super::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dealdeck");
/// The address that the documents give the practice server.
const DOCUMENTED_URL: &str = "http://127.0.0.1:8099";

/// A program that is interrupted at the end.
struct Running(Child);

impl Running {
    fn interrupt(&self) {
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt();
        let _ = self.0.wait();
    }
}

pub struct Practice {
    _server: Running,
    url: String,
    home: TempDir,
}

impl Practice {
    /// Starts `dealdeck sandbox` with its defaults, on a free port.
    pub fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["sandbox", "--port", "0", "--colleague", "ben=2"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let first = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let server = Running(child);
        let url = first.split(' ').find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { _server: server, url, home }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let folder = |name: &str| self.home.path().join(name).to_str().unwrap().to_owned();
        let path = format!("{}:{}", Path::new(PROGRAM).parent().unwrap().display(), std::env::var("PATH").unwrap());
        vec![
            ("PATH", path),
            ("HOME", folder("home")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_DATA_HOME", folder("data")),
            ("XDG_STATE_HOME", folder("state")),
            ("DEALDECK_API_URL", self.url.clone()),
            ("DEALDECK_API_TOKEN", "practice".to_owned()),
        ]
    }

    /// Returns the block's text with the server's real address.
    fn script(&self, text: &str) -> String {
        text.replace(DOCUMENTED_URL, &self.url).replace("--port 8099", "--port 0")
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]).envs(self.variables()).current_dir(self.home.path());
        for name in ["DEALDECK_COMPANY", "DEALDECK_PUBLIC_URL", "DEALDECK_LISTEN", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs the block as one script; each of its commands must succeed.
    pub fn run_script(&self, block: &Block) {
        let script = format!("set -x\n{}", self.script(&block.text));
        let output = self.shell(&script).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{}: a command fails as printed\n{}\n{}",
            block.place,
            text(&output.stdout),
            text(&output.stderr)
        );
    }

    /// Opens each line on a terminal, waits for the board, and quits.
    pub fn open_screens(&self, block: &Block) {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for line in block.lines() {
            let line = self.script(line);
            let args: Vec<&str> = line.strip_prefix("dealdeck").unwrap().split_whitespace().collect();
            let mut terminal = Terminal::open(&args, &variables, 120, 40);
            terminal.wait_for("Enquiry");
            terminal.keys("q");
            assert_eq!(terminal.exit_code(), 0, "{}: {line}", block.place);
        }
    }

    /// Starts each line, waits for its first line of output, and interrupts it.
    pub fn start_servers(&self, block: &Block) {
        for line in block.lines() {
            let script = format!("exec {}", self.script(line));
            let mut child = self.shell(&script).stdout(Stdio::piped()).spawn().unwrap();
            let first = BufReader::new(child.stdout.take().unwrap()).lines().next();
            assert!(first.is_some(), "{}: {line} prints nothing", block.place);
            let mut running = Running(child);
            running.interrupt();
            let status = running.0.wait().unwrap();
            // The first line comes before the signal is handled.
            let was_interrupted = status.signal() == Some(rustix::process::Signal::INT.as_raw());
            assert!(status.success() || was_interrupted, "{}: {line} ends with {status}", block.place);
        }
    }
}
