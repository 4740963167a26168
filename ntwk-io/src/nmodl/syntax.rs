//! Expressions and statements of NMODL, and expressions as formulas of a cell file.

use std::fmt;

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Or,
    And,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Equal,
    Unequal,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

use Operation::{
    Add, And, Divide, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Multiply, Or, Power,
    Subtract, Unequal,
};

impl Operation {
    pub(super) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "||" => Or,
            "&&" => And,
            "<" => Less,
            ">" => Greater,
            "<=" => LessOrEqual,
            ">=" => GreaterOrEqual,
            "==" => Equal,
            "!=" => Unequal,
            "+" => Add,
            "-" => Subtract,
            "*" => Multiply,
            "/" => Divide,
            "^" => Power,
            _ => return None,
        })
    }

    /// How it is written in a formula.
    fn sign(self) -> &'static str {
        match self {
            Or => " or ",
            And => " and ",
            Less => " < ",
            Greater => " > ",
            LessOrEqual => " <= ",
            GreaterOrEqual => " >= ",
            Equal => " == ",
            Unequal => " != ",
            Add => " + ",
            Subtract => " - ",
            Multiply => "*",
            Divide => "/",
            Power => "^",
        }
    }

    /// Higher binds tighter; a minus sign has [`SIGN`].
    pub(super) fn strength(self) -> u8 {
        match self {
            Or => 1,
            And => 2,
            Less | Greater | LessOrEqual | GreaterOrEqual | Equal | Unequal => 3,
            Add | Subtract => 4,
            Multiply | Divide => 5,
            Power => 7,
        }
    }
}

/// Strength of a minus sign: -2^2 is -4, -2*3 is (-2)*3.
pub(super) const SIGN: u8 = 6;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// As written.
    Number(String),
    Name(String),
    /// One of an array.
    Element(String, Box<Expr>),
    Negative(Box<Expr>),
    Not(Box<Expr>),
    Binary(Operation, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// The second where the first holds, else the third.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
}

impl Expr {
    pub(super) fn name(name: impl Into<String>) -> Self {
        Self::Name(name.into())
    }

    pub(super) fn number(x: f64) -> Self {
        // The shorter of the texts that read back to the same number.
        let [plain, power] = [format!("{x}"), format!("{x:e}")];
        Self::Number(if power.len() < plain.len() { power } else { plain })
    }

    pub(super) fn binary(operation: Operation, a: Self, b: Self) -> Self {
        Self::Binary(operation, Box::new(a), Box::new(b))
    }

    pub(super) fn if_else(condition: Self, then: Self, other: Self) -> Self {
        if then == other {
            return then;
        }
        Self::If(Box::new(condition), Box::new(then), Box::new(other))
    }

    /// What it is made of, one level down.
    pub(super) fn parts(&self) -> Vec<&Expr> {
        match self {
            Self::Number(_) | Self::Name(_) => Vec::new(),
            Self::Negative(a) | Self::Not(a) | Self::Element(_, a) => vec![a],
            Self::Binary(_, a, b) => vec![a, b],
            Self::Call(_, all) => all.iter().collect(),
            Self::If(a, b, c) => vec![a, b, c],
        }
    }

    /// Numbers, names and operations in it.
    pub(super) fn size(&self) -> usize {
        1 + self.parts().into_iter().map(Self::size).sum::<usize>()
    }

    /// Whether a name of which `is` holds is in it.
    pub(super) fn any_name(&self, is: &mut impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::Name(name) => is(name),
            _ => self.parts().into_iter().any(|part| part.any_name(is)),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.any_name(&mut |n| n == name)
    }

    /// With names replaced by what `by` gives.
    pub(super) fn replaced(&self, by: &mut impl FnMut(&str) -> Option<Expr>) -> Expr {
        let mut boxed = |part: &Expr| Box::new(part.replaced(by));
        match self {
            Self::Number(_) => self.clone(),
            Self::Name(name) => by(name).unwrap_or_else(|| self.clone()),
            Self::Element(name, a) => Self::Element(name.clone(), boxed(a)),
            Self::Negative(a) => Self::Negative(boxed(a)),
            Self::Not(a) => Self::Not(boxed(a)),
            Self::Binary(operation, a, b) => Self::Binary(*operation, boxed(a), boxed(b)),
            Self::Call(name, all) => {
                Self::Call(name.clone(), all.iter().map(|part| part.replaced(by)).collect())
            }
            Self::If(a, b, c) => Self::If(boxed(a), boxed(b), boxed(c)),
        }
    }

