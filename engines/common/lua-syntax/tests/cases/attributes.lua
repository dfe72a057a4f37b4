local constant <const>, handle <close> = 1, open()
local folded <const> = constant
local number <const> = 2 * 3
local text <const> = "text"
local computed <const> = number + f()
local function inner() return number + 1, text, computed, constant end
local a, last <const> = 1, -number
local few <const>, none <const> = 1
return last, few, none
