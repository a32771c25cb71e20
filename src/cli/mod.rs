//! The command line.

mod dashboard;
mod doctor;
mod listening;
mod log;
mod script;
mod serve;
mod sync;
mod told;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use etcetera::BaseStrategy;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::listening::Listening;
use crate::app::Preferences;
use crate::app::actions::{ACTIONS, Group};
use crate::config::Config;
use crate::pipedrive::{self, Api, Endpoint, ExpectedAccount, Token};
use crate::runtime;
use crate::sandbox::{Options, Plan, Sandbox};
use crate::store::CompanyDir;
use crate::sync::{Command, FirstLook, Report, Restored, Settings, Storage};
use crate::webhooks::Feed;

/// A usage error, bad configuration, or no terminal to run in.
const EXIT_USAGE: u8 = 2;
/// Something failed while running, or edits were not confirmed when it ended.
const EXIT_FAILURE: u8 = 1;
/// Some edits need a person: Pipedrive has refused them, or somebody else was there.
const EXIT_ATTENTION: u8 = 3;
/// Edits are kept on this machine, and not sent yet.
const EXIT_QUEUED: u8 = 4;
/// All is done, but standard output took nothing of what came of it.
const EXIT_UNPRINTED: u8 = 5;
/// The variable that names the company, for want of a flag.
const COMPANY_VARIABLE: &str = "DEALDECK_COMPANY";
/// The variable that holds the address of another server, for want of a flag.
const API_URL_VARIABLE: &str = "DEALDECK_API_URL";
/// How many commands wait for the sync engine at the most, and reports for the screen.
const CHANNEL: usize = 1_024;
/// How long closing the store may take.
const CLOSING: Duration = Duration::from_secs(10);

/// A full-screen terminal dashboard for Pipedrive sales pipelines.
///
/// Without a command: opens the dashboard on your company's account. The API token comes from DEALDECK_API_TOKEN,
/// from token_command in the configuration, or from a configuration file that only you can read.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::doc_markdown, reason = "the help is shown as it is written")]
struct Cli {
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    listening: Listening,
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Account")]
#[expect(clippy::doc_markdown, reason = "the help is shown as it is written")]
struct Account {
    /// The company: the 'acme' of acme.pipedrive.com [env: DEALDECK_COMPANY]
    #[arg(long, value_name = "NAME", global = true)]
    company: Option<String>,
    /// Another server that speaks Pipedrive's API: the root under which /api/v1 and /api/v2 lie [env: DEALDECK_API_URL]
    #[arg(long, value_name = "URL", conflicts_with = "company", global = true)]
    api_url: Option<String>,
    /// The configuration file, in place of the usual one
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Where accounts and queued edits are kept, in place of the usual directory
    #[arg(long, value_name = "DIR", env = "DEALDECK_DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Opens the dashboard on a practice workspace: nothing leaves this machine
    Demo(Practice),
    /// Runs the practice workspace alone: a server that speaks Pipedrive's API on 127.0.0.1
    Sandbox(Serve),
    /// Reads the account and sends what is queued, without the dashboard
    ///
    /// Exit codes: 0 all is done; 1 Pipedrive cannot be reached or something failed, what is queued stays so; 2 wrong
    /// usage or configuration; 3 all was sent, but some edits need attention; 5 all is done, but its result could not be
    /// printed.
    Sync,
    /// Looks whether all works that dealdeck needs, and says what to do where it does not
    ///
    /// Exit codes: 0 all is well; 1 something does not work; 2 wrong usage or configuration.
    Doctor(doctor::Doctor),
    /// Hears webhooks for a team and passes them on to its members' dashboards, until a signal ends it
    Serve(serve::Team),
    /// Prints all keys as a table
    Keys,
    #[command(flatten)]
    Script(script::Object),
}

#[derive(Debug, Args)]
struct Practice {
    /// The plan whose limits apply
    #[arg(long, value_enum, default_value = "essential")]
    plan: Plan,
    /// How many deals there are
    #[arg(long, value_name = "N", default_value_t = Options::default().deals)]
    deals: usize,
    /// Another number gives other data
    #[arg(long, value_name = "N", default_value_t = Options::default().seed)]
    seed: u64,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    practice: Practice,
    /// The port to listen on; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 8099)]
    port: u16,
    /// The API token that it asks for
    #[arg(long, value_name = "TEXT", default_value_t = Options::default().token)]
    token: String,
    /// The API token of a colleague, by the id of the user: two can work on the workspace (can be repeated)
    #[arg(long, value_name = "TOKEN=USER_ID", value_parser = read_colleague)]
    colleague: Vec<(String, u64)>,
    /// Keeps the data in this file and takes it up again
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

/// Why a command failed: a sentence for the person, and the exit code.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn usage(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: EXIT_USAGE }
    }

