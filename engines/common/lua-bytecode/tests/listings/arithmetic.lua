-- Operands in registers, constants on either side, immediates, and chains in one temporary.
local function registers(a, b)
  local r = a + b - a * b / a % b ^ a // b
  return (a & b) | (a ~ b) << a >> b
end

local function constants(x)
  local right = x + 1 - 1000 * x
  local left = 2 * x + 1 / x + 2 ^ x
  local float = x * 0.5 + -3.5
  local shift = 1 << x >> 3 & 0xff
  x = x + 127
  x = x - 128
  x = x + 128
  return right, left, float, shift
end

local function unary(x)
  return -x, ~x, #x, not x, - -x
end

local function chain(a, b, c)
  return a + b + c + a * b * c - (b - (c - a))
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 4 slots
--   upvalue 0 _ENV: environment
--      0 [5] CLOSURE     R0 function 0
--      2 [16] CLOSURE     R1 function 1
--      4 [20] CLOSURE     R2 function 2
--      6 [24] CLOSURE     R3 function 3
--      8 [24] RETURN0
--   local registers 0..8: R0
--   local constants 2..8: R1
--   local unary 4..8: R2
--   local chain 6..8: R3
--
-- function registers at line 2: 2 parameters, 5 slots
--      0 [3] ADD         R2 R0 R1
--      1 [3] MUL         R3 R0 R1
--      2 [3] DIV         R3 R3 R0
--      3 [3] POW         R4 R1 R0
--      4 [3] MOD         R3 R3 R4
--      5 [3] IDIV        R3 R3 R1
--      6 [3] SUB         R2 R2 R3
--      7 [4] BAND        R3 R0 R1
--      8 [4] BXOR        R4 R0 R1
--      9 [4] SHL         R4 R4 R0
--     10 [4] SHR         R4 R4 R1
--     11 [4] BOR         R3 R3 R4
--     12 [4] RETURN1     R3
--     13 [5] RETURN0
--   local a 0..14: R0
--   local b 0..14: R1
--   local r 7..13: R2
--
-- function constants at line 7: 1 parameters, 9 slots
--      0 [8] ADDI        R1 R0 #1
--      1 [8] KMUL        R2 1000 R0
--      2 [8] SUB         R1 R1 R2
--      3 [9] KMUL        R2 2 R0
--      4 [9] KDIV        R3 1 R0
--      5 [9] ADD         R2 R2 R3
--      6 [9] KPOW        R3 2 R0
--      7 [9] ADD         R2 R2 R3
--      8 [10] MULK        R3 R0 0.5
--      9 [10] ADDK        R3 R3 -3.5
--     10 [11] KSHL        R4 1 R0
--     11 [11] SHRK        R4 R4 3
--     12 [11] BANDK       R4 R4 255
--     13 [12] ADDI        R0 R0 #127
--     14 [13] SUBK        R0 R0 128
--     15 [14] ADDK        R0 R0 128
--     16 [15] MOVE        R5 R1
--     17 [15] MOVE        R6 R2
--     18 [15] MOVE        R7 R3
--     19 [15] MOVE        R8 R4
--     20 [15] RETURN      R5 #5
--     21 [16] RETURN0
--   local x 0..22: R0
--   local right 3..21: R1
--   local left 8..21: R2
--   local float 10..21: R3
--   local shift 13..21: R4
--
-- function unary at line 18: 1 parameters, 6 slots
--      0 [19] UNM         R1 R0
--      1 [19] BNOT        R2 R0
--      2 [19] LEN         R3 R0
--      3 [19] NOT         R4 R0
--      4 [19] UNM         R5 R0
--      5 [19] UNM         R5 R5
--      6 [19] RETURN      R1 #6
--      7 [20] RETURN0
--   local x 0..8: R0
--
-- function chain at line 22: 3 parameters, 6 slots
--      0 [23] ADD         R3 R0 R1
--      1 [23] ADD         R3 R3 R2
--      2 [23] MUL         R4 R0 R1
--      3 [23] MUL         R4 R4 R2
--      4 [23] ADD         R3 R3 R4
--      5 [23] SUB         R5 R2 R0
--      6 [23] SUB         R4 R1 R5
--      7 [23] SUB         R3 R3 R4
--      8 [23] RETURN1     R3
--      9 [24] RETURN0
--   local a 0..10: R0
--   local b 0..10: R1
--   local c 0..10: R2
