-- string.find and string.match with classes, captures, anchors and plain text.
print(("hello world"):find("wor"), ("hello"):find("l+"), ("a.b"):find(".", 1, true), ("abc"):find("b", -1))
print(("key = value"):match("(%w+)%s*=%s*(%w+)"), ("2024-05-06"):match("(%d+)-(%d+)-(%d+)"))
print(("  trim  "):match("^%s*(.-)%s*$"), ("[[x]]"):match("%[%[(.-)%]%]"), ("abc"):match("()b()"))
print(("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):find("%((%a+)%)"))
print(pcall(string.match, "x", "[a"))
