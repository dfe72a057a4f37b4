-- Strings convert to numbers in arithmetic; the result is an integer where the text is one.
print("10" + 1, "10" + 1.0, "0x10" + 0, "1e1" + 0, " 7 " * 2, "-3" - 1, -"2", -"2.0", - "0x10")
print("10" / "2", "7" // "2", "7" % "4", "2" ^ "3", "3.0" + 1, 10 .. 20)
print(math.type("10" + 0), math.type("10." + 0), math.type("9223372036854775808" + 0))
print(pcall(function() return "abc" + 1 end))
print(pcall(function() return 1 + "" end))
print(pcall(function() return {} + 1 end))
print(pcall(function() return "10" < 5 end))
print("10" == 10, 10 == "10", "abc" == "abc", 0 == false, "" == nil)
