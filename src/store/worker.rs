//! A thread that owns something that may block, and takes jobs for it in the order in which they are given. Knows
//! nothing of databases.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;

/// How many jobs may wait. Nobody gets there by hand; a disk that has stopped answering must not take all memory.
const WAITING: usize = 1024;

enum Job<S> {
    Do(Box<dyn FnOnce(&mut S) + Send>),
    End(oneshot::Sender<()>),
}

type Queuing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A handle to the thread. It ends with [`Worker::end`], or when the last handle goes.
pub struct Worker<S> {
    way: Mode<S>,
}

/// Where jobs are done.
enum Mode<S> {
    Thread(mpsc::Sender<Job<S>>),
    /// Where they are given: what is in memory does not block, and a test that holds the clock need not wait for a
    /// thread.
    Inline(Arc<Mutex<S>>),
}

impl<S> Clone for Worker<S> {
    fn clone(&self) -> Self {
        let way = match &self.way {
            Mode::Thread(jobs) => Mode::Thread(jobs.clone()),
            Mode::Inline(state) => Mode::Inline(Arc::clone(state)),
        };
        Self { way }
    }
}

impl<S> fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match &self.way {
            Mode::Thread(jobs) if jobs.is_closed() => "ended",
            Mode::Thread(_) => "thread",
            Mode::Inline(_) => "here",
        };
        f.debug_tuple("Worker").field(&way).finish()
    }
}

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread.
    pub fn start(name: &str, mut state: S) -> io::Result<Self> {
        let (jobs, mut todo) = mpsc::channel(WAITING);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut ended = None;
            while let Some(job) = todo.blocking_recv() {
                match job {
                    Job::Do(job) => job(&mut state),
                    Job::End(answer) => {
                        ended = Some(answer);
                        break;
                    }
                }
            }
            // Those who gave a job after the end learn it from their answer, which goes with the channel.
            drop(todo);
            drop(state);
            if let Some(ended) = ended {
                // Whoever asked may have stopped waiting.
                let _ = ended.send(());
            }
        })?;
        Ok(Self { way: Mode::Thread(jobs) })
    }

    /// Does jobs where they are given.
    pub fn inline(state: S) -> Self {
        Self { way: Mode::Inline(Arc::new(Mutex::new(state))) }
    }

    /// Gives a job: it is in the queue when this returns, whatever becomes of the future, which brings the answer.
    /// Only where the queue is full does the future bring it there.
    pub fn call<T, F>(&self, job: F) -> impl Future<Output = Result<T, StoreError>> + Send + use<S, T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut S) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer) = with_answer(job);
        let queuing = self.queue(job);
        async move {
            if let Some(queuing) = queuing {
                queuing.await;
            }
            answer.await.unwrap_or(Err(StoreError::Closed))
        }
    }

    /// The same for a thread that may block.
    pub fn call_blocking<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut S) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer) = with_answer(job);
        match &self.way {
            Mode::Thread(jobs) => jobs.blocking_send(job).map_err(|_| StoreError::Closed)?,
            Mode::Inline(state) => do_here(state, job),
        }
        answer.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Ends the thread when it has done what was asked of it before, and waits for that.
    pub async fn end(&self) {
        let Mode::Thread(jobs) = &self.way else { return };
        let (answer, ended) = oneshot::channel();
        // Either error says that it has ended before.
        if jobs.send(Job::End(answer)).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Puts a job into the queue; what is left to do where that is full.
    fn queue(&self, job: Job<S>) -> Option<Queuing> {
        let jobs = match &self.way {
            Mode::Thread(jobs) => jobs,
            Mode::Inline(state) => {
                do_here(state, job);
                return None;
            }
        };
        match jobs.try_send(job) {
            Err(mpsc::error::TrySendError::Full(job)) => {
                let jobs = jobs.clone();
                // An error says that the thread has ended; the answer says so too.
                let mut queuing: Queuing = Box::pin(async move { drop(jobs.send(job).await) });
                // The channel lets those who wait in by the order in which they first asked: ask now.
                let done = queuing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
                (!done).then_some(queuing)
            }
            _ => None,
        }
    }
}

fn do_here<S>(state: &Mutex<S>, job: Job<S>) {
    if let Job::Do(job) = job {
        job(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn with_answer<S, T, F>(job: F) -> (Job<S>, oneshot::Receiver<Result<T, StoreError>>)
where
    T: Send + 'static,
    F: FnOnce(&mut S) -> Result<T, StoreError> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job = Job::Do(Box::new(move |state: &mut S| {
        // Whoever asked may have stopped waiting; the job is done all the same.
        let _ = answer.send(job(state));
    }));
    (job, answered)
}
