while x do f()
