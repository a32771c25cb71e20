//! The clipboard of the terminal that the person sits at, be it far away: the terminal itself is asked (OSC 52, from
//! xterm's control sequences).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// What has a terminal put a text onto its clipboard. Base64 lets nothing of the text be taken for a command.
pub fn copy(text: &str) -> Vec<u8> {
    [b"\x1b]52;c;", BASE64_STANDARD.encode(text).as_bytes(), b"\x1b\\"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_text_commands_the_terminal() {
        let bytes = copy("\u{1b}]52;c;\u{7}\u{1b}\\\u{9c}x");
        let inside = &bytes[b"\x1b]52;c;".len()..bytes.len() - 2];
        assert!(inside.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)));
    }
}
