//! The official examples of answers, where they are at hand: each is served over HTTP as what its name says, and read by
//! the call of the client that asks for it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use dealdeck::domain::*;
use dealdeck::pipedrive::{
    Api, ApiError, ConnectionState, ConversionStatus, DealsQuery, Endpoint, Lane, Token, WebhookRegistration,
    WebhookSecret, connect,
};
use uuid::Uuid;

const LANE: Lane = Lane::Screen;
/// The lead of the examples.
const LEAD: LeadId = LeadId(Uuid::from_u128(0xadf2_1080_0e10_11eb_879b_05d7_1fb4_26ec));
/// Their conversion.
const JOB: Uuid = Uuid::from_u128(0x4b40_248b_945a_4802_b996_60fd_ff8c_5c69);

/// What dealdeck asks for nowhere.
const NOT_READ: &[&str] = &[
    "v1_get_currencies_200",
    "v1_get_deals_id_changelog_200",
    "v1_get_deals_summary_200",
    "v1_get_deals_timeline_200",
    "v1_get_goals_find_200",
    "v1_get_goals_id_results_200",
    "v1_get_leadSources_200",
    "v1_get_pipelines_id_conversion_statistics_200",
    "v1_get_pipelines_id_movement_statistics_200",
    "v1_get_recents_200",
    "v1_get_userSettings_200",
    "v1_get_userSettings_401",
    "v2_get_deals_search_200",
    "v2_get_leads_search_200",
    "webhooks_v2_payloads",
];

/// The folder of Pipedrive's documentation; `None`, with a loud word, where it is not at hand.
pub fn folder() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/pipedrive-api");
    let named = std::env::var_os("DEALDECK_OPENAPI").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = named.join("examples");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: the official examples are not at hand; name the folder that they are in in DEALDECK_OPENAPI");
    None
}

/// A server that gives one answer to everything, and the client on it.
struct Served {
    api: Api,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Served {
    /// A server of this example, which also says whose the token is.
    async fn new(asks: &str, status: u16, body: String) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let owner = (asks != ME).then_some(OWNER);
        let state = (StatusCode::from_u16(status).unwrap(), body, owner, Arc::clone(&asked));
        let router = axum::Router::new().fallback(serve).with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (api, _task) = connect(Endpoint::from_url(&url).unwrap(), &Token::new("examples").unwrap()).unwrap();
        Self { api, asked }
    }

    /// What was asked for first, as the name of an example says it.
    fn asked(&self) -> String {
        self.asked.lock().unwrap().first().cloned().unwrap_or_default()
    }
}

/// What the server answers, and what it was asked.
type Answers = (StatusCode, String, Option<&'static str>, Arc<Mutex<Vec<String>>>);

/// The request that asks whose the token is, and an answer.
const ME: &str = "v1_get_users_me";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const OWNER: &str = r#"{"success":true,"data":{"id":1,"name":"Me","company_id":1}}"#;

/// Examples name a next page, and do not have it.
const LAST_PAGE: &str = r#"{"success":true,"data":[],"additional_data":{"next_cursor":null}}"#;

async fn serve(
    State((status, body, owner, asked)): State<Answers>,
    request: Request,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let path = request.uri().path().trim_start_matches("/api/").to_owned();
    let is_id = |part: &str| part.parse::<u64>().is_ok() || part.parse::<Uuid>().is_ok();
    let mut parts = path.split('/').map(|part| if is_id(part) { "id" } else { part });
    let version = parts.next().unwrap();
    let method = request.method().as_str().to_lowercase();
    let name = [version, &method].into_iter().chain(parts).collect::<Vec<_>>().join("_");
    if let Some(owner) = owner.filter(|_| name == ME) {
        return (StatusCode::OK, JSON, owner.to_owned());
    }
    asked.lock().unwrap().push(name);
    let is_next = request.uri().query().is_some_and(|query| query.contains("cursor="));
    let body = if is_next { LAST_PAGE.to_owned() } else { body };
    (status, JSON, body)
}

#[tokio::test]
async fn each_official_example_is_read_or_named_as_not_read() {
    let Some(folder) = folder() else { return };
    let mut left: BTreeSet<&str> = NOT_READ.iter().copied().collect();
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if left.remove(name) || name == "errors" {
            continue;
        }
        let (asks, status) = name.rsplit_once('_').unwrap();
        let served = Served::new(asks, status.parse().unwrap(), std::fs::read_to_string(&path).unwrap()).await;
        let api = &served.api;
        let found = deals(name, api).await
            || leads(name, api).await
            || conversions(name, api).await
            || contacts(name, api).await
            || activities(name, api).await
            || dossiers(name, api).await
            || webhooks(name, api).await
            || basics(name, api).await;
        assert!(found, "{name} is neither read nor named as not read");
        assert_eq!(served.asked(), asks.replace("conversion_id", "id"));
        read += 1;
    }
    assert_eq!(left, BTreeSet::new(), "these are named as not read, and are not there");
    assert!(read >= 25, "{read} were read");
}

