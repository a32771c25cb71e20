//! The actions, as one table: keys, palette, help and documentation all come from here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::view::View;

/// What a person can do by one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below describes each")]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    Top,
    Bottom,
    PageUp,
    PageDown,
    FirstColumn,
    LastColumn,
    ShowBoard,
    ShowActivities,
    ShowLeads,
    ShowDeals,
    ShowPeople,
    ShowOrgs,
    ShowUsers,
    NextView,
    Detail,
    DetailUp,
    DetailDown,
    GoLinked,
    GoBack,
    Back,
    Mark,
    MarkRange,
    MarkAll,
    Filter,
    FilterFields,
    FilterNames,
    Mine,
    Sort,
    Columns,
    NextPipeline,
    PreviousPipeline,
    PickPipeline,
    Status,
    MoveLeft,
    MoveRight,
    PickStage,
    Win,
    Lose,
    Reopen,
    Rename,
    Value,
    Probability,
    ExpectedClose,
    New,
    NewActivity,
    EditAll,
    Done,
    Reschedule,
    Tomorrow,
    Calendar,
    NextWeek,
    PreviousWeek,
    Today,
    Seen,
    Archive,
    Shelf,
    Convert,
    Search,
    NewNote,
    Notes,
    Owner,
    Labels,
    Bulk,
    BackToLead,
    Undo,
    Redo,
    Delete,
    Copy,
    Attention,
    History,
    Lately,
    Token,
    Diagnostics,
    Refresh,
    Reload,
    Palette,
    Help,
    Suspend,
    Quit,
}

/// An action with its keys and what it does.
#[derive(Debug)]
pub struct Described {
    /// The action.
    pub action: Action,
    /// Its keys, as people write them.
    pub keys: &'static [&'static str],
    /// Its name.
    pub name: &'static str,
    /// The views in which it works; all where empty.
    pub views: &'static [View],
    /// The group in which the help shows it.
    pub group: Group,
}

/// The groups of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Moving around.
    Move,
    /// Views and panels.
    View,
    /// Items that the next action is done to.
    Marks,
    /// Deals.
    Deals,
    /// Activities.
    Activities,
    /// Leads.
    Leads,
    /// Everything else.
    General,
}

impl Group {
    /// All groups in the order of the help.
    pub const ALL: [Self; 7] =
        [Self::Move, Self::View, Self::Marks, Self::Deals, Self::Activities, Self::Leads, Self::General];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::View => "Views",
            Self::Marks => "Marked items: the next action is done to all",
            Self::Deals => "Deals",
            Self::Activities => "Activities",
            Self::Leads => "Leads",
            Self::General => "General",
        }
    }
}

const fn row(
    action: Action,
    keys: &'static [&'static str],
    name: &'static str,
    views: &'static [View],
    group: Group,
) -> Described {
    Described { action, keys, name, views, group }
}

const ANY: &[View] = &[];
/// Where lists can be sorted.
const SORTED: &[View] = &[View::Board, View::Leads, View::Deals, View::People, View::Orgs, View::Users];
/// Where a list has columns to choose.
const TABLES: &[View] = &[View::Leads, View::Deals, View::People, View::Orgs, View::Users];
const BOARD: &[View] = &[View::Board];
const ACTIVITIES: &[View] = &[View::Activities];
const BOARD_AND_ACTIVITIES: &[View] = &[View::Board, View::Activities];
const LEADS: &[View] = &[View::Leads];
/// Where deals have the cursor.
const DEALS: &[View] = &[View::Board, View::Deals];
/// Where there are items.
const ITEMS: &[View] = &[View::Board, View::Activities, View::Leads, View::Deals, View::People, View::Orgs];
const OTHERS: &[View] = &[View::Activities, View::People, View::Orgs];
const DEALS_AND_LEADS: &[View] = &[View::Board, View::Deals, View::Leads];

/// Where items have labels.
const LABELLED: &[View] = &[View::Board, View::Leads, View::Deals, View::People, View::Orgs];

