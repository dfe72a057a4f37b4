-- %a with a precision rounds to even and may carry into the digit before the point; widths and flags as for other floats.
for _, v in ipairs { 1, 1.5, 2.5, 0, -0.0, 1/3, 255, 0.999999, 3.14, 1e300, 2^-1022, 5e-324, 1e-310, 1/0, -1/0 } do
  print(string.format("%a|%A|%.0a|%.1a|%.3a|%.12a|%.13a|%.20a", v, v, v, v, v, v, v, v))
  print(string.format("%20a|%-20a|%020a|%+a|% a|%#.0a|%#a|%+020.2A", v, v, v, v, v, v, v, v))
end
