-- title: Mandelbrot Set
-- probes: float arithmetic, nested loops, data-dependent exits
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: loops
-- test: n=200 result=525758
-- bench: n=800 result=8405579
-- large: n=2600 result=88739460

local limit = 50

-- Steps until the orbit of 0 under z -> z*z + c leaves the disc of radius 2; at most `limit`.
local function escape_steps(c_re, c_im)
  local re, im = 0.0, 0.0
  for step = 1, limit do
    local re_squared, im_squared = re * re, im * im
    if re_squared + im_squared > 4.0 then return step end
    im = 2.0 * re * im + c_im
    re = re_squared - im_squared + c_re
  end
  return limit
end

-- The square from -2 - 1.5i to 1 + 1.5i, n points a side.
return function(n)
  local total = 0
  local scale = 3.0 / n
  for row = 0, n - 1 do
    local c_im = row * scale - 1.5
    for column = 0, n - 1 do
      total = total + escape_steps(column * scale - 2.0, c_im)
    end
  end
  return string.format("%d", total)
end