/// All actions.
pub const ACTIONS: &[Described] = &[
    row(Action::Up, &["k", "up"], "Up", ANY, Group::Move),
    row(Action::Down, &["j", "down"], "Down", ANY, Group::Move),
    row(Action::Left, &["h", "left"], "Column or day to the left", BOARD_AND_ACTIVITIES, Group::Move),
    row(Action::Right, &["l", "right"], "Column or day to the right", BOARD_AND_ACTIVITIES, Group::Move),
    row(Action::Top, &["g", "home"], "Top", ANY, Group::Move),
    row(Action::Bottom, &["G", "end"], "Bottom", ANY, Group::Move),
    row(Action::PageUp, &["ctrl-b", "pgup"], "A page up", ANY, Group::Move),
    row(Action::PageDown, &["ctrl-f", "pgdn"], "A page down", ANY, Group::Move),
    row(Action::FirstColumn, &["0"], "First column", BOARD, Group::Move),
    row(Action::LastColumn, &["$"], "Last column", BOARD, Group::Move),
    row(Action::ShowBoard, &["1"], "Board", ANY, Group::View),
    row(Action::ShowActivities, &["2"], "Activities", ANY, Group::View),
    row(Action::ShowLeads, &["3"], "Leads", ANY, Group::View),
    row(Action::ShowDeals, &["4"], "Deals as a list", ANY, Group::View),
    row(Action::ShowPeople, &["5"], "People", ANY, Group::View),
    row(Action::ShowOrgs, &["6"], "Organizations", ANY, Group::View),
    row(Action::ShowUsers, &["7"], "Users", ANY, Group::View),
    row(Action::NextView, &["tab"], "Next view", ANY, Group::View),
    row(Action::Detail, &["enter"], "Details, open or close", ANY, Group::View),
    row(Action::DetailDown, &["J", "shift-down"], "Scroll the details down", ANY, Group::View),
    row(Action::DetailUp, &["K", "shift-up"], "Scroll the details up", ANY, Group::View),
    row(Action::GoLinked, &["f"], "Go to something linked…", ANY, Group::View),
    row(Action::GoBack, &["backspace", "ctrl-o"], "Go back to where one was", ANY, Group::View),
    row(Action::Back, &["esc"], "Clear the marks, or close what is open", ANY, Group::View),
    row(Action::Filter, &["/"], "Filter", ANY, Group::View),
    row(Action::FilterFields, &["F"], "Filter by owner, label, value…", ANY, Group::View),
    row(Action::FilterNames, &["Q"], "Filters by name, yours and Pipedrive's…", ANY, Group::View),
    row(Action::Mine, &["M"], "Mine or everyone's", ANY, Group::View),
    row(Action::Sort, &["S"], "Sort by…", SORTED, Group::View),
    row(Action::Columns, &["C"], "Columns…", TABLES, Group::View),
    row(Action::Mark, &["space"], "Mark, or take the mark away", ANY, Group::Marks),
    row(Action::MarkRange, &["V"], "Mark from the last mark to here", ANY, Group::Marks),
    row(Action::MarkAll, &["A"], "Mark all of the column or list", ANY, Group::Marks),
    row(Action::NextPipeline, &["]"], "Next pipeline", BOARD, Group::View),
    row(Action::PreviousPipeline, &["["], "Previous pipeline", BOARD, Group::View),
    row(Action::PickPipeline, &["p"], "Choose a pipeline", BOARD, Group::View),
    row(Action::Status, &["t"], "Open, won or lost deals", DEALS, Group::View),
    row(Action::MoveLeft, &["H", "shift-left"], "Move the deal one stage back", DEALS, Group::Deals),
    row(Action::MoveRight, &["L", "shift-right"], "Move the deal one stage on", DEALS, Group::Deals),
    row(Action::PickStage, &["m"], "Move the deal to a stage…", DEALS, Group::Deals),
    row(Action::Win, &["w"], "Won", DEALS, Group::Deals),
    row(Action::Lose, &["x"], "Lost…", DEALS, Group::Deals),
    row(Action::Reopen, &["o"], "Reopen", DEALS, Group::Deals),
    row(Action::Rename, &["e"], "Change the title…", DEALS_AND_LEADS, Group::Deals),
    row(Action::Value, &["v"], "Change the value…", DEALS_AND_LEADS, Group::Deals),
    row(Action::Probability, &["%"], "Change the probability…", DEALS, Group::Deals),
    row(Action::ExpectedClose, &["d"], "Change the expected closing date…", DEALS_AND_LEADS, Group::Deals),
    row(Action::BackToLead, &["c"], "Back to a lead…", DEALS, Group::Deals),
    row(Action::Done, &["x", "d"], "Done, or to be done again", ACTIVITIES, Group::Activities),
    row(Action::Reschedule, &["s"], "Put off to a day…", ACTIVITIES, Group::Activities),
    row(Action::Tomorrow, &["+"], "Put off by a day", ACTIVITIES, Group::Activities),
    row(Action::Calendar, &["v"], "List, week or day", ACTIVITIES, Group::Activities),
    row(Action::NextWeek, &["]"], "Next week", ACTIVITIES, Group::Activities),
    row(Action::PreviousWeek, &["["], "Previous week", ACTIVITIES, Group::Activities),
    row(Action::Today, &["t"], "Today", ACTIVITIES, Group::Activities),
    row(Action::Convert, &["c"], "Convert to a deal…", LEADS, Group::Leads),
    row(Action::Shelf, &["t"], "Inbox or archive", LEADS, Group::Leads),
    row(Action::Archive, &["a"], "Archive, or take out of it", LEADS, Group::Leads),
    row(Action::Seen, &["s"], "Seen, or unseen again", LEADS, Group::Leads),
    row(Action::Search, &["&"], "Search Pipedrive for…", ANY, Group::General),
    row(Action::NewNote, &["i"], "Write a note…", ANY, Group::General),
    row(Action::Notes, &["I"], "Notes: change or delete…", ANY, Group::General),
    row(Action::Owner, &["O"], "Change the owner…", ITEMS, Group::General),
    row(Action::Labels, &["b"], "Put labels on, or take them away…", LABELLED, Group::General),
    row(Action::Bulk, &["B"], "How what was done to many fares; stop it…", ANY, Group::General),
    row(Action::New, &["n"], "New, of the kind that is shown…", ITEMS, Group::General),
    row(Action::NewActivity, &["N"], "New activity for what is selected…", ITEMS, Group::General),
    row(Action::EditAll, &["E"], "Edit all fields…", DEALS_AND_LEADS, Group::General),
    row(Action::EditAll, &["e", "E"], "Edit all fields…", OTHERS, Group::General),
    row(Action::Undo, &["u"], "Undo", ANY, Group::General),
    row(Action::Redo, &["ctrl-r", "U"], "Redo", ANY, Group::General),
    row(Action::Delete, &["X"], "Delete…", ANY, Group::General),
    row(Action::Copy, &["y"], "Copy…", ANY, Group::General),
    row(Action::Attention, &["!"], "Edits that need attention…", ANY, Group::General),
    row(Action::History, &["Y"], "What was edited from here…", ANY, Group::General),
    row(Action::Lately, &["W"], "What others have changed lately…", ANY, Group::General),
    row(Action::Token, &["T"], "Enter a new API token…", ANY, Group::General),
    row(Action::Refresh, &["r"], "Look for news now", ANY, Group::General),
    row(Action::Reload, &["R", "f5"], "Read everything again", ANY, Group::General),
    row(Action::Diagnostics, &["D"], "Diagnostics", ANY, Group::General),
    row(Action::Palette, &[":", "ctrl-p"], "Command by name…", ANY, Group::General),
    row(Action::Help, &["?", "f1"], "Help", ANY, Group::General),
    row(Action::Suspend, &["ctrl-z"], "Suspend", ANY, Group::General),
    row(Action::Quit, &["q", "ctrl-c"], "Quit", ANY, Group::General),
];

