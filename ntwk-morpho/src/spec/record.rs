//! `[record]`: what to record.

use super::fault::fault;
use super::values::{LOCATIONS, Locations, PLACES, Places};
use super::{CellSpec, Electrode};
use crate::geometry::morphology::Morphology;
use crate::mesh::compartments::{Compartments, Location};
use crate::solver::simulation::{Probe, SynapseProbe};
use ntwk_core::spec::fault::Faults;
use ntwk_core::spec::key::Section as _;

ntwk_core::section! {
    /// A state variable of a channel.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VariableSpec {
        /// the channel
        channel: String = Text, required("the name of a channel");
        /// the variable
        variable: String = Text, required("the name of a variable of the channel, such as \"m\"");
        /// where
        at: Places = Other(PLACES), required;
    }
}

ntwk_core::section! {
    /// A current, conductance or reversal potential of a channel.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ChannelPartSpec {
        /// the channel; `leak` is that of `[membrane]`
        channel: String = Text, required("the name of a channel");
        /// the part that one ion carries, of a channel with several (`na`, `k`, `ca` or `nonspecific`); the whole when absent
        ion: Option<String> = Text, none;
        /// where
        at: Places = Other(PLACES), required;
    }
}

ntwk_core::section! {
    /// The current density of an ion.
    #[derive(Debug, Clone, PartialEq)]
    pub struct IonCurrentSpec {
        /// the ion: `na`, `k`, `ca` or `nonspecific`
        ion: String = Text, required("an ion: na, k, ca or nonspecific");
        /// where
        at: Places = Other(PLACES), required;
    }
}

ntwk_core::section! {
    /// Synapses whose sum is recorded.
    #[derive(Debug, Clone, PartialEq)]
    pub struct SynapsesSpec {
        /// the group
        group: String = Text, required("the name of a group of synapses");
        /// one receptor of the group; all when absent
        receptor: Option<String> = Text, none;
        /// where; the sum over the cell when absent
        at: Option<Places> = Other(PLACES), none;
    }
}

ntwk_core::section! {
    /// What to record, and where spikes are detected.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RecordSpec {
        /// time between samples; every step when absent
        every: Option<f64> = Quantity(Time, Positive), none;
        /// where the potential is recorded: a location or a selection (all its compartments; `all` for everywhere), or a list
        voltage: Places = Other(PLACES), or(Places::soma());
        /// where the calcium concentration is recorded
        calcium: Places = Other(PLACES), none;
        /// state variables of channels
        variables: Vec<VariableSpec> = Tables(VariableSpec::KEYS), none;
        /// current densities of channels
        currents: Vec<ChannelPartSpec> = Tables(ChannelPartSpec::KEYS), none;
        /// conductance densities of channels
        conductances: Vec<ChannelPartSpec> = Tables(ChannelPartSpec::KEYS), none;
        /// reversal potentials of channels
        reversal_potentials: Vec<ChannelPartSpec> = Tables(ChannelPartSpec::KEYS), none;
        /// current densities of ions, summed over the channels
        ion_currents: Vec<IonCurrentSpec> = Tables(IonCurrentSpec::KEYS), none;
        /// where the density of the capacitive current is recorded
        capacitive: Places = Other(PLACES), none;
        /// where the current through the membrane of a compartment is recorded: ionic, synaptic and capacitive (nA, outward)
        transmembrane: Places = Other(PLACES), none;
        /// where the current along the axis into a compartment is recorded (nA, positive away from the root)
        axial: Places = Other(PLACES), none;
        /// whether the current of every electrode is recorded (nA, into the cell)
        electrode_currents: bool = Flag, or(false);
        /// currents of groups of synapses (nA, outward: negative for an EPSC)
        synaptic_currents: Vec<SynapsesSpec> = Tables(SynapsesSpec::KEYS), none;
        /// conductances of groups of synapses
        synaptic_conductances: Vec<SynapsesSpec> = Tables(SynapsesSpec::KEYS), none;
        /// where spikes are detected
        spikes: Locations = Other(LOCATIONS), or(Locations::soma());
        /// potential whose upward crossing is a spike
        threshold: f64 = Quantity(Voltage, Any), or(0.0);
    }
}

/// Probes as they are found.
struct Probes<'a> {
    morphology: &'a Morphology,
    compartments: &'a Compartments,
    faults: &'a mut Faults,
    list: Vec<(String, Probe)>,
}

