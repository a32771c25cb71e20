//! The real program in a pseudo-terminal, with a screen emulator.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// The timeout of every wait. A bound, not an expectation.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The end of a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Observes each frame.
type Watch = Box<dyn FnMut(&vt100::Screen) + Send>;

struct Seen {
    parser: vt100::Parser,
    /// All bytes that the program wrote.
    raw: Vec<u8>,
    closed: bool,
}

impl Seen {
    /// Returns `true` if a frame is incomplete.
    fn is_within_frame(&self) -> bool {
        let last = |mark: &[u8]| self.raw.windows(mark.len()).rposition(|window| window == mark);
        last(b"\x1b[?2026h") > last(FRAME_END)
    }

    /// Processes the program's output, and passes each complete frame to the observer.
    fn take(&mut self, bytes: &[u8], watch: &mut Watch) {
        let mut from = self.raw.len();
        self.raw.extend_from_slice(bytes);
        // The end of a frame may be split between two reads.
        let mut search = from.saturating_sub(FRAME_END.len() - 1);
        let find = |bytes: &[u8]| bytes.windows(FRAME_END.len()).position(|window| window == FRAME_END);
        while let Some(at) = find(&self.raw[search..]) {
            let end = search + at + FRAME_END.len();
            self.parser.process(&self.raw[from..end]);
            watch(self.parser.screen());
            (from, search) = (end, end);
        }
        self.parser.process(&self.raw[from..]);
    }
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

/// A program in a terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    seen: Shared,
    has_ended: bool,
    /// The data directory, unless a test sets another.
    _home: TempDir,
}

impl Terminal {
    /// Starts dealdeck with arguments and environment variables in a terminal of this size.
    pub fn open(args: &[&str], variables: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        Self::watched(args, variables, (columns, rows), |_| ())
    }

    /// Like [`Self::open`], and passes each complete frame to an observer.
    pub fn watched(
        args: &[&str],
        variables: &[(&str, &str)],
        size: (u16, u16),
        watch: impl FnMut(&vt100::Screen) + Send + 'static,
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dealdeck"));
        command.args(args);
        Self::run(command, variables, size, Box::new(watch))
    }

    /// Starts a shell command line in a terminal, with `$DEALDECK` as the program.
    pub fn shell(line: &str, variables: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["--norc", "-ic", line]);
        command.env("DEALDECK", env!("CARGO_BIN_EXE_dealdeck"));
        Self::run(command, variables, (columns, rows), Box::new(|_| ()))
    }

    /// Starts a test of this test program in a terminal of its own.
    pub fn test(name: &str, variables: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", name, "--ignored", "--nocapture"]);
        Self::run(command, variables, (columns, rows), Box::new(|_| ()))
    }

    fn run(
        mut command: CommandBuilder,
        variables: &[(&str, &str)],
        (columns, rows): (u16, u16),
        mut watch: Watch,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        for name in
            ["DEALDECK_API_TOKEN", "DEALDECK_COMPANY", "DEALDECK_API_URL", "NO_COLOR", "HTTP_PROXY", "http_proxy"]
        {
            command.env_remove(name);
        }
        command.env_remove("LC_ALL");
        command.env_remove("LC_CTYPE");
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("PS1", "$ ");
        command.env("XDG_STATE_HOME", std::env::temp_dir().join("dealdeck-tests"));
        command.env("XDG_DATA_HOME", home.path());
        command.cwd(std::env::temp_dir());
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let seen: Shared = Arc::new((Mutex::new(Seen { parser, raw: Vec::new(), closed: false }), Condvar::new()));
        let mut output = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let read = output.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
                seen.closed = read == 0;
                seen.take(&buffer[..read], &mut watch);
                shared.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        let input = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, input, seen, has_ended: false, _home: home }
    }

    /// Types keys as a terminal would send them.
    pub fn keys(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Resizes the terminal.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.seen().parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Returns the screen as text.
    pub fn text(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Returns the screen with its colors.
    pub fn screen(&self) -> vt100::Screen {
        self.seen().parser.screen().clone()
    }

    /// Returns all bytes that the program wrote.
    pub fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("'{text}' on the screen"), |screen| screen.contents().contains(text));
    }

    /// Waits until the program, or the shell around it, has written a text.
    pub fn wait_for_written(&self, text: &str) {
        self.wait(&format!("'{text}' to be written"), |seen| {
            seen.raw.windows(text.len()).any(|window| window == text.as_bytes())
        });
    }

    /// Waits until the screen no longer shows a text.
    pub fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("no '{text}' on the screen"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the screen meets a condition.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&vt100::Screen) -> bool) {
        self.wait(what, |seen| holds(seen.parser.screen()));
    }

    fn wait(&self, what: &str, mut holds: impl FnMut(&Seen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        while seen.is_within_frame() || !holds(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !seen.closed, "waited for {what}, saw:\n{}", seen.parser.screen().contents());
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits for the program to end and returns its exit code.
    pub fn exit_code(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        while !seen.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program does not end; the screen:\n{}", seen.parser.screen().contents());
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        drop(seen);
        self.has_ended = true;
        self.child.wait().unwrap().exit_code()
    }

    /// Kills the program with SIGKILL and reads its remaining output.
    #[cfg(unix)]
    pub fn kill(&mut self) {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        self.exit_code();
    }

    /// Checks that the program restored the terminal: no alternate screen, no mouse, no paste mode, cursor shown.
    pub fn assert_restored(&self) {
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still active");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        assert!(!screen.hide_cursor());
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Converts a size; no terminal has zero rows or columns.
fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The process id may belong to another program by then.
        if !self.has_ended {
            let _ = self.child.kill();
        }
    }
}
