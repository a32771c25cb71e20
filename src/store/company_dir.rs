//! The directory of one company: where the stores of its users lie, and which token belongs to which user. Tokens
//! themselves never come here, only fingerprints that the caller makes of them with the salt of this directory.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::StoreError;
use super::files;
use crate::domain::{CompanyId, UserId};

/// How long a directory's name may be; file systems allow 255 bytes.
const LONGEST_NAME: usize = 120;
/// How much of a longer name is kept for people to recognize.
const KEPT_OF_LONG_NAME: usize = 60;

/// The directory of one company.
#[derive(Debug, Clone)]
pub struct CompanyDir {
    directory: PathBuf,
}

/// What the file `accounts.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Accounts {
    salt: Uuid,
    #[serde(default)]
    users: BTreeMap<String, UserId>,
    /// The company of each user, once it is known. Files of older versions have none.
    #[serde(default)]
    companies: BTreeMap<UserId, CompanyId>,
}

impl CompanyDir {
    /// The directory below `data_dir` for a company, by any text that names its server. Makes nothing yet.
    pub fn new(data_dir: &Path, company: &str) -> Self {
        Self { directory: data_dir.join(directory_name(company)) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Where the files of a user are.
    pub(super) fn of_user(&self, user: UserId) -> PathBuf {
        self.directory.join(user.to_string())
    }

    /// A random salt for the fingerprints of tokens, made on first use. Without it, whoever gets the file could
    /// compare it with those of others.
    pub fn salt(&self) -> Result<[u8; 16], StoreError> {
        let accounts = match self.read()? {
            Some(accounts) => accounts,
            None => self.change(|_| ())?,
        };
        Ok(accounts.salt.into_bytes())
    }

    /// Whose the token with this fingerprint is, where that is known.
    pub fn user_of(&self, fingerprint: &str) -> Option<UserId> {
        self.read().ok().flatten()?.users.get(fingerprint).copied()
    }

    /// Notes whose the token with this fingerprint is.
    pub fn remember(&self, fingerprint: &str, user: UserId) -> Result<(), StoreError> {
        if self.user_of(fingerprint) == Some(user) {
            return Ok(());
        }
        self.change(|accounts| {
            accounts.users.insert(fingerprint.to_owned(), user);
        })?;
        Ok(())
    }

    /// The company whose data is kept for a user, if it is known.
    pub fn company_of(&self, user: UserId) -> Option<CompanyId> {
        self.read().ok().flatten()?.companies.get(&user).copied()
    }

    /// Notes the company whose data is kept for a user. What was noted before stays.
    pub fn remember_company(&self, user: UserId, company: CompanyId) -> Result<(), StoreError> {
        if self.company_of(user).is_none() {
            self.change(|accounts| {
                accounts.companies.entry(user).or_insert(company);
            })?;
        }
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.directory.join("accounts.json")
    }

    fn webhooks_file(&self) -> PathBuf {
        self.directory.join("webhooks.json")
    }

    fn read(&self) -> Result<Option<Accounts>, StoreError> {
        read(&self.file())
    }

    /// Changes the file, one process at a time, so that two that start together agree on the salt.
    fn change(&self, change: impl FnOnce(&mut Accounts)) -> Result<Accounts, StoreError> {
        let _held = self.lock()?;
        let mut accounts = self.read()?.unwrap_or_else(|| Accounts {
            salt: Uuid::new_v4(),
            users: BTreeMap::new(),
            companies: BTreeMap::new(),
        });
        change(&mut accounts);
        write(&self.file(), &accounts)?;
        Ok(accounts)
    }

    /// What was last given to [`Self::change_webhooks`]. What makes no sense counts as nothing.
    pub fn webhooks<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        read(&self.webhooks_file())
    }

    /// Changes what is kept of webhooks, one process at a time. What it is, is the caller's matter.
    pub fn change_webhooks<T: Serialize + DeserializeOwned>(
        &self,
        change: impl FnOnce(Option<T>) -> T,
    ) -> Result<T, StoreError> {
        let _held = self.lock()?;
        let kept = change(self.webhooks()?);
        write(&self.webhooks_file(), &kept)?;
        Ok(kept)
    }

    /// Makes the directory, and keeps other processes from changing its files while the lock is held.
    fn lock(&self) -> Result<File, StoreError> {
        files::make_directory(&self.directory).map_err(|error| StoreError::io(&self.directory, &error))?;
        let path = self.directory.join("accounts.lock");
        let held = files::open_or_create(&path).and_then(|file| file.lock().map(|()| file));
        held.map_err(|error| StoreError::io(&path, &error))
    }
}

/// A file that makes no sense counts as none: these hold nothing that the server does not bring back.
fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, StoreError> {
    match std::fs::read(file) {
        Ok(content) => Ok(serde_json::from_slice(&content).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(file, &error)),
    }
}

fn write(file: &Path, content: &impl Serialize) -> Result<(), StoreError> {
    let written = serde_json::to_vec_pretty(content).map_err(io::Error::from);
    written.and_then(|content| files::write_whole(file, &content)).map_err(|error| StoreError::io(file, &error))
}

/// A name for a directory that no other text gives, that leads nowhere else, and that people can read. What is not a
/// small letter, a digit or harmless is written as `%` with two hexadecimal digits: capitals too, since there are file
/// systems that do not tell them from small letters.
fn directory_name(company: &str) -> String {
    let mut name = String::new();
    let last = company.len().saturating_sub(1);
    for (at, byte) in company.bytes().enumerate() {
        let inner_dot = byte == b'.' && at > 0 && at < last;
        if inner_dot || byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(name, "%{byte:02x}");
        }
    }
    // A lone '%' and two in a row come from no text, so these two cannot be taken for another one.
    if name.is_empty() {
        name.push('%');
    } else if name.len() > LONGEST_NAME {
        name.truncate(KEPT_OF_LONG_NAME);
        let _ = write!(name, "%%{:032x}", fnv(company.as_bytes()));
    }
    name
}

/// FNV-1a of 128 bits: enough that no two companies of one person meet.
fn fnv(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}
