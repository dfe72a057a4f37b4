-- title: Bit Mixing
-- probes: 64-bit integers: shifts, exclusive or, multiplication that wraps, floor division, unsigned comparison
-- origin: written for jitlab
-- lua: 5.4
-- core: no
-- group: loops
-- test: n=60000 result=be8b4bd20a9c4102 960154 15150 30037 26973307
-- bench: n=500000 result=119ca92926971f7d 8000887 125521 249925 224698896
-- large: n=4500000 result=44a12de8892fb352 72010024 1126239 2249637 2024492166

-- A xorshift generator with a multiplication behind it.
local function next_state(state)
  state = state ~ state << 13
  state = state ~ state >> 7
  return state ~ state << 17
end

-- The bits of x from the other end.
local function reversed(x)
  x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1
  x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2
  x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4
  x = (x >> 8 & 0x00ff00ff00ff00ff) | (x & 0x00ff00ff00ff00ff) << 8
  x = (x >> 16 & 0x0000ffff0000ffff) | (x & 0x0000ffff0000ffff) << 16
  return x >> 32 | x << 32
end

local function count_bits(x)
  local count = 0
  while x ~= 0 do
    x = x & x - 1
    count = count + 1
  end
  return count
end

return function(n)
  local state, hash, bits, palindromes, below, quotients = 88172645463325252, -3750763034362895579, 0, 0, 0, 0
  for i = 1, n do
    state = next_state(state)
    hash = (hash ~ state & 0xff) * 1099511628211
    bits = bits + count_bits(hash & 0xffffffff)
    if reversed(hash) >> 60 == hash & 15 then palindromes = palindromes + 1 end
    if math.ult(hash, state) then below = below + 1 end
    quotients = quotients + (state // (i * 7919)) % 1000 - (state >> 11) // 4093 % 100
  end
  return string.format("%016x %d %d %d %d", hash, bits, palindromes, below, quotients)
end
