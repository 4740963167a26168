//! Currents through gates that follow first-order kinetics: the loop that all channels share.

use crate::membrane::exponential::relaxation;
use crate::membrane::mechanism::{
    LANES, Mechanism, MechanismState, Membrane, Site, passed, shortest,
};
use crate::parameter_error::ParameterError;
use nalgebra::Complex;
use pulp::{Arch, NullaryFnOnce};
use std::fmt::Debug;

/// What a gate tends to and how fast at one potential: dx/dt = (inf − x) rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// Steady state x∞.
    pub inf: f64,
    /// 1/τ (1/ms).
    pub rate: f64,
}

impl Gate {
    /// From opening and closing rates (1/ms): x∞ = α/(α + β), 1/τ = α + β.
    #[inline(always)]
    #[must_use]
    pub fn rates(alpha: f64, beta: f64) -> Self {
        let rate = alpha + beta;
        Gate { inf: alpha / rate, rate }
    }

    /// From the steady state and the time constant (ms).
    #[inline(always)]
    #[must_use]
    pub fn tau(inf: f64, tau: f64) -> Self {
        Gate { inf, rate: 1.0 / tau }
    }
}

/// A current through `N` gates. Implementing this gives a [`Mechanism`].
///
/// The functions called in the loop are pure and should be `#[inline(always)]` and free of branches, with
/// [`crate::membrane::exponential`] for elementary functions: then the loop vectorises.
pub trait Kinetics<const N: usize>: Debug + Clone + Send + Sync + 'static {
    /// What follows from the parameters and the temperature alone.
    type Derived: Debug + Clone + Send + Sync + 'static;

    /// Name of the kind, the default name of an instance.
    const KIND: &'static str;
    /// Names of the gates.
    const GATES: [&'static str; N];
    /// The ion that carries each part of the current: `na`, `k`, `ca` or [`NONSPECIFIC`](crate::membrane::mechanism::NONSPECIFIC).
    const IONS: &'static [&'static str];
    /// Whether the gates depend on calcium.
    const READS_CALCIUM: bool = false;
    /// Whether the current is carried by calcium.
    const CARRIES_CALCIUM: bool = false;

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first parameter out of range.
    fn check(&self) -> Result<(), ParameterError>;

    /// Constants at `celsius` (°C).
    fn derive(&self, celsius: f64) -> Self::Derived;

    /// The gates at potential `v` (mV) and calcium `calcium` (mM).
    fn gates(&self, derived: &Self::Derived, v: f64, calcium: f64) -> [Gate; N];

    /// Current density (mA/cm², outward positive) and slope conductance (S/cm²) for gates `x`.
    fn current(&self, derived: &Self::Derived, x: [f64; N], v: f64) -> (f64, f64);

    /// The same for one part of [`Kinetics::IONS`]; of a current in one part the whole.
    fn part(&self, derived: &Self::Derived, x: [f64; N], v: f64, part: usize) -> (f64, f64) {
        let _ = part;
        self.current(derived, x, v)
    }
}

/// The marker through which every [`Kinetics`] is a [`Mechanism`].
#[derive(Debug, Clone)]
pub struct Channel<K, const N: usize>(pub K);

impl<K: Kinetics<N>, const N: usize> Mechanism for Channel<K, N> {
    fn kind(&self) -> &str {
        K::KIND
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.0.check()
    }

    fn instantiate(&self, site: Site) -> Box<dyn MechanismState> {
        let n = site.scale.len().next_multiple_of(LANES);
        let mut scale = site.scale;
        scale.resize(n, 0.0);
        Box::new(ChannelState {
            derived: self.0.derive(site.celsius),
            kinetics: self.0.clone(),
            gates: std::array::from_fn(|_| vec![0.0; n]),
            scale,
            arch: Arch::new(),
        })
    }

    /// Y(ω) = ∂i/∂V + Σ_j ∂i/∂x_j · dx∞_j/dV / (1 + iωτ_j) about the steady state (quasi-active membrane, Koch 1984).
    /// Differences are centred with 1e-3 mV and 1e-4 of a gate. A dependence on calcium counts as constant.
    fn admittance(&self, celsius: f64, v: f64, calcium: f64, omega: f64) -> Option<Complex<f64>> {
        let k = &self.0;
        let d = k.derive(celsius);
        let gates = k.gates(&d, v, calcium);
        let (up, down) = (k.gates(&d, v + 1e-3, calcium), k.gates(&d, v - 1e-3, calcium));
        let x = gates.map(|g| g.inf);
        let mut y = Complex::new(k.current(&d, x, v).1, 0.0);
        for j in 0..N {
            let (mut above, mut below) = (x, x);
            above[j] += 1e-4;
            below[j] -= 1e-4;
            let di_dx = (k.current(&d, above, v).0 - k.current(&d, below, v).0) / 2e-4;
            let dx_dv = (up[j].inf - down[j].inf) / 2e-3;
            y += Complex::new(di_dx * dx_dv, 0.0) / Complex::new(1.0, omega / gates[j].rate);
        }
        Some(y)
    }

    fn fastest(&self, celsius: f64, calcium: f64) -> Option<f64> {
        let d = self.0.derive(celsius);
        shortest(passed().flat_map(|v| self.0.gates(&d, v, calcium).map(|g| g.rate)))
    }

    fn uses_calcium(&self) -> bool {
        K::READS_CALCIUM || K::CARRIES_CALCIUM
    }
}

