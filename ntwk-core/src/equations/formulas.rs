//! Formulas of pure numbers, such as the rates of a channel or the gradient of a density.

use pulp::Arch;

use super::check::{Checker, Typed};
use super::formula_text::{FormulaFault, fault, names, read_definitions, tree};
use super::function::Function;
use super::graph::{Graph, Id, Node};
use super::interpreter::{Program, no_registers, run};
use super::op::{Op, Register};
use super::program::{Compiler, Layout, Target};
use super::syntax::{Branch, Tree};
use crate::kernel::BLOCK;
use crate::spec::units::Unit;

/// A value that formulas are compiled for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted<'t> {
    /// That of a formula.
    Value(&'t str),
    /// The partial derivative of a formula with respect to a variable.
    Slope {
        /// The formula.
        of: &'t str,
        /// The variable.
        by: &'t str,
    },
    /// The variable after a step by the exponential Euler rule x + h f (e^(A h) − 1)/(A h), A = ∂f/∂x: exact where f is linear
    /// in x and the rest does not change. Variables that depend on each other, as the states of a kinetic scheme do, make the
    /// step together by the linearly implicit Euler rule x + (1 − h J)⁻¹ h f, J = ∂f/∂x: stable however stiff they are, and what
    /// their equations conserve is conserved.
    Step {
        /// The variable x.
        variable: &'t str,
        /// dx/dt = f.
        derivative: &'t str,
        /// Length h of the step.
        step: f64,
    },
}

/// Formulas of pure numbers over named variables, compiled together: what they have in common is computed once.
///
/// The language is that of the equations of cells: `+ - * / // % ^`, comparisons, `and`, `or`, `not`, `if(condition, a, b)`
/// (both values are computed, one is taken), `min`, `max`, `clip`, `int`, `exp`, `expm1`, `exprel`, `linoid(x) = x/(e^x − 1)`,
/// `sigmoid(x) = 1/(1 + e^−x)`, `log` or `ln`, `log10`, `log1p`, `sqrt`, `abs`, `sign`, `floor`, `ceil`, trigonometric and
/// hyperbolic functions, `pi` and `e`. Powers bind tighter than signs. Where a name `celsius` is known there are also
///
/// ```text
/// nernst(c_in, c_out, z) = 10³ R T/(z F) ln(c_out/c_in)                                   (mV)
/// ghk(V, c_in, c_out, z) = 10⁻³ z F (c_in u(−x) − c_out u(x)),  u(x) = x/(e^x − 1),  x = 10⁻³ z F V/(R T)
/// ```
///
/// with T = 273.15 + celsius, R = 8.314462618 J/(mol K), F = 96485.33212 C/mol: concentrations in mM, V in mV; times a
/// permeability in cm/s, `ghk` is a current density in mA/cm² (Goldman 1943, Hodgkin and Katz 1949).
///
/// A value that is not a number (0/0 at a single point, as of `(V − a)/(1 − exp(−(V − a)/k))` at V = a) is replaced by the mean
/// of those 1e-4 to both sides in the first variable. The bits are the same on every machine.
#[derive(Debug, Clone)]
pub struct Formulas {
    arch: Arch,
    ops: Vec<Op>,
    numbers: Vec<f64>,
    variables: usize,
    /// Which variables the operations read.
    is_read: Vec<bool>,
    wanted: usize,
    temporaries: usize,
}

/// Room for what formulas compute on their way.
#[derive(Debug, Clone, Default)]
pub struct FormulaRoom(Vec<f64>);

/// Distance of the neighbours of a point without a value.
const BESIDE: f64 = 1e-4;

