-- Every operator with a constant on the right, on the left, and with two registers.
local function right(x, r)
  r = x + 1000
  r = x - 1000
  r = x * 1000
  r = x % 1000
  r = x ^ 1000
  r = x / 1000
  r = x // 1000
  r = x & 1000
  r = x | 1000
  r = x ~ 1000
  r = x << 1000
  r = x >> 1000
end

local function left(x, r)
  r = 1000 + x
  r = 1000 - x
  r = 1000 * x
  r = 1000 % x
  r = 1000 ^ x
  r = 1000 / x
  r = 1000 // x
  r = 1000 & x
  r = 1000 | x
  r = 1000 ~ x
  r = 1000 << x
  r = 1000 >> x
end

local function both(x, y, r)
  r = x + y
  r = x - y
  r = x * y
  r = x % y
  r = x ^ y
  r = x / y
  r = x // y
  r = x & y
  r = x | y
  r = x ~ y
  r = x << y
  r = x >> y
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 3 slots
--   upvalue 0 _ENV: environment
--      0 [15] CLOSURE     R0 function 0
--      2 [30] CLOSURE     R1 function 1
--      4 [45] CLOSURE     R2 function 2
--      6 [45] RETURN0
--   local right 0..6: R0
--   local left 2..6: R1
--   local both 4..6: R2
--
-- function right at line 2: 2 parameters, 2 slots
--      0 [3] ADDK        R1 R0 1000
--      1 [4] SUBK        R1 R0 1000
--      2 [5] MULK        R1 R0 1000
--      3 [6] MODK        R1 R0 1000
--      4 [7] POWK        R1 R0 1000
--      5 [8] DIVK        R1 R0 1000
--      6 [9] IDIVK       R1 R0 1000
--      7 [10] BANDK       R1 R0 1000
--      8 [11] BORK        R1 R0 1000
--      9 [12] BXORK       R1 R0 1000
--     10 [13] SHLK        R1 R0 1000
--     11 [14] SHRK        R1 R0 1000
--     12 [15] RETURN0
--   local x 0..13: R0
--   local r 0..13: R1
--
-- function left at line 17: 2 parameters, 2 slots
--      0 [18] KADD        R1 1000 R0
--      1 [19] KSUB        R1 1000 R0
--      2 [20] KMUL        R1 1000 R0
--      3 [21] KMOD        R1 1000 R0
--      4 [22] KPOW        R1 1000 R0
--      5 [23] KDIV        R1 1000 R0
--      6 [24] KIDIV       R1 1000 R0
--      7 [25] KBAND       R1 1000 R0
--      8 [26] KBOR        R1 1000 R0
--      9 [27] KBXOR       R1 1000 R0
--     10 [28] KSHL        R1 1000 R0
--     11 [29] KSHR        R1 1000 R0
--     12 [30] RETURN0
--   local x 0..13: R0
--   local r 0..13: R1
--
-- function both at line 32: 3 parameters, 3 slots
--      0 [33] ADD         R2 R0 R1
--      1 [34] SUB         R2 R0 R1
--      2 [35] MUL         R2 R0 R1
--      3 [36] MOD         R2 R0 R1
--      4 [37] POW         R2 R0 R1
--      5 [38] DIV         R2 R0 R1
--      6 [39] IDIV        R2 R0 R1
--      7 [40] BAND        R2 R0 R1
--      8 [41] BOR         R2 R0 R1
--      9 [42] BXOR        R2 R0 R1
--     10 [43] SHL         R2 R0 R1
--     11 [44] SHR         R2 R0 R1
--     12 [45] RETURN0
--   local x 0..13: R0
--   local y 0..13: R1
--   local r 0..13: R2
