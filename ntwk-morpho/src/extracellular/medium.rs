//! What currents spread in.

use crate::parameter_error::ParameterError;

/// A conductor around the cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Medium {
    /// Conductivity along x, y and z (S/m).
    pub conductivity: [f64; 3],
    /// The conductor is a slice; infinite when absent.
    pub slice: Option<Slice>,
}

/// A slice `bottom` ≤ z ≤ `bottom` + `thickness` on an electrode array, with another conductor above (Ness et al. 2015). The formula
/// holds for sources and contacts within it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slice {
    /// z of the electrode array (µm).
    pub bottom: f64,
    /// Thickness (µm).
    pub thickness: f64,
    /// Conductivity above, of the saline (S/m).
    pub above: f64,
    /// Conductivity below, of the electrode array (S/m); 0 for glass.
    pub below: f64,
    /// Number of terms of the series of images.
    pub images: usize,
}

/// A mirrored source: z ↦ sign·z + shift, with a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Image {
    pub weight: f64,
    pub sign: f64,
    pub shift: f64,
}

impl Medium {
    /// An infinite, homogeneous, isotropic conductor.
    #[must_use]
    pub fn infinite(conductivity: f64) -> Self {
        Medium { conductivity: [conductivity; 3], slice: None }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        for c in self.conductivity {
            ParameterError::positive("conductivity", c, "S/m")?;
        }
        let Some(slice) = self.slice else { return Ok(()) };
        ParameterError::finite("bottom", slice.bottom, "um")?;
        ParameterError::positive("thickness", slice.thickness, "um")?;
        ParameterError::not_negative("above", slice.above, "S/m")?;
        ParameterError::not_negative("below", slice.below, "S/m")?;
        let [x, y, z] = self.conductivity;
        if x != y || x != z {
            let expected = "one conductivity for all directions in a slice";
            return Err(ParameterError { name: "conductivity", value: y, unit: "S/m", expected });
        }
        Ok(())
    }

    /// The source itself and its images.
    ///
    /// With W_S = (σ_T − σ_S)/(σ_T + σ_S), W_G likewise and Ω(u) = 1/√(Δx² + Δy² + u²), a point source at z' gives at z (both
    /// from the bottom of the slice)
    ///
    /// ```text
    /// 4πσ_T φ/I = Ω(z − z') + W_S Ω(z + z' − 2h) + W_G Ω(z + z')
    ///     + Σ_n (W_S W_G)^n [W_S Ω(z + z' − 2(n+1)h) + W_G Ω(z + z' + 2nh) + Ω(z − z' + 2nh) + Ω(z − z' − 2nh)]
    /// ```
    pub(super) fn images(&self) -> Vec<Image> {
        let itself = Image { weight: 1.0, sign: 1.0, shift: 0.0 };
        let Some(Slice { bottom, thickness: h, above, below, images }) = self.slice else {
            return vec![itself];
        };
        // Mirrored at the bottom, not at z = 0.
        let image = |weight: f64, sign: f64, shift: f64| {
            let from_bottom = if sign < 0.0 { 2.0 * bottom } else { 0.0 };
            Image { weight, sign, shift: shift + from_bottom }
        };
        let mut all = vec![itself];
        let tissue = self.conductivity[0];
        let ratio = |other: f64| (tissue - other) / (tissue + other);
        let (w_s, w_g) = (ratio(above), ratio(below));
        all.push(image(w_s, -1.0, 2.0 * h));
        all.push(image(w_g, -1.0, 0.0));
        let mut power = 1.0;
        for n in 1..images.max(1) {
            power *= w_s * w_g;
            let (n, by) = (n as f64, 2.0 * n as f64 * h);
            all.push(image(power * w_s, -1.0, 2.0 * (n + 1.0) * h));
            all.push(image(power * w_g, -1.0, -by));
            all.push(image(power, 1.0, -by));
            all.push(image(power, 1.0, by));
        }
        all.retain(|i| i.weight != 0.0);
        all
    }
}