async fn deals(name: &str, api: &Api) -> bool {
    let deal = match name {
        "v2_get_deals_200" => api.deals(LANE, &DealsQuery::default()).all().await.unwrap().remove(0),
        "v2_get_deals_id_200" => api.deal(LANE, DealId(1)).await.unwrap(),
        "v2_delete_deals_id_200" => {
            api.delete(ItemRef::Deal(DealId(1))).await.unwrap();
            return true;
        }
        _ => return false,
    };
    assert_eq!((deal.id, deal.title.as_str(), deal.status), (DealId(1), "Deal Title", DealStatus::Open));
    assert_eq!(deal.value, Money { amount: 200.into(), currency: Currency::new("USD") });
    assert_eq!((deal.person, deal.org, deal.owner), (Some(PersonId(1)), Some(OrgId(1)), Some(UserId(1))));
    assert_eq!((deal.pipeline, deal.stage), (PipelineId(1), StageId(1)));
    assert_eq!((deal.probability, deal.lost_reason.as_deref()), (Probability::new(90), Some("Lost Reason")));
    assert_eq!(deal.expected_close.unwrap().to_string(), "2021-01-01");
    assert_eq!(deal.labels, [LabelId(1), LabelId(2), LabelId(3)]);
    assert!(deal.added.is_some() && deal.updated.is_some() && deal.stage_changed.is_some() && deal.closed.is_some());
    true
}

async fn leads(name: &str, api: &Api) -> bool {
    let lead = match name {
        "v1_get_leads_200" => api.leads(LANE).await.unwrap().leads.remove(0),
        "v1_get_leads_id_200" => api.lead(LANE, LEAD).await.unwrap(),
        "v1_post_leads_201" => {
            let new = NewLead::new("Jane Doe Lead".into(), Contact::Person(Link::Existing(PersonId(1092))));
            api.create_lead(&new, Some(PersonId(1092)), None).await.unwrap()
        }
        // What is no longer there is as good as deleted.
        "v1_delete_leads_id_200" | "v1_delete_leads_id_404" => {
            api.delete(ItemRef::Lead(LEAD)).await.unwrap();
            return true;
        }
        "v1_get_leads_id_404" => {
            gone(&api.lead(LANE, LEAD).await, "requested lead not found");
            return true;
        }
        "v1_get_leadLabels_200" => {
            let labels = api.lead_labels(LANE).await.unwrap();
            let names: Vec<_> = labels.iter().map(|label| (label.name.as_str(), label.color)).collect();
            assert_eq!(names[..2], [("Hot", LabelColor::Red), ("Cold", LabelColor::Blue)]);
            assert_eq!(labels.len(), 3);
            return true;
        }
        _ => return false,
    };
    assert_eq!((lead.id, lead.title.as_str(), lead.owner), (LEAD, "Jane Doe Lead", Some(UserId(1))));
    assert_eq!((lead.person, lead.org, lead.source.as_str()), (Some(PersonId(1092)), None, "API"));
    assert_eq!(lead.value, Some(Money { amount: 999.into(), currency: Currency::new("USD") }));
    assert_eq!((lead.labels.len(), lead.seen, lead.archived), (2, false, false));
    assert!(lead.added.is_some() && lead.updated.is_some());
    true
}

