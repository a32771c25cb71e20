//! Converts termina's events to crossterm's, which `app` handles.

use crossterm::event as to;
use termina::event as from;

/// Returns the same event; `None` for answers to queries, which dealdeck does not send.
pub(super) fn event(event: termina::Event) -> Option<to::Event> {
    Some(match event {
        termina::Event::Key(key) => to::Event::Key(self::key(key)?),
        termina::Event::Mouse(mouse) => to::Event::Mouse(to::MouseEvent {
            kind: mouse_kind(mouse.kind),
            column: mouse.column,
            row: mouse.row,
            modifiers: modifiers(mouse.modifiers),
        }),
        termina::Event::FocusIn => to::Event::FocusGained,
        termina::Event::FocusOut => to::Event::FocusLost,
        termina::Event::Paste(text) => to::Event::Paste(text),
        termina::Event::WindowResized(_) | termina::Event::Csi(_) | termina::Event::Osc(_) | termina::Event::Dcs(_) => {
            return None;
        }
    })
}

fn key(key: from::KeyEvent) -> Option<to::KeyEvent> {
    let kind = match key.kind {
        from::KeyEventKind::Press => to::KeyEventKind::Press,
        from::KeyEventKind::Repeat => to::KeyEventKind::Repeat,
        from::KeyEventKind::Release => to::KeyEventKind::Release,
    };
    let mut state = to::KeyEventState::NONE;
    for (is, becomes) in [
        (from::KeyEventState::KEYPAD, to::KeyEventState::KEYPAD),
        (from::KeyEventState::CAPS_LOCK, to::KeyEventState::CAPS_LOCK),
        (from::KeyEventState::NUM_LOCK, to::KeyEventState::NUM_LOCK),
    ] {
        state.set(becomes, key.state.contains(is));
    }
    Some(to::KeyEvent::new_with_kind_and_state(code(key.code)?, modifiers(key.modifiers), kind, state))
}

/// Returns `None` for modifier and media keys.
fn code(code: from::KeyCode) -> Option<to::KeyCode> {
    use from::KeyCode as From;
    use to::KeyCode as To;
    Some(match code {
        From::Char(c) => To::Char(c),
        From::Enter => To::Enter,
        From::Backspace => To::Backspace,
        From::Tab => To::Tab,
        From::Escape => To::Esc,
        From::Left => To::Left,
        From::Right => To::Right,
        From::Up => To::Up,
        From::Down => To::Down,
        From::Home => To::Home,
        From::End => To::End,
        From::BackTab => To::BackTab,
        From::PageUp => To::PageUp,
        From::PageDown => To::PageDown,
        From::Insert => To::Insert,
        From::Delete => To::Delete,
        From::KeypadBegin => To::KeypadBegin,
        From::Function(number) => To::F(number),
        From::CapsLock => To::CapsLock,
        From::ScrollLock => To::ScrollLock,
        From::NumLock => To::NumLock,
        From::PrintScreen => To::PrintScreen,
        From::Pause => To::Pause,
        From::Menu => To::Menu,
        From::Null => To::Null,
        From::Modifier(_) | From::Media(_) => return None,
    })
}

fn modifiers(modifiers: from::Modifiers) -> to::KeyModifiers {
    let mut all = to::KeyModifiers::NONE;
    for (is, becomes) in [
        (from::Modifiers::SHIFT, to::KeyModifiers::SHIFT),
        (from::Modifiers::ALT, to::KeyModifiers::ALT),
        (from::Modifiers::CONTROL, to::KeyModifiers::CONTROL),
        (from::Modifiers::SUPER, to::KeyModifiers::SUPER),
        (from::Modifiers::HYPER, to::KeyModifiers::HYPER),
        (from::Modifiers::META, to::KeyModifiers::META),
    ] {
        all.set(becomes, modifiers.contains(is));
    }
    all
}

fn mouse_kind(kind: from::MouseEventKind) -> to::MouseEventKind {
    use from::MouseEventKind as From;
    use to::MouseEventKind as To;
    match kind {
        From::Down(button) => To::Down(self::button(button)),
        From::Up(button) => To::Up(self::button(button)),
        From::Drag(button) => To::Drag(self::button(button)),
        From::Moved => To::Moved,
        From::ScrollDown => To::ScrollDown,
        From::ScrollUp => To::ScrollUp,
        From::ScrollLeft => To::ScrollLeft,
        From::ScrollRight => To::ScrollRight,
    }
}

fn button(button: from::MouseButton) -> to::MouseButton {
    match button {
        from::MouseButton::Left => to::MouseButton::Left,
        from::MouseButton::Right => to::MouseButton::Right,
        from::MouseButton::Middle => to::MouseButton::Middle,
    }
}
