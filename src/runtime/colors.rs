//! The capabilities of the terminal, from the environment.

use crate::ui::ColorSupport;

/// Returns the color support, from `NO_COLOR` (no-color.org), `COLORTERM` and `TERM`.
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

/// Returns `true` if the terminal supports operating system commands (OSC), or at least ignores unknown ones. The
/// consoles of Linux and BSD show them as text.
pub fn supports_osc(variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    !(matches!(term.as_str(), "" | "dumb" | "linux" | "sun" | "cons25") || term.starts_with("vt"))
}

/// The features of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An alternate screen, the mouse, bracketed paste, synchronized updates.
    Full,
    /// None of these: a DEC terminal, or one that claims to be.
    Plain,
}

/// Returns the kind of the terminal, from `TERM`.
pub fn kind(variable: impl Fn(&str) -> Option<String>) -> Kind {
    let term = variable("TERM").unwrap_or_default();
    let is_dec = term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_dec { Kind::Plain } else { Kind::Full }
}

/// The characters that the terminal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charset {
    /// All that its font has.
    Utf8,
    /// ASCII only; with the variable that says so, such as `LC_ALL=C`.
    Ascii(String),
}

/// Returns the characters of the locale, as POSIX reads it: from the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is
/// not empty. If none is set, as in most containers, the terminal most likely supports UTF-8, unless it is a DEC terminal.
pub fn charset(variable: impl Fn(&str) -> Option<String>) -> Charset {
    let of = |name| variable(name).filter(|value| !value.is_empty());
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, of(name)?)));
    let Some((name, locale)) = set else {
        let term = of("TERM").unwrap_or_default();
        return if kind(variable) == Kind::Plain { Charset::Ascii(format!("TERM={term}")) } else { Charset::Utf8 };
    };
    let folded = locale.to_ascii_lowercase();
    // On macOS the locale may be `UTF-8` alone.
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
    fn charset_follows_the_locale() {
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
    fn color_support_follows_the_environment() {
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
