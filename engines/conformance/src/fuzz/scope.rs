//! What the generator knows of the variables at a place: their kinds, and which are in scope.

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An integer.
    Integer,
    /// A float.
    Float,
    /// An integer or a float; which one may change.
    Number,
    /// A string.
    String,
    /// A boolean.
    Boolean,
    /// A sequence of numbers.
    Numbers,
    /// A sequence of strings.
    Strings,
    /// A table with the number fields `x` and `y` and the string field `name`, and perhaps others.
    Record,
    /// An instance of one of the classes.
    Object,
    /// A function of two numbers that gives a number.
    Function,
    /// A function of any arguments that gives any number of values, a number first.
    Vararg,
}

/// Every kind.
pub(super) const KINDS: &[Kind] = &[
    Kind::Integer,
    Kind::Float,
    Kind::Number,
    Kind::String,
    Kind::Boolean,
    Kind::Numbers,
    Kind::Strings,
    Kind::Record,
    Kind::Object,
    Kind::Function,
    Kind::Vararg,
];

/// A variable.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether it can be assigned.
    pub(super) is_assignable: bool,
}

/// The variables in scope, the innermost last. A function cannot use more than this many, so that no program meets the
/// limit on upvalues.
#[derive(Debug, Default)]
pub(super) struct Scope {
    variables: Vec<Variable>,
}

/// Older variables than the last so many are not used any more.
const VISIBLE: usize = 40;

impl Scope {
    pub(super) fn add(&mut self, name: &str, kind: Kind) {
        self.variables.push(Variable { name: name.to_string(), kind, is_assignable: true });
    }

    pub(super) fn add_constant(&mut self, name: &str, kind: Kind) {
        self.variables.push(Variable { name: name.to_string(), kind, is_assignable: false });
    }

    /// How many variables there are now, for [`Scope::leave`].
    pub(super) fn mark(&self) -> usize {
        self.variables.len()
    }

    /// Ends the scope of those that were added behind a mark.
    pub(super) fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    /// The variables that may be used.
    pub(super) fn visible(&self) -> impl Iterator<Item = &Variable> {
        self.variables[self.variables.len().saturating_sub(VISIBLE)..].iter()
    }

    /// Those of a kind.
    pub(super) fn of(&self, kind: Kind) -> Vec<&Variable> {
        self.visible().filter(|variable| variable.kind == kind).collect()
    }
}
