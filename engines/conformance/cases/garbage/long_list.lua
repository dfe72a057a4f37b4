-- Marking and freeing a list of a hundred thousand nodes must not recurse.
-- The nodes are made in straight-line code: under gc-every=1 that is one collection for a thousand of them.
local grow = load("local list = ... " .. ("list = { value = 1, rest = list } "):rep(1000) .. "return list")
local list
for _ = 1, 100 do list = grow(list) end
collectgarbage()
local count, node = 0, list
while node do count, node = count + node.value, node.rest end
print(count)
list = nil
collectgarbage()
local wrap = load("local f = ... " .. ("do local inner = f f = function() return inner end end "):rep(100) .. "return f")
local f = function() return "innermost" end
for _ = 1, 100 do f = wrap(f) end
collectgarbage()
local depth = 0
while type(f) == "function" do f, depth = f(), depth + 1 end
print(f, depth)
