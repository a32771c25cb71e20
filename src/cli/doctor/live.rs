//! Checks that webhooks arrive: at a listener on this machine, or through the team's server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::Url;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::deliver::{self, Watch};
use super::report::Report;
use crate::cli::error::CliError;
use crate::domain::Me;
use crate::pipedrive::{Api, Lane, RegisteredWebhook};
use crate::store::{CompanyDir, Store};
use crate::webhooks::{
    self, Identity, Listener, MemberKey, ProbeError, Prober, Registrar, Signal, WebhookService, WebhookSettings, relay,
};

/// Maximum time for registering, and for the team's server to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time after its greeting in which the team's server reports problems of its own.
const GREETING: Duration = Duration::from_millis(500);
/// Maximum number of webhooks per user (Pipedrive's guide for webhooks v2).
const MAX_WEBHOOKS: usize = 40;
/// The name of the check of the address at which Pipedrive reaches the listener.
const PUBLIC: &str = "Public address";
const REGISTERED: &str = "Registrations";

/// The listener that is checked.
enum CheckedListener {
    /// The one of another dealdeck process.
    Other,
    /// A temporary one of this process.
    Own { _listener: Listener },
    /// A temporary one of this process with registrations, or the reason why they could not be made.
    WithRegistrations { service: WebhookService, why_not: Option<String> },
}

/// Checks the webhooks of this machine: those of a running dashboard or team server, else with a temporary listener.
pub(super) async fn own(
    report: &mut Report,
    api: &Api,
    me: Option<&Me>,
    homes: [CompanyDir; 2],
    mut settings: WebhookSettings,
    deliver: bool,
) -> Result<(), CliError> {
    let running = find_running(&homes, settings.listen).await;
    let identity = match running {
        Some(identity) => identity,
        None => Identity::of(&homes[0]).map_err(CliError::failure)?,
    };
    let is_running = prober_at(settings.listen, &identity).ping().await;
    let listener = if is_running.is_ok() {
        Ok(CheckedListener::Other)
    } else if let Some(me) = me.filter(|me| deliver && Store::is_open_elsewhere(&homes[0], me.id)) {
        // They share their registrations: changing and removing them would cut off the other process.
        let what =
            format!("a dealdeck is open on the account of user {}, and does not listen on {}", me.id, settings.listen);
        return report.wrong("Listener", what, "use the addresses that it was started with, or quit it");
    } else {
        listen(api, &homes[0], &identity, &mut settings, deliver && me.is_some()).await
    };
    let listener = match listener {
        Ok(listener) => listener,
        Err(why) => {
            let to_do =
                "another program uses the address: set another one with webhooks.listen, and forward the proxy to it";
            return report.wrong("Listener", why, to_do);
        }
    };
    let listen = settings.listen;
    let whose =
        if matches!(listener, CheckedListener::Other) { "a running dealdeck listens" } else { "dealdeck can listen" };
    report.well("Listener", format!("{whose} on {listen}"))?;
    if settings.public_url.port() == Some(0) {
        // Cannot fail, because the address has a port.
        let _ = settings.public_url.set_port(Some(listen.port()));
    }
    let asker = Prober::new(&settings.public_url, identity.clone()).map_err(CliError::failure)?;
    let is_reached = check_address(report, &asker, &settings.public_url, listen).await?;
    if is_reached && matches!(listener, CheckedListener::Other) {
        report_status(report, &asker).await?;
    }
    if me.is_some() {
        let is_due = !matches!(listener, CheckedListener::Own { .. });
        match &listener {
            CheckedListener::WithRegistrations { why_not: Some(why), .. } => {
                report.wrong(REGISTERED, why.clone(), "without registrations Pipedrive delivers nothing")?;
            }
            _ => check_registrations(report, api, &identity, &settings.public_url, is_due).await?,
        }
    }
    let is_registered = !matches!(listener, CheckedListener::WithRegistrations { why_not: Some(_), .. });
    let tried = if deliver && me.is_some() && is_reached && is_registered {
        deliver::check_delivery(report, api, Watch::Listener(&asker)).await
    } else {
        Ok(())
    };
    if let CheckedListener::WithRegistrations { service: open, .. } = listener {
        open.close().await;
    }
    tried
}

