use crate::support::{input, spectrum_2018};
use ntwk_core::Job;
use ntwk_meanfield::{
    FixedPointOptions, PhasePlaneError, SelfConsistencyError, default_starts, find_fixed_points,
    phase_plane, self_consistency,
};

/// Nullclines are where the rates stand still, they cross at the fixed points, and the field points as it should.
#[test]
fn nullclines_cross_at_the_fixed_points() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let at = input(&[10.0], &[0.0; 2]);
    let plane = phase_plane(
        &system,
        &at,
        [0, 1],
        &[0.0; 2],
        [[0.0, 12.0], [0.0, 25.0]],
        [15, 80],
        &Job::new(),
    )
    .unwrap();
    for (k, lines) in plane.nullclines.iter().enumerate() {
        assert!(!lines.is_empty());
        for point in lines.iter().flatten() {
            let rates = system.at(point, &at).unwrap().transfer();
            // The vertex is exact to 1e-12 of a cell, where the lag has a slope of up to some ten.
            assert!((rates[k] - point[k]).abs() < 1e-9, "{k} {point:?}");
        }
    }
    let found = find_fixed_points(
        &system,
        &at,
        &default_starts(2),
        &FixedPointOptions::default(),
        &Job::new(),
    )
    .unwrap();
    let inside = |r: &[f64]| r[0] < 12.0 && r[1] < 25.0;
    for fixed in found.points.iter().filter(|f| inside(&f.rates)) {
        for lines in &plane.nullclines {
            let distance = |p: &[f64; 2]| (p[0] - fixed.rates[0]).hypot(p[1] - fixed.rates[1]);
            let nearest = lines.iter().flatten().map(distance).fold(f64::INFINITY, f64::min);
            // Half a cell of the grid.
            assert!(nearest < 0.5 * (12.0_f64 / 79.0).hypot(25.0 / 79.0), "{nearest}");
        }
    }
    assert_eq!(plane.field.len(), 15 * 15);
    for (i, &x) in plane.x.iter().enumerate() {
        for (j, &y) in plane.y.iter().enumerate() {
            let rates = system.at(&[x, y], &at).unwrap().transfer();
            let [dx, dy] = plane.field[i * plane.y.len() + j];
            assert!((dx - (rates[0] - x) / 5.0).abs() < 1e-12);
            assert!((dy - (rates[1] - y) / 5.0).abs() < 1e-12);
        }
    }
}

#[test]
fn bad_arguments_are_named() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let at = input(&[10.0], &[0.0; 2]);
    let ranges = [[0.0, 12.0], [0.0, 25.0]];
    let plane = |populations, rates: &[f64], ranges, grid| {
        phase_plane(&system, &at, populations, rates, ranges, grid, &Job::new()).unwrap_err()
    };
    let same = plane([1, 1], &[0.0; 2], ranges, [5, 5]);
    assert_eq!(same, PhasePlaneError::Populations { given: [1, 1], populations: 2 });
    assert_eq!(plane([0, 1], &[0.0], ranges, [5, 5]), PhasePlaneError::Rates);
    let empty = plane([0, 1], &[0.0; 2], [[3.0, 3.0], [0.0, 1.0]], [5, 5]);
    assert_eq!(empty, PhasePlaneError::Range([3.0, 3.0]));
    assert_eq!(plane([0, 1], &[0.0; 2], ranges, [5, 1]), PhasePlaneError::Grid(1));
}

/// The response of the excitatory cells to their own rate is that with the inhibitory ones where bisection finds them at rest.
#[test]
fn the_construction_has_the_other_population_at_rest() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let at = input(&[10.0], &[0.0; 2]);
    let options = FixedPointOptions::default();
    let found =
        find_fixed_points(&system, &at, &default_starts(2), &options, &Job::new()).unwrap().points;
    let fixed = found.iter().find(|f| f.rates[0] > 1.0 && f.rates[0] < 10.0).unwrap();
    let through = std::slice::from_ref(fixed);
    let range = [0.0, 2.0 * fixed.rates[0]];
    let made = self_consistency(&system, &at, 0, range, 100, through, &Job::new()).unwrap();
    let curve = &made.curves[0];
    assert!(curve.len() > 100 && curve.contains(&[fixed.rates[0]; 2]), "{}", curve.len());
    assert!(curve.windows(2).all(|w| w[0][0] < w[1][0]));
    assert_eq!((curve[0][0], curve[curve.len() - 1][0]), (range[0], range[1]));
    let transfer = |e: f64, i: f64| system.at(&[e, i], &at).unwrap().transfer();
    for &[rate, response] in curve.iter().step_by(7) {
        // More inhibitory activity inhibits the inhibitory cells: one state of rest.
        let (mut low, mut high) = (0.0, 200.0);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if transfer(rate, middle)[1] > middle { low = middle } else { high = middle }
        }
        let expected = transfer(rate, low)[0];
        assert!(
            (response - expected).abs() < 1e-6 * (1.0 + expected),
            "{rate}: {response} {expected}"
        );
    }
    let error = |p, range, points| {
        self_consistency(&system, &at, p, range, points, through, &Job::new()).unwrap_err()
    };
    let other = SelfConsistencyError::Population { given: 2, populations: 2 };
    assert_eq!(error(2, range, 100), other);
    assert_eq!(error(0, [2.0, 1.0], 100), SelfConsistencyError::Range([2.0, 1.0]));
    assert_eq!(error(0, range, 1), SelfConsistencyError::Points(1));
}
