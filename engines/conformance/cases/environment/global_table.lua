-- _G, _ENV and names are views of one table.
print(_G._G == _G, _ENV == _G, _G.print == print, type(_VERSION))
_G["with space"] = 1
created = "by name"
print(_G.created, _G["with space"], rawget(_G, "created"))
_G.created = nil
print(created)
local env = _ENV
env.through = "env"
print(through)
_ENV = { print = print }
print(through, _G)
through = "new table"
env.print(through, env.through)
