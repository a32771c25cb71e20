//! Webhooks as plain data: one to register, and one that is registered.

use super::secret::WebhookSecret;

/// A webhook to register: every change of one kind of object, in format version 2.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookRegistration {
    /// Tells users and this program who registered it; at most 255 characters.
    pub name: String,
    /// The address that deliveries go to.
    pub url: String,
    /// The kind of object, in Pipedrive's word, such as `deal`.
    pub object: &'static str,
    /// The user name that each delivery carries.
    pub user: &'static str,
    /// The password that each delivery carries.
    pub password: WebhookSecret,
}

/// A registered webhook. Fields that Pipedrive leaves out are empty.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredWebhook {
    /// Its id.
    pub id: u64,
    /// The name that the program which registered it gave it.
    pub name: String,
    /// The address that deliveries go to.
    pub url: String,
    /// The kind of object.
    pub object: String,
    /// The event that it waits for; `*` for any.
    pub action: String,
    /// The format version of its deliveries.
    pub version: String,
    /// `true` while Pipedrive delivers it.
    pub active: bool,
    /// The HTTP status that answered the last delivery.
    pub last_status: Option<u64>,
    /// The time of the last delivery, as Pipedrive writes it.
    pub last_delivery: Option<String>,
    /// The password that each delivery carries, if the list includes it.
    pub password: Option<WebhookSecret>,
}
