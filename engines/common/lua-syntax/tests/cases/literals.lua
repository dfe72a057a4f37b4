#!/usr/bin/env lua
-- Every kind of literal; the first line is for the shell.
return nil, true, false, 0x7fffffffffffffff, 9223372036854775808, 1e15, 0x.8p1,
  "tab\tquote\"\z
     joined\
line \x41\65\u{20AC}", [==[
long ]] string]==], ...
