//! Users, <https://developers.pipedrive.com/docs/api/v1/Users>.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{Offset, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Refusal, data};
use super::assets::User;
use super::caller::{OWNER, me};
use super::records::now;
use super::schema::{Field, Kind, check, field};
use super::v1::body_of;

/// Times as most of API v1 has them.
const PLAIN: &str = "%Y-%m-%d %H:%M:%S";
/// What can be changed of a user: the API has no more.
const FIELDS: &[Field] = &[field("active_flag", Kind::Flag)];

/// The routes of users.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/users", get(list))
        .route("/users/me", get(show_me))
        .route("/users/{id}", get(show).put(change))
}

async fn list(State(server): State<Shared>) -> Answer {
    Ok(data(server.store().users.iter().map(user).collect::<Value>()))
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    let store = server.store();
    let found = id.parse().ok().and_then(|id| store.users.get(id));
    found.map(|found| data(user(found))).ok_or_else(no_user)
}

fn no_user() -> Refusal {
    Refusal::not_found("User not found")
}

async fn change(State(server): State<Shared>, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = check(body_of(body)?, FIELDS).map_err(Refusal::invalid)?;
    let active = body.get("active_flag").and_then(Value::as_bool);
    let is_active = active.ok_or_else(|| Refusal::invalid("'active_flag' is required"))?;
    server.edit(|store| {
        if !store.me().is_admin {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "Only an admin can change users", ""));
        }
        let found = id.parse().ok().and_then(|id| store.users.get(id)).ok_or_else(no_user)?;
        let changed = User { is_active, modified: now(), ..found.clone() };
        let answer = data(user(&changed));
        store.users.put(changed);
        Ok(answer)
    })
}

async fn show_me(State(server): State<Shared>) -> Answer {
    let store = server.store();
    let company = &store.assets.company;
    let mut me = user(store.me());
    if let Some(fields) = me.as_object_mut() {
        let more = json!({
            "company_id": company.id, "company_name": company.name, "company_domain": company.domain,
            "company_country": company.country, "company_industry": company.industry,
            "language": {"language_code": "en", "country_code": "US"},
        });
        fields.extend(more.as_object().cloned().unwrap_or_default());
    }
    Ok(data(me))
}

fn user(user: &User) -> Value {
    let last_login = Utc::now() - if user.is_active { TimeDelta::hours(3) } else { TimeDelta::days(200) };
    let access = ["sales", "global", "account_settings"].map(
        |app| json!({"app": app, "admin": user.is_admin, "permission_set_id": "5f0c2d1e-8b7a-4c69-9d35-2e6f4a1b7c80"}),
    );
    json!({
        "id": user.id, "name": user.name, "default_currency": user.default_currency, "locale": user.locale, "lang": 1,
        "email": user.email, "phone": user.phone, "activated": true,
        "last_login": last_login.format(PLAIN).to_string(), "created": "2024-03-04 08:00:00",
        "modified": user.modified.format(PLAIN).to_string(), "has_created_company": user.id == OWNER, "access": access,
        "active_flag": user.is_active, "timezone_name": user.timezone_name,
        "timezone_offset": offset(&user.timezone_name), "role_id": 1, "icon_url": null, "is_you": user.id == me(),
        "is_deleted": false,
    })
}

/// How far a time zone is from UTC today, as `+02:00`.
fn offset(zone: &str) -> String {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    Utc::now().with_timezone(&zone).offset().fix().to_string()
}
