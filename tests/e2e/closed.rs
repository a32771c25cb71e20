//! Closing the terminal window of an open dashboard: the terminal is dead, and nothing more can be written to it.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::thread::JoinHandle;

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::support::account::TestAccount;
use super::support::terminal::PATIENCE;

const SIZE: (u16, u16) = (180, 40);

/// A terminal that is read only while the test waits for something, so that no reader holds it open.
struct Window {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    output: Box<dyn Read + Send>,
    input: Box<dyn Write + Send>,
    screen: vt100::Parser,
    /// Kills the program if the test takes too long, because reads have no timeout.
    watchdog: (mpsc::Sender<()>, JoinHandle<()>),
}

impl Window {
    fn open(account: &TestAccount, (columns, rows): (u16, u16)) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dealdeck"));
        command.args(["--api-url", &account.practice.program_url, "--data-dir", account.data.to_str().unwrap()]);
        for name in ["DEALDECK_COMPANY", "DEALDECK_API_URL", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env_remove("LC_ALL");
        command.env_remove("LC_CTYPE");
        command.env("LANG", "C.UTF-8");
        command.env("DEALDECK_API_TOKEN", &account.practice.token);
        command.env("XDG_STATE_HOME", account.folder().join("state"));
        command.env("XDG_CONFIG_HOME", account.folder());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut killer = child.clone_killer();
        let (ended, end) = mpsc::channel();
        let watch = std::thread::spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = killer.kill();
            }
        });
        let (output, input) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let screen = vt100::Parser::new(40.try_into().unwrap(), 180.try_into().unwrap(), 0);
        Self { child, master: pair.master, output, input, screen, watchdog: (ended, watch) }
    }

    fn keys(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    fn wait_for(&mut self, text: &str) {
        let mut bytes = vec![0; 1 << 16];
        while !self.screen.screen().contents().contains(text) {
            let read = self.output.read(&mut bytes).unwrap();
            assert!(read > 0, "waited for {text}, saw:\n{}", self.screen.screen().contents());
            self.screen.process(&bytes[..read]);
        }
    }

    /// Reads until the program has written a text.
    fn wait_for_written(&mut self, text: &str) {
        let (mut written, mut bytes) = (Vec::new(), vec![0; 1 << 16]);
        while !written.windows(text.len()).any(|window| window == text.as_bytes()) {
            let read = self.output.read(&mut bytes).unwrap();
            assert!(read > 0, "waited for {text}");
            // It may be split between two reads.
            written.drain(..written.len().saturating_sub(text.len()));
            written.extend_from_slice(&bytes[..read]);
        }
    }

    /// Reads until the program has ended.
    fn end(mut self) -> ExitStatus {
        let mut bytes = vec![0; 1 << 16];
        while self.output.read(&mut bytes).is_ok_and(|read| read > 0) {}
        self.close()
    }

    /// Closes the window.
    fn close(self) -> ExitStatus {
        let Self { mut child, master, output, input, watchdog: (ended, watch), .. } = self;
        drop((master, output, input));
        let status = child.wait().unwrap();
        drop(ended);
        watch.join().unwrap();
        status
    }
}

#[test]
fn closing_the_window_saves_the_queue_and_breaks_contract() {
    let mut account = TestAccount::new();
    let target = account.targets[0].clone();
    account.read_once();
    account.practice.stop();
    let mut window = Window::open(&account, SIZE);
    window.wait_for("offline");
    window.wait_for("Target-C");
    window.keys(&target.value(4242));
    window.wait_for("↻ 1 queued");
    let status = window.close();
    assert_eq!((status.signal(), status.exit_code()), (None, 1), "{status:?}");
    account.practice.start_again();
    let ran = account.run("sync");
    assert!(ran.code == Some(0) && ran.out.contains("; 1 edit sent."), "{ran:?}");
    account.wait_for_value(&target, 4242);
}

#[test]
fn closing_an_idle_dashboard_is_no_crash() {
    let account = TestAccount::new();
    for _ in 0..3 {
        let mut window = Window::open(&account, SIZE);
        window.wait_for("● online");
        let status = window.close();
        assert_eq!((status.signal(), status.exit_code()), (None, 1), "{status:?}");
    }
}

#[test]
fn a_window_of_65535_by_65535_is_drawn_within_bounds() {
    let account = TestAccount::new();
    let mut window = Window::open(&account, (u16::MAX, u16::MAX));
    window.wait_for_written("Target-C");
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", window.child.process_id().unwrap())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
        let kilobytes: u64 = peak.trim_end_matches("kB").trim().parse().unwrap();
        assert!(kilobytes < 600_000, "{peak}");
    }
    window.keys("q");
    let status = window.end();
    assert_eq!((status.signal(), status.exit_code()), (None, 0), "{status:?}");
}
