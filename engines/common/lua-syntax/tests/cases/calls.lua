f()
f "text"
f [[long]]
f { 1, x = 2 }
object:method(1, ...)
object.field:method "text" { } (3)[4].last()
f
(1)
return f(g(), h())
