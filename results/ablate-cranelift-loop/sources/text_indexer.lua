-- title: Text Indexer
-- probes: tokenizing by patterns, computed string keys, postings in nested tables, sorting by score, snippets
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=50 result=48 articles, 237 keys, 481 found, 87 shown, 2 refused, 2 missing, score 476.177417, 23816 493957
-- bench: n=250 result=194 articles, 334 keys, 5484 found, 468 shown, 12 refused, 4 missing, score 3797.79422, 98109 494767
-- large: n=1500 result=1117 articles, 459 keys, 145517 found, 2960 shown, 95 refused, 25 missing, score 40285.4588, 564991 18234

-- An inverted index over generated articles: words are cut out and reduced to stems, places are recorded, queries with
-- phrases, required and excluded words, prefixes and fields are parsed and answered in order of relevance, and each
-- answer gets a snippet with the matches marked. Later some articles are replaced and some removed.
--
-- Class idiom: the constructor is a method that makes its receiver the metatable, self.__index = self, so that a class
-- and an object that serves as a prototype are the same thing.

local concat, insert, sort = table.concat, table.insert, table.sort
local find, format, sub = string.find, string.format, string.sub

local Object = {}

function Object:new(fields)
  local object = fields or {}
  setmetatable(object, self)
  self.__index = self
  if object.start then object:start() end
  return object
end

---------------------------------------------------------------------------------------------------------------------
-- Analysis: from text to terms. A plain analyzer keeps words as they are, one for English reduces them to stems.

local Analyzer = Object:new({ shortest = 2 })

function Analyzer:start()
  self.known = {}
end

function Analyzer:reduce(word)
  return word
end

-- The term of a word, or nil if it is not worth a place in the index.
function Analyzer:term_of(word)
  local known = self.known[word]
  if known == nil then
    local lower = word:lower()
    known = #lower >= self.shortest and not (self.stop_words and self.stop_words[lower]) and self:reduce(lower)
    self.known[word] = known
  end
  return known or nil
end

-- Goes through the words of a text: term, number of the word, first and last byte. The words in between are skipped
-- but counted.
function Analyzer:terms(text)
  local at, number = 1, 0
  return function()
    while true do
      local first, last = find(text, "%a[%a']*", at)
      if not first then return nil end
      at, number = last + 1, number + 1
      local term = self:term_of(sub(text, first, last))
      if term then return term, number, first, last end
    end
  end
end

local English = Analyzer:new({
  stop_words = { the = true, ["and"] = true, of = true, to = true, a = true, is = true, was = true, by = true },
  endings = { { "ations", "ate" }, { "ation", "ate" }, { "nesses", "" }, { "ness", "" }, { "ingly", "" },
    { "ings", "" }, { "ing", "" }, { "edly", "" }, { "ers", "" }, { "er", "" }, { "ed", "" }, { "ies", "y" },
    { "es", "" }, { "ly", "" }, { "s", "" } },
})

