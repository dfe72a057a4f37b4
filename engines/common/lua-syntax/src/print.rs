//! The tree as stable text, for `harness dump --stage ast` and for tests.
//!
//! Functions are printed one after the other, in the order in which they are first mentioned. Every statement has its
//! line in front; an operation has its own line behind a colon where that differs. `x@1` is local number 1, `x^0`
//! upvalue number 0, `_ENV^0.x` the global name `x`, and `(+ a b)` an operation on operands. Places in bytes are not shown.

use std::fmt::Write;

use crate::ast::{
    Attribute, BinaryOperator, Block, Bounds, Chunk, Constant, Expression, ExpressionKind, Function, LabelId, Local,
    LocalId, Statement, StatementKind, TableItem, UnaryOperator, Upvalue, UpvalueId, UpvalueSource,
};
use crate::diagnostic::text_of;
use crate::find::find_in_block;

/// The chunk's text. The same tree always has the same text.
pub fn print(chunk: &Chunk) -> String {
    let mut functions = vec![&*chunk.main];
    let mut output = String::new();
    let mut index = 0;
    while let Some(&function) = functions.get(index) {
        if index > 0 {
            output.push('\n');
        }
        let printer = Printer { output, functions, function, line: 0 };
        (output, functions) = printer.function(index);
        index += 1;
    }
    output
}

/// The text of a function of a source, and of the functions inside it: of the one that starts at byte `start`, or else of
/// the main one. `None` if there is no such function.
pub fn print_part(chunk_name: &str, source: &[u8], start: Option<u32>) -> Option<String> {
    let mut chunk = crate::parse(chunk_name, source).ok()?;
    if let Some(start) = start {
        chunk.main = find_in_block(&chunk.main.body, start)?;
    }
    Some(print(&chunk))
}

struct Printer<'c> {
    output: String,
    /// The functions mentioned so far; a function's index is its number.
    functions: Vec<&'c Function>,
    /// The one being printed.
    function: &'c Function,
    /// The line last shown.
    line: u32,
}

impl<'c> Printer<'c> {
    fn function(mut self, number: usize) -> (String, Vec<&'c Function>) {
        let function = self.function;
        let mut parameters: Vec<String> = function.parameters.iter().map(|&local| self.local(local)).collect();
        if function.is_vararg {
            parameters.push("...".to_string());
        }
        let (name, first, last) = (&function.name, function.line_defined, function.last_line);
        self.write(&format!("function {number} {name} ({}), lines {first} to {last}\n", parameters.join(" ")));
        for (index, upvalue) in function.upvalues.iter().enumerate() {
            self.write(&format!("      upvalue ^{index} {}\n", describe_upvalue(upvalue)));
        }
        for (index, local) in function.locals.iter().enumerate() {
            self.write(&format!("      local @{index} {}\n", describe_local(local)));
        }
        for (index, label) in function.labels.iter().enumerate() {
            let back_edge = if label.has_back_edge { ", jumped back to" } else { "" };
            let (name, line) = (text_of(&label.name), label.span.line);
            self.write(&format!("      label {index} {name} in line {line}{back_edge}\n"));
        }
        self.block(&function.body, 0);
        (self.output, self.functions)
    }

    fn write(&mut self, text: &str) {
        self.output.push_str(text);
    }

    /// Begins a line of the listing.
    fn begin(&mut self, line: u32, depth: usize) {
        self.line = line;
        write!(self.output, "{line:5} {:width$}", "", width = 2 * depth).expect("a string takes any text");
    }

    fn line(&mut self, line: u32, depth: usize, text: &str) {
        self.begin(line, depth);
        self.write(text);
        self.write("\n");
    }

    fn block(&mut self, block: &'c Block, depth: usize) {
        for statement in &block.statements {
            self.statement(statement, depth);
        }
        self.line(block.end_line, depth, "end");
    }

