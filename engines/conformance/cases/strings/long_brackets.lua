-- Long strings take no escapes; a first newline is dropped, and brackets of other levels are text.
print([[plain]], [==[with ]] and ]=] inside]==], [[
first newline dropped]], #[[

]])
print([[no \n escape]], [=[[nested]]=], #[==[
]==])
--[[ a comment
over lines ]] print("after a comment")
--[==[ another ]] ]=] one ]==] print("after a leveled comment")
---[[ not a long comment
print("still here")
--]]
