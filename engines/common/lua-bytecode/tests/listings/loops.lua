-- Loops and their back-edges.
local function numeric(a, b, c)
  for i = 1, 10 do end
  for i = a, b, c do
    if i > 3 then break end
    print(i)
  end
  for i = 10, 1, -1 do for j = i, 10 do print(i, j) end end
end

local function generic(t)
  for k, v in pairs(t) do print(k, v) end
  for x in t do break end
  for a, b, c, d, e in t, 1, 2, 3 do return a end
end

local function conditional(n)
  while n > 0 do n = n - 1 end
  repeat
    local m = n
    n = n + 1
  until m > 10
  repeat print(n) until not n
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 3 slots
--   upvalue 0 _ENV: environment
--      0 [9] CLOSURE     R0 function 0
--      2 [15] CLOSURE     R1 function 1
--      4 [24] CLOSURE     R2 function 2
--      6 [24] RETURN0
--   local numeric 0..6: R0
--   local generic 2..6: R1
--   local conditional 4..6: R2
--
-- function numeric at line 2: 3 parameters, 15 slots
--   upvalue 0 _ENV: outer U0
--      0 [3] LOADI       R3 #1
--      1 [3] LOADI       R4 #10
--      2 [3] LOADI       R5 #1
--      3 [3] FORPREP     R3 -> 7
--      5 [3] FORLOOP     R3 -> 5
--      7 [4] MOVE        R3 R0
--      8 [4] MOVE        R4 R1
--      9 [4] MOVE        R5 R2
--     10 [4] FORPREP     R3 -> 21
--     12 [5] JGTI        R6 #3 -> 21
--     14 [6] GETGLOBAL   R7 U0(_ENV) .print
--     16 [6] MOVE        R9 R6
--     17 [6] CALL        R7 #2 #1 @1
--     19 [4] FORLOOP     R3 -> 12
--     21 [8] LOADI       R3 #10
--     22 [8] LOADI       R4 #1
--     23 [8] LOADI       R5 #-1
--     24 [8] FORPREP     R3 -> 41
--     26 [8] MOVE        R7 R6
--     27 [8] LOADI       R8 #10
--     28 [8] LOADI       R9 #1
--     29 [8] FORPREP     R7 -> 39
--     31 [8] GETGLOBAL   R11 U0(_ENV) .print
--     33 [8] MOVE        R13 R6
--     34 [8] MOVE        R14 R10
--     35 [8] CALL        R11 #3 #1 @3
--     37 [8] FORLOOP     R7 -> 31
--     39 [8] FORLOOP     R3 -> 26
--     41 [9] RETURN0
--   loop 5..5 depth 1
--   loop 12..19 depth 1
--   loop 26..39 depth 1
--   loop 31..37 depth 2
--   local a 0..42: R0
--   local b 0..42: R1
--   local c 0..42: R2
--   local (for state) 3..7: R3
--   local (for state) 3..7: R4
--   local (for state) 3..7: R5
--   local i 5..5: R6
--   local (for state) 10..21: R3
--   local (for state) 10..21: R4
--   local (for state) 10..21: R5
--   local i 12..19: R6
--   local (for state) 24..41: R3
--   local (for state) 24..41: R4
--   local (for state) 24..41: R5
--   local i 26..39: R6
--   local (for state) 29..39: R7
--   local (for state) 29..39: R8
--   local (for state) 29..39: R9
--   local j 31..37: R10
--
-- function generic at line 11: 1 parameters, 11 slots
--   upvalue 0 _ENV: outer U0
--      0 [12] GETGLOBAL   R1 U0(_ENV) .pairs
--      2 [12] MOVE        R3 R0
--      3 [12] CALL        R1 #2 #5 @1
--      5 [12] TFORPREP    R1 -> 13
--      7 [12] GETGLOBAL   R7 U0(_ENV) .print
--      9 [12] MOVE        R9 R5
--     10 [12] MOVE        R10 R6
--     11 [12] CALL        R7 #3 #1 @3
--     13 [12] TFORCALL    R1 #2 @4
--     15 [12] TFORLOOP    R1 -> 7
--     17 [12] CLOSE       R4
--     18 [13] MOVE        R1 R0
--     19 [13] LOADNIL     R2 #3
--     20 [13] TFORPREP    R1 -> 24
--     22 [13] CLOSE       R4
--     23 [13] JUMP        -> 29
--     24 [13] TFORCALL    R1 #1 @5
--     26 [13] TFORLOOP    R1 -> 22
--     28 [13] CLOSE       R4
--     29 [14] MOVE        R1 R0
--     30 [14] LOADI       R2 #1
--     31 [14] LOADI       R3 #2
--     32 [14] LOADI       R4 #3
--     33 [14] TFORPREP    R1 -> 37
--     35 [14] MOVE        R10 R5
--     36 [14] CLOSERETURN R10 #2
--     37 [14] TFORCALL    R1 #5 @6
--     39 [14] TFORLOOP    R1 -> 35
--     41 [14] CLOSE       R4
--     42 [15] RETURN0
--   loop 7..15 depth 1
--   loop 22..26 depth 1
--   loop 35..39 depth 1
--   local t 0..43: R0
--   local (for state) 5..17: R1
--   local (for state) 5..17: R2
--   local (for state) 5..17: R3
--   local (for state) 5..17: R4
--   local k 7..13: R5
--   local v 7..13: R6
--   local (for state) 20..28: R1
--   local (for state) 20..28: R2
--   local (for state) 20..28: R3
--   local (for state) 20..28: R4
--   local x 22..24: R5
--   local (for state) 33..41: R1
--   local (for state) 33..41: R2
--   local (for state) 33..41: R3
--   local (for state) 33..41: R4
--   local a 35..37: R5
--   local b 35..37: R6
--   local c 35..37: R7
--   local d 35..37: R8
--   local e 35..37: R9
--
-- function conditional at line 17: 1 parameters, 4 slots
--   upvalue 0 _ENV: outer U0
--      0 [18] JNGTI       R0 #0 -> 4
--      2 [18] SUBI        R0 R0 #1
--      3 [18] LOOPJUMP    -> 0
--      4 [20] MOVE        R1 R0
--      5 [21] ADDI        R0 R0 #1
--      6 [22] JGTI        R1 #10 -> 9
--      8 [22] LOOPJUMP    -> 4
--      9 [23] GETGLOBAL   R1 U0(_ENV) .print
--     11 [23] MOVE        R3 R0
--     12 [23] CALL        R1 #2 #1 @1
--     14 [23] JF          R0 -> 17
--     16 [23] LOOPJUMP    -> 9
--     17 [24] RETURN0
--   loop 0..3 depth 1
--   loop 4..8 depth 1
--   loop 9..16 depth 1
--   local n 0..18: R0
--   local m 5..9: R1
