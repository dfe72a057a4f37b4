//! Expressions of a wanted kind, and expressions that fail.

use super::Generator;
use super::scope::Kind;

/// How deep expressions are nested at most.
const DEPTH: u32 = 3;

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "-1",
    "-3",
    "10",
    "100",
    "255",
    "0x7fffffff",
    "-0x80000000",
    "1 << 31",
    "1 << 40",
    "9007199254740993",
    "math.maxinteger",
    "math.mininteger",
    "0xff",
    "-17",
];

const FLOATS: &[&str] = &[
    "0.5",
    "1.0",
    "2.0",
    "-1.5",
    "3.25",
    "1e3",
    "0.1",
    "-0.0",
    "1e15",
    "1e300",
    "2^53",
    "math.pi",
    "1e-7",
    "-2.75",
    "7.0",
    "math.huge",
];

const STRINGS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"abc\"",
    "\"hello world\"",
    "\"10\"",
    "\"0x1p4\"",
    "'it\\'s'",
    "\"x=1, y=22\"",
    "\"tab\\tline\"",
    "[[long]]",
    "\"\\u{e9}t\\u{e9}\"",
    "\"%d%%\"",
    "\"aXbXc\"",
    "\" 12 \"",
    "\"ABCDEFGHIJ\"",
];

const PATTERNS: &[&str] =
    &["%a", "%d+", "[%w_]+", "l+", "X", "^a", "(%a)(%a)", "%s*", ".-", "[^a-e]", "%f[%w]%w+", "()b", "%p", "o%s?w"];

impl Generator {
    /// An expression of this kind.
    pub(super) fn expression(&mut self, kind: Kind) -> String {
        self.expression_at(kind, 0)
    }

    fn expression_at(&mut self, kind: Kind, depth: u32) -> String {
        match kind {
            Kind::Integer => self.integer(depth),
            Kind::Float => self.float(depth),
            Kind::Number => match self.random.below(5) {
                0 | 1 => self.integer(depth),
                2 | 3 => self.float(depth),
                _ => self.variable(Kind::Number).unwrap_or_else(|| "3".to_string()),
            },
            Kind::String => self.string(depth),
            Kind::Boolean => self.condition_at(depth),
            Kind::Numbers => self.variable_or(Kind::Numbers, |generator| generator.numbers()),
            Kind::Strings => self.variable_or(Kind::Strings, |generator| {
                let (a, b) = (generator.string(DEPTH), generator.string(DEPTH));
                format!("{{{a}, {b}, \"z\"}}")
            }),
            Kind::Record => self.variable_or(Kind::Record, |generator| generator.record()),
            Kind::Object => self.variable_or(Kind::Object, |generator| generator.object(depth)),
            Kind::Function => self.variable_or(Kind::Function, |generator| generator.function_expression()),
            Kind::Vararg => self.variable_or(Kind::Vararg, |generator| generator.vararg_expression()),
        }
    }

    /// A number without calls.
    pub(super) fn plain_number(&mut self) -> String {
        self.expression_at(Kind::Number, DEPTH)
    }

    /// A variable of this kind, if there is one.
    pub(super) fn variable(&mut self, kind: Kind) -> Option<String> {
        let names: Vec<String> = self.scope.of(kind).into_iter().map(|variable| variable.name.clone()).collect();
        let index = self.random.below(names.len().max(1) as u64) as usize;
        names.get(index).cloned()
    }

    fn variable_or(&mut self, kind: Kind, make: impl FnOnce(&mut Generator) -> String) -> String {
        if self.random.one_in(4) {
            return make(self);
        }
        match self.variable(kind) {
            Some(name) => name,
            None => make(self),
        }
    }

    fn literal(&mut self, literals: &[&str]) -> String {
        let literal = self.random.pick(literals);
        if literal.starts_with('-') || literal.contains(' ') || literal.contains('^') {
            return format!("({literal})");
        }
        literal.to_string()
    }

    fn numbers(&mut self) -> String {
        let count = self.random.below(6);
        let items: Vec<String> = (0..count).map(|_| self.number_leaf()).collect();
        format!("{{{}}}", items.join(", "))
    }

    fn number_leaf(&mut self) -> String {
        if self.random.one_in(3) { self.literal(FLOATS) } else { format!("{}", self.random.below(50)) }
    }

    fn record(&mut self) -> String {
        let (x, y, name) = (self.number_leaf(), self.number_leaf(), self.literal(STRINGS));
        match self.random.below(3) {
            0 => format!("{{x = {x}, y = {y}, name = {name}}}"),
            1 => format!("{{name = {name}, y = {y}, x = {x}, z = {{{x}}}}}"),
            _ => format!("{{{x}, x = {x}, [\"y\"] = {y}, name = {name}, [2.0] = {y}}}"),
        }
    }

