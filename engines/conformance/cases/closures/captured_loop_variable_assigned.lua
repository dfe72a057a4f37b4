-- A captured control variable is a copy: assigning it changes neither the loop nor other iterations.
local readers, writers = {}, {}
for i = 1, 3 do
  readers[i] = function() return i end
  writers[i] = function(v) i = v end
  if i == 2 then i = "assigned in the body" end
end
print(readers[1](), readers[2](), readers[3]())
writers[1]("by writer")
print(readers[1](), readers[2](), readers[3]())
