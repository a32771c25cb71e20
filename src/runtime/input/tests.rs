//! Whatever bytes come, and however they are cut: keys work, and nothing grows.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;
use tokio::sync::mpsc;

use super::{Input, InputParser};

const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const NONE: KeyModifiers = KeyModifiers::NONE;

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn typed(c: char) -> Event {
    key(KeyCode::Char(c), if c.is_uppercase() { SHIFT } else { NONE })
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Event {
    Event::Mouse(MouseEvent { kind, column, row, modifiers: NONE })
}

fn events(parser: &mut InputParser) -> Vec<Event> {
    std::iter::from_fn(|| parser.pop()).collect()
}

fn read(bytes: &[u8]) -> Vec<Event> {
    let mut parser = InputParser::default();
    parser.feed(bytes);
    parser.expire();
    events(&mut parser)
}

/// Whether it is an escape and a key: one key if they come at once.
fn is_alt(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1b, second, ..] if !b"[O".contains(second))
}

/// Sequences as terminals send them, and what they mean.
fn known() -> Vec<(&'static [u8], Event)> {
    let release = KeyEvent::new_with_kind(KeyCode::Char('a'), CTRL, KeyEventKind::Release);
    let keypad = KeyEventState::KEYPAD;
    let keypad = KeyEvent::new_with_kind_and_state(KeyCode::Char('5'), NONE, KeyEventKind::Press, keypad);
    vec![
        (b"q", typed('q')),
        (b"Q", typed('Q')),
        ("é".as_bytes(), typed('é')),
        ("見".as_bytes(), typed('見')),
        ("🚀".as_bytes(), typed('🚀')),
        (b"\r", key(KeyCode::Enter, NONE)),
        (b"\t", key(KeyCode::Tab, NONE)),
        (b"\x7f", key(KeyCode::Backspace, NONE)),
        (b"\x03", key(KeyCode::Char('c'), CTRL)),
        (b"\0", key(KeyCode::Char(' '), CTRL)),
        (b"\x1bx", key(KeyCode::Char('x'), ALT)),
        ("\x1bé".as_bytes(), key(KeyCode::Char('é'), ALT)),
        (b"\x1b\x7f", key(KeyCode::Backspace, ALT)),
        (b"\x1b[A", key(KeyCode::Up, NONE)),
        (b"\x1bOB", key(KeyCode::Down, NONE)),
        (b"\x1b[1;2D", key(KeyCode::Left, SHIFT)),
        (b"\x1b[1;5C", key(KeyCode::Right, CTRL)),
        (b"\x1b[H", key(KeyCode::Home, NONE)),
        (b"\x1b[4~", key(KeyCode::End, NONE)),
        (b"\x1b[5~", key(KeyCode::PageUp, NONE)),
        (b"\x1b[6;3~", key(KeyCode::PageDown, ALT)),
        (b"\x1b[3~", key(KeyCode::Delete, NONE)),
        (b"\x1b[2~", key(KeyCode::Insert, NONE)),
        (b"\x1b[Z", key(KeyCode::BackTab, SHIFT)),
        (b"\x1bOP", key(KeyCode::F(1), NONE)),
        (b"\x1b[11~", key(KeyCode::F(1), NONE)),
        (b"\x1b[[A", key(KeyCode::F(1), NONE)),
        (b"\x1b[15~", key(KeyCode::F(5), NONE)),
        (b"\x1b[24;2~", key(KeyCode::F(12), SHIFT)),
        (b"\x1b[97;5u", key(KeyCode::Char('a'), CTRL)),
        (b"\x1b[97;5:3u", Event::Key(release)),
        (b"\x1b[57404u", Event::Key(keypad)),
        (b"\x1b[27u", key(KeyCode::Esc, NONE)),
        (b"\x1b[I", Event::FocusGained),
        (b"\x1b[O", Event::FocusLost),
        (b"\x1b[<0;12;7M", mouse(MouseEventKind::Down(MouseButton::Left), 11, 6)),
        (b"\x1b[<0;12;7m", mouse(MouseEventKind::Up(MouseButton::Left), 11, 6)),
        (b"\x1b[<32;300;100M", mouse(MouseEventKind::Drag(MouseButton::Left), 299, 99)),
        (b"\x1b[<64;1;1M", mouse(MouseEventKind::ScrollUp, 0, 0)),
        (b"\x1b[32;12;7M", mouse(MouseEventKind::Down(MouseButton::Left), 11, 6)),
        (b"\x1b[M !\xff", mouse(MouseEventKind::Down(MouseButton::Left), 0, 222)),
        (b"\x1b[200~two\rlines \x1b[A\x1b[201~", Event::Paste("two\rlines \x1b[A".into())),
        ("\x1b[200~\x1b[201é\x1b\x1b[201~".as_bytes(), Event::Paste("\x1b[201é\x1b".into())),
    ]
}

