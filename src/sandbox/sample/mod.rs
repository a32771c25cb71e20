//! stub
use super::store::Store;
use chrono::{DateTime, Utc};
/// stub
pub fn fill(_store: &mut Store, _deals: usize, _seed: u64, _now: DateTime<Utc>) {}
