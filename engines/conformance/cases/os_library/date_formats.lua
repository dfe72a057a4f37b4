-- os.date in UTC: every conversion that pads the same in every C library, tables, and conversions that do not exist.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local conversions = "a A b B c d D e F g G h H I j m M p r R S T u U V w W x X y Y z %"
for _, moment in ipairs { 0, -1, 951782400, 1230768000, 1234567890, 1704067199, 1709164800, 4102444800, 253402300799 } do
  print((os.date("!" .. conversions:gsub("%S", "%%%0"), moment)))
  local t = os.date("!*t", moment)
  print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.yday, t.wday, t.isdst)
  print(moment == -1 or os.time(t) == moment)
end
print(os.date("!%Ec|%EY|%Ey|%Ex|%EX|%Od|%Oe|%OH|%OI|%Om|%OM|%OS|%Ou|%OU|%OV|%Ow|%OW|%Oy", 0))
print(os.date("!", 0) == "", os.date("", 0) == "", os.date("!%%%n%t|", 0), os.date("!plain", 0), #os.date("!a\0b%d", 0), os.date("!!%d", 0))
for _, format in ipairs { "%", "%E", "%O", "%Ez", "%Od%", "%q", "%s", "%k", "%P", "%5d", "%-d", "abc%Q def", "*t1" } do
  print(format, pcall(os.date, format, 0))
end
print(try(os.date, "%d", "x"), try(os.date, "%d", 1.5), try(os.date, {}), try(os.date, "!%Y", 2^60 // 1 | 0), try(os.date, "*t", math.mininteger))
-- Days of the week and weeks of the year where years meet.
for year = 1997, 2012 do
  for _, day in ipairs { { 12, 29 }, { 12, 31 }, { 13, 1 }, { 13, 3 } } do
    io.write(os.date("!%G-%V %g %U %W %j %a; ", os.time { year = year, month = day[1], day = day[2] }))
  end
  print()
end
