-- title: Binary Search Tree
-- probes: allocation of small objects, pointer chasing, unpredictable branches, collection
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: objects
-- test: n=15000 result=11844 nodes, depth 31
-- bench: n=200000 result=157369 nodes, depth 48
-- large: n=1000000 result=786690 nodes, depth 48

-- Pseudo-random keys by a multiplicative generator; every product stays below 2^53.
local modulus, multiplier = 2147483647, 16807

local function leaf(key)
  return { key = key, left = false, right = false }
end

-- Returns whether the key was new.
local function insert(root, key)
  local node = root
  while true do
    if key < node.key then
      if not node.left then
        node.left = leaf(key)
        return true
      end
      node = node.left
    elseif key > node.key then
      if not node.right then
        node.right = leaf(key)
        return true
      end
      node = node.right
    else
      return false
    end
  end
end

local function depth(node)
  if not node then return 0 end
  local left, right = depth(node.left), depth(node.right)
  return 1 + (left > right and left or right)
end

-- n insertions below a given root; about a fifth of the keys come more than once.
return function(n)
  local root = leaf(n)
  local random, inserted = 20011, 1
  for i = 1, n do
    random = random * multiplier % modulus
    if insert(root, random % (2 * n)) then inserted = inserted + 1 end
  end
  return string.format("%d nodes, depth %d", inserted, depth(root))
end
