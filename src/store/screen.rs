//! How a person has arranged what they see: a small file of the user's, beside what was read and edited. It is not
//! thrown away with the cache. What it says only the screen knows.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::StoreError;
use super::{Store, files};

const FILE: &str = "screen.json";

/// How much is read at the most, in bytes. What is kept by this program is far shorter.
const MOST: u64 = 256 * 1024;

/// What was kept in a directory; `None` where nothing was, or it cannot be read.
pub(super) fn read(directory: &Path) -> Option<String> {
    let mut content = Vec::new();
    File::open(directory.join(FILE)).ok()?.take(MOST).read_to_end(&mut content).ok()?;
    Some(String::from_utf8_lossy(&content).into_owned())
}

/// Keeps it in the directory of a database.
pub(super) fn write(database: &Path, text: &str) -> Result<(), StoreError> {
    let file = database.with_file_name(FILE);
    files::write_whole(&file, text.as_bytes()).map_err(|error| StoreError::io(&file, &error))
}

impl Store {
    /// Keeps how what is seen is arranged, for the next start. It is in the queue when this returns.
    pub fn put_screen(&self, text: String) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.cache.put_screen(text)
    }
}
