-- Messages carry the line of the operation, also in expressions over several lines.
local function try(f) print(select(2, pcall(f))) end
try(function()
  local x
  return 1 +
    x
end)
try(function()
  local t = {}
  t.a = 1
  t.b.c = 2
end)
try(function()
  return ("x")
    .. {}
end)
try(function()
  local f
  f(
    1,
    2
  )
end)
try(function()
  for i = 1, "x" do end
end)
try(function()
  local a, b = {}, {}
  if a
    < b then
  end
end)
try(function()


  error "three down"
end)
