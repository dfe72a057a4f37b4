//! Functions: the main function, parameters and bodies. Statements are in [`super::statement`].

use std::rc::Rc;

use super::Parser;
use crate::ast::{Attribute, Block, Function, LocalId, Span, UpvalueSource};
use crate::backpatch;
use crate::lexer::Result;
use crate::token::TokenKind;

/// Where the body of a function stands.
pub(super) struct Head {
    /// Its name for listings.
    pub(super) name: String,
    /// Whether it has a parameter `self` that is not written.
    pub(super) is_method: bool,
    /// The line that messages and debug information give for it.
    pub(super) line: u32,
    /// The keyword `function`.
    pub(super) start: Span,
}

impl Parser<'_> {
    /// Reads the whole chunk.
    pub(super) fn main_function(&mut self) -> Result<Function> {
        self.scopes.open_function(0);
        let function = self.scopes.function();
        function.is_vararg = true;
        let environment = function.add_upvalue(&b"_ENV"[..].into(), Attribute::None, UpvalueSource::Environment);
        self.placed(environment)?;
        let body = self.statements()?;
        if !self.at(&TokenKind::EndOfSource) {
            return Err(self.expected(&TokenKind::EndOfSource));
        }
        let span = Span { start: 0, end: self.token.span.end, line: 1, last_line: self.token.span.last_line };
        self.close_function("main chunk".to_string(), Vec::new(), body, 0, span)
    }

    /// Reads a function from its parameter list to its `end`.
    pub(super) fn function_body(&mut self, head: Head) -> Result<Rc<Function>> {
        self.scopes.open_function(head.line);
        self.expect(&TokenKind::LeftParen)?;
        let parameters = self.parameters(head.is_method)?;
        self.expect(&TokenKind::RightParen)?;
        let body = self.statements()?;
        let last_line = self.token.span.last_line;
        self.expect_closing(&TokenKind::End, &TokenKind::Function, head.line)?;
        let span = self.span_from(head.start);
        Ok(Rc::new(self.close_function(head.name, parameters, body, last_line, span)?))
    }

    fn parameters(&mut self, is_method: bool) -> Result<Vec<LocalId>> {
        let mut parameters = Vec::new();
        if is_method {
            let declared = self.scopes.function().declare(b"self"[..].into(), self.token.span);
            parameters.push(self.placed(declared)?);
        }
        if !self.at(&TokenKind::RightParen) {
            loop {
                match self.token.kind {
                    TokenKind::Name(_) => {
                        let (name, span) = self.expect_name()?;
                        let declared = self.scopes.function().declare(name, span);
                        parameters.push(self.placed(declared)?);
                    }
                    TokenKind::DotDotDot => {
                        self.advance()?;
                        self.scopes.function().is_vararg = true;
                        break;
                    }
                    _ => return Err(self.error_near("<name> or '...' expected".to_string())),
                }
                if !self.accept(&TokenKind::Comma)? {
                    break;
                }
            }
        }
        self.scopes.function().make_visible(parameters.len());
        Ok(parameters)
    }

    fn close_function(
        &mut self,
        name: String,
        parameters: Vec<LocalId>,
        mut body: Block,
        last_line: u32,
        span: Span,
    ) -> Result<Function> {
        let closed = self.scopes.close_function();
        let scope = self.placed(closed)?;
        backpatch::patch_gotos(&mut body, &scope.goto_targets);
        Ok(Function {
            name,
            parameters,
            is_vararg: scope.is_vararg,
            locals: scope.locals,
            upvalues: scope.upvalues,
            labels: scope.labels,
            body,
            line_defined: scope.line_defined,
            last_line,
            span,
        })
    }
}
