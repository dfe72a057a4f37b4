-- Short-circuit operators as conditions and as values.
local function conditions(a, b, c)
  if a and b then return 1 end
  if a or b then return 2 end
  if a and (b or c) then return 3 end
  if not a or not (b and c) then return 4 end
  if (a and b) or c then return 5 end
  while a and a < b do a = a + 1 end
end

local function values(a, b, c)
  local x = a and b
  local y = a or b or c
  local z = a and b or c
  local w = a < b and b or c
  local v = a and b < c
  local u = not a and b
  return x or y, (z and w) or v, u
end

local function default(t)
  t = t or {}
  local size = t.size or 10
  t = t and t
  return t.name and t.name.first or "none", size
end

local function literals(a)
  local x = nil or a
  local y = false and a
  local z = true and a
  return x, y, z, a or nil, a and 1 or 2
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 4 slots
--   upvalue 0 _ENV: environment
--      0 [9] CLOSURE     R0 function 0
--      2 [19] CLOSURE     R1 function 1
--      4 [26] CLOSURE     R2 function 2
--      6 [33] CLOSURE     R3 function 3
--      8 [33] RETURN0
--   local conditions 0..8: R0
--   local values 2..8: R1
--   local default 4..8: R2
--   local literals 6..8: R3
--
-- function conditions at line 2: 3 parameters, 4 slots
--      0 [3] JF          R0 -> 6
--      2 [3] JF          R1 -> 6
--      4 [3] LOADI       R3 #1
--      5 [3] RETURN1     R3
--      6 [4] JT          R0 -> 10
--      8 [4] JF          R1 -> 12
--     10 [4] LOADI       R3 #2
--     11 [4] RETURN1     R3
--     12 [5] JF          R0 -> 20
--     14 [5] JT          R1 -> 18
--     16 [5] JF          R2 -> 20
--     18 [5] LOADI       R3 #3
--     19 [5] RETURN1     R3
--     20 [6] JF          R0 -> 26
--     22 [6] JF          R1 -> 26
--     24 [6] JT          R2 -> 28
--     26 [6] LOADI       R3 #4
--     27 [6] RETURN1     R3
--     28 [7] JF          R0 -> 32
--     30 [7] JT          R1 -> 34
--     32 [7] JF          R2 -> 36
--     34 [7] LOADI       R3 #5
--     35 [7] RETURN1     R3
--     36 [8] JF          R0 -> 42
--     38 [8] JNLT        R0 R1 -> 42
--     40 [8] ADDI        R0 R0 #1
--     41 [8] LOOPJUMP    -> 36
--     42 [9] RETURN0
--   loop 36..41 depth 1
--   local a 0..43: R0
--   local b 0..43: R1
--   local c 0..43: R2
--
-- function values at line 11: 3 parameters, 12 slots
--      0 [12] COPYJF      R3 R0 -> 3
--      2 [12] MOVE        R3 R1
--      3 [13] COPYJT      R4 R0 -> 8
--      5 [13] COPYJT      R4 R1 -> 8
--      7 [13] MOVE        R4 R2
--      8 [14] JF          R0 -> 12
--     10 [14] COPYJT      R5 R1 -> 13
--     12 [14] MOVE        R5 R2
--     13 [15] JNLT        R0 R1 -> 17
--     15 [15] COPYJT      R6 R1 -> 18
--     17 [15] MOVE        R6 R2
--     18 [16] COPYJF      R7 R0 -> 24
--     20 [16] JLT         R1 R2 -> 23
--     22 [16] LFALSESKIP  R7 -> 24
--     23 [16] LOADTRUE    R7
--     24 [17] JT          R0 -> 28
--     26 [17] MOVE        R8 R1
--     27 [17] JUMP        -> 29
--     28 [17] LOADFALSE   R8
--     29 [18] COPYJT      R9 R3 -> 32
--     31 [18] MOVE        R9 R4
--     32 [18] JF          R5 -> 36
--     34 [18] COPYJT      R10 R6 -> 37
--     36 [18] MOVE        R10 R7
--     37 [18] MOVE        R11 R8
--     38 [18] RETURN      R9 #4
--     39 [19] RETURN0
--   local a 0..40: R0
--   local b 0..40: R1
--   local c 0..40: R2
--   local x 3..39: R3
--   local y 8..39: R4
--   local z 13..39: R5
--   local w 18..39: R6
--   local v 24..39: R7
--   local u 29..39: R8
--
-- function default at line 21: 1 parameters, 4 slots
--      0 [22] JT          R0 -> 5
--      2 [22] NEWOBJECT   R1 #0 {}
--      4 [22] MOVE        R0 R1
--      5 [23] GETFIELD    R1 R0 .size
--      7 [23] JT          R1 -> 10
--      9 [23] LOADI       R1 #10
--     10 [24] JF          R0 -> 12
--     12 [25] GETFIELD    R3 R0 .name
--     14 [25] JF          R3 -> 22
--     16 [25] GETFIELD    R2 R0 .name
--     18 [25] GETFIELD    R2 R2 .first
--     20 [25] JT          R2 -> 23
--     22 [25] LOADK       R2 "none"
--     23 [25] MOVE        R3 R1
--     24 [25] RETURN      R2 #3
--     25 [26] RETURN0
--   local t 0..26: R0
--   local size 10..25: R1
--
-- function literals at line 28: 1 parameters, 9 slots
--      0 [29] MOVE        R1 R0
--      1 [30] LOADFALSE   R2
--      2 [30] JUMP        -> 4
--      3 [30] MOVE        R2 R0
--      4 [31] MOVE        R3 R0
--      5 [32] MOVE        R4 R1
--      6 [32] MOVE        R5 R2
--      7 [32] MOVE        R6 R3
--      8 [32] COPYJT      R7 R0 -> 11
--     10 [32] LOADNIL     R7 #1
--     11 [32] JF          R0 -> 15
--     13 [32] LOADI       R8 #1
--     14 [32] JUMP        -> 16
--     15 [32] LOADI       R8 #2
--     16 [32] RETURN      R4 #6
--     17 [33] RETURN0
--   local a 0..18: R0
--   local x 1..17: R1
--   local y 4..17: R2
--   local z 5..17: R3
