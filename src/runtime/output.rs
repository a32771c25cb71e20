//! Writing to standard error where nobody may be left to read it: `eprintln!` panics once the terminal is gone.

use std::io::{self, Write};

/// Writes to standard error, as far as it can be written to: there is no other place to report an error to.
pub fn write_stderr(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
