//! Statements and blocks.

use super::Generator;
use super::scope::{KINDS, Kind};

/// Loops inside each other in one function at most.
const LOOPS: usize = 3;

/// Functions inside each other at most.
const FUNCTIONS: usize = 3;

impl Generator {
    /// Some statement.
    pub(super) fn statement(&mut self) {
        self.budget = self.budget.saturating_sub(1);
        match self.random.below(40) {
            0..=7 => self.local(),
            8..=13 => self.assignment(),
            14 | 15 => self.condition_statement(),
            16 | 17 => self.numeric_for(),
            18 => self.while_loop(),
            19 => self.repeat_loop(),
            20 | 21 => self.generic_for(),
            22 => self.gmatch_loop(),
            23 | 24 => self.function(),
            25 => self.vararg_function(),
            26 => self.recursive_function(),
            27..=29 => self.protected(),
            30 | 31 => self.coroutine(),
            32 => self.close_block(),
            33 | 34 => self.table_operation(),
            35 => self.swap(),
            36 => self.loaded(),
            37 => self.goto_loop(),
            _ => self.show(),
        }
    }

    /// Some statements in a scope of their own, one level further in.
    fn block(&mut self, count: u64) {
        let mark = self.scope.mark();
        self.indent += 1;
        for _ in 0..1 + self.random.below(count) {
            if self.budget == 0 {
                break;
            }
            self.statement();
        }
        self.indent -= 1;
        self.scope.leave(mark);
    }

    fn kind(&mut self) -> Kind {
        KINDS[self.random.below(KINDS.len() as u64) as usize]
    }

    /// An expression for a variable of this kind: strings that grow in a loop stay short.
    fn value(&mut self, kind: Kind) -> String {
        let value = self.expression(kind);
        if kind == Kind::String { format!("cut({value})") } else { value }
    }

    fn show(&mut self) {
        let (first, second) = (self.kind(), self.kind());
        let (first, second) = (self.expression(first), self.expression(second));
        self.line(&format!("show({first}, {second})"));
    }

    fn local(&mut self) {
        let count = if self.random.one_in(4) { 2 + self.random.below(2) } else { 1 };
        let kinds: Vec<Kind> = (0..count).map(|_| self.kind()).collect();
        let values: Vec<String> = kinds.iter().map(|kind| self.value(*kind)).collect();
        let names: Vec<String> = kinds.iter().map(|_| self.name("v")).collect();
        let is_constant = count == 1 && self.random.one_in(8);
        let attribute = if is_constant { " <const>" } else { "" };
        self.line(&format!("local {}{attribute} = {}", names.join(", "), values.join(", ")));
        for (name, kind) in names.iter().zip(kinds) {
            // A function that could be assigned could come to call itself.
            if is_constant || matches!(kind, Kind::Function | Kind::Vararg) {
                self.scope.add_constant(name, kind)
            } else {
                self.scope.add(name, kind)
            }
        }
    }

    /// An assignable variable, with its kind.
    fn target(&mut self) -> Option<(String, Kind)> {
        let targets: Vec<(String, Kind)> = self
            .scope
            .visible()
            .filter(|variable| variable.is_assignable)
            .map(|variable| (variable.name.clone(), variable.kind))
            .collect();
        let index = self.random.below(targets.len().max(1) as u64) as usize;
        targets.get(index).cloned()
    }

    fn assignment(&mut self) {
        match self.random.below(6) {
            0 => {
                let (record, field) = (self.variable(Kind::Record), self.random.pick(&["x", "y"]));
                let value = self.expression(Kind::Number);
                if let Some(record) = record {
                    self.line(&format!("{record}.{field} = {value}"));
                }
            }
            1 => {
                let (numbers, value) = (self.variable(Kind::Numbers), self.expression(Kind::Number));
                if let Some(numbers) = numbers {
                    let key = self.random.pick(&["#{} + 1", "1", "math.max(#{}, 1)"]).replace("{}", &numbers);
                    self.line(&format!("if #{numbers} < 50 then {numbers}[{key}] = {value} end"));
                }
            }
            2 => {
                let value = self.expression(Kind::Number);
                if let Some(object) = self.variable(Kind::Object) {
                    let field = self.random.pick(&["value", "value", "extra"]);
                    self.line(&format!("{object}.{field} = {value}"));
                }
            }
            _ => {
                if let Some((name, kind)) = self.target() {
                    let value = self.value(kind);
                    self.line(&format!("{name} = {value}"));
                }
            }
        }
    }

