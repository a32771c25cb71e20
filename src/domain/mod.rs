//! What a sales pipeline is made of: deals, leads, people, organizations, activities, users, pipelines and
//! stages, with the rules that hold for them (links, probability, rotting, money, dates) and [`Edit`], the one
//! way in which any of them changes.
//!
//! This room knows nothing of screens, networks, disks or clocks: whatever needs the time is given it.

mod activity;
mod base64;
mod clash;
mod contact;
mod date;
mod deal;
mod dossier;
mod edit;
mod field;
mod filter;
mod given;
mod hit;
mod html;
mod ids;
mod item;
mod label;
mod lead;
mod money;
mod new;
mod note;
mod patch;
mod pipeline;
mod rates;
mod user;
mod web;

pub use activity::{Activity, ActivityPatch, ActivityType, Due};
pub use base64::base64;
pub use clash::Clash;
pub use contact::{ContactPoint, OrgPatch, Organization, Person, PersonPatch};
pub use date::{DateError, parse_date, parse_day, parse_time, parse_when, spelled_out};
pub use deal::{Deal, DealPatch, DealStatus, Place, Probability, Rot, StatusChange};
pub use dossier::{Discount, Dossier, Event, Happening, Product, TaxMethod, product_sums};
pub use edit::{Edit, RuleError};
pub use field::{
    CustomPatch, CustomValues, Directory, FieldCode, FieldDef, FieldError, FieldKey, FieldKind, FieldOption,
    FieldOrder, FieldValue,
};
pub use filter::SavedFilter;
pub use hit::Hit;
pub use html::{html_of, is_formatted, plain_text};
pub use ids::{
    ActivityId, CompanyId, DealId, FilterId, ItemKind, ItemRef, LabelId, LeadId, LeadLabelId, NoteId, OrgId, PersonId,
    PipelineId, StageId, UserId,
};
pub use item::Item;
pub use label::{Label, LabelColor, LeadLabel};
pub use lead::{Lead, LeadPatch};
pub use money::{Currency, Money, MoneyError};
pub use new::{Contact, Link, NewActivity, NewDeal, NewLead, NewOrg, NewPerson};
pub use note::{Note, NotePatch, first_line, is_cut};
pub use pipeline::{Pipeline, Stage};
pub use rates::{InOne, Rates};
pub use user::{Me, Owner, User};
pub use web::WebLink;
