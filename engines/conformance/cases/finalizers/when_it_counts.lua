-- Which objects get a finaliser: __gc has to be there when the metatable is set.
local function later(metatable, description)
  setmetatable({}, metatable)
  metatable.__gc = function() print(description) end
  collectgarbage()
end
later({}, "never: the metatable had no __gc")
later({ __gc = false }, "false counts, and the field is looked up when it is time")
later({ __gc = true }, "so does true")
local metatable = { __gc = function() print("gone before its time") end }
setmetatable({}, metatable)
metatable.__gc = nil
collectgarbage()
local object = setmetatable({}, { __gc = function() print("not without a metatable") end })
setmetatable(object, nil)
object = nil
collectgarbage()
setmetatable({}, { __gc = setmetatable({}, { __call = function(_, o) print("callable", type(o)) end }) })
collectgarbage()
for _, value in ipairs({ true, 1, "text", {} }) do setmetatable({}, { __gc = value }) end
collectgarbage()
setmetatable({}, setmetatable({}, { __index = { __gc = function() print("not by inheritance") end } }))
collectgarbage()
do
  local shared = { __gc = function(o) print("shared", o[1]) end, __metatable = "locked" }
  local all = {}
  for i = 1, 3 do all[i] = setmetatable({ i }, shared) end
end
collectgarbage()
