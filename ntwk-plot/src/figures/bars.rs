//! Bars in groups, one group per population.

use crate::axis::Axis;
use crate::color::Color;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{Panel, Swatch};
use crate::svg::{Anchor, Stroke};
use crate::theme::Theme;

/// The bars of one population.
#[derive(Debug, Clone, PartialEq)]
pub struct BarGroup<'a> {
    /// Name under the group, with its colour.
    pub name: (&'a str, Color),
    /// Height and half length of the error bar of each bar; `None` for no bar.
    pub bars: Vec<Option<(f64, f64)>>,
    /// What is written above the group.
    pub note: String,
}

/// Bars from 0, with error bars. `kinds` are the names and colours of the bars of each group, `label` their quantity with its
/// unit, as in [`Label::math`].
#[must_use]
pub fn bars(kinds: &[(&str, Color)], groups: &[BarGroup<'_>], label: &str, theme: &Theme) -> Panel {
    // A bar is 1 wide, and a group stands 1 apart from the next.
    let step = kinds.len() as f64 + 1.0;
    let mut marks = Vec::new();
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for (g, group) in groups.iter().enumerate() {
        let left = g as f64 * step + 0.5;
        for (k, (bar, kind)) in group.bars.iter().zip(kinds).enumerate() {
            let Some((height, error)) = bar.filter(|(h, _)| h.is_finite()) else { continue };
            let error = if error.is_finite() { error.abs() } else { 0.0 };
            let (x, color) = (left + k as f64, kind.1);
            let points = vec![(x, 0.0), (x, height), (x + 0.9, height), (x + 0.9, 0.0)];
            let outline = Some(Stroke::solid(color, 0.9));
            marks.push(Mark::Area { points, fill: color, opacity: 0.35, outline });
            let ends = [(x + 0.45, height - error), (x + 0.45, height + error)];
            let stroke = Stroke::solid(theme.ink, 0.8);
            marks.push(Mark::Segments { segments: vec![ends], stroke });
            (low, high) = (low.min(height - error), high.max(height + error));
        }
    }
    let span = (high - low).max(1e-9);
    let right = groups.len().max(1) as f64 * step;
    let zero = Stroke::solid(theme.ink, theme.axis_width);
    marks.push(Mark::line([(0.0, 0.0), (right, 0.0)], zero));
    let middle = |g: usize| g as f64 * step + 0.5 * step;
    let top = high + 0.16 * span;
    for (g, group) in groups.iter().enumerate().filter(|(_, group)| !group.note.is_empty()) {
        marks.push(Mark::Text {
            at: (middle(g), high + 0.09 * span),
            shift: (0.0, 0.0),
            label: Label::plain(group.note.as_str()),
            size: theme.tick_size,
            color: theme.ink,
            anchor: Anchor::Middle,
            upwards: false,
        });
    }
    let names = groups.iter().enumerate();
    let names = names.map(|(g, group)| (middle(g), Label::plain(group.name.0), group.name.1));
    let x = Axis::new("").range(0.0, right).names_at(names.collect());
    let key = kinds.iter().map(|(name, color)| (Swatch::Patch(*color), Label::plain(*name)));
    let y = Axis::new(label).range(low - 0.05 * span, top);
    Panel { marks, key: key.collect(), ..Panel::new(x, y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_start_at_zero_and_absent_ones_leave_their_place() {
        let theme = Theme::light();
        let kinds = [("excitatory", theme.population(2)), ("inhibitory", theme.population(1))];
        let group = |bars, note: &str| BarGroup {
            name: ("E", theme.population(0)),
            bars,
            note: note.to_owned(),
        };
        let groups = [
            group(vec![Some((100.0, 5.0)), Some((-80.0, 4.0))], "1.25"),
            group(vec![None, Some((-20.0, f64::NAN))], ""),
        ];
        let panel = bars(&kinds, &groups, "current (pA)", &theme);
        let areas: Vec<&Vec<(f64, f64)>> = (panel.marks.iter())
            .filter_map(|m| if let Mark::Area { points, .. } = m { Some(points) } else { None })
            .collect();
        assert_eq!(areas.len(), 3);
        assert_eq!(areas[0][..2], [(0.5, 0.0), (0.5, 100.0)]);
        assert_eq!(areas[2][..2], [(4.5, 0.0), (4.5, -20.0)]);
        let (low, high) = panel.y.range.unwrap();
        assert!(low < -84.0 && high > 105.0, "{low} {high}");
        assert_eq!(panel.marks.iter().filter(|m| matches!(m, Mark::Text { .. })).count(), 1);
        assert!(bars(&kinds, &[], "current (pA)", &theme).y.range.is_some());
    }
}
