//! `dealdeck doctor`: looks at what dealdeck needs, one thing after the other, and says what to do where one is missing.

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

/// How long Pipedrive may take to say whose the token is.
const ANSWER: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) webhooks: WebhookArgs,
    /// Makes an activity in Pipedrive and deletes it again, to see whether both are delivered
    #[arg(long)]
    deliver: bool,
    /// Does not ask before that
    #[arg(long, requires = "deliver")]
    yes: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Looks at everything.
pub(super) async fn run(account: AccountArgs, webhooks: &WebhookArgs, args: &DoctorArgs) -> Result<(), CliError> {
    let path = account.config.clone().unwrap_or_else(Config::default_path);
    let resolved = account.resolve()?;
    let live = webhooks.source(&resolved.config)?;
    if args.deliver && live.is_none() {
        return Err(CliError::usage(
            "--deliver needs live updates: set webhooks.public_url or webhooks.team_url in the configuration, or give \
             --public-url",
        ));
    }
    if args.deliver && !args.yes {
        confirm()?;
    }
    let mut report = Report::new(args.json);
    let kept = if path.exists() { path.display().to_string() } else { "no file, and none is needed".to_owned() };
    report.well("Configuration", kept)?;
    let home = CompanyDir::new(&resolved.data_dir, resolved.endpoint.name());
    look_at_data(&mut report, &home)?;
    let server = resolved.endpoint.name().to_owned();
    let api = resolved.connect(&home)?;
    let me = look_at_line(&mut report, &api, &server).await?;
    match live {
        None => report.note("Live updates", "off: dealdeck asks for what has changed, at most a minute later")?,
        Some(Live::Own { public_url, listen }) => {
            let homes = [home, CompanyDir::new(&resolved.data_dir.join(super::serve::DIRECTORY), &server)];
            let settings = crate::webhooks::WebhookSettings { public_url, listen };
            live::own(&mut report, &api, me.as_ref(), homes, settings, args.deliver).await?;
        }
        Some(Live::Team { url, key }) => live::team(&mut report, &api, me.as_ref(), &url, key, args.deliver).await?,
    }
    report.end()
}

/// Asks whether something may be made in the company's account.
fn confirm() -> Result<(), CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::usage("--deliver makes an activity in Pipedrive and deletes it again: add --yes"));
    }
    write_stderr("This makes an activity in Pipedrive and deletes it again. Go on? [y/N] ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) if answer.trim().eq_ignore_ascii_case("y") => Ok(()),
        _ => Err(CliError::usage("nothing was done")),
    }
}

/// Whether the account and the edits can be kept.
fn look_at_data(report: &mut Report, home: &CompanyDir) -> Result<(), CliError> {
    let probe = home.path().join("doctor.tmp");
    // The salt is made at first use, with the directory.
    let written = home.salt().map_err(|error| error.to_string()).and_then(|_| {
        let made = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe));
        made.map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => report.well("Data", home.path().display().to_string()),
        Err(why) => report.wrong(
            "Data",
            format!("{} cannot be written: {why}", home.path().display()),
            "make room or change its permissions, or give another directory with --data-dir",
        ),
    }
}

/// Whose the token is. A call waits for a line that is down, or another token: here it does not.
async fn whose(api: &Api) -> Result<Me, String> {
    let mut line = api.connection();
    let is_down = |line: &Connection| line.state.needs_token() || matches!(line.state, ConnectionState::Offline { .. });
    let error = tokio::select! {
        answer = api.me(Lane::Screen) => return answer.map_err(|error| error.to_string()),
        Ok(line) = line.wait_for(is_down) => match &line.state {
            ConnectionState::Offline { why } => ApiError::Unreachable(why.clone()),
            state => return Err(state.token_problem().unwrap_or_default()),
        },
        () = tokio::time::sleep(ANSWER) => ApiError::NoAnswer(format!("none in {} s", ANSWER.as_secs())),
    };
    Err(error.to_string())
}

/// Whether Pipedrive answers, and to whom.
async fn look_at_line(report: &mut Report, api: &Api, server: &str) -> Result<Option<Me>, CliError> {
    let answer = whose(api).await;
    let line = api.connection().borrow().clone();
    let me = match answer {
        Ok(me) => me,
        Err(error) => {
            let to_do = "what Pipedrive has to say to the rest cannot be looked at before";
            report.wrong("Pipedrive", format!("{server}: {error}"), to_do)?;
            return Ok(None);
        }
    };
    report.well("Pipedrive", format!("{server}: {} of {} (user {})", me.name, me.company, me.id))?;
    let requests = format!("{} requests in any two seconds", line.window_limit);
    match line.daily {
        Some((0, whole)) => report.wrong(
            "Limits",
            format!("{requests}; none of the {whole} tokens of today are left"),
            "they are the whole company's: see which programs use the API",
        )?,
        Some((left, whole)) => {
            report.well("Limits", format!("{requests}; {left} of {whole} tokens of today are left"))?;
        }
        None => report.well("Limits", requests)?,
    }
    Ok(Some(me))
}