#[test]
fn keys_mouse_focus_and_pastes_are_read() {
    for (bytes, event) in known() {
        assert_eq!(read(bytes), [event], "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(read(b"\x1b"), [key(KeyCode::Esc, NONE)]);
    assert_eq!(read(b"\x1b\x1b"), [key(KeyCode::Esc, NONE), key(KeyCode::Esc, NONE)]);
}

#[test]
fn a_sequence_may_be_cut_at_any_byte() {
    for (bytes, event) in known().into_iter().filter(|(bytes, _)| !is_alt(bytes)) {
        for cut in 0..=bytes.len() {
            let mut parser = InputParser::default();
            parser.feed(&bytes[..cut]);
            assert_eq!(parser.patience().is_some(), (1..bytes.len()).contains(&cut), "{bytes:?} at {cut}");
            parser.feed(&bytes[cut..]);
            assert_eq!(events(&mut parser), std::slice::from_ref(&event), "{bytes:?} at {cut}");
            assert_eq!(parser.patience(), None);
        }
    }
}

#[test]
fn escape_and_a_key_that_come_apart_are_two_keys() {
    let escape = key(KeyCode::Esc, NONE);
    for c in ['Q', '[', 'O', 'P', ']', '_', 'é'] {
        let mut parser = InputParser::default();
        parser.feed(b"\x1b");
        parser.feed(c.to_string().as_bytes());
        parser.expire();
        assert_eq!(events(&mut parser), [escape.clone(), typed(c)], "{c}");
    }
}

#[test]
fn a_sequence_that_is_cut_short_leaves_the_keys_after_it() {
    for (bytes, _) in known() {
        for cut in 1..bytes.len() {
            let mut parser = InputParser::default();
            parser.feed(&bytes[..cut]);
            parser.expire();
            events(&mut parser);
            assert_eq!(parser.patience(), None);
            parser.feed(b"q\x1b[A\x03");
            let keys = [typed('q'), key(KeyCode::Up, NONE), key(KeyCode::Char('c'), CTRL)];
            assert_eq!(events(&mut parser), keys, "{:?}", String::from_utf8_lossy(&bytes[..cut]));
        }
    }
}

#[test]
fn control_keys_work_within_a_sequence_that_was_cut_without_a_wait() {
    for cut in
        ["\x1b[?", "\x1b[<", "\x1b[<0;1", "\x1b[", "\x1bO", "\x1b[1;", "\x1b]11;rgb:", "\x1bP1", "\x1b[M ", "\x1b[["]
    {
        let mut parser = InputParser::default();
        parser.feed(cut.as_bytes());
        parser.feed(b"\x03");
        assert_eq!(events(&mut parser), [key(KeyCode::Char('c'), CTRL)], "{cut:?}");
        parser.feed(cut.as_bytes());
        parser.feed(b"\x1b");
        parser.expire();
        assert_eq!(events(&mut parser), [key(KeyCode::Esc, NONE)], "{cut:?}");
    }
    // A letter is a key at once where it cannot be an end.
    assert_eq!(read(b"\x1b[?q"), [typed('q')]);
    assert_eq!(read(b"\x1b[<q"), [typed('q')]);
}

#[test]
fn answers_that_nobody_asked_for_are_no_keys() {
    for answer in [
        "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
        "\x1b]52;c;cXdl\x1b\\",
        "\x1bP>|xterm(390)\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        "\x1b[?62;4c",
        "\x1b[?2026;2$y",
        "\x1b[>1;4000;0c",
        "\x1b[12;40R",
        "\x1b[?1u",
        "\x1b[8;24;80t",
    ] {
        assert_eq!(read(format!("{answer}q").as_bytes()), [typed('q')], "{answer:?}");
    }
}

#[test]
fn a_large_paste_is_whole_and_an_endless_one_is_bounded() {
    let text = "Zeile für Zeile\r".repeat(1_000_000 / 16);
    let mut parser = InputParser::default();
    let bytes = format!("\x1b[200~{text}\x1b[201~q");
    for chunk in bytes.as_bytes().chunks(4_096) {
        parser.feed(chunk);
    }
    assert_eq!(events(&mut parser), [Event::Paste(text), typed('q')]);
    parser.feed(b"\x1b[200~");
    for _ in 0..3_000 {
        parser.feed(&[b'x'; 4_096]);
    }
    parser.expire();
    let pasted = events(&mut parser);
    assert!(matches!(pasted.as_slice(), [Event::Paste(text)] if text.len() == 4 << 20));
    parser.feed(b"q");
    assert_eq!(events(&mut parser), [typed('q')]);
}

proptest! {
    /// Any bytes, cut anywhere: no panic, and once they are given up, keys work.
    #[test]
    fn after_any_bytes_keys_work(
        bytes in proptest::collection::vec(prop_oneof![
            3 => any::<u8>(),
            4 => proptest::sample::select(b"\x1b\x1b[[O?<M;~u0129P]_\\\x07mR\xc3\xe8".to_vec()),
        ], 0..200),
        cuts in proptest::collection::vec(1_usize..9, 1..40),
    ) {
        let mut parser = InputParser::default();
        let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap_or(&1)));
            parser.feed(now);
            rest = later;
        }
        prop_assert!(parser.events.len() <= bytes.len());
        parser.expire();
        events(&mut parser);
        parser.feed(b"q\x03");
        prop_assert_eq!(events(&mut parser), [typed('q'), key(KeyCode::Char('c'), CTRL)]);
    }

    /// Where the bytes are cut makes no difference.
    #[test]
    fn cuts_make_no_difference(
        picked in proptest::collection::vec(0_usize..43, 1..12),
        size in 1_usize..7,
    ) {
        let known: Vec<_> = known().into_iter().filter(|(bytes, _)| !is_alt(bytes)).collect();
        let picked: Vec<_> = picked.into_iter().map(|at| &known[at % known.len()]).collect();
        let bytes: Vec<u8> = picked.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
        let expected: Vec<Event> = picked.iter().map(|(_, event)| event.clone()).collect();
        let mut parser = InputParser::default();
        bytes.chunks(size).for_each(|chunk| parser.feed(chunk));
        prop_assert_eq!(events(&mut parser), expected);
    }
}

