use crate::support::{
    array, assert_close, data, input, number, numbers, rs_fs_2018, spectrum_2018,
};
use ntwk_core::Job;
use ntwk_meanfield::{
    FixedPointOptions, FixedPointStatus, Stability, ThresholdForm, default_starts,
    find_fixed_points,
};

/// Fixed points, Jacobians and eigenvalues of Spectrum_2018 at 14 afferent rates, from 40-digit Newton.
#[test]
fn fixed_points_of_spectrum_2018() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    for case in array(&data("fixed_points.json")) {
        let nu_aff = number(&case["F_AffExc_Hz"]);
        let exact = numbers(&case["fixed_point_Hz"]);
        let at = input(&[nu_aff], &[0.0, 0.0]);
        let mut starts = default_starts(2);
        // The state at zero input is an artefact of the extrapolated polynomial in a tiny basin.
        starts.push(exact.iter().map(|x| 1.01 * x).collect());
        let found =
            find_fixed_points(&system, &at, &starts, &FixedPointOptions::default(), &Job::new())
                .unwrap();
        let nearest = found
            .points
            .iter()
            .min_by(|a, b| (a.rates[0] - exact[0]).abs().total_cmp(&(b.rates[0] - exact[0]).abs()))
            .unwrap();
        let what = format!("AffExc {nu_aff} Hz");
        for m in 0..2 {
            // The condition of the root, |(J - 1)^-1|, times the rounding of F: up to 8e-14 at 6 Hz.
            assert_close(nearest.rates[m], exact[m], 2e-13, 0.0, &what);
        }
        let jacobian = system.at(&nearest.rates, &at).unwrap().jacobian();
        for m in 0..2 {
            for k in 0..2 {
                let d = 5.0 * jacobian[(m, k)] + f64::from(u8::from(m == k));
                assert_close(d, number(&case["dF_dnu"][m][k]), 1e-12, 1e-13, &what);
            }
        }
        for (z, pair) in nearest.eigenvalues.iter().zip(sorted(&case["eig_1_per_s_T5ms"])) {
            assert_close(z.re, pair.0, 1e-9, 0.0, &what);
            assert_close(z.im, pair.1, 1e-9, 1e-6, &what);
        }
        assert_eq!(nearest.stability, Stability::Stable);
    }
}

fn sorted(v: &serde_json::Value) -> Vec<(f64, f64)> {
    let mut pairs: Vec<(f64, f64)> =
        array(v).iter().map(|p| (number(&p[0]), number(&p[1]))).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    pairs
}

/// RS-FS network with thresholds fitted to the correct moments: fixed points and eigenvalues at four drives.
#[test]
fn fixed_points_of_refitted_rs_fs() {
    let file = data("refit.json");
    for (form, key, fit_key) in [
        (ThresholdForm::Linear4, "linear4", "linear4"),
        (ThresholdForm::Quadratic10, "quadratic10", "quadratic10"),
        (ThresholdForm::Quadratic11, "quadratic11_logmuG", "quadratic11_logmuG"),
    ] {
        let p = ["RS", "FS"].map(|c| numbers(&file["fits"][c][fit_key]["refined_final"]));
        let system = rs_fs_2018(form, [&p[0], &p[1]]);
        for case in array(&file["fixed_points"][key]) {
            let drive = number(&case["exc_aff_Hz"]);
            let exact = numbers(&case["nu_Hz"]);
            let at = input(&[drive, drive], &[0.0, 0.0]);
            let starts = [vec![2.0, 8.0]];
            let found = find_fixed_points(
                &system,
                &at,
                &starts,
                &FixedPointOptions::default(),
                &Job::new(),
            )
            .unwrap();
            let f = &found.points[0];
            for m in 0..2 {
                // The reference was computed with 1e-12 V added to sigma_V and 1e-9 Hz to the event rates.
                assert_close(f.rates[m], exact[m], 1e-8, 0.0, &format!("{key} {drive} Hz"));
            }
            for (z, pair) in f.eigenvalues.iter().zip(sorted(&case["eig_per_s"])) {
                assert_close(z.re, pair.0, 1e-5, 0.0, &format!("{key} {drive} Hz: eigenvalue"));
            }
        }
    }
}

/// The quadratic fit to correct moments at 4 Hz against the network simulation of the paper's repository, 2.17 and
/// 9.17 Hz in its stationary part.
#[test]
fn the_mean_field_predicts_the_simulated_network() {
    let file = data("refit.json");
    let p = ["RS", "FS"].map(|c| numbers(&file["fits"][c]["quadratic10"]["refined_final"]));
    let system = rs_fs_2018(ThresholdForm::Quadratic10, [&p[0], &p[1]]);
    let at = input(&[4.0, 4.0], &[0.0, 0.0]);
    let found = find_fixed_points(
        &system,
        &at,
        &default_starts(2),
        &FixedPointOptions::default(),
        &Job::new(),
    )
    .unwrap();
    let f =
        found.points.iter().find(|f| f.stability == Stability::Stable && f.rates[0] > 0.5).unwrap();
    assert_close(f.rates[0], 2.1667, 0.05, 0.0, "RS");
    assert_close(f.rates[1], 9.1683, 0.05, 0.0, "FS");
}

#[test]
fn no_solution_is_a_status() {
    // A single purely excitatory population far above saturation at every rate tried within one iteration.
    let system = spectrum_2018(5.0, [4000, 1000]);
    let options = FixedPointOptions { max_iterations: 1, ..FixedPointOptions::default() };
    let result = find_fixed_points(
        &system,
        &input(&[10.0], &[0.0, 0.0]),
        &[vec![80.0, 0.0]],
        &options,
        &Job::new(),
    )
    .unwrap();
    assert!(result.points.is_empty());
    assert_eq!(result.failed[0].1.status, FixedPointStatus::IterationLimit);
    assert_eq!(result.failed[0].1.stability, Stability::Undetermined);
    assert!(
        find_fixed_points(&system, &input(&[10.0], &[0.0]), &[], &options, &Job::new()).is_err()
    );
    assert!(
        find_fixed_points(
            &system,
            &input(&[10.0], &[0.0, 0.0]),
            &[vec![-1.0, 0.0]],
            &options,
            &Job::new()
        )
        .is_err()
    );
}
