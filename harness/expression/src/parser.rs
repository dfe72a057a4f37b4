//! From tokens to the tree, by recursive descent.
//!
//! What the tree may be is limited here, so that every translation fits into a Lua function: nesting by what a Lua
//! parser's levels and a function's registers allow, chains of sums and products by the length of the text alone.

use crate::lexer::{Lexer, Token};
use crate::problem::{Position, Problem, ProblemKind};
use crate::tree::{BinaryOperator, Expression, Function, Node, NodeId, Statement, Variable, VariableId};

/// The longest text, in bytes.
pub const MOST_BYTES: usize = 16 * 1024;

/// The most variables.
pub const MOST_VARIABLES: usize = 50;

/// The deepest nesting. A function of Lua has 250 registers, a level takes up to three; its parser has 200 levels, and
/// a level here takes up to two.
pub const MOST_LEVELS: u32 = 60;

impl Expression {
    /// Parses a program.
    ///
    /// # Errors
    /// Any [`Problem`] but those of running.
    pub fn parse(text: &str) -> Result<Expression, Problem> {
        if text.len() > MOST_BYTES {
            let words = format!("an expression has at most {MOST_BYTES} bytes, not {}", text.len());
            return Err(Problem { kind: ProblemKind::TooLarge(words), position: Position::of(text, 0) });
        }
        let mut parser = Parser::new(text)?;
        parser.program()?;
        Ok(parser.expression)
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token<'t>,
    offset: usize,
    /// The token after that one, once somebody has looked.
    ahead: Option<(Token<'t>, usize)>,
    /// How deep the parser is.
    depth: u32,
    /// How many levels the translation of each node takes.
    levels: Vec<u32>,
    expression: Expression,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Result<Parser<'t>, Problem> {
        let mut lexer = Lexer::new(text);
        let (token, offset) = lexer.token()?;
        let expression =
            Expression { text: text.to_string(), nodes: Vec::new(), variables: Vec::new(), statements: Vec::new() };
        Ok(Parser { lexer, token, offset, ahead: None, depth: 0, levels: Vec::new(), expression })
    }

    fn program(&mut self) -> Result<(), Problem> {
        loop {
            let statement = self.statement()?;
            self.expression.statements.push(statement);
            match self.token {
                Token::Semicolon => self.advance()?,
                Token::End => return Ok(()),
                Token::Number(_)
                | Token::Name(_)
                | Token::Operator(_)
                | Token::Assign
                | Token::Open
                | Token::Close
                | Token::Comma => return Err(self.expected("an operator, ';' or the end")),
            }
            if self.token == Token::End {
                return Ok(());
            }
        }
    }

    fn statement(&mut self) -> Result<Statement, Problem> {
        let mut targets = Vec::new();
        while let Token::Name(name) = self.token
            && self.peek()? == Token::Assign
        {
            if let Some(function) = function_named(name) {
                return Err(self.syntax(format!("'{}' is a function and cannot be assigned to", function.name())));
            }
            targets.push(name);
            self.advance()?;
            self.advance()?;
        }
        let value = self.binary(0)?;
        // What is assigned to is known only behind the value, which may read the same names.
        let targets = targets
            .into_iter()
            .map(|name| {
                let variable = self.variable(name)?;
                self.expression.variables[variable.0 as usize].is_assigned = true;
                Ok(variable)
            })
            .collect::<Result<Vec<VariableId>, Problem>>()?;
        Ok(Statement { targets, value })
    }

    /// Operators of at least this precedence, from left to right.
    fn binary(&mut self, precedence: u8) -> Result<NodeId, Problem> {
        if precedence > 2 {
            return self.unary();
        }
        let mut left = self.binary(precedence + 1)?;
        while let Token::Operator(operator) = self.token
            && operator.precedence() == precedence
        {
            let offset = self.offset;
            self.advance()?;
            let right = self.binary(precedence + 1)?;
            left = self.add(Node::Binary { operator, left, right, offset }, offset)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<NodeId, Problem> {
        let offset = self.offset;
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(self.too_deep(offset));
        }
        let node = match self.token {
            Token::Operator(BinaryOperator::Subtract) => {
                self.advance()?;
                match self.token {
                    // The one number that only fits with its sign.
                    Token::Number(number) if number == 1 << 63 => {
                        self.advance()?;
                        self.add(Node::Number(i64::MIN), offset)?
                    }
                    _ => {
                        let operand = self.unary()?;
                        self.add(Node::Negate(operand), offset)?
                    }
                }
            }
            Token::Number(number) => {
                let number = i64::try_from(number)
                    .map_err(|_| self.syntax("the number is larger than 9223372036854775807".to_string()))?;
                self.advance()?;
                self.add(Node::Number(number), offset)?
            }
            Token::Name(name) => self.name(name)?,
            Token::Open => {
                self.advance()?;
                let inside = self.binary(0)?;
                self.close()?;
                inside
            }
            Token::Operator(_) | Token::Assign | Token::Close | Token::Comma | Token::Semicolon | Token::End => {
                return Err(self.expected("a number, a name or '('"));
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn name(&mut self, name: &'t str) -> Result<NodeId, Problem> {
        let offset = self.offset;
        let function = function_named(name);
        self.advance()?;
        if self.token != Token::Open {
            return match function {
                Some(function) => {
                    let words = format!("'{0}' is a function: {0}(...)", function.name());
                    Err(self.problem(offset, ProblemKind::Syntax(words)))
                }
                None => {
                    let variable = self.variable(name)?;
                    let read = &mut self.expression.variables[variable.0 as usize];
                    if !read.is_assigned {
                        read.needed_at.get_or_insert(offset);
                    }
                    self.add(Node::Variable(variable), offset)
                }
            };
        }
        let Some(function) = function else {
            return Err(self.problem(offset, ProblemKind::UnknownFunction(name.to_string())));
        };
        self.advance()?;
        let mut arguments = Vec::new();
        if self.token != Token::Close {
            arguments.push(self.binary(0)?);
            while self.token == Token::Comma {
                self.advance()?;
                arguments.push(self.binary(0)?);
            }
        }
        self.close()?;
        let (takes, given) = (function.arity(), arguments.len());
        if takes != given {
            let kind = ProblemKind::ArgumentCount { function: function.name(), takes, given };
            return Err(self.problem(offset, kind));
        }
        self.add(Node::Call { function, arguments, offset }, offset)
    }

    fn close(&mut self) -> Result<(), Problem> {
        match self.token {
            Token::Close => self.advance(),
            Token::Number(_)
            | Token::Name(_)
            | Token::Operator(_)
            | Token::Assign
            | Token::Open
            | Token::Comma
            | Token::Semicolon
            | Token::End => Err(self.expected("an operator or ')'")),
        }
    }

    /// The variable of that name, which may be new.
    fn variable(&mut self, name: &str) -> Result<VariableId, Problem> {
        let variables = &mut self.expression.variables;
        if let Some(index) = variables.iter().position(|variable| variable.name == name) {
            return Ok(VariableId(index as u32));
        }
        if variables.len() == MOST_VARIABLES {
            let words = format!("an expression has at most {MOST_VARIABLES} variables");
            return Err(self.problem(self.offset, ProblemKind::TooLarge(words)));
        }
        variables.push(Variable { name: name.to_string(), needed_at: None, is_assigned: false });
        Ok(VariableId(variables.len() as u32 - 1))
    }

    fn add(&mut self, node: Node, offset: usize) -> Result<NodeId, Problem> {
        let of = |id: NodeId| self.levels[id.0 as usize];
        let levels = match &node {
            Node::Number(_) | Node::Variable(_) => 1,
            Node::Negate(operand) => of(*operand) + 1,
            Node::Binary { operator, left, right, .. } => match operator {
                // Lua has them too, so that a chain of them goes on in one level.
                BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply => {
                    of(*left).max(of(*right) + 1)
                }
                BinaryOperator::LessOrEqual
                | BinaryOperator::GreaterOrEqual
                | BinaryOperator::Equal
                | BinaryOperator::NotEqual
                | BinaryOperator::Less
                | BinaryOperator::Greater
                | BinaryOperator::Divide
                | BinaryOperator::Remainder => of(*left).max(of(*right)) + 1,
            },
            Node::Call { arguments, .. } => arguments.iter().map(|argument| of(*argument)).max().unwrap_or(0) + 1,
        };
        if levels > MOST_LEVELS {
            return Err(self.too_deep(offset));
        }
        self.levels.push(levels);
        self.expression.nodes.push(node);
        Ok(NodeId(self.expression.nodes.len() as u32 - 1))
    }

    fn advance(&mut self) -> Result<(), Problem> {
        (self.token, self.offset) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.lexer.token()?,
        };
        Ok(())
    }

    fn peek(&mut self) -> Result<Token<'t>, Problem> {
        let ahead = match self.ahead {
            Some(ahead) => ahead,
            None => self.lexer.token()?,
        };
        self.ahead = Some(ahead);
        Ok(ahead.0)
    }

    fn expected(&self, what: &str) -> Problem {
        self.syntax(format!("expected {what}, found {}", self.token.words()))
    }

    fn syntax(&self, words: String) -> Problem {
        self.problem(self.offset, ProblemKind::Syntax(words))
    }

    fn too_deep(&self, offset: usize) -> Problem {
        let words = format!("nested deeper than {MOST_LEVELS} levels");
        self.problem(offset, ProblemKind::TooLarge(words))
    }

    fn problem(&self, offset: usize, kind: ProblemKind) -> Problem {
        Problem { kind, position: Position::of(&self.expression.text, offset) }
    }
}

fn function_named(name: &str) -> Option<Function> {
    Function::ALL.iter().copied().find(|function| function.name() == name)
}
