//! The styles of the dashboard by what they mean. No state is told by its colour alone, so that the screen reads
//! the same without any.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::LabelColor;

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorSupport {
    /// None, or none are wanted (`NO_COLOR`).
    None,
    /// The 16 of the terminal's own palette.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// 24 bits.
    TrueColor,
}

/// The styles, by meaning.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Plain text: the terminal's own colour.
    pub text: Style,
    /// What stands out: names, titles.
    pub strong: Style,
    /// What stands back: owners, remarks.
    pub dim: Style,
    /// Rules and borders.
    pub faint: Style,
    /// What has the focus.
    pub accent: Style,
    /// The tab of the view that is shown.
    pub tab: Style,
    /// News, such as unseen leads.
    pub news: Style,
    /// Well: won, online, due today.
    pub good: Style,
    /// Soon not well: rotting, waiting.
    pub warning: Style,
    /// Not well: overdue, failed, offline.
    pub bad: Style,
    /// What is still on its way to the server.
    pub pending: Style,
    /// What is marked.
    pub marked: Style,
    /// The item with the cursor, under all other styles.
    pub selected: Style,
    /// An item that somebody else has just changed, under all other styles: at first, and before that ends.
    pub flash: [Style; 2],
    /// The column that a dragged card would drop into, under all other styles.
    pub target: Style,
    labels: [Color; 10],
}

/// The colours of a theme.
struct Palette {
    dim: Color,
    faint: Color,
    accent: Color,
    on_accent: Color,
    good: Color,
    warning: Color,
    bad: Color,
    selected: (Color, Color),
    /// Grounds; none where there is no colour on which all others can be read.
    flash: Option<[Color; 2]>,
    target: Color,
    /// In the order of [`LabelColor`].
    labels: [Color; 10],
}

impl Theme {
    /// The theme for a terminal: quiet colours for a dark background, which is left as it is.
    pub fn for_terminal(colors: ColorSupport) -> Self {
        match colors {
            ColorSupport::None => Self::without_color(),
            ColorSupport::Ansi16 => Self::of(&ANSI_16),
            ColorSupport::Ansi256 => Self::of(&ANSI_256),
            ColorSupport::TrueColor => Self::of(&TRUE_COLOR),
        }
    }

    /// The style of a label's dot.
    pub fn label(&self, color: LabelColor) -> Style {
        let [blue, brown, dark_gray, gray, green, orange, pink, purple, red, yellow] = self.labels;
        Style::new().fg(match color {
            LabelColor::Blue => blue,
            LabelColor::Brown => brown,
            LabelColor::DarkGray => dark_gray,
            LabelColor::Gray => gray,
            LabelColor::Green => green,
            LabelColor::Orange => orange,
            LabelColor::Pink => pink,
            LabelColor::Purple => purple,
            LabelColor::Red => red,
            LabelColor::Yellow => yellow,
        })
    }

    fn of(palette: &Palette) -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let (selected_text, selected_ground) = palette.selected;
        Self {
            text: plain,
            strong: bold,
            dim: plain.fg(palette.dim),
            faint: plain.fg(palette.faint),
            accent: plain.fg(palette.accent).add_modifier(Modifier::BOLD),
            tab: plain.fg(palette.on_accent).bg(palette.accent).add_modifier(Modifier::BOLD),
            news: plain.fg(palette.warning).add_modifier(Modifier::BOLD),
            good: plain.fg(palette.good),
            warning: plain.fg(palette.warning),
            bad: plain.fg(palette.bad),
            pending: plain.fg(palette.dim).add_modifier(Modifier::ITALIC),
            marked: plain.fg(palette.warning).add_modifier(Modifier::BOLD),
            selected: plain.fg(selected_text).bg(selected_ground),
            flash: palette.flash.map_or([bold, bold], |grounds| grounds.map(|ground| bold.bg(ground))),
            target: plain.bg(palette.target),
            labels: palette.labels,
        }
    }

    fn without_color() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        Self {
            text: plain,
            strong: bold,
            dim,
            faint: dim,
            accent: bold,
            tab: bold.add_modifier(Modifier::REVERSED),
            news: bold,
            good: plain,
            warning: plain,
            bad: bold,
            pending: plain.add_modifier(Modifier::ITALIC),
            marked: bold,
            selected: plain.add_modifier(Modifier::REVERSED),
            flash: [bold, bold],
            target: plain.add_modifier(Modifier::REVERSED),
            labels: [Color::Reset; 10],
        }
    }
}

const TRUE_COLOR: Palette = Palette {
    dim: Color::Rgb(146, 152, 168),
    faint: Color::Rgb(78, 84, 100),
    accent: Color::Rgb(124, 170, 255),
    on_accent: Color::Rgb(18, 22, 32),
    good: Color::Rgb(124, 204, 146),
    warning: Color::Rgb(232, 182, 100),
    bad: Color::Rgb(244, 116, 122),
    selected: (Color::Rgb(236, 239, 246), Color::Rgb(42, 49, 68)),
    flash: Some([Color::Rgb(86, 68, 24), Color::Rgb(50, 44, 28)]),
    target: Color::Rgb(28, 50, 44),
    labels: [
        Color::Rgb(96, 150, 245),
        Color::Rgb(176, 128, 96),
        Color::Rgb(116, 122, 138),
        Color::Rgb(168, 174, 188),
        Color::Rgb(96, 196, 124),
        Color::Rgb(240, 150, 80),
        Color::Rgb(240, 132, 190),
        Color::Rgb(176, 136, 246),
        Color::Rgb(240, 96, 100),
        Color::Rgb(238, 206, 92),
    ],
};

const ANSI_256: Palette = Palette {
    dim: Color::Indexed(246),
    faint: Color::Indexed(240),
    accent: Color::Indexed(111),
    on_accent: Color::Indexed(234),
    good: Color::Indexed(114),
    warning: Color::Indexed(179),
    bad: Color::Indexed(210),
    selected: (Color::Indexed(255), Color::Indexed(237)),
    flash: Some([Color::Indexed(58), Color::Indexed(236)]),
    target: Color::Indexed(23),
    labels: [
        Color::Indexed(75),
        Color::Indexed(137),
        Color::Indexed(243),
        Color::Indexed(249),
        Color::Indexed(77),
        Color::Indexed(209),
        Color::Indexed(212),
        Color::Indexed(141),
        Color::Indexed(203),
        Color::Indexed(221),
    ],
};

const ANSI_16: Palette = Palette {
    dim: Color::Gray,
    faint: Color::DarkGray,
    accent: Color::LightBlue,
    on_accent: Color::Black,
    good: Color::Green,
    warning: Color::Yellow,
    bad: Color::LightRed,
    selected: (Color::White, Color::DarkGray),
    flash: None,
    target: Color::DarkGray,
    labels: [
        Color::Blue,
        Color::Yellow,
        Color::DarkGray,
        Color::Gray,
        Color::Green,
        Color::LightRed,
        Color::LightMagenta,
        Color::Magenta,
        Color::Red,
        Color::LightYellow,
    ],
};
