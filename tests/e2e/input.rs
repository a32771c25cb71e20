//! Truncated, late or hostile input to the real program: the keyboard continues to work.

use super::open;
use super::support::practice::Practice;
use super::support::terminal::Terminal;

/// Waits until a key has been handled: the help opens.
fn help(terminal: &mut Terminal) {
    terminal.keys("?");
    terminal.wait_for("Column or day to the left");
}

#[test]
fn a_truncated_sequence_leaves_the_keyboard_working() {
    let practice = Practice::start();
    for cut in ["\x1b[?", "\x1b[<", "\x1b[<0;1", "\x1b[?62;", "\x1b]11;rgb:\x07", "\x1b[M "] {
        let mut terminal = open(&practice, 100, 40);
        terminal.keys(cut);
        // The parser has given up waiting by then; the next key arrives in another read.
        std::thread::sleep(std::time::Duration::from_millis(100));
        help(&mut terminal);
        terminal.keys("\x1b");
        terminal.wait_gone("Column or day to the left");
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0, "{cut:?}");
        terminal.assert_restored();
    }
}

#[test]
fn ctrl_c_ends_a_truncated_sequence_at_once() {
    let practice = Practice::start();
    for cut in ["\x1b[?", "\x1b[<", "\x1b", "\x1b[1;"] {
        let mut terminal = open(&practice, 100, 40);
        terminal.keys(&format!("{cut}\x03"));
        assert_eq!(terminal.exit_code(), 0, "{cut:?}");
    }
}

#[test]
fn keys_mouse_and_pastes_reach_the_dashboard() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    // The mouse on a tab, arrows and function keys of several kinds of terminals.
    terminal.keys("\x1b[<0;20;1M\x1b[<0;20;1m");
    terminal.wait_for("Overdue");
    terminal.keys("1\x1b[B\x1bOB\x1b[1;2C");
    for keys in ["\x1bOP", "\x1b[11~", "\x1b[[A"] {
        terminal.keys(keys);
        terminal.wait_for("Column or day to the left");
        terminal.keys("\x1b");
        terminal.wait_gone("Column or day to the left");
    }
    terminal.keys("/\x1b[200~Größe\r見積\x1b[201~");
    terminal.wait_for("Größe 見積");
    terminal.keys("\x1b");
    terminal.wait_gone("Größe");
    terminal.resize(90, 30);
    help(&mut terminal);
    terminal.keys("\x1b");
    terminal.wait_gone("Column or day to the left");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}
