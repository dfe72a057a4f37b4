-- os.time takes fields out of range, writes the right ones back, and checks their types.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local function show(fields)
  local ok, result = pcall(os.time, fields)
  io.write(tostring(ok), " ", tostring(result))
  for _, key in ipairs { "year", "month", "day", "hour", "min", "sec", "yday", "wday", "isdst" } do
    local value = fields[key]
    io.write(" ", type(value) == "table" and "table" or tostring(value))
  end
  print()
end
show { year = 2024, month = 1, day = 1 }
show { year = 2024, month = 2, day = 30, hour = 25, min = -1, sec = 61 }
show { year = 2023, month = 14, day = -5 }
show { year = 1900, month = 3, day = 0, hour = 0 }
show { year = 2000, month = 3, day = 0, hour = 0 }
show { year = 1970, month = 1, day = 1, hour = 0 }
show { year = 1969, month = 12, day = 31, hour = 23, min = 59, sec = 58 }
show { year = 1969, month = 12, day = 31, hour = 23, min = 59, sec = 59 }
show { year = "2024", month = "02", day = 3.0 }
show { year = 2024, month = 1 }
show { year = 2024, day = 1 }
show { month = 1, day = 1 }
show { year = "x", month = 1, day = 1 }
show { year = 2024.5, month = 1, day = 1 }
show { year = 2024, month = 1, day = 1, hour = {} }
show { year = 2^40, month = 1, day = 1 }
show { year = 2024, month = 2^31 + 1, day = 1 }
show { year = 2024, month = 1, day = 1, sec = math.mininteger }
show(setmetatable({}, { __index = function(_, key) return key ~= "isdst" and 5 or nil end }))
print(try(os.time, 5), try(os.time, "x"), math.type(os.time()), os.difftime(10, 4), try(os.difftime, 1), try(os.difftime, "x", 1))