fn input() -> (mpsc::Sender<std::io::Result<Vec<u8>>>, Input) {
    let (sender, chunks) = mpsc::channel(8);
    (sender, Input::of(chunks))
}

async fn next(input: &mut Input) -> Event {
    input.next().await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_escape_that_nothing_follows_is_the_key_after_a_moment() {
    let (sender, mut input) = input();
    sender.send(Ok(b"\x1b".to_vec())).await.unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(next(&mut input).await, key(KeyCode::Esc, NONE));
    assert_eq!(begun.elapsed().as_millis(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_sequence_that_stays_cut_does_not_swallow_the_next_key() {
    for cut in ["\x1b[?", "\x1b[<", "\x1b[<0;12", "\x1b[", "\x1bO", "\x1b]11;", "\u{e9}"] {
        let (sender, mut input) = input();
        let cut = if cut == "\u{e9}" { &[0xc3][..] } else { cut.as_bytes() };
        sender.send(Ok(cut.to_vec())).await.unwrap();
        // It is given up without any further byte.
        assert!(tokio::time::timeout(std::time::Duration::from_millis(51), input.next()).await.is_err());
        sender.send(Ok(b"q".to_vec())).await.unwrap();
        assert_eq!(next(&mut input).await, typed('q'), "{cut:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_keep_coming_do_not_keep_a_cut_sequence_alive() {
    let (sender, mut input) = input();
    sender.send(Ok(b"\x1b]".to_vec())).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..40 {
        sender.send(Ok(b"j".to_vec())).await.unwrap();
        if let Ok(Some(Ok(event))) = tokio::time::timeout(std::time::Duration::from_millis(30), input.next()).await {
            seen.push(event);
        }
    }
    assert!(seen.len() > 20 && seen.iter().all(|event| *event == typed('j')), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_paste_that_stalls_is_not_taken_for_keys() {
    let (sender, mut input) = input();
    sender.send(Ok(b"\x1b[200~first ".to_vec())).await.unwrap();
    assert!(tokio::time::timeout(std::time::Duration::from_secs(4), input.next()).await.is_err());
    sender.send(Ok(b"second\x1b[201~".to_vec())).await.unwrap();
    assert_eq!(next(&mut input).await, Event::Paste("first second".into()));
    // One that never ends does not hold the keyboard for ever.
    sender.send(Ok(b"\x1b[200~third".to_vec())).await.unwrap();
    assert_eq!(next(&mut input).await, Event::Paste("third".into()));
    sender.send(Ok(b"q".to_vec())).await.unwrap();
    assert_eq!(next(&mut input).await, typed('q'));
}

#[tokio::test(start_paused = true)]
async fn a_closed_terminal_ends_the_input_and_an_error_is_reported() {
    let (sender, mut input) = input();
    sender.send(Err(std::io::ErrorKind::Other.into())).await.unwrap();
    assert!(input.next().await.unwrap().is_err());
    drop(sender);
    assert!(input.next().await.is_none());
}