    fn object(&mut self, depth: u32) -> String {
        let value = self.expression_at(Kind::Number, depth.max(DEPTH - 1));
        format!("{}.new({value})", self.random.pick(&["C1", "C2", "C3"]))
    }

    fn function_expression(&mut self) -> String {
        let (a, b) = (self.name("a"), self.name("b"));
        let mark = self.scope.mark();
        self.scope.add(&a, Kind::Number);
        self.scope.add(&b, Kind::Number);
        let (is_vararg, may_yield) = (self.is_vararg, self.may_yield);
        (self.is_vararg, self.may_yield) = (false, false);
        let value = self.expression_at(Kind::Number, 1);
        (self.is_vararg, self.may_yield) = (is_vararg, may_yield);
        self.scope.leave(mark);
        format!("function({a}, {b}) step() return {value} end")
    }

    fn vararg_expression(&mut self) -> String {
        let is_vararg = std::mem::replace(&mut self.is_vararg, true);
        let may_yield = std::mem::replace(&mut self.may_yield, false);
        let value = self.expression_at(Kind::Number, 1);
        (self.is_vararg, self.may_yield) = (is_vararg, may_yield);
        let rest = self.random.pick(&["...", "select('#', ...)", "(...)", "select(-1, 0, ...)", "nil, ..."]);
        format!("function(...) step() return {value}, {rest} end")
    }

    /// What can be called, as a callee: functions made on the spot stand in parentheses.
    fn callee(&mut self, kind: Kind, depth: u32) -> String {
        let callee = self.expression_at(kind, depth);
        if callee.starts_with("function") { format!("({callee})") } else { callee }
    }

    /// The start of a suffix: a name, or anything in parentheses.
    fn prefix(&mut self, kind: Kind, depth: u32) -> String {
        let expression = self.expression_at(kind, depth);
        let is_name = expression.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_plain = is_name && !expression.starts_with(|first: char| first.is_ascii_digit());
        if is_plain { expression } else { format!("({expression})") }
    }

    fn integer(&mut self, depth: u32) -> String {
        let next = depth + 1;
        if depth >= DEPTH || self.random.one_in(4) {
            let variable = self.variable(Kind::Integer);
            return match variable {
                Some(variable) if !self.random.one_in(3) => variable,
                Some(_) | None if self.random.one_in(3) => self.literal(INTEGERS),
                Some(_) | None => format!("{}", self.random.below(20)),
            };
        }
        match self.random.below(20) {
            0..=3 => {
                let operator = self.random.pick(&["+", "-", "*"]);
                format!("({} {operator} {})", self.integer(next), self.integer(next))
            }
            4 => format!("({} // ({} | 1))", self.integer(next), self.integer(next)),
            5 => format!("({} % ({} | 1))", self.integer(next), self.integer(next)),
            6 => {
                let divisor = self.random.pick(&["3", "-7", "10", "-1", "16"]);
                let operator = self.random.pick(&["//", "%"]);
                format!("({} {operator} {divisor})", self.integer(next))
            }
            7 | 8 => {
                let operator = self.random.pick(&["&", "|", "~", "<<", ">>"]);
                format!("({} {operator} {})", self.integer(next), self.integer(next))
            }
            9 => format!("({}({}))", self.random.pick(&["-", "~"]), self.integer(next)),
            10 => format!("(#{})", self.prefix(Kind::String, next)),
            11 => format!("(#{})", self.prefix(Kind::Numbers, next)),
            12 => format!("({}:byte({}) or 0)", self.prefix(Kind::String, next), self.integer(DEPTH)),
            13 => {
                let (callee, first) = (self.random.pick(&["math.max", "math.min"]), self.integer(next));
                format!("{callee}({first}, {})", self.integer(next))
            }
            14 if self.is_vararg => "select('#', ...)".to_string(),
            15 => {
                let pattern = self.random.pick(PATTERNS);
                format!("(({}:find(\"{pattern}\")) or -1)", self.prefix(Kind::String, next))
            }
            16 => format!("(#{})", self.prefix(Kind::Object, next)),
            17 => {
                let pattern = self.random.pick(PATTERNS);
                format!("select(2, {}:gsub(\"{pattern}\", \"\"))", self.prefix(Kind::String, next))
            }
            18 => format!("({} and {} or {})", self.condition_at(next), self.integer(next), self.integer(next)),
            _ => format!("toint({})", self.expression_at(Kind::Number, next)),
        }
    }

