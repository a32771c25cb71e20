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
pub fn supports_osc(variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    !(matches!(term.as_str(), "" | "dumb" | "linux" | "sun" | "cons25") || term.starts_with("vt"))
}

/// How much of today's terminals there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Another screen, the mouse, pastes, frames that show at once.
    Full,
    /// A DEC terminal, or what says that it is one: nothing of that.
    Plain,
}

/// Reads `TERM` by way of `variable`.
pub fn kind(variable: impl Fn(&str) -> Option<String>) -> Kind {
    let term = variable("TERM").unwrap_or_default();
    let is_dec = term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_dec { Kind::Plain } else { Kind::Full }
}

/// Which characters the terminal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charset {
    /// All, as far as its font goes.
    Utf8,
    /// Only those of ASCII; what says so, such as `LC_ALL=C`.
    Ascii(String),
}

/// Reads the locale as POSIX does: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty counts. Where none is
/// set, as in most containers, the terminal on the other side takes UTF-8 in all likelihood, unless it is a DEC terminal.
pub fn charset(variable: impl Fn(&str) -> Option<String>) -> Charset {
    let of = |name| variable(name).filter(|value| !value.is_empty());
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, of(name)?)));
    let Some((name, locale)) = set else {
        let term = of("TERM").unwrap_or_default();
        return if kind(variable) == Kind::Plain { Charset::Ascii(format!("TERM={term}")) } else { Charset::Utf8 };
    };
    let folded = locale.to_ascii_lowercase();
    // macOS has a locale of this name alone.
    if folded.contains("utf-8") || folded.contains("utf8") {
        Charset::Utf8
    } else {
        Charset::Ascii(format!("{name}={locale}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_names_the_characters() {
        let of = |pairs: &[(&str, &str)]| {
            charset(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        for utf8 in [
            &[("TERM", "xterm-256color")][..],
            &[("LANG", "")],
            &[("LANG", "C.UTF-8")],
            &[("LANG", "de_DE.utf8")],
            &[("LC_CTYPE", "UTF-8")],
            &[("LC_ALL", "en_US.UTF-8"), ("LANG", "C")],
            &[("LC_ALL", ""), ("LC_CTYPE", "en_US.UTF-8"), ("LANG", "C")],
            &[("TERM", "vt220"), ("LANG", "en_US.UTF-8")],
        ] {
            assert_eq!(of(utf8), Charset::Utf8, "{utf8:?}");
        }
        for (other, because) in [
            (&[("LC_ALL", "C")][..], "LC_ALL=C"),
            (&[("LANG", "POSIX")], "LANG=POSIX"),
            (&[("LC_CTYPE", "de_DE.ISO-8859-1"), ("LANG", "de_DE.UTF-8")], "LC_CTYPE=de_DE.ISO-8859-1"),
            (&[("LANG", "de_DE@euro")], "LANG=de_DE@euro"),
            (&[("TERM", "vt100")], "TERM=vt100"),
        ] {
            assert_eq!(of(other), Charset::Ascii(because.to_owned()), "{other:?}");
        }
    }

    #[test]
    fn only_dec_terminals_are_plain() {
        for (term, is) in [("vt100", Kind::Plain), ("vt220", Kind::Plain), ("vte-256color", Kind::Full)] {
            assert_eq!(kind(|_| Some(term.to_owned())), is, "{term}");
        }
        assert_eq!(kind(|_| None), Kind::Full);
    }

    #[test]
    fn the_environment_tells_the_colours() {
        assert!(supports_osc(|_| Some("tmux-256color".to_owned())));
        assert!(!supports_osc(|_| Some("linux".to_owned())));
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