/// Returns a prober for a listener on this machine.
fn prober_at(listen: SocketAddr, identity: &Identity) -> LocalProber {
    let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
    let url = format!("http://{}/", SocketAddr::new(ip, listen.port())).parse::<Url>();
    LocalProber(url.ok().filter(|_| listen.port() != 0).and_then(|url| Prober::new(&url, identity.clone()).ok()))
}

/// A prober for a listener on this machine, if the address is known.
struct LocalProber(Option<Prober>);

impl LocalProber {
    async fn ping(&self) -> Result<(), ProbeError> {
        match &self.0 {
            Some(prober) => prober.ping().await,
            None => Err(ProbeError::Stranger),
        }
    }
}

/// Returns the identity of a dealdeck that listens already: a dashboard, or a team's server.
async fn find_running(homes: &[CompanyDir], listen: SocketAddr) -> Option<Identity> {
    for home in homes.iter().filter(|home| home.path().exists()) {
        let Ok(identity) = Identity::of(home) else { continue };
        if prober_at(listen, &identity).ping().await.is_ok() {
            return Some(identity);
        }
    }
    None
}

/// Starts a temporary listener, or returns the reason why it cannot.
async fn listen(
    api: &Api,
    home: &CompanyDir,
    identity: &Identity,
    settings: &mut WebhookSettings,
    register: bool,
) -> Result<CheckedListener, String> {
    if register {
        let opened = webhooks::start(api.clone(), Some(home.clone()), settings).await;
        let (mut feed, open) = opened.map_err(|error| error.to_string())?;
        settings.listen = open.address();
        let why_not = match timeout(PATIENCE, feed.signals.recv()).await {
            Ok(Some(Signal::Down(why))) => Some(why),
            Ok(_) => None,
            Err(_) => Some(format!("there was no answer in {} s", PATIENCE.as_secs())),
        };
        tokio::spawn(async move { while feed.signals.recv().await.is_some() {} });
        return Ok(CheckedListener::WithRegistrations { service: open, why_not });
    }
    let (out, mut heard) = mpsc::channel(1);
    let listener = Listener::bind(settings.listen, &identity.path(), identity, out).await;
    let listener = listener.map_err(|error| error.to_string())?;
    settings.listen = listener.address();
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    Ok(CheckedListener::Own { _listener: listener })
}

/// Checks that the public address leads to the listener.
async fn check_address(
    report: &mut Report,
    asker: &Prober,
    public_url: &Url,
    listen: SocketAddr,
) -> Result<bool, CliError> {
    if let Err(why) = asker.ping().await {
        let to_do = match why {
            ProbeError::Unreachable(_) => format!("check that the proxy or tunnel is running and forwards to {listen}"),
            ProbeError::Elsewhere(_) | ProbeError::Stranger => {
                format!("the proxy or tunnel answers, but does not forward to {listen} with the same path")
            }
        };
        report.wrong(PUBLIC, format!("{public_url}: {why}"), to_do)?;
        return Ok(false);
    }
    report.well(PUBLIC, format!("{public_url} leads here"))?;
    Ok(true)
}

