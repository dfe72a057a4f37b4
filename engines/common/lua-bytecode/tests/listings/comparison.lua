-- Comparisons as conditions, with constants on either side, and as values.
local function conditions(a, b)
  if a < b then return 1 end
  if a <= b then return 2 end
  if a > b then return 3 end
  if a >= b then return 4 end
  if a == b then return 5 end
  if a ~= b then return 6 end
end

local function immediates(n)
  if n < 2 then return 1 end
  if 2 < n then return 2 end
  if n >= -5 then return 3 end
  if n == 0 then return 4 end
  if 0 ~= n then return 5 end
end

local function constants(x)
  if x < 0.5 then return 1 end
  if 100000 <= x then return 2 end
  if x == nil then return 3 end
  if x == "key" then return 4 end
  if x ~= true then return 5 end
  if x < "text" then return 6 end
end

local function values(a, b)
  local x = a < b
  local y = not (a == b)
  return a ~= 1, x, y
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 4 slots
--   upvalue 0 _ENV: environment
--      0 [9] CLOSURE     R0 function 0
--      2 [17] CLOSURE     R1 function 1
--      4 [26] CLOSURE     R2 function 2
--      6 [32] CLOSURE     R3 function 3
--      8 [32] RETURN0
--   local conditions 0..8: R0
--   local immediates 2..8: R1
--   local constants 4..8: R2
--   local values 6..8: R3
--
-- function conditions at line 2: 2 parameters, 3 slots
--      0 [3] JNLT        R0 R1 -> 4
--      2 [3] LOADI       R2 #1
--      3 [3] RETURN1     R2
--      4 [4] JNLE        R0 R1 -> 8
--      6 [4] LOADI       R2 #2
--      7 [4] RETURN1     R2
--      8 [5] JNLT        R1 R0 -> 12
--     10 [5] LOADI       R2 #3
--     11 [5] RETURN1     R2
--     12 [6] JNLE        R1 R0 -> 16
--     14 [6] LOADI       R2 #4
--     15 [6] RETURN1     R2
--     16 [7] JNE         R0 R1 -> 20
--     18 [7] LOADI       R2 #5
--     19 [7] RETURN1     R2
--     20 [8] JEQ         R0 R1 -> 24
--     22 [8] LOADI       R2 #6
--     23 [8] RETURN1     R2
--     24 [9] RETURN0
--   local a 0..25: R0
--   local b 0..25: R1
--
-- function immediates at line 11: 1 parameters, 2 slots
--      0 [12] JNLTI       R0 #2 -> 4
--      2 [12] LOADI       R1 #1
--      3 [12] RETURN1     R1
--      4 [13] JNGTI       R0 #2 -> 8
--      6 [13] LOADI       R1 #2
--      7 [13] RETURN1     R1
--      8 [14] JNGEI       R0 #-5 -> 12
--     10 [14] LOADI       R1 #3
--     11 [14] RETURN1     R1
--     12 [15] JNEI        R0 #0 -> 16
--     14 [15] LOADI       R1 #4
--     15 [15] RETURN1     R1
--     16 [16] JEQI        R0 #0 -> 20
--     18 [16] LOADI       R1 #5
--     19 [16] RETURN1     R1
--     20 [17] RETURN0
--   local n 0..21: R0
--
-- function constants at line 19: 1 parameters, 2 slots
--      0 [20] JNLTK       R0 0.5 -> 4
--      2 [20] LOADI       R1 #1
--      3 [20] RETURN1     R1
--      4 [21] JNGEK       R0 100000 -> 8
--      6 [21] LOADI       R1 #2
--      7 [21] RETURN1     R1
--      8 [22] JNEK        R0 nil -> 12
--     10 [22] LOADI       R1 #3
--     11 [22] RETURN1     R1
--     12 [23] JNEK        R0 "key" -> 16
--     14 [23] LOADI       R1 #4
--     15 [23] RETURN1     R1
--     16 [24] JEQK        R0 true -> 20
--     18 [24] LOADI       R1 #5
--     19 [24] RETURN1     R1
--     20 [25] LOADK       R1 "text"
--     21 [25] JNLT        R0 R1 -> 25
--     23 [25] LOADI       R1 #6
--     24 [25] RETURN1     R1
--     25 [26] RETURN0
--   local x 0..26: R0
--
-- function values at line 28: 2 parameters, 7 slots
--      0 [29] JLT         R0 R1 -> 3
--      2 [29] LFALSESKIP  R2 -> 4
--      3 [29] LOADTRUE    R2
--      4 [30] JNE         R0 R1 -> 7
--      6 [30] LFALSESKIP  R3 -> 8
--      7 [30] LOADTRUE    R3
--      8 [31] JNEI        R0 #1 -> 11
--     10 [31] LFALSESKIP  R4 -> 12
--     11 [31] LOADTRUE    R4
--     12 [31] MOVE        R5 R2
--     13 [31] MOVE        R6 R3
--     14 [31] RETURN      R4 #4
--     15 [32] RETURN0
--   local a 0..16: R0
--   local b 0..16: R1
--   local x 4..15: R2
--   local y 8..15: R3
