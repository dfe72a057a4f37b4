-- A file that does not compile runs not at all.
print("never printed")
local x = = 5
