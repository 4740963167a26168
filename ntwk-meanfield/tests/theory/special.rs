use crate::support::{array, assert_close, data, number};
use ntwk_meanfield::moments::special;

fn check(name: &str, f: fn(f64) -> f64) {
    for case in array(&data("special.json")[name]) {
        let (x, exact) = (number(&case[0]), number(&case[1]));
        // Below 1e-307 the results are subnormal and have fewer digits.
        assert_close(f(x), exact, 1e-14, 1e-321, &format!("{name}({x:e})"));
    }
}

#[test]
fn erfc_is_exact_to_1e14() {
    check("erfc", special::erfc);
}

#[test]
fn erfcx_is_exact_to_1e14() {
    check("erfcx", special::erfcx);
}

#[test]
fn ln_erfc_is_exact_to_1e14() {
    check("ln_erfc", special::ln_erfc);
}

#[test]
fn erfcinv_is_exact_to_1e14() {
    check("erfcinv", special::erfcinv);
}

#[test]
fn limits() {
    assert_eq!(special::erfcinv(0.0), f64::INFINITY);
    assert_eq!(special::erfcinv(2.0), f64::NEG_INFINITY);
    assert!(
        special::erfcinv(-1e-300).is_nan()
            && special::erfcinv(2.1).is_nan()
            && special::erfcinv(f64::NAN).is_nan()
    );
    assert_eq!(special::erfcx(-30.0), f64::INFINITY);
    assert_eq!(special::erfcx(f64::INFINITY), 0.0);
    assert_eq!(special::ln_erfc(f64::NEG_INFINITY), std::f64::consts::LN_2);
    assert!(special::erfcx(f64::NAN).is_nan() && special::ln_erfc(f64::NAN).is_nan());
}
