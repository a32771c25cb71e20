//! What the terminal can do, by what the environment says of it.

use crate::ui::ColorSupport;

/// Reads `NO_COLOR` (no-color.org), `COLORTERM` and `TERM` by way of `variable`.
pub fn color_support(variable: impl Fn(&str) -> Option<String>) -> ColorSupport {
    let of = |name| variable(name).unwrap_or_default();
    if !of("NO_COLOR").is_empty() {
        return ColorSupport::None;
    }
    let term = of("TERM");
    if matches!(of("COLORTERM").as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
        ColorSupport::TrueColor
    } else if term.contains("256color") || matches!(term.as_str(), "xterm-kitty" | "alacritty" | "foot") {
        ColorSupport::Ansi256
    } else if term.starts_with("vt") {
        ColorSupport::None
    } else {
        ColorSupport::Ansi16
    }
}

/// Whether it takes strings that are not for the screen (OSC), or at least leaves those alone that it does not know.
/// The consoles of Linux and BSD have shown them as text.
pub fn takes_strings(variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    !(matches!(term.as_str(), "" | "dumb" | "linux" | "sun" | "cons25") || term.starts_with("vt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells_the_colours() {
        assert!(takes_strings(|_| Some("tmux-256color".to_owned())));
        assert!(!takes_strings(|_| Some("linux".to_owned())));
        let with = |pairs: &[(&str, &str)]| {
            color_support(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColorSupport::TrueColor);
        assert_eq!(with(&[("TERM", "tmux-256color")]), ColorSupport::Ansi256);
        assert_eq!(with(&[("TERM", "linux")]), ColorSupport::Ansi16);
        assert_eq!(with(&[("TERM", "vt220")]), ColorSupport::None);
        assert_eq!(
            with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")]),
            ColorSupport::None
        );
    }
}
