//! A mechanism in its compartments.

use crate::membrane::cell::Insertion;
use crate::membrane::mechanism::{LANES, MechanismState, Membrane, Site};

/// The state of an inserted mechanism and the way between its places and the cell's compartments.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    name: String,
    state: Box<dyn MechanismState>,
    uses_calcium: bool,
    n_places: usize,
    /// `None` when the places are all compartments: then the mechanism works on the cell's own arrays, and on nodes without
    /// area to no effect.
    gather: Option<Gather>,
    /// Length of the arrays the mechanism sees.
    padded: usize,
}

/// Places and copies of the cell's arrays at them, padded with copies of the first place.
#[derive(Debug, Clone)]
struct Gather {
    places: Vec<u32>,
    v: Vec<f64>,
    calcium: Vec<f64>,
    calcium_current: Vec<f64>,
    current: Vec<f64>,
    conductance: Vec<f64>,
}

/// A part of a mechanism's current, by place.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartValues {
    /// (mA/cm², S/cm²).
    pub current_and_conductance: [Vec<f64>; 2],
    /// The potential of the solution (mV).
    pub potential: Vec<f64>,
}

impl Placed {
    /// `positions` has the place of every node in the cell's arrays.
    pub fn new(
        insertion: &Insertion,
        n_compartments: usize,
        positions: &[u32],
        celsius: f64,
    ) -> Self {
        let everywhere = insertion.places.len() == n_compartments;
        let mut order: Vec<(u32, f64)> = insertion
            .places
            .iter()
            .zip(&insertion.scale)
            .map(|(&c, &s)| (positions[c], s))
            .collect();
        order.sort_by_key(|o| o.0);
        // Behind the last compartment lie only ends of branches.
        let n = if everywhere { order.last().map_or(0, |o| o.0 as usize + 1) } else { order.len() };
        let padded = n.next_multiple_of(LANES);
        let mut scale = vec![0.0; padded];
        for (k, (position, s)) in order.iter().enumerate() {
            scale[if everywhere { *position as usize } else { k }] = *s;
        }
        let gather = (!everywhere).then(|| {
            let mut places: Vec<u32> = order.iter().map(|o| o.0).collect();
            places.resize(padded, places[0]);
            let zeros = vec![0.0; padded];
            Gather {
                places,
                v: zeros.clone(),
                calcium: zeros.clone(),
                calcium_current: zeros.clone(),
                current: zeros.clone(),
                conductance: zeros,
            }
        });
        let uses_calcium = insertion.mechanism.uses_calcium();
        let state = insertion.mechanism.instantiate(Site { celsius, scale, n_compartments: n });
        Placed { name: insertion.name.clone(), state, uses_calcium, n_places: n, gather, padded }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Numbers kept per place, all together.
    pub fn reals(&self) -> usize {
        // The factor on the density, the variables, and the copies of the cell's arrays.
        let copies = if self.gather.is_some() { 5 } else { 0 };
        self.padded * (1 + self.state.variables().len() + copies)
    }

    pub fn uses_calcium(&self) -> bool {
        self.uses_calcium
    }

    pub fn variables(&self) -> Vec<&str> {
        self.state.variables()
    }

    pub fn variable(&self, index: usize, place: usize) -> f64 {
        self.state.variable(index).and_then(|x| x.get(place)).copied().unwrap_or(f64::NAN)
    }

    /// A state variable in all places.
    pub fn values(&self, index: usize) -> &[f64] {
        self.state.variable(index).map_or(&[], |x| &x[..self.n_places])
    }

    /// The same, to be set.
    pub fn values_mut(&mut self, index: usize) -> &mut [f64] {
        let n = self.n_places;
        self.state.variable_mut(index).map_or(&mut [], |x| &mut x[..n])
    }

    /// Index among the places of a compartment at this position.
    pub fn place(&self, position: usize) -> Option<usize> {
        match &self.gather {
            None => Some(position),
            Some(g) => g.places[..self.n_places].binary_search(&(position as u32)).ok(),
        }
    }

    pub fn initialise(&mut self, cell: &mut Membrane<'_>) {
        self.with(cell, |state, membrane| state.initialise(membrane));
    }

    pub fn currents(&mut self, cell: &mut Membrane<'_>) {
        self.with(cell, |state, membrane| state.currents(membrane));
    }

    pub fn advance(&mut self, cell: &mut Membrane<'_>, dt: f64) {
        self.with(cell, |state, membrane| state.advance(membrane, dt));
    }

    /// The ion of each part of the current.
    pub fn ions(&self) -> Vec<&str> {
        self.state.ions()
    }

    /// A part of the current by place, with the change of the potential that a step found.
    pub fn part(
        &mut self,
        part: usize,
        v: &[f64],
        calcium: &[f64],
        change: &[f64],
        values: &mut PartValues,
    ) {
        let n = self.padded;
        let both = &mut values.current_and_conductance;
        match &mut self.gather {
            None => self.state.part(part, &v[..n], &calcium[..n], both),
            Some(g) => {
                for ((v_here, c_here), &p) in g.v.iter_mut().zip(&mut g.calcium).zip(&g.places) {
                    *v_here = v[p as usize];
                    *c_here = calcium[p as usize];
                }
                self.state.part(part, &g.v, &g.calcium, both);
            }
        }
        values.potential.clear();
        let [current, conductance] = both;
        for (k, (i, g)) in current.iter_mut().zip(conductance).enumerate() {
            let position = self.gather.as_ref().map_or(k, |gather| gather.places[k] as usize);
            // Padding lies beyond the last node.
            let dv = change.get(position).copied().unwrap_or(0.0);
            *i += *g * dv;
            values.potential.push(v[position] + dv);
        }
    }

    /// The first position with a variable that is not finite.
    pub fn non_finite(&self) -> Option<(usize, &str)> {
        for (index, name) in self.state.variables().iter().enumerate() {
            let place = (0..self.n_places).find(|&p| !self.variable(index, p).is_finite());
            if let Some(p) = place {
                return Some((self.gather.as_ref().map_or(p, |g| g.places[p] as usize), name));
            }
        }
        None
    }

    /// Calls the mechanism on the cell's arrays, or on copies of the places that are then added back.
    fn with(
        &mut self,
        cell: &mut Membrane<'_>,
        call: impl FnOnce(&mut dyn MechanismState, &mut Membrane<'_>),
    ) {
        let n = self.padded;
        let Some(g) = &mut self.gather else {
            let mut membrane = Membrane {
                v: &cell.v[..n],
                calcium: &mut cell.calcium[..n],
                calcium_current: &mut cell.calcium_current[..n],
                current: &mut cell.current[..n],
                conductance: &mut cell.conductance[..n],
            };
            call(self.state.as_mut(), &mut membrane);
            return;
        };
        for (v, &p) in g.v.iter_mut().zip(&g.places) {
            *v = cell.v[p as usize];
        }
        g.current.fill(0.0);
        g.conductance.fill(0.0);
        if self.uses_calcium {
            for ((c, i), &p) in g.calcium.iter_mut().zip(&mut g.calcium_current).zip(&g.places) {
                *c = cell.calcium[p as usize];
                *i = cell.calcium_current[p as usize];
            }
        }
        let mut membrane = Membrane {
            v: &g.v,
            calcium: &mut g.calcium,
            calcium_current: &mut g.calcium_current,
            current: &mut g.current,
            conductance: &mut g.conductance,
        };
        call(self.state.as_mut(), &mut membrane);
        for (k, &p) in g.places[..self.n_places].iter().enumerate() {
            cell.current[p as usize] += g.current[k];
            cell.conductance[p as usize] += g.conductance[k];
        }
        if self.uses_calcium {
            for (k, &p) in g.places[..self.n_places].iter().enumerate() {
                cell.calcium[p as usize] = g.calcium[k];
                cell.calcium_current[p as usize] = g.calcium_current[k];
            }
        }
    }
}
