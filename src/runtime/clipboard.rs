//! The clipboard of the terminal that the person sits at, be it far away: the terminal itself is asked (OSC 52, from
//! xterm's control sequences).

/// What has a terminal put a text onto its clipboard. Base64 lets nothing of the text be taken for a command.
pub fn copy(text: &str) -> Vec<u8> {
    [b"\x1b]52;c;", base64(text.as_bytes()).as_bytes(), b"\x1b\\"].concat()
}

/// Bytes as base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |group: u32, nth: u32| {
        DIGITS.get((group >> (18 - 6 * nth) & 63) as usize).map_or('=', |digit| char::from(*digit))
    };
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| group << 8 | u32::from(chunk.get(at).copied().unwrap_or_default()));
        let used = u32::try_from(chunk.len()).unwrap_or(3) + 1;
        out.extend((0..4).map(|nth| if nth < used { digit(group, nth) } else { '=' }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, encoded) in examples {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn no_byte_of_a_text_commands_the_terminal() {
        let bytes = copy("\u{1b}]52;c;\u{7}\u{1b}\\\u{9c}x");
        let inside = &bytes[b"\x1b]52;c;".len()..bytes.len() - 2];
        assert!(inside.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)));
    }
}
