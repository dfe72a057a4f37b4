-- Every escape sequence of a short string.
local function bytes(s)
  local list = {}
  for i = 1, #s do list[i] = s:byte(i) end
  print(#s, table.concat(list, " "))
end
bytes("\a\b\f\n\r\t\v\\\"\'")
bytes("\0\00\000\1\10\100\255")
bytes("\x00\x7f\xFf\xAb")
bytes("a\z
       b\z   c")
bytes("line\
next")
bytes("\u{0}\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10FFFF}\u{7FFFFFFF}")
bytes('\065\066\067' .. "\0649")