impl Probes<'_> {
    /// A probe at every point of the places; `name` and `probe` of a point.
    fn add(
        &mut self,
        key: &str,
        places: &Places,
        name: impl Fn(&str) -> String,
        probe: impl Fn(Location) -> Probe,
    ) {
        match places.points(self.morphology, self.compartments) {
            Ok(points) => {
                self.list.extend(points.into_iter().map(|(text, at)| (name(&text), probe(at))));
            }
            Err(e) => fault(self.faults, format!("record.{key}"), &e),
        }
    }

    fn parts(
        &mut self,
        key: &str,
        what: &str,
        specs: &[ChannelPartSpec],
        probe: impl Fn(String, Option<String>, Location) -> Probe,
    ) {
        for (i, s) in specs.iter().enumerate() {
            let of = s.ion.as_ref().map_or(s.channel.clone(), |ion| format!("{}.{ion}", s.channel));
            self.add(
                &format!("{key}[{i}].at"),
                &s.at,
                |at| format!("{what} of {of} at {at}"),
                |at| probe(s.channel.clone(), s.ion.clone(), at),
            );
        }
    }

    fn synapses(
        &mut self,
        key: &str,
        what: &str,
        specs: &[SynapsesSpec],
        probe: impl Fn(SynapseProbe) -> Probe,
    ) {
        for (i, s) in specs.iter().enumerate() {
            let of = s.receptor.as_ref().map_or(s.group.clone(), |r| format!("{}.{r}", s.group));
            let own = |at| {
                probe(SynapseProbe { group: s.group.clone(), receptor: s.receptor.clone(), at })
            };
            match &s.at {
                None => self.list.push((format!("{what} of {of}"), own(None))),
                Some(places) => self.add(
                    &format!("{key}[{i}].at"),
                    places,
                    |at| format!("{what} of {of} at {at}"),
                    |at| own(Some(at)),
                ),
            }
        }
    }
}

impl CellSpec {
    /// What `[record]` names, in the order of the columns.
    pub(super) fn probes(
        &self,
        morphology: &Morphology,
        compartments: &Compartments,
        faults: &mut Faults,
    ) -> Vec<(String, Probe)> {
        let r = &self.record;
        let mut p = Probes { morphology, compartments, faults, list: Vec::new() };
        p.add("voltage", &r.voltage, str::to_owned, Probe::Voltage);
        p.add("calcium", &r.calcium, |at| format!("Ca at {at}"), Probe::Calcium);
        for (i, s) in r.variables.iter().enumerate() {
            p.add(
                &format!("variables[{i}].at"),
                &s.at,
                |at| format!("{}.{} at {at}", s.channel, s.variable),
                |at| Probe::Variable {
                    mechanism: s.channel.clone(),
                    variable: s.variable.clone(),
                    at,
                },
            );
        }
        p.parts("currents", "current", &r.currents, |mechanism, ion, at| Probe::Current {
            mechanism,
            ion,
            at,
        });
        p.parts("conductances", "conductance", &r.conductances, |mechanism, ion, at| {
            Probe::Conductance { mechanism, ion, at }
        });
        p.parts("reversal_potentials", "reversal", &r.reversal_potentials, |mechanism, ion, at| {
            Probe::Reversal { mechanism, ion, at }
        });
        for (i, s) in r.ion_currents.iter().enumerate() {
            p.add(
                &format!("ion_currents[{i}].at"),
                &s.at,
                |at| format!("i_{} at {at}", s.ion),
                |at| Probe::IonCurrent { ion: s.ion.clone(), at },
            );
        }
        let named = |what: &'static str| move |at: &str| format!("{what} current at {at}");
        p.add("capacitive", &r.capacitive, named("capacitive"), Probe::Capacitive);
        p.add("transmembrane", &r.transmembrane, named("transmembrane"), Probe::Transmembrane);
        p.add("axial", &r.axial, named("axial"), Probe::Axial);
        if r.electrode_currents {
            self.electrode_probes(&mut p);
        }
        p.synapses("synaptic_currents", "current", &r.synaptic_currents, Probe::SynapticCurrent);
        p.synapses(
            "synaptic_conductances",
            "conductance",
            &r.synaptic_conductances,
            Probe::SynapticConductance,
        );
        p.list
    }

    /// The current of every electrode. A simulation counts current electrodes first, then clamps.
    fn electrode_probes(&self, p: &mut Probes<'_>) {
        let is_current = |e: &Electrode| matches!(e, Electrode::Current { .. });
        let currents = self.electrodes.iter().filter(|e| is_current(&e.electrode)).count();
        let mut next = [0, currents];
        for (i, e) in self.electrodes.iter().enumerate() {
            let kind = usize::from(!is_current(&e.electrode));
            let electrode = next[kind];
            next[kind] += 1;
            // Where it cannot be, its own key says so.
            if let Ok(at) = e.at.locate(p.morphology, p.compartments) {
                let name = format!("current of electrode {i} at {}", e.at);
                p.list.push((name, Probe::Electrode { electrode, at }));
            }
        }
    }
}