    fn float(&mut self, depth: u32) -> String {
        let next = depth + 1;
        if depth >= DEPTH || self.random.one_in(4) {
            let variable = self.variable(Kind::Float);
            return match variable {
                Some(variable) if !self.random.one_in(3) => variable,
                Some(_) | None => self.literal(FLOATS),
            };
        }
        match self.random.below(12) {
            0..=3 => {
                let operator = self.random.pick(&["+", "-", "*", "/"]);
                let right = self.expression_at(Kind::Number, next);
                format!("({} {operator} {right})", self.float(next))
            }
            4 => format!("({} / {})", self.integer(next), self.integer(next)),
            5 => format!("({} // {})", self.float(next), self.expression_at(Kind::Number, next)),
            6 => format!("({} % {})", self.float(next), self.float(next)),
            7 => {
                format!("({} ^ {})", self.expression_at(Kind::Number, next), self.random.pick(&["2", "0.5", "-1", "3"]))
            }
            8 => format!("(-{})", self.float(next)),
            9 => format!("math.abs({})", self.float(next)),
            10 => {
                let (left, right) = (self.float(next), self.float(next));
                format!("({} and {left} or {right})", self.condition_at(next))
            }
            _ => self.called_number(next),
        }
    }

    /// A number from a call or a field, as a float.
    fn called_number(&mut self, depth: u32) -> String {
        let number = match self.random.below(8) {
            _ if self.may_yield && self.random.one_in(3) => {
                format!("(tonumber(coroutine.yield({})) or 2)", self.list(depth))
            }
            0 => {
                let callee = self.callee(Kind::Function, depth);
                let (a, b) = (self.expression_at(Kind::Number, depth), self.expression_at(Kind::Number, DEPTH));
                format!("{callee}({a}, {b})")
            }
            1 => format!("({}({}))", self.callee(Kind::Vararg, depth), self.list(depth)),
            2 => format!("{}.{}", self.prefix(Kind::Record, depth), self.random.pick(&["x", "y"])),
            3 => format!("({}[{}] or 1)", self.prefix(Kind::Numbers, depth), self.integer(DEPTH)),
            4 => format!("{}:get({})", self.prefix(Kind::Object, depth), self.integer(DEPTH)),
            5 => {
                let (object, number) = (self.expression_at(Kind::Object, depth), self.integer(DEPTH));
                let operator = self.random.pick(&["+", "-", "//", "%", "&", "<<", "/"]);
                if self.random.one_in(2) {
                    format!("({object} {operator} {number})")
                } else {
                    format!("({number} {operator} {object})")
                }
            }
            6 => format!("{}.value", self.prefix(Kind::Object, depth)),
            _ => format!("{}({})", self.prefix(Kind::Object, depth), self.integer(DEPTH)),
        };
        format!("({number} + 0.0)")
    }

    /// Some values of any kind.
    pub(super) fn list(&mut self, depth: u32) -> String {
        let count = self.random.below(4);
        let mut values: Vec<String> = (0..count)
            .map(|_| {
                let kind = [Kind::Integer, Kind::Float, Kind::String, Kind::Boolean][self.random.below(4) as usize];
                self.expression_at(kind, depth.max(DEPTH - 1))
            })
            .collect();
        if self.is_vararg && self.random.one_in(3) {
            values.push("...".to_string());
        }
        values.join(", ")
    }

    fn string(&mut self, depth: u32) -> String {
        let next = depth + 1;
        if depth >= DEPTH || self.random.one_in(4) {
            let variable = self.variable(Kind::String);
            return match variable {
                Some(variable) if !self.random.one_in(3) => variable,
                Some(_) | None => self.literal(STRINGS),
            };
        }
        match self.random.below(17) {
            0 | 1 => format!("({} .. {})", self.string(next), self.string(next)),
            2 => format!("({} .. {} .. {})", self.string(next), self.integer(next), self.string(next)),
            3 => format!("({} .. {})", self.plain_float(), self.string(next)),
            4 => format!("{}:sub({}, {})", self.prefix(Kind::String, next), self.integer(DEPTH), self.integer(DEPTH)),
            5 => format!("cut({}):rep({})", self.string(next), self.random.below(4)),
            6 => {
                let method = self.random.pick(&["upper", "lower", "reverse"]);
                format!("{}:{method}()", self.prefix(Kind::String, next))
            }
            7 => format!("tostring({})", self.integer(next)),
            8 => {
                let format = self.random.pick(&["%d", "%5d", "%-5d|", "%x", "%05d", "%+d", "%i"]);
                format!("string.format(\"{format}\", {})", self.integer(next))
            }
            9 => {
                let format = self.random.pick(&["%.3f", "%g", "%10.2f", "%e", "%.14g", "%a"]);
                format!("string.format(\"{format}\", {})", self.plain_float())
            }
            10 => {
                let format = self.random.pick(&["%s", "%10s|", "%-10.3s|", "%q", "[%s]"]);
                format!("string.format(\"{format}\", cut({}))", self.string(next))
            }
            11 => {
                let pattern = self.random.pick(PATTERNS);
                let replacement =
                    self.random.pick(&["\"<%0>\"", "\"\"", "\"%1%1\"", "{a = \"A\", b = 1, l = false}", "wrapped"]);
                format!("({}:gsub(\"{pattern}\", {replacement}))", self.prefix(Kind::String, next))
            }
            12 => {
                let pattern = self.random.pick(PATTERNS);
                format!("tostring({}:match(\"{pattern}\"))", self.prefix(Kind::String, next))
            }
            13 => format!(
                "table.concat({}, {})",
                self.prefix(Kind::Strings, next),
                self.random.pick(&["\",\"", "\"\"", "\" - \""])
            ),
            14 => format!("string.char({} % 26 + 97, 48 + {})", self.integer(next), self.random.below(10)),
            15 => format!("({} .. {})", self.expression_at(Kind::Object, next), self.string(next)),
            _ => format!("{}.name", self.prefix(Kind::Record, next)),
        }
    }