async fn conversions(name: &str, api: &Api) -> bool {
    let to = PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
    match name {
        "v2_post_leads_id_convert_deal_200" => assert_eq!(api.convert_lead(LEAD, to).await, Ok(JOB)),
        "v2_post_leads_id_convert_deal_404" => gone(&api.convert_lead(LEAD, to).await, "Entity was not found"),
        "v2_get_leads_id_convert_status_conversion_id_200" => {
            assert_eq!(api.conversion(LEAD, JOB).await, Ok(ConversionStatus::Done(DealId(33))));
        }
        "v2_get_leads_id_convert_status_conversion_id_404" => {
            gone(&api.conversion(LEAD, JOB).await, "Entity was not found");
        }
        "v2_get_deals_id_convert_status_conversion_id_200" => {
            let made = LeadId(Uuid::from_u128(0x9f3e_6e50_9d99_11ee_9538_29c8_1a92_c0d1));
            assert_eq!(api.deal_conversion(DealId(1), JOB).await, Ok(ConversionStatus::Done(made)));
        }
        "v2_get_deals_id_convert_status_conversion_id_404" => {
            gone(&api.deal_conversion(DealId(1), JOB).await, "Entity was not found");
        }
        _ => return false,
    }
    true
}

async fn contacts(name: &str, api: &Api) -> bool {
    let person = match name {
        "v2_get_persons_200" => api.people(LANE, None).all().await.unwrap().remove(0),
        "v2_get_persons_id_200" => api.person(LANE, PersonId(1)).await.unwrap(),
        "v2_get_organizations_200" => {
            let org = api.orgs(LANE, None).all().await.unwrap().remove(0);
            assert_eq!((org.id, org.name.as_str(), org.owner), (OrgId(1), "Organization Name", Some(UserId(1))));
            assert_eq!((org.address.as_deref(), org.employees), (Some("123 Main St"), Some(10)));
            assert_eq!(org.website.as_deref(), Some("https://www.company.com"));
            assert_eq!(org.linkedin.as_deref(), Some("https://linkedin.com/company"));
            assert_eq!(org.labels, [LabelId(1), LabelId(2), LabelId(3)]);
            assert!(org.added.is_some() && org.updated.is_some());
            return true;
        }
        _ => return false,
    };
    assert_eq!((person.id, person.name.as_str(), person.org), (PersonId(1), "Person Name", Some(OrgId(1))));
    let point = |value: &str, label: &str, primary| ContactPoint { value: value.into(), label: label.into(), primary };
    assert_eq!(person.phones, [point("12345", "work", true), point("54321", "home", false)]);
    assert_eq!(person.emails, [point("email1@email.com", "work", true), point("email2@email.com", "home", false)]);
    assert_eq!((person.job_title.as_deref(), person.labels.len()), (Some("Manager"), 3));
    assert!(person.added.is_some() && person.updated.is_some());
    true
}

async fn activities(name: &str, api: &Api) -> bool {
    let activity = match name {
        "v2_get_activities_200" => api.activities(LANE, None, None).all().await.unwrap().remove(0),
        "v2_get_activities_id_200" => api.activity(LANE, ActivityId(1)).await.unwrap(),
        "v1_get_activityTypes_200" => {
            let types = api.activity_types(LANE).await.unwrap();
            let keys: Vec<_> = types.iter().map(|kind| (kind.key.as_str(), kind.name.as_str())).collect();
            assert_eq!(keys, [("deadline", "Deadline"), ("call", "Call")]);
            return true;
        }
        _ => return false,
    };
    assert_eq!((activity.id, activity.subject.as_str()), (ActivityId(1), "Activity Subject"));
    assert_eq!((activity.kind.as_str(), activity.done, activity.busy), ("activity_type", true, true));
    assert_eq!((activity.deal, activity.org), (Some(DealId(5)), Some(OrgId(7))));
    assert_eq!((activity.person, &activity.participants[..]), (Some(PersonId(6)), &[PersonId(1)][..]));
    let due = activity.due.unwrap();
    assert_eq!((due.date.to_string(), due.time.unwrap().to_string()), ("2021-01-01".into(), "15:00:00".into()));
    assert_eq!((activity.minutes, activity.location.as_deref()), (Some(60), Some("123 Main St")));
    true
}

