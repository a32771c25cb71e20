//! The command line: parses the arguments, runs the command, and turns its result into an exit code.

mod account;
mod connection;
mod console;
mod dashboard;
mod doctor;
mod engine;
mod error;
mod log;
mod sandbox;
mod script;
mod serve;
mod sync;
mod webhooks;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::account::AccountArgs;
use self::error::{CliError, EXIT_FAILURE, EXIT_USAGE};
use self::sandbox::{PracticeArgs, SandboxArgs};
use self::webhooks::WebhookArgs;
use crate::app::actions::{ACTIONS, Group};

/// A full-screen terminal dashboard for Pipedrive sales pipelines.
///
/// Without a command, opens the dashboard on your company's account. The API token is read from DEALDECK_API_TOKEN,
/// from token_command in the configuration, or from api_token in a configuration file that only you can read.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::doc_markdown, reason = "the help is shown as it is written")]
struct Cli {
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Opens the dashboard on practice data: nothing leaves this machine
    Demo(PracticeArgs),
    /// Runs the practice server alone: Pipedrive's API on 127.0.0.1
    Sandbox(SandboxArgs),
    /// Reads the account and sends queued edits, without the dashboard
    ///
    /// Exit codes: 0 everything is done; 1 Pipedrive cannot be reached or something failed, queued edits stay queued;
    /// 2 wrong usage or configuration; 3 everything was sent, but some edits need attention; 5 everything is done, but
    /// the result could not be printed.
    Sync,
    /// Checks the setup and suggests fixes
    ///
    /// Exit codes: 0 everything works; 1 a check failed; 2 wrong usage or configuration.
    Doctor(doctor::DoctorArgs),
    /// Receives webhooks for a team and forwards them to its members' dashboards, until a signal ends it
    Serve(serve::ServeArgs),
    /// Prints all keys as a Markdown table
    Keys,
    #[command(flatten)]
    Script(script::Resource),
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
            console::print_stderr(&format!("cannot start: {error}"));
            return ExitCode::from(EXIT_FAILURE);
        }
    };
    let result = runtime.block_on(run(cli));
    // Does not wait for a DNS lookup that nobody answers.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::print_stderr(&error.message);
            ExitCode::from(error.code)
        }
    }
}

async fn run(cli: Cli) -> Result<(), CliError> {
    let Cli { account, webhooks, command } = cli;
    match command {
        Some(Command::Keys) => console::print(&keys_as_markdown()),
        Some(Command::Script(resource)) => Box::pin(script::run(account, &resource)).await,
        Some(Command::Sandbox(args)) => sandbox::run(args).await,
        Some(Command::Demo(practice)) => dashboard::demo(practice).await,
        Some(Command::Doctor(args)) => doctor::run(account, &args.webhooks.or(&webhooks), &args).await,
        Some(Command::Serve(args)) => serve::run(account, &args.webhooks.or(&webhooks), &args).await,
        Some(Command::Sync) => sync::run(account).await,
        None => dashboard::run(account, &webhooks).await,
    }
}

/// Prints the requested help or version, or the error in the command line.
fn print_help(help: &clap::Error) -> ExitCode {
    let printed = help.print();
    match u8::try_from(help.exit_code()) {
        // Code 0 means that help was asked for: not printing it is a failure.
        Ok(0) if printed.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) => ExitCode::from(EXIT_FAILURE),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::from(EXIT_USAGE),
    }
}

/// Returns all keys as a Markdown table, for the documentation.
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
