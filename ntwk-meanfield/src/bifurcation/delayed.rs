//! Stability of a fixed point where spikes travel: the rates that arrive are those of earlier times.
//!
//! ```text
//! T dx_m/dt = -x_m + sum_c G_mc x_s(c)(t - d_c)      det( lambda - A_0 - sum_c A_c exp(-lambda d_c) ) = 0
//! ```
//!
//! with one row more per explicit adaptation current, which delays reach through `mu_V`. Roots are those of an infinitesimal
//! generator on Chebyshev nodes (Breda, Maset and Vermiglio, SIAM J Sci Comput 27 (2005)), refined by Newton's method; how many
//! are unstable is the winding number of the determinant along the imaginary axis (Nyquist).

use std::f64::consts::{PI, TAU};
use std::fmt;

use crate::bifurcation::fixed_point::eigenvalues;
use crate::dynamics::delay_distribution::DelayDistribution;
use crate::system::input::Input;
use crate::system::point::PointError;
use crate::system::{Connection, MeanField, Source};
use nalgebra::{Complex, DMatrix};

/// Intervals between the nodes of the generator.
const INTERVALS: usize = 20;
/// Longest delay (ms) up to which a change of stability is sought.
const LONGEST: f64 = 100.0;
/// Factors of the delays at which stability is looked at.
const LOOKS: usize = 80;
/// Steps of Newton's method.
const MAX_STEPS: usize = 30;

/// A fixed point with its delays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelayedStability {
    /// The root with the largest real part (1/s).
    pub leading: Complex<f64>,
    /// Roots with a positive real part.
    pub unstable: usize,
    /// Shortest and longest delay (ms) between populations.
    pub delays: [f64; 2],
    /// The smallest factor of all delays at which the point changes its stability, with the frequency (Hz) of the oscillation
    /// that appears or vanishes there; `None` where there is none up to a delay of 100 ms.
    pub change: Option<(f64, f64)>,
}

impl DelayedStability {
    /// Whether every root has a negative real part.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        self.unstable == 0
    }
}