impl Formulas {
    /// Compiles formulas; `constants` and `definitions` (named formulas, in any order) may stand in each of them. Definitions
    /// that nothing reads are not looked at.
    ///
    /// # Errors
    /// All faults.
    pub fn compile(
        variables: &[&str],
        constants: &[(&str, f64)],
        definitions: &[(&str, &str)],
        wanted: &[Wanted<'_>],
    ) -> Result<Self, Vec<FormulaFault>> {
        let names = names(variables, constants, definitions)?;
        let parsed: Vec<_> = definitions.iter().map(|(_, text)| tree(text, &names)).collect();
        let roots: Vec<_> = wanted.iter().map(|wanted| tree(wanted.text(), &names)).collect();
        let order = read_definitions(&names, &parsed, &roots);
        let nothing = || Tree { kind: Branch::Number(0.0), span: 0..0 };
        let trees: Vec<(String, Tree)> = definitions
            .iter()
            .zip(&parsed)
            .map(|(d, tree)| (d.0.to_owned(), tree.clone().unwrap_or_else(|_| nothing())))
            .collect();
        let mut checker = Checker::new(&names, &trees);
        checker.random = false;
        let mut faults = Vec::new();
        // Each definition after those that it reads, so that a fault is found in its own text.
        for k in order {
            faults.extend(parsed[k].as_ref().err().into_iter().flatten().cloned());
            checker.definition(k, &(0..0));
            let found = std::mem::take(&mut checker.faults);
            faults.extend(found.into_iter().map(|f| fault(definitions[k].1, &f.span, f.message)));
        }
        let mut read = Vec::new();
        for (wanted, tree) in wanted.iter().zip(&roots) {
            let tree = match tree {
                Ok(tree) => tree,
                Err(found) => {
                    faults.extend(found.iter().cloned());
                    continue;
                }
            };
            let text = wanted.text();
            match checker.typed(tree) {
                Typed::Number { id, unit, .. } if unit == Unit::ONE => read.push((id, *wanted)),
                Typed::Number { unit, .. } => {
                    let problem = format!("this is in {unit}, a pure number is expected");
                    faults.push(fault(text, &tree.span, problem));
                }
                Typed::Condition(_) => {
                    let problem = "this is a condition: int(...) makes it 0 or 1".to_owned();
                    faults.push(fault(text, &tree.span, problem));
                }
                Typed::Unknown => {}
            }
            let found = std::mem::take(&mut checker.faults);
            faults.extend(found.into_iter().map(|f| fault(text, &f.span, f.message)));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let checked = std::mem::take(&mut checker.graph);
        Self::assemble(&checked, variables, constants, &read).map_err(|()| {
            let text = wanted.first().map_or("", Wanted::text).to_owned();
            vec![FormulaFault {
                text,
                column: 1,
                problem: "these formulas are too large".to_owned(),
            }]
        })
    }

    fn assemble(
        checked: &Graph,
        variables: &[&str],
        constants: &[(&str, f64)],
        read: &[(Id, Wanted<'_>)],
    ) -> Result<Self, ()> {
        let mut graph = Graph::default();
        let ids: Vec<Id> = read.iter().map(|r| r.0).collect();
        let ids = graph.copy_from(checked, &ids, |graph, node| match node {
            Node::Parameter(k) => constants.get(k as usize).map(|c| graph.number(c.1)),
            _ => None,
        });
        let variable = |name: &str| {
            Node::Variable(variables.iter().position(|v| *v == name).map_or(u32::MAX, |k| k as u32))
        };
        let mut values = ids.clone();
        let mut steps: Vec<(usize, Node, f64)> = Vec::new();
        for (k, (_, wanted)) in read.iter().enumerate() {
            match *wanted {
                Wanted::Value(_) => {}
                Wanted::Slope { by, .. } => {
                    values[k] = graph.derivatives(&[ids[k]], variable(by))[0];
                }
                Wanted::Step { variable: name, step, .. } => steps.push((k, variable(name), step)),
            }
        }
        for group in coupled(&graph, &ids, &steps) {
            let derivatives: Vec<Id> = group.iter().map(|step| ids[step.0]).collect();
            let variables: Vec<Node> = group.iter().map(|step| step.1).collect();
            let next = match (derivatives.as_slice(), variables.as_slice()) {
                (&[f], &[x]) => vec![step_of(&mut graph, f, x, group[0].2)],
                _ => joint_step(&mut graph, &derivatives, &variables, group[0].2),
            };
            group.iter().zip(next).for_each(|(step, id)| values[step.0] = id);
        }
        let (n, m) = (variables.len(), values.len());
        let layout = Layout { fixed: n + m, input: 0, random: 0 };
        let register = |k: usize| Register::try_from(k).map_err(|_| ());
        let mut targets = Vec::new();
        for (k, id) in values.into_iter().enumerate() {
            targets.push((id, Target { x: register(n + k)?, active: None }));
        }
        let ids: Vec<Id> = targets.iter().map(|target| target.0).collect();
        let mut is_read = vec![false; n];
        for id in graph.in_order(&ids) {
            if let Node::Variable(v) = graph.node(id) {
                is_read[v as usize] = true;
            }
        }
        let mut compiler = Compiler::new(&graph, layout, Vec::new());
        let mut phase = compiler.phase(&targets, false).map_err(|_| ())?;
        let numbers = compiler.finish(&mut [&mut phase]).map_err(|_| ())?;
        Ok(Self {
            arch: Arch::new(),
            ops: phase.ops,
            numbers,
            variables: n,
            is_read,
            wanted: m,
            temporaries: compiler.temporaries,
        })
    }

    /// The wanted values at one point; `variables` in their order.
    ///
    /// # Panics
    /// When there are fewer values than variables.
    #[must_use]
    pub fn at(&self, variables: &[f64]) -> Vec<f64> {
        let columns: Vec<&[f64]> = variables.iter().map(std::slice::from_ref).collect();
        let mut out = vec![vec![0.0]; self.wanted];
        self.compute(&mut FormulaRoom::default(), &columns, &[], &mut out);
        out.into_iter().map(|column| column[0]).collect()
    }

    /// The wanted values at all points: variables are the columns of `given`, then those of `own`; `values` has a column for
    /// each wanted value, of the length of the first of `given`. Does not allocate once `room` has been used.
    ///
    /// # Panics
    /// When columns are missing or too short.
    pub fn compute(
        &self,
        room: &mut FormulaRoom,
        given: &[&[f64]],
        own: &[Vec<f64>],
        values: &mut [Vec<f64>],
    ) {
        let all = given[0].len();
        for from in (0..all).step_by(BLOCK) {
            let n = BLOCK.min(all - from);
            self.load(room, given, own, from, n);
            self.block(room, values, from, n);
        }
    }

    /// The same, where the wanted values are the next ones of the variables in `own`.
    ///
    /// # Panics
    /// When columns are missing or too short.
    pub fn update(&self, room: &mut FormulaRoom, given: &[&[f64]], own: &mut [Vec<f64>]) {
        let all = given[0].len();
        for from in (0..all).step_by(BLOCK) {
            let n = BLOCK.min(all - from);
            self.load(room, given, own, from, n);
            self.block(room, own, from, n);
        }
    }

    /// Copies `n` points of the variables to the registers.
    fn load(
        &self,
        room: &mut FormulaRoom,
        given: &[&[f64]],
        own: &[Vec<f64>],
        from: usize,
        n: usize,
    ) {
        let columns = given.iter().copied().chain(own.iter().map(Vec::as_slice));
        let length = (self.variables + self.temporaries) * BLOCK;
        if room.0.len() < length {
            room.0.resize(length, 0.0);
        }
        let mut loaded = 0;
        for (register, column) in room.0.chunks_mut(BLOCK).zip(columns.take(self.variables)) {
            if self.is_read[loaded] {
                register[..n].copy_from_slice(&column[from..from + n]);
            }
            loaded += 1;
        }
        assert_eq!(loaded, self.variables, "each variable has a column");
    }

    fn block(&self, room: &mut FormulaRoom, values: &mut [Vec<f64>], from: usize, n: usize) {
        self.run(room, values.iter_mut().map(|column| &mut column[from..from + n]), n);
        // Without a way out early, so that it is a vector loop.
        let is_undefined = |column: &Vec<f64>| {
            column[from..from + n].iter().fold(false, |any, x| any | x.is_nan())
        };
        if values.iter().take(self.wanted).any(is_undefined) {
            self.around(room, values, from, n);
        }
    }

    fn run<'c>(
        &self,
        room: &'c mut FormulaRoom,
        values: impl Iterator<Item = &'c mut [f64]>,
        n: usize,
    ) {
        let mut registers = no_registers();
        let (variables, temporary) = room.0.split_at_mut(self.variables * BLOCK);
        let columns = variables.chunks_mut(BLOCK).chain(values.take(self.wanted));
        for (register, column) in
            registers.iter_mut().zip(columns.chain(temporary.chunks_mut(BLOCK)))
        {
            *register = column;
        }
        let program = Program { ops: &self.ops, scalars: &self.numbers, tables: &[] };
        run(self.arch, program, &mut registers, n);
    }

    /// Replaces what is not a number by the mean of the values to both sides in the first variable.
    #[cold]
    fn around(&self, room: &mut FormulaRoom, values: &mut [Vec<f64>], from: usize, n: usize) {
        let beside: [Vec<Vec<f64>>; 2] = [BESIDE, -2.0 * BESIDE].map(|by| {
            if self.variables > 0 {
                room.0[..n].iter_mut().for_each(|x| *x += by);
            }
            let mut out = vec![vec![0.0; n]; self.wanted];
            self.run(room, out.iter_mut().map(Vec::as_mut_slice), n);
            out
        });
        for (k, column) in values.iter_mut().enumerate().take(self.wanted) {
            for (i, x) in column[from..from + n].iter_mut().enumerate() {
                if x.is_nan() {
                    *x = 0.5 * (beside[0][k][i] + beside[1][k][i]);
                }
            }
        }
    }
}

impl<'t> Wanted<'t> {
    fn text(&self) -> &'t str {
        match *self {
            Self::Value(text)
            | Self::Slope { of: text, .. }
            | Self::Step { derivative: text, .. } => text,
        }
    }
}

/// x + h f exprel(h A), A = ∂f/∂x.
/// Groups of steps whose variables depend on each other.
fn coupled(
    graph: &Graph,
    ids: &[Id],
    steps: &[(usize, Node, f64)],
) -> Vec<Vec<(usize, Node, f64)>> {
    let n = steps.len();
    let mut reads: Vec<Vec<bool>> = steps
        .iter()
        .map(|from| steps.iter().map(|to| graph.mentions(ids[from.0], |x| x == to.1)).collect())
        .collect();
    for through in 0..n {
        for from in 0..n {
            if reads[from][through] {
                let further = reads[through].clone();
                reads[from].iter_mut().zip(further).for_each(|(read, more)| *read |= more);
            }
        }
    }
    let mut groups: Vec<Vec<(usize, Node, f64)>> = Vec::new();
    let mut group_of = vec![None; n];
    for k in 0..n {
        let partner = (0..k).find(|&other| reads[k][other] && reads[other][k]);
        let group = partner.and_then(|other| group_of[other]).unwrap_or_else(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        group_of[k] = Some(group);
        groups[group].push(steps[k]);
    }
    groups
}

/// Variables after a step of x + (1 − h J)⁻¹ h f, by elimination. For rates between states the matrix is dominated by the
/// diagonals of its columns, so that no order of elimination is better than the given one.
fn joint_step(graph: &mut Graph, f: &[Id], x: &[Node], h: f64) -> Vec<Id> {
    let n = f.len();
    let minus_h = graph.number(-h);
    let (zero, one, h) = (graph.number(0.0), graph.number(1.0), graph.number(h));
    let mut matrix: Vec<Vec<Id>> = vec![vec![zero; n]; n];
    for (column, &by) in x.iter().enumerate() {
        for (row, slope) in graph.derivatives(f, by).into_iter().enumerate() {
            let scaled = graph.multiply(slope, minus_h);
            matrix[row][column] = if row == column { graph.add(one, scaled) } else { scaled };
        }
    }
    let mut right: Vec<Id> = f.iter().map(|&f| graph.multiply(f, h)).collect();
    for pivot in 0..n {
        for row in pivot + 1..n {
            if graph.is(matrix[row][pivot], 0.0) {
                continue;
            }
            let factor = graph.divide(matrix[row][pivot], matrix[pivot][pivot]);
            let above = matrix[pivot].clone();
            for (entry, above) in matrix[row].iter_mut().zip(above).skip(pivot + 1) {
                let less = graph.multiply(factor, above);
                *entry = graph.subtract(*entry, less);
            }
            let less = graph.multiply(factor, right[pivot]);
            right[row] = graph.subtract(right[row], less);
        }
    }
    for row in (0..n).rev() {
        for column in row + 1..n {
            let less = graph.multiply(matrix[row][column], right[column]);
            right[row] = graph.subtract(right[row], less);
        }
        right[row] = graph.divide(right[row], matrix[row][row]);
    }
    x.iter()
        .zip(right)
        .map(|(&x, change)| {
            let x = graph.plain(x);
            graph.add(x, change)
        })
        .collect()
}

fn step_of(graph: &mut Graph, f: Id, x: Node, h: f64) -> Id {
    let slope = graph.derivatives(&[f], x)[0];
    let h = graph.number(h);
    let exponent = graph.multiply(slope, h);
    let full = graph.multiply(f, h);
    let shrunk = graph.apply(Function::Exprel, exponent);
    let change = graph.multiply(full, shrunk);
    let x = graph.plain(x);
    graph.add(x, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, v: f64) -> f64 {
        let constants = [("k", -2.5), ("celsius", 6.3)];
        let wanted = [Wanted::Value(text)];
        Formulas::compile(&["V", "Ca"], &constants, &[("twice", "2*V")], &wanted)
            .unwrap()
            .at(&[v, 1e-4])[0]
    }

    /// A scheme of three states whose rates are far apart, beside one that only reads it.
    #[test]
    fn variables_that_depend_on_each_other_make_a_step_together() {
        let step = |variable, derivative| Wanted::Step { variable, derivative, step: 0.5 };
        let wanted = [
            step("a", "1e4*b - 2e4*a"),
            step("b", "2e4*a - 1e4*b - b + 3*c"),
            step("c", "b - 3*c"),
            step("d", "(a - d)/2"),
        ];
        let formulas = Formulas::compile(&["a", "b", "c", "d"], &[], &[], &wanted).unwrap();
        let next = formulas.at(&[1.0, 0.0, 0.0, 0.0]);
        assert!((next[..3].iter().sum::<f64>() - 1.0).abs() < 1e-12, "{next:?}");
        // (1 - h J) x' = x
        let [a, b, c] = [next[0], next[1], next[2]];
        let rows = [
            a - 0.5 * (1e4 * b - 2e4 * a) - 1.0,
            b - 0.5 * (2e4 * a - 1e4 * b - b + 3.0 * c),
            c - 0.5 * (b - 3.0 * c),
        ];
        assert!(rows.iter().all(|row| row.abs() < 1e-9), "{rows:?}");
        assert!((next[3] - (1.0 - (-0.25f64).exp())).abs() < 1e-15);
    }

    #[test]
    fn formulas_have_their_values() {
        assert_eq!(value("1 + 2*3", 0.0), 7.0);
        assert_eq!(value("2*V/4*3", 6.0), 9.0);
        assert_eq!(value("8/2/2", 0.0), 2.0);
        assert_eq!(value("1 - 2 - 3", 0.0), -4.0);
        assert_eq!(value("-2^2 + k", 0.0), -6.5);
        assert_eq!(value("twice + if(V > 1 and not (V > 5), 1, 0)", 3.0), 7.0);
        assert_eq!(value("max(2, min(V, 0.26*(V + 50))) * 2", 100.0), 2.0 * 39.0);
        assert_eq!(value("Ca", 0.0), 1e-4);
        assert_eq!(value("linoid(V)", 0.0), 1.0);
        // A point without a value.
        assert!((value("(V - 25)/(1 - exp(-(V - 25)/10))", 25.0) - 10.0).abs() < 1e-8);
        assert!((value("sin(V)/V", 0.0) - 1.0).abs() < 1e-8);
        assert!(
            (value("sigmoid((V + 40)/5) * tanh(1) * abs(-2)", -40.0) - 1f64.tanh()).abs() < 1e-15
        );
    }

    /// NEURON 9.0.2: E of 5e-5 and 2 mM at 6.3 C, of 140 and 4 mM at 34 C.
    #[test]
    fn reversal_potentials_are_nernsts() {
        assert!((value("nernst(5e-5, 2, 2)", 0.0) - 127.5895).abs() < 1e-4);
        let at_34 = Formulas::compile(
            &["V"],
            &[("celsius", 34.0)],
            &[],
            &[Wanted::Value("nernst(140, 4, 1)")],
        );
        assert!((at_34.unwrap().at(&[0.0])[0] + 94.1034).abs() < 1e-4);
    }

    #[test]
    fn the_ghk_current_vanishes_at_the_nernst_potential_and_is_ohmic_at_equal_concentrations() {
        assert!(value("ghk(nernst(0.1, 2, 2), 0.1, 2, 2)", 0.0).abs() < 1e-12);
        // z² F² c V/(R T) 10⁻⁶
        let expected = 4.0 * 96485.33212f64.powi(2) * 2.0 * 10.0 / (8.314462618 * 279.45) * 1e-6;
        assert!((value("ghk(V, 2, 2, 2)", 10.0) / expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn slopes_and_steps() {
        let wanted = [
            Wanted::Slope { of: "V^2*x", by: "V" },
            Wanted::Step { variable: "x", derivative: "(1 - x)/V", step: 0.5 },
        ];
        let formulas = Formulas::compile(&["V", "x"], &[], &[], &wanted).unwrap();
        let found = formulas.at(&[4.0, 0.25]);
        assert_eq!(found[0], 2.0);
        assert!((found[1] - (1.0 - 0.75 * (-0.125f64).exp())).abs() < 1e-15);
        // In many places, more than one run of them.
        let v: Vec<f64> = (0..1300).map(|k| 1.0 + f64::from(k)).collect();
        let mut own = vec![vec![0.25; 1300]];
        let step = Formulas::compile(&["V", "x"], &[], &[], &wanted[1..]).unwrap();
        step.update(&mut FormulaRoom::default(), &[&v], &mut own);
        for (v, x) in v.iter().zip(&own[0]) {
            assert_eq!(*x, step.at(&[*v, 0.25])[0]);
        }
    }

    #[test]
    fn faults_have_a_column() {
        let fault = |text: &str| {
            let wanted = [Wanted::Value(text)];
            Formulas::compile(&["V"], &[("V_half", 1.0)], &[], &wanted).unwrap_err().remove(0)
        };
        for (text, column, part) in [
            ("2 * Vhalf", 5, "did you mean \"V_half\""),
            ("2 + t", 5, "there is no \"t\""),
            ("1 + 2 mV", 1, "mV"),
            ("V + rand()", 5, "cannot stand here"),
            ("V > 3", 1, "condition"),
            ("", 1, "empty"),
            ("ghk(V, 1)", 1, "ghk(V, c_in, c_out, z)"),
            ("nernst(1, 2, 2)", 1, "there is no \"celsius\""),
            ("max(1)", 1, "two values"),
        ] {
            let e = fault(text);
            assert_eq!(e.column, column, "{text}: {e}");
            assert!(e.problem.contains(part), "{text}: {e}");
        }
        let none: &[(&str, f64)] = &[];
        let circle = [("a", "b + 1"), ("b", "a + 1")];
        let wanted = [Wanted::Value("a")];
        let e = Formulas::compile(&["V"], none, &circle, &wanted).unwrap_err();
        assert!(e[0].problem.contains("defined by itself"), "{}", e[0]);
        let e = Formulas::compile(&["V", "exp"], none, &[("V", "1")], &wanted).unwrap_err();
        assert_eq!(e.len(), 2, "{e:?}");
        // Faults of a definition stand in its text, and only where it is read.
        let definitions = [("a", "2*b"), ("b", "1 + mV"), ("c", "unknown")];
        let e = Formulas::compile(&["V"], none, &definitions, &wanted).unwrap_err();
        assert_eq!((e.len(), e[0].text.as_str(), e[0].column), (1, "1 + mV", 5), "{e:?}");
    }

    /// Nothing that a file may hold panics.
    #[test]
    fn damaged_formulas_never_panic() {
        let pieces = [
            "V", "exp", "(", ")", "+", "-", "*", "/", "^", "1", ".", "e", ",", "min", "max", " ",
            "µ", "linoid", "1e400", "0", "ghk", "if", ">", "and", "nernst",
        ];
        let mut state = 1u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let wanted = [Wanted::Value(&text), Wanted::Slope { of: &text, by: "V" }];
            if let Ok(f) = Formulas::compile(&["V"], &[("celsius", 20.0)], &[], &wanted) {
                let _ = f.at(&[1.0]);
            }
        }
    }
}
