//! `[extracellular]`: potentials outside the cell, its dipole moment, and the electroencephalogram they make.

use super::CellSpec;
use super::fault::fault;
use super::values::Position;
use crate::extracellular::{
    Contact, ContactShape, FourSpheres, Medium, Slice, SourceModel, dipole_moment, lead_field,
    segments,
};
use crate::geometry::morphology::Morphology;
use crate::mesh::compartments::Compartments;
use ndarray::{Array2, Axis, concatenate};
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::key::{Section as _, TableReader, Words as _};

ntwk_core::section! {
    /// Electrodes outside the cell and the medium around it.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ExtracellularSpec, check = check {
        /// how the current of a compartment is spread:
        source: SourceModel = Choice(SourceModel::WORDS), or(SourceModel::Line);
        /// conductivity of the medium (S/m)
        conductivity: f64 = Quantity(Number, Positive), or(0.3);
        /// conductivities along x, y and z (S/m), in the place of `conductivity`
        conductivities: Option<Position> = Quantities(Number, Positive), none;
        /// the medium is a slice on an electrode array, in place of an infinite one
        slice: Option<SliceSpec> = Table(SliceSpec::KEYS), none;
        /// contacts
        contacts: Vec<ContactSpec> = Tables(ContactSpec::KEYS), none;
        /// contacts in a row, as on a laminar probe, after those of `contacts`
        probe: Option<LaminarProbeSpec> = Table(LaminarProbeSpec::KEYS), none;
        /// numbers of the contacts whose mean is subtracted from all; potentials are those against infinity without
        reference: Vec<u64> = Counts("numbers of contacts, from 0"), none;
        /// whether the dipole moment is recorded (nA um)
        dipole: bool = Flag, or(false);
        /// a head of four spheres about the origin, with the cell as a dipole in it
        head: Option<HeadSpec> = Table(HeadSpec::KEYS), none;
        /// time between samples; every step when absent
        every: Option<f64> = Quantity(Time, Positive), none;
    }
}

ntwk_core::section! {
    /// A slice bottom <= z <= bottom + thickness.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct SliceSpec {
        /// z of the electrode array
        bottom: f64 = Quantity(Length, Any), or(0.0);
        /// thickness
        thickness: f64 = Quantity(Length, Positive), required;
        /// conductivity of the saline above (S/m)
        above: f64 = Quantity(Number, NonNegative), or(1.5);
        /// conductivity of the electrode array below (S/m); 0 for glass
        below: f64 = Quantity(Number, NonNegative), or(0.0);
        /// number of terms of the series of images
        images: u64 = Count(1, 1000), or(20);
    }
}

ntwk_core::section! {
    /// A contact.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ContactSpec, check = check_contact {
        /// its middle: `[x, y, z]`
        at: Position = Quantities(Length, Any), required("[x, y, z] in um");
        /// radius of a disc over which the potential is averaged; a point when absent
        radius: Option<f64> = Quantity(Length, Positive), none;
        /// side of a square over which the potential is averaged, in the place of `radius`
        side: Option<f64> = Quantity(Length, Positive), none;
        /// direction that a disc or square faces
        normal: Position = Quantities(Number, Any), or(Position([0.0, 0.0, 1.0]));
    }
}

ntwk_core::section! {
    /// Contacts in a row at equal distances.
    #[derive(Debug, Clone, PartialEq)]
    pub struct LaminarProbeSpec {
        /// the first contact: `[x, y, z]`
        first: Position = Quantities(Length, Any), required("[x, y, z] in um");
        /// the last contact: `[x, y, z]`
        last: Position = Quantities(Length, Any), required("[x, y, z] in um");
        /// number of contacts
        number: u64 = Count(2, 10_000), required;
    }
}

ntwk_core::section! {
    /// A head and electrodes on it.
    #[derive(Debug, Clone, PartialEq)]
    pub struct HeadSpec, check = check_head {
        /// where the dipole is: `[x, y, z]` from the middle of the head
        dipole: Position = Quantities(Length, Any), required("[x, y, z] in um");
        /// electrodes
        electrodes: Vec<HeadElectrodeSpec> = Tables(HeadElectrodeSpec::KEYS), none;
        /// the spheres
        spheres: FourSpheres = Flat(FourSpheres::KEYS), required;
    }
}