    fn swap(&mut self) {
        let (Some((first, first_kind)), Some((second, second_kind))) = (self.target(), self.target()) else { return };
        if first == second {
            return;
        }
        let (first_value, second_value) = (self.value(first_kind), self.value(second_kind));
        match self.variable(Kind::Numbers) {
            Some(numbers) if self.random.one_in(2) => {
                let number = self.expression(Kind::Number);
                self.line(&format!("{first}, {numbers}[1], {second} = {first_value}, {number}, {second_value}"));
            }
            Some(_) | None => self.line(&format!("{first}, {second} = {first_value}, {second_value}")),
        }
    }

    fn condition_statement(&mut self) {
        let condition = self.condition();
        self.line(&format!("if {condition} then"));
        self.block(3);
        if self.random.one_in(3) {
            let condition = self.condition();
            self.line(&format!("elseif {condition} then"));
            self.block(2);
        }
        if self.random.one_in(2) {
            self.line("else");
            self.block(3);
        }
        self.line("end");
    }

    // Loops.

    /// The iterations of a loop here: many only in the outermost one.
    fn iterations(&mut self) -> u64 {
        match self.loops {
            0 if self.functions == 0 && self.random.one_in(3) => 100 + self.random.below(200),
            0 => 1 + self.random.below(20),
            1 => 1 + self.random.below(7),
            _ => 1 + self.random.below(3),
        }
    }

    /// The body of a loop, with its jumps. Ends with `end`.
    fn loop_body(&mut self, can_continue: bool) {
        self.loops += 1;
        let could_break = std::mem::replace(&mut self.can_break, true);
        let mark = self.scope.mark();
        let label = can_continue.then(|| self.name("continue"));
        self.indent += 1;
        for _ in 0..1 + self.random.below(4) {
            match &label {
                Some(label) if self.random.one_in(6) => {
                    let label = label.clone();
                    let condition = self.condition();
                    self.line(&format!("if {condition} then goto {label} end"));
                }
                Some(_) | None if self.random.one_in(8) => {
                    let condition = self.condition();
                    self.line(&format!("if {condition} then break end"));
                }
                Some(_) | None => self.statement(),
            }
        }
        self.scope.leave(mark);
        if let Some(label) = label {
            self.line(&format!("::{label}::"));
        }
        self.indent -= 1;
        self.loops -= 1;
        self.can_break = could_break;
    }

    fn numeric_for(&mut self) {
        if self.loops >= LOOPS {
            return self.show();
        }
        let (name, count) = (self.name("i"), self.iterations());
        let (bounds, kind) = match self.random.below(8) {
            0 => (format!("{count}, 1, -1"), Kind::Integer),
            1 => (format!("1.0, {count}"), Kind::Float),
            2 => ("math.maxinteger - 3, math.maxinteger".to_string(), Kind::Integer),
            3 => (format!("0, {}, 0.25", count as f64 / 4.0), Kind::Float),
            4 => (format!("{0}, {0} + {count}, 3", self.random.below(100)), Kind::Integer),
            _ => (format!("1, {count}"), Kind::Integer),
        };
        self.line(&format!("for {name} = {bounds} do"));
        let mark = self.scope.mark();
        self.scope.add(&name, kind);
        self.loop_body(true);
        self.scope.leave(mark);
        self.line("end");
    }

    fn while_loop(&mut self) {
        if self.loops >= LOOPS {
            return self.show();
        }
        let (name, count) = (self.name("w"), self.iterations());
        self.line(&format!("local {name} = {count}"));
        let condition = self.condition();
        self.line(&format!("while {name} > 0 and ({condition} or {name} % 3 > 0) do"));
        self.line(&format!("  {name} = {name} - 1"));
        let mark = self.scope.mark();
        self.scope.add_constant(&name, Kind::Integer);
        self.loop_body(true);
        self.line("end");
        self.scope.leave(mark);
        self.scope.add(&name, Kind::Integer);
    }

