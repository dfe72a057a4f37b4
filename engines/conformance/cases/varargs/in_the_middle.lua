-- Only the last expression of a list expands.
local function three() return 1, 2, 3 end
local function show(...) print(select("#", ...), ...) end
show(three(), three())
show((three()), three())
show(three(), "end")
show(three(), (three()))
show(({ three(), three() })[4], #{ three(), three(), nil })
local function v(...)
  local a, b, c = ...
  local d, e = (...), "e"
  show(a, b, c, d, e)
  return ..., "tail"
end
show(v(7, 8))
show(v())
