local a, b = 1
a, b = b, a
a.x, a[b], c = f()
c = a, b
function a.f() end
