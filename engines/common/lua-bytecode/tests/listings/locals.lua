-- Declarations: one value a variable, too few, too many, compile-time constants, adjacent nils.
local a
local b, c
local d, e = 1
local f, g = 1, 2, print()
local h, i = print()
local limit <const> = 100
local j <const>, name <const> = limit + 1, "n"
local k = name .. limit
do
  local a, b = b, a
end
local l, m = ...
local n = (...)
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 14 slots
--   upvalue 0 _ENV: environment
--      0 [2] LOADNIL     R0 #3
--      1 [4] LOADI       R3 #1
--      2 [4] LOADNIL     R4 #1
--      3 [5] LOADI       R5 #1
--      4 [5] LOADI       R6 #2
--      5 [5] GETGLOBAL   R7 U0(_ENV) .print
--      7 [5] CALL        R7 #1 #1 @1
--      9 [6] GETGLOBAL   R7 U0(_ENV) .print
--     11 [6] CALL        R7 #1 #3 @3
--     13 [8] LOADI       R9 #101
--     14 [9] LOADK       R10 "n"
--     15 [9] LOADI       R11 #100
--     16 [9] CONCAT      R10 #2
--     17 [11] MOVE        R11 R1
--     18 [11] MOVE        R12 R0
--     19 [13] VARARG      R11 #3
--     20 [14] VARARG      R13 #2
--     21 [14] RETURN0
--   local a 1..21: R0
--   local b 1..21: R1
--   local c 1..21: R2
--   local d 3..21: R3
--   local e 3..21: R4
--   local f 9..21: R5
--   local g 9..21: R6
--   local h 13..21: R7
--   local i 13..21: R8
--   local j 14..21: R9
--   local k 17..21: R10
--   local a 19..19: R11
--   local b 19..19: R12
--   local l 20..21: R11
--   local m 20..21: R12
--   local n 21..21: R13
