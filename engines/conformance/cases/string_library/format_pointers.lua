-- %p shows an object as tostring does, and values without identity as (null).
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local t, f = {}, function() end
print(string.format("table: %p", t) == tostring(t), string.format("function: %p", f) == tostring(f))
print(string.format("%p", t) == string.format("%p", t), string.format("%p", t) == string.format("%p", {}))
print(string.format("%p", "short") == string.format("%p", "sh" .. "ort"), string.format("%p", print) == string.format("%p", print))
print(string.format("%p %p %p %p", nil, true, 1, 1.5), string.format("%10p|%-10p|", nil, false))
print(#string.format("%40p", t), #string.format("%-40p", t), (string.format("%p", t):find("^0x%x+$")))
print(try(string.format, "%p"), try(string.format, "%.3p", t), try(string.format, "%05p", t))