/// What there is to know of an item beyond the item itself, and what a search finds.
async fn dossiers(name: &str, api: &Api) -> bool {
    let deal = ItemRef::Deal(DealId(1));
    match name {
        "v1_get_notes_200" | "v1_get_notes_id_200" => {
            let note = match name {
                "v1_get_notes_200" => api.notes_on(LANE, deal).await.unwrap().remove(0),
                _ => api.note(LANE, NoteId(1)).await.unwrap(),
            };
            assert_eq!((note.id, note.content.as_str()), (NoteId(1), "abc"));
            let on = [deal, ItemRef::Lead(LEAD), ItemRef::Person(PersonId(1)), ItemRef::Org(OrgId(1))];
            assert!(on.iter().all(|item| note.on.contains(item)) && note.added.is_some(), "{note:?}");
        }
        "v1_delete_notes_id_200" => api.delete(ItemRef::Note(NoteId(1))).await.unwrap(),
        "v2_get_deals_id_products_200" => {
            let products = api.products_on(LANE, DealId(1)).await.unwrap();
            let [product] = &products[..] else { panic!("{products:?}") };
            assert_eq!(
                (product.name.as_str(), product.quantity, product.enabled),
                ("Mechanical Pencil", 1.into(), true)
            );
            assert_eq!(product.sum, Money { amount: 90.into(), currency: Currency::new("USD") });
        }
        "v1_get_deals_id_flow_200" => {
            let events: Vec<TimelineEvent> =
                api.timeline(LANE, deal).await.unwrap().into_iter().map(|happening| happening.what).collect();
            let changed =
                TimelineEvent::Changed { field: "value".into(), from: Some("50".into()), to: Some("100".into()) };
            let activity = TimelineEvent::Activity { subject: "Deadline".into(), kind: "deadline".into(), done: false };
            // The latest first.
            assert_eq!(events, [changed, TimelineEvent::Mail("test subject".into()), activity]);
        }
        "v2_get_itemSearch_200" => {
            let hits = api.search(LANE, "sample", &[ItemKind::Deal, ItemKind::Org, ItemKind::Person]).await.unwrap();
            let found: Vec<_> = hits.iter().map(|hit| (hit.item, hit.name.as_str())).collect();
            assert!(found.contains(&(ItemRef::Deal(DealId(42)), "Sample Deal")), "{found:?}");
            assert!(found.contains(&(ItemRef::Org(OrgId(9)), "Sample Organization")), "{found:?}");
            assert!(found.contains(&(ItemRef::Person(PersonId(6)), "Sample Person")), "{found:?}");
        }
        _ => return false,
    }
    true
}

async fn webhooks(name: &str, api: &Api) -> bool {
    let registration = WebhookRegistration {
        name: "Example webhook".to_owned(),
        url: "http://example.org".to_owned(),
        object: "deal",
        user: "dealdeck",
        password: WebhookSecret::new("secret"),
    };
    let hook = match name {
        "v1_get_webhooks_200" => api.webhooks(LANE).await.unwrap().remove(0),
        "v1_post_webhooks_201" => api.add_webhook(LANE, &registration).await.unwrap(),
        "v1_post_webhooks_400" => {
            let error = api.add_webhook(LANE, &registration).await.unwrap_err();
            assert_eq!(error.to_string(), "Pipedrive says: subscription_url: invalid or non-reachable URL");
            return true;
        }
        "v1_get_webhooks_401" => {
            refused(api, api.webhooks(LANE)).await;
            return true;
        }
        "v1_post_webhooks_401" => {
            refused(api, api.add_webhook(LANE, &registration)).await;
            return true;
        }
        _ => return false,
    };
    assert_eq!((hook.id, hook.name.as_str(), hook.url.as_str()), (1, "Example webhook", "http://example.org"));
    assert_eq!((hook.action.as_str(), hook.object.as_str()), ("added", "activityType"));
    assert_eq!((hook.version.as_str(), hook.active), ("2.0", true));
    assert_eq!(hook.password.is_some(), name.contains("post"), "what was sent is known");
    true
}

