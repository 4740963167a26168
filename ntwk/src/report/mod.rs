//! A run as one HTML page that needs nothing else: figures, tables, model, origin.

pub mod cell_view;
pub mod compared;
pub mod currents;
pub mod quantities;
pub mod results;

use std::fmt::Write;

use ntwk_io::{Provenance, TheoryGroup};
use ntwk_plot::Figure;

use crate::report::compared::{compared_quantities, comparison_notes};
use crate::report::quantities::{Analysis, Quantity};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// What a page shows.
#[derive(Debug)]
pub struct Report<'a> {
    /// Its title.
    pub title: &'a str,
    /// Figures with their captions.
    pub figures: &'a [(&'a str, Figure)],
    /// Quantities of the run.
    pub analysis: &'a Analysis,
    /// Results of the theory that are stored with the run: a comparison is the first table of the page.
    pub theory: &'a [TheoryGroup],
    /// Text of the model.
    pub model: &'a str,
    /// Who made the run.
    pub provenance: Option<&'a Provenance>,
}

impl Report<'_> {
    /// The page. Figures are SVG inside it; the script zooms them (wheel, drag, double click).
    #[must_use]
    pub fn to_html(&self) -> String {
        let title = escaped(self.title);
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        );
        page += &self.comparison();
        page += &self.origin();
        page += "<p class=\"hint\">Figures: turn the wheel to zoom, drag to move, double click to see all.</p>\n";
        page += "<div class=\"figures\">\n";
        for (k, (caption, figure)) in self.figures.iter().enumerate() {
            let svg = with_own_names(&figure.to_svg(), &format!("f{k}-"));
            let caption = escaped(caption);
            // Of all figures a millimetre is as long on the page, so that texts have one size.
            let width = figure.printed_width();
            page += &format!(
                "<figure style=\"--mm: {width:.0}\">\n{svg}\n<figcaption>{caption}</figcaption>\n</figure>\n"
            );
        }
        page += "</div>\n";
        page += &self.quantities();
        page += &self.inputs();
        page += &format!("<h2>Model</h2>\n<pre>{}</pre>\n", escaped(self.model.trim_end()));
        page += &format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
        page
    }

    fn comparison(&self) -> String {
        let rows = compared_quantities(self.theory, self.analysis);
        if rows.is_empty() {
            return String::new();
        }
        let [from, to] = self.analysis.window_ms;
        let mut table = String::from(
            "<h2>Simulated and predicted</h2>\n<table class=\"compared\">\n<tr><th></th><th></th>\
             <th>simulated</th><th>predicted</th><th>error</th></tr>\n",
        );
        let mut last = "";
        for row in &rows {
            // A population is named once, at its first quantity.
            let name = if last == row.population { "" } else { row.population.as_str() };
            last = &row.population;
            let [simulated, predicted, error] = row.in_words();
            let _ = writeln!(
                table,
                "<tr><th>{}</th><th>{} ({})</th><td>{simulated}</td><td>{predicted}</td><td>{error}</td></tr>",
                escaped(name),
                row.label,
                row.unit,
            );
        }
        let _ = writeln!(
            table,
            "</table>\n<p class=\"hint\">Stationary state between {from} and {to} ms, ± standard error; \
             V_m outside refractory periods.</p>"
        );
        let notes = comparison_notes(self.theory);
        if !notes.is_empty() {
            table += "<ul class=\"notes\">\n";
            for note in notes {
                let _ = writeln!(table, "<li>{}</li>", escaped(note));
            }
            table += "</ul>\n";
        }
        table
    }

    fn origin(&self) -> String {
        let Some(p) = self.provenance else { return String::new() };
        let rows = [
            ("version", format!("ntwk {}", p.version)),
            ("seed", format!("{} ({})", p.seed, p.generator)),
            ("ranks", p.ranks.to_string()),
            ("threads", p.threads.to_string()),
            ("started", p.started.clone()),
            ("computed in", format!("{:.3} s", p.wall_seconds)),
            ("machine", p.host_features.join(" ")),
        ];
        let mut table = "<table class=\"origin\">\n".to_owned();
        for (name, value) in rows {
            let value = escaped(&value);
            let _ = writeln!(table, "<tr><th>{name}</th><td>{value}</td></tr>");
        }
        table + "</table>\n"
    }

    fn quantities(&self) -> String {
        let [from, to] = self.analysis.window_ms;
        let why = match self.analysis.window_basis.to_string() {
            none if none.is_empty() => none,
            why => format!(" ({})", escaped(&why)),
        };
        let mut table = format!(
            "<h2>Quantities between {from} and {to} ms{why}</h2>\n<p>{LEGEND}</p>\n<table>\n<tr><th></th>"
        );
        for p in &self.analysis.populations {
            let _ = write!(table, "<th>{}</th>", escaped(&p.population));
        }
        table += "</tr>\n";
        // Populations may differ in what was recorded.
        let mut names: Vec<(&str, &str, &str)> = Vec::new();
        for q in self.analysis.populations.iter().flat_map(|p| &p.quantities) {
            if names.iter().all(|n| n.0 != q.name) {
                names.push((&q.name, &q.label, &q.unit));
            }
        }
        for (name, label, unit) in names {
            let unit = if unit == "1" { String::new() } else { format!(" ({})", escaped(unit)) };
            let _ = write!(table, "<tr><th>{}{unit}</th>", escaped(label));
            for p in &self.analysis.populations {
                let _ = write!(
                    table,
                    "<td>{}</td>",
                    p.quantity(name).map_or_else(|| "–".to_owned(), Quantity::in_words)
                );
            }
            table += "</tr>\n";
        }
        table + "</table>\n"
    }

    fn inputs(&self) -> String {
        let mut table = "<h2>Expected input</h2>\n<table>\n<tr><th>projection</th><th>kind</th>\
            <th>events (1/s)</th><th>conductance (nS)</th><th>current (pA)</th></tr>\n"
            .to_owned();
        for input in self.analysis.populations.iter().flat_map(|p| &p.inputs) {
            let _ = writeln!(
                table,
                "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escaped(&input.projection),
                if input.afferent { "afferent" } else { "recurrent" },
                written(Some(input.event_rate)),
                written(Some(input.conductance)),
                written(input.current),
            );
        }
        table + "</table>\n"
    }
}

