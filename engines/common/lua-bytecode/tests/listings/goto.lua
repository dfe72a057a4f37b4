-- Jumps to labels, forward and back, into enclosing blocks.
local i = 1
::top::
if i > 10 then goto done end
i = i + 1
do
  local j = i
  while j do
    if j == 5 then goto top end
    j = j - 1
    goto next
    print "skipped"
    ::next::
  end
  goto top
end
::done::
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 5 slots
--   upvalue 0 _ENV: environment
--      0 [2] LOADI       R0 #1
--      1 [4] JGTI        R0 #10 -> 19
--      3 [5] ADDI        R0 R0 #1
--      4 [7] MOVE        R1 R0
--      5 [8] JF          R1 -> 18
--      7 [9] JNEI        R1 #5 -> 10
--      9 [9] LOOPJUMP    -> 1
--     10 [10] SUBI        R1 R1 #1
--     11 [11] LOOPJUMP    -> 5
--     12 [12] GETGLOBAL   R2 U0(_ENV) .print
--     14 [12] LOADK       R4 "skipped"
--     15 [12] CALL        R2 #2 #1 @1
--     17 [13] LOOPJUMP    -> 5
--     18 [15] LOOPJUMP    -> 1
--     19 [17] RETURN0
--   loop 1..18 depth 1
--   loop 5..17 depth 2
--   local i 1..19: R0
--   local j 5..19: R1
