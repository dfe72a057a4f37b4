-- Sets with operators, and a memoised longest common subsequence.
local Set = {}
Set.__index = Set
local function set(list) local s = setmetatable({}, Set) for _, v in ipairs(list) do s[v] = true end return s end
Set.__add = function(a, b) local s = set {} for k in pairs(a) do s[k] = true end for k in pairs(b) do s[k] = true end return s end
Set.__mul = function(a, b) local s = set {} for k in pairs(a) do s[k] = b[k] and true or nil end return s end
Set.__len = function(a) local n = 0 for _ in pairs(a) do n = n + 1 end return n end
Set.__le = function(a, b) for k in pairs(a) do if not rawget(b, k) then return false end end return true end
Set.__lt = function(a, b) return a <= b and not (b <= a) end
Set.__eq = function(a, b) return a <= b and b <= a end
local a, b = set { 1, 2, 3, "x" }, set { 2, "x", 5.5 }
print(#(a + b), #(a * b), a <= b, a * b <= a, a * b < a, a == b, a + b == b + a)
local function lcs(s, t)
  local memo = {}
  local function go(i, j)
    if i == 0 or j == 0 then return "" end
    local key = i * 1000 + j
    if not memo[key] then
      if s:byte(i) == t:byte(j) then memo[key] = go(i - 1, j - 1) .. s:sub(i, i)
      else
        local left, right = go(i - 1, j), go(i, j - 1)
        memo[key] = #left >= #right and left or right
      end
    end
    return memo[key]
  end
  return go(#s, #t)
end
print(lcs("AGGTABQWERTY", "GXTXAYBWRT"), lcs("", "x"), lcs("same", "same"))
