//! An NMODL file as blocks of statements.

use ntwk_core::spec::fault::{FaultKind, Faults};

use super::syntax::{Block, Declared, File, Ion};
use super::tokens::{Token, Word, tokens, unmarked};

/// Levels of brackets and blocks.
pub(super) const DEEPEST: usize = 100;

/// Reads a file; what it cannot hold is a fault.
pub(super) fn parse(text: &str, faults: &mut Faults) -> File {
    let tokens = tokens(text, faults);
    let mut parser = Parser { tokens, at: 0, depth: 0, block: String::new(), faults };
    let mut file = File::default();
    while parser.word().is_some() {
        parser.depth = 0;
        let start = parser.at;
        if parser.section(&mut file).is_none() {
            parser.at = parser.at.max(start + 1);
            parser.leave_block(start);
        }
    }
    file
}

pub(super) struct Parser<'a> {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Name of the block that is read.
    pub(super) block: String,
    faults: &'a mut Faults,
}

impl Parser<'_> {
    pub(super) fn word(&self) -> Option<Word> {
        self.tokens.get(self.at).map(|token| token.word.clone())
    }

    pub(super) fn sign(&self) -> Option<&'static str> {
        match self.tokens.get(self.at)?.word {
            Word::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    pub(super) fn next(&mut self) {
        self.at += 1;
    }

    pub(super) fn at(&self, sign: &str) -> bool {
        self.sign() == Some(sign)
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let is = self.at(sign);
        self.at += usize::from(is);
        is
    }

    pub(super) fn expect(&mut self, sign: &str) -> Option<()> {
        if self.take(sign) {
            return Some(());
        }
        let found = self.found();
        self.fault(&format!("expected '{sign}', found {found}"));
        None
    }

    pub(super) fn found(&self) -> String {
        let token = self.tokens.get(self.at);
        token.map_or("the end of the file".to_owned(), |token| format!("'{}'", token.text()))
    }

    pub(super) fn line(&self) -> u32 {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(1, |token| token.line)
    }

    pub(super) fn fault(&mut self, rule: &str) {
        let kind = FaultKind::Combination { rule: rule.to_owned() };
        self.faults.push(self.block.clone(), None, Some(self.line()), kind);
    }

    pub(super) fn name(&mut self) -> Option<String> {
        if let Some(Word::Name(name)) = self.word() {
            self.next();
            return Some(name);
        }
        let found = self.found();
        self.fault(&format!("expected a name, found {found}"));
        None
    }

    /// Whether the next word is this name, which is then read.
    pub(super) fn take_name(&mut self, name: &str) -> bool {
        let is =
            matches!(self.tokens.get(self.at), Some(t) if t.word == Word::Name(name.to_owned()));
        self.at += usize::from(is);
        is
    }

    pub(super) fn number(&mut self) -> Option<f64> {
        let negative = self.take("-");
        if let Some(Word::Number(text)) = self.word() {
            self.next();
            let x: f64 = text.parse().ok()?;
            return Some(if negative { -x } else { x });
        }
        let found = self.found();
        self.fault(&format!("expected a number, found {found}"));
        None
    }

    /// A unit in brackets, without blanks; empty where there is none.
    pub(super) fn unit(&mut self) -> String {
        let mut unit = String::new();
        if self.take("(") {
            let mut open = 1;
            while let Some(token) = self.tokens.get(self.at) {
                self.at += 1;
                open = if token.is("(") { open + 1 } else { open - usize::from(token.is(")")) };
                if open == 0 {
                    break;
                }
                unit.push_str(token.text());
            }
        }
        unit
    }

    /// Names up to the next of `keywords` or the end of the block.
    fn names(&mut self, keywords: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            match self.word() {
                Some(Word::Name(name)) if !keywords.contains(&name.as_str()) => all.push(name),
                Some(Word::Sign(",")) => {}
                _ => return all,
            }
            self.next();
        }
    }

    /// Goes on behind the block that began after the word at `start`.
    pub(super) fn leave_block(&mut self, start: usize) {
        let mut open = 0_usize;
        for at in start..self.tokens.len() {
            if self.tokens[at].is("{") {
                open += 1;
            } else if self.tokens[at].is("}") {
                open = open.saturating_sub(1);
                if open == 0 && at + 1 >= self.at {
                    self.at = at + 1;
                    return;
                }
            }
        }
        self.at = self.tokens.len();
    }

    fn section(&mut self, file: &mut File) -> Option<()> {
        let line = self.line();
        if let Some(Word::Verbatim(text)) = self.word() {
            self.next();
            return match is_harmless(&text) {
                true => {
                    file.ignored.push((line, "VERBATIM".to_owned()));
                    Some(())
                }
                false => {
                    "VERBATIM".clone_into(&mut self.block);
                    self.at -= 1;
                    self.fault("C code cannot be imported: write what it does in NMODL");
                    self.next();
                    Some(())
                }
            };
        }
        let word = self.name()?;
        self.block.clone_from(&word);
        match word.as_str() {
            "NEURON" => self.neuron(file),
            "UNITS" => self.units(file),
            "PARAMETER" | "CONSTANT" => {
                let mut found = self.declarations()?;
                let names: Vec<String> = file.parameters.iter().map(|p| p.name.clone()).collect();
                for (k, twice) in found.iter().enumerate() {
                    let before = found[..k].iter().map(|p| &p.name).chain(&names);
                    if before.into_iter().any(|name| *name == twice.name) {
                        let kind =
                            FaultKind::Combination { rule: "it is declared twice".to_owned() };
                        self.faults.push(twice.name.clone(), None, Some(twice.line), kind);
                    }
                }
                file.parameters.append(&mut found);
                Some(())
            }
            "ASSIGNED" => {
                let mut found = self.declarations()?;
                file.assigned.append(&mut found);
                Some(())
            }
            "STATE" => {
                let mut found = self.declarations()?;
                file.states.append(&mut found);
                Some(())
            }
            "LOCAL" => {
                let names = self.variables()?;
                file.assigned
                    .extend(names.into_iter().map(|name| Declared { name, ..Declared::default() }));
                Some(())
            }
            "DEFINE" => {
                let name = self.name()?;
                let value = Some(self.number()?);
                file.parameters.push(Declared { name, value, line, ..Declared::default() });
                Some(())
            }
            "INDEPENDENT" => {
                self.leave_block(self.at);
                Some(())
            }
            "INITIAL" | "BREAKPOINT" => {
                let block = Block { line, parameters: Vec::new(), body: self.body()? };
                let place =
                    if word == "INITIAL" { &mut file.initial } else { &mut file.breakpoint };
                *place = Some(block);
                Some(())
            }
            "DERIVATIVE" | "KINETIC" | "LINEAR" | "PROCEDURE" | "FUNCTION" => {
                let name = self.name()?;
                let parameters = if self.at("(") { self.parameters()? } else { Vec::new() };
                self.unit();
                let block = Block { line, parameters, body: self.body()? };
                let list = match word.as_str() {
                    "DERIVATIVE" => &mut file.derivatives,
                    "KINETIC" => &mut file.kinetics,
                    "LINEAR" => &mut file.linear,
                    "PROCEDURE" => &mut file.procedures,
                    _ => &mut file.functions,
                };
                list.push((name, block));
                Some(())
            }
            "NET_RECEIVE" => {
                file.other_process.get_or_insert(("NET_RECEIVE".to_owned(), line));
                self.leave_block(self.at);
                Some(())
            }
            _ => {
                self.at -= 1;
                self.fault(&format!(
                    "{word} is not covered; NEURON, UNITS, PARAMETER, CONSTANT, ASSIGNED, STATE, INITIAL, BREAKPOINT, \
                     DERIVATIVE, KINETIC, LINEAR, PROCEDURE and FUNCTION are"
                ));
                None
            }
        }
    }

    fn neuron(&mut self, file: &mut File) -> Option<()> {
        const KEYWORDS: [&str; 15] = [
            "SUFFIX",
            "POINT_PROCESS",
            "ARTIFICIAL_CELL",
            "USEION",
            "READ",
            "WRITE",
            "VALENCE",
            "REPRESENTS",
            "NONSPECIFIC_CURRENT",
            "ELECTRODE_CURRENT",
            "RANGE",
            "GLOBAL",
            "POINTER",
            "BBCOREPOINTER",
            "THREADSAFE",
        ];
        self.expect("{")?;
        while !self.take("}") {
            let line = self.line();
            let word = self.name()?;
            match word.as_str() {
                "SUFFIX" => {
                    let name = self.name()?;
                    file.suffix = Some(unmarked(&name).to_owned());
                }
                "POINT_PROCESS" | "ARTIFICIAL_CELL" => {
                    file.suffix = Some(self.name()?);
                    file.other_process = Some((word, line));
                }
                "USEION" => {
                    let name = unmarked(&self.name()?).to_owned();
                    let mut ion = Ion { name, line, ..Ion::default() };
                    loop {
                        if self.take_name("READ") {
                            ion.reads.append(&mut self.names(&KEYWORDS));
                        } else if self.take_name("WRITE") {
                            ion.writes.append(&mut self.names(&KEYWORDS));
                        } else if self.take_name("VALENCE") {
                            ion.valence = Some(self.number()?);
                        } else {
                            break;
                        }
                    }
                    file.ions.push(ion);
                }
                "NONSPECIFIC_CURRENT" => {
                    file.nonspecific
                        .extend(self.names(&KEYWORDS).into_iter().map(|name| (name, line)));
                }
                "ELECTRODE_CURRENT" => {
                    self.names(&KEYWORDS);
                    file.electrode_current = Some(line);
                }
                "RANGE" => file.range.append(&mut self.names(&KEYWORDS)),
                "GLOBAL" | "EXTERNAL" | "REPRESENTS" => drop(self.names(&KEYWORDS)),
                "POINTER" | "BBCOREPOINTER" => {
                    self.at -= 1;
                    self.fault(&format!("{word}: variables of other mechanisms are not covered"));
                    self.next();
                    self.names(&KEYWORDS);
                }
                "THREADSAFE" => {}
                _ => {
                    self.at -= 1;
                    self.fault(&format!("{word} is not covered"));
                    return None;
                }
            }
        }
        Some(())
    }

    fn units(&mut self, file: &mut File) -> Option<()> {
        self.expect("{")?;
        while !self.take("}") {
            let line = self.line();
            if self.at("(") {
                self.unit();
                self.expect("=")?;
                self.unit();
                continue;
            }
            let name = self.name()?;
            self.expect("=")?;
            let value = if self.at("(") {
                let (what, unit) = (self.unit(), self.unit());
                let value = natural_constant(&what, &unit);
                if value.is_none() {
                    self.fault(&format!(
                        "({what}) ({unit}) is not a constant that is known; write its number"
                    ));
                }
                value
            } else {
                let value = Some(self.number()?);
                self.unit();
                value
            };
            file.units.push(Declared { name, value, unit: String::new(), line });
        }
        Some(())
    }

    /// `{ name = value (unit) <least, most> }`.
    fn declarations(&mut self) -> Option<Vec<Declared>> {
        self.expect("{")?;
        let mut all = Vec::new();
        while !self.take("}") {
            if self.take(",") {
                continue;
            }
            let line = self.line();
            let name = self.name()?;
            self.length_of_array()?;
            let value = if self.take("=") { Some(self.number()?) } else { None };
            let unit = self.unit();
            if self.take("<") {
                while self.word().is_some() && !self.take(">") {
                    self.next();
                }
            }
            if self.take_name("FROM") {
                self.number()?;
                if !self.take_name("TO") {
                    self.fault("FROM without TO");
                    return None;
                }
                self.number()?;
            }
            // START 0, of states.
            if self.take_name("START") {
                self.number()?;
            }
            all.push(Declared { name, value, unit, line });
        }
        Some(all)
    }

    /// `a, b`: one after each comma.
    pub(super) fn variables(&mut self) -> Option<Vec<String>> {
        let mut all = Vec::new();
        loop {
            all.push(self.name()?);
            self.length_of_array()?;
            if !self.take(",") {
                return Some(all);
            }
        }
    }

    /// `[3]` behind the name of an array.
    fn length_of_array(&mut self) -> Option<()> {
        if self.take("[") {
            self.expression()?;
            self.expect("]")?;
        }
        Some(())
    }

    /// `(a (unit), b)`.
    fn parameters(&mut self) -> Option<Vec<String>> {
        self.expect("(")?;
        let mut all = Vec::new();
        while !self.take(")") {
            all.push(self.name()?);
            self.unit();
            self.take(",");
        }
        Some(all)
    }
}

/// Whether C code does nothing: comments, `#include`, `return 0;`.
pub(super) fn is_harmless(text: &str) -> bool {
    let mut code = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        code.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    code.push_str(rest);
    code.lines().all(|line| {
        let line = line.split("//").next().unwrap_or_default().trim();
        let packed = line.replace(' ', "");
        // `cai = _ion_cai;` reads what USEION says.
        let reads_ion = packed.strip_suffix(';').and_then(|c| c.split_once("=_ion_"));
        line.is_empty()
            || line.starts_with("#include")
            || packed == "return0;"
            || reads_ion.is_some_and(|(own, ion)| own == ion)
    })
}

/// `(faraday) (coulomb)` and others of `UNITS`.
fn natural_constant(what: &str, unit: &str) -> Option<f64> {
    match (what, unit) {
        ("faraday", "coulomb" | "coulombs") => Some(96_485.332_12),
        ("faraday", "kilocoulombs" | "kilocoulomb") => Some(96.485_332_12),
        ("faraday", "10000coulomb") => Some(9.648_533_212),
        ("k-mole", "joule/degC" | "joule/kelvin") => Some(8.314_462_618),
        ("pi", "1") => Some(std::f64::consts::PI),
        _ => None,
    }
}
