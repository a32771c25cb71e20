//! Helpers for tests of the real program.

#[cfg(unix)]
#[allow(dead_code, reason = "each test program uses a part of it")]
pub mod account;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "each test program uses a part of it")]
pub mod disk;
#[allow(dead_code, reason = "each test program uses a part of it")]
pub mod practice;
pub mod svg;
#[allow(dead_code, reason = "each test program uses a part of it")]
pub mod terminal;
