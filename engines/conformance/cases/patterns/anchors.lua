-- ^ at the start and $ at the end anchor; elsewhere they are characters.
for _, pattern in ipairs { "^a", "^b", "a$", "c$", "^abc$", "^", "$", "^$", "a^", "$a", "(^a)", "a$b", "^^a", "a$$", "%$", "[$]" } do
  print(pattern, ("abc"):find(pattern), ("^a$"):find(pattern), (""):find(pattern))
end
print(("aaa"):gsub("^a", "x"), ("aaa"):gsub("a$", "x"), ("abc"):gsub("^", "x"), ("abc"):gsub("$", "x"), ("a^a"):gsub("a^", "x"))
for init = -5, 6 do io.write(init, ":", tostring(("abcabc"):find("^c", init)), " ", tostring(("abcabc"):match("^b", init)), "; ") end
print()
