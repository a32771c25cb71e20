//! `dealdeck doctor`: checks the setup, one part after the other, and suggests fixes.

mod deliver;
mod live;
mod report;

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::Args;

use self::report::Report;
use super::account::AccountArgs;
use super::error::CliError;
use super::webhooks::WebhookArgs;
use crate::config::{Config, Live};
use crate::domain::Me;
use crate::pipedrive::{Api, ApiError, Connection, ConnectionState, Lane};
use crate::runtime::write_stderr;
use crate::store::CompanyDir;

/// Maximum time for Pipedrive to return the owner of the token.
const ANSWER: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) webhooks: WebhookArgs,
    /// Creates an activity in Pipedrive and deletes it, to check that both changes are delivered
    #[arg(long)]
    deliver: bool,
    /// Does not ask for confirmation
    #[arg(long, requires = "deliver")]
    yes: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs all checks.
pub(super) async fn run(account: AccountArgs, webhooks: &WebhookArgs, args: &DoctorArgs) -> Result<(), CliError> {
    let path = account.config.clone().unwrap_or_else(Config::default_path);
    let resolved = account.resolve()?;
    let live = webhooks.source(&resolved.config)?;
    if args.deliver && live.is_none() {
        return Err(CliError::usage(
            "--deliver needs live updates: set webhooks.public_url or webhooks.team_url in the configuration, or use \
             --public-url",
        ));
    }
    if args.deliver && !args.yes {
        confirm()?;
    }
    let mut report = Report::new(args.json);
    let kept = if path.exists() { path.display().to_string() } else { "no file; none is needed".to_owned() };
    report.well("Configuration", kept)?;
    let home = CompanyDir::new(&resolved.data_dir, resolved.endpoint.name());
    check_data(&mut report, &home)?;
    let server = resolved.endpoint.name().to_owned();
    let api = resolved.connect(&home)?;
    let me = check_connection(&mut report, &api, &server).await?;
    match live {
        None => report.note("Live updates", "off: dealdeck polls, so changes appear within a minute")?,
        Some(Live::Own { public_url, listen }) => {
            let homes = [home, CompanyDir::new(&resolved.data_dir.join(super::serve::DIRECTORY), &server)];
            let settings = crate::webhooks::WebhookSettings { public_url, listen };
            live::own(&mut report, &api, me.as_ref(), homes, settings, args.deliver).await?;
        }
        Some(Live::Team { url, key }) => live::team(&mut report, &api, me.as_ref(), &url, key, args.deliver).await?,
    }
    report.end()
}

/// Asks for permission to create an activity in the company's account.
fn confirm() -> Result<(), CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::usage("--deliver creates an activity in Pipedrive and deletes it: add --yes"));
    }
    write_stderr("This creates an activity in Pipedrive and deletes it. Continue? [y/N] ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) if answer.trim().eq_ignore_ascii_case("y") => Ok(()),
        _ => Err(CliError::usage("nothing was done")),
    }
}

/// Checks that the data directory can be written.
fn check_data(report: &mut Report, home: &CompanyDir) -> Result<(), CliError> {
    let probe = home.path().join("doctor.tmp");
    // The first use creates the salt, and the directory.
    let written = home.salt().map_err(|error| error.to_string()).and_then(|_| {
        let made = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe));
        made.map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => report.well("Data", home.path().display().to_string()),
        Err(why) => report.wrong(
            "Data",
            format!("{} cannot be written: {why}", home.path().display()),
            "free disk space, change its permissions, or use another directory with --data-dir",
        ),
    }
}

/// Returns the owner of the token. Unlike other calls it does not wait for a connection that is offline, nor for another
/// token.
async fn token_owner(api: &Api) -> Result<Me, String> {
    let mut line = api.connection();
    let is_down = |line: &Connection| line.state.needs_token() || matches!(line.state, ConnectionState::Offline { .. });
    let error = tokio::select! {
        answer = api.me(Lane::Screen) => return answer.map_err(|error| error.to_string()),
        Ok(line) = line.wait_for(is_down) => match &line.state {
            ConnectionState::Offline { why } => ApiError::Unreachable(why.clone()),
            state => return Err(state.token_problem().unwrap_or_default()),
        },
        () = tokio::time::sleep(ANSWER) => ApiError::NoAnswer(format!("no answer in {} s", ANSWER.as_secs())),
    };
    Err(error.to_string())
}

/// Checks the connection to Pipedrive, and returns the owner of the token.
async fn check_connection(report: &mut Report, api: &Api, server: &str) -> Result<Option<Me>, CliError> {
    let answer = token_owner(api).await;
    let line = api.connection().borrow().clone();
    let me = match answer {
        Ok(me) => me,
        Err(error) => {
            let to_do = "the other checks need a connection to Pipedrive";
            report.wrong("Pipedrive", format!("{server}: {error}"), to_do)?;
            return Ok(None);
        }
    };
    report.well("Pipedrive", format!("{server}: {} of {} (user {})", me.name, me.company, me.id))?;
    let requests = format!("{} requests in any two seconds", line.window_limit);
    match line.daily {
        Some((0, whole)) => report.wrong(
            "Limits",
            format!("{requests}; none of today's {whole} tokens is left"),
            "the whole company shares them: check which programs use the API",
        )?,
        Some((left, whole)) => {
            report.well("Limits", format!("{requests}; {left} of today's {whole} tokens are left"))?;
        }
        None => report.well("Limits", requests)?,
    }
    Ok(Some(me))
}
