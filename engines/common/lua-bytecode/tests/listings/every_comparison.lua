-- Every comparison, as a condition and negated, with registers, constants and immediates.
local function conditions(a, b)
  if a < b then a = b end
  if not (a < b) then a = b end
  if a <= b then a = b end
  if not (a <= b) then a = b end
  if a > b then a = b end
  if not (a > b) then a = b end
  if a >= b then a = b end
  if not (a >= b) then a = b end
  if a == b then a = b end
  if not (a == b) then a = b end
  if a ~= b then a = b end
  if not (a ~= b) then a = b end
  if a < 1 then a = b end
  if not (a < 1) then a = b end
  if a <= 1 then a = b end
  if not (a <= 1) then a = b end
  if a > 1 then a = b end
  if not (a > 1) then a = b end
  if a >= 1 then a = b end
  if not (a >= 1) then a = b end
  if a == 1 then a = b end
  if not (a == 1) then a = b end
  if a ~= 1 then a = b end
  if not (a ~= 1) then a = b end
  if a < 1.5 then a = b end
  if not (a < 1.5) then a = b end
  if a <= 1.5 then a = b end
  if not (a <= 1.5) then a = b end
  if a > 1.5 then a = b end
  if not (a > 1.5) then a = b end
  if a >= 1.5 then a = b end
  if not (a >= 1.5) then a = b end
  if a == 1.5 then a = b end
  if not (a == 1.5) then a = b end
  if a ~= 1.5 then a = b end
  if not (a ~= 1.5) then a = b end
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 2 slots
--   upvalue 0 _ENV: environment
--      0 [39] CLOSURE     R0 function 0
--      2 [39] RETURN0
--   local conditions 0..2: R0
--
-- function conditions at line 2: 2 parameters, 2 slots
--      0 [3] JNLT        R0 R1 -> 3
--      2 [3] MOVE        R0 R1
--      3 [4] JLT         R0 R1 -> 6
--      5 [4] MOVE        R0 R1
--      6 [5] JNLE        R0 R1 -> 9
--      8 [5] MOVE        R0 R1
--      9 [6] JLE         R0 R1 -> 12
--     11 [6] MOVE        R0 R1
--     12 [7] JNLT        R1 R0 -> 15
--     14 [7] MOVE        R0 R1
--     15 [8] JLT         R1 R0 -> 18
--     17 [8] MOVE        R0 R1
--     18 [9] JNLE        R1 R0 -> 21
--     20 [9] MOVE        R0 R1
--     21 [10] JLE         R1 R0 -> 24
--     23 [10] MOVE        R0 R1
--     24 [11] JNE         R0 R1 -> 27
--     26 [11] MOVE        R0 R1
--     27 [12] JEQ         R0 R1 -> 30
--     29 [12] MOVE        R0 R1
--     30 [13] JEQ         R0 R1 -> 33
--     32 [13] MOVE        R0 R1
--     33 [14] JNE         R0 R1 -> 36
--     35 [14] MOVE        R0 R1
--     36 [15] JNLTI       R0 #1 -> 39
--     38 [15] MOVE        R0 R1
--     39 [16] JLTI        R0 #1 -> 42
--     41 [16] MOVE        R0 R1
--     42 [17] JNLEI       R0 #1 -> 45
--     44 [17] MOVE        R0 R1
--     45 [18] JLEI        R0 #1 -> 48
--     47 [18] MOVE        R0 R1
--     48 [19] JNGTI       R0 #1 -> 51
--     50 [19] MOVE        R0 R1
--     51 [20] JGTI        R0 #1 -> 54
--     53 [20] MOVE        R0 R1
--     54 [21] JNGEI       R0 #1 -> 57
--     56 [21] MOVE        R0 R1
--     57 [22] JGEI        R0 #1 -> 60
--     59 [22] MOVE        R0 R1
--     60 [23] JNEI        R0 #1 -> 63
--     62 [23] MOVE        R0 R1
--     63 [24] JEQI        R0 #1 -> 66
--     65 [24] MOVE        R0 R1
--     66 [25] JEQI        R0 #1 -> 69
--     68 [25] MOVE        R0 R1
--     69 [26] JNEI        R0 #1 -> 72
--     71 [26] MOVE        R0 R1
--     72 [27] JNLTK       R0 1.5 -> 75
--     74 [27] MOVE        R0 R1
--     75 [28] JLTK        R0 1.5 -> 78
--     77 [28] MOVE        R0 R1
--     78 [29] JNLEK       R0 1.5 -> 81
--     80 [29] MOVE        R0 R1
--     81 [30] JLEK        R0 1.5 -> 84
--     83 [30] MOVE        R0 R1
--     84 [31] JNGTK       R0 1.5 -> 87
--     86 [31] MOVE        R0 R1
--     87 [32] JGTK        R0 1.5 -> 90
--     89 [32] MOVE        R0 R1
--     90 [33] JNGEK       R0 1.5 -> 93
--     92 [33] MOVE        R0 R1
--     93 [34] JGEK        R0 1.5 -> 96
--     95 [34] MOVE        R0 R1
--     96 [35] JNEK        R0 1.5 -> 99
--     98 [35] MOVE        R0 R1
--     99 [36] JEQK        R0 1.5 -> 102
--    101 [36] MOVE        R0 R1
--    102 [37] JEQK        R0 1.5 -> 105
--    104 [37] MOVE        R0 R1
--    105 [38] JNEK        R0 1.5 -> 108
--    107 [38] MOVE        R0 R1
--    108 [39] RETURN0
--   local a 0..109: R0
--   local b 0..109: R1
