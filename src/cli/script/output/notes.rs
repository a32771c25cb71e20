//! Rows of notes.

use serde::Serialize;

use super::row::{Moment, Row, column, detail, last_fields, moment, owner_name, text, yes};
use crate::domain::{ItemRef, Note, html_to_text};
use crate::workspace::Workspace;

#[derive(Serialize)]
struct NoteJson<'a> {
    id: Option<u64>,
    text: String,
    html: &'a str,
    deal_id: Option<u64>,
    lead_id: Option<String>,
    person_id: Option<u64>,
    org_id: Option<u64>,
    author_id: Option<u64>,
    author_name: Option<&'a str>,
    pinned: bool,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    pending: bool,
}

impl Row {
    pub(in crate::cli::script) fn of_note(account: &Workspace, note: &Note) -> Self {
        let number = |of: fn(ItemRef) -> Option<u64>| note.on.iter().find_map(|item| of(*item));
        let lead = note.on.iter().find_map(|item| if let ItemRef::Lead(id) = item { Some(id) } else { None });
        let json = NoteJson {
            id: (!note.id.is_local()).then_some(note.id.0),
            text: html_to_text(&note.content),
            html: &note.content,
            deal_id: number(|item| if let ItemRef::Deal(id) = item { Some(id.0) } else { None }),
            lead_id: lead.map(ToString::to_string),
            person_id: number(|item| if let ItemRef::Person(id) = item { Some(id.0) } else { None }),
            org_id: number(|item| if let ItemRef::Org(id) = item { Some(id.0) } else { None }),
            author_id: note.author.map(|id| id.0),
            author_name: owner_name(account, note.author),
            pinned: note.pinned,
            add_time: moment(note.added),
            update_time: moment(note.updated),
            pending: account.is_pending(ItemRef::Note(note.id)),
        };
        let mut fields = vec![
            column("ID", text(json.id)),
            column("Note", json.text.replace('\n', " ")),
            column("Author", text(json.author_name)),
            column("Pinned", yes(json.pinned)),
            detail("Deal", text(json.deal_id)),
            detail("Lead", text(json.lead_id.as_ref())),
            detail("Person", text(json.person_id)),
            detail("Organization", text(json.org_id)),
        ];
        fields.extend(last_fields(json.add_time.as_ref(), json.update_time.as_ref(), json.pending));
        Self::new(&json, fields)
    }
}
