//! Whether webhooks arrive: at a listener of this machine, or by way of the team's server.

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

/// How long registering, or the team's server, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after its greeting the team's server is listened to.
const GREETING: Duration = Duration::from_millis(500);
/// How many webhooks a user may have (Pipedrive's guide for webhooks v2).
const MOST: usize = 40;
/// What the address at which Pipedrive reaches the listener is called.
const PUBLIC: &str = "Public address";
const REGISTERED: &str = "Registrations";

/// The listener that is asked.
enum Ear {
    /// Of a dealdeck that runs.
    Other,
    /// Of this process, for the time.
    Own { _listener: Listener },
    /// Of this process, with its registrations; why they could not be made, if so.
    RegisteredWebhook { open: WebhookService, why_not: Option<String> },
}

/// Looks at the webhooks of this machine: of a dashboard or a team's server that runs, else by a listener for the time.
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
    let is_running = asker_at(settings.listen, &identity).ping().await;
    let ear = if is_running.is_ok() {
        Ok(Ear::Other)
    } else if let Some(me) = me.filter(|me| deliver && Store::is_open_elsewhere(&homes[0], me.id)) {
        // Its registrations are these: to make them lead here, and take them away, would leave it without.
        let what =
            format!("a dealdeck is open on the account of user {}, and does not listen at {}", me.id, settings.listen);
        return report.wrong("Listener", what, "give the addresses that it was started with, or close it");
    } else {
        listen(api, &homes[0], &identity, &mut settings, deliver && me.is_some()).await
    };
    let ear = match ear {
        Ok(ear) => ear,
        Err(why) => {
            let to_do = "another program has it: give another address with webhooks.listen, and lead the proxy there";
            return report.wrong("Listener", why, to_do);
        }
    };
    let listen = settings.listen;
    let whose = if matches!(ear, Ear::Other) { "a dealdeck that runs listens" } else { "it can be listened" };
    report.well("Listener", format!("{whose} at {listen}"))?;
    if settings.public_url.port() == Some(0) {
        // An address that has a port takes another.
        let _ = settings.public_url.set_port(Some(listen.port()));
    }
    let asker = Prober::new(&settings.public_url, identity.clone()).map_err(CliError::failure)?;
    let is_reached = look_at_address(report, &asker, &settings.public_url, listen).await?;
    if is_reached && matches!(ear, Ear::Other) {
        look_at_status(report, &asker).await?;
    }
    if me.is_some() {
        let is_due = !matches!(ear, Ear::Own { .. });
        match &ear {
            Ear::RegisteredWebhook { why_not: Some(why), .. } => {
                report.wrong(REGISTERED, why.clone(), "they are needed for anything to be delivered")?;
            }
            _ => look_at_registrations(report, api, &identity, &settings.public_url, is_due).await?,
        }
    }
    let is_registered = !matches!(ear, Ear::RegisteredWebhook { why_not: Some(_), .. });
    let tried = if deliver && me.is_some() && is_reached && is_registered {
        deliver::try_it(report, api, Watch::Listener(&asker)).await
    } else {
        Ok(())
    };
    if let Ear::RegisteredWebhook { open, .. } = ear {
        open.close().await;
    }
    tried
}

/// What asks a listener directly.
fn asker_at(listen: SocketAddr, identity: &Identity) -> LocalAsker {
    let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
    let url = format!("http://{}/", SocketAddr::new(ip, listen.port())).parse::<Url>();
    LocalAsker(url.ok().filter(|_| listen.port() != 0).and_then(|url| Prober::new(&url, identity.clone()).ok()))
}

/// Asks a listener at an address of this machine, if that is known.
struct LocalAsker(Option<Prober>);

impl LocalAsker {
    async fn ping(&self) -> Result<(), ProbeError> {
        match &self.0 {
            Some(asker) => asker.ping().await,
            None => Err(ProbeError::Stranger),
        }
    }
}

/// Who a dealdeck is that listens already: a dashboard, or a team's server.
async fn find_running(homes: &[CompanyDir], listen: SocketAddr) -> Option<Identity> {
    for home in homes.iter().filter(|home| home.path().exists()) {
        let Ok(identity) = Identity::of(home) else { continue };
        if asker_at(listen, &identity).ping().await.is_ok() {
            return Some(identity);
        }
    }
    None
}

/// Listens for the time; why that is not possible.
async fn listen(
    api: &Api,
    home: &CompanyDir,
    identity: &Identity,
    settings: &mut WebhookSettings,
    register: bool,
) -> Result<Ear, String> {
    if register {
        let opened = webhooks::start(api.clone(), Some(home.clone()), settings).await;
        let (mut feed, open) = opened.map_err(|error| error.to_string())?;
        settings.listen = open.address();
        let why_not = match timeout(PATIENCE, feed.signals.recv()).await {
            Ok(Some(Signal::Down(why))) => Some(why),
            Ok(_) => None,
            Err(_) => Some(format!("they were not made in {} s", PATIENCE.as_secs())),
        };
        tokio::spawn(async move { while feed.signals.recv().await.is_some() {} });
        return Ok(Ear::RegisteredWebhook { open, why_not });
    }
    let (out, mut heard) = mpsc::channel(1);
    let listener = Listener::bind(settings.listen, &identity.path(), identity, out).await;
    let listener = listener.map_err(|error| error.to_string())?;
    settings.listen = listener.address();
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    Ok(Ear::Own { _listener: listener })
}

