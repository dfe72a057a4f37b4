-- Runs one workload on a yardstick, under the same child protocol as our engines (harness/METHODOLOGY.md).
--
--   INTERPRETER driver.lua FILE N SAMPLES CLOCK SLOWDOWN [ARGS]
--
--   INTERPRETER driver.lua --describe
--
-- The second form says which Lua this is and what the best clock is that it has. In the first, FILE is loaded; then
-- "ready" is printed, with the time of its first instruction if there is a clock for that. Each line "run K" on standard
-- input is answered by "done" after K iterations, and their samples are appended to the file SAMPLES; "call K" by "done"
-- after K calls in one piece, which the parent times, with the result of the last. End of input ends the process. CLOCK
-- is monotonic, cpu, or cpu-once for samples of one call each; SLOWDOWN makes every iteration longer by so many percent,
-- for a run that tests the instrument; 0 is none. ARGS are the arguments of FILE.
-- It must run on Lua 5.1, LuaJIT and 5.4, and on a VM that has no clock but os.clock.
-- A file whose chunk returns no function is a program: each iteration calls its chunk again, with what it prints
-- collected as the result. Its standard input is empty, and asking for it is a failure: that is the protocol's.

local file_name, size_text, samples_path, clock_name = arg[1], arg[2], arg[3], arg[4]
local size, slowdown = tonumber(size_text), 1 + (tonumber(arg[5]) or 0) / 100

-- The arguments of the workload: its arg, and the values of its chunk.
local arguments = { [0] = file_name }
for i = 6, #arg do arguments[i - 5] = arg[i] end
local unpack = table.unpack or unpack

-- What the protocol itself needs, taken before the workload can replace it.
local stdin, stdout, open, exit = io.stdin, io.stdout, io.open, os.exit
local read_file, write_file = stdin.read, stdout.write
local tostring, type = tostring, type

local function append(text)
  local samples = assert(open(samples_path, "a"))
  assert(samples:write(text))
  assert(samples:close())
end

local function one_line(text)
  return (text:gsub("\r", "\\r"):gsub("\n", "\\n"))
end

local function fail(message)
  append("error,lua_error," .. one_line(tostring(message)) .. "\n")
  exit(1)
end

local function answer(word)
  write_file(stdout, word, "\n")
  stdout:flush()
end

---------------------------------------------------------------------------------------------------------------------
-- Clocks. Ours gives monotonic nanoseconds, and so does the system by LuaJIT's ffi. Without them, or when "cpu" is asked
-- for, there is only CPU time, which is too coarse for short iterations: then a sample is the mean of as many calls as
-- fill 10 ms.

local wall_clock, clock_origin_ns = jitlab_clock_ns, jitlab_clock_origin_ns

-- A LuaJIT that is not ours can ask the system. The names are our own, so that a program may declare what it likes.
local function system_clock()
  local ok, ffi = pcall(require, "ffi")
  if not ok or ffi.os ~= "Linux" then return nil end
  ffi.cdef([[
    struct jitlab_timespec { long seconds, nanoseconds; };
    int jitlab_clock_gettime(int, struct jitlab_timespec *) __asm__("clock_gettime");
  ]])
  local monotonic, time, read_clock = 1, ffi.new("struct jitlab_timespec"), ffi.C.jitlab_clock_gettime
  local to_number = tonumber
  return function()
    read_clock(monotonic, time)
    return to_number(time.seconds) * 1e9 + to_number(time.nanoseconds)
  end
end

if not wall_clock then
  local ok, clock = pcall(system_clock)
  if ok and clock then wall_clock, clock_origin_ns = clock, 0 end
end
local uses_cpu_clock = clock_name == "cpu" or clock_name == "cpu-once" or not wall_clock

if arg[1] == "--describe" then
  print(_VERSION)
  print(uses_cpu_clock and "cpu" or "monotonic")
  exit(0)
end

local least_batch_ns = clock_name == "cpu-once" and 0 or 10e6

local function cpu_clock()
  return os.clock() * 1e9
end

---------------------------------------------------------------------------------------------------------------------
-- Programs: files that return no function.

local collected, collected_count = {}, 0

local function collect(text)
  collected_count = collected_count + 1
  collected[collected_count] = text
end

local function collect_all(...)
  for i = 1, select("#", ...) do
    collect(tostring((select(i, ...))))
  end
end

-- print, io.write and io.stdout:write go to the collection from here on.
local function redirect_output()
  function print(...)
    for i = 1, select("#", ...) do
      if i > 1 then collect("\t") end
      collect(tostring((select(i, ...))))
    end
    collect("\n")
  end
  function io.write(...)
    collect_all(...)
    return stdout
  end
  local methods = getmetatable(stdout).__index
  methods.write = function(file, ...)
    if file ~= stdout then return write_file(file, ...) end
    collect_all(...)
    return file
  end
end

-- Standard input is empty from here on. Whoever asks for it is refused when the batch is over.
local wants_input = false