    fn statement(&mut self, statement: &'c Statement, depth: usize) {
        self.begin(statement.span.line, depth);
        match &statement.kind {
            StatementKind::Call(call) => self.with_newline(|p| p.expression(call)),
            StatementKind::Local { locals, values } => {
                self.with_newline(|p| p.list("local", locals, |p, local| p.write_local(*local)));
                self.values(values, depth);
            }
            StatementKind::LocalFunction { local, function } => self.with_newline(|p| {
                p.write("local function ");
                p.write_local(*local);
                p.write(" = ");
                p.mention(function);
            }),
            StatementKind::Assign { targets, values } => {
                self.with_newline(|p| p.list("assign", targets, Printer::expression));
                self.values(values, depth);
            }
            StatementKind::Return(values) => self.with_newline(|p| p.list("return", values, Printer::expression)),
            StatementKind::Break => self.write("break\n"),
            StatementKind::Goto(label) => self.write_label("goto", *label),
            StatementKind::Label(label) => self.write_label("label", *label),
            StatementKind::Do(body) => {
                self.write("do\n");
                self.block(body, depth + 1);
            }
            StatementKind::While { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::NumericFor { .. }
            | StatementKind::GenericFor { .. } => self.loop_statement(&statement.kind, depth),
            StatementKind::If { arms, otherwise } => self.if_statement(arms, otherwise.as_ref(), depth),
        }
    }

    fn loop_statement(&mut self, kind: &'c StatementKind, depth: usize) {
        match kind {
            StatementKind::While { condition, body } => {
                self.with_newline(|p| p.list("while", [condition], Printer::expression));
                self.block(body, depth + 1);
            }
            StatementKind::Repeat { body, condition } => {
                self.write("repeat\n");
                self.block(body, depth + 1);
                self.begin(condition.span.line, depth);
                self.with_newline(|p| p.list("until", [condition], Printer::expression));
            }
            StatementKind::NumericFor { variable, bounds, body } => {
                let Bounds { start, limit, step } = &**bounds;
                self.with_newline(|p| {
                    p.write("for ");
                    p.write_local(*variable);
                    p.list(" =", [start, limit].into_iter().chain(step), Printer::expression);
                });
                self.block(body, depth + 1);
            }
            StatementKind::GenericFor { variables, expressions, iterator_line: _, body } => {
                self.with_newline(|p| {
                    p.list("for", variables, |p, local| p.write_local(*local));
                    p.list(" in", expressions, Printer::expression);
                });
                self.block(body, depth + 1);
            }
            StatementKind::Call(_)
            | StatementKind::Local { .. }
            | StatementKind::LocalFunction { .. }
            | StatementKind::Assign { .. }
            | StatementKind::Do(_)
            | StatementKind::If { .. }
            | StatementKind::Return(_)
            | StatementKind::Break
            | StatementKind::Goto(_)
            | StatementKind::Label(_) => unreachable!("called for loops"),
        }
    }

    fn if_statement(&mut self, arms: &'c [(Expression, Block)], otherwise: Option<&'c Block>, depth: usize) {
        for (index, (condition, block)) in arms.iter().enumerate() {
            if index > 0 {
                self.begin(condition.span.line, depth);
            }
            let keyword = if index == 0 { "if" } else { "elseif" };
            self.with_newline(|p| p.list(keyword, [condition], Printer::expression));
            self.block(block, depth + 1);
        }
        if let Some(block) = otherwise {
            self.write(&format!("{:6}{:width$}else\n", "", "", width = 2 * depth));
            self.block(block, depth + 1);
        }
    }

    fn with_newline(&mut self, write: impl FnOnce(&mut Self)) {
        write(self);
        self.write("\n");
    }

    /// The right side of an assignment, each value in a line of its own.
    fn values(&mut self, values: &'c [Expression], depth: usize) {
        for value in values {
            self.begin(value.span.line, depth + 1);
            self.with_newline(|p| p.list("=", [value], Printer::expression));
        }
    }

    /// `head` and the items, with spaces between them.
    fn list<T>(&mut self, head: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.write(head);
        for item in items {
            self.write(" ");
            write(self, item);
        }
    }

    /// Writes an expression. A chain is opened from its last link inward and closed outward.
    fn expression(&mut self, expression: &'c Expression) {
        let mut open = Vec::new();
        let mut leaf = expression;
        while let Some(left) = leaf.left() {
            open.push((leaf, self.line));
            self.open_link(leaf);
            self.write(" ");
            leaf = left;
        }
        self.leaf(leaf);
        while let Some((link, line_around)) = open.pop() {
            self.close_link(link);
            self.line = line_around;
        }
    }

    /// `(name:line detail` of a chain link.
    fn open_link(&mut self, link: &Expression) {
        match &link.kind {
            ExpressionKind::Index { .. } => self.open(link, "index", ""),
            ExpressionKind::Call { .. } => self.open(link, "call", ""),
            ExpressionKind::MethodCall { name, .. } => self.open(link, "method", &text_of(name)),
            ExpressionKind::Binary { operator, .. } => self.open(link, binary_text(*operator), ""),
            ExpressionKind::And { .. } => self.open(link, "and", ""),
            ExpressionKind::Or { .. } => self.open(link, "or", ""),
            ExpressionKind::Constant(_)
            | ExpressionKind::Vararg
            | ExpressionKind::Function(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::Upvalue(_)
            | ExpressionKind::Global { .. }
            | ExpressionKind::Unary { .. }
            | ExpressionKind::Paren(_)
            | ExpressionKind::Table(_) => unreachable!("it has no left part"),
        }
    }

    /// What stands behind the left part of a chain link.
    fn close_link(&mut self, link: &'c Expression) {
        match &link.kind {
            ExpressionKind::Index { object: _, key: right }
            | ExpressionKind::Binary { operator: _, left: _, right }
            | ExpressionKind::And { left: _, right }
            | ExpressionKind::Or { left: _, right } => {
                self.write(" ");
                self.expression(right);
            }
            ExpressionKind::Call { callee: _, arguments }
            | ExpressionKind::MethodCall { object: _, name: _, arguments } => {
                self.list("", arguments, Printer::expression);
            }
            ExpressionKind::Constant(_)
            | ExpressionKind::Vararg
            | ExpressionKind::Function(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::Upvalue(_)
            | ExpressionKind::Global { .. }
            | ExpressionKind::Unary { .. }
            | ExpressionKind::Paren(_)
            | ExpressionKind::Table(_) => unreachable!("it has no left part"),
        }
        self.write(")");
    }

    /// Writes an expression that is no chain link.
    fn leaf(&mut self, expression: &'c Expression) {
        match &expression.kind {
            ExpressionKind::Constant(constant) => self.write(&constant_text(constant)),
            ExpressionKind::Vararg => self.write("..."),
            ExpressionKind::Function(function) => self.mention(function),
            ExpressionKind::Local(local) => self.write_local(*local),
            ExpressionKind::Upvalue(upvalue) => self.write_upvalue(*upvalue),
            ExpressionKind::Table(items) => self.table(items),
            ExpressionKind::Global { environment, name } => {
                self.expression(environment);
                self.write(&format!(".{}", text_of(name)));
            }
            ExpressionKind::Unary { operator, operand } => {
                self.operation(expression, unary_text(*operator), operand);
            }
            ExpressionKind::Paren(inner) => self.operation(expression, "paren", inner),
            ExpressionKind::Index { .. }
            | ExpressionKind::Call { .. }
            | ExpressionKind::MethodCall { .. }
            | ExpressionKind::Binary { .. }
            | ExpressionKind::And { .. }
            | ExpressionKind::Or { .. } => unreachable!("it has a left part"),
        }
    }

    /// `(name:line operand)`.
    fn operation(&mut self, expression: &Expression, name: &str, operand: &'c Expression) {
        let line_around = self.line;
        self.open(expression, name, "");
        self.write(" ");
        self.expression(operand);
        self.write(")");
        self.line = line_around;
    }

    /// `(name:line detail`.
    fn open(&mut self, expression: &Expression, name: &str, detail: &str) {
        self.write("(");
        self.write(name);
        if expression.span.line != self.line {
            self.line = expression.span.line;
            self.write(&format!(":{}", self.line));
        }
        if !detail.is_empty() {
            self.write(" ");
            self.write(detail);
        }
    }

    fn table(&mut self, items: &'c [TableItem]) {
        self.write("{");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.write(", ");
            }
            match item {
                TableItem::Positional(value) => self.expression(value),
                TableItem::Named { name, value } => {
                    self.write(&format!("{} = ", text_of(name)));
                    self.expression(value);
                }
                TableItem::Keyed { key, value } => {
                    self.write("[");
                    self.expression(key);
                    self.write("] = ");
                    self.expression(value);
                }
            }
        }
        self.write("}");
    }

    /// Writes a function's number and has it printed later.
    fn mention(&mut self, function: &'c Function) {
        let number = self.functions.len();
        self.functions.push(function);
        self.write(&format!("(function {number})"));
    }

    fn local(&self, local: LocalId) -> String {
        format!("{}@{}", text_of(&self.function.locals[local.0 as usize].name), local.0)
    }

    fn write_local(&mut self, local: LocalId) {
        self.write(&self.local(local));
    }

    fn write_upvalue(&mut self, upvalue: UpvalueId) {
        let name = text_of(&self.function.upvalues[upvalue.0 as usize].name);
        self.write(&format!("{name}^{}", upvalue.0));
    }

    fn write_label(&mut self, keyword: &str, label: LabelId) {
        let name = text_of(&self.function.labels[label.0 as usize].name);
        self.write(&format!("{keyword} {name}#{}\n", label.0));
    }
}

fn describe_upvalue(upvalue: &Upvalue) -> String {
    let source = match upvalue.source {
        UpvalueSource::Local(local) => format!("local @{}", local.0),
        UpvalueSource::Upvalue(outer) => format!("upvalue ^{}", outer.0),
        UpvalueSource::Environment => "the environment".to_string(),
    };
    let attribute = attribute_text(upvalue.attribute);
    let reassigned = if upvalue.reassigned { ", reassigned" } else { "" };
    format!("{}{attribute} from {source}{reassigned}", text_of(&upvalue.name))
}

fn describe_local(local: &Local) -> String {
    let captured = if local.captured { ", captured" } else { "" };
    let reassigned = if local.reassigned { ", reassigned" } else { "" };
    let constant = local.constant.as_ref().map_or(String::new(), |value| format!(" = {}", constant_text(value)));
    let (name, attribute, line) = (text_of(&local.name), attribute_text(local.attribute), local.span.line);
    format!("{name}{attribute}{constant} in line {line}{captured}{reassigned}")
}

fn attribute_text(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::None => "",
        Attribute::Const => " <const>",
        Attribute::Close => " <close>",
    }
}

fn constant_text(constant: &Constant) -> String {
    match constant {
        Constant::Nil => "nil".to_string(),
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(value) => value.to_string(),
        Constant::Float(value) => format!("{value:?}"),
        Constant::String(bytes) => format!("\"{}\"", bytes.escape_ascii()),
    }
}

/// An operator as the source has it.
pub fn binary_text(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Power => "^",
        BinaryOperator::Divide => "/",
        BinaryOperator::FloorDivide => "//",
        BinaryOperator::BitAnd => "&",
        BinaryOperator::BitOr => "|",
        BinaryOperator::BitXor => "~",
        BinaryOperator::ShiftLeft => "<<",
        BinaryOperator::ShiftRight => ">>",
        BinaryOperator::Concat => "..",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "~=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => ">=",
    }
}

/// An operator as the source has it.
pub fn unary_text(operator: UnaryOperator) -> &'static str {
    match operator {
        UnaryOperator::Negate => "-",
        UnaryOperator::Not => "not",
        UnaryOperator::Length => "#",
        UnaryOperator::BitNot => "~",
    }
}
