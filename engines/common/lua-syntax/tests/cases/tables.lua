return {}, { 1, 2; 3, }, { x = 1, ["y"] = 2, [3] = z, w, f() }, { f(), (f()) }, { ... }, {
  name = function() end, [1] = function() end, function() end,
}
