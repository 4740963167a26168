//! Embedded Runge-Kutta method of order 5(4) with dense output (Dormand and Prince 1980; continuous extension of order
//! 4 by Hairer, Norsett and Wanner, Solving ODEs I, II.6).

/// Stage times, coefficients, error weights (b5 - b4) and weights of the continuous extension.
const C: [f64; 7] = [0.0, 0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0];
const A: [[f64; 6]; 7] = [
    [0.0; 6],
    [0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3.0 / 40.0, 9.0 / 40.0, 0.0, 0.0, 0.0, 0.0],
    [44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0, 0.0, 0.0, 0.0],
    [19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0, 0.0, 0.0],
    [9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0, 0.0],
    [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
const E: [f64; 7] = [
    71.0 / 57600.0,
    0.0,
    -71.0 / 16695.0,
    71.0 / 1920.0,
    -17253.0 / 339_200.0,
    22.0 / 525.0,
    -1.0 / 40.0,
];
const D: [f64; 7] = [
    -12_715_105_075.0 / 11_282_082_432.0,
    0.0,
    87_487_479_700.0 / 32_700_410_799.0,
    -10_690_763_975.0 / 1_880_347_072.0,
    701_980_252_875.0 / 199_316_789_632.0,
    -1_453_857_185.0 / 822_651_844.0,
    69_997_945.0 / 29_380_423.0,
];

/// Tolerances of the error control: each component's local error stays below `absolute + relative |x|`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Relative tolerance (> 0).
    pub relative: f64,
    /// Absolute tolerance, in the unit of the component (> 0).
    pub absolute: f64,
}

impl Default for Tolerance {
    /// 1e-8 relative, 1e-10 absolute.
    fn default() -> Self {
        Self { relative: 1e-8, absolute: 1e-10 }
    }
}

/// State of the method between steps; all memory is taken at the start.
pub(crate) struct DormandPrince {
    k: [Vec<f64>; 7],
    trial: Vec<f64>,
    stage: Vec<f64>,
    interpolant: [Vec<f64>; 5],
    step: f64,
    pub accepted: usize,
    pub rejected: usize,
}

/// Why a stretch was not finished, and at what time.
pub(crate) enum Interruption {
    /// The step size fell below the resolution of time.
    StepUnderflow(f64),
    /// The number of steps allowed is used up.
    StepLimit(f64),
}

/// What limits the steps.
#[derive(Clone, Copy)]
pub(crate) struct Control {
    pub tolerance: Tolerance,
    pub max_step: f64,
    /// Accepted and rejected steps together, over all stretches.
    pub max_steps: usize,
}

impl DormandPrince {
    pub fn new(dimension: usize) -> Self {
        let zeros = || vec![0.0; dimension];
        Self {
            k: std::array::from_fn(|_| zeros()),
            trial: zeros(),
            stage: zeros(),
            interpolant: std::array::from_fn(|_| zeros()),
            step: f64::INFINITY,
            accepted: 0,
            rejected: 0,
        }
    }

    /// Advances `y` from `t0` to `t1` over a stretch on which `f(t, y, out)` is smooth.
    ///
    /// After each accepted step `on_step(method, start, end)` is called; there [`at`](Self::at) interpolates.
    pub fn advance<Error: From<Interruption>>(
        &mut self,
        mut f: impl FnMut(f64, &[f64], &mut [f64]) -> Result<(), Error>,
        (t0, t1): (f64, f64),
        y: &mut [f64],
        control: Control,
        mut on_step: impl FnMut(&Self, f64, f64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut t = t0;
        f(t, y, &mut self.k[0])?;
        if !self.step.is_finite() {
            self.step = 0.01 * control.max_step;
        }
        while t < t1 {
            let rest = t1 - t;
            let whole = rest <= self.step;
            // Two equal steps rather than one and a sliver too short for the resolution of time.
            let h = if whole {
                rest
            } else if rest < 2.0 * self.step {
                0.5 * rest
            } else {
                self.step
            };
            if t + 0.1 * h <= t {
                return Err(Interruption::StepUnderflow(t).into());
            }
            if self.accepted + self.rejected >= control.max_steps {
                return Err(Interruption::StepLimit(t).into());
            }
            for s in 1..7 {
                for i in 0..y.len() {
                    let slope: f64 = A[s][..s].iter().zip(&self.k).map(|(a, k)| a * k[i]).sum();
                    self.stage[i] = y[i] + h * slope;
                }
                f(t + C[s] * h, &self.stage, &mut self.k[s])?;
            }
            self.trial.copy_from_slice(&self.stage);
            let error = self.error(y, h, control.tolerance);
            // A NaN compares false and so shrinks the step.
            if error <= 1.0 {
                self.interpolate(y, h);
                let end = if whole { t1 } else { t + h };
                on_step(self, t, end)?;
                y.copy_from_slice(&self.trial);
                self.k.swap(0, 6);
                t = end;
                self.accepted += 1;
                let growth = (0.9 * error.powf(-0.2)).min(5.0);
                self.step =
                    (h * growth).max(if whole { self.step } else { 0.0 }).min(control.max_step);
            } else {
                self.rejected += 1;
                self.step =
                    h * if error.is_finite() { (0.9 * error.powf(-0.2)).max(0.2) } else { 0.1 };
            }
        }
        Ok(())
    }

    /// The state at the end of the step just accepted.
    pub fn end(&self) -> &[f64] {
        &self.trial
    }

    /// Component `i` at a fraction `theta` of the step just accepted.
    pub fn at(&self, i: usize, theta: f64) -> f64 {
        let [r1, r2, r3, r4, r5] = &self.interpolant;
        let rest = 1.0 - theta;
        r1[i] + theta * (r2[i] + rest * (r3[i] + theta * (r4[i] + rest * r5[i])))
    }

    fn error(&self, y: &[f64], h: f64, tolerance: Tolerance) -> f64 {
        let mut worst = 0.0_f64;
        for i in 0..y.len() {
            let estimate: f64 = h * E.iter().zip(&self.k).map(|(e, k)| e * k[i]).sum::<f64>();
            let scale =
                tolerance.absolute + tolerance.relative * y[i].abs().max(self.trial[i].abs());
            let error = (estimate / scale).abs();
            // `max` would drop a NaN.
            worst = if error > worst || error.is_nan() { error } else { worst };
            if worst.is_nan() {
                break;
            }
        }
        worst
    }

    fn interpolate(&mut self, y: &[f64], h: f64) {
        let [r1, r2, r3, r4, r5] = &mut self.interpolant;
        for i in 0..y.len() {
            let difference = self.trial[i] - y[i];
            let bspl = h * self.k[0][i] - difference;
            r1[i] = y[i];
            r2[i] = difference;
            r3[i] = bspl;
            r4[i] = difference - h * self.k[6][i] - bspl;
            r5[i] = h * D.iter().zip(&self.k).map(|(d, k)| d * k[i]).sum::<f64>();
        }
    }
}
