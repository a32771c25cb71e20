//! The dashboard as a pure state machine: [`Msg`]s in, [`Effect`]s out. No clock (the time comes with the message),
//! no network, no disk, no terminal.
//!
//! | file | what |
//! |---|---|
//! | `state` | what one screen shows |
//! | `actions` | the one table of actions and keys |
//! | `update` | a message to a new state and effects |
//! | `lists`, `filter`, `layout` | what is in the lists, what of it matches, where it is on the screen |
//! | `dialog`, `form` | what opens over the view |

pub mod actions;
pub mod dialog;
pub mod filter;
pub mod form;
pub mod layout;
pub mod lists;
pub mod state;

pub use state::{Now, State, View};
