//! The classes of a program: metatables with random metamethods, and inheritance in different manners.

use super::Generator;
use super::scope::Kind;

impl Generator {
    /// Defines the classes `C1`, `C2` and `C3`.
    pub(super) fn classes(&mut self) {
        self.line("local C1, C2, C3 = {}, {}, {}");
        self.class("C1", None);
        self.class("C2", Some("C1"));
        let base = self.random.pick(&["C1", "C2"]);
        self.class("C3", Some(base));
    }

    fn class(&mut self, class: &str, base: Option<&str>) {
        self.line(&format!("{class}.__name = \"{class}\""));
        let copies = self.random.one_in(3);
        match base {
            None => self.line(&format!("{class}.__index = {class}")),
            Some(base) if copies => {
                // Metamethods are not inherited.
                self.line(&format!("for key, value in pairs({base}) do {class}[key] = value end"));
                self.line(&format!("{class}.__index = {class}"));
            }
            Some(base) => {
                self.line(&format!("setmetatable({class}, {{__index = {base}}})"));
                if self.random.one_in(2) {
                    self.line(&format!("{class}.__index = {class}"));
                } else {
                    self.line(&format!(
                        "{class}.__index = function(self, key) local found = {class}[key] if found ~= nil then return found end return nil end"
                    ));
                }
            }
        }
        self.line(&format!(
            "function {class}.new(value) step() return setmetatable({{value = value, items = {{}}}}, {class}) end"
        ));
        if base.is_none() || copies || self.random.one_in(2) {
            let body = self.method_result("self", "n");
            self.line(&format!("function {class}:get(n) step() return {body} end"));
        }
        self.metamethods(class);
    }

    fn metamethods(&mut self, class: &str) {
        for (event, operator) in [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")] {
            self.line(&format!(
                "{class}.__{event} = function(a, b) step() return value_of(a) {operator} value_of(b) end"
            ));
        }
        for event in ["idiv", "mod", "band", "shl"] {
            let constant = self.random.below(100);
            self.line(&format!("{class}.__{event} = function(a, b) step() return value_of(a) + {constant} end"));
        }
        self.line(&format!("{class}.__concat = function(a, b) return text(a, 0) .. \"..\" .. text(b, 0) end"));
        self.line(&format!("{class}.__eq = function(a, b) return a.value == b.value end"));
        self.line(&format!("{class}.__lt = function(a, b) return a.value < b.value end"));
        self.line(&format!("{class}.__le = function(a, b) return a.value <= b.value end"));
        let length = self.random.below(10);
        self.line(&format!("{class}.__len = function(self) return #self.items + {length} end"));
        let called = self.method_result("self", "n");
        self.line(&format!("{class}.__call = function(self, n) step() return {called} end"));
        self.line(&format!(
            "{class}.__tostring = function(self) return \"{class}<\" .. text(self.value, 1) .. \">\" end"
        ));
        self.line(&format!("{class}.__close = function(self, e) show(\"closed\", self, e) end"));
        if self.random.one_in(2) {
            self.line(&format!(
                "{class}.__newindex = function(self, key, value) rawset(self.items, #self.items + 1, value) end"
            ));
        }
    }

    /// A number from an object and a number.
    fn method_result(&mut self, object: &str, number: &str) -> String {
        let mark = self.scope.mark();
        self.scope.add(number, Kind::Number);
        let other = self.plain_number();
        self.scope.leave(mark);
        match self.random.below(3) {
            0 => format!("{object}.value"),
            1 => format!("{object}.value + {number}"),
            _ => format!("{object}.value + {other}"),
        }
    }
}
