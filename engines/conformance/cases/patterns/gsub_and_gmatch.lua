-- string.gsub with strings, tables and functions, and string.gmatch.
print(("hello world"):gsub("o", "0"), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("", "-"))
print(("$name is $age"):gsub("%$(%w+)", { name = "Ann", age = 5 }), ("x y"):gsub("%w", function(c) return c:upper() end, 1))
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do io.write(k, v, " ") end
print()
