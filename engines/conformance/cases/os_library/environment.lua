-- What os knows of the environment without touching it.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
print(os.getenv("NO_SUCH_VARIABLE"), os.getenv("NO\0SUCH"), os.getenv(""), pcall(os.getenv))
print(os.setlocale(), os.setlocale(nil), os.setlocale("C"), os.setlocale("POSIX"), os.setlocale("no_SUCH"), os.setlocale(nil, "numeric"))
for _, category in ipairs { "all", "collate", "ctype", "monetary", "numeric", "time" } do io.write(category, "=", os.setlocale("C", category), " ") end
print(try(os.setlocale, "C", "x"), try(os.setlocale, {}), try(os.setlocale, nil, 5))
print(try(os.remove), try(os.rename, "x"), try(os.rename), try(os.exit, "x"), try(os.exit, {}))
print(math.type(os.clock()), os.clock() >= 0)
