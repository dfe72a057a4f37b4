-- %f, %e, %g and their kin.
print(string.format("%f|%.2f|%10.3f|%-10.1f|%+.1f|%.0f|%#.0f", 1/3, 1/3, 1/3, 1/3, 1/3, 2.5, 2.5))
print(string.format("%e|%.2e|%E|%g|%G|%.3g|%g|%g", 12345.678, 12345.678, 0.00012, 12345.678, 1e-10, 1234.5, 1e20, 100000))
print(string.format("%g|%g|%g|%f|%.1f|%5.1f", 1/0, -1/0, 1, 1/0, -1/0, 1/0))
print(string.format("%.14g|%.17g|%.3f|%.20f", 0.1, 0.1, 2^53, 0.5))
print(string.format("%5.2f|%05.1f|% f|%g", 3, "2.5", 1, "0x10"))
print(string.format("%.99f", 1/3):len(), string.format("%99.99f", -1e300):len() > 300)
print(pcall(string.format, "%f", "x"))
