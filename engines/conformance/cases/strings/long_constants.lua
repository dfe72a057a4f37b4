-- A long string that a chunk spells several times is one object, also between its functions.
local function address(s) return string.format("%p", s) end
local text <const> = "0123456789 0123456789 0123456789 0123456789 0123456789"
local other = "0123456789 0123456789 0123456789 0123456789 0123456789"
local function inner() return "0123456789 0123456789 0123456789 0123456789 0123456789" end
print(address(text) == address(other), address(text) == address(inner()))
local made = "0123456789 0123456789 " .. "0123456789 0123456789 0123456789"
print(made == text, address(made) == address(text))
local t = {}
t[text] = 1
print(t[made], t[inner()])