    fn repeat_loop(&mut self) {
        if self.loops >= LOOPS {
            return self.show();
        }
        let (name, inner, count) = (self.name("r"), self.name("u"), self.iterations());
        self.line(&format!("local {name} = 0"));
        self.line("repeat");
        let value = self.expression(Kind::Number);
        self.line(&format!("  local {inner} = {value}"));
        self.line(&format!("  {name} = {name} + 1"));
        let mark = self.scope.mark();
        self.scope.add_constant(&name, Kind::Integer);
        self.scope.add(&inner, Kind::Number);
        if self.random.one_in(3) {
            let closure = self.name("f");
            self.line(&format!("  local {closure} = function() {inner} = {inner} + 1 return {inner} end"));
            self.line(&format!("  {closure}()"));
        }
        self.loop_body(false);
        self.scope.leave(mark);
        self.line(&format!("until {name} >= {count} or {inner} == 3"));
        self.scope.add(&name, Kind::Integer);
    }

    fn generic_for(&mut self) {
        if self.loops >= LOOPS {
            return self.show();
        }
        let (key, item) = (self.name("k"), self.name("e"));
        let (iterator, key_kind, item_kind) = match self.random.below(5) {
            0 | 1 => (format!("ipairs({})", self.expression(Kind::Numbers)), Kind::Integer, Kind::Number),
            2 => (format!("ipairs({})", self.expression(Kind::Strings)), Kind::Integer, Kind::String),
            3 => {
                let last = 1 + self.random.below(8);
                let step = format!("function(last, at) if at < last then return at + 1, at * {last} end end");
                (format!("{step}, {last}, 0"), Kind::Integer, Kind::Integer)
            }
            _ => {
                let last = 1 + self.random.below(6);
                let body = format!("for at = 1, {last} do coroutine.yield(at, at / 2) end");
                (format!("coroutine.wrap(function() {body} end)"), Kind::Integer, Kind::Float)
            }
        };
        self.line(&format!("for {key}, {item} in {iterator} do"));
        let mark = self.scope.mark();
        self.scope.add_constant(&key, key_kind);
        self.scope.add(&item, item_kind);
        self.loop_body(true);
        self.scope.leave(mark);
        self.line("end");
    }

    /// Over the parts of a string, and over a table in no order.
    fn gmatch_loop(&mut self) {
        if self.loops >= LOOPS {
            return self.show();
        }
        let (sum, item) = (self.name("s"), self.name("m"));
        if self.random.one_in(2) {
            let table = self.expression(Kind::Record);
            let condition = "type(item) == \"number\" and item == item";
            self.line(&format!("local {sum} = 0"));
            self.line(&format!(
                "for _, item in pairs({table}) do if {condition} then {sum} = {sum} ~ toint(item) end end"
            ));
            return self.scope.add(&sum, Kind::Integer);
        }
        let string = self.expression(Kind::String);
        let pattern = self.random.pick(&["%a+", "%d", "%w", "[^,]+", "."]);
        self.line(&format!("for {item} in string.gmatch(cut({string}), \"{pattern}\") do"));
        let mark = self.scope.mark();
        self.scope.add(&item, Kind::String);
        self.loop_body(true);
        self.scope.leave(mark);
        self.line("end");
    }

    /// A loop made of jumps.
    fn goto_loop(&mut self) {
        if self.loops >= LOOPS {
            return self.show();
        }
        let (counter, label, count) = (self.name("g"), self.name("again"), self.iterations());
        self.line(&format!("local {counter} = 0"));
        let mark = self.scope.mark();
        self.scope.add_constant(&counter, Kind::Integer);
        self.line("do");
        self.line(&format!("  ::{label}::"));
        self.line(&format!("  {counter} = {counter} + 1"));
        self.loops += 1;
        self.block(3);
        self.loops -= 1;
        self.line(&format!("  if {counter} < {count} then goto {label} end"));
        self.line("end");
        self.scope.leave(mark);
        self.scope.add(&counter, Kind::Integer);
    }

    // Functions.

