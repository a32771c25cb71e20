//! The options that select an account, and the account they resolve to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use etcetera::BaseStrategy;

use super::engine::{RunningEngine, connect};
use super::error::CliError;
use crate::app::Preferences;
use crate::config::Config;
use crate::pipedrive::{Api, Endpoint, Token};
use crate::store::CompanyDir;
use crate::sync::{FirstLook, Settings, Storage};

/// The environment variable that names the company.
const COMPANY_VARIABLE: &str = "DEALDECK_COMPANY";
/// The environment variable with the address of another server.
const API_URL_VARIABLE: &str = "DEALDECK_API_URL";

#[derive(Debug, Args)]
#[command(next_help_heading = "Account")]
#[expect(clippy::doc_markdown, reason = "the help is shown as it is written")]
pub(super) struct AccountArgs {
    /// Company name: the 'acme' of acme.pipedrive.com [env: DEALDECK_COMPANY]
    #[arg(long, value_name = "NAME", global = true)]
    company: Option<String>,
    /// Another server with Pipedrive's API: the URL above /api/v1 and /api/v2 [env: DEALDECK_API_URL]
    #[arg(long, value_name = "URL", conflicts_with = "company", global = true)]
    api_url: Option<String>,
    /// Configuration file, instead of the default one
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// Directory for accounts and queued edits, instead of the default one
    #[arg(long, value_name = "DIR", env = "DEALDECK_DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
}

impl AccountArgs {
    /// Returns the path of the configuration file.
    pub(super) fn config_path(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(Config::default_path)
    }

    /// Reads the configuration and the token, and determines the endpoint.
    pub(super) fn resolve(self) -> Result<ResolvedAccount, CliError> {
        let path = self.config_path();
        let config = Config::load(&path, self.config.is_some()).map_err(CliError::usage)?;
        let endpoint = self.endpoint(&config, &path)?;
        let token = config.token(&path).map_err(CliError::usage)?;
        let data_dir = self.data_dir.unwrap_or_else(default_data_dir);
        let (lead_interval, preferences) = (config.lead_interval(), config.preferences());
        let max_delay = config.max_request_delay().map_err(CliError::usage)?;
        Ok(ResolvedAccount { endpoint, token, lead_interval, max_delay, preferences, data_dir, config })
    }

    /// Returns the endpoint: from the command line, else from the environment, else from the configuration file.
    fn endpoint(&self, config: &Config, path: &Path) -> Result<Endpoint, CliError> {
        let flags = (self.api_url.clone(), self.company.clone());
        let variables = (variable(API_URL_VARIABLE), variable(COMPANY_VARIABLE));
        let endpoint = match (flags, variables) {
            // clap rejects a command line that has both.
            ((Some(url), _), _) | ((None, None), (Some(url), None)) => Endpoint::from_url(&url),
            ((None, Some(company)), _) | ((None, None), (None, Some(company))) => Endpoint::from_company(&company),
            ((None, None), (Some(_), Some(_))) => {
                return Err(CliError::usage(format!(
                    "{COMPANY_VARIABLE} and {API_URL_VARIABLE} are both set: unset one of them, or use --company or \
                     --api-url"
                )));
            }
            ((None, None), (None, None)) => match &config.company {
                Some(company) => Endpoint::from_company(company),
                None => {
                    return Err(CliError::usage(format!(
                        "which company? Use --company NAME (the 'acme' of acme.pipedrive.com), or set company in {}. \
                         To try dealdeck without an account: dealdeck demo",
                        path.display()
                    )));
                }
            },
        };
        endpoint.map_err(CliError::usage)
    }
}

/// Returns an environment variable, unless it is unset or blank.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Returns `dealdeck` in the user's data directory.
fn default_data_dir() -> PathBuf {
    let base = etcetera::choose_base_strategy().map(|base| base.data_dir());
    base.unwrap_or_default().join("dealdeck")
}

/// The account that the command line, the environment and the configuration select.
pub(super) struct ResolvedAccount {
    pub(super) endpoint: Endpoint,
    pub(super) token: Token,
    pub(super) lead_interval: Duration,
    /// The time after which a request that got no answer can no longer reach Pipedrive.
    pub(super) max_delay: Duration,
    pub(super) preferences: Preferences,
    pub(super) data_dir: PathBuf,
    pub(super) config: Config,
}

impl ResolvedAccount {
    /// Opens the store and starts an engine that reads the whole account.
    pub(super) fn start(self) -> Result<RunningEngine, CliError> {
        let home = CompanyDir::new(&self.data_dir, self.endpoint.name());
        let storage = Storage::open(home.clone(), &self.token).map_err(CliError::usage)?;
        // Deleted and archived items appear in no list of changes: only a full read shows that they are gone.
        let settings = Settings::new(self.lead_interval).looking_first_at(FirstLook::Account);
        Ok(RunningEngine::start(self.connect(&home)?, settings, storage, None))
    }

    /// Connects to Pipedrive as the owner of the account in `home`.
    pub(super) fn connect(&self, home: &CompanyDir) -> Result<Api, CliError> {
        let expected = crate::sync::expected(home, &self.token);
        connect(self.endpoint.clone(), &self.token, expected, self.max_delay)
    }
}
