-- Calls: arguments and results, multiple results, tail calls, methods.
local function calls(f, g, x)
  f()
  f(x, 1, "s")
  local a = f(x)
  local b, c = f(x)
  local d = f(g(x))
  local e = f(x, g())
  local h = f((g()))
  a = f(x)
  f(1)(2)(3)
  f { x }
  f "text"
  return f(x) + g(x)
end

local function tail(f, x)
  if x then return f(x) end
  return (f(x))
end

local function returns(f, a, b)
  if a then return end
  if b then return a, b end
  if f then return a, f() end
  return f(), a
end

local function methods(object, name, ...)
  object:method()
  object.field:method(1, object)
  object:first():second(name)
  local r = name:upper():len()
  return object:last(...)
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 4 slots
--   upvalue 0 _ENV: environment
--      0 [15] CLOSURE     R0 function 0
--      2 [20] CLOSURE     R1 function 1
--      4 [27] CLOSURE     R2 function 2
--      6 [35] CLOSURE     R3 function 3
--      8 [35] RETURN0
--   local calls 0..8: R0
--   local tail 2..8: R1
--   local returns 4..8: R2
--   local methods 6..8: R3
--
-- function calls at line 2: 3 parameters, 13 slots
--      0 [3] MOVE        R3 R0
--      1 [3] CALL        R3 #1 #1 @0
--      3 [4] MOVE        R3 R0
--      4 [4] MOVE        R5 R2
--      5 [4] LOADI       R6 #1
--      6 [4] LOADK       R7 "s"
--      7 [4] CALL        R3 #4 #1 @1
--      9 [5] MOVE        R3 R0
--     10 [5] MOVE        R5 R2
--     11 [5] CALL        R3 #2 #2 @2
--     13 [6] MOVE        R4 R0
--     14 [6] MOVE        R6 R2
--     15 [6] CALL        R4 #2 #3 @3
--     17 [7] MOVE        R6 R0
--     18 [7] MOVE        R8 R1
--     19 [7] MOVE        R10 R2
--     20 [7] CALL        R8 #2 #0 @4
--     22 [7] CALL        R6 #0 #2 @5
--     24 [8] MOVE        R7 R0
--     25 [8] MOVE        R9 R2
--     26 [8] MOVE        R10 R1
--     27 [8] CALL        R10 #1 #0 @6
--     29 [8] CALL        R7 #0 #2 @7
--     31 [9] MOVE        R8 R0
--     32 [9] MOVE        R10 R1
--     33 [9] CALL        R10 #1 #2 @8
--     35 [9] CALL        R8 #2 #2 @9
--     37 [10] MOVE        R9 R0
--     38 [10] MOVE        R11 R2
--     39 [10] CALL        R9 #2 #2 @10
--     41 [10] MOVE        R3 R9
--     42 [11] MOVE        R9 R0
--     43 [11] LOADI       R11 #1
--     44 [11] CALL        R9 #2 #2 @11
--     46 [11] LOADI       R11 #2
--     47 [11] CALL        R9 #2 #2 @12
--     49 [11] LOADI       R11 #3
--     50 [11] CALL        R9 #2 #1 @13
--     52 [12] MOVE        R9 R0
--     53 [12] NEWTABLE    R11 #0 #1
--     55 [12] MOVE        R12 R2
--     56 [12] SETLIST     R11 #1 #0
--     58 [12] CALL        R9 #2 #1 @14
--     60 [13] MOVE        R9 R0
--     61 [13] LOADK       R11 "text"
--     62 [13] CALL        R9 #2 #1 @15
--     64 [14] MOVE        R9 R0
--     65 [14] MOVE        R11 R2
--     66 [14] CALL        R9 #2 #2 @16
--     68 [14] MOVE        R10 R1
--     69 [14] MOVE        R12 R2
--     70 [14] CALL        R10 #2 #2 @17
--     72 [14] ADD         R9 R9 R10
--     73 [14] RETURN1     R9
--     74 [15] RETURN0
--   local f 0..75: R0
--   local g 0..75: R1
--   local x 0..75: R2
--   local a 13..74: R3
--   local b 17..74: R4
--   local c 17..74: R5
--   local d 24..74: R6
--   local e 31..74: R7
--   local h 37..74: R8
--
-- function tail at line 17: 2 parameters, 5 slots
--      0 [18] JF          R1 -> 6
--      2 [18] MOVE        R2 R0
--      3 [18] MOVE        R4 R1
--      4 [18] TAILCALL    R2 #2 @0
--      6 [19] MOVE        R2 R0
--      7 [19] MOVE        R4 R1
--      8 [19] CALL        R2 #2 #2 @1
--     10 [19] RETURN1     R2
--     11 [20] RETURN0
--   local f 0..12: R0
--   local x 0..12: R1
--
-- function returns at line 22: 3 parameters, 6 slots
--      0 [23] JF          R1 -> 3
--      2 [23] RETURN0
--      3 [24] JF          R2 -> 8
--      5 [24] MOVE        R3 R1
--      6 [24] MOVE        R4 R2
--      7 [24] RETURN      R3 #3
--      8 [25] JF          R0 -> 15
--     10 [25] MOVE        R3 R1
--     11 [25] MOVE        R4 R0
--     12 [25] CALL        R4 #1 #0 @0
--     14 [25] RETURN      R3 #0
--     15 [26] MOVE        R3 R0
--     16 [26] CALL        R3 #1 #2 @1
--     18 [26] MOVE        R4 R1
--     19 [26] RETURN      R3 #3
--     20 [27] RETURN0
--   local f 0..21: R0
--   local a 0..21: R1
--   local b 0..21: R2
--
-- function methods at line 29: 2+ parameters, 7 slots
--      0 [30] SELF        R2 R0 .method
--      2 [30] CALL        R2 #2 #1 @1
--      4 [31] GETFIELD    R2 R0 .field
--      6 [31] SELF        R2 R2 .method
--      8 [31] LOADI       R5 #1
--      9 [31] MOVE        R6 R0
--     10 [31] CALL        R2 #4 #1 @4
--     12 [32] SELF        R2 R0 .first
--     14 [32] CALL        R2 #2 #2 @6
--     16 [32] SELF        R2 R2 .second
--     18 [32] MOVE        R5 R1
--     19 [32] CALL        R2 #3 #1 @8
--     21 [33] SELF        R2 R1 .upper
--     23 [33] CALL        R2 #2 #2 @10
--     25 [33] SELF        R2 R2 .len
--     27 [33] CALL        R2 #2 #2 @12
--     29 [34] SELF        R3 R0 .last
--     31 [34] VARARG      R6 #0
--     32 [34] TAILCALL    R3 #0 @14
--     34 [35] RETURN0
--   local object 0..35: R0
--   local name 0..35: R1
--   local r 29..34: R2
