//! Memory that runs out, at every allocation in turn: a Lua error or nothing, never a crash.

use engine_api::Failure;

use crate::support::Session;

/// Makes objects of every kind, with and without a handler for the error.
const PROGRAM: &str = "
    local function class(name) local c = {name = name} c.__index = c return c end
    local Account = class('Account')
    function Account.new(balance) return setmetatable({balance = balance, log = {}}, Account) end
    function Account:deposit(amount)
        self.balance = self.balance + amount
        self.log[#self.log + 1] = self.name .. ' ' .. amount
        return self
    end
    local function work(n)
        local account = Account.new(n)
        for i = 1, n do
            local closure = function() return account:deposit(i) end
            closure()
        end
        local parts = {n, n / 2, tostring(n), k = 'v', ['x' .. n] = {}}
        return table.concat(account.log, ',') .. #parts .. string.format('%d', account.balance)
    end
    local function varargs(...) return select('#', ...), ... end
    local ok, result = pcall(work, 5)
    varargs(ok, result, {}, load('return {...}')(1, 2))
    return work(3)
";

#[test]
fn any_allocation_may_fail() {
    let (mut failed, mut finished) = (0, 0);
    for nth in 1..500 {
        let mut session = Session::with(&[("fail-allocation", &nth.to_string())]);
        match session.run(PROGRAM) {
            Ok(_) => finished += 1,
            Err(Failure::OutOfMemory(error) | Failure::Lua(error)) => {
                assert!(error.message.ends_with(b"not enough memory"), "{nth}: {error}");
                failed += 1;
                session.instance.collect_garbage();
                session.run("return 1").unwrap_or_else(|failure| panic!("after {nth}: {failure}"));
            }
            Err(failure) => panic!("{nth}: {failure}"),
        }
    }
    assert!(failed > 50 && finished > 50, "{failed} runs failed, {finished} finished");
}

#[test]
fn any_allocation_may_fail_while_garbage_is_collected() {
    for nth in 1..300 {
        let mut session = Session::with(&[("fail-allocation", &nth.to_string()), ("gc-every", "1")]);
        match session.run(PROGRAM) {
            Ok(_) | Err(Failure::OutOfMemory(_) | Failure::Lua(_)) => {}
            Err(failure) => panic!("{nth}: {failure}"),
        }
    }
}