impl fmt::Display for DelayedStability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [shortest, longest] = self.delays;
        let one = longest - shortest < 1e-9;
        let word = if self.is_stable() { "stable" } else { "unstable" };
        write!(f, "{word} with its delays ({}", digits(shortest))?;
        if !one {
            write!(f, " to {}", digits(longest))?;
        }
        write!(f, " ms)")?;
        let limit = |factor: f64| match one {
            true => format!("{} ms", digits(factor * longest)),
            false => format!("{} times as long", digits(factor)),
        };
        match (self.is_stable(), self.change) {
            (true, Some((factor, hz))) => {
                write!(f, "; up to {}, where an oscillation of {hz:.0} Hz sets in", limit(factor))
            }
            (true, None) => write!(f, "; so up to {LONGEST} ms"),
            (false, change) => {
                if self.leading.im != 0.0 {
                    write!(f, ": an oscillation of {:.0} Hz grows", self.leading.im.abs() / TAU)?;
                }
                match change {
                    Some((factor, _)) if one => write!(f, "; stable up to {}", limit(factor)),
                    Some((factor, _)) => write!(f, "; stable with delays {}", limit(factor)),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Three digits at most.
fn digits(x: f64) -> String {
    let decimals = (2 - x.abs().max(1e-3).log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// What follows a rate with a lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lags {
    /// The rate of a population, with the time constant `T`: the mean field as it is integrated.
    Rates,
    /// Besides, every synapse with its `tau_syn`, as in the linear response of spiking networks (Bos et al. 2016).
    RatesAndSynapses,
}

/// The linearised dynamics with delays.
#[allow(non_snake_case)]
struct Linear {
    /// What acts at once (1/ms).
    now: DMatrix<f64>,
    /// What acts after each delay (ms).
    later: Vec<(f64, DMatrix<f64>)>,
    /// Time constant of the rates (ms).
    T: f64,
}

/// Stability of a fixed point at `state` (rates, then adaptation currents) with the delays of every connection,
/// `delays[population][connection]`; those of afferents do not matter. A distribution of delays is that of the few that stand for
/// it ([`DelayDistribution::nodes`]).
///
/// A state that cells have corrected is none of the transfer functions, which give other rates `F_m` there: what is kept of them
/// are their relative slopes, `dF_m / F_m`, so that those of a population count `x_m / F_m` times. At a fixed point of the
/// transfer functions that is 1.
///
/// # Errors
/// [`PointError`] for a state or an input that does not fit the system.
pub fn delayed_stability(
    system: &MeanField,
    state: &[f64],
    input: &Input,
    delays: &[Vec<impl Clone + Into<DelayDistribution>>],
    lags: Lags,
) -> Result<Option<DelayedStability>, PointError> {
    let given: Vec<Vec<DelayDistribution>> =
        delays.iter().map(|d| d.iter().cloned().map(Into::into).collect()).collect();
    let linear = Linear::of(system, state, input, &given, lags)?;
    let (mut shortest, mut longest) = (f64::INFINITY, 0.0_f64);
    for (p, delays) in system.populations().iter().zip(&given) {
        let own = p.connections.iter().zip(delays);
        for (_, delay) in own.filter(|(c, _)| matches!(c.source, Source::Population(_))) {
            let mean = delay.mean();
            longest = longest.max(mean);
            if mean > 0.0 || lags == Lags::RatesAndSynapses {
                shortest = shortest.min(mean);
            }
        }
    }
    if !longest.is_finite() || longest <= 0.0 {
        return Ok(None);
    }
    let Some(leading) = linear.leading() else { return Ok(None) };
    let unstable = linear.unstable(1.0);
    Ok(Some(DelayedStability {
        leading: leading * 1e3,
        unstable,
        delays: [shortest, longest],
        change: linear.change(longest, unstable),
    }))
}

/// The element of what acts after `delay` (ms).
fn place(
    later: &mut Vec<(f64, DMatrix<f64>)>,
    delay: f64,
    size: usize,
    row: usize,
    column: usize,
) -> &mut f64 {
    let at = later.iter().position(|l| l.0 == delay).unwrap_or_else(|| {
        later.push((delay, DMatrix::zeros(size, size)));
        later.len() - 1
    });
    &mut later[at].1[(row, column)]
}

impl Linear {
    fn of(
        system: &MeanField,
        state: &[f64],
        input: &Input,
        delays: &[Vec<DelayDistribution>],
        lags: Lags,
    ) -> Result<Self, PointError> {
        let point = system.at(state, input)?;
        let mut whole = point.jacobian();
        // Relative slopes of the transfer functions, at the rates of the state.
        let scales: Vec<f64> = (point.transfer().iter().zip(state))
            .map(|(f, x)| if *f > 0.0 && *x > 0.0 { x / f } else { 1.0 })
            .collect();
        let decay = 1.0 / system.time_constant();
        for (m, scale) in scales.iter().enumerate() {
            whole[(m, m)] += decay;
            whole.row_mut(m).scale_mut(*scale);
            whole[(m, m)] -= decay;
        }
        let recurrent = |c: &&Connection| matches!(c.source, Source::Population(_));
        let connections = || system.populations().iter().flat_map(|p| &p.connections);
        let synapses = match lags {
            Lags::Rates => 0,
            Lags::RatesAndSynapses => connections().filter(recurrent).count(),
        };
        let size = whole.nrows() + synapses;
        let mut now = whole.clone().resize(size, size, 0.0);
        let mut synapse = whole.nrows();
        let mut later: Vec<(f64, DMatrix<f64>)> = Vec::new();
        for (m, p) in system.populations().iter().enumerate() {
            let rows = [Some(m), system.adaptation_index(m)];
            for (c, connection) in p.connections.iter().enumerate() {
                let Source::Population(source) = connection.source else { continue };
                let given = delays.get(m).and_then(|d| d.get(c));
                let nodes = given.map_or_else(|| vec![(0.0, 1.0)], DelayDistribution::nodes);
                if nodes.iter().all(|n| n.0 <= 0.0) && synapses == 0 {
                    continue;
                }
                let [rate, drift] = point.connection_jacobian(m, c);
                let part = [scales[m] * rate, drift];
                for (row, value) in rows.into_iter().zip(part) {
                    let Some(row) = row else { continue };
                    now[(row, source)] -= value;
                    match lags {
                        Lags::Rates => {
                            for &(delay, share) in &nodes {
                                *place(&mut later, delay, size, row, source) += share * value;
                            }
                        }
                        Lags::RatesAndSynapses => now[(row, synapse)] += value,
                    }
                }
                if lags == Lags::RatesAndSynapses {
                    // The synapses follow the rate that arrives: tau_syn ds/dt = x(t - d) - s.
                    let rate = 1.0 / (connection.synapse.tau_syn + connection.synapse.tau_rise);
                    now[(synapse, synapse)] = -rate;
                    for &(delay, share) in &nodes {
                        *place(&mut later, delay, size, synapse, source) = share * rate;
                    }
                    synapse += 1;
                }
            }
        }
        Ok(Self { now, later, T: system.time_constant() })
    }

    fn size(&self) -> usize {
        self.now.nrows()
    }

    /// `lambda - A_0 - sum A_c exp(-lambda f d_c)`, and its derivative.
    fn matrix(&self, z: Complex<f64>, factor: f64) -> [DMatrix<Complex<f64>>; 2] {
        let n = self.size();
        let complex = |x: f64| Complex::new(x, 0.0);
        let mut matrix = DMatrix::from_diagonal_element(n, n, z) - self.now.map(complex);
        let mut slope = DMatrix::from_diagonal_element(n, n, complex(1.0));
        for (delay, part) in &self.later {
            let d = factor * delay;
            let turned = part.map(complex) * (-z * d).exp();
            slope += &turned * complex(d);
            matrix -= turned;
        }
        [matrix, slope]
    }

    /// Newton's method for the determinant: `det / det' = 1 / trace(M^-1 M')`.
    fn refined(&self, mut z: Complex<f64>) -> Option<Complex<f64>> {
        for _ in 0..MAX_STEPS {
            let [matrix, slope] = self.matrix(z, 1.0);
            let Some(inverse) = matrix.try_inverse() else { return Some(z) };
            let step = (inverse * slope).trace().inv();
            if !step.is_finite() {
                return Some(z);
            }
            z -= step;
            if step.norm() <= 1e-13 * (z.norm() + 1e-6) {
                return Some(z);
            }
        }
        None
    }

    /// The root with the largest real part (1/ms).
    fn leading(&self) -> Option<Complex<f64>> {
        let longest = self.later.iter().map(|l| l.0).fold(0.0, f64::max);
        let (n, m) = (self.size(), INTERVALS);
        // Nodes from now to the longest delay ago.
        let nodes: Vec<f64> =
            (0..=m).map(|k| 0.5 * longest * ((PI * k as f64 / m as f64).cos() - 1.0)).collect();
        let weights: Vec<f64> = (0..=m)
            .map(|k| {
                let end = if k == 0 || k == m { 0.5 } else { 1.0 };
                if k % 2 == 0 { end } else { -end }
            })
            .collect();
        let mut generator = DMatrix::zeros(n * (m + 1), n * (m + 1));
        generator.view_mut((0, 0), (n, n)).copy_from(&self.now);
        for (delay, part) in &self.later {
            for (k, l) in lagrange(&nodes, &weights, -delay).into_iter().enumerate() {
                let mut block = generator.view_mut((0, k * n), (n, n));
                block += part * l;
            }
        }
        for i in 1..=m {
            let mut sum = 0.0;
            for j in (0..=m).filter(|j| *j != i) {
                let d = weights[j] / weights[i] / (nodes[i] - nodes[j]);
                sum -= d;
                (0..n).for_each(|r| generator[(i * n + r, j * n + r)] = d);
            }
            (0..n).for_each(|r| generator[(i * n + r, i * n + r)] = sum);
        }
        let roots = eigenvalues(generator);
        let refined = roots.iter().take(6).filter_map(|z| self.refined(z * 1e-3));
        refined.filter(|z| z.is_finite()).max_by(|a, b| a.re.total_cmp(&b.re))
    }

    /// Roots with a positive real part at `factor` times the delays: the winding number of
    /// `det M(i omega) / (i omega + 1/T)^n` from zero to infinity.
    fn unstable(&self, factor: f64) -> usize {
        let n = self.size() as i32;
        let value = |w: f64| {
            let [matrix, _] = self.matrix(Complex::new(0.0, w), factor);
            matrix.determinant() / Complex::new(1.0 / self.T, w).powi(n)
        };
        let norms: f64 = self.later.iter().map(|l| l.1.norm()).sum();
        let highest = 4.0 * f64::from(n) * (self.now.norm() + norms + 1.0 / self.T);
        let longest = factor * self.later.iter().map(|l| l.0).fold(0.0, f64::max);
        let step = (0.5 / longest).min(0.2 / self.T).min(highest / 50.0);
        let mut turned = 0.0;
        let (mut w, mut here) = (0.0, value(0.0));
        let mut stride = step;
        while w < highest {
            let next = (w + stride).min(highest);
            let there = value(next);
            let turn = (there / here).arg();
            if turn.abs() > 0.6 && stride > 1e-6 * step {
                stride *= 0.5;
                continue;
            }
            turned += turn;
            (w, here) = (next, there);
            // Beyond, the delayed terms only ripple: steps in proportion.
            stride = (stride * 2.0).min(step.max(0.02 * w));
        }
        turned -= here.arg();
        (-turned / PI).round().max(0.0) as usize
    }

    /// The smallest factor at which the number of unstable roots changes, and the frequency there (Hz).
    fn change(&self, longest: f64, unstable: usize) -> Option<(f64, f64)> {
        let now_stable = unstable == 0;
        let differs = |factor: f64| (self.unstable(factor) == 0) != now_stable;
        // Up for a stable point, down for an unstable one.
        let end: f64 = if now_stable { LONGEST / longest } else { 1e-3 };
        let mut known = 1.0;
        for k in 1..=LOOKS {
            let factor = end.powf(k as f64 / LOOKS as f64);
            if differs(factor) {
                let (mut same, mut other) = (known, factor);
                for _ in 0..50 {
                    let middle = (same * other).sqrt();
                    if differs(middle) { other = middle } else { same = middle }
                }
                let factor = (same * other).sqrt();
                return Some((factor, self.frequency(factor)));
            }
            known = factor;
        }
        None
    }

    /// Where on the imaginary axis the determinant is smallest (Hz).
    fn frequency(&self, factor: f64) -> f64 {
        let size = |w: f64| self.matrix(Complex::new(0.0, w), factor)[0].determinant().norm();
        let relative =
            |w: f64| size(w) / Complex::new(1.0 / self.T, w).norm().powi(self.size() as i32);
        let norms: f64 = self.later.iter().map(|l| l.1.norm()).sum();
        let highest = self.now.norm() + norms;
        let n = 20_000;
        let at = |k: usize| highest * k as f64 / f64::from(n);
        let least = (0..=n as usize).min_by(|a, b| relative(at(*a)).total_cmp(&relative(at(*b))));
        let centre = at(least.unwrap_or(0));
        let (mut low, mut high) = ((centre - at(1)).max(0.0), centre + at(1));
        for _ in 0..80 {
            let third = (high - low) / 3.0;
            if size(low + third) < size(high - third) { high -= third } else { low += third }
        }
        1e3 * 0.5 * (low + high) / TAU
    }
}

/// Values of the Lagrange polynomials of the nodes at `x`, by barycentric weights.
fn lagrange(nodes: &[f64], weights: &[f64], x: f64) -> Vec<f64> {
    if let Some(at) = nodes.iter().position(|n| *n == x) {
        return (0..nodes.len()).map(|k| f64::from(u8::from(k == at))).collect();
    }
    let parts: Vec<f64> = nodes.iter().zip(weights).map(|(n, w)| w / (x - n)).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|p| p / sum).collect()
}
