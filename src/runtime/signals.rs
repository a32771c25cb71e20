//! Signals that end the dashboard, and job control: stopping and continuing under a shell.

use std::io;

/// A signal that concerns the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End, with the name of the signal.
    End(&'static str),
    /// End as by SIGQUIT: a shell knows that by the exit code.
    Quit,
    /// Stop, giving the terminal back first.
    Suspend,
    /// The process was stopped and continues.
    Continued,
    /// The terminal has another size.
    Resized,
}

#[cfg(unix)]
pub use unix::{Signals, has_job_control, stop};

#[cfg(unix)]
mod unix {
    use rustix::process::{self, Signal as Raw};
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::{Signal, io};

    /// The signals that concern the dashboard.
    #[derive(Debug)]
    pub struct Signals {
        terminate: Stream,
        hang_up: Stream,
        interrupt: Stream,
        quit: Stream,
        suspend: Stream,
        continued: Stream,
        resized: Stream,
    }

    impl Signals {
        /// Starts to receive the signals.
        ///
        /// # Errors
        /// Those of the system.
        pub fn listen() -> io::Result<Self> {
            let of = |raw: Raw| signal(SignalKind::from_raw(raw.as_raw()));
            Ok(Self {
                terminate: of(Raw::TERM)?,
                hang_up: of(Raw::HUP)?,
                interrupt: of(Raw::INT)?,
                quit: of(Raw::QUIT)?,
                suspend: of(Raw::TSTP)?,
                continued: of(Raw::CONT)?,
                resized: of(Raw::WINCH)?,
            })
        }

        /// Waits for the next signal.
        pub async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.terminate.recv() => Signal::End("SIGTERM"),
                _ = self.hang_up.recv() => Signal::End("SIGHUP"),
                _ = self.interrupt.recv() => Signal::End("SIGINT"),
                _ = self.quit.recv() => Signal::Quit,
                _ = self.suspend.recv() => Signal::Suspend,
                _ = self.continued.recv() => Signal::Continued,
                _ = self.resized.recv() => Signal::Resized,
            }
        }
    }

    /// Returns `true` if a shell takes over when this process stops. Without job control the process is in the group
    /// of its session's leader, and nothing could continue it.
    pub fn has_job_control() -> bool {
        process::getsid(None).is_ok_and(|session| session != process::getpgrp())
    }

    /// Stops this process and those in its group until the shell continues them.
    pub fn stop() {
        // The group is our own, and SIGSTOP cannot be refused: there is no error to handle.
        let _ = process::kill_current_process_group(Raw::STOP);
    }
}

#[cfg(not(unix))]
pub use elsewhere::{Signals, has_job_control, stop};

#[cfg(not(unix))]
mod elsewhere {
    use super::{Signal, io};

    /// The signals that concern the dashboard.
    #[derive(Debug)]
    pub struct Signals;

    impl Signals {
        /// Starts to receive the signals.
        ///
        /// # Errors
        /// None here.
        pub fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for the next signal.
        pub async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::End("Ctrl-C"),
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Returns `true` if a shell takes over when this process stops.
    pub fn has_job_control() -> bool {
        false
    }

    /// Does nothing here.
    pub fn stop() {}
}
