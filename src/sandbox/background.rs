//! Tasks that end with the server.

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Starts tasks that are canceled when the server stops.
#[derive(Debug, Clone, Default)]
pub struct BackgroundTasks(CancellationToken);

impl BackgroundTasks {
    /// Spawns a task. Its result is `None` if the server stops first.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<Option<T>> {
        tokio::spawn(self.0.clone().run_until_cancelled_owned(work))
    }

    /// Returns a guard that cancels all tasks when dropped.
    pub fn guard(&self) -> DropGuard {
        self.0.clone().drop_guard()
    }
}