ntwk_core::section! {
    /// An electrode on the head.
    #[derive(Debug, Clone, PartialEq)]
    pub struct HeadElectrodeSpec {
        /// its place: `[x, y, z]` from the middle of the head
        at: Position = Quantities(Length, Any), required("[x, y, z] in um");
    }
}

fn check(spec: &ExtracellularSpec, table: &mut TableReader<'_, '_>) {
    let combination = |rule: String| FaultKind::Combination { rule };
    if let Err(e) = spec.medium().check()
        && !table.is_faulty("conductivity")
        && !table.is_faulty("conductivities")
    {
        table.fault("conductivities", combination(format!("must be {}", e.expected)));
    }
    contacts_in_slice(spec, table);
    let n = spec.contacts().len() as u64;
    if let Some(beyond) = spec.reference.iter().find(|&&r| r >= n) {
        let rule = format!("there is no contact {beyond}; there are {n}, numbered from 0");
        table.fault("reference", combination(rule));
    }
    let nothing = n == 0 && !spec.dipole && spec.head.is_none();
    if nothing && !["contacts", "probe", "head"].iter().any(|key| table.is_faulty(key)) {
        table.fault(
            "contacts",
            combination("give contacts, a probe, dipole = true or a head".to_owned()),
        );
    }
}

/// The formula of a slice holds inside it.
fn contacts_in_slice(spec: &ExtracellularSpec, table: &mut TableReader<'_, '_>) {
    let Some(slice) = spec.slice.filter(|_| !table.is_faulty("slice")) else { return };
    let own = spec.contacts.iter().enumerate();
    let mut places: Vec<(String, f64)> =
        own.map(|(i, c)| (format!("contacts[{i}].at"), c.at.0[2])).collect();
    if let Some(row) = &spec.probe {
        places.push(("probe.first".to_owned(), row.first.0[2]));
        places.push(("probe.last".to_owned(), row.last.0[2]));
    }
    for (key, z) in places {
        if let Some(rule) = slice.misses("the contact", z, z)
            && !table.is_faulty(&key)
        {
            table.fault(&key, FaultKind::Combination { rule });
        }
    }
}

impl SliceSpec {
    /// What is wrong with something that reaches from `low` to `high` (µm) along z; `None` where it lies in the slice.
    fn misses(&self, what: &str, low: f64, high: f64) -> Option<String> {
        let (bottom, top) = (self.bottom, self.bottom + self.thickness);
        if bottom <= low && high <= top {
            return None;
        }
        let at = if low == high { format!("{low}") } else { format!("{low} to {high}") };
        Some(format!(
            "{what} is at z = {at} um, outside the slice from {bottom} to {top} um: change bottom or thickness of [extracellular.slice]"
        ))
    }
}

fn check_contact(contact: &ContactSpec, table: &mut TableReader<'_, '_>) {
    if contact.radius.is_some() && contact.side.is_some() {
        let rule = "a contact is a disc (radius) or a square (side), not both".to_owned();
        table.fault("side", FaultKind::Combination { rule });
    }
    if contact.normal.0 == [0.0; 3] {
        let rule = "expected a direction other than [0, 0, 0]".to_owned();
        table.fault("normal", FaultKind::Combination { rule });
    }
}

fn check_head(head: &HeadSpec, table: &mut TableReader<'_, '_>) {
    if head.electrodes.is_empty() && !table.is_faulty("electrodes") {
        let rule = "expected [[extracellular.head.electrodes]] with at".to_owned();
        table.fault("electrodes", FaultKind::Combination { rule });
    }
    for (i, e) in head.electrodes.iter().enumerate() {
        if let Err(e) = head.spheres.lead_field(head.dipole.0, e.at.0) {
            let key = match e.name {
                "electrode" => format!("electrodes[{i}].at"),
                name => name.to_owned(),
            };
            if !table.is_faulty(&key) {
                let rule = format!("expected {}, found {} um", e.expected, e.value);
                table.fault(&key, FaultKind::Combination { rule });
            }
        }
    }
}

