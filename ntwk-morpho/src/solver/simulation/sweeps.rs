//! The two loops over all nodes beside the elimination; types of their own, so that they are compiled for each instruction
//! set.

use pulp::NullaryFnOnce;

/// own = C/h + A g and rhs = −A i, all by position and of one length.
pub(super) struct Assemble<'a> {
    /// C/h (µS).
    pub capacitive: &'a [f64],
    /// Area factor (µS per S/cm²).
    pub area: &'a [f64],
    /// Slope conductance (S/cm²).
    pub conductance: &'a [f64],
    /// Current density (mA/cm²).
    pub current: &'a [f64],
    /// Admittance (µS).
    pub own: &'a mut [f64],
    /// Current (nA).
    pub rhs: &'a mut [f64],
}

impl NullaryFnOnce for Assemble<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let n = self.own.len();
        let (capacitive, area) = (&self.capacitive[..n], &self.area[..n]);
        let (conductance, current) = (&self.conductance[..n], &self.current[..n]);
        let (own, rhs) = (&mut self.own[..n], &mut self.rhs[..n]);
        for k in 0..n {
            own[k] = area[k].mul_add(conductance[k], capacitive[k]);
            rhs[k] = -area[k] * current[k];
        }
    }
}

/// V ← V + scale ΔV.
pub(super) struct Apply<'a> {
    /// 1 or 2.
    pub scale: f64,
    /// ΔV (mV).
    pub change: &'a [f64],
    /// f of the elimination, positive in positions from 1 on.
    pub factors: &'a [f64],
    /// V (mV).
    pub v: &'a mut [f64],
}

impl NullaryFnOnce for Apply<'_> {
    /// Whether all pivots were positive and all potentials are finite.
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let n = self.change.len();
        let (change, factors, v) = (&self.change[..n], &self.factors[..n], &mut self.v[..n]);
        let mut sound = true;
        for f in &factors[1..] {
            sound &= *f > 0.0;
        }
        for (v, dv) in v.iter_mut().zip(change) {
            *v = self.scale.mul_add(*dv, *v);
            sound &= v.abs() <= f64::MAX;
        }
        sound
    }
}
