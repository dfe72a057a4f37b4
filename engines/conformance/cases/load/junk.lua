-- Sources that are no text: random bytes, random tokens, broken UTF-8, line ends of all kinds, and where errors stand.
local function shown(text)
  return (tostring(text):gsub("[^ -~]", function(byte) return string.format("<%02x>", byte:byte()) end))
end
local function try(source)
  local chunk, message = load(source, "=junk", "t")
  return shown(chunk and "a function" or message)
end
for _, source in ipairs({
  "", " ", "\0", "\27", "x\0", "x = '\0'", "--\0\nx", "\xff", "x = \x80", "\xc3", "x = '\xc3'", "x = '\xe2\x82", "-- \xe2\x82",
  "\xef\xbb\xbfx = 1", "x = 1 \xef\xbb\xbf", "é = 1", "x.é = 1", "goto é", "#x", "#!x", "x = #", "\xf0\x9f\x98\x80()",
  "x = 1\r\ny = = 2", "x = 1\n\ry = = 2", "x = 1\r\r\ny = = 2", "x = 1\ry = = 2", "x = 'a\r\nb", "x = 'a\\\r\nb' y",
  "x = [[\r\na\n\rb]] y", "--[[\r\n\r\n]] y", "x = 'a\\z \r\n \r\n b' y", "x\r\n=\r\n\f\v1 y", "\27Lua", "x = '\27", "\x7f",
}) do
  print(shown(source), try(source))
end
local state = 42
local function random(limit)
  state = (state * 1103515245 + 12345) % 2147483648
  return state // 65536 % limit + 1
end
local function piece_of_bytes() return string.char(random(256) - 1) end
local TOKENS = {
  "x", "y.z", "1", "0x", "1e", "'s'", "\"", "[[", "]]", "--", "\n", " ", "=", "==", "~", "~=", "(", ")", "{", "}", "[", "]", ",",
  ";", ":", "::", "...", "..", ".", "if", "then", "else", "end", "for", "in", "do", "while", "repeat", "until", "function",
  "local", "return", "break", "goto", "not", "and", "or", "nil", "true", "<const>", "<close>", "#", "-", "//", "<<", "\\", "\r\n",
}
local function piece_of_tokens() return TOKENS[random(#TOKENS)] .. " " end
for _, piece in ipairs({ piece_of_bytes, piece_of_tokens }) do
  for length = 1, 40 do
    local pieces = {}
    for i = 1, length do pieces[i] = piece() end
    print(length, try((table.concat(pieces):gsub("^\27", "?"))))
  end
end
local program = "for k, v in f{[1]=0x1p4, a.b:c'\\u{20AC}'} do if not x then goto e else local y <close> = ... end ::e:: end return #[==[]]]==]"
for length = 1, #program do print(length, try(program:sub(1, length))) end
