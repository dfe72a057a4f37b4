//! The resolved syntax tree: what the parser gives and every compiler and tree interpreter reads.
//!
//! Names are already resolved to locals, upvalues and fields of `_ENV`, jumps to labels, and every local says whether
//! it is captured by an inner function or assigned after its declaration. The tree knows no values, no registers and no
//! engine. It is plain data: fields are public and nothing in it is lazy.
//!
//! No path from the root to a leaf goes through more than [`MAX_TREE_HEIGHT`] statements and expressions, so whatever
//! walks a tree may recurse, and so does its `Drop`. Nesting in the source is limited to 200 levels as in PUC Lua; the
//! height is more than that only in chains like `a + b + c` and `a.b.c`, which nest to the left without an end.

use std::rc::Rc;

/// The most statements and expressions on a path from a chunk to a leaf, functions inside functions included.
/// The parser refuses a source whose tree would be higher; PUC Lua, which keeps no tree, takes chains of any length.
pub const MAX_TREE_HEIGHT: u32 = 1000;

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
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Lua's chunk name (`@file.lua`, `=stdin`, or the source itself).
    pub name: String,
    /// The main function.
    pub main: Rc<Function>,
}

/// A function body with everything that was resolved about it.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The statements in order; a `return` is always the last.
    pub statements: Vec<Statement>,
    /// Line of the token that ends the block.
    pub end_line: u32,
}

/// A statement and its place.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of statements. `function f() end` is an [`StatementKind::Assign`] of a function.
#[derive(Debug, Clone)]
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
        /// First value.
        start: Expression,
        /// Limit, inclusive.
        limit: Expression,
        /// Step; 1 if absent.
        step: Option<Expression>,
        /// The body.
        body: Block,
    },
    /// `for a, b in e do ... end`.
    GenericFor {
        /// The variables that the body sees.
        variables: Vec<LocalId>,
        /// The expressions that give iterator, state, control and closing value.
        expressions: Vec<Expression>,
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

/// An expression and its place.
#[derive(Debug, Clone)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands. `line` is the one that PUC Lua reports for it: for a call, the line where the arguments begin
    /// (where a string ends, if that is the argument); for a binary operator, the operator's line; for an index, the
    /// line of the key; otherwise that of the first byte.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
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
        object: Box<Expression>,
        /// The key.
        key: Box<Expression>,
    },
    /// `callee(arguments)`.
    Call {
        /// The function.
        callee: Box<Expression>,
        /// The arguments.
        arguments: Vec<Expression>,
    },
    /// `object:name(arguments)`.
    MethodCall {
        /// The object, evaluated once.
        object: Box<Expression>,
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
        left: Box<Expression>,
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
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `a or b`.
    Or {
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `(e)`, kept only where it matters: it cuts a call or `...` to one value.
    Paren(Box<Expression>),
    /// A table constructor.
    Table(Vec<TableItem>),
}

/// An entry of a table constructor, in source order.
#[derive(Debug, Clone)]
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
