//! The clipboard of the user's terminal, locally or over SSH (OSC 52, from xterm's control sequences).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Returns the sequence that copies a text to the terminal's clipboard. Base64 prevents that the terminal takes any part
/// of the text for a command.
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
