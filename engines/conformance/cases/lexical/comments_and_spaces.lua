-- Comments of all kinds, semicolons, and tokens without spaces.
local a=1;local b=2;;print(a+b)--comment
;print(a--[[inline]]+--[==[
another]==]b)
local t={1,2,3,};print(#t,t[#t],a~=b,a==b,a..b)
print(1--1
)
print(-  -a, - -  - b, not   not a, ~~a, a- -b, 2^- 1)
goto done ::done:: print"end"
