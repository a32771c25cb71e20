//! The data of a sales pipeline: deals, leads, people, organizations, activities, users, pipelines and
//! stages, with the rules that hold for them (links, probability, rotting, money, dates) and [`Edit`], the one
//! way in which any of them changes.
//!
//! This room knows nothing of screens, networks, disks or clocks: whatever needs the time is given it.

mod activity;
mod conflict;
mod contact;
mod date;
mod deal;
mod details;
mod double_option;
mod drafts;
mod edit;
mod field;
mod filter;
mod html;
mod ids;
mod item;
mod label;
mod lead;
mod money;
mod note;
mod patch;
mod pipeline;
mod rates;
mod search;
mod user;
mod web;

pub use activity::{Activity, ActivityPatch, ActivityType, Due};
pub use conflict::Conflict;
pub use contact::{ContactPoint, OrgPatch, Organization, Person, PersonPatch};
pub use date::{ParseDateError, format_day, parse_date, parse_day, parse_time, parse_when};
pub use deal::{Deal, DealPatch, DealStatus, PipelineStage, Probability, Rot, StatusChange};
pub use details::{Discount, ItemDetails, Product, TaxMethod, TimelineEntry, TimelineEvent, product_sums};
pub use drafts::{Contact, Link, NewActivity, NewDeal, NewLead, NewOrg, NewPerson};
pub use edit::{Edit, RuleError};
pub use field::{
    CustomPatch, CustomValues, FieldCode, FieldDef, FieldKey, FieldKind, FieldOption, FieldSortValue, FieldValue,
    NameResolver, ParseFieldError,
};
pub use filter::SavedFilter;
pub use html::{html_to_text, is_formatted, text_to_html};
pub use ids::{
    ActivityId, CompanyId, DealId, FilterId, ItemKind, ItemRef, LabelId, LeadId, LeadLabelId, NoteId, OrgId, PersonId,
    PipelineId, StageId, UserId,
};
pub use item::Item;
pub use label::{Label, LabelColor, LeadLabel};
pub use lead::{Lead, LeadPatch};
pub use money::{Currency, Money, ParseMoneyError};
pub use note::{Note, NotePatch, first_line, is_truncated};
pub use pipeline::{Pipeline, Stage};
pub use rates::{ConvertedTotal, Rates};
pub use search::SearchHit;
pub use user::{Me, TokenUser, User};
pub use web::WebLink;