/// Whether the public address leads to the listener.
async fn look_at_address(
    report: &mut Report,
    asker: &Prober,
    public_url: &Url,
    listen: SocketAddr,
) -> Result<bool, CliError> {
    if let Err(why) = asker.ping().await {
        let to_do = match why {
            ProbeError::Unreachable(_) => format!("is the proxy or the tunnel up? It has to lead to {listen}"),
            ProbeError::Elsewhere(_) | ProbeError::Stranger => {
                format!("the proxy or the tunnel answers, but does not lead to {listen}, path and all")
            }
        };
        report.wrong(PUBLIC, format!("{public_url}: {why}"), to_do)?;
        return Ok(false);
    }
    report.well(PUBLIC, format!("{public_url} leads here"))?;
    Ok(true)
}

/// What a dealdeck that runs has heard.
async fn look_at_status(report: &mut Report, asker: &Prober) -> Result<(), CliError> {
    let Ok(status) = asker.status().await else { return Ok(()) };
    let last = status.last.map_or_else(|| "none".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    let counts = format!(
        "{} taken, the last: {last}; {} with a wrong password, {} others refused",
        status.taken, status.unauthorized, status.refused
    );
    report.note("Deliveries", format!("{counts} (process {})", status.process))
}

/// Whether webhooks are registered and delivered. Those of others are counted, and never touched.
async fn look_at_registrations(
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
    let used = format!("{} of {MOST} webhooks of this user are used", all.len());
    let url = identity.delivered_at(public_url);
    let leads_here = |object: &&str| own.iter().any(|hook| hook.object == **object && hook.url == url);
    let lacking: Vec<&str> = Registrar::OBJECTS.into_iter().filter(|object| !leads_here(object)).collect();
    let failing =
        own.iter().find(|hook| !hook.active || hook.last_status.is_some_and(|code| !(200..300).contains(&code)));
    match failing {
        Some(hook) if !hook.active => report.wrong(
            REGISTERED,
            format!("Pipedrive has turned off the webhook for {}; {used}", hook.object),
            "restart dealdeck: it registers them anew",
        )?,
        Some(hook) => report.wrong(
            REGISTERED,
            format!(
                "the last delivery for {} was answered {} ({}); {used}",
                hook.object,
                hook.last_status.unwrap_or_default(),
                hook.last_delivery.as_deref().unwrap_or("time unknown"),
            ),
            "after ten failures Pipedrive delivers nothing for half an hour; dealdeck asks for itself meanwhile",
        )?,
        None if own.is_empty() && is_due => {
            report.wrong(
                REGISTERED,
                format!("there are none; {used}"),
                "see why in D of the dashboard, or in the log",
            )?;
        }
        None if own.is_empty() => report.note(REGISTERED, format!("made when dealdeck runs; {used}"))?,
        None if !lacking.is_empty() && is_due => report.wrong(
            REGISTERED,
            format!("none leads here for: {}; {used}", lacking.join(", ")),
            "restart dealdeck with the same public address: it registers them anew",
        )?,
        None if !lacking.is_empty() => {
            let what = format!("none leads here for: {}; made when dealdeck starts; {used}", lacking.join(", "));
            report.note(REGISTERED, what)?;
        }
        None => report.well(REGISTERED, format!("{} are there; {used}", own.len()))?,
    }
    let here = public_url.as_str().trim_end_matches('/');
    let strangers =
        others.iter().filter(|hook| hook.name.starts_with("dealdeck ") && hook.url.starts_with(here)).count();
    if strangers > 0 {
        let what = format!("{strangers} webhooks of other dealdecks lead to the same address, which refuses them");
        report.note(REGISTERED, what)?;
    }
    Ok(())
}

/// Looks at what the team's server passes on.
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
    // Where it hears nothing itself it says so right after the greeting.
    let second = timeout(GREETING, feed.signals.recv()).await.ok().flatten();
    match (first, second) {
        (Some(Signal::Down(why)), _) => {
            report.wrong(NAME, format!("{url}: {why}"), "see webhooks.team_url and the key in the configuration")?;
        }
        (Some(_), Some(Signal::Down(why))) => {
            report.wrong(
                NAME,
                format!("{url} takes the key, but hears nothing itself: {why}"),
                "ask whoever runs it",
            )?;
        }
        (Some(_), _) => {
            report.well(NAME, format!("{url} takes the key and hears webhooks"))?;
            if deliver && me.is_some() {
                deliver::try_it(report, api, Watch::Team(&mut feed)).await?;
            }
        }
        (None, _) => report.wrong(NAME, format!("{url} says nothing"), "a proxy may hold back what it streams")?,
    }
    Ok(())
}
