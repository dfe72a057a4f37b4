-- Literals and concatenation.
local a, b = "x", 'y'
local c = a .. b
local d = "(" .. a .. ", " .. b .. ")"
local e = (a .. b) .. c
local f = a .. #a .. -1 .. 2.5
a = a .. "suffix"
print(a .. b, 1e100, 32767, 32768, -32768, 3.0, -0.0, 0x7fffffffffffffff)
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 16 slots
--   upvalue 0 _ENV: environment
--      0 [2] LOADK       R0 "x"
--      1 [2] LOADK       R1 "y"
--      2 [3] MOVE        R2 R0
--      3 [3] MOVE        R3 R1
--      4 [3] CONCAT      R2 #2
--      5 [4] LOADK       R3 "("
--      6 [4] MOVE        R4 R0
--      7 [4] LOADK       R5 ", "
--      8 [4] MOVE        R6 R1
--      9 [4] LOADK       R7 ")"
--     10 [4] CONCAT      R3 #5
--     11 [5] MOVE        R4 R0
--     12 [5] MOVE        R5 R1
--     13 [5] CONCAT      R4 #2
--     14 [5] MOVE        R5 R2
--     15 [5] CONCAT      R4 #2
--     16 [6] MOVE        R5 R0
--     17 [6] LEN         R6 R0
--     18 [6] LOADI       R7 #-1
--     19 [6] LOADK       R8 2.5
--     20 [6] CONCAT      R5 #4
--     21 [7] MOVE        R6 R0
--     22 [7] LOADK       R7 "suffix"
--     23 [7] CONCAT      R6 #2
--     24 [7] MOVE        R0 R6
--     25 [8] GETGLOBAL   R6 U0(_ENV) .print
--     27 [8] MOVE        R8 R0
--     28 [8] MOVE        R9 R1
--     29 [8] CONCAT      R8 #2
--     30 [8] LOADK       R9 1e100
--     31 [8] LOADI       R10 #32767
--     32 [8] LOADK       R11 32768
--     33 [8] LOADI       R12 #-32768
--     34 [8] LOADF       R13 #3
--     35 [8] LOADF       R14 #0
--     36 [8] UNM         R14 R14
--     37 [8] LOADK       R15 9223372036854775807
--     38 [8] CALL        R6 #9 #1 @1
--     40 [8] RETURN0
--   local a 2..40: R0
--   local b 2..40: R1
--   local c 5..40: R2
--   local d 11..40: R3
--   local e 16..40: R4
--   local f 21..40: R5
