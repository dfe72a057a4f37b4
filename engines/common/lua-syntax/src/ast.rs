//! The resolved syntax tree: what the parser gives and every compiler and tree interpreter reads.
//!
//! Names are already resolved to locals, upvalues and fields of `_ENV`, jumps to labels, and every local says whether
//! it is captured by an inner function or assigned after its declaration. The tree knows no values, no registers and no
//! engine. It is plain data: fields are public and nothing in it is lazy.
//!
//! A tree is as wide as the source is long, and in one direction as deep: chains like `a + b + c`, `a.b.c` and `f()()`
//! nest to the left without an end, since PUC Lua, which keeps no tree, takes them at any length. The left part of a
//! link is a [`Left`], and whatever walks a tree goes there in a loop ([`Expression::left`]). All other nesting is limited
//! by the parser to what PUC Lua takes, just below 200 levels, functions inside functions included, so whatever walks a
//! tree may recurse there.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// The bytes of a name or string literal. Equal contents need not share storage.
pub type Bytes = Rc<[u8]>;

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
    /// The line of the first byte, from 1.
    pub line: u32,
    /// The line of the last byte.
    pub last_line: u32,
}

/// Index of a local variable in [`Function::locals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// Index of an upvalue in [`Function::upvalues`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UpvalueId(pub u32);

/// Index of a label in [`Function::labels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelId(pub u32);

/// A whole source file or string. Its main function is a vararg function with one upvalue, `_ENV`.
#[derive(Debug)]
pub struct Chunk {
    /// Lua's chunk name (`@file.lua`, `=stdin`, or the source itself).
    pub name: String,
    /// The main function.
    pub main: Rc<Function>,
}

/// A function body with everything that was resolved about it.
#[derive(Debug)]
pub struct Function {
    /// A name for listings and profiles, from where the function is defined (`fib`, `Account.deposit`); `main chunk`
    /// for a chunk, `anonymous` if there is none. Error messages do not use it: Lua names functions by their callers.
    pub name: String,
    /// The parameters in order, `self` included; each is one of `locals`.
    pub parameters: Vec<LocalId>,
    /// Whether it takes `...`.
    pub is_vararg: bool,
    /// Every local variable of this function, parameters first, in order of declaration. The hidden variables of loops
    /// are not among them: how a loop keeps its state is up to the engine.
    pub locals: Vec<Local>,
    /// The variables of enclosing functions that this one (or a function inside it) uses.
    pub upvalues: Vec<Upvalue>,
    /// Every label of this function.
    pub labels: Vec<Label>,
    /// The body.
    pub body: Block,
    /// The line that PUC Lua gives: of the keyword in `function f()`, of the parenthesis in `local function f()` and
    /// in a function without a name, 0 for a main chunk.
    pub line_defined: u32,
    /// Line of the closing `end` (0 for a main chunk).
    pub last_line: u32,
    /// The whole function in the source, from the keyword `function` to `end`.
    pub span: Span,
}

/// A local variable.
#[derive(Debug, Clone)]
pub struct Local {
    /// Its name.
    pub name: Bytes,
    /// Where it is declared.
    pub span: Span,
    /// Its attribute.
    pub attribute: Attribute,
    /// Whether an inner function uses it.
    pub captured: bool,
    /// Whether it is assigned anywhere after its declaration, inner functions included. Initialisation does not count.
    pub reassigned: bool,
    /// The value, if it is `<const>` and its initialiser is a literal that PUC Lua folds: uses of it are already
    /// replaced by the literal, and it needs no register. Never set for a local called `_ENV`.
    pub constant: Option<Constant>,
}

/// The attribute of a local variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// None.
    None,
    /// `<const>`.
    Const,
    /// `<close>`.
    Close,
}

/// A compile-time constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(Bytes),
}

/// How a closure gets one of its upvalues when it is created.
#[derive(Debug, Clone)]
pub struct Upvalue {
    /// The variable's name.
    pub name: Bytes,
    /// Where the enclosing function finds it.
    pub source: UpvalueSource,
    /// Whether the variable is assigned anywhere after its declaration.
    pub reassigned: bool,
    /// The variable's attribute.
    pub attribute: Attribute,
}

/// Where the enclosing function finds a captured variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpvalueSource {
    /// A local of the enclosing function.
    Local(LocalId),
    /// An upvalue of the enclosing function.
    Upvalue(UpvalueId),
    /// The environment that `load` was given: only the main function's `_ENV`.
    Environment,
}

/// A label.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its name.
    pub name: Bytes,
    /// Where it stands.
    pub span: Span,
    /// Whether a `goto` after it in the source jumps back to it.
    pub has_back_edge: bool,
}