/// The gates of a channel in all places, one array per gate.
#[derive(Debug, Clone)]
struct ChannelState<K: Kinetics<N>, const N: usize> {
    kinetics: K,
    derived: K::Derived,
    /// Factor on the density, zero in the padding.
    scale: Vec<f64>,
    gates: [Vec<f64>; N],
    arch: Arch,
}

/// A block of an array as an array of fixed length.
#[inline(always)]
fn block(a: &[f64], at: usize) -> [f64; LANES] {
    let mut out = [0.0; LANES];
    out.copy_from_slice(&a[at..at + LANES]);
    out
}

/// i += scale · i_density(x, V), g likewise. A type of its own, so that it is compiled for each instruction set.
struct Currents<'a, 'b, K: Kinetics<N>, const N: usize> {
    channel: &'a ChannelState<K, N>,
    membrane: &'a mut Membrane<'b>,
}

impl<K: Kinetics<N>, const N: usize> NullaryFnOnce for Currents<'_, '_, K, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Currents { channel, membrane } = self;
        for at in (0..channel.scale.len()).step_by(LANES) {
            let v = block(membrane.v, at);
            let scale = block(&channel.scale, at);
            let mut x = [[0.0; LANES]; N];
            for (x, gate) in x.iter_mut().zip(&channel.gates) {
                *x = block(gate, at);
            }
            let mut current = [0.0; LANES];
            let mut slope = [0.0; LANES];
            for l in 0..LANES {
                let mut gates = [0.0; N];
                for j in 0..N {
                    gates[j] = x[j][l];
                }
                let (i, g) = channel.kinetics.current(&channel.derived, gates, v[l]);
                current[l] = scale[l] * i;
                slope[l] = scale[l] * g;
            }
            add(membrane.current, at, &current);
            add(membrane.conductance, at, &slope);
            if K::CARRIES_CALCIUM {
                add(membrane.calcium_current, at, &current);
            }
        }
    }
}

/// x ← x + (x∞ − x)(1 − e^{−dt/τ}): exact while V does not change.
struct Advance<'a, 'b, K: Kinetics<N>, const N: usize> {
    channel: &'a mut ChannelState<K, N>,
    membrane: &'a Membrane<'b>,
    dt: f64,
}

impl<K: Kinetics<N>, const N: usize> NullaryFnOnce for Advance<'_, '_, K, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Advance { channel, membrane, dt } = self;
        for at in (0..channel.scale.len()).step_by(LANES) {
            let v = block(membrane.v, at);
            let calcium = if K::READS_CALCIUM { block(membrane.calcium, at) } else { [0.0; LANES] };
            let mut x = [[0.0; LANES]; N];
            for (x, gate) in x.iter_mut().zip(&channel.gates) {
                *x = block(gate, at);
            }
            let (mut inf, mut z) = ([[0.0; LANES]; N], [[0.0; LANES]; N]);
            for l in 0..LANES {
                let g = channel.kinetics.gates(&channel.derived, v[l], calcium[l]);
                for j in 0..N {
                    inf[j][l] = g[j].inf;
                    z[j][l] = dt * g[j].rate;
                }
            }
            for j in 0..N {
                let part = relaxation(&z[j]);
                for l in 0..LANES {
                    x[j][l] = (inf[j][l] - x[j][l]).mul_add(part[l], x[j][l]);
                }
            }
            for (x, gate) in x.iter().zip(&mut channel.gates) {
                gate[at..at + LANES].copy_from_slice(x);
            }
        }
    }
}

#[inline(always)]
fn add(into: &mut [f64], at: usize, what: &[f64; LANES]) {
    for (a, b) in into[at..at + LANES].iter_mut().zip(what) {
        *a += b;
    }
}

impl<K: Kinetics<N>, const N: usize> MechanismState for ChannelState<K, N> {
    fn initialise(&mut self, membrane: &mut Membrane<'_>) {
        for i in 0..self.scale.len() {
            let g = self.kinetics.gates(&self.derived, membrane.v[i], membrane.calcium[i]);
            for (x, g) in self.gates.iter_mut().zip(g) {
                x[i] = g.inf;
            }
        }
    }

    fn currents(&mut self, membrane: &mut Membrane<'_>) {
        self.arch.dispatch(Currents { channel: self, membrane });
    }

    fn advance(&mut self, membrane: &mut Membrane<'_>, dt: f64) {
        self.arch.dispatch(Advance { channel: self, membrane, dt });
    }

    fn ions(&self) -> Vec<&str> {
        K::IONS.to_vec()
    }

    fn part(&mut self, part: usize, v: &[f64], _: &[f64], values: &mut [Vec<f64>; 2]) {
        values.iter_mut().for_each(Vec::clear);
        for (i, (scale, &v)) in self.scale.iter().zip(v).enumerate() {
            let x = std::array::from_fn(|j| self.gates[j][i]);
            let (current, slope) = self.kinetics.part(&self.derived, x, v, part);
            values[0].push(scale * current);
            values[1].push(scale * slope);
        }
    }

    fn variables(&self) -> Vec<&str> {
        K::GATES.to_vec()
    }

    fn variable(&self, index: usize) -> Option<&[f64]> {
        self.gates.get(index).map(Vec::as_slice)
    }

    fn variable_mut(&mut self, index: usize) -> Option<&mut [f64]> {
        self.gates.get_mut(index).map(Vec::as_mut_slice)
    }

    fn boxed_clone(&self) -> Box<dyn MechanismState> {
        Box::new(self.clone())
    }
}
