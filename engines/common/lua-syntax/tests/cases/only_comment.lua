-- nothing but
--[==[ comments
]] ]==] --[[ ]] -- more