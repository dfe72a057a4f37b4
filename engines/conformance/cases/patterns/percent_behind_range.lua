-- A range that ends in `%` leaves the second one to escape the bracket behind the set, which is a member then.
print(("a%]-z"):match("[a-%%]"), ("%"):match("[a-%%]"), ("a%]-z"):find("[!-%%]"), ("]"):match("[^a-%%]"))
print(("x]y"):gsub("[a-%%]", "<%0>"), ("a-z%]"):gsub("[%%-a]", "."), ("a-z%]"):gsub("[%a-%%]", "."))
print(("%a-b"):gsub("[%-%%]", "."), ("%]"):gsub("[+-%%]", "."), pcall(string.find, "x", "[a-%%"))
