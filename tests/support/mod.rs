//! What tests of the real program have in common.

pub mod practice;
pub mod svg;
pub mod terminal;
