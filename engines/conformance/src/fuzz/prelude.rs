//! What every program begins with: showing values, and the count that ends what goes on for too long.

use super::Generator;

/// Shows values so that all correct implementations show the same.
const PRELUDE: &str = r##"local steps, shown = 0, 0
local nothing
local function step()
  steps = steps + 1
  if steps > 20000 then error("too many steps", 0) end
end
local function text(value, depth)
  if value ~= value then return "nan" end
  local kind = type(value)
  if kind == "string" then return '"' .. value:sub(1, 80) .. '"' end
  if kind == "number" then return math.type(value):sub(1, 1) .. tostring(value) end
  if kind == "table" then
    local meta = getmetatable(value)
    if meta and meta.__tostring then return tostring(value) end
    if depth > 2 then return "{...}" end
    local parts = {}
    for i, item in ipairs(value) do
      if i > 12 then break end
      parts[#parts + 1] = text(item, depth + 1)
    end
    for _, key in ipairs({"code", "n", "name", "x", "y", "z"}) do
      local item = rawget(value, key)
      if item ~= nil then parts[#parts + 1] = key .. "=" .. text(item, depth + 1) end
    end
    return "{" .. table.concat(parts, " ") .. "}"
  end
  if kind == "function" or kind == "thread" or kind == "userdata" then return kind end
  return tostring(value)
end
local function show(...)
  shown = shown + 1
  if shown > 400 then return end
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = text((select(i, ...)), 0)
  end
  print(table.concat(parts, " "))
end
local function value_of(value)
  if type(value) == "table" then return rawget(value, "value") end
  return value
end
local function cut(value) return value:sub(1, 40) end
local function wrapped(first, second) return "[" .. first .. (second or "") .. "]" end
local function toint(value)
  if value ~= value or value >= 2^62 or value <= -2^62 then return 7 end
  return math.floor(value)
end
"##;

impl Generator {
    pub(super) fn prelude(&mut self, seed: u64) {
        self.line(&format!("-- the program of seed {seed}"));
        self.text.push_str(PRELUDE);
    }
}
