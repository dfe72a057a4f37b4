-- What the compiler refuses about goto, break and labels.
print(load("goto nowhere", "=c"))
print(load("do ::inside:: end goto inside", "=c"))
print(load("goto l; local x; ::l:: print(x)", "=c"))
print(load("::twice:: ::twice::", "=c"))
print(load("break", "=c"))
print(load("while true do local f = function() break end end", "=c"))
print(load("::a:: do ::a:: end", "=c"))
print(load("repeat if x then goto cont end; local xuxu = 10; ::cont:: until xuxu < x", "=c"))