async fn basics(name: &str, api: &Api) -> bool {
    match name {
        "v1_get_users_200" => {
            let users = api.users(LANE).await.unwrap();
            assert_eq!((users.len(), users[0].name.as_str(), users[0].active), (2, "John Doe", true));
            assert_eq!(users[0].email.as_deref(), Some("john@pipedrive.com"));
        }
        "v1_get_users_me_200" => {
            let me = api.me(LANE).await.unwrap();
            assert_eq!((me.id, me.name.as_str(), me.company.as_str()), (UserId(1), "Me", "Pipedrive"));
            assert_eq!((me.currency, me.timezone), (Currency::new("EUR"), chrono_tz::Europe::Berlin));
        }
        "v1_get_filters_200" => {
            let filters = api.filters(LANE, ItemKind::Deal).await.unwrap();
            let [filter] = &filters[..] else { panic!("{filters:?}") };
            assert_eq!((filter.id, filter.name.as_str()), (FilterId(1), "All open deals"));
            assert_eq!((filter.kind, filter.owner), (ItemKind::Deal, Some(UserId(927_097))));
        }
        "v1_get_users_me_401" => refused(api, api.me(LANE)).await,
        "v2_get_dealFields_200" => field(api, ItemKind::Deal, 3).await,
        "v2_get_personFields_200" => field(api, ItemKind::Person, 2).await,
        "v2_get_pipelines_200" => {
            let pipelines = api.pipelines(LANE).await.unwrap();
            let [pipeline] = &pipelines[..] else { panic!("{pipelines:?}") };
            assert_eq!((pipeline.id, pipeline.name.as_str()), (PipelineId(1), "Pipeline Name"));
            assert!(pipeline.has_probability);
        }
        "v2_get_stages_200" => {
            let stages = api.stages(LANE).await.unwrap();
            let [stage] = &stages[..] else { panic!("{stages:?}") };
            assert_eq!((stage.id, stage.pipeline, stage.name.as_str()), (StageId(1), PipelineId(1), "Stage Name"));
            assert_eq!((stage.probability, stage.rots_after_days), (Probability::CERTAIN, Some(2)));
        }
        _ => return false,
    }
    true
}

/// The one custom field of the examples, and how many options it has.
async fn field(api: &Api, of: ItemKind, options: usize) {
    let (labels, fields) = api.fields(LANE, of).await.unwrap();
    let [field] = &fields[..] else { panic!("{fields:?}") };
    assert_eq!((labels.len(), field.code.to_string().as_str()), (0, "40characterhashforcustomfieldidentifier"));
    assert_eq!((&field.kind, field.of, field.options.len()), (&FieldKind::Choice, of, options));
    assert!(field.options.iter().all(|option| !option.label.is_empty()), "{field:?}");
}

/// The call waits for another token.
async fn refused<T: std::fmt::Debug>(api: &Api, call: impl Future<Output = T>) {
    let mut line = api.connection();
    tokio::select! {
        answer = call => panic!("{answer:?}"),
        line = line.wait_for(|line| line.state == ConnectionState::Refused) => assert!(line.is_ok()),
    }
}

#[track_caller]
fn gone<T: std::fmt::Debug>(answer: &Result<T, ApiError>, words: &str) {
    assert!(matches!(answer, Err(ApiError::Gone(said)) if said.contains(words)), "{answer:?}");
}

#[tokio::test]
async fn the_official_errors_are_told_in_pipedrives_words() {
    let Some(folder) = folder() else { return };
    let errors = std::fs::read_to_string(folder.join("errors.json")).unwrap();
    let errors: serde_json::Value = serde_json::from_str(&errors).unwrap();
    for (name, body) in errors.as_object().unwrap().iter().filter(|(_, body)| body.is_object()) {
        let status = name.split('_').find_map(|part| part.parse().ok()).unwrap_or(400);
        let asks = if status == 401 { ME } else { name };
        let served = Served::new(asks, status, body.to_string()).await;
        match status {
            401 => refused(&served.api, served.api.me(LANE)).await,
            404 => assert!(matches!(served.api.deal(LANE, DealId(1)).await, Err(ApiError::Gone(_))), "{name}"),
            _ => {
                let error = served.api.users(LANE).await.unwrap_err();
                let ApiError::Refused(said) = &error else { panic!("{name}: {error:?}") };
                let words = ["error", "message"].iter().find_map(|key| body[key].as_str());
                assert!(said.contains(words.unwrap_or("invalid or non-reachable URL")), "{name}: {said}");
            }
        }
    }
}
