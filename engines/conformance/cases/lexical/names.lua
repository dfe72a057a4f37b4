-- Names that look like keywords, underscores and upper case.
local _, __, _1, End, END, And, nil_ = 1, 2, 3, 4, 5, 6, 7
print(_, __, _1, End, END, And, nil_)
local t = { ["end"] = 1, ["and"] = 2, goto_ = 3, _ENV_ = 4 }
print(t["end"], t["and"], t.goto_, t._ENV_)
local very_long_name_that_is_longer_than_forty_characters_for_sure_yes = "long"
print(very_long_name_that_is_longer_than_forty_characters_for_sure_yes)
field_with_a_name_that_is_longer_than_forty_characters_ = 5
print(field_with_a_name_that_is_longer_than_forty_characters_, _G.field_with_a_name_that_is_longer_than_forty_characters_)
