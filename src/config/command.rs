//! Commands that print a secret, such as those of a password manager: bounded in time and in what they print.

use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::ConfigError;
use crate::runtime::write_stderr;

/// The bounds of a command.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Maximum run time: the user may have to type a password.
    time: Duration,
    /// Time after which the wait is reported.
    quiet: Duration,
    /// Maximum output, in bytes.
    bytes: u64,
}

const LIMITS: Limits = Limits { time: Duration::from_secs(60), quiet: Duration::from_secs(3), bytes: 64 * 1024 };
/// Interval at which the end of a command that has closed its output is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Runs a command that prints a secret. It can use the terminal, because a password manager may ask for input.
///
/// # Errors
/// [`ConfigError::Command`] if it fails, takes longer than 60 seconds or prints more than 64 KiB.
pub(super) fn run(name: &'static str, command: &str) -> Result<String, ConfigError> {
    let say = |limits: &Limits| {
        write_stderr(&format!("dealdeck: waiting for {name} (for at most {} s)\n", limits.time.as_secs()));
    };
    run_within(LIMITS, command, say).map_err(|problem| ConfigError::Command { name, problem })
}

fn run_within(limits: Limits, command: &str, say: impl FnOnce(&Limits)) -> Result<String, String> {
    let start = Instant::now();
    let mut running = Running::start(command).map_err(|error| error.to_string())?;
    let printed = read(running.child.stdout.take(), limits.bytes);
    let output = match printed.recv_timeout(limits.quiet) {
        Err(RecvTimeoutError::Timeout) => {
            say(&limits);
            printed.recv_timeout(limits.time.saturating_sub(start.elapsed()))
        }
        output => output,
    };
    let late = || format!("it did not end within {} s", limits.time.as_secs_f32());
    let output = output.map_err(|_| late())?.map_err(|error| error.to_string())?;
    if u64::try_from(output.len()).map_or(true, |length| length > limits.bytes) {
        return Err(format!("it printed more than {} KiB", limits.bytes / 1024));
    }
    let status = running.wait_until(start + limits.time).map_err(|error| error.to_string())?.ok_or_else(late)?;
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    String::from_utf8(output).map_err(|_| "it printed something that is not text".into())
}

/// Reads the output on a thread of its own, up to one byte more than the maximum.
fn read(from: Option<ChildStdout>, most: u64) -> Receiver<io::Result<Vec<u8>>> {
    let (out, printed) = sync_channel(1);
    thread::spawn(move || {
        let mut read = Vec::new();
        let ended = from.map_or(Ok(0), |from| from.take(most + 1).read_to_end(&mut read));
        // An error means that the caller has given up.
        let _ = out.send(ended.map(|_| read));
    });
    printed
}

/// A running command; dropping it kills the command.
struct Running {
    child: Child,
    /// `true` if it leads a process group of its own.
    #[cfg(unix)]
    leads_group: bool,
}

impl Running {
    fn start(command: &str) -> io::Result<Self> {
        let shell = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut new = Command::new(shell.0);
        new.args([shell.1, command]).stdin(Stdio::inherit()).stderr(Stdio::inherit()).stdout(Stdio::piped());
        // With a terminal it stays in this group, because a background group cannot read from the terminal.
        #[cfg(unix)]
        let leads_group = std::fs::File::open("/dev/tty").is_err();
        #[cfg(unix)]
        if leads_group {
            std::os::unix::process::CommandExt::process_group(&mut new, 0);
        }
        Ok(Self {
            child: new.spawn()?,
            #[cfg(unix)]
            leads_group,
        })
    }

    /// Waits for its end; `None` at the deadline.
    fn wait_until(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        loop {
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() >= deadline {
                return Ok(ended);
            }
            thread::sleep(CHECK_INTERVAL);
        }
    }

    fn kill(&mut self) {
        #[cfg(unix)]
        if self.leads_group
            && let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            // An error means that it has ended.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.kill();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { time: Duration::from_millis(200), ..super::LIMITS };

    fn silent(_: &Limits) {}

    #[test]
    fn output_is_returned() {
        assert_eq!(run_within(super::LIMITS, "printf 'to ken\\n'", silent).as_deref(), Ok("to ken\n"));
        assert_eq!(run_within(super::LIMITS, "exit 3", silent), Err("it ended with exit status: 3".to_owned()));
        assert_eq!(
            run_within(super::LIMITS, "printf '\\377'", silent),
            Err("it printed something that is not text".to_owned())
        );
    }

    #[test]
    fn endless_output_is_stopped() {
        let limits = Limits { bytes: 64 * 1024, ..super::LIMITS };
        assert_eq!(run_within(limits, "yes", silent), Err("it printed more than 64 KiB".to_owned()));
        let all = run_within(limits, "head -c 65536 /dev/zero | tr '\\0' x", silent);
        assert_eq!(all.map(|text| text.len()), Ok(65_536));
    }

    #[test]
    fn endless_commands_are_stopped() {
        let late = Err("it did not end within 0.2 s".to_owned());
        assert_eq!(run_within(LIMITS, "sleep 1000", silent), late);
        // The same holds after it has closed its output.
        assert_eq!(run_within(LIMITS, "echo token; exec 1>&-; sleep 1000", silent), late);
    }

    #[test]
    fn a_long_wait_is_announced() {
        let limits = Limits { quiet: Duration::from_millis(50), ..LIMITS };
        let mut announced = None;
        let ended = run_within(limits, "sleep 1000", |limits| announced = Some(limits.time));
        assert_eq!((ended.is_err(), announced), (true, Some(limits.time)));
    }
}
