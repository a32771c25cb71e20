//! Writes to standard error without a panic once the terminal is gone, unlike `eprintln!`.

use std::io::{self, Write};

/// Writes to standard error. Errors are ignored, because there is no other place to report them.
pub fn write_stderr(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
