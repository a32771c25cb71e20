//! The code blocks and links of a Markdown file.

/// The manner in which a block of commands is tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    Shell,
    Screen,
    Server,
    Skip,
}

/// A fenced code block.
#[derive(Debug)]
pub struct Block {
    /// `README.md:12`, for messages.
    pub place: String,
    pub language: String,
    pub text: String,
    pub check: Check,
}

impl Block {
    /// Returns the lines that are commands.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    }
}

pub fn blocks(file: &str, text: &str) -> Vec<Block> {
    let (mut blocks, mut open, mut check) = (Vec::<Block>::new(), false, Check::Shell);
    for (index, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", index + 1);
        if let Some(language) = line.strip_prefix("```") {
            if !open {
                let check = std::mem::replace(&mut check, Check::Shell);
                blocks.push(Block { place, language: language.to_owned(), text: String::new(), check });
            }
            open = !open;
        } else if open {
            let block = blocks.last_mut().unwrap();
            block.text.push_str(line);
            block.text.push('\n');
        } else if let Some(manner) = line.strip_prefix("<!-- test: ").and_then(|line| line.strip_suffix(" -->")) {
            check = read_check(&place, manner);
        }
    }
    assert!(!open, "{file} ends inside a block");
    blocks
}

fn read_check(place: &str, manner: &str) -> Check {
    match manner {
        "screen" => Check::Screen,
        "server" => Check::Server,
        _ if manner.strip_prefix("skip, ").is_some_and(|reason| reason.len() > 5) => Check::Skip,
        _ => panic!("{place}: write 'screen', 'server' or 'skip, REASON', not '{manner}'"),
    }
}

/// Returns the targets of `[text](target)` and `![text](target)`.
pub fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(ToOwned::to_owned).collect()
}
