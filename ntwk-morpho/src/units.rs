//! The unit system and the five conversions it needs.
//!
//! Lengths are µm, potentials mV, times ms, currents nA, conductances µS, resistances MΩ, capacitances nF, specific
//! capacitance µF/cm², axial resistivity Ω·cm, conductance density S/cm², current density mA/cm², concentrations mM,
//! temperatures °C. The set nA, µS, MΩ, nF, mV, ms is coherent: µS·mV = nA, nA·ms/nF = mV, 1/MΩ = µS.

/// nF per (µF/cm² · µm²): `C [nF] = 1e-5 C_m A`.
pub const NF_PER_UF_CM2_UM2: f64 = 1e-5;
/// µS per (S/cm² · µm²): `g [µS] = 1e-2 g A`. The same number turns mA/cm² · µm² into nA.
pub const US_PER_S_CM2_UM2: f64 = 1e-2;
/// MΩ per (Ω·cm / µm): `R [MΩ] = 1e-2 R_i ∫dx/(π r²)`.
pub const MOHM_PER_OHM_CM_PER_UM: f64 = 1e-2;
/// Faraday constant (C/mol).
pub const FARADAY: f64 = 96_485.332_12;
/// Molar gas constant (J/(mol K)).
pub const GAS: f64 = 8.314_462_618;

/// `F/(R T)` in 1/mV at `celsius` °C: 0.03778 at 34 °C.
#[must_use]
pub fn f_over_rt(celsius: f64) -> f64 {
    1e-3 * FARADAY / (GAS * (273.15 + celsius))
}

#[cfg(test)]
mod tests {
    #[test]
    fn thermal_voltage_at_34_degrees() {
        assert!((super::f_over_rt(34.0) - 0.03778).abs() < 5e-6);
    }
}
