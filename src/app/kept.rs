//! What of a screen is kept for the next start, per account: the view, the orders and columns of the lists, and the
//! filters that were saved by name. Text of a form of its own, so that what a later version writes does no harm.

use crate::app::{Account, Session};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::named::Named;
use super::{Effect, columns};
use crate::app::notice::Tone;
use crate::app::view::View;
use crate::domain::PipelineId;
use crate::sync::{Command, Durability};
use crate::workspace::{Column, SortOrder};

/// The version of the form.
const VERSION: u32 = 1;

/// What is kept. Parts that make no sense are left out, one by one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    #[serde(default)]
    view: Value,
    #[serde(default)]
    pipeline: Value,
    #[serde(default)]
    orders: Vec<Value>,
    #[serde(default)]
    columns: Vec<Value>,
    #[serde(default)]
    filters: Vec<Value>,
}

/// Has the arrangement of the screen kept, if it has changed.
pub fn keep_screen(session: &mut Session, account: &Account) -> Option<Effect> {
    if account.durability != Durability::Kept {
        return None;
    }
    let text = screen_as_text(session);
    if session.ui_saved.as_ref() == Some(&text) {
        return None;
    }
    session.ui_saved = Some(text.clone());
    Some(Effect::Send(Command::SaveScreen(text)))
}

fn screen_as_text(session: &Session) -> String {
    let views = || View::ALL.into_iter();
    let orders = views().filter_map(|view| Some(written(&(view, session.arrangements.order(view)?))));
    let columns = views().filter_map(|view| Some(written(&(view, session.arrangements.chosen_columns(view)?))));
    let kept = Kept {
        version: VERSION,
        view: written(&session.view),
        pipeline: written(&session.board.pipeline),
        orders: orders.collect(),
        columns: columns.collect(),
        filters: session.named.own.iter().map(written).collect(),
    };
    serde_json::to_string(&kept).unwrap_or_default()
}

/// Arranges the screen as it was kept.
pub(super) fn restore_screen(session: &mut Session, text: &str) {
    let Some(kept) = serde_json::from_str::<Kept>(text).ok().filter(|kept| kept.version == VERSION) else {
        session.tell(Tone::Info, "How your lists were arranged cannot be read; they are as usual again.");
        return;
    };
    if let Some(view) = read::<View>(kept.view) {
        session.view = view;
    }
    if let Some(pipeline) = read::<Option<PipelineId>>(kept.pipeline).flatten() {
        session.board.pipeline = Some(pipeline);
    }
    for (view, order) in kept.orders.into_iter().filter_map(read::<(View, SortOrder)>) {
        if columns::may_sort_by(view, order.by) {
            session.arrangements.sort(view, Some(order));
        }
    }
    for (view, facets) in kept.columns.into_iter().filter_map(read::<(View, Vec<Column>)>) {
        session.arrangements.set_columns(view, columns::allowed(view, &facets));
    }
    session.named.own = kept.filters.into_iter().filter_map(read::<Named>).take(super::named::MOST_OWN).collect();
}

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