/// A sequence of statements with its own scope.
#[derive(Debug, Default)]
pub struct Block {
    /// The statements in order; a `return` is always the last.
    pub statements: Vec<Statement>,
    /// Line of the token before the block.
    pub start_line: u32,
    /// Line of the last token of the block, or of the one before if the block is empty.
    pub last_line: u32,
    /// Line of the token that ends the block; in a chunk, which no token ends, of its last token.
    pub end_line: u32,
}

/// A statement and its place.
#[derive(Debug)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

impl Statement {
    /// The line in which an assignment stores, as in PUC Lua: the last, where the whole statement has been read, but for
    /// `function f() end`, which has that of its keyword.
    pub fn store_line(&self) -> u32 {
        let is_function = match &self.kind {
            StatementKind::Assign { targets: _, values } => {
                values.first().is_some_and(|value| value.span.start == self.span.start)
            }
            _ => false,
        };
        if is_function { self.span.line } else { self.span.last_line }
    }
}

/// The kinds of statements. `function f() end` is an [`StatementKind::Assign`] of a function.
#[derive(Debug)]
pub enum StatementKind {
    /// A call whose results are dropped.
    Call(Expression),
    /// `local a <attribute>, b = e1, e2`.
    Local {
        /// The variables, whose scope begins after the statement.
        locals: Vec<LocalId>,
        /// The initialisers; missing ones are nil.
        values: Vec<Expression>,
    },
    /// `local function f`: the variable is in scope inside the function.
    LocalFunction {
        /// The variable.
        local: LocalId,
        /// The function.
        function: Rc<Function>,
    },
    /// `a, b.c = e1, e2`.
    Assign {
        /// The targets: [`ExpressionKind::Local`], `Upvalue`, `Global` or `Index`.
        targets: Vec<Expression>,
        /// The values.
        values: Vec<Expression>,
    },
    /// `do ... end`.
    Do(Block),
    /// `while c do ... end`.
    While {
        /// The condition.
        condition: Expression,
        /// The body.
        body: Block,
    },
    /// `repeat ... until c`; the condition sees the body's locals.
    Repeat {
        /// The body.
        body: Block,
        /// The condition.
        condition: Expression,
    },
    /// `if ... elseif ... else ... end`.
    If {
        /// Conditions with their blocks, in order.
        arms: Vec<(Expression, Block)>,
        /// The `else` block.
        otherwise: Option<Block>,
    },
    /// `for v = a, b, c do ... end`.
    NumericFor {
        /// The variable that the body sees.
        variable: LocalId,
        /// What it runs through.
        bounds: Box<Bounds>,
        /// The body.
        body: Block,
    },
    /// `for a, b in e do ... end`.
    GenericFor {
        /// The variables that the body sees.
        variables: Vec<LocalId>,
        /// The expressions that give iterator, state, control and closing value.
        expressions: Vec<Expression>,
        /// The line of the token behind `in`: PUC Lua's line of the call of the iterator.
        iterator_line: u32,
        /// The body.
        body: Block,
    },
    /// `return e1, e2`.
    Return(Vec<Expression>),
    /// `break` out of the innermost loop.
    Break,
    /// `goto name`.
    Goto(LabelId),
    /// `::name::`.
    Label(LabelId),
}

/// The expressions of a numeric `for`. They are boxed to keep other statements small.
#[derive(Debug)]
pub struct Bounds {
    /// First value.
    pub start: Expression,
    /// Limit, inclusive.
    pub limit: Expression,
    /// Step; 1 if absent.
    pub step: Option<Expression>,
}

/// An expression and its place.
#[derive(Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands. `line` is the one that PUC Lua reports for it: for a call, the line where the arguments begin
    /// (where a string ends, if that is the argument); for a binary operator, the operator's line; for an index, the
    /// line of the key; otherwise that of the first byte.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug)]
