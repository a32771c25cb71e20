//! Notes are HTML in Pipedrive and plain text here: what a note says without its tags, and what is typed here as HTML
//! that says just that.

/// Returns the text of an HTML note: block tags end lines, list items get a bullet, links are followed by
/// where they lead, and the common entities are decoded. The result may hold any character but tags' own; it is as long
/// as the HTML at most, except for bullets and line ends.
pub fn html_to_text(html: &str) -> String {
    let mut reader = Reader { out: String::with_capacity(html.len()), link: None };
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        reader.out.push_str(before);
        rest = match from.strip_prefix('&') {
            Some(after) => {
                let (text, after) = entity(from).unwrap_or(("&".to_owned(), after));
                reader.out.push_str(&text);
                after
            }
            None => reader.tag(from),
        };
    }
    reader.out.push_str(rest);
    tidy(&reader.out)
}

/// Plain text as HTML that says the same: nothing in it is a tag, and lines end where they do.
pub fn text_to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    let text = text.replace("\r\n", "\n");
    for c in text.trim_end().chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            '\t' => html.push(' '),
            c if c.is_control() => {}
            c => html.push(c),
        }
    }
    html
}

/// Returns `true` if a note has formatting that plain text loses, such as bold words, tables or pictures.
pub fn is_formatted(html: &str) -> bool {
    const PLAIN: [&str; 3] = ["br", "p", "div"];
    let mut rest = html;
    while let Some((_, from)) = rest.split_once('<') {
        let name = tag_name(from);
        if !name.is_empty() && !PLAIN.contains(&name.as_str()) {
            return true;
        }
        rest = from;
    }
    false
}

struct Reader {
    out: String,
    /// The target of the link that is being read, and the offset of its text.
    link: Option<(String, usize)>,
}

impl Reader {
    /// Reads past a tag, ending the line where it is one of a block.
    fn tag<'a>(&mut self, from: &'a str) -> &'a str {
        let inside = from.strip_prefix('<').unwrap_or(from);
        let is_tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let Some((tag, after)) = inside.split_once('>').filter(|_| is_tag) else {
            self.out.push('<');
            return inside;
        };
        let closes = tag.starts_with('/');
        match tag_name(inside).as_str() {
            "br" | "p" | "div" | "ul" | "ol" | "tr" | "h1" | "h2" | "h3" | "h4" | "blockquote" => self.out.push('\n'),
            "li" if !closes => self.out.push_str("\n• "),
            "a" if closes => self.leave_link(),
            "a" => self.link = attribute(tag, "href").map(|to| (to, self.out.len())),
            // What a browser would run or style by is nothing to read.
            name @ ("script" | "style") if !closes => return past_end_of(after, name),
            _ => {}
        }
        after
    }

    /// Says where a link leads, where its text does not say so.
    fn leave_link(&mut self) {
        let Some((to, begin)) = self.link.take() else { return };
        let shown = self.out.get(begin..).unwrap_or_default().trim().to_owned();
        let address = to.strip_prefix("mailto:").unwrap_or(&to);
        if !address.is_empty() && !shown.is_empty() && !shown.contains(address) && !address.contains(&shown) {
            for part in [" (", address, ")"] {
                self.out.push_str(part);
            }
        }
    }
}

/// The name of the tag whose inside begins here, in small letters.
fn tag_name(inside: &str) -> String {
    let name = inside.strip_prefix('/').unwrap_or(inside);
    name.chars().take_while(char::is_ascii_alphanumeric).take(16).collect::<String>().to_ascii_lowercase()
}

/// The value of a tag's attribute, if it has one in quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!("{name}="))?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, _) = value.get(1..)?.split_once(quote)?;
    Some(value.replace("&amp;", "&"))
}

/// Returns the text after the closing tag of this name; nothing if it never closes.
fn past_end_of<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, from)) = rest.split_once("</") {
        if tag_name(from) == name {
            return from.split_once('>').map_or("", |(_, after)| after);
        }
        rest = from;
    }
    ""
}

/// Decodes the entity at the beginning: its text and what is after it. A space that does not break becomes a plain one.
fn entity(from: &str) -> Option<(String, &str)> {
    /// The length of `&CounterClockwiseContourIntegral;`, the longest of HTML.
    const LONGEST: usize = 33;
    let end = from.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let (entity, rest) = from.split_at_checked(end + 1)?;
    // The functions that return text use `unsafe`; this one does not.
    let mut decoded = Vec::new();
    html_escape::decode_html_entities_to_vec(entity, &mut decoded);
    let text = String::from_utf8(decoded).ok().filter(|text| text != entity)?;
    Some((text.replace('\u{a0}', " "), rest))
}

/// Trims the lines, and leaves no more than one empty line between others.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            gap = !out.is_empty();
            continue;
        }
        if !out.is_empty() {
            out.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_html_causes_a_panic(text in any::<String>(), html in "[<>/&;#\"'=xa-p0-9 \n]{0,80}") {
            for html in [&text, &html] {
                let plain = html_to_text(html);
                // Each tag, entity or character becomes a line end with a mark, a character, or itself.
                prop_assert!(plain.len() <= html.len() * 4);
                is_formatted(html);
            }
        }

        #[test]
        fn typed_text_survives_the_round_trip(text in "[ -~äöü€日本<>&\n]{0,80}") {
            let html = text_to_html(&text);
            prop_assert!(!is_formatted(&html));
            prop_assert_eq!(html_to_text(&html), tidy(&text));
        }
    }

    #[test]
    fn notes_lose_their_tags() {
        let note = "<p>Ask &amp; <b>listen</b></p><ul><li>price &lt; 5</li><li>it&#39;s&nbsp;fine</li></ul>1 < 2 & 3";
        assert_eq!(html_to_text(note), "Ask & listen\n\n• price < 5\n• it's fine\n1 < 2 & 3");
        assert_eq!(html_to_text("a<script>if (1 > 0) {}</script >b<STYLE>p {}"), "ab");
        assert!(is_formatted(note) && !is_formatted("<p>a<br/>b</p> 1 < 2"));
    }

    #[test]
    fn every_entity_of_html_is_decoded() {
        assert_eq!(html_to_text("M&auml;rz &copy; &#8364;5 &#x20AC;6 &frac12;"), "März © €5 €6 ½");
        assert_eq!(html_to_text("a &nonsense; b & c; &#xD800; &amp"), "a &nonsense; b & c; &#xD800; &amp");
    }

    #[test]
    fn links_say_where_they_lead() {
        let link = |to: &str, text: &str| html_to_text(&format!("see <a class=\"x\" href=\"{to}\">{text}</a>!"));
        assert_eq!(link("https://example.com/a?b=1&amp;c=2", "here"), "see here (https://example.com/a?b=1&c=2)!");
        assert_eq!(link("https://example.com", "https://example.com"), "see https://example.com!");
        assert_eq!(link("mailto:a@example.com", "a@example.com"), "see a@example.com!");
    }
}