    fn running(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: EXIT_FAILURE }
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let matches = script::with_exit_codes(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(help) => return print_help(&help),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            told::say(&format!("cannot start: {error}"));
            return ExitCode::from(EXIT_FAILURE);
        }
    };
    let done = match cli.command {
        Some(Verb::Keys) => told::print(&keys_as_markdown()),
        Some(Verb::Script(object)) => runtime.block_on(script::run(cli.account, &object)),
        Some(Verb::Sandbox(serve)) => runtime.block_on(run_sandbox(serve)),
        Some(Verb::Demo(practice)) => runtime.block_on(dashboard::demo(practice)),
        Some(Verb::Doctor(asked)) => {
            runtime.block_on(doctor::run(cli.account, &asked.listening.or(&cli.listening), &asked))
        }
        Some(Verb::Serve(team)) => runtime.block_on(serve::run(cli.account, &team.listening.or(&cli.listening), &team)),
        Some(Verb::Sync) => runtime.block_on(run_sync(cli.account)),
        None => runtime.block_on(dashboard::run(cli.account, &cli.listening)),
    };
    // Without waiting for a look-up of a name that nobody answers.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            told::say(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Prints the help or the version that was asked for, or what is wrong with the command line.
fn print_help(help: &clap::Error) -> ExitCode {
    let printed = help.print();
    match u8::try_from(help.exit_code()) {
        // What was asked for has not come.
        Ok(0) if printed.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) => ExitCode::from(EXIT_FAILURE),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::from(EXIT_USAGE),
    }
}

/// The account that the command line and the configuration name.
struct Chosen {
    endpoint: Endpoint,
    token: Token,
    lead_interval: Duration,
    max_delay: Duration,
    preferences: Preferences,
    data_dir: PathBuf,
    config: Config,
}

/// A variable of the environment, if it is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

impl Account {
    /// Where the account is: from the command line, else from the environment, else from the configuration file.
    fn endpoint(&self, config: &Config, path: &Path) -> Result<Endpoint, Failure> {
        let given = (self.api_url.clone(), self.company.clone());
        let set = (variable(API_URL_VARIABLE), variable(COMPANY_VARIABLE));
        let endpoint = match (given, set) {
            // The command line takes only one of them.
            ((Some(url), _), _) | ((None, None), (Some(url), None)) => Endpoint::from_url(&url),
            ((None, Some(company)), _) | ((None, None), (None, Some(company))) => Endpoint::from_company(&company),
            ((None, None), (Some(_), Some(_))) => {
                return Err(Failure::usage(format!(
                    "{COMPANY_VARIABLE} and {API_URL_VARIABLE} are both set: unset one of them, or give --company or \
                     --api-url"
                )));
            }
            ((None, None), (None, None)) => match &config.company {
                Some(company) => Endpoint::from_company(company),
                None => {
                    return Err(Failure::usage(format!(
                        "which company? Give --company NAME (the 'acme' of acme.pipedrive.com), or set company in {}. \
                         To try dealdeck without an account: dealdeck demo",
                        path.display()
                    )));
                }
            },
        };
        endpoint.map_err(Failure::usage)
    }
}

fn choose(account: Account) -> Result<Chosen, Failure> {
    let path = account.config.clone().unwrap_or_else(Config::default_path);
    let config = Config::load(&path, account.config.is_some()).map_err(Failure::usage)?;
    let endpoint = account.endpoint(&config, &path)?;
    let token = config.token(&path).map_err(Failure::usage)?;
    let data_dir = account.data_dir.unwrap_or_else(default_data_dir);
    let (lead_interval, preferences) = (config.lead_interval(), config.preferences());
    let max_delay = config.max_request_delay().map_err(Failure::usage)?;
    Ok(Chosen { endpoint, token, lead_interval, max_delay, preferences, data_dir, config })
}

