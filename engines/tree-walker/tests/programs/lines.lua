-- The line hook sees the lines inside of statements in the order in which things happen there.
local function lines(source)
  local seen = {}
  local chunk = assert(load(source))
  debug.sethook(function(_, line) seen[#seen + 1] = line end, "l")
  chunk()
  debug.sethook()
  -- The last one is that of the call above which ends the hook.
  print(table.concat(seen, " ", 2, #seen - 1))
end

lines("if\nmath.sin(1)\nthen\n  a = 1\nelse\n  a = 2\nend\n")
lines("local b = {10}\na = b[1] \n\n + \n\n b[1]\nb = 4\n")
lines("print(\n1,\ntostring(\n2),\n3)\n")
lines("local t = {\n1,\n2,\nprint,\nx = 1,\n}\n")
lines("local s = ('x')\n:rep(3)\n:upper()\n")
lines("a = 'x' ..\n'y' ..\ntostring(1)\n..'z'\n")
lines("a = not\nmath.sin(1)\na = -\n#'x'\n")
lines("local function f(a,\nb)\nreturn a\nend\nf(1,\nf(2))\n")
lines("for i =\n1,\n2 do\nend\n")
lines("for k,\nv in\nnext,\n{1} do\nlocal x = k\nend\n")
lines("local i = 0\nrepeat\nlocal x = i\ni = i + 1\nuntil x > 1\n")
lines("local a = {b = {c = 5}}\nlocal x = a\n.b\n.c\n")
lines("local x = 1\nif x == 1 and\n x == 2 or\n x == 1\nthen\nx = 2\nend\n")
