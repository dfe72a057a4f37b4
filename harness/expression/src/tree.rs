//! An expression as a tree: nodes in one list, children before their parents, so that a long chain needs no recursion to
//! be freed.

use crate::problem::{Position, Problem, ProblemKind};

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum BinaryOperator {
    LessOrEqual,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Less,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl BinaryOperator {
    /// All of them; none is the beginning of a later one's text.
    pub const ALL: &'static [BinaryOperator] = &[
        BinaryOperator::LessOrEqual,
        BinaryOperator::GreaterOrEqual,
        BinaryOperator::Equal,
        BinaryOperator::NotEqual,
        BinaryOperator::Less,
        BinaryOperator::Greater,
        BinaryOperator::Add,
        BinaryOperator::Subtract,
        BinaryOperator::Multiply,
        BinaryOperator::Divide,
        BinaryOperator::Remainder,
    ];

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::GreaterOrEqual => ">=",
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::Greater => ">",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Remainder => "%",
        }
    }

    /// How strongly it binds: 0 for comparisons, 1 for sums, 2 for products.
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOperator::LessOrEqual
            | BinaryOperator::GreaterOrEqual
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::Greater => 0,
            BinaryOperator::Add | BinaryOperator::Subtract => 1,
            BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => 2,
        }
    }
}

/// A function of the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `if(condition, a, b)`
    If,
    /// `fib(n)`
    Fibonacci,
    /// `fact(n)`
    Factorial,
    /// `pow(b, e)`
    Power,
}

impl Function {
    /// All of them.
    pub const ALL: &'static [Function] = &[Function::If, Function::Fibonacci, Function::Factorial, Function::Power];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Function::If => "if",
            Function::Fibonacci => "fib",
            Function::Factorial => "fact",
            Function::Power => "pow",
        }
    }

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        match self {
            Function::If => 3,
            Function::Fibonacci | Function::Factorial => 1,
            Function::Power => 2,
        }
    }
}

/// A node, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(pub(crate) u32);

/// A variable, by its place in [`Expression::variables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariableId(pub(crate) u32);

/// A node of the tree. Offsets are those of the operator or function in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are called what they are")]
pub enum Node {
    Number(i64),
    Variable(VariableId),
    Negate(NodeId),
    Binary { operator: BinaryOperator, left: NodeId, right: NodeId, offset: usize },
    Call { function: Function, arguments: Vec<NodeId>, offset: usize },
}

/// A statement: the value, and the variables that it is assigned to, the outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The variables, mostly none or one.
    pub targets: Vec<VariableId>,
    /// The value.
    pub value: NodeId,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it is read before anything is assigned to it; then its value must come from outside.
    pub needed_at: Option<usize>,
    /// Whether something is assigned to it.
    pub is_assigned: bool,
}

/// A parsed program of the dialect, with at least one statement.
#[derive(Debug, Clone)]
pub struct Expression {
    pub(crate) text: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) statements: Vec<Statement>,
}

impl Expression {
    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The variables, in the order in which they are first met.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The place of a variable in [`Expression::variables`].
    pub fn index(&self, variable: VariableId) -> usize {
        variable.0 as usize
    }

    /// Those whose values must come from outside, in the order of the translation's parameters.
    pub fn needed(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter().filter(|variable| variable.needed_at.is_some())
    }

    /// Those that something is assigned to, in the order of the translation's results behind the first.
    pub fn assigned(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter().filter(|variable| variable.is_assigned)
    }

    /// The values of [`Expression::needed`], in order.
    ///
    /// # Errors
    /// [`ProblemKind::UnknownName`] for the first that `value_of` does not know.
    pub fn arguments(&self, value_of: impl Fn(&str) -> Option<i64>) -> Result<Vec<i64>, Problem> {
        let mut needed: Vec<&Variable> = self.needed().collect();
        let values = needed.iter().map(|variable| value_of(&variable.name)).collect::<Option<Vec<i64>>>();
        values.ok_or_else(|| {
            needed.sort_by_key(|variable| variable.needed_at);
            let unknown = needed.iter().find(|variable| value_of(&variable.name).is_none());
            let unknown = unknown.expect("a value was missing");
            let position = Position::of(&self.text, unknown.needed_at.expect("it is needed"));
            Problem { kind: ProblemKind::UnknownName(unknown.name.clone()), position }
        })
    }
}
