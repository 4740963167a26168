//! The electroencephalogram of a dipole in a head of four spheres (Næss et al. 2017).

use crate::parameter_error::ParameterError;
use std::f64::consts::PI;

ntwk_core::section! {
    /// Brain, cerebrospinal fluid, skull and scalp as spheres about the origin.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct FourSpheres {
        /// outer radius of the brain (µm)
        brain_radius: f64 = Quantity(Length, Positive), or(79e3);
        /// outer radius of the cerebrospinal fluid (µm)
        fluid_radius: f64 = Quantity(Length, Positive), or(80e3);
        /// outer radius of the skull (µm)
        skull_radius: f64 = Quantity(Length, Positive), or(85e3);
        /// outer radius of the scalp (µm)
        scalp_radius: f64 = Quantity(Length, Positive), or(90e3);
        /// conductivity of the brain (S/m)
        brain_conductivity: f64 = Quantity(Number, Positive), or(0.3);
        /// conductivity of the cerebrospinal fluid (S/m)
        fluid_conductivity: f64 = Quantity(Number, Positive), or(1.5);
        /// conductivity of the skull (S/m)
        skull_conductivity: f64 = Quantity(Number, Positive), or(0.015);
        /// conductivity of the scalp (S/m)
        scalp_conductivity: f64 = Quantity(Number, Positive), or(0.3);
    }
}

impl Default for FourSpheres {
    fn default() -> Self {
        FourSpheres {
            brain_radius: 79e3,
            fluid_radius: 80e3,
            skull_radius: 85e3,
            scalp_radius: 90e3,
            brain_conductivity: 0.3,
            fluid_conductivity: 1.5,
            skull_conductivity: 0.015,
            scalp_conductivity: 0.3,
        }
    }
}

/// Terms of the series at most: a dipole 1 % below the surface of the brain needs some 2500 for the last bit.
const MAX_TERMS: usize = 20_000;

impl FourSpheres {
    fn radii(&self) -> [f64; 4] {
        [self.brain_radius, self.fluid_radius, self.skull_radius, self.scalp_radius]
    }

    fn conductivities(&self) -> [f64; 4] {
        [
            self.brain_conductivity,
            self.fluid_conductivity,
            self.skull_conductivity,
            self.scalp_conductivity,
        ]
    }

    /// Checks that the radii grow.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one that does not.
    pub fn check(&self) -> Result<(), ParameterError> {
        let r = self.radii();
        let names = ["brain_radius", "fluid_radius", "skull_radius", "scalp_radius"];
        for k in 1..4 {
            if r[k] <= r[k - 1] {
                let (name, value, expected) = (names[k], r[k], "radii that grow outwards");
                return Err(ParameterError { name, value, unit: "um", expected });
            }
        }
        Ok(())
    }

    /// Potential (mV) per dipole moment (nA µm) along x, y and z of a dipole at `dipole` (µm, inside the brain, not at the
    /// origin) at an electrode at `electrode` (µm; on the scalp where it lies beyond it).
    ///
    /// The potential of order n is r^n and r^−(n+1) in every shell, potential and current through the spheres are continuous
    /// and no current leaves the scalp. With Y the ratio of σ r ∂φ/∂r to φ at the outer radius R of a shell, ρ the inner and
    /// t = ρ/R, the part q of the potential there that falls with r, what Y becomes at ρ, and what remains of φ from ρ to R are
    ///
    /// ```text
    /// q = (nσ − Y)/((n + 1)σ + Y)    Y_ρ = σ (n t^(2n+1) − (n + 1) q)/(t^(2n+1) + q)    φ_R/φ_ρ = (1 + q) t^(n+1)/(t^(2n+1) + q)
    /// ```
    ///
    /// The source is Σ (r_z/r)^(n+1) [n p_r P_n(cos γ) + p_t·r̂ P_n'(cos γ)]/(4πσ r_z²).
    ///
    /// # Errors
    /// [`ParameterError`] for a dipole outside the brain or an electrode inside it.
    pub fn lead_field(
        &self,
        dipole: [f64; 3],
        electrode: [f64; 3],
    ) -> Result<[f64; 3], ParameterError> {
        self.check()?;
        let norm = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let (depth, height) = (norm(dipole), norm(electrode));
        let [brain, .., scalp] = self.radii();
        if !(depth > 0.0 && depth < brain) {
            let expected = "a dipole inside the brain, not in its middle";
            return Err(ParameterError { name: "dipole", value: depth, unit: "um", expected });
        }
        if !(height >= brain && height.is_finite()) {
            let expected = "an electrode outside the brain";
            return Err(ParameterError { name: "electrode", value: height, unit: "um", expected });
        }
        let (up, out) = (dipole.map(|x| x / depth), electrode.map(|x| x / height));
        let cosine = (0..3).map(|i| up[i] * out[i]).sum::<f64>().clamp(-1.0, 1.0);
        let (mut radial, mut tangential) = (0.0, 0.0);
        // P_n−1, P_n and P'_n−1, P'_n by recurrence.
        let (mut before, mut legendre) = (1.0, cosine);
        let (mut slope_before, mut slope) = (0.0, 1.0);
        for n in 1..MAX_TERMS {
            let order = n as f64;
            let part = self.order(n, depth, height.min(scalp));
            radial += order * part * legendre;
            tangential += part * slope;
            // |P_n'| is at most n(n + 1)/2.
            if order * order * part.abs() < 1e-17 * (radial.abs() + tangential.abs()) {
                break;
            }
            let next = ((2.0 * order + 1.0) * cosine * legendre - order * before) / (order + 1.0);
            let next_slope = slope_before + (2.0 * order + 1.0) * legendre;
            (before, legendre) = (legendre, next);
            (slope_before, slope) = (slope, next_slope);
        }
        let scale = 1.0 / (4.0 * PI * self.brain_conductivity * depth * depth);
        Ok([0, 1, 2].map(|i| scale * (radial * up[i] + tangential * (out[i] - cosine * up[i]))))
    }

    /// What a source (r_z/r)^(n+1) in the brain gives at radius `height`.
    fn order(&self, n: usize, depth: f64, height: f64) -> f64 {
        let (radii, sigmas) = (self.radii(), self.conductivities());
        let order = n as f64;
        let falling = |sigma: f64, y: f64| (order * sigma - y) / ((order + 1.0) * sigma + y);
        let power = |t: f64, e: f64| (e * t.ln()).exp();
        let mut y = 0.0;
        let mut remains = 1.0;
        for shell in (1..4).rev() {
            let (inner, outer, sigma) = (radii[shell - 1], radii[shell], sigmas[shell]);
            let q = falling(sigma, y);
            let t = inner / outer;
            let t_double = power(t, 2.0 * order + 1.0);
            if height > inner {
                // At height h of this shell: (s^n + q s^−(n+1)) over that at ρ, with s = h/R.
                let s = height.min(outer) / outer;
                let here = power(s, order) + q * power(s, -(order + 1.0));
                remains *= here * power(t, order + 1.0) / (t_double + q);
            }
            y = sigma * (order * t_double - (order + 1.0) * q) / (t_double + q);
        }
        let q = falling(sigmas[0], y);
        // The source alone is the falling part at the brain's surface.
        power(depth / radii[0], order + 1.0) * (1.0 + 1.0 / q) * remains
    }
}