    /// Statements of a function's body and what it returns. Ends with `end`.
    fn function_body(
        &mut self,
        parameters: &[(&str, Kind)],
        is_vararg: bool,
        result: impl FnOnce(&mut Generator) -> String,
    ) {
        let outer = (self.loops, self.can_break, self.is_vararg, self.may_yield);
        (self.loops, self.can_break, self.is_vararg, self.may_yield) = (0, false, is_vararg, false);
        self.functions += 1;
        let mark = self.scope.mark();
        for (name, kind) in parameters {
            self.scope.add(name, *kind);
        }
        self.indent += 1;
        self.line("step()");
        for _ in 0..self.random.below(4) {
            self.statement();
        }
        if self.random.one_in(4) {
            let (condition, early) = (self.condition(), self.expression(Kind::Number));
            self.line(&format!("if {condition} then return {early} end"));
        }
        let result = result(self);
        self.line(&result);
        self.indent -= 1;
        self.scope.leave(mark);
        self.functions -= 1;
        (self.loops, self.can_break, self.is_vararg, self.may_yield) = outer;
    }

    fn function(&mut self) {
        if self.functions >= FUNCTIONS {
            return self.local();
        }
        let (name, a, b) = (self.name("f"), self.name("a"), self.name("b"));
        self.line(&format!("local function {name}({a}, {b})"));
        self.function_body(&[(&a, Kind::Number), (&b, Kind::Number)], false, |generator| {
            match generator.random.below(4) {
                0 => match generator.variable(Kind::Function) {
                    Some(other) => format!("return {other}({a}, {b})"),
                    None => format!("return {a}"),
                },
                1 => format!("return {a}, {b}, {}", generator.expression(Kind::String)),
                _ => format!("return {}", generator.expression(Kind::Number)),
            }
        });
        self.line("end");
        self.scope.add_constant(&name, Kind::Function);
    }

    fn vararg_function(&mut self) {
        if self.functions >= FUNCTIONS {
            return self.local();
        }
        let (name, first) = (self.name("p"), self.name("a"));
        self.line(&format!("local function {name}({first}, ...)"));
        // The first argument may be anything, so nobody uses it.
        self.function_body(&[], true, |generator| {
            let packed = generator.random.pick(&[
                "return select('#', ...), ...",
                "return table.pack(...).n, table.unpack({...}, 1, 3)",
                "return #{n = 1, ...}, (...)",
                "local a, b, c = ... return 1, c, b, a",
            ]);
            packed.to_string()
        });
        self.line("end");
        self.scope.add_constant(&name, Kind::Vararg);
    }

    fn recursive_function(&mut self) {
        if self.functions >= FUNCTIONS {
            return self.local();
        }
        let (name, n, total) = (self.name("f"), self.name("n"), self.name("a"));
        let is_vararg = std::mem::replace(&mut self.is_vararg, false);
        let step = self.expression(Kind::Integer);
        self.is_vararg = is_vararg;
        self.line(&format!("local function {name}({n}, {total})"));
        self.line("  step()");
        self.line(&format!("  if not ({n} > 0 and {n} < 20) then return {total} end"));
        let call = match self.random.below(3) {
            0 => format!("return {name}({n} - 1, {total} + ({step}))"),
            1 => format!("return {n} + {name}({n} - 1, {total})"),
            _ => format!("return ({name}({n} - 1.5, {total} + 1))"),
        };
        self.line(&format!("  {call}"));
        self.line("end");
        self.scope.add_constant(&name, Kind::Function);
    }

    // Errors, coroutines, closing.

    fn protected(&mut self) {
        if self.functions >= FUNCTIONS {
            return self.show();
        }
        let call = self.random.pick(&["pcall(function(...)", "pcall(function(...)", "xpcall(function(...)"]);
        self.line(&format!("show({call}"));
        let fails = !self.random.one_in(3);
        self.function_body(&[], true, |generator| {
            let result = if fails { generator.failing_expression() } else { generator.expression(Kind::Number) };
            format!("return {result}")
        });
        let arguments = self.list(0);
        let comma = if arguments.is_empty() { "" } else { ", " };
        if call.starts_with('x') {
            let handler = "function(e) return type(e) == \"string\" and \"handled \" .. e or e end";
            self.line(&format!("end, {handler}{comma}{arguments}))"));
        } else {
            self.line(&format!("end{comma}{arguments}))"));
        }
    }

