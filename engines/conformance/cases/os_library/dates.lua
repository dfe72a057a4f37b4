-- os.time and os.date with tables, without the time zone of the machine.
print(os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!*t", 86400).day, type(os.time()), os.getenv("NO_SUCH_VARIABLE"))