function English:reduce(word)
  word = word:gsub("'.*$", "")
  for _, ending in ipairs(self.endings) do
    local suffix, replacement = ending[1], ending[2]
    if #word - #suffix >= 3 and sub(word, -#suffix) == suffix then
      word = sub(word, 1, -#suffix - 1) .. replacement
      break
    end
  end
  -- A letter that was doubled before the ending, and a silent e.
  word = word:gsub("([bdgmnprt])%1$", "%1")
  return (word:gsub("e$", ""))
end

---------------------------------------------------------------------------------------------------------------------
-- Postings: the articles in which a term occurs. places is sparse, its keys are numbers of articles.

local Posting = Object:new()

function Posting:start()
  self.places = {}
  self.articles = 0
end

function Posting:add(article, place)
  local list = self.places[article]
  if list then
    list[#list + 1] = place
  else
    self.places[article] = { place }
    self.articles = self.articles + 1
  end
end

function Posting:remove(article)
  if not self.places[article] then return false end
  self.places[article] = nil
  self.articles = self.articles - 1
  return true
end

---------------------------------------------------------------------------------------------------------------------
-- The index. A term is stored under "field:term", so that queries can ask for one field.

local Index = Object:new({ fields = { "title", "body", "author" }, weights = { title = 3, body = 1, author = 2 } })

function Index:start()
  self.analyzer = self.analyzer or Analyzer:new()
  self.postings = {}
  self.articles = {}
  self.lengths = {}
  self.count, self.total_length = 0, 0
end

function Index:key_of(field, term)
  return field .. ":" .. term
end

function Index:add(article)
  local number = article.number
  if self.articles[number] then self:remove(number) end
  self.articles[number] = article
  self.count = self.count + 1
  local length, keys = 0, {}
  for _, field in ipairs(self.fields) do
    if article[field] then
      for term, place in self.analyzer:terms(article[field]) do
        local key = self:key_of(field, term)
        local posting = self.postings[key]
        if not posting then
          posting = Posting:new()
          self.postings[key] = posting
        end
        posting:add(number, place)
        keys[key] = true
        length = length + 1
      end
    end
  end
  self.lengths[number] = length
  self.total_length = self.total_length + length
  article.keys = keys
  self.sorted_keys = nil
end

function Index:remove(number)
  local article = self.articles[number]
  if not article then return nil, format("there is no article %d", number) end
  for key in pairs(article.keys) do
    local posting = self.postings[key]
    posting:remove(number)
    if posting.articles == 0 then self.postings[key] = nil end
  end
  self.articles[number] = nil
  self.count = self.count - 1
  self.total_length = self.total_length - self.lengths[number]
  self.lengths[number] = nil
  self.sorted_keys = nil
  return article
end

-- All keys that begin so, in order: by bisection in the sorted list of keys.
function Index:keys_with_prefix(prefix)
  if not self.sorted_keys then
    self.sorted_keys = {}
    for key in pairs(self.postings) do
      insert(self.sorted_keys, key)
    end
    sort(self.sorted_keys)
  end
  local keys = self.sorted_keys
  local low, high = 1, #keys + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if keys[middle] < prefix then low = middle + 1 else high = middle end
  end
  local found = {}
  while keys[low] and sub(keys[low], 1, #prefix) == prefix do
    insert(found, keys[low])
    low = low + 1
  end
  return found
end

-- How much one posting speaks for an article: often there, rarely elsewhere, in a short text.
function Index:score(posting, article, weight)
  local frequency = #posting.places[article]
  local rarity = math.sqrt(self.count / posting.articles)
  local length = self.lengths[article] / (self.total_length / self.count)
  return weight * rarity * frequency / (frequency + 0.4 + 0.8 * length)
end

---------------------------------------------------------------------------------------------------------------------
-- Queries: words, +required, -excluded, field:word, begin*, "words in a row". Every clause finds articles and scores.

local Clause = Object:new()

function Clause:fields_of(index)
  return self.field and { self.field } or index.fields
end

function Clause:matches(index)
  local scores = {}
  for _, field in ipairs(self:fields_of(index)) do
    self:match_field(index, field, scores)
  end
  return scores
end

function Clause:add_posting(index, field, key, scores)
  local posting = index.postings[key]
  if posting then
    for article in pairs(posting.places) do
      scores[article] = (scores[article] or 0) + index:score(posting, article, index.weights[field])
    end
  end
end

local Word = Clause:new()

function Word:match_field(index, field, scores)
  self:add_posting(index, field, index:key_of(field, self.terms[1]), scores)
end

function Word:marks(term)
  return term == self.terms[1]
end

local Prefix = Clause:new()

function Prefix:match_field(index, field, scores)
  for _, key in ipairs(index:keys_with_prefix(index:key_of(field, self.text))) do
    self:add_posting(index, field, key, scores)
  end
end

function Prefix:marks(term)
  return sub(term, 1, #self.text) == self.text
end

local Phrase = Clause:new()

-- The number of places at which all terms stand with the distances that they have in the phrase.
function Phrase:count_in(postings, article)
  local count = 0
  for _, start in ipairs(postings[1].places[article]) do
    local complete = true
    for i = 2, #postings do
      local wanted, here = start + self.offsets[i], false
      for _, place in ipairs(postings[i].places[article] or {}) do
        if place == wanted then here = true end
      end
      complete = complete and here
    end
    if complete then count = count + 1 end
  end
  return count
end

function Phrase:match_field(index, field, scores)
  local postings = {}
  for i, term in ipairs(self.terms) do
    postings[i] = index.postings[index:key_of(field, term)]
    if not postings[i] then return end
  end
  for article in pairs(postings[1].places) do
    local count = self:count_in(postings, article)
    if count > 0 then
      scores[article] = (scores[article] or 0) + 4 * count * index:score(postings[1], article, index.weights[field])
    end
  end
end

function Phrase:marks(term)
  for _, own in ipairs(self.terms) do
    if own == term then return true end
  end
  return false
end

local Query = Object:new()

function Query:start()
  self.clauses = {}
  local at = 1
  while true do
    local sign, field, stop = self.text:match("^%s*([+-]?)(%a*):?()", at)
    -- What looks like a field is one only if a colon follows.
    if sub(self.text, stop - 1, stop - 1) ~= ":" then
      stop = self.text:match("^%s*[+-]?()", at)
      field = ""
    end
    if stop > #self.text then break end
    local quoted, after = self.text:match('^"([^"]*)"()', stop)
    local text, star
    if not quoted then text, star, after = self.text:match("^([^%s*]+)(%*?)()", stop) end
    if not after then error({ at = stop, reason = "a word is missing" }) end
    local class = quoted and Phrase or star == "*" and Prefix or Word
    self:add_clause(class, sign, field ~= "" and field or nil, quoted or text)
    at = after
  end
  if #self.clauses == 0 then error({ at = 1, reason = "nothing is asked for" }) end
end

function Query:add_clause(class, sign, field, text)
  local terms, offsets, first_place = {}, {}, nil
  for term, place in self.analyzer:terms(text) do
    first_place = first_place or place
    insert(terms, term)
    insert(offsets, place - first_place)
  end
  if #terms > 0 or class == Prefix then
    insert(self.clauses, class:new({ terms = terms, offsets = offsets, text = text:lower(), field = field,
      is_required = sign == "+", is_excluded = sign == "-" }))
  end
end

-- The best articles, a list of { article, score }, and how many there were in all.
function Query:run(index, most)
  local totals, hits = {}, {}
  for _, clause in ipairs(self.clauses) do
    if not clause.is_excluded then
      for article, score in pairs(clause:matches(index)) do
        totals[article] = (totals[article] or 0) + score
      end
    end
  end
  for _, clause in ipairs(self.clauses) do
    if clause.is_excluded or clause.is_required then
      local matches = clause:matches(index)
      for article in pairs(totals) do
        if (matches[article] ~= nil) == clause.is_excluded then totals[article] = nil end
      end
    end
  end
  for article, score in pairs(totals) do
    insert(hits, { article = index.articles[article], score = score })
  end
  sort(hits, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.article.number < b.article.number
  end)
  local count = #hits
  for i = count, most + 1, -1 do hits[i] = nil end
  return hits, count
end

function Query:marks(term)
  for _, clause in ipairs(self.clauses) do
    if not clause.is_excluded and clause:marks(term) then return true end
  end
  return false
end

-- The part of a text that has the most matches within a hundred bytes, with the matches in brackets.
function Query:snippet(text)
  local spans, best, best_count = {}, 1, 0
  for term, _, first, last in self.analyzer:terms(text) do
    if self:marks(term) then insert(spans, { first = first, last = last }) end
  end
  for i, span in ipairs(spans) do
    local count = 0
    for j = i, #spans do
      if spans[j].last - span.first > 100 then break end
      count = count + 1
    end
    if count > best_count then best, best_count = i, count end
  end
  local at = best_count > 0 and math.max(1, spans[best].first - 20) or 1
  local stop, pieces = math.min(#text, at + 140), {}
  if at > 1 then insert(pieces, "...") end
  for i = best, best + best_count - 1 do
    insert(pieces, sub(text, at, spans[i].first - 1))
    insert(pieces, "[" .. sub(text, spans[i].first, spans[i].last) .. "]")
    at = spans[i].last + 1
  end
  insert(pieces, sub(text, at, stop))
  if stop < #text then insert(pieces, "...") end
  return concat(pieces)
end

---------------------------------------------------------------------------------------------------------------------
-- Articles.

local Writer = Object:new({ openings = { "the", "a", "by", "and the", "of", "to" } })

local roots = {}
local beginnings = "bar cand dol fern gran harb kest lant mor nav ost pil quar rost sel tarn umb vint wald zet"
for first in beginnings:gmatch("%a+") do
  for second in ("en al ig or ump"):gmatch("%a+") do
    insert(roots, first .. second)
  end
end

local suffixes = { "", "", "", "s", "ed", "ing", "er", "ers", "ly", "ness", "ation", "'s" }

function Writer:random(limit)
  self.state = self.state * 16807 % 2147483647
  return self.state % limit + 1
end

-- Few words are frequent and many are rare.
function Writer:word()
  local place = math.min(self:random(#roots), self:random(#roots), self:random(#roots))
  return roots[place] .. suffixes[self:random(#suffixes)]
end

function Writer:sentence(length)
  local words = {}
  for i = 1, length do
    words[i] = self:random(4) == 1 and self.openings[self:random(#self.openings)] or self:word()
  end
  return (concat(words, " "):gsub("^%l", string.upper))
end

function Writer:article(number)
  local sentences = {}
  for i = 1, 3 + self:random(8) do
    sentences[i] = self:sentence(5 + self:random(12)) .. "."
  end
  local article = { number = number, title = self:sentence(2 + self:random(4)), body = concat(sentences, " ") }
  if self:random(3) == 1 then article.author = self:word():gsub("^%l", string.upper) end
  return article
end

-- A query of one of several forms; one form is not valid.
function Writer:query()
  local forms = { "%s %s", "+%s %s -%s", "title:%s %s", '"%s %s"', "%.3s* %s", '+"%s the %s" %s', "author:%.2s*", "-",
    "%s +" }
  local pattern = forms[self:random(#forms)]
  return format(pattern, self:word(), self:word(), self:word())
end

local function checksum(mark, text)
  for at = 1, #text, 3 do
    mark = (mark * 31 + text:byte(at)) % 1000003
  end
  return mark
end

-- n articles, and half as many queries.
return function(n)
  local english = English:new()
  local index = Index:new({ analyzer = english })
  local writer = Writer:new({ state = 20011 })
  local answers, found, refused, missing, mark, scores = 0, 0, 0, 0, 0, 0
  local function ask(text)
    local fine, query = pcall(Query.new, Query, { text = text, analyzer = english })
    if not fine then
      if type(query) ~= "table" then error(query, 0) end
      refused = refused + 1
      mark = checksum(mark, query.reason)
      return
    end
    local hits, count = query:run(index, 5)
    found = found + count
    for _, hit in ipairs(hits) do
      answers, scores = answers + 1, scores + hit.score
      mark = checksum(mark, format("%d %s", hit.article.number, query:snippet(hit.article.body)))
    end
  end
  -- Numbers have gaps, as those of an archive have. A new batch replaces a part of the one before it.
  for batch = 1, math.max(1, math.floor(n / 50)) do
    for i = 1, math.min(n, 50) do
      index:add(writer:article((batch * 40 + i) * 17))
    end
    for _ = 1, 4 do
      if not index:remove(writer:random(batch * 50) * 17) then missing = missing + 1 end
    end
    for _ = 1, math.min(n, 50) / 2 do
      ask(writer:query())
    end
  end
  local keys, length = index:keys_with_prefix(""), 0
  for _, key in ipairs(keys) do
    length = length + #key * index.postings[key].articles
  end
  return format("%d articles, %d keys, %d found, %d shown, %d refused, %d missing, score %.9g, %d %d", index.count,
    #keys, found, answers, refused, missing, scores, length, mark)
end