pub enum ExpressionKind {
    /// A literal, or the use of a compile-time constant, or the result of folding (PUC Lua's rules: no fold to NaN,
    /// to -0.0 or 0.0, or of a division by zero).
    Constant(Constant),
    /// `...`.
    Vararg,
    /// `function ... end`.
    Function(Rc<Function>),
    /// A local variable of this function.
    Local(LocalId),
    /// A variable of an enclosing function.
    Upvalue(UpvalueId),
    /// A global name: the field `name` of the variable `_ENV`.
    Global {
        /// `_ENV`: `Local` or `Upvalue`.
        environment: Box<Expression>,
        /// The name.
        name: Bytes,
    },
    /// `object[key]` and `object.key`.
    Index {
        /// The object.
        object: Left,
        /// The key.
        key: Box<Expression>,
    },
    /// `callee(arguments)`.
    Call {
        /// The function.
        callee: Left,
        /// The arguments.
        arguments: Vec<Expression>,
    },
    /// `object:name(arguments)`.
    MethodCall {
        /// The object, evaluated once.
        object: Left,
        /// The method's name.
        name: Bytes,
        /// The arguments after `self`.
        arguments: Vec<Expression>,
    },
    /// An arithmetic, bitwise, comparison or concatenation operator.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Left operand.
        left: Left,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `-`, `not`, `#`, `~`.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// The operand.
        operand: Box<Expression>,
    },
    /// `a and b`.
    And {
        /// Left operand.
        left: Left,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `a or b`.
    Or {
        /// Left operand.
        left: Left,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `(e)`, kept only where it matters: it cuts a call or `...` to one value.
    Paren(Box<Expression>),
    /// A table constructor.
    Table(Vec<TableItem>),
}

impl Expression {
    /// The left part of this expression, if it is a link of a chain: an operator between operands, a field, an index or
    /// a call.
    pub fn left(&self) -> Option<&Expression> {
        match &self.kind {
            ExpressionKind::Index { object: left, key: _ }
            | ExpressionKind::Call { callee: left, arguments: _ }
            | ExpressionKind::MethodCall { object: left, name: _, arguments: _ }
            | ExpressionKind::Binary { operator: _, left, right: _ }
            | ExpressionKind::And { left, right: _ }
            | ExpressionKind::Or { left, right: _ } => Some(left),
            ExpressionKind::Constant(_)
            | ExpressionKind::Vararg
            | ExpressionKind::Function(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::Upvalue(_)
            | ExpressionKind::Global { .. }
            | ExpressionKind::Unary { .. }
            | ExpressionKind::Paren(_)
            | ExpressionKind::Table(_) => None,
        }
    }

    /// The left part, to be changed in place.
    fn left_mut(&mut self) -> Option<&mut Left> {
        match &mut self.kind {
            ExpressionKind::Index { object: left, key: _ }
            | ExpressionKind::Call { callee: left, arguments: _ }
            | ExpressionKind::MethodCall { object: left, name: _, arguments: _ }
            | ExpressionKind::Binary { operator: _, left, right: _ }
            | ExpressionKind::And { left, right: _ }
            | ExpressionKind::Or { left, right: _ } => Some(left),
            ExpressionKind::Constant(_)
            | ExpressionKind::Vararg
            | ExpressionKind::Function(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::Upvalue(_)
            | ExpressionKind::Global { .. }
            | ExpressionKind::Unary { .. }
            | ExpressionKind::Paren(_)
            | ExpressionKind::Table(_) => None,
        }
    }
}

/// The left part of a chain link: a box that is dropped in a loop however long the chain is.
#[derive(Debug)]
pub struct Left(Box<Expression>);

impl Left {
    /// Makes an expression the left part of a link.
    pub fn new(expression: Expression) -> Left {
        Left(Box::new(expression))
    }

    /// Takes the expression out and leaves a leaf in its place.
    fn take(&mut self) -> Expression {
        let leaf = Expression { kind: ExpressionKind::Vararg, span: self.0.span };
        std::mem::replace(&mut *self.0, leaf)
    }
}

impl Deref for Left {
    type Target = Expression;

    fn deref(&self) -> &Expression {
        &self.0
    }
}

impl DerefMut for Left {
    fn deref_mut(&mut self) -> &mut Expression {
        &mut self.0
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        // Every link is dropped when its own left part has been taken out of it, so no drop is inside another.
        let mut next = self.0.left_mut().map(Left::take);
        while let Some(mut link) = next {
            next = link.left_mut().map(Left::take);
        }
    }
}

/// An entry of a table constructor, in source order.
#[derive(Debug)]
pub enum TableItem {
    /// `e`: the next array item.
    Positional(Expression),
    /// `name = e`.
    Named {
        /// The name.
        name: Bytes,
        /// The value.
        value: Expression,
    },
    /// `[k] = e`.
    Keyed {
        /// The key.
        key: Expression,
        /// The value.
        value: Expression,
    },
}

/// Binary operators without the short-circuiting ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `%`
    Modulo,
    /// `^`
    Power,
    /// `/`
    Divide,
    /// `//`
    FloorDivide,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `~`
    BitXor,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `..`; right-associative
    Concat,
    /// `==`
    Equal,
    /// `~=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `not`
    Not,
    /// `#`
    Length,
    /// `~`
    BitNot,
}

// A program of a million lines has a million statements at the same time.
const _: () = assert!(size_of::<Statement>() <= 128 && size_of::<Expression>() <= 64);