    /// Its value, where names have those that `of` gives.
    pub(super) fn value(&self, of: &impl Fn(&str) -> Option<f64>) -> Option<f64> {
        let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
        Some(match self {
            Self::Number(text) => text.parse().ok()?,
            Self::Name(name) => of(name)?,
            Self::Element(..) => return None,
            Self::Negative(a) => -a.value(of)?,
            Self::Not(a) => truth(a.value(of)? == 0.0),
            Self::Binary(operation, a, b) => {
                let (a, b) = (a.value(of)?, b.value(of)?);
                match operation {
                    Or => truth(a != 0.0 || b != 0.0),
                    And => truth(a != 0.0 && b != 0.0),
                    Less => truth(a < b),
                    Greater => truth(a > b),
                    LessOrEqual => truth(a <= b),
                    GreaterOrEqual => truth(a >= b),
                    Equal => truth(a == b),
                    Unequal => truth(a != b),
                    Add => a + b,
                    Subtract => a - b,
                    Multiply => a * b,
                    Divide => a / b,
                    Power => a.powf(b),
                }
            }
            Self::Call(name, all) => {
                let all: Option<Vec<f64>> = all.iter().map(|part| part.value(of)).collect();
                match (name.as_str(), all?.as_slice()) {
                    ("exp", [x]) => x.exp(),
                    ("ln", [x]) => x.ln(),
                    ("log10", [x]) => x.log10(),
                    ("sqrt", [x]) => x.sqrt(),
                    ("abs", [x]) => x.abs(),
                    _ => return None,
                }
            }
            Self::If(a, b, c) => {
                if a.value(of)? == 0.0 {
                    c.value(of)?
                } else {
                    b.value(of)?
                }
            }
        })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, outside: u8) -> fmt::Result {
        let own = match self {
            Self::Negative(_) | Self::Not(_) => SIGN,
            Self::Binary(operation, ..) => operation.strength(),
            Self::Number(_) | Self::Name(_) | Self::Element(..) | Self::Call(..) | Self::If(..) => {
                u8::MAX
            }
        };
        let bracket = own < outside;
        if bracket {
            write!(f, "(")?;
        }
        match self {
            Self::Number(text) | Self::Name(text) => write!(f, "{text}")?,
            Self::Element(name, index) => write!(f, "{name}[{index}]")?,
            Self::Negative(a) => {
                write!(f, "-")?;
                a.write(f, SIGN + 1)?;
            }
            Self::Not(a) => {
                write!(f, "not (")?;
                a.write(f, 0)?;
                write!(f, ")")?;
            }
            Self::Binary(operation, a, b) => {
                // Powers of powers are always bracketed: not everybody reads them alike.
                let power = u8::from(*operation == Power);
                a.write(f, own + power)?;
                write!(f, "{}", operation.sign())?;
                let sign = matches!(**b, Self::Negative(_) | Self::Not(_));
                let bracket = sign && own > Less.strength();
                b.write(f, if bracket { u8::MAX } else { own + 1 })?;
            }
            Self::Call(name, all) => {
                write!(f, "{name}(")?;
                for (k, part) in all.iter().enumerate() {
                    if k > 0 {
                        write!(f, ", ")?;
                    }
                    part.write(f, 0)?;
                }
                write!(f, ")")?;
            }
            Self::If(a, b, c) => {
                write!(f, "if(")?;
                a.write(f, 0)?;
                for part in [b, c] {
                    write!(f, ", ")?;
                    part.write(f, 0)?;
                }
                write!(f, ")")?;
            }
        }
        if bracket {
            write!(f, ")")?;
        }
        Ok(())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

/// A statement with its line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub line: u32,
    pub what: Action,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Local(Vec<String>),
    /// To a variable, or an element of an array.
    Assign(String, Option<Expr>, Expr),
    Derivative(String, Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
    Call(String, Vec<Expr>),
    Solve {
        block: String,
        steady: bool,
    },
    /// `FROM i = a TO b { }`.
    Loop {
        variable: String,
        from: Expr,
        to: Expr,
        body: Vec<Statement>,
    },
    /// `~ a + 2 b <-> c (forward, backward)`.
    Reaction {
        left: Vec<(f64, String)>,
        right: Vec<(f64, String)>,
        forward: Expr,
        backward: Expr,
    },
    /// `~ a << (rate)`.
    Source(String, Expr),
    Conserve(Expr, Expr),
    /// `~ a = b`, of linear equations.
    Equation(Expr, Expr),
    /// `printf`.
    Print,
    Table,
    /// C.
    Verbatim(String),
    /// A statement of this word.
    Other(String),
}

/// A block of statements.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Block {
    pub line: u32,
    pub parameters: Vec<String>,
    pub body: Vec<Statement>,
}

/// An ion that a mechanism uses.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ion {
    pub name: String,
    pub reads: Vec<String>,
    pub writes: Vec<String>,
    pub valence: Option<f64>,
    pub line: u32,
}

impl Ion {
    pub(super) fn reads(&self, name: &str) -> bool {
        self.reads.iter().any(|read| read == name)
    }

    pub(super) fn writes(&self, name: &str) -> bool {
        self.writes.iter().any(|write| write == name)
    }
}

/// A declared name with value and unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Declared {
    pub name: String,
    pub value: Option<f64>,
    pub unit: String,
    pub line: u32,
}

/// A file as read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct File {
    pub suffix: Option<String>,
    /// `POINT_PROCESS` or `ARTIFICIAL_CELL`.
    pub other_process: Option<(String, u32)>,
    pub ions: Vec<Ion>,
    pub nonspecific: Vec<(String, u32)>,
    pub electrode_current: Option<u32>,
    pub range: Vec<String>,
    /// `UNITS`: names that stand for numbers.
    pub units: Vec<Declared>,
    pub parameters: Vec<Declared>,
    pub assigned: Vec<Declared>,
    pub states: Vec<Declared>,
    pub initial: Option<Block>,
    pub breakpoint: Option<Block>,
    pub derivatives: Vec<(String, Block)>,
    pub kinetics: Vec<(String, Block)>,
    /// `LINEAR`: equations of a state at rest.
    pub linear: Vec<(String, Block)>,
    pub procedures: Vec<(String, Block)>,
    pub functions: Vec<(String, Block)>,
    /// Words that were left out, each with its line.
    pub ignored: Vec<(u32, String)>,
}