    fn coroutine(&mut self) {
        if self.functions >= FUNCTIONS {
            return self.show();
        }
        let name = self.name("c");
        self.line(&format!("local {name} = coroutine.create(function(...)"));
        self.function_body(&[], true, |generator| {
            generator.may_yield = true;
            for _ in 0..2 {
                let values = generator.list(0);
                match generator.random.below(5) {
                    0 => generator.line("show(pcall(coroutine.yield, 1, 2))"),
                    1 => generator.line(&format!("show(pcall(function(...) coroutine.yield({values}) end, ...))")),
                    2 => generator.line("for at = 1, 3 do coroutine.yield(at, (...)) end"),
                    3 => {
                        let value = generator.expression(Kind::Number);
                        generator.line(&format!("local kept <close> = C1.new({value})"));
                        generator.line(&format!("show(coroutine.yield({values}))"));
                    }
                    _ => generator.line(&format!("show(coroutine.yield({values}))")),
                }
            }
            let fails = generator.random.one_in(3);
            let result = if fails { generator.failing_expression() } else { generator.expression(Kind::Number) };
            generator.may_yield = false;
            format!("return {result}")
        });
        self.line("end)");
        let resumes = 1 + self.random.below(6);
        let argument = self.expression(Kind::Number);
        self.line(&format!("for _ = 1, {resumes} do show(coroutine.resume({name}, {argument})) end"));
        self.line(&format!("show(coroutine.status({name}), coroutine.close({name}))"));
    }

    fn close_block(&mut self) {
        let name = self.name("t");
        let value = self.expression(Kind::Number);
        let constructor = self.random.pick(&["C1", "C2", "C3"]);
        self.line("do");
        self.line(&format!("  local {name} <close> = {constructor}.new({value})"));
        let mark = self.scope.mark();
        self.scope.add_constant(&name, Kind::Object);
        self.block(3);
        if self.can_break && self.random.one_in(3) {
            let condition = self.condition();
            self.line(&format!("  if {condition} then break end"));
        }
        self.scope.leave(mark);
        self.line("end");
    }

    // The library.

    fn table_operation(&mut self) {
        let Some(numbers) = self.variable(Kind::Numbers) else { return self.show() };
        let value = self.expression(Kind::Number);
        let line = match self.random.below(8) {
            0 => format!("if #{numbers} < 50 then table.insert({numbers}, {value}) end"),
            1 => format!("if #{numbers} < 50 then table.insert({numbers}, 1, {value}) end"),
            2 => format!("show(table.remove({numbers}))"),
            3 => format!("show(table.remove({numbers}, 1))"),
            4 => format!("show(table.unpack({numbers}, 1, 4))"),
            5 => format!("show(#table.move({numbers}, 1, #{numbers}, 1, {{}}))"),
            6 => {
                let order = self.random.pick(&["", ", function(a, b) return a > b end"]);
                format!(
                    "do local ok = true for _, n in ipairs({numbers}) do ok = ok and n == n end if ok then table.sort({numbers}{order}) end end"
                )
            }
            _ => format!("show(select({}, table.unpack({numbers})))", 1 + self.random.below(3)),
        };
        self.line(&line);
        self.line(&format!("show({numbers})"));
    }

    /// A chunk made at run time. It sees no locals.
    fn loaded(&mut self) {
        let (left, right) = (self.random.below(100), self.random.below(9));
        let chunk = self.random.pick(&[
            "return A + B, ...",
            "local t = {} for i = 1, B do t[#t + 1] = i * A end return #t, t[#t]",
            "return A .. B",
            "local a <const> = A return function(x) return x // (a + 1) end",
            "return A +",
            "goto nowhere",
            "local x <close> = A",
            "return (A)()",
        ]);
        let chunk = chunk.replace('A', &left.to_string()).replace('B', &right.to_string());
        self.line(&format!("show(load(\"{chunk}\", \"=chunk\"))"));
        self.line(&format!("show(pcall(load(\"{chunk}\", \"=chunk\") or tostring, {right}))"));
    }
}