impl ExtracellularSpec {
    /// The medium.
    #[must_use]
    pub fn medium(&self) -> Medium {
        let slice = self.slice.map(|s| Slice {
            bottom: s.bottom,
            thickness: s.thickness,
            above: s.above,
            below: s.below,
            images: s.images as usize,
        });
        let conductivity = self.conductivities.map_or([self.conductivity; 3], |c| c.0);
        Medium { conductivity, slice }
    }

    /// The contacts, those of the probe last.
    #[must_use]
    pub fn contacts(&self) -> Vec<Contact> {
        let own = self.contacts.iter().map(|c| {
            let normal = c.normal.0;
            let shape = match (c.radius, c.side) {
                (Some(radius), _) => ContactShape::Disc { normal, radius },
                (None, Some(side)) => ContactShape::Square { normal, side },
                (None, None) => ContactShape::Point,
            };
            Contact { position: c.at.0, shape }
        });
        let row = self.probe.iter().flat_map(|p| {
            (0..p.number).map(|k| {
                let t = k as f64 / (p.number - 1) as f64;
                let (a, b) = (p.first.0, p.last.0);
                Contact::point([0, 1, 2].map(|i| a[i] + t * (b[i] - a[i])))
            })
        });
        own.chain(row).collect()
    }
}

/// What is recorded outside the cell: a sum of transmembrane currents per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    /// Weights, `[n_rows, n_compartments]`.
    pub weights: Array2<f64>,
    /// Rows in their order.
    pub rows: Vec<OutsideRow>,
    /// Steps between samples.
    pub every: u64,
}

/// What a row of [`Outside`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideRow {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: &'static str,
    /// Position of a contact (µm).
    pub at: Option<[f64; 3]>,
}

impl CellSpec {
    /// The sums that `[extracellular]` asks for.
    pub(super) fn outside(
        &self,
        morphology: &Morphology,
        compartments: &Compartments,
        faults: &mut Faults,
    ) -> Option<Outside> {
        let spec = self.extracellular.as_ref()?;
        let sources = segments(morphology, compartments);
        if let Some(slice) = spec.slice {
            let z = sources.iter().flatten().flat_map(|s| [s.start[2], s.end[2]]);
            let (low, high) = z.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), z| {
                (low.min(z), high.max(z))
            });
            if let Some(rule) = slice.misses("the cell", low, high) {
                fault(faults, "extracellular.slice", &rule);
                return None;
            }
        }
        let contacts = spec.contacts();
        let mut potentials = lead_field(&sources, &contacts, spec.source, &spec.medium());
        if !spec.reference.is_empty() {
            let mut mean = ndarray::Array1::zeros(sources.len());
            for &r in &spec.reference {
                mean += &potentials.row(r as usize);
            }
            mean /= spec.reference.len() as f64;
            potentials -= &mean;
        }
        let row = |name: String, unit, at| OutsideRow { name, unit, at };
        let mut rows: Vec<OutsideRow> = contacts
            .iter()
            .enumerate()
            .map(|(k, c)| row(format!("contact {k}"), "mV", Some(c.position)))
            .collect();
        let moment = dipole_moment(&sources);
        let mut parts = vec![potentials];
        if spec.dipole {
            rows.extend(["x", "y", "z"].map(|axis| row(format!("dipole {axis}"), "nA um", None)));
            parts.push(moment.clone());
        }
        if let Some(head) = &spec.head {
            for (k, e) in head.electrodes.iter().enumerate() {
                let Ok(lead) = head.spheres.lead_field(head.dipole.0, e.at.0) else {
                    fault(faults, "extracellular.head", "the head is not valid");
                    return None;
                };
                let lead = Array2::from_shape_fn((1, 3), |(_, i)| lead[i]);
                parts.push(lead.dot(&moment));
                rows.push(row(format!("EEG {k}"), "mV", None));
            }
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let weights = concatenate(Axis(0), &views).ok()?;
        let dt = self.simulation.settings.dt;
        let every = spec.every.map_or(1, |t| (t / dt).round().max(1.0) as u64);
        Some(Outside { weights, rows, every })
    }
}
