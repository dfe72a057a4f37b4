-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
package.preload.loop = function() while true do end end
while true do pcall(require, "loop") end
