-- An uncaught error value that is a number.
error(42)