/// Reports the deliveries that a running dealdeck has received.
async fn report_status(report: &mut Report, asker: &Prober) -> Result<(), CliError> {
    let Ok(status) = asker.status().await else { return Ok(()) };
    let last = status.last.map_or_else(|| "none".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    let counts = format!(
        "{} accepted, the last: {last}; {} with a wrong password, {} others rejected",
        status.taken, status.unauthorized, status.refused
    );
    report.note("Deliveries", format!("{counts} (process {})", status.process))
}

/// Checks that webhooks are registered and delivered. Webhooks of others are counted and never changed.
async fn check_registrations(
    report: &mut Report,
    api: &Api,
    identity: &Identity,
    public_url: &Url,
    is_due: bool,
) -> Result<(), CliError> {
    let all = match timeout(PATIENCE, api.webhooks(Lane::Screen)).await {
        Ok(Ok(all)) => all,
        Ok(Err(error)) => return report.wrong(REGISTERED, error.to_string(), "the user may need to be an admin"),
        Err(_) => return report.wrong(REGISTERED, "Pipedrive does not answer", "try again later"),
    };
    let prefix = format!("dealdeck {} ", identity.instance());
    let (own, others): (Vec<&RegisteredWebhook>, Vec<&RegisteredWebhook>) =
        all.iter().partition(|hook| hook.name.starts_with(&prefix));
    let used = format!("{} of {MAX_WEBHOOKS} webhooks of this user are used", all.len());
    let url = identity.delivered_at(public_url);
    let leads_here = |object: &&str| own.iter().any(|hook| hook.object == **object && hook.url == url);
    let lacking: Vec<&str> = Registrar::OBJECTS.into_iter().filter(|object| !leads_here(object)).collect();
    let failing =
        own.iter().find(|hook| !hook.active || hook.last_status.is_some_and(|code| !(200..300).contains(&code)));
    match failing {
        Some(hook) if !hook.active => report.wrong(
            REGISTERED,
            format!("Pipedrive has turned off the webhook for {}; {used}", hook.object),
            "restart dealdeck: it registers them again",
        )?,
        Some(hook) => report.wrong(
            REGISTERED,
            format!(
                "the last delivery for {} was answered {} ({}); {used}",
                hook.object,
                hook.last_status.unwrap_or_default(),
                hook.last_delivery.as_deref().unwrap_or("time unknown"),
            ),
            "after ten failures Pipedrive stops deliveries for 30 minutes; dealdeck polls until then",
        )?,
        None if own.is_empty() && is_due => {
            report.wrong(REGISTERED, format!("there are none; {used}"), "press D in the dashboard, or read the log")?;
        }
        None if own.is_empty() => report.note(REGISTERED, format!("created when dealdeck runs; {used}"))?,
        None if !lacking.is_empty() && is_due => report.wrong(
            REGISTERED,
            format!("none leads here for: {}; {used}", lacking.join(", ")),
            "restart dealdeck with the same public address: it registers them again",
        )?,
        None if !lacking.is_empty() => {
            let what = format!("none leads here for: {}; created when dealdeck starts; {used}", lacking.join(", "));
            report.note(REGISTERED, what)?;
        }
        None => report.well(REGISTERED, format!("{} are there; {used}", own.len()))?,
    }
    let here = public_url.as_str().trim_end_matches('/');
    let strangers =
        others.iter().filter(|hook| hook.name.starts_with("dealdeck ") && hook.url.starts_with(here)).count();
    if strangers > 0 {
        let what = format!("{strangers} webhooks of other dealdecks lead to the same address, which rejects them");
        report.note(REGISTERED, what)?;
    }
    Ok(())
}

/// Checks the team's server.
pub(super) async fn team(
    report: &mut Report,
    api: &Api,
    me: Option<&Me>,
    url: &Url,
    key: MemberKey,
    deliver: bool,
) -> Result<(), CliError> {
    const NAME: &str = "Team's server";
    let mut feed = relay::listen(url, key);
    let first = timeout(PATIENCE, feed.signals.recv()).await.ok().flatten();
    // A server that receives no webhooks reports it right after the greeting.
    let second = timeout(GREETING, feed.signals.recv()).await.ok().flatten();
    match (first, second) {
        (Some(Signal::Down(why)), _) => {
            report.wrong(NAME, format!("{url}: {why}"), "check webhooks.team_url and the key in the configuration")?;
        }
        (Some(_), Some(Signal::Down(why))) => {
            report.wrong(
                NAME,
                format!("{url} accepts the key, but receives no webhooks: {why}"),
                "ask its administrator",
            )?;
        }
        (Some(_), _) => {
            report.well(NAME, format!("{url} accepts the key and receives webhooks"))?;
            if deliver && me.is_some() {
                deliver::check_delivery(report, api, Watch::Team(&mut feed)).await?;
            }
        }
        (None, _) => report.wrong(NAME, format!("{url} does not answer"), "a proxy may buffer its stream")?,
    }
    Ok(())
}
