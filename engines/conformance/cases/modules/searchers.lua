-- The tables behind require: searchers, preload, loaded, and what require does when they change.
local originals = package.searchers
print(#originals, type(package.preload), package.loaded._G == _G, package.loaded.package == package)
for _, name in ipairs({ "string", "table", "math", "io", "os", "utf8", "coroutine", "debug" }) do
  print(name, package.loaded[name] == _G[name], require(name) == _G[name])
end
package.preload.early = function(...) return { ... } end
local early, where = require("early")
print(early[1], early[2], where)
package.searchers = {
  function(name) return "\n\tfirst says no to " .. name end,
  function() end,
  function() return 42 end,
  function(name)
    if name ~= "absent" then return function(...) return table.concat({ ... }, "+") end, "extra" end
  end,
}
print(require("present"))
print(pcall(require, "absent"))
package.searchers = {}
print(pcall(require, "anything"))
print(require("present"))
package.searchers = nil
print(pcall(require, "anything"))
package.searchers = originals
package.loaded.changed = false
package.preload.changed = function() package.loaded.changed = nil end
print(require("changed"))
package.preload.raises = function() error("from the loader", 0) end
print(pcall(require, "raises"))
print(package.loaded.raises)
print(pcall(require))
print(pcall(require, {}))
-- require keeps to the table that was package.loaded at the start.
local loaded = package.loaded
package.loaded = {}
print(require("string") == string)
package.loaded = loaded
