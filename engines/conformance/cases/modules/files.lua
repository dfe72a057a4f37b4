-- require of Lua files along package.path: names with dots, results, errors, what the loader gets.
local path = os.tmpname()
local folder, name = path:match("^(.*/)([^/]*)$")
local function put(text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end
package.path = folder .. "no.such.?;" .. folder .. "?"
put("local name, file = ... return { name = name, file = file }")
local module, data = require(name)
print(module.name == name, module.file == path, data == path, package.loaded[name] == module)
print(rawequal(module, require(name)), select("#", require(name)))
local function again(text)
  put(text)
  package.loaded[name] = nil
  return require(name)
end
print(again("loads = (loads or 0) + 1") == true, loads, require(name), loads)
print(again("return false"), package.loaded[name])
print((again("package.loaded[...] = 'set by the module'")))
print((again("# first line\nreturn 'after a first line'")))
print((again("\u{feff}return 'after a mark'")))
local function message(text)
  local ok, error = pcall(again, text)
  return ok, (error:gsub(path:gsub("%p", "%%%0"), "PATH"):gsub(name:gsub("%p", "%%%0"), "NAME"))
end
print(message("x ="))
print(message("error('raised by the module')"))
package.loaded[name] = nil
package.path = folder .. "?.none;" .. folder .. "?/init.none"
package.cpath = ""
print(message(""))
package.path = nil
print(message(""))
package.path, package.cpath = "?.none", "?.c"
print(pcall(require, "a.b"))
print(os.remove(path))
