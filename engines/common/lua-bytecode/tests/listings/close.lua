-- To-be-closed variables: every way out of their scope.
local function ways(f, x)
  local outer <close> = f()
  do
    local inner <close>, other = f(), 1
    if x then return x end
    print(inner, other)
  end
  while x do
    local each <close> = f()
    if each then break end
    if x == 1 then goto continue end
    if x == 2 then goto out end
    ::continue::
  end
  repeat
    local last <close> = f()
  until last
  ::out::
  return f(x)
end

local function captured(f)
  local c <close> = f()
  return function() return c end
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 2 slots
--   upvalue 0 _ENV: environment
--      0 [21] CLOSURE     R0 function 0
--      2 [26] CLOSURE     R1 function 1
--      4 [26] RETURN0
--   local ways 0..4: R0
--   local captured 2..4: R1
--
-- function ways at line 2: 2 parameters, 9 slots
--   upvalue 0 _ENV: outer U0
--      0 [3] MOVE        R2 R0
--      1 [3] CALL        R2 #1 #2 @0
--      3 [3] TBC         R2
--      4 [5] MOVE        R3 R0
--      5 [5] CALL        R3 #1 #2 @1
--      7 [5] LOADI       R4 #1
--      8 [5] TBC         R3
--      9 [6] JF          R1 -> 13
--     11 [6] MOVE        R5 R1
--     12 [6] CLOSERETURN R5 #2
--     13 [7] GETGLOBAL   R5 U0(_ENV) .print
--     15 [7] MOVE        R7 R3
--     16 [7] MOVE        R8 R4
--     17 [7] CALL        R5 #3 #1 @3
--     19 [7] CLOSE       R3
--     20 [9] JF          R1 -> 38
--     22 [10] MOVE        R3 R0
--     23 [10] CALL        R3 #1 #2 @4
--     25 [10] TBC         R3
--     26 [11] JF          R3 -> 30
--     28 [15] CLOSE       R3
--     29 [15] JUMP        -> 38
--     30 [12] JEQI        R1 #1 -> 36
--     32 [13] JNEI        R1 #2 -> 36
--     34 [19] CLOSE       R3
--     35 [19] JUMP        -> 47
--     36 [14] CLOSE       R3
--     37 [14] LOOPJUMP    -> 20
--     38 [17] MOVE        R3 R0
--     39 [17] CALL        R3 #1 #2 @5
--     41 [17] TBC         R3
--     42 [18] JT          R3 -> 46
--     44 [18] CLOSE       R3
--     45 [18] LOOPJUMP    -> 38
--     46 [18] CLOSE       R3
--     47 [20] MOVE        R3 R0
--     48 [20] MOVE        R5 R1
--     49 [20] CALL        R3 #2 #0 @6
--     51 [20] CLOSERETURN R3 #0
--     52 [21] RETURN0
--   loop 20..37 depth 1
--   loop 38..45 depth 1
--   local f 0..53: R0
--   local x 0..53: R1
--   local outer 3..52: R2
--   local inner 8..19: R3
--   local other 9..19: R4
--   local each 25..36: R3
--   local last 41..46: R3
--
-- function captured at line 23: 1 parameters, 4 slots
--      0 [24] MOVE        R1 R0
--      1 [24] CALL        R1 #1 #2 @0
--      3 [24] NEWCELL     R2 R1 #1
--      4 [24] TBC         R1
--      5 [25] CLOSURE     R3 function 0
--      7 [25] CLOSERETURN R3 #2
--      8 [26] RETURN0
--   local f 0..9: R0
--   local c 4..8: R1, cell in R2
--
-- function anonymous at line 25: 0 parameters, 2 slots
--   upvalue 0 c: cell in R2
--      0 [25] GETUPVAL    R0 U0(c)
--      1 [25] RETURN1     R0
--      2 [25] RETURN0
