//! A text of equations, and faults in it.

use super::token::Span;
use crate::spec::fault::FaultKind;

/// A fault of a kind: the key below the table of the kind, how many lines below its first one, and what is wrong.
pub(crate) type KindFault = (String, Option<usize>, FaultKind);

/// A text of equations and its key.
pub(super) struct Text<'t> {
    pub key: &'t str,
    pub text: &'t str,
}

impl Text<'_> {
    /// A fault with the line it stands on, underlined.
    pub(super) fn fault(&self, span: &Span, message: impl Into<String>) -> KindFault {
        let start = span.start.min(self.text.len());
        let from = self.text[..start].rfind('\n').map_or(0, |i| i + 1);
        let to = self.text[from..].find('\n').map_or(self.text.len(), |i| from + i);
        let line = self.text[..from].matches('\n').count();
        let end = span.end.clamp(start, to.max(start));
        let kind = FaultKind::Expression {
            message: message.into(),
            line: self.text[from..to].to_owned(),
            column: self.text[from..start].chars().count(),
            length: self.text[start..end].chars().count().max(1),
        };
        (self.key.to_owned(), self.text.contains('\n').then_some(line), kind)
    }
}
