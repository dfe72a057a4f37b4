-- Strings built piece by piece; long ones, shared ones, and keys that were computed.
local t = {}
for i = 1, 300 do t["key" .. i % 50] = ("v"):rep(i % 60) .. i end
collectgarbage()
local total = 0
for i = 0, 49 do total = total + #t["key" .. i] end
print(total)
local s = ""
for i = 1, 400 do s = s .. "abc" end
collectgarbage()
print(#s, s:sub(1, 6), s:sub(-4))
local big = {}
for i = 1, 10 do big[i] = ("x"):rep(100000) .. i end
for i = 1, 10 do assert(big[i]:sub(-#tostring(i)) == tostring(i)) end
big = nil
collectgarbage()
print(("y"):rep(50000):len())
