//! How figures look: the options that every command with figures has.

use clap::Args;
use ntwk_core::Model;
use ntwk_core::spec::nearest::nearest;
use ntwk_plot::{Color, Theme};

use super::Failure;

/// The look of the figures.
#[derive(Debug, Clone, Args)]
pub(crate) struct FigureArgs {
    /// Figures on a dark background.
    #[arg(long, help_heading = "Figures")]
    pub dark: bool,
    /// Colour of a population, or of the N-th curve: --color RecExc=#aa2200, --color 2=#07c. May be given several times.
    #[arg(long, value_name = "NAME=#RRGGBB", value_parser = parse_color, help_heading = "Figures")]
    pub color: Vec<(String, Color)>,
    /// Printed size, width x height: 120x80mm, 5x3in or 1200x800px [default: as each figure needs].
    #[arg(long, value_name = "WxHUNIT", value_parser = parse_size, help_heading = "Figures")]
    pub size: Option<Size>,
    /// Pixels per inch of the PNG, written in it too.
    #[arg(long, value_name = "N", default_value_t = 300, help_heading = "Figures",
          value_parser = parse_dpi)]
    pub dpi: u32,
}

/// A size in pixels or in mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Size {
    /// Width and height (mm).
    Millimetres([f64; 2]),
    /// Width and height (pixels of the PNG).
    Pixels([f64; 2]),
}

/// Curves of the figures of a run with colours of their own, beside those of populations.
const CURVES: usize = 8;

impl FigureArgs {
    /// The theme asked for, with the colours of the populations of `model`.
    pub(crate) fn theme_of(&self, model: &Model) -> Result<Theme, Failure> {
        let names: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
        self.theme(&names)
    }

    /// The theme asked for; `names` are those of the colours, in their order.
    pub(crate) fn theme(&self, names: &[&str]) -> Result<Theme, Failure> {
        let mut theme = if self.dark { Theme::dark() } else { Theme::light() };
        theme.dpi = f64::from(self.dpi);
        theme.size = self.size.map(|size| match size {
            Size::Millimetres(mm) => mm,
            Size::Pixels(pixels) => pixels.map(|n| 25.4 * n / theme.dpi),
        });
        for (name, color) in &self.color {
            let place = match names.iter().position(|n| n == name) {
                Some(place) => place,
                // Numbers count from 1; what shows curves beside those of populations has a few.
                None => match name.parse::<usize>() {
                    Ok(number @ 1..=1000)
                        if names.is_empty() || number <= names.len().max(CURVES) =>
                    {
                        number - 1
                    }
                    _ => return Err(unknown(name, names)),
                },
            };
            theme.set_population(place, *color);
        }
        Ok(theme)
    }
}

fn unknown(name: &str, names: &[&str]) -> Failure {
    let rule = if names.is_empty() {
        "the curves of this figure are chosen by their number: --color 1=#aa2200".to_owned()
    } else {
        let meant = nearest(name, names.iter().copied());
        let meant = meant.map_or_else(String::new, |n| format!("; nearest: {n}"));
        format!("there is no population of this name (there are {}){meant}", names.join(", "))
    };
    Failure::Argument(format!("--color {name}=...: {rule}"))
}

fn parse_dpi(text: &str) -> Result<u32, String> {
    let number = text.trim().parse::<u32>().ok().filter(|n| (10..=2400).contains(n));
    number.ok_or_else(|| "expected a whole number of pixels per inch from 10 to 2400".to_owned())
}

fn parse_color(text: &str) -> Result<(String, Color), String> {
    let expected = "expected NAME=#RRGGBB or NAME=#RGB, for example RecExc=#aa2200";
    let (name, color) = text.split_once('=').ok_or(expected)?;
    let digits = color.trim().strip_prefix('#').ok_or(expected)?;
    let digit = |k: usize| digits.get(k..=k).and_then(|d| u8::from_str_radix(d, 16).ok());
    let part = |k: usize| match digits.len() {
        3 => Some(17 * digit(k)?),
        6 => Some(16 * digit(2 * k)? + digit(2 * k + 1)?),
        _ => None,
    };
    match (name.trim(), part(0), part(1), part(2)) {
        (name, Some(r), Some(g), Some(b)) if !name.is_empty() => {
            Ok((name.to_owned(), Color(r, g, b)))
        }
        _ => Err(expected.to_owned()),
    }
}

fn parse_size(text: &str) -> Result<Size, String> {
    let expected = "expected WIDTHxHEIGHT with mm, cm, in or px, for example 120x80mm";
    let text = text.trim();
    let at = text.trim_end_matches(char::is_alphabetic).len();
    let (numbers, unit) = text.split_at(at);
    let (width, height) = numbers.split_once(['x', '×']).ok_or(expected)?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|v| *v > 0.0);
    let both = [number(width).ok_or(expected)?, number(height).ok_or(expected)?];
    let held = |mm: [f64; 2]| {
        if mm.iter().all(|v| (10.0..=5000.0).contains(v)) {
            Ok(Size::Millimetres(mm))
        } else {
            Err("a side is between 10 mm and 5 m".to_owned())
        }
    };
    match unit {
        "mm" => held(both),
        "cm" => held(both.map(|v| 10.0 * v)),
        "in" | "inch" => held(both.map(|v| 25.4 * v)),
        "px" if both.iter().all(|v| (50.0..=50_000.0).contains(v)) => Ok(Size::Pixels(both)),
        "px" => Err("a side is between 50 and 50000 px".to_owned()),
        _ => Err(expected.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_sizes_are_read() {
        let color = |text| parse_color(text).map(|(name, c)| (name, c.to_string()));
        assert_eq!(color("E=#aa2200"), Ok(("E".to_owned(), "#aa2200".to_owned())));
        assert_eq!(color(" E = #A20 "), Ok(("E".to_owned(), "#aa2200".to_owned())));
        for bad in ["E", "E=", "E=aa2200", "=#aa2200", "E=#aa22", "E=#gg0000", "E=#é1"] {
            assert!(parse_color(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_size("120x80mm"), Ok(Size::Millimetres([120.0, 80.0])));
        assert_eq!(parse_size("5 x 2.5 in"), Ok(Size::Millimetres([127.0, 63.5])));
        assert_eq!(parse_size("1200x800px"), Ok(Size::Pixels([1200.0, 800.0])));
        for bad in ["120x80", "120mm", "0x80mm", "1x1mm", "axbmm", "120x80pt", "9e9x5in", "NaNx5mm"]
        {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_theme_has_what_was_asked_for() {
        let args = FigureArgs {
            dark: false,
            color: vec![("I".to_owned(), Color(1, 2, 3)), ("8".to_owned(), Color(4, 5, 6))],
            size: Some(Size::Pixels([600.0, 300.0])),
            dpi: 150,
        };
        let theme = args.theme(&["E", "I"]).unwrap();
        assert_eq!(theme.population(0), Theme::light().population(0));
        assert_eq!((theme.population(1), theme.population(7)), (Color(1, 2, 3), Color(4, 5, 6)));
        assert_eq!(theme.population(6), Theme::light().population(6));
        assert_eq!(theme.size.map(|mm| mm.map(|v| (v * 10.0).round())), Some([1016.0, 508.0]));
        let message = args.theme(&["Exc", "I2"]).unwrap_err().to_string();
        assert!(message.contains("nearest: I2"), "{message}");
    }
}
