-- A class field serves as the default until an instance writes its own.
local Account = { balance = 0, limit = 10 }
Account.__index = Account
local function new() return setmetatable({}, Account) end
function Account:deposit(v) self.balance = self.balance + v end
local accounts = { new(), new(), new() }
for i = 1, 30 do
  local account = accounts[i % 2 + 1]
  account:deposit(i)
end
Account.balance = -1
for i, account in ipairs(accounts) do io.write(i, ":", account.balance, "/", tostring(rawget(account, "balance")), " ") end
print(Account.balance)
Account.limit = 20
print(accounts[1].limit, accounts[3].limit)