local function redirect_input()
  local function replace(owner, name)
    local original = owner[name]
    owner[name] = function(file, ...)
      if file == stdin then
        wants_input = true
        return name == "lines" and function() end or nil
      end
      return original(file, ...)
    end
  end
  local methods = getmetatable(stdin).__index
  replace(methods, "read")
  replace(methods, "lines")
  local input, lines = io.input, io.lines
  local read_input = methods.read
  function io.read(...)
    return read_input(input(), ...)
  end
  function io.lines(name, ...)
    if name == nil and input() == stdin then
      wants_input = true
      return function() end
    end
    return lines(name, ...)
  end
end

local function check_input()
  if wants_input then
    fail("the program reads standard input, which it does not have here: let it read a file, named by its arguments "
      .. "(-- FILE)")
  end
end

local function take_output()
  local output = table.concat(collected, "", 1, collected_count)
  collected, collected_count = {}, 0
  return output
end

---------------------------------------------------------------------------------------------------------------------
-- Iterations. Between two of them there is nothing but clock, call and store.

local wall_ns, results = {}, {}

local function preallocate(count)
  for i = #wall_ns + 1, count do
    wall_ns[i], results[i] = 0, ""
  end
end

local function measure(iterate, first, last)
  local clock = wall_clock
  for i = first, last do
    local start = clock()
    local result = iterate(size)
    local stop = clock()
    wall_ns[i], results[i] = stop - start, result
  end
end

-- The same with a busy wait in the timed part.
local function measure_slowed(iterate, first, last)
  local clock = wall_clock
  for i = first, last do
    local start = clock()
    local result = iterate(size)
    local stop = clock()
    local wanted = (stop - start) * slowdown
    while stop - start < wanted do stop = clock() end
    wall_ns[i], results[i] = stop - start, result
  end
end

local function measure_batches(iterate, first, last)
  local clock = cpu_clock
  for i = first, last do
    local calls, result, elapsed = 0, nil, 0
    local start = clock()
    repeat
      result = iterate(size)
      calls = calls + 1
      elapsed = clock() - start
    until elapsed >= least_batch_ns
    local wanted = elapsed * slowdown
    while elapsed < wanted do elapsed = clock() - start end
    wall_ns[i], results[i] = elapsed / calls, result
  end
end

-- Calls in one piece; the clock that counts is the parent's, ours only makes a slowed contender slower.
local function run_calls(iterate, calls)
  local clock, result = wall_clock or cpu_clock, nil
  local start = clock()
  for _ = 1, calls do
    take_output()
    result = iterate(size)
  end
  if slowdown > 1 then
    local elapsed = clock() - start
    local wanted = elapsed * slowdown
    while elapsed < wanted do elapsed = clock() - start end
  end
  return result
end

if slowdown > 1 then measure = measure_slowed end
if uses_cpu_clock then measure = measure_batches end
-- This loop is the instrument, not the subject: LuaJIT shall not compile it, nor inline a workload into it.
if jit then jit.off(measure) jit.off(run_calls) end

-- A result as text. That of a table or function would be an address.
local has_text = { ["nil"] = true, boolean = true, number = true, string = true }
local function text_of(result)
  if not has_text[type(result)] then
    fail("the workload returned a " .. type(result) .. ": return a string, a number or a boolean, which can be compared")
  end
  return tostring(result)
end

-- Columns: wall_ns, gc_ns, compile_ns, compiles, deopts, code_bytes, result. A foreign VM tells only the first.
local function write_samples(count)
  local lines = {}
  for i = 1, count do
    lines[i] = string.format("%.0f,0,0,0,0,0,%s\n", wall_ns[i], one_line(text_of(results[i])))
  end
  append(table.concat(lines))
end

---------------------------------------------------------------------------------------------------------------------

-- What the driver says when the workload is loaded: with a clock, also when its first instruction ran.
local ready = "ready"

-- Returns the function of one iteration. Calling the chunk is the only way to tell a program from a workload, and the
-- first run of a program is a real one: it is measured and kept as the sample of its first iteration.
local function load_workload()
  local chunk, problem = loadfile(file_name)
  if not chunk then error(problem, 0) end
  redirect_output()
  redirect_input()
  local returned
  local function run_program()
    returned = chunk(unpack(arguments))
    return take_output()
  end
  preallocate(1)
  local first_instruction_ns = wall_clock and clock_origin_ns + wall_clock()
  measure(run_program, 1, 1)
  if first_instruction_ns then ready = string.format("ready %.0f", first_instruction_ns) end
  if type(returned) == "function" then
    if not size then
      fail("the chunk returns a function of n, and nothing says which n: give one with --n 200, or write "
        .. "'-- test: n=200' as the first line of the file")
    end
    check_input()
    return returned, 0
  end
  check_input()
  return run_program, 1
end

local function serve()
  arg = arguments
  local iterate, measured = load_workload()
  answer(ready)
  for line in function() return read_file(stdin, "*l") end do
    local word, count = line:match("^(%a+) (%d+)$")
    count = tonumber(count)
    if word == "run" then
      preallocate(count)
      measure(iterate, measured + 1, count)
      measured = 0
      take_output() -- what a workload prints is not its result
      check_input()
      write_samples(count)
    elseif word == "call" then
      append("called," .. one_line(text_of(run_calls(iterate, count))) .. "\n")
    else
      error("unknown request: " .. line, 0)
    end
    answer("done")
  end
end

local ok, message = pcall(serve)
if not ok then fail(message) end
