-- string.pack and unpack.
print(string.pack("<i4", 100):byte(1, -1))
print(string.unpack("<i4", "\100\0\0\0"), string.packsize("<i4i8"), string.unpack("z", "hello\0rest"))
