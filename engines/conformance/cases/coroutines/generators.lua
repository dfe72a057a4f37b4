-- coroutine.wrap as an iterator.
local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end end) end
for i, square in range(4) do io.write(i, ":", square, " ") end
print()
local function walk(tree) if tree then walk(tree.left) coroutine.yield(tree.value) walk(tree.right) end end
local tree = { value = 2, left = { value = 1 }, right = { value = 3 } }
for v in coroutine.wrap(function() walk(tree) end) do io.write(v, " ") end
print()
