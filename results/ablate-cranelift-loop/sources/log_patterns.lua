-- title: Patterns in a Log
-- probes: string.find, match, gmatch and gsub with captures, substrings, strings as keys
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: text
-- test: n=4000 result=11595804 1928 1165 15 237116
-- bench: n=40000 result=116380570 18956 11397 15 2371001
-- large: n=330000 result=957439471 156505 94745 15 19564248

local services = { "auth", "billing", "search", "mail-out", "cache" }
local levels = { "INFO", "WARN", "ERROR" }

-- A line of a made-up log; the numbers in it come from a multiplicative generator.
local function make_line(number, random)
  local service = services[random % #services + 1]
  local level = levels[random % 7 % #levels + 1]
  return string.format(
    "%02d:%02d:%02d [%s] %s: user=%d path=/v%d/item/%d took=%dms",
    number % 24, number % 60, random % 60, level, service,
    random % 500, random % 3 + 1, random % 10007, random % 1900
  )
end

-- Takes one line apart; returns the service, whether it is an error, and the milliseconds.
local function read_line(line)
  local hour, level, service, rest = line:match("^(%d%d):%d%d:%d%d %[(%u+)%] ([%a-]+): (.*)$")
  local fields = 0
  local took = 0
  for key, value in rest:gmatch("(%w+)=(%S+)") do
    fields = fields + 1
    if key == "took" then took = tonumber(value:match("^%d+")) end
  end
  return service, level == "ERROR", took, fields, tonumber(hour)
end

-- n lines are made, read, and rewritten without their numbers.
return function(n)
  local random = 7919
  local calls, slow, errors, kinds, kind_count, bytes = {}, 0, 0, {}, 0, 0
  for number = 1, n do
    random = random * 16807 % 2147483647
    local line = make_line(number, random)
    local service, is_error, took, fields, hour = read_line(line)
    calls[service] = (calls[service] or 0) + took + fields + hour
    if is_error then errors = errors + 1 end
    if line:find("took=1%d%d%dms") then slow = slow + 1 end
    local kind, count = line:gsub("%d+", "#")
    bytes = bytes + #kind + count
    if not kinds[kind] then
      kinds[kind] = true
      kind_count = kind_count + 1
    end
  end
  local sum = 0
  for i = 1, #services do
    sum = sum + i * (calls[services[i]] or 0)
  end
  return string.format("%d %d %d %d %d", sum, slow, errors, kind_count, bytes)
end
