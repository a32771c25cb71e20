//! What tests of the real program have in common.

#[allow(dead_code, reason = "each test program uses a part of it")]
pub mod practice;
pub mod svg;
#[allow(dead_code, reason = "each test program uses a part of it")]
pub mod terminal;
