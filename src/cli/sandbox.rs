//! `dealdeck sandbox`: the practice server without a dashboard.

use std::path::PathBuf;

use clap::Args;

use super::console::print;
use super::error::CliError;
use crate::runtime;
use crate::sandbox::{Options, Plan, Sandbox};

/// The practice data, for `demo` and `sandbox`.
#[derive(Debug, Args)]
pub(super) struct PracticeArgs {
    /// Plan whose rate limits apply
    #[arg(long, value_enum, default_value = "essential")]
    plan: Plan,
    /// Number of deals
    #[arg(long, value_name = "N", default_value_t = Options::default().deals)]
    deals: usize,
    /// Seed of the sample data: another number gives other data
    #[arg(long, value_name = "N", default_value_t = Options::default().seed)]
    seed: u64,
}

impl PracticeArgs {
    pub(super) fn options(&self) -> Options {
        Options { plan: self.plan, deals: self.deals, seed: self.seed, ..Options::default() }
    }
}

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    #[command(flatten)]
    practice: PracticeArgs,
    /// Port to listen on; 0 for any free port
    #[arg(long, value_name = "N", default_value_t = 8099)]
    port: u16,
    /// API token that the server accepts
    #[arg(long, value_name = "TEXT", default_value_t = Options::default().token)]
    token: String,
    /// API token of a second user, so that two can work in the workspace (repeatable)
    #[arg(long, value_name = "TOKEN=USER_ID", value_parser = parse_colleague)]
    colleague: Vec<(String, u64)>,
    /// File that stores the data and continues from it at the next start
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

/// Runs the practice server until a signal ends it.
pub(super) async fn run(args: SandboxArgs) -> Result<(), CliError> {
    let colleagues = args.colleague.clone();
    let options = Options {
        port: args.port,
        token: args.token,
        colleagues: args.colleague,
        db: args.db,
        ..args.practice.options()
    };
    let sandbox = Sandbox::start(options).await.map_err(CliError::failure)?;
    let mut text = format!("Practice workspace on {}\nAPI token: {}\n", sandbox.url(), sandbox.token());
    text.extend(colleagues.iter().map(|(token, user)| format!("API token of user {user}: {token}\n")));
    text.push_str("Ctrl-C ends it.\n");
    print(&text)?;
    runtime::ended_by_signal().await.map_err(CliError::failure)?;
    sandbox.stop().await;
    Ok(())
}

/// Parses the value of `--colleague`.
fn parse_colleague(text: &str) -> Result<(String, u64), String> {
    let (token, user) = text.rsplit_once('=').filter(|(token, _)| !token.is_empty()).ok_or("expected TOKEN=USER_ID")?;
    let user = user.parse().map_err(|_| format!("'{user}' is not a user ID"))?;
    Ok((token.to_owned(), user))
}
