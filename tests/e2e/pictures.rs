//! Takes the pictures of the README from the real program on the practice workspace:
//!
//!     cargo test --test e2e pictures -- --ignored

use std::path::Path;

use super::support::svg::svg;
use super::support::terminal::Terminal;

fn save(terminal: &Terminal, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.svg")), svg(&terminal.screen())).unwrap();
}

#[test]
#[ignore = "writes assets/pictures; run it by name when the screen has changed"]
fn readme_pictures() {
    let mut terminal = Terminal::open(&["demo"], &[], 160, 44);
    super::wait_until_read(&terminal);
    save(&terminal, "board");
    terminal.keys("lj\r");
    terminal.wait_for("Stage  ");
    save(&terminal, "detail");
    terminal.keys("\r2");
    terminal.wait_for("Overdue");
    save(&terminal, "activities");
    terminal.keys("v");
    terminal.wait_for("today");
    save(&terminal, "week");
    terminal.keys("vv");
    terminal.keys("3");
    terminal.wait_for("Source");
    save(&terminal, "leads");
    terminal.keys("5\r");
    terminal.wait_for("History");
    save(&terminal, "people");
    terminal.keys("\r1");
    terminal.wait_for("weighted");
    terminal.keys("jE");
    terminal.wait_for("Edit the deal");
    save(&terminal, "form");
    terminal.keys("\x1b");
    terminal.wait_until("the form to close", |screen| !screen.contents().contains("Edit the deal"));
    terminal.keys("?");
    terminal.wait_for("Moving");
    save(&terminal, "help");
    terminal.keys("?q");
    assert_eq!(terminal.exit_code(), 0);
}
