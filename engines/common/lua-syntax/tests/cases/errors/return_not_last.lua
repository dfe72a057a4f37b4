return 1
f()
