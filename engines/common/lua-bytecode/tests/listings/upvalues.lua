-- Upvalues as values, as tables, as assignment targets.
local M = {}
local count = 0
local function f(k)
  count = count + 1
  M.field = M.other
  M.count = 0
  M[k] = M[1]
  M.list.x = count
  M.call(M)
  M:method(count)
  return M
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 4 slots
--   upvalue 0 _ENV: environment
--      0 [2] NEWOBJECT   R0 #0 {}
--      2 [2] NEWCELL     R1 R0 #1
--      3 [3] LOADI       R2 #0
--      4 [3] NEWCELL     R2 R2 #0
--      5 [13] CLOSURE     R3 function 0
--      7 [13] RETURN0
--   local M 3..7: R0, cell in R1
--   local count 5..7: cell in R2
--   local f 5..7: R3
--
-- function f at line 4: 1 parameters, 5 slots
--   upvalue 0 count: cell in R2
--   upvalue 1 M: cell in R1
--      0 [5] GETUPVAL    R1 U0(count)
--      1 [5] ADDI        R1 R1 #1
--      2 [5] SETUPVAL    R1 U0(count)
--      3 [6] GETUPFIELD  R1 U1(M) .other
--      5 [6] SETUPFIELD  U1(M) R1 .field
--      7 [7] SETUPFIELDK U1(M) 0 .count
--      9 [8] GETUPVAL    R1 U1(M)
--     10 [8] GETUPVAL    R2 U1(M)
--     11 [8] GETINDEXI   R2 R2 #1 @3
--     13 [8] SETINDEX    R1 R0 R2 @4
--     15 [9] GETUPFIELD  R1 U1(M) .list
--     17 [9] GETUPVAL    R2 U0(count)
--     18 [9] SETFIELD    R1 R2 .x
--     20 [10] GETUPFIELD  R1 U1(M) .call
--     22 [10] GETUPVAL    R3 U1(M)
--     23 [10] CALL        R1 #2 #1 @8
--     25 [11] GETUPVAL    R1 U1(M)
--     26 [11] SELF        R1 R1 .method
--     28 [11] GETUPVAL    R4 U0(count)
--     29 [11] CALL        R1 #3 #1 @10
--     31 [12] GETUPVAL    R1 U1(M)
--     32 [12] RETURN1     R1
--     33 [13] RETURN0
--   local k 0..34: R0
