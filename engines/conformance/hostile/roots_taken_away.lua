-- limits: seconds=60 | ends: 0
-- Callbacks of library functions that overwrite, by the debug library, what the calling function holds, and collect.
local function rob()
	for level = 2, 8 do
		local info = debug.getinfo(level, "S")
		if not info then break end
		if info.what == "C" then
			for slot = 1, 8 do
				if debug.getlocal(level, slot) then debug.setlocal(level, slot, nil) end
			end
			break
		end
	end
	collectgarbage()
	local rubbish = {}
	for i = 1, 300 do rubbish[i] = { i, i, ("x"):rep(40 + i % 50) .. i } end
end
local function proxy() return setmetatable({}, {
	__len = function() return 5 end,
	__index = function(_, i) rob() return { i } end,
	__newindex = function() rob() end,
}) end
local tries = {
	function() table.insert(proxy(), 2, {}) end,
	function() table.remove(proxy(), 2) end,
	function() table.move(proxy(), 1, 5, 2, proxy()) end,
	function() table.sort(proxy(), function(a, b) rob() return a[1] < b[1] end) end,
	function() return table.unpack(proxy(), 1, 5) end,
	function() return ("abc "):rep(20):gsub("%w+", function(w) rob() return w end) end,
	function() return table.concat(setmetatable({}, { __index = function(_, i) rob() return "x" .. i end, __len = function() return 9 end }), ("s"):rep(60)) end,
	function() return load(function() rob() return nil end, ("name"):rep(20)) end,
	function() return tostring(setmetatable({}, { __tostring = function() rob() return ("q"):rep(90) end })) end,
	function() return xpcall(error, function(e) rob() return e end, {}) end,
	function() return coroutine.wrap(function(...) rob() return ... end)({}, {}) end,
}
for _, try in ipairs(tries) do
	for _ = 1, 3 do pcall(try) end
end
-- What instructions have put into registers that no variable has.
local function list() return { {}, (function() for slot = 1, 12 do debug.setlocal(2, slot, 1) end return 1 end)(), 2 } end
for _ = 1, 200 do pcall(list) end
