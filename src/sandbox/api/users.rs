//! Users, <https://developers.pipedrive.com/docs/api/v1/Users>.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{Offset, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::sandbox::current_user::{OWNER, current_user_id};
use crate::sandbox::records::now;
use crate::sandbox::request::{BodyResult, json_object_v1};
use crate::sandbox::response::{ApiResult, ErrorResponse, data};
use crate::sandbox::schema::{Field, Kind, check, field};
use crate::sandbox::server::Shared;
use crate::sandbox::setup::User;

/// The time format of most of API v1.
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";
/// The fields of a user that can be changed: the API has no others.
const FIELDS: &[Field] = &[field("active_flag", Kind::Boolean)];

/// The routes of users.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/users", get(list))
        .route("/users/me", get(show_me))
        .route("/users/{id}", get(show).put(change))
}

async fn list(State(server): State<Shared>) -> ApiResult {
    Ok(data(server.store().users.iter().map(user_json).collect::<Value>()))
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    let store = server.store();
    let found = id.parse().ok().and_then(|id| store.users.get(id));
    found.map(|found| data(user_json(found))).ok_or_else(no_user)
}

fn no_user() -> ErrorResponse {
    ErrorResponse::not_found("User not found")
}

async fn change(State(server): State<Shared>, Path(id): Path<String>, body: BodyResult) -> ApiResult {
    let body = check(json_object_v1(body)?, FIELDS).map_err(ErrorResponse::bad_request)?;
    let active = body.get("active_flag").and_then(Value::as_bool);
    let is_active = active.ok_or_else(|| ErrorResponse::bad_request("'active_flag' is required"))?;
    server.edit(|store| {
        if !store.current_user().is_admin {
            return Err(ErrorResponse::new(StatusCode::FORBIDDEN, "Only an admin can change users", ""));
        }
        let found = id.parse().ok().and_then(|id| store.users.get(id)).ok_or_else(no_user)?;
        let changed = User { is_active, modified: now(), ..found.clone() };
        let answer = data(user_json(&changed));
        store.users.put(changed);
        Ok(answer)
    })
}

async fn show_me(State(server): State<Shared>) -> ApiResult {
    let store = server.store();
    let company = &store.setup.company;
    let mut profile = user_json(store.current_user());
    if let Some(fields) = profile.as_object_mut() {
        let more = json!({
            "company_id": company.id, "company_name": company.name, "company_domain": company.domain,
            "company_country": company.country, "company_industry": company.industry,
            "language": {"language_code": "en", "country_code": "US"},
        });
        fields.extend(more.as_object().cloned().unwrap_or_default());
    }
    Ok(data(profile))
}

fn user_json(user: &User) -> Value {
    let last_login = Utc::now() - if user.is_active { TimeDelta::hours(3) } else { TimeDelta::days(200) };
    let access = ["sales", "global", "account_settings"].map(
        |app| json!({"app": app, "admin": user.is_admin, "permission_set_id": "5f0c2d1e-8b7a-4c69-9d35-2e6f4a1b7c80"}),
    );
    json!({
        "id": user.id, "name": user.name, "default_currency": user.default_currency, "locale": user.locale, "lang": 1,
        "email": user.email, "phone": user.phone, "activated": true,
        "last_login": last_login.format(TIME_FORMAT).to_string(), "created": "2024-03-04 08:00:00",
        "modified": user.modified.format(TIME_FORMAT).to_string(), "has_created_company": user.id == OWNER, "access": access,
        "active_flag": user.is_active, "timezone_name": user.timezone_name,
        "timezone_offset": offset(&user.timezone_name), "role_id": 1, "icon_url": null, "is_you": user.id == current_user_id(),
        "is_deleted": false,
    })
}

/// Returns the offset of a time zone from UTC today, as `+02:00`.
fn offset(zone: &str) -> String {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    Utc::now().with_timezone(&zone).offset().fix().to_string()
}
