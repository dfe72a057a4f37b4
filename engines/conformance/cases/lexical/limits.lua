-- The limits of the compiler are errors of the program that is loaded, not of the program that loads.
local function fails(source) return load(source) == nil end
local deep = 100000
print(fails(("local a "):rep(201)), fails(("("):rep(deep) .. "1" .. (")"):rep(deep)), fails(("do "):rep(deep) .. ("end "):rep(deep)))
print(fails("return " .. ("{"):rep(deep) .. ("}"):rep(deep)), fails("return " .. ("- "):rep(deep) .. "x"))
print(fails(("function f() "):rep(deep) .. ("end "):rep(deep)), fails("x = " .. ("a."):rep(900) .. "b"))
local upvalues = {}
for block = 0, 1 do
  local names = {}
  for i = 1, 128 do names[i] = "u" .. block * 128 + i end
  upvalues[block] = "local " .. table.concat(names, ",")
end
local all = {}
for i = 1, 256 do all[i] = "u" .. i end
local body = "return function() return " .. table.concat(all, " or ") .. " end"
print(fails(upvalues[0] .. " return function() " .. upvalues[1] .. " " .. body .. " end"))
print(select(2, load(("local a "):rep(201), "=locals")))
