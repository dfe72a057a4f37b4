-- limits: seconds=5 memory=100000000 | ends: 0
local function fails(text, ...)
  local ok, message = pcall(string.rep, ...)
  assert(not ok and message:find(text, 1, true), message)
end
fails("resulting string too large", "x", 10000000000)
fails("resulting string too large", "", 10000000000, "ab")
fails("resulting string too large", "abc", math.maxinteger)
fails("resulting string too large", "abc", math.maxinteger, "abc")
fails("not enough memory", "x", 1000000000)
fails("not enough memory", "x", 500000000, "yy")