/// Where accounts are kept: under the user's data directory.
fn default_data_dir() -> PathBuf {
    let base = etcetera::choose_base_strategy().map(|base| base.data_dir());
    base.unwrap_or_default().join("dealdeck")
}

impl Chosen {
    fn start(self) -> Result<Session, Failure> {
        let home = CompanyDir::new(&self.data_dir, self.endpoint.name());
        let storage = Storage::open(home.clone(), &self.token).map_err(Failure::usage)?;
        // Some things vanish from an account without a word: only reading all of it shows that.
        let settings = Settings::new(self.lead_interval).looking_first_at(FirstLook::Account);
        Ok(Session::on(self.connect(&home)?, settings, storage, None))
    }

    /// Opens the line to Pipedrive for the account that is kept in a home.
    fn connect(&self, home: &CompanyDir) -> Result<Api, Failure> {
        let expected = crate::sync::expected(home, &self.token);
        connect(self.endpoint.clone(), &self.token, expected, self.max_delay)
    }
}

async fn run_sync(account: Account) -> Result<(), Failure> {
    let chosen = choose(account)?;
    let _log = log::start();
    sync::run(chosen.start()?).await
}

async fn run_sandbox(serve: Serve) -> Result<(), Failure> {
    let colleagues = serve.colleague.clone();
    let options = Options {
        port: serve.port,
        token: serve.token,
        colleagues: serve.colleague,
        db: serve.db,
        ..serve.practice.options()
    };
    let sandbox = Sandbox::start(options).await.map_err(Failure::running)?;
    let mut text = format!("Practice workspace on {}\nAPI token: {}\n", sandbox.url(), sandbox.token());
    text.extend(colleagues.iter().map(|(token, user)| format!("API token of user {user}: {token}\n")));
    text.push_str("Ctrl-C ends it.\n");
    told::print(&text)?;
    runtime::ended_by_signal().await.map_err(Failure::running)?;
    sandbox.stop().await;
    Ok(())
}

/// A colleague's token and id, as `--colleague` has them.
fn read_colleague(text: &str) -> Result<(String, u64), String> {
    let (token, user) = text.rsplit_once('=').filter(|(token, _)| !token.is_empty()).ok_or("not TOKEN=USER_ID")?;
    let user = user.parse().map_err(|_| format!("'{user}' is not the id of a user"))?;
    Ok((token.to_owned(), user))
}

impl Practice {
    fn options(&self) -> Options {
        Options { plan: self.plan, deals: self.deals, seed: self.seed, ..Options::default() }
    }
}

/// An engine at work on an account.
struct Session {
    api: Api,
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    engine: JoinHandle<()>,
    /// What was kept of the account, as far as that is known.
    restored: Option<Restored>,
}

impl Session {
    /// Has an engine work on a line that is there, with webhooks if there are any.
    fn on(api: Api, settings: Settings, storage: (Storage, Option<Restored>), feed: Option<Feed>) -> Self {
        let (commands, queue) = mpsc::channel(CHANNEL);
        let (report, reports) = mpsc::channel(CHANNEL);
        let (storage, restored) = storage;
        let engine = crate::sync::start(api.clone(), storage, settings, feed, queue, report);
        Self { api, commands, reports, engine, restored }
    }
}

/// Opens the line to Pipedrive for one account. A request that got no answer may still arrive until `max_delay` after it
/// was sent.
fn connect(endpoint: Endpoint, token: &Token, expected: ExpectedAccount, max_delay: Duration) -> Result<Api, Failure> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), ?endpoint, "started");
    let (api, _task) = pipedrive::connect_as(endpoint, token, expected, max_delay).map_err(Failure::running)?;
    Ok(api)
}

/// All keys as a Markdown table, for the README.
pub fn keys_as_markdown() -> String {
    let mut out = String::from("| | Keys | |\n|---|---|---|\n");
    for group in Group::ALL {
        for (at, described) in ACTIONS.iter().filter(|described| described.group == group).enumerate() {
            let heading = if at == 0 { group.title() } else { "" };
            let keys: Vec<String> = described.keys.iter().map(|key| format!("`{key}`")).collect();
            let row = ["|", heading, "|", &keys.join(" "), "|", described.name, "|\n"].join(" ");
            out.push_str(&row);
        }
    }
    out
}
