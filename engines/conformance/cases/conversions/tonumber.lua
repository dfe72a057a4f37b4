-- tonumber takes what the lexer takes, with spaces and a sign around it, and nothing else.
for _, text in ipairs {
  "10", "  10  ", "\t10\n", "10x", "x10", "", " ", "-", "+5", "-5", "- 5", "--5", "0x", "0x1F", "-0xff", "0x1p4", "0x.8",
  "1e", "1e+", "1e1", "1E-2", ".5", "5.", ".", "1.5.2", "1 2", "inf", "nan", "infinity", "1_000", "0b1", "1e400", "-1e400",
  "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
  "0xffffffffffffffff", "0x1ffffffffffffffff", "1\0", "0x1.8p1", "1e0x1", "\v7\f",
} do
  print("[" .. text .. "]", tonumber(text))
end
print(tonumber(5), tonumber(5.5), tonumber(nil), tonumber(true), tonumber({}), tonumber(print))
print(pcall(tonumber))
