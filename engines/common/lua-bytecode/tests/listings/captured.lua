-- Captured variables: in a cell if they are reassigned, in a register and a cell if they are not.
local function outer(parameter, changed)
  local constant, counter = 1, 0
  local uninitialised
  changed = parameter
  local function inner()
    counter = counter + constant
    uninitialised = changed
    return parameter
  end
  counter = counter + 1
  return inner, counter
end

local function recursive(n)
  return n == 0 or recursive(n - 1)
end

local reassigned
local function reassigned() return reassigned end
reassigned = nil

local function nested(x)
  return function() return function() return x end end
end

for i = 1, 3 do
  local f = function() return i end
end

for k, v in pairs(_ENV) do
  local f = function() v = k end
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 14 slots
--   upvalue 0 _ENV: environment
--      0 [13] CLOSURE     R0 function 0
--      2 [17] NEWNILCELL  R2 #1
--      3 [17] CLOSURE     R1 function 1
--      5 [17] SETCELL     R2 R1
--      6 [19] LOADNIL     R3 #1
--      7 [20] NEWNILCELL  R4 #0
--      8 [20] CLOSURE     R5 function 2
--     10 [20] SETCELL     R4 R5
--     11 [21] LOADNIL     R5 #1
--     12 [21] SETCELL     R4 R5
--     13 [25] CLOSURE     R5 function 3
--     15 [27] LOADI       R6 #1
--     16 [27] LOADI       R7 #3
--     17 [27] LOADI       R8 #1
--     18 [27] FORPREP     R6 -> 25
--     20 [28] NEWCELL     R10 R9 #1
--     21 [28] CLOSURE     R11 function 4
--     23 [27] FORLOOP     R6 -> 20
--     25 [31] GETGLOBAL   R6 U0(_ENV) .pairs
--     27 [31] GETUPVAL    R8 U0(_ENV)
--     28 [31] CALL        R6 #2 #5 @1
--     30 [31] TFORPREP    R6 -> 36
--     32 [32] NEWCELL     R12 R10 #1
--     33 [32] NEWCELL     R11 R11 #0
--     34 [32] CLOSURE     R13 function 5
--     36 [31] TFORCALL    R6 #2 @2
--     38 [31] TFORLOOP    R6 -> 32
--     40 [33] CLOSE       R9
--     41 [33] RETURN0
--   loop 20..23 depth 1
--   loop 32..38 depth 1
--   local outer 0..41: R0
--   local recursive 3..41: R1, cell in R2
--   local reassigned 7..41: R3
--   local reassigned 8..41: cell in R4
--   local nested 13..41: R5
--   local (for state) 18..25: R6
--   local (for state) 18..25: R7
--   local (for state) 18..25: R8
--   local i 21..23: R9, cell in R10
--   local f 23..23: R11
--   local (for state) 30..40: R6
--   local (for state) 30..40: R7
--   local (for state) 30..40: R8
--   local (for state) 30..40: R9
--   local k 34..36: R10, cell in R12
--   local v 34..36: cell in R11
--   local f 36..36: R13
--
-- function outer at line 2: 2 parameters, 10 slots
--      0 [3] NEWCELL     R2 R0 #1
--      1 [3] NEWCELL     R1 R1 #0
--      2 [3] LOADI       R3 #1
--      3 [3] LOADI       R4 #0
--      4 [3] NEWCELL     R5 R3 #1
--      5 [3] NEWCELL     R4 R4 #0
--      6 [4] LOADNIL     R6 #1
--      7 [4] NEWCELL     R6 R6 #0
--      8 [5] SETCELL     R1 R0
--      9 [10] CLOSURE     R7 function 0
--     11 [11] GETCELL     R8 R4
--     12 [11] ADDI        R8 R8 #1
--     13 [11] SETCELL     R4 R8
--     14 [12] MOVE        R8 R7
--     15 [12] GETCELL     R9 R4
--     16 [12] RETURN      R8 #3
--     17 [13] RETURN0
--   local parameter 2..18: R0, cell in R2
--   local changed 2..18: cell in R1
--   local constant 6..17: R3, cell in R5
--   local counter 6..17: cell in R4
--   local uninitialised 8..17: cell in R6
--   local inner 9..17: R7
--
-- function inner at line 6: 0 parameters, 2 slots
--   upvalue 0 counter: cell in R4
--   upvalue 1 constant: cell in R5
--   upvalue 2 uninitialised: cell in R6
--   upvalue 3 changed: cell in R1
--   upvalue 4 parameter: cell in R2
--      0 [7] GETUPVAL    R0 U0(counter)
--      1 [7] GETUPVAL    R1 U1(constant)
--      2 [7] ADD         R0 R0 R1
--      3 [7] SETUPVAL    R0 U0(counter)
--      4 [8] GETUPVAL    R0 U3(changed)
--      5 [8] SETUPVAL    R0 U2(uninitialised)
--      6 [9] GETUPVAL    R0 U4(parameter)
--      7 [9] RETURN1     R0
--      8 [10] RETURN0
--
-- function recursive at line 15: 1 parameters, 4 slots
--   upvalue 0 recursive: cell in R2
--      0 [16] JEQI        R0 #0 -> 7
--      2 [16] GETUPVAL    R1 U0(recursive)
--      3 [16] SUBI        R3 R0 #1
--      4 [16] CALL        R1 #2 #2 @0
--      6 [16] JUMP        -> 8
--      7 [16] LOADTRUE    R1
--      8 [16] RETURN1     R1
--      9 [17] RETURN0
--   local n 0..10: R0
--
-- function reassigned at line 20: 0 parameters, 2 slots
--   upvalue 0 reassigned: cell in R4
--      0 [20] GETUPVAL    R0 U0(reassigned)
--      1 [20] RETURN1     R0
--      2 [20] RETURN0
--
-- function nested at line 23: 1 parameters, 3 slots
--      0 [24] NEWCELL     R1 R0 #1
--      1 [24] CLOSURE     R2 function 0
--      3 [24] RETURN1     R2
--      4 [25] RETURN0
--   local x 1..5: R0, cell in R1
--
-- function anonymous at line 24: 0 parameters, 2 slots
--   upvalue 0 x: cell in R1
--      0 [24] CLOSURE     R0 function 0
--      2 [24] RETURN1     R0
--      3 [24] RETURN0
--
-- function anonymous at line 24: 0 parameters, 2 slots
--   upvalue 0 x: outer U0
--      0 [24] GETUPVAL    R0 U0(x)
--      1 [24] RETURN1     R0
--      2 [24] RETURN0
--
-- function f at line 28: 0 parameters, 2 slots
--   upvalue 0 i: cell in R10
--      0 [28] GETUPVAL    R0 U0(i)
--      1 [28] RETURN1     R0
--      2 [28] RETURN0
--
-- function f at line 32: 0 parameters, 2 slots
--   upvalue 0 v: cell in R11
--   upvalue 1 k: cell in R12
--      0 [32] GETUPVAL    R0 U1(k)
--      1 [32] SETUPVAL    R0 U0(v)
--      2 [32] RETURN0
