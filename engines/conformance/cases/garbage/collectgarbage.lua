-- The options of collectgarbage that have a fixed answer.
print(collectgarbage(), collectgarbage("collect"), type(collectgarbage("count")), collectgarbage("count") > 0)
local before = collectgarbage("count")
local junk = {}
for i = 1, 1000 do junk[i] = { i } end
print(collectgarbage("count") > before)
junk = nil
collectgarbage()
print(collectgarbage("count") < before + 100)
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
print(pcall(collectgarbage, "nonsense"))
print(type(collectgarbage("step")))
