local x <close> = nil
x = 6
