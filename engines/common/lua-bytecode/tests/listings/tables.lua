-- Constructors, and access with every kind of key.
local function constructors(a, f, ...)
  local empty = {}
  local list = { 1, a, 3 }
  local object = { x = 1, y = a, x = 2 }
  local mixed = { 1, name = a, 2 }
  local keyed = { [a] = 1, [1] = a, ["s"] = nil, [f] = { { a } } }
  local open = { f() }
  local rest = { n = 1, ... }
  a = { a, self = a }
  return { f(), f() }
end

local function access(t, k)
  local a = t.field
  local b = t[k]
  local c = t[1] + t[255] + t[256]
  local d = t["field"].x.y[k].z
  local e = t[1.0]
  t.field = k
  t.field = nil
  t[k] = t
  t[k] = true
  t[1] = t[2]
  t[3] = "text"
  t[300] = 1
  t.a.b.c = t.d
  t[t[k]][k] = t
end
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 2 slots
--   upvalue 0 _ENV: environment
--      0 [12] CLOSURE     R0 function 0
--      2 [29] CLOSURE     R1 function 1
--      4 [29] RETURN0
--   local constructors 0..4: R0
--   local access 2..4: R1
--
-- function constructors at line 2: 2+ parameters, 13 slots
--      0 [3] NEWOBJECT   R2 #0 {}
--      2 [4] NEWTABLE    R3 #0 #3
--      4 [4] LOADI       R4 #1
--      5 [4] MOVE        R5 R0
--      6 [4] LOADI       R6 #3
--      7 [4] SETLIST     R3 #3 #0
--      9 [5] NEWOBJECT   R4 #0 {.x .y}
--     11 [5] SETFIELDK   R4 1 .x
--     13 [5] SETFIELD    R4 R0 .y
--     15 [5] SETFIELDK   R4 2 .x
--     17 [6] NEWOBJECT   R5 #2 {.name}
--     19 [6] LOADI       R6 #1
--     20 [6] SETFIELD    R5 R0 .name
--     22 [6] LOADI       R7 #2
--     23 [6] SETLIST     R5 #2 #0
--     25 [7] NEWTABLE    R6 #4 #0
--     27 [7] SETINDEXK   R6 R0 1 @7
--     29 [7] SETINDEXI   R6 #1 R0 @8
--     31 [7] SETFIELDK   R6 nil .s
--     33 [7] NEWTABLE    R7 #0 #1
--     35 [7] NEWTABLE    R8 #0 #1
--     37 [7] MOVE        R9 R0
--     38 [7] SETLIST     R8 #1 #0
--     40 [7] SETLIST     R7 #1 #0
--     42 [7] SETINDEX    R6 R1 R7 @10
--     44 [8] NEWTABLE    R7 #0 #1
--     46 [8] MOVE        R8 R1
--     47 [8] CALL        R8 #1 #0 @11
--     49 [8] SETLIST     R7 #0 #0
--     51 [9] NEWOBJECT   R8 #1 {.n}
--     53 [9] SETFIELDK   R8 1 .n
--     55 [9] VARARG      R9 #0
--     56 [9] SETLIST     R8 #0 #0
--     58 [10] NEWOBJECT   R9 #1 {.self}
--     60 [10] MOVE        R10 R0
--     61 [10] SETFIELD    R9 R0 .self
--     63 [10] SETLIST     R9 #1 #0
--     65 [10] MOVE        R0 R9
--     66 [11] NEWTABLE    R9 #0 #2
--     68 [11] MOVE        R10 R1
--     69 [11] CALL        R10 #1 #2 @16
--     71 [11] MOVE        R11 R1
--     72 [11] CALL        R11 #1 #0 @17
--     74 [11] SETLIST     R9 #0 #0
--     76 [11] RETURN1     R9
--     77 [12] RETURN0
--   local a 0..78: R0
--   local f 0..78: R1
--   local empty 2..77: R2
--   local list 9..77: R3
--   local object 17..77: R4
--   local mixed 25..77: R5
--   local keyed 44..77: R6
--   local open 51..77: R7
--   local rest 58..77: R8
--
-- function access at line 14: 2 parameters, 9 slots
--      0 [15] GETFIELD    R2 R0 .field
--      2 [16] GETINDEX    R3 R0 R1 @1
--      4 [17] GETINDEXI   R4 R0 #1 @2
--      6 [17] GETINDEXI   R5 R0 #255 @3
--      8 [17] ADD         R4 R4 R5
--      9 [17] LOADI       R6 #256
--     10 [17] GETINDEX    R5 R0 R6 @4
--     12 [17] ADD         R4 R4 R5
--     13 [18] GETFIELD    R5 R0 .field
--     15 [18] GETFIELD    R5 R5 .x
--     17 [18] GETFIELD    R5 R5 .y
--     19 [18] GETINDEX    R5 R5 R1 @8
--     21 [18] GETFIELD    R5 R5 .z
--     23 [19] LOADF       R7 #1
--     24 [19] GETINDEX    R6 R0 R7 @10
--     26 [20] SETFIELD    R0 R1 .field
--     28 [21] SETFIELDK   R0 nil .field
--     30 [22] SETINDEX    R0 R1 R0 @13
--     32 [23] SETINDEXK   R0 R1 true @14
--     34 [24] GETINDEXI   R7 R0 #2 @15
--     36 [24] SETINDEXI   R0 #1 R7 @16
--     38 [25] SETINDEXIK  R0 #3 "text" @17
--     40 [26] LOADI       R7 #300
--     41 [26] SETINDEXK   R0 R7 1 @18
--     43 [27] GETFIELD    R7 R0 .a
--     45 [27] GETFIELD    R7 R7 .b
--     47 [27] GETFIELD    R8 R0 .d
--     49 [27] SETFIELD    R7 R8 .c
--     51 [28] GETINDEX    R8 R0 R1 @23
--     53 [28] GETINDEX    R7 R0 R8 @24
--     55 [28] SETINDEX    R7 R1 R0 @25
--     57 [29] RETURN0
--   local t 0..58: R0
--   local k 0..58: R1
--   local a 2..57: R2
--   local b 4..57: R3
--   local c 13..57: R4
--   local d 23..57: R5
--   local e 26..57: R6