impl Described {
    /// Whether it works in a view.
    pub fn works_in(&self, view: View) -> bool {
        self.views.is_empty() || self.views.contains(&view)
    }
}

/// An action's row in the table.
pub fn describe(action: Action) -> Option<&'static Described> {
    ACTIONS.iter().find(|described| described.action == action)
}

/// The action of a key in a view.
pub fn action_for(key: KeyEvent, view: View) -> Option<Action> {
    let name = key_name(key)?;
    let found = ACTIONS.iter().find(|described| described.works_in(view) && described.keys.contains(&name.as_str()));
    found.map(|described| described.action)
}

/// A key as people write it, such as `H`, `ctrl-r` or `pgup`; `None` for keys that no action uses.
fn key_name(key: KeyEvent) -> Option<String> {
    let name = match key.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Up => "up".to_owned(),
        KeyCode::Down => "down".to_owned(),
        KeyCode::Left => "left".to_owned(),
        KeyCode::Right => "right".to_owned(),
        KeyCode::Home => "home".to_owned(),
        KeyCode::End => "end".to_owned(),
        KeyCode::PageUp => "pgup".to_owned(),
        KeyCode::PageDown => "pgdn".to_owned(),
        KeyCode::Tab => "tab".to_owned(),
        KeyCode::Enter => "enter".to_owned(),
        KeyCode::Esc => "esc".to_owned(),
        KeyCode::Backspace => "backspace".to_owned(),
        KeyCode::F(n) => format!("f{n}"),
        _ => return None,
    };
    let with = key.modifiers;
    if with.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
        return None;
    }
    let control = if with.contains(KeyModifiers::CONTROL) { "ctrl-" } else { "" };
    // A shifted letter is another letter already.
    let shifted = with.contains(KeyModifiers::SHIFT) && !matches!(key.code, KeyCode::Char(_));
    let shift = if shifted { "shift-" } else { "" };
    Some(format!("{control}{shift}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_view() {
        for view in View::ALL {
            let mut seen = std::collections::HashMap::new();
            for described in ACTIONS.iter().filter(|described| described.works_in(view)) {
                for key in described.keys {
                    assert_eq!(seen.insert(key, described.action), None, "{key} in {view:?}");
                }
            }
        }
    }

    #[test]
    fn keys_with_modifiers_are_told_apart() {
        let key = |code, with| action_for(KeyEvent::new(code, with), View::Board);
        assert_eq!(key(KeyCode::Char('H'), KeyModifiers::SHIFT), Some(Action::MoveLeft));
        assert_eq!(key(KeyCode::Left, KeyModifiers::SHIFT), Some(Action::MoveLeft));
        assert_eq!(key(KeyCode::Left, KeyModifiers::NONE), Some(Action::Left));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::ALT), None);
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), Some(Action::BackToLead));
    }
}
