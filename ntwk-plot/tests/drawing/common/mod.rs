//! What the tests of figures share: reading an SVG back, and the check that it can be read.

use ntwk_plot::Figure;
use resvg::usvg;

/// Reads the SVG as the PNG conversion does; 72 dpi makes one unit a point.
pub fn parse(svg: &str) -> usvg::Tree {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    let options = usvg::Options {
        dpi: 72.0,
        font_family: "Ubuntu".to_owned(),
        fontdb: std::sync::Arc::new(fonts),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(svg, &options).unwrap()
}

/// All texts with their boxes on the page.
fn texts(group: &usvg::Group, out: &mut Vec<(String, usvg::Rect)>) {
    for node in group.children() {
        match node {
            usvg::Node::Group(g) => texts(g, out),
            usvg::Node::Text(t) => {
                let words = t.chunks().iter().map(|c| c.text()).collect::<String>();
                out.push((words, t.abs_bounding_box()));
            }
            _ => {}
        }
    }
}

pub fn texts_of(figure: &Figure) -> Vec<(String, usvg::Rect)> {
    let tree = parse(&figure.to_svg());
    let mut out = Vec::new();
    texts(tree.root(), &mut out);
    out
}

/// Nothing written leaves the page or runs into another text.
pub fn assert_legible(figure: &Figure) {
    let size = parse(&figure.to_svg()).size();
    let all = texts_of(figure);
    for (i, (a, r)) in all.iter().enumerate() {
        let inside = r.left() >= -0.5
            && r.top() >= -0.5
            && r.right() <= size.width() + 0.5
            && r.bottom() <= size.height() + 0.5;
        assert!(inside, "{}: \"{a}\" at {r:?} leaves the page of {size:?}", figure.title);
        for (b, q) in &all[..i] {
            let dx = r.right().min(q.right()) - r.left().max(q.left());
            let dy = r.bottom().min(q.bottom()) - r.top().max(q.top());
            // The boxes of lines contain their spacing: a point of overlap is not seen.
            assert!(dx < 1.0 || dy < 2.5, "{}: \"{a}\" over \"{b}\" by {dx} x {dy}", figure.title);
        }
    }
}
