-- An uncaught error object is shown by its __tostring.
io.write("no newline")
error(setmetatable({ code = 3 }, { __tostring = function(self) return "custom error " .. self.code end }))
