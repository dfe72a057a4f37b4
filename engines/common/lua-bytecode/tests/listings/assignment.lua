-- All expressions are evaluated before anything is assigned.
local a, b, t = 1, 2, {}
a, b = b, a
a, b, t = b, t
a, t.x = t.x, a
a, t[a] = a + 1, 20
t, t.x = t.x, t
a, b = print()
a, b = 1, 2, print()
x, y = y, x
a = a + b * a
a = b
local captured = 0
local function set() captured, a = a, captured end
captured = captured + 1
function t.f(x) return x end
function t.a.b:m(x) return self, x end
function global() end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 7 slots
--   upvalue 0 _ENV: environment
--      0 [2] LOADI       R0 #1
--      1 [2] LOADI       R1 #2
--      2 [2] NEWOBJECT   R2 #0 {}
--      4 [2] NEWCELL     R0 R0 #0
--      5 [3] MOVE        R3 R1
--      6 [3] GETCELL     R1 R0
--      7 [3] SETCELL     R0 R3
--      8 [4] MOVE        R3 R1
--      9 [4] MOVE        R4 R2
--     10 [4] LOADNIL     R5 #1
--     11 [4] MOVE        R2 R5
--     12 [4] MOVE        R1 R4
--     13 [4] SETCELL     R0 R3
--     14 [5] GETFIELD    R3 R2 .x
--     16 [5] GETCELL     R4 R0
--     17 [5] SETFIELD    R2 R4 .x
--     19 [5] SETCELL     R0 R3
--     20 [6] GETCELL     R3 R0
--     21 [6] GETCELL     R4 R0
--     22 [6] ADDI        R4 R4 #1
--     23 [6] SETINDEXK   R2 R3 20 @3
--     25 [6] SETCELL     R0 R4
--     26 [7] MOVE        R3 R2
--     27 [7] GETFIELD    R4 R2 .x
--     29 [7] SETFIELD    R3 R2 .x
--     31 [7] MOVE        R2 R4
--     32 [8] GETGLOBAL   R3 U0(_ENV) .print
--     34 [8] CALL        R3 #1 #3 @7
--     36 [8] MOVE        R1 R4
--     37 [8] SETCELL     R0 R3
--     38 [9] LOADI       R3 #1
--     39 [9] LOADI       R4 #2
--     40 [9] GETGLOBAL   R5 U0(_ENV) .print
--     42 [9] CALL        R5 #1 #1 @9
--     44 [9] MOVE        R1 R4
--     45 [9] SETCELL     R0 R3
--     46 [10] GETGLOBAL   R3 U0(_ENV) .y
--     48 [10] GETGLOBAL   R4 U0(_ENV) .x
--     50 [10] SETGLOBAL   U0(_ENV) R4 .y
--     52 [10] SETGLOBAL   U0(_ENV) R3 .x
--     54 [11] GETCELL     R5 R0
--     55 [11] MUL         R4 R1 R5
--     56 [11] GETCELL     R5 R0
--     57 [11] ADD         R3 R5 R4
--     58 [11] SETCELL     R0 R3
--     59 [12] SETCELL     R0 R1
--     60 [13] LOADI       R3 #0
--     61 [13] NEWCELL     R3 R3 #0
--     62 [14] CLOSURE     R4 function 0
--     64 [15] GETCELL     R5 R3
--     65 [15] ADDI        R5 R5 #1
--     66 [15] SETCELL     R3 R5
--     67 [16] CLOSURE     R5 function 1
--     69 [16] SETFIELD    R2 R5 .f
--     71 [17] GETFIELD    R5 R2 .a
--     73 [17] GETFIELD    R5 R5 .b
--     75 [17] CLOSURE     R6 function 2
--     77 [17] SETFIELD    R5 R6 .m
--     79 [18] CLOSURE     R5 function 3
--     81 [18] SETGLOBAL   U0(_ENV) R5 .global
--     83 [18] RETURN0
--   local a 5..83: cell in R0
--   local b 5..83: R1
--   local t 5..83: R2
--   local captured 62..83: cell in R3
--   local set 62..83: R4
--
-- function set at line 14: 0 parameters, 2 slots
--   upvalue 0 captured: cell in R3
--   upvalue 1 a: cell in R0
--      0 [14] GETUPVAL    R0 U1(a)
--      1 [14] GETUPVAL    R1 U0(captured)
--      2 [14] SETUPVAL    R1 U1(a)
--      3 [14] SETUPVAL    R0 U0(captured)
--      4 [14] RETURN0
--
-- function t.f at line 16: 1 parameters, 2 slots
--      0 [16] RETURN1     R0
--      1 [16] RETURN0
--   local x 0..2: R0
--
-- function t.a.b:m at line 17: 2 parameters, 4 slots
--      0 [17] MOVE        R2 R0
--      1 [17] MOVE        R3 R1
--      2 [17] RETURN      R2 #3
--      3 [17] RETURN0
--   local self 0..4: R0
--   local x 0..4: R1
--
-- function global at line 18: 0 parameters, 2 slots
--      0 [18] RETURN0