/// What stands in the table of quantities.
const LEGEND: &str =
    "Value ± standard error, and what it rests on; – where the data do not define the quantity.";

/// Four digits; a dash for what the data do not define.
fn written(value: Option<f64>) -> String {
    match value {
        Some(0.0) => "0".to_owned(),
        Some(x) if (1e-3..1e5).contains(&x.abs()) => {
            let digits = (3 - x.abs().log10().floor() as i32).max(0) as usize;
            format!("{x:.digits$}")
        }
        Some(x) => format!("{x:.3e}"),
        None => "–".to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Names inside an SVG are names of the whole page: two figures must not share one.
fn with_own_names(svg: &str, prefix: &str) -> String {
    svg.replace(" id=\"", &format!(" id=\"{prefix}"))
        .replace("url(#", &format!("url(#{prefix}"))
        .replace("href=\"#", &format!("href=\"#{prefix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_names_kept_apart() {
        assert_eq!(escaped("a<b & \"c\""), "a&lt;b &amp; &quot;c&quot;");
        let svg = r##"<clipPath id="c1"/><g clip-path="url(#c1)"/>"##;
        let expected = r##"<clipPath id="f2-c1"/><g clip-path="url(#f2-c1)"/>"##;
        assert_eq!(with_own_names(svg, "f2-"), expected);
        assert_eq!(
            [Some(1.5274), Some(-135.44), Some(0.0), Some(1e-7), None].map(written),
            ["1.527", "-135.4", "0", "1.000e-7", "–"]
        );
    }
}
