//! The bytes of this process's terminal, read by a thread of its own, because a read may block.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

/// Maximum number of bytes per read.
const CHUNK: usize = 4_096;
/// Maximum number of chunks that wait to be handled; further bytes wait in the terminal.
const CHUNKS: usize = 16;

/// A thread that reads until this is dropped.
#[derive(Debug)]
pub(super) struct Reader {
    /// Closing this end makes the other end readable.
    _stop: UnixStream,
}

/// Starts to read standard input.
pub(super) fn open() -> io::Result<(mpsc::Receiver<io::Result<Vec<u8>>>, Reader)> {
    let (stop, stopped) = UnixStream::pair()?;
    let (sender, chunks) = mpsc::channel(CHUNKS);
    std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        if let Err(error) = read(&stopped, &sender) {
            // An error means that the receiver is gone.
            let _ = sender.blocking_send(Err(error.into()));
        }
    })?;
    Ok((chunks, Reader { _stop: stop }))
}

fn read(stopped: &UnixStream, chunks: &mpsc::Sender<io::Result<Vec<u8>>>) -> Result<(), Errno> {
    let stdin = io::stdin();
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut ready = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error),
        }
        let [input, stop] = ready.map(|fd| !fd.revents().is_empty());
        if stop {
            return Ok(());
        }
        if !input {
            continue;
        }
        match rustix::io::read(stdin.as_fd(), &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                if chunks.blocking_send(Ok(buffer[..count].to_vec())).is_err() {
                    return Ok(());
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error),
        }
    }
}