    /// A float whose digits are the same everywhere: no NaN, whose sign is not.
    fn plain_float(&mut self) -> String {
        self.literal(&FLOATS[..FLOATS.len() - 1])
    }

    /// A condition.
    pub(super) fn condition(&mut self) -> String {
        self.condition_at(1)
    }

    fn condition_at(&mut self, depth: u32) -> String {
        let next = depth + 1;
        if depth >= DEPTH {
            let variable = self.variable(Kind::Boolean);
            return variable.unwrap_or_else(|| format!("({} < 10)", self.integer(DEPTH)));
        }
        let order = self.random.pick(&["<", "<=", ">", ">="]);
        match self.random.below(13) {
            0..=2 => format!("({} {order} {})", self.integer(next), self.expression_at(Kind::Number, next)),
            3 => format!("({} {order} {})", self.float(next), self.integer(next)),
            4 => format!("({} {order} {})", self.string(next), self.string(next)),
            5 => {
                let operator = self.random.pick(&["==", "~="]);
                format!("({} {operator} {})", self.expression_at(Kind::Number, next), self.integer(next))
            }
            6 => format!("({} == {})", self.string(next), self.string(next)),
            7 => format!("(not {})", self.condition_at(next)),
            8 => format!("({} and {})", self.condition_at(next), self.condition_at(next)),
            9 => format!("({} or {})", self.condition_at(next), self.condition_at(next)),
            10 => {
                let operator = self.random.pick(&["==", "<", "<=", "~=", ">"]);
                format!(
                    "({} {operator} {})",
                    self.expression_at(Kind::Object, next),
                    self.expression_at(Kind::Object, next)
                )
            }
            11 => {
                let kind = self.random.pick(&["integer", "float"]);
                format!("(math.type({}) == \"{kind}\")", self.expression_at(Kind::Number, next))
            }
            _ => format!(
                "(({}[{}] or 0) {order} {})",
                self.prefix(Kind::Numbers, next),
                self.integer(DEPTH),
                self.integer(DEPTH)
            ),
        }
    }

    /// An expression that fails, or may.
    pub(super) fn failing_expression(&mut self) -> String {
        let kinds =
            [Kind::Integer, Kind::Float, Kind::Boolean, Kind::String, Kind::Record, Kind::Numbers, Kind::Function];
        let kind = kinds[self.random.below(kinds.len() as u64) as usize];
        let any = self.variable(kind).unwrap_or_else(|| "nothing".to_string());
        match self.random.below(24) {
            0 => format!("{any}.missing.deep"),
            1 => format!("{any} + {{}}"),
            2 => format!("{any}()"),
            3 => format!("{any} .. {any} .. nothing"),
            4 => format!("{any} < nothing"),
            5 => format!("-({any} or nothing)"),
            6 => format!("{any} // 0 + {any} % 0"),
            7 => format!("({any} | 1.5) & {any}"),
            8 => format!("{any}:nomethod({})", self.integer(2)),
            9 => format!("nothing.field[{any}]"),
            10 => format!("error({{code = {}}})", self.integer(2)),
            11 => format!("error(\"raised\", {})", self.random.below(3)),
            12 => format!("assert({any} == nothing, {})", self.string(2)),
            13 => "assert(false)".to_string(),
            14 => format!("math.floor({any})"),
            15 => format!("string.rep({any}, {any})"),
            16 => format!("setmetatable({any}, {{}})"),
            17 => format!("table.concat({{1, {{}}, {any}}})"),
            18 => format!("(\"%d\"):format({any})"),
            19 => format!("{}.missing.deep", self.prefix(Kind::Object, 1)),
            20 => format!("{}:nomethod()", self.prefix(Kind::Object, 1)),
            21 => "undefined_function(1)".to_string(),
            22 => format!("#{any} + select({any})"),
            _ => format!("1 < {any} and {any} < \"x\""),
        }
    }
}
