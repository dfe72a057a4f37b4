-- Extra arguments.
local a = ...
local b, c, d = ...
local function f(x, ...)
  local t = { x, ... }
  local n = select("#", ...)
  g(...)
  g(..., 1)
  return ...
end
local function g(...)
  local first = (...)
  return f(...), (...)
end
return ...
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 7 slots
--   upvalue 0 _ENV: environment
--      0 [2] VARARG      R0 #2
--      1 [3] VARARG      R1 #4
--      2 [10] NEWNILCELL  R5 #1
--      3 [10] CLOSURE     R4 function 0
--      5 [10] SETCELL     R5 R4
--      6 [14] CLOSURE     R6 function 1
--      8 [15] VARARG      R7 #0
--      9 [15] RETURN      R7 #0
--     10 [15] RETURN0
--   local a 1..10: R0
--   local b 2..10: R1
--   local c 2..10: R2
--   local d 2..10: R3
--   local f 3..10: R4, cell in R5
--   local g 6..10: R6
--
-- function f at line 4: 1+ parameters, 7 slots
--   upvalue 0 _ENV: outer U0
--      0 [5] NEWTABLE    R1 #0 #2
--      2 [5] MOVE        R2 R0
--      3 [5] VARARG      R3 #0
--      4 [5] SETLIST     R1 #0 #0
--      6 [6] GETGLOBAL   R2 U0(_ENV) .select
--      8 [6] LOADK       R4 "#"
--      9 [6] VARARG      R5 #0
--     10 [6] CALL        R2 #0 #2 @1
--     12 [7] GETGLOBAL   R3 U0(_ENV) .g
--     14 [7] VARARG      R5 #0
--     15 [7] CALL        R3 #0 #1 @3
--     17 [8] GETGLOBAL   R3 U0(_ENV) .g
--     19 [8] VARARG      R5 #2
--     20 [8] LOADI       R6 #1
--     21 [8] CALL        R3 #3 #1 @5
--     23 [9] VARARG      R3 #0
--     24 [9] RETURN      R3 #0
--     25 [10] RETURN0
--   local x 0..26: R0
--   local t 6..25: R1
--   local n 12..25: R2
--
-- function g at line 11: 0+ parameters, 3 slots
--   upvalue 0 f: cell in R5
--      0 [12] VARARG      R0 #2
--      1 [13] GETUPVAL    R1 U0(f)
--      2 [13] VARARG      R3 #0
--      3 [13] CALL        R1 #0 #2 @0
--      5 [13] VARARG      R2 #2
--      6 [13] RETURN      R1 #3
--      7 [14] RETURN0
--   local first 1..7: R0
