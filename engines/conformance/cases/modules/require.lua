-- require calls the loader of print(pcall(require, "no.such.module") == false)
package.preload once and keeps its result.
print(pcall(require, "no.such.module") == false)
package.preload.answer = function(name) return { name = name, value = 42 } end
local a, b = require "answer", require "answer"
print(a == b, a.name, a.value, package.loaded.answer == a, package.loaded.string == string)
