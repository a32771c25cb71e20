//! Signals: which end the dashboard, and stopping and continuing under a shell's job control.

use std::io;

/// A signal that concerns the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End, and say by which.
    End(&'static str),
    /// End as by SIGQUIT: a shell knows that by the exit code.
    Quit,
    /// Stop, giving the terminal back first.
    Suspend,
    /// The process was stopped and goes on.
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
        /// From now on these signals come here.
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

        /// The next one.
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

    /// Whether a shell would take over if this process stopped. Without job control the process is in the group
    /// of its session's leader, and nobody could continue it.
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
        /// From now on these signals come here.
        ///
        /// # Errors
        /// None here.
        pub fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// The next one.
        pub async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::End("Ctrl-C"),
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Whether a shell would take over if this process stopped.
    pub fn has_job_control() -> bool {
        false
    }

    /// Stops this process: not here.
    pub fn stop() {}
}
