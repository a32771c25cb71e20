//! What is kept on this machine: that it comes back, that nothing of it is lost, and what happens where it is damaged,
//! in use, newer, or cannot be written.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

#[path = "store/cache.rs"]
mod cache;
#[path = "store/company_dir.rs"]
mod company_dir;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/desk.rs"]
mod desk;
#[path = "store/dossiers.rs"]
mod dossiers;
#[path = "store/journal.rs"]
mod journal;
#[path = "store/machine.rs"]
mod machine;
#[path = "store/model.rs"]
mod model;
#[path = "store/previous.rs"]
mod previous;
#[path = "store/screen.rs"]
mod screen;
