-- An uncaught error value nil.
print("x")
error()
