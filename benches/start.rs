//! The cost of a start with a cached account of 100,000 deals compared with one of 1,000: the time from the program's
//! start to the first frame with cards, and the memory once everything is loaded. The server is stopped by then, so
//! everything comes from the disk.
//!
//!     cargo bench --bench start

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that panics has failed")]

#[allow(dead_code, reason = "each program uses a part of it")]
#[path = "../tests/support/terminal.rs"]
mod terminal;

use std::fs;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use dealdeck::sandbox::{Options, Plan, Sandbox};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::terminal::{PATIENCE, Terminal};

const SIZES: [usize; 2] = [1_000, 100_000];
const ROUNDS: usize = 11;
/// The interval at which a loading program is observed.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The number of idle intervals after which loading is complete.
const QUIET: usize = 8;

/// An account that was read once, by a program that has ended.
struct Kept {
    deals: usize,
    url: String,
    token: String,
    home: TempDir,
}

impl Kept {
    /// Reads the whole account of a practice server into a folder, and stops the server.
    fn read(deals: usize) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options { plan: Plan::Enterprise, deals, ..Options::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let (url, token) = (sandbox.url().to_owned(), sandbox.token().to_owned());
        let kept = Self { deals, url, token, home: tempfile::tempdir().unwrap() };
        let mut terminal = kept.open(|_| ());
        terminal.wait_until("a card", has_card);
        terminal.wait_until("the account to be read", |screen| {
            let text = screen.contents();
            // The time of the next poll of leads is shown once everything has been read.
            text.contains("online") && !text.contains("of the account") && text.contains("  leads ")
        });
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
        runtime.block_on(sandbox.stop());
        kept
    }

    fn open(&self, watch: impl FnMut(&vt100::Screen) + Send + 'static) -> Terminal {
        let home = self.home.path().to_str().unwrap();
        let variables = [
            ("DEALDECK_API_URL", self.url.as_str()),
            ("DEALDECK_API_TOKEN", self.token.as_str()),
            ("XDG_DATA_HOME", home),
            ("XDG_STATE_HOME", home),
            ("XDG_CONFIG_HOME", home),
        ];
        Terminal::watched(&[], &variables, (200, 50), watch)
    }

    /// Starts once. Returns milliseconds to the first frame with cards, and megabytes once everything is loaded.
    fn start(&self) -> (f64, f64) {
        let (sender, receiver) = mpsc::channel();
        let start = Instant::now();
        let mut terminal = self.open(move |screen| {
            if has_card(screen) {
                // The receiver is gone after the first frame.
                let _ = sender.send(start.elapsed());
            }
        });
        let Ok(first) = receiver.recv_timeout(PATIENCE) else {
            panic!("no card of {} kept deals is shown:\n{}", self.deals, terminal.text());
        };
        let resident = resident_when_quiet(terminal.pid());
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
        (first.as_secs_f64() * 1e3, resident)
    }
}

/// Returns `true` if there is a card on the board: the one with the cursor is marked at its left.
fn has_card(screen: &vt100::Screen) -> bool {
    (3..screen.size().0.get()).any(|row| screen.cell(row, 0).is_some_and(|cell| cell.contents() == "▌"))
}

/// Returns the resident memory in megabytes once a program is loaded and idle.
fn resident_when_quiet(pid: u32) -> f64 {
    let deadline = Instant::now() + PATIENCE;
    let mut before = (0, 0.0);
    let mut quiet = 0;
    while quiet < QUIET {
        assert!(Instant::now() < deadline, "it does not come to rest");
        std::thread::sleep(LOOK_EVERY);
        let Some(now) = used(pid) else { return f64::NAN };
        // An occasional tick is the clock on the screen.
        let rests = now.0 - before.0 <= 1 && (now.1 - before.1).abs() < 0.1;
        quiet = if rests { quiet + 1 } else { 0 };
        before = now;
    }
    before.1
}

/// Returns the processor time of a program in ticks, and its resident memory in megabytes; on Linux only.
fn used(pid: u32) -> Option<(u64, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The fields after the name in brackets, from the third on: times are the 14th and the 15th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some((ticks, resident.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let kept = SIZES.map(Kept::read);
    let mut times = [const { Vec::new() }; SIZES.len()];
    let mut resident = [const { Vec::new() }; SIZES.len()];
    for _ in 0..ROUNDS {
        for (nth, kept) in kept.iter().enumerate() {
            let (time, memory) = kept.start();
            times[nth].push(time);
            resident[nth].push(memory);
        }
    }
    let [small, large] = times.map(median);
    println!("{:<34} {:>12} {:>12} {:>8}", "a start from what is kept", "1,000 deals", "100,000", "ratio");
    println!("{:<34} {small:>9.1} ms {large:>9.1} ms {:>8.2}", "to the first frame with cards", large / small);
    let [small, large] = resident.map(median);
    println!("{:<34} {small:>9.1} MB {large:>9.1} MB {:>8.2}", "resident once all is loaded", large / small);
    let more = f64::from(u32::try_from(SIZES[1] - SIZES[0]).unwrap());
    let each = (large - small) * 1024.0 * 1024.0 / more;
    println!("{:<34} {:>12} {each:>10.0} B", "of it for each deal, all included", "");
}
