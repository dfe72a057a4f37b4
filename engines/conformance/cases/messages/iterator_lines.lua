-- A call of an iterator that is none has the line of what stands behind `in`.
local function try(source)
  print(select(2, pcall(load(source, "=chunk"))))
end
try("\n local a \n for k, v in 3 \n do \n print(k) \n end")
try("\n\n for k, v in \n 3 \n do \n print(k) \n end")
try("for k in\n\n(\n3)\ndo end")
try("for k\nin 3,\n4 do\nend")
