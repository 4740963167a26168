use std::f64::consts::PI;

use crate::support::{array, assert_close, data, number, numbers};
use ntwk_meanfield::reference::quadratic::{QuadraticFault, QuadraticNetwork};

fn network(file: &serde_json::Value) -> QuadraticNetwork {
    let get = |k: &str| number(&file["params"][k]);
    let (tau, Delta, eta, J) = (get("tau"), get("Delta"), get("eta"), get("J"));
    QuadraticNetwork { tau, Delta, eta, J }
}

/// `MontbrioPazoRoxin` of The Virtual Brain: vector field and, found all at once, its three fixed points.
#[test]
fn montbrio_pazo_roxin_of_the_virtual_brain() {
    let file = data("quadratic_integrate_and_fire.json");
    let network = network(&file);
    for case in array(&file["cases"]) {
        let slope = network
            .derivative([number(&case["r"]), number(&case["V"])], number(&file["params"]["I"]));
        for (a, b) in slope.into_iter().zip(numbers(&case["dfun"])) {
            // Sums of terms of both signs, up to 40 here.
            assert_close(a, b, 1e-13, 1e-14, "vector field");
        }
    }
    let found = network.fixed_points(0.0).unwrap();
    assert_eq!(found.len(), 3);
    for case in array(&file["fixed_points"]) {
        let exact = numbers(&case["fixed_point"]);
        let nearest = found
            .iter()
            .min_by(|a, b| (a.r - exact[0]).abs().total_cmp(&(b.r - exact[0]).abs()))
            .unwrap();
        assert_close(nearest.r, exact[0], 1e-13, 0.0, "r");
        assert_close(nearest.V, exact[1], 1e-13, 0.0, "V");
        let mut expected: Vec<[f64; 2]> =
            array(&case["eig"]).iter().map(|z| [number(&z[0]), number(&z[1])]).collect();
        expected.sort_by(|a, b| b[0].total_cmp(&a[0]).then(b[1].total_cmp(&a[1])));
        for (z, exact) in nearest.eigenvalues.iter().zip(expected) {
            // Those of the data are of a Jacobian by differences.
            assert_close(z.re, exact[0], 1e-9, 0.0, "real part");
            assert_close(z.im, exact[1], 1e-9, 1e-9, "imaginary part");
            let root = (2.0 * nearest.r * (15.0 - 2.0 * PI * PI * nearest.r)).abs().sqrt();
            let sign = if z.im != 0.0 { 0.0 } else { (z.re - 2.0 * nearest.V).signum() };
            assert_close(z.re, 2.0 * nearest.V + sign * root, 1e-13, 0.0, "exact real part");
        }
    }
    assert!(found[0].r < found[1].r && found[1].r < found[2].r);
}

#[test]
fn one_state_without_coupling_and_faults_named() {
    let alone = QuadraticNetwork { tau: 10.0, Delta: 1.0, eta: 0.0, J: 0.0 };
    let found = alone.fixed_points(0.0).unwrap();
    // Lorentzian of half width Delta around 0: r = sqrt(Delta / 2) / (pi tau).
    assert_eq!(found.len(), 1);
    let exact = 0.5_f64.sqrt() / (PI * 10.0);
    assert_close(found[0].r, exact, 1e-14, 0.0, "r");
    let bad = QuadraticNetwork { tau: 0.0, Delta: -1.0, eta: f64::NAN, J: 0.0 };
    let faults: Vec<QuadraticFault> = bad.fixed_points(0.0).unwrap_err();
    assert_eq!(faults.iter().map(|f| f.name).collect::<Vec<_>>(), ["tau", "Delta", "eta"]);
}

/// Half a second of the simulator's own runs, from two sides of bistability, with `tau` 10 and with its parameter `Gamma`,
/// which its equations do not use.
#[test]
fn half_a_second_of_the_simulator() {
    for case in array(&data("tvb_mpr_500ms.json")["cases"]) {
        let get = |k: &str| number(&case["parameters"][k]);
        let (tau, Delta, eta, J) = (get("tau"), get("Delta"), get("eta"), get("J"));
        let network = QuadraticNetwork { tau, Delta, eta, J };
        let (dt, start) = (number(&case["dt_ms"]), numbers(&case["x0"]));
        let mut x = [start[0], start[1]];
        let rows = array(&case["rows"]);
        let mut next = 0;
        for step in 1..=5000 {
            x = network.heun_step(x, dt, [get("I"); 2]);
            let t = f64::from(step) * dt;
            let Some(row) = rows.get(next).map(numbers).filter(|r| (r[0] - t).abs() < 1e-6) else {
                continue;
            };
            next += 1;
            for (a, b) in x.iter().zip(&row[1..]) {
                assert_close(*a, *b, 1e-10, 1e-14, &format!("{} {t} ms", case["name"]));
            }
        }
        assert_eq!(next, rows.len());
    }
}
