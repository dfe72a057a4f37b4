-- Branches: constant conditions, jumps out of loops, arms that end control.
local a, b = ...
if a then print(1) elseif b then print(2) else print(3) end
if true then print(4) end
if false then print(5) end
while true do
  if a then break end
  if b then break else print(6) end
  if a then goto continue end
  if b then print(7) else print(8) end
  ::continue::
end
local function arms(x)
  if x == 1 then
    return 1
  elseif x == 2 then
    return 2
  else
    return 3
  end
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 5 slots
--   upvalue 0 _ENV: environment
--      0 [2] VARARG      R0 #3
--      1 [3] JF          R0 -> 9
--      3 [3] GETGLOBAL   R2 U0(_ENV) .print
--      5 [3] LOADI       R4 #1
--      6 [3] CALL        R2 #2 #1 @1
--      8 [3] JUMP        -> 22
--      9 [3] JF          R1 -> 17
--     11 [3] GETGLOBAL   R2 U0(_ENV) .print
--     13 [3] LOADI       R4 #2
--     14 [3] CALL        R2 #2 #1 @3
--     16 [3] JUMP        -> 22
--     17 [3] GETGLOBAL   R2 U0(_ENV) .print
--     19 [3] LOADI       R4 #3
--     20 [3] CALL        R2 #2 #1 @5
--     22 [4] GETGLOBAL   R2 U0(_ENV) .print
--     24 [4] LOADI       R4 #4
--     25 [4] CALL        R2 #2 #1 @7
--     27 [5] JUMP        -> 33
--     28 [5] GETGLOBAL   R2 U0(_ENV) .print
--     30 [5] LOADI       R4 #5
--     31 [5] CALL        R2 #2 #1 @9
--     33 [7] JT          R0 -> 58
--     35 [8] JT          R1 -> 58
--     37 [8] GETGLOBAL   R2 U0(_ENV) .print
--     39 [8] LOADI       R4 #6
--     40 [8] CALL        R2 #2 #1 @11
--     42 [9] JT          R0 -> 57
--     44 [10] JF          R1 -> 52
--     46 [10] GETGLOBAL   R2 U0(_ENV) .print
--     48 [10] LOADI       R4 #7
--     49 [10] CALL        R2 #2 #1 @13
--     51 [10] LOOPJUMP    -> 33
--     52 [10] GETGLOBAL   R2 U0(_ENV) .print
--     54 [10] LOADI       R4 #8
--     55 [10] CALL        R2 #2 #1 @15
--     57 [11] LOOPJUMP    -> 33
--     58 [21] CLOSURE     R2 function 0
--     60 [21] RETURN0
--   loop 33..57 depth 1
--   local a 1..60: R0
--   local b 1..60: R1
--   local arms 58..60: R2
--
-- function arms at line 13: 1 parameters, 2 slots
--      0 [14] JNEI        R0 #1 -> 4
--      2 [15] LOADI       R1 #1
--      3 [15] RETURN1     R1
--      4 [16] JNEI        R0 #2 -> 8
--      6 [17] LOADI       R1 #2
--      7 [17] RETURN1     R1
--      8 [19] LOADI       R1 #3
--      9 [19] RETURN1     R1
--     10 [21] RETURN0
--   local x 0..11: R0
