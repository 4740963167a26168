//! A model in the keys of the Python package, as far as it has them.

use ntwk_core::Model;
use ntwk_core::model::{Afferent, Projection};
use ntwk_core::spec::{AfferentActivity, ReceptorKind};

/// Keys with their numbers, and what they leave out.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub numbers: Vec<(String, f64)>,
    /// The cells, one list for each population.
    pub cells: Vec<Vec<(&'static str, f64)>>,
    pub notes: Vec<String>,
}

/// Receptors of a population that are excitatory, or inhibitory: whose current depolarises at the threshold, or does not.
pub(super) fn receptors_of(model: &Model, population: usize, excitatory: bool) -> Vec<usize> {
    let Some(threshold) = model.populations().get(population).map(|p| p.cell.membrane().V_th)
    else {
        return Vec::new();
    };
    let depolarises = |r: &usize| {
        let (p, q) = model.receptors()[*r].kind.coefficients();
        let onto = model.projections_onto(population).filter(|x| x.receptor == *r);
        let weight: f64 = onto.map(|x| x.weight).sum();
        weight * (q - p * threshold) > 0.0
    };
    let all = model.receptors_of(population);
    all.into_iter().filter(|r| depolarises(r) == excitatory).collect()
}

impl Keys {
    pub(super) fn of(model: &Model) -> Self {
        let mut keys = Self::default();
        keys.set("SEED", model.seed() as f64);
        for population in model.populations() {
            let (name, m) = (&population.name, population.cell.membrane());
            keys.set(format!("N_{name}"), f64::from(population.size));
            let number = |key| population.parameters.get(key).unwrap_or(0.0);
            let cell = vec![
                ("Gl", m.g_L),
                ("Cm", m.C_m),
                ("El", m.E_L),
                ("Vthre", m.V_th),
                ("Vreset", m.V_reset),
                ("Trefrac", m.t_ref),
                ("deltaV", number("Delta_T")),
                ("a", m.a),
                ("b", m.b),
                ("tauw", m.tau_w),
            ];
            for (key, value) in &cell {
                keys.set(format!("{name}_{key}"), *value);
            }
            keys.cells.push(cell);
            if !["LIF", "EIF", "AdEx"].contains(&population.kind.as_str()) {
                keys.notes.push(format!(
                    "{name}: the package has no cell {}; its keys hold the membrane alone",
                    population.kind
                ));
            }
        }
        for afferent in model.afferents() {
            keys.set(format!("N_{}", afferent.name), f64::from(afferent.size));
            keys.rate(afferent);
        }
        for projection in model.projections() {
            keys.projection(model, projection);
        }
        keys.classes(model);
        keys
    }

    fn set(&mut self, key: impl Into<String>, value: f64) {
        self.numbers.push((key.into(), value));
    }

    fn get(&self, key: &str) -> Option<f64> {
        self.numbers.iter().find(|(other, _)| other == key).map(|(_, value)| *value)
    }

    /// Sets a key that several parts of the model may share; a note where they differ.
    fn agree(&mut self, key: String, value: f64, what: &str) {
        match self.get(&key) {
            None => self.set(key, value),
            Some(other) if other == value => {}
            Some(other) => self.note(format!("{key} = {other}: {what} has {value}")),
        }
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn rate(&mut self, afferent: &Afferent) {
        if let AfferentActivity::Rate { rate, .. } = &afferent.activity
            && let Some(rate) = rate.constant()
        {
            self.set(format!("F_{}", afferent.name), rate);
        }
    }

    fn projection(&mut self, model: &Model, projection: &Projection) {
        let source = model.source_name(projection.source).to_owned();
        let size = match projection.source {
            ntwk_core::model::Source::Population(i) => model.populations()[i].size,
            ntwk_core::model::Source::Afferent(i) => model.afferents()[i].size,
        };
        let target = &model.populations()[projection.target].name;
        let (pair, name) = (format!("{source}_{target}"), &projection.name);
        let what = format!("the projection {name}");
        self.agree(format!("p_{pair}"), projection.in_degree / f64::from(size), &what);
        self.agree(format!("Q_{pair}"), projection.weight, &what);
        if projection.release_probability < 1.0 {
            self.agree(format!("psyn_{pair}"), projection.release_probability, &what);
        }
        let receptor = &model.receptors()[projection.receptor];
        if receptor.kind.decays() {
            self.agree(format!("Tsyn_{source}"), receptor.tau_syn, &what);
        }
        match receptor.kind {
            ReceptorKind::Conductance { E_rev } => {
                self.agree(format!("Erev_{source}"), E_rev, &what);
            }
            ReceptorKind::Mixture { E_rev, alpha, V_0 } => {
                self.agree(format!("Erev_{source}"), E_rev, &what);
                self.agree(format!("alpha_{pair}"), alpha, &what);
                self.agree("V0".to_owned(), V_0, &what);
            }
            _ => self.note(format!(
                "{name}: the package has no synaptic currents without a conductance"
            )),
        }
        for (there, feature) in [
            (receptor.tau_rise.is_some(), "rise time of a receptor"),
            (projection.delays.as_constant() != Some(0.0), "delay without a ring"),
            (projection.weights.constant().is_none(), "distribution of weights"),
            (projection.plasticity.is_some() || projection.synapse.is_some(), "plasticity"),
        ] {
            if there {
                self.note(format!("{name}: the keys of the package have no {feature}"));
            }
        }
    }

    /// The keys of the classes, in both spellings: those of the first receptor of each.
    fn classes(&mut self, model: &Model) {
        for (excitatory, names) in [
            (true, ["Erev_Exc", "Ee", "Tsyn_Exc", "Tse"]),
            (false, ["Erev_Inh", "Ei", "Tsyn_Inh", "Tsi"]),
        ] {
            let mut all = (0..model.populations().len())
                .flat_map(|population| receptors_of(model, population, excitatory));
            let Some(receptor) = all.next().map(|r| &model.receptors()[r]) else { continue };
            let [reversal, old_reversal, decay, old_decay] = names;
            if let Some(reversed) = receptor.E_rev() {
                self.set_once(reversal, reversed);
                self.set_once(old_reversal, reversed);
            }
            self.set_once(decay, receptor.tau_syn);
            self.set_once(old_decay, receptor.tau_syn);
        }
    }

    /// A population called Exc has keys of the same names.
    fn set_once(&mut self, key: &str, value: f64) {
        if self.get(key).is_none() {
            self.set(key, value);
        }
    }
}
