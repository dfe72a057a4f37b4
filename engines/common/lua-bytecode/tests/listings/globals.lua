-- Globals, and _ENV as a variable.
x = 1
x = y
x.f = x.g
print(x)
local function f() x = x + 1; print = nil end
local function sandbox()
  local _ENV = { print = print }
  x = 1
  print(x)
  return function() return x end
end
local function parameter(_ENV) return x, y end
a_global_whose_name_is_longer_than_forty_bytes = a_global_whose_name_is_longer_than_forty_bytes
local t = {}
t.a_field_whose_name_is_longer_than_forty_bytes = t.a_field_whose_name_is_longer_than_forty_bytes
t:a_method_whose_name_is_longer_than_forty_bytes(1)
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 8 slots
--   upvalue 0 _ENV: environment
--      0 [2] SETGLOBALK  U0(_ENV) 1 .x
--      2 [3] GETGLOBAL   R0 U0(_ENV) .y
--      4 [3] SETGLOBAL   U0(_ENV) R0 .x
--      6 [4] GETGLOBAL   R0 U0(_ENV) .x
--      8 [4] GETGLOBAL   R1 U0(_ENV) .x
--     10 [4] GETFIELD    R1 R1 .g
--     12 [4] SETFIELD    R0 R1 .f
--     14 [5] GETGLOBAL   R0 U0(_ENV) .print
--     16 [5] GETGLOBAL   R2 U0(_ENV) .x
--     18 [5] CALL        R0 #2 #1 @9
--     20 [6] CLOSURE     R0 function 0
--     22 [12] CLOSURE     R1 function 1
--     24 [13] CLOSURE     R2 function 2
--     26 [14] GETUPVAL    R3 U0(_ENV)
--     27 [14] LOADK       R4 "a_global_whose_name_is_longer_than_forty_bytes"
--     28 [14] GETUPVAL    R6 U0(_ENV)
--     29 [14] LOADK       R7 "a_global_whose_name_is_longer_than_forty_bytes"
--     30 [14] GETINDEX    R5 R6 R7 @10
--     32 [14] SETINDEX    R3 R4 R5 @11
--     34 [15] NEWOBJECT   R3 #0 {}
--     36 [16] LOADK       R4 "a_field_whose_name_is_longer_than_forty_bytes"
--     37 [16] LOADK       R6 "a_field_whose_name_is_longer_than_forty_bytes"
--     38 [16] GETINDEX    R5 R3 R6 @13
--     40 [16] SETINDEX    R3 R4 R5 @14
--     42 [17] MOVE        R6 R3
--     43 [17] LOADK       R7 "a_method_whose_name_is_longer_than_forty_bytes"
--     44 [17] GETINDEX    R4 R6 R7 @15
--     46 [17] LOADI       R7 #1
--     47 [17] CALL        R4 #3 #1 @16
--     49 [17] RETURN0
--   local f 20..49: R0
--   local sandbox 22..49: R1
--   local parameter 24..49: R2
--   local t 36..49: R3
--
-- function f at line 6: 0 parameters, 2 slots
--   upvalue 0 _ENV: outer U0
--      0 [6] GETGLOBAL   R0 U0(_ENV) .x
--      2 [6] ADDI        R0 R0 #1
--      3 [6] SETGLOBAL   U0(_ENV) R0 .x
--      5 [6] SETGLOBALK  U0(_ENV) nil .print
--      7 [6] RETURN0
--
-- function sandbox at line 7: 0 parameters, 5 slots
--   upvalue 0 _ENV: outer U0
--      0 [8] NEWOBJECT   R0 #0 {.print}
--      2 [8] GETGLOBAL   R1 U0(_ENV) .print
--      4 [8] SETFIELD    R0 R1 .print
--      6 [8] NEWCELL     R1 R0 #1
--      7 [9] SETFIELDK   R0 1 .x
--      9 [10] GETFIELD    R2 R0 .print
--     11 [10] GETFIELD    R4 R0 .x
--     13 [10] CALL        R2 #2 #1 @6
--     15 [11] CLOSURE     R2 function 0
--     17 [11] RETURN1     R2
--     18 [12] RETURN0
--   local _ENV 7..18: R0, cell in R1
--
-- function anonymous at line 11: 0 parameters, 2 slots
--   upvalue 0 _ENV: cell in R1
--      0 [11] GETGLOBAL   R0 U0(_ENV) .x
--      2 [11] RETURN1     R0
--      3 [11] RETURN0
--
-- function parameter at line 13: 1 parameters, 3 slots
--      0 [13] GETFIELD    R1 R0 .x
--      2 [13] GETFIELD    R2 R0 .y
--      4 [13] RETURN      R1 #3
--      5 [13] RETURN0
--   local _ENV 0..6: R0
