-- A store through `function a.b()` is in the line of its keyword, one by an assignment in its last.
print(pcall(load("function a.x.y ()\na=a+1\nend")))
print(pcall(load("function a.y ()\na=a+1\nend")))
a = {}
print(pcall(load("function a.x.y ()\na=a+1\nend")))
print(pcall(load("function a.x:y ()\na=a+1\nend")))
print(pcall(load("a.x.y = function()\na=a+1\nend")))
print(pcall(load("a.x.y = {\n1,\n}")))
