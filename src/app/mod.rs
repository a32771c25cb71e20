//! The dashboard as a pure state machine: [`Msg`]s in, [`Effect`]s out. No clock (the time comes with the message),
//! no network, no disk, no terminal.
//!
//! | file | what |
//! |---|---|
//! | `state`, `notice` | what one screen shows, and what is told on it |
//! | `actions` | the one table of actions and keys |
//! | `update` | an action carried out, by view in `board`, `activities`, `leads`, `tables` |
//! | `jump` | going to what an item is linked to, and back |
//! | `calendar` | the activities as a week or a day |
//! | `next` | what is next, once nothing more is planned |
//! | `archive` | the archive of leads, in place of the inbox |
//! | `marks`, `targets`, `deed` | items marked, what an action is about, and what is done to each |
//! | `bulk` | edits of many items as one step |
//! | `convert` | a deal that becomes a lead again |
//! | `copy` | what of an item can be copied |
//! | `preferences` | what the person wants, as the configuration says |
//! | `edits` | an edit from the person to the workspace, and what came of it |
//! | `undo` | steps taken back, and done again |
//! | `attention` | edits that need attention, and the history: again, changed, discarded, taken back |
//! | `reports` | news from the sync engine |
//! | `news` | what others have changed: what flashes, and what is told of it |
//! | `look` | what there is to know of the item in the details, asked for while one looks at it |
//! | `lists`, `filter`, `arrangement`, `columns`, `layout` | what is in the lists, what of it matches, where it is on the screen |
//! | `widgets` | fields, lists and matching, of which dialogs are built |
//! | `dialogs`, `form` | dialogs over the view: their keys and the requests they lead to |
//! | `notes` | the dialog of a note |
//! | `search` | Pipedrive's own search |
//! | `token` | a new token for one that was refused |
//! | `mouse` | clicks, wheel and drags |

pub mod account;
pub mod actions;
mod activities;
pub mod archive;
pub mod arrangement;
mod attention;
mod board;
pub mod bulk;
pub mod calendar;
pub mod columns;
mod convert;
pub mod copy;
mod deed;
pub mod dialogs;
mod dispatch;
mod edits;
pub mod filter;
pub mod filtering;
pub mod form;
pub mod jump;
mod kept;
pub mod layout;
mod leads;
pub mod lists;
pub mod look;
mod marks;
pub mod message;
mod mouse;
pub mod named;
pub mod news;
mod next;
pub mod notes;
pub mod notice;
pub mod preferences;
mod reports;
pub mod search;
pub mod session;
mod sorting;
pub mod tables;
pub mod targets;
pub mod token;
mod undo;
mod update;
pub mod view;
pub mod widgets;
pub mod words;

pub use account::Account;
pub use edits::in_words;
pub use jump::go_to;
pub use kept::keep_screen;
pub use message::{Effect, Msg};
pub use preferences::Preferences;
pub use session::{Now, Session, SessionId};
pub use update::{keep_front, update};
pub use view::View;
