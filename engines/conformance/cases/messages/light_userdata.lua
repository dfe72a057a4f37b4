-- What `debug.upvalueid` gives is light userdata, and only complaints about arguments say so.
local upvalue = 1
local id = debug.upvalueid(function() return upvalue end, 1)
print(type(id), (tostring(id):gsub("0?x?%x+$", "ADDRESS")))
print(pcall(string.rep, id))
print(pcall(debug.setuservalue, id, {}))
print(pcall(function() return id + 1 end))
print(pcall(function() return id.x end))
print(debug.getuservalue(id, 1))
