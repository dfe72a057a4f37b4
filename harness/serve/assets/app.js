// The dashboard: asks the API, listens to its events, and shows what comes. Whatever a program or the server says is put
// into the page as text, never as markup.
"use strict";

const start = JSON.parse(document.getElementById("start").textContent);
const byId = (id) => document.getElementById(id);

/** An element with a class and a text, or with children. */
function make(name, className, content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (Array.isArray(content)) element.append(...content);
  else if (content !== undefined) element.textContent = content;
  return element;
}

/** An element of SVG. */
function draw(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** How wide a figure in this element is, in its own units, so that texts in it have the size of other texts. */
function widthOf(id) {
  return Math.max(byId(id).clientWidth, 200);
}

function time(ns) {
  const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${digits(ns / 1e3)} µs`;
  if (ns < 1e9) return `${digits(ns / 1e6)} ms`;
  return `${digits(ns / 1e9)} s`;
}

// ---- the API

class ApiError extends Error {
  constructor(status, answer) {
    super(answer.message);
    this.status = status;
    this.answer = answer;
  }
}

function headers() {
  const token = byId("token").value;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

const get = async (path) => answerOf(await fetch(path, { headers: headers() }));

async function post(path, body) {
  const head = { ...headers(), "Content-Type": "application/json" };
  return answerOf(await fetch(path, { method: "POST", headers: head, body: JSON.stringify(body) }));
}

// ---- running

const EXAMPLES = {
  "an expression": ["expression", "x = 42; x * 2 + 10"],
  "Fibonacci": ["expression", "fib(25)"],
  "division": ["expression", "a = 17; b = -5; a / b * 100 + a % b"],
  "a condition": ["expression", "n = 12; if(n % 2 == 0, n / 2, 3 * n + 1)"],
  "a loop": ["lua", "local sum = 0\nfor i = 1, 20000000 do\n  sum = sum + i % 7\nend\nreturn sum\n"],
  "changing types": [
    "lua",
    "local function add(a, b) return a + b end\nlocal sum = 0\nfor i = 1, 200000 do sum = add(sum, i) end\n" +
      "for i = 1, 200000 do sum = add(sum, i + 0.5) end\nprint(sum)\n" +
      "local names = {}\nfor i = 1, 20000 do names[#names + 1] = 'n' .. i % 100 end\nreturn sum, #names\n",
  ],
  "objects": [
    "lua",
    "local Point = {}\nPoint.__index = Point\nfunction Point.new(x, y) return setmetatable({x = x, y = y}, Point) end\n" +
      "function Point:add(other) return Point.new(self.x + other.x, self.y + other.y) end\n" +
      "local p, step = Point.new(0, 0), Point.new(1, 2)\nfor i = 1, 1000000 do p = p:add(step) end\nreturn p.x, p.y\n",
  ],
};

for (const name of ["", ...Object.keys(EXAMPLES)]) byId("examples").append(new Option(name || "choose", name));

byId("examples").addEventListener("change", (event) => {
  const example = EXAMPLES[event.target.value];
  if (!example) return;
  document.querySelector(`input[name=dialect][value=${example[0]}]`).checked = true;
  byId("code").value = example[1];
});

/** What the form says, but for the engine. */
function request() {
  const body = {
    code: byId("code").value,
    dialect: document.querySelector("input[name=dialect]:checked").value,
  };
  if (byId("session").value) body.session = byId("session").value;
  return body;
}

/** The knobs that the form sets, of those that an engine has. The server looks at what no engine has. */
function settingsOf(engine, engines) {
  const pairs = byId("settings").value.split(/\s+/).filter(Boolean).map((text) => text.split(/=(.*)/s, 2));
  const has = (id, name) => start.engines.some((one) => one.id === id && one.knobs.some((knob) => knob.name === name));
  const known = pairs.filter(([name]) => has(engine, name) || !engines.some((other) => has(other, name)));
  return Object.fromEntries(known.map(([name, value]) => [name, value ?? ""]));
}

function placeOf(position) {
  if (!position) return "";
  return position.column === null ? `line ${position.line}: ` : `line ${position.line}, column ${position.column}: `;
}

function errorText(error) {
  return `${placeOf(error.position)}${error.message} (${error.code})`;
}

/** An answer; `fastest_ns` is the time of the fastest of those that are compared. */
function answerElement({ engine, execution, error }, run, fastest_ns) {
  const parts = [make("p", "hint", run.of > 1 ? `${engine}, ${run.number} of ${run.of}` : engine)];
  if (execution) {
    const value = execution.results.length ? execution.results.join(", ") : "no result";
    parts.push(make("p", "value", value));
    const count = `executed ${execution.execution_count} time${execution.execution_count === 1 ? "" : "s"}`;
    const compiling = execution.compilation_time_ns ? `, ${time(execution.compilation_time_ns)} of it compiling` : "";
    const times = fastest_ns ? ` (${(execution.execution_time_ns / fastest_ns).toFixed(2)} x the fastest)` : "";
    const took = `${time(execution.execution_time_ns)}${times}${compiling}`;
    parts.push(make("p", "hint", `${took} · ${execution.message} · ${count}`));
    if (execution.variables.length) {
      const list = execution.variables.map((variable) => `${variable.name} = ${variable.value}`).join(", ");
      parts.push(make("p", "hint", `session: ${list}`));
    }
  } else {
    parts.push(make("p", "error", errorText(error)));
  }
  const output = execution ? execution.output : error.output;
  if (output) parts.push(make("pre", "", output + (execution && execution.output_truncated ? "\n(cut off here)" : "")));
  const element = make("div", "answer", parts);
  element.dataset.engine = engine;
  return element;
}

/** Selects the place of an error in the code. */
function select(position) {
  if (!position || position.offset === null) return;
  // Offsets count bytes of UTF-8, the text area counts units of UTF-16.
  const bytes = new TextEncoder().encode(byId("code").value).slice(0, position.offset);
  const place = new TextDecoder().decode(bytes).length;
  byId("code").setSelectionRange(place, place + 1);
}

function showError(error) {
  const text = error instanceof ApiError ? errorText(error.answer) : `the server does not answer: ${error.message}`;
  byId("results").replaceChildren(make("div", "answer", [make("p", "error", text)]));
}

function showAnswers(answers, run) {
  const times = answers.filter((answer) => answer.execution).map((answer) => answer.execution.execution_time_ns);
  const fastest_ns = times.length > 1 ? Math.max(Math.min(...times), 1) : 0;
  byId("results").replaceChildren(...answers.map((answer) => answerElement(answer, run, fastest_ns)));
}

/** Whether an error is one engine's answer and not the server's: the others may have better ones. */
function isAnswer(error) {
  return error instanceof ApiError && (error.status === 422 || error.status === 500);
}

let isStopping = false;

/** Asks one engine after the other, so that each has all of the server's limits and its answer is seen at once. */
async function execute() {
  const body = request();
  const engines = [...document.querySelectorAll("input[name=engine]:checked")].map((box) => box.value);
  if (!engines.length) {
    byId("results").replaceChildren(make("p", "error", "Choose an engine."));
    return;
  }
  const of = Math.min(Math.max(Number(byId("times").value) || 1, 1), 1000);
  isStopping = false;
  byId("execute").disabled = true;
  byId("stop").hidden = false;
  try {
    for (let number = 1; number <= of && !isStopping; number++) {
      const answers = [];
      for (const engine of engines) {
        if (isStopping) break;
        try {
          const execution = await post("/api/execute", { ...body, engine, settings: settingsOf(engine, engines) });
          answers.push({ engine, execution });
          addSpeed(execution);
        } catch (error) {
          if (!isAnswer(error)) throw error;
          answers.push({ engine, error: error.answer });
          select(error.answer.position);
        }
        showAnswers(answers, { number, of });
      }
    }
  } catch (error) {
    showError(error);
  }
  byId("execute").disabled = false;
  byId("stop").hidden = true;
  refreshSoon();
}

byId("stop").addEventListener("click", () => {
  isStopping = true;
});

byId("run").addEventListener("submit", (event) => {
  event.preventDefault();
  execute();
});

byId("code").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!byId("execute").disabled) execute();
  }
});

// ---- totals and cache

function bar(parts) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0);
  const figure = draw("svg", { viewBox: "0 0 600 18", role: "img", "aria-label": "shares of the time" });
  let x = 0;
  for (const part of parts) {
    const width = whole ? (600 * part.value) / whole : 0;
    figure.append(draw("rect", { x, y: 0, width, height: 18, class: part.className }));
    x += width;
  }
  if (!whole) figure.append(draw("rect", { x: 0.5, y: 0.5, width: 599, height: 17, class: "axis" }));
  const legend = make("div", "legend");
  for (const part of parts) {
    const share = whole ? ` ${((100 * part.value) / whole).toFixed(0)} %` : "";
    legend.append(make("span", "", [make("span", `swatch ${part.className}`), `${part.name} ${time(part.value)}${share}`]));
  }
  return [figure, legend];
}

function showStats(stats) {
  const rate = stats.total_executions ? `${((100 * stats.cache_hits) / stats.total_executions).toFixed(0)} %` : "-";
  const entries = {
    "executions": stats.total_executions,
    "failed": stats.failed_executions,
    "compilations": stats.jit_compilations,
    "declined": stats.declined_compilations,
    "hit rate": rate,
    "mean execution": time(stats.average_execution_time_ns),
    "mean compilation": time(stats.average_compilation_time_ns),
    "cache entries": stats.cache_entries,
  };
  const items = Object.entries(entries).map(([name, value]) => {
    const item = make("div", "", [make("dt", "", name), make("dd", "", String(value))]);
    item.dataset.total = name;
    return item;
  });
  byId("totals").replaceChildren(...items);
  byId("tiers").replaceChildren(
    ...bar([
      { name: "interpreted", value: stats.interpreted_time_ns, className: "exit" },
      { name: "with compiled code", value: stats.compiled_time_ns, className: "osr" },
      { name: "compiling", value: stats.total_compilation_time_ns, className: "compile" },
      { name: "collecting", value: stats.collection_time_ns, className: "collect" },
    ]),
  );
}

const MOST_SHOWN_ENTRIES = 100;

function showCache(cache) {
  const rows = cache.entries.slice(0, MOST_SHOWN_ENTRIES).map((entry) => {
    const open = make("button", "code", entry.code.replace(/\s+/g, " ").slice(0, 200) || "(empty)");
    open.type = "button";
    open.title = "Show what the engine has made of it";
    open.dataset.entry = `${entry.engine} ${entry.hash}`;
    open.addEventListener("click", () => explore(entry));
    const size = entry.is_compiled ? `${entry.code_size_bytes} bytes` : "-";
    return make("tr", "", [
      make("td", "", [open]),
      make("td", "", entry.engine),
      make("td", "number", String(entry.execution_count)),
      make("td", "number", time(entry.last_execution_time_ns)),
      make("td", "number", size),
      make("td", "code", entry.hash),
    ]);
  });
  // The table is made anew while somebody may be going through it by keyboard.
  const focused = document.activeElement?.dataset.entry;
  byId("cache").replaceChildren(...rows);
  if (focused) [...document.querySelectorAll("#cache button")].find((open) => open.dataset.entry === focused)?.focus();
  const more = cache.total_entries - rows.length;
  byId("cache-more").textContent = more > 0 ? `and ${more} older entries` : "";
}

let refreshing = null;

/** Asks for totals and cache, at most a few times a second however much happens. */
function refreshSoon() {
  if (refreshing) return;
  refreshing = setTimeout(async () => {
    try {
      const [stats, cache] = await Promise.all([get("/api/stats"), get("/api/cache")]);
      showStats(stats);
      showCache(cache);
    } catch (error) {
      setStatus(error instanceof ApiError ? error.message : "the server does not answer");
    }
    refreshing = null;
  }, 250);
}

byId("reset").addEventListener("click", async () => {
  try {
    await post("/api/reset", {});
  } catch (error) {
    showError(error);
  }
  refreshSoon();
});

// ---- events

const LANES = ["compile", "osr", "exit", "deopt", "decline", "collect"];
const LANE_NAMES = {
  compile: "compilations",
  osr: "OSR entries",
  exit: "side exits",
  deopt: "deoptimisations",
  decline: "declined",
  collect: "collections",
};
const LANE_OF = {
  compile_end: "compile",
  osr: "osr",
  side_exit: "exit",
  deopt: "deopt",
  blacklisted: "deopt",
  evicted: "deopt",
  declined: "decline",
  gc: "collect",
};
const MOST_SHOWN_EVENTS = 400;
let events = [];
let drawing = false;

function eventText(event) {
  const place = event.function ? ` ${event.unit} ${event.function}${event.line ? ` line ${event.line}` : ""}` : "";
  const pc = event.unit === "loop" && event.pc !== null ? ` pc ${event.pc}` : "";
  const reason = event.reason ? `: ${event.reason}` : "";
  const took = event.dur_ns !== null ? ` in ${time(event.dur_ns)}` : "";
  const kind = event.kind.replaceAll("_", " ");
  const bytes =
    event.kind === "gc"
      ? ` ${event.bytes_in} to ${event.bytes_out} bytes`
      : event.bytes_out !== null
        ? ` ${event.bytes_out} bytes`
        : "";
  return `${event.engine} ${kind}${place}${pc}${reason}${bytes}${took}`;
}

/** Events after a pause of this many nanoseconds begin a new time line. */
const PAUSE_NS = 3e9;

function addEvent(event) {
  if (events.length && event.at_ns - events[events.length - 1].at_ns > PAUSE_NS) events = [];
  events.push(event);
  if (events.length > MOST_SHOWN_EVENTS) events = events.slice(-MOST_SHOWN_EVENTS);
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    showEvents();
  }, 100);
}

function showEvents() {
  const latest = events.slice(-100).reverse();
  byId("events").replaceChildren(...latest.map((event) => make("li", "", eventText(event))));
  const width = widthOf("timeline");
  const [left, right, lane, top] = [120, width - 6, 22, 8];
  const height = top + LANES.length * lane + 24;
  const figure = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "events in time" });
  const shown = events.filter((event) => LANE_OF[event.kind]);
  const first = shown.length ? shown[0].at_ns : 0;
  const span = Math.max(shown.length ? shown[shown.length - 1].at_ns - first : 0, 1e3);
  LANES.forEach((name, index) => {
    const y = top + index * lane + lane / 2;
    figure.append(draw("line", { x1: left, x2: right, y1: y, y2: y, class: "axis" }));
    const count = shown.filter((event) => LANE_OF[event.kind] === name).length;
    figure.append(draw("text", { x: 0, y: y + 4 }, `${LANE_NAMES[name]} ${count}`));
  });
  for (const event of shown) {
    const name = LANE_OF[event.kind];
    const x = left + ((right - left) * (event.at_ns - first)) / span;
    const mark = draw("rect", { x: x - 1.5, y: top + LANES.indexOf(name) * lane + 4, width: 3, height: 14, class: name });
    mark.append(draw("title", {}, eventText(event)));
    figure.append(mark);
  }
  figure.append(draw("text", { x: left, y: height - 6 }, "0"));
  figure.append(draw("text", { x: right, y: height - 6, "text-anchor": "end" }, time(span)));
  byId("timeline").replaceChildren(figure);
}

function setStatus(text) {
  byId("status").textContent = text;
}

function handle(name, data) {
  if (name === "compiler") addEvent(data);
  if (name === "reset") {
    events = [];
    speeds.clear();
    showEvents();
    showSpeed();
  }
  if (name === "lost") setStatus(`${data.count} events were lost`);
  refreshSoon();
}

/** Reads the stream of events for ever. It is fetched, so that a token can be sent along. */
async function listen() {
  for (;;) {
    try {
      const response = await fetch("/api/events", { headers: headers() });
      if (!response.ok) throw new ApiError(response.status, await response.json());
      setStatus("listening to events");
      refreshSoon();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
        const blocks = text.split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
          const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
          if (fields.has("data")) handle(fields.get("event"), JSON.parse(fields.get("data")));
        }
      }
      setStatus("the stream of events has ended");
    } catch (error) {
      setStatus(error instanceof ApiError ? error.message : "the server does not answer");
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

// ---- speed

const speeds = new Map();

/** An engine has the colour that it has in every figure; further pieces of code on it are dashed. */
const colourOf = (engine) => start.engines.find((one) => one.id === engine)?.colour ?? "gray";
const DASHES = ["none", "6 3", "2 3", "8 3 2 3"];

function addSpeed(execution) {
  const name = `${execution.engine}, ${execution.hash.slice(-6)}`;
  if (!speeds.has(name) && speeds.size >= 6) speeds.delete(speeds.keys().next().value);
  const series = speeds.get(name) || { engine: execution.engine, dash: freeDash(execution.engine), points: [] };
  series.points.push({ ns: execution.execution_time_ns, compiled: execution.was_jit_compiled });
  series.points = series.points.slice(-200);
  speeds.set(name, series);
  showSpeed();
}

function freeDash(engine) {
  const taken = [...speeds.values()].filter((series) => series.engine === engine).map((series) => series.dash);
  return DASHES.find((dash) => !taken.includes(dash)) ?? DASHES[0];
}

function showSpeed() {
  const all = [...speeds.values()].flatMap((series) => series.points);
  if (!all.length) {
    byId("speed").replaceChildren(make("p", "empty", "Time per execution; a filled mark is one that ran compiled code."));
    return;
  }
  const width = widthOf("speed");
  const [left, right, top, bottom] = [64, width - 8, 10, 170];
  const low = Math.floor(Math.log10(Math.max(Math.min(...all.map((point) => point.ns)), 1)));
  const high = Math.max(Math.ceil(Math.log10(Math.max(...all.map((point) => point.ns), 1))), low + 1);
  const longest = Math.max(...[...speeds.values()].map((series) => series.points.length));
  const most = Math.max(longest, 2);
  const x = (index) => left + ((right - left) * index) / (most - 1);
  const y = (ns) => bottom - ((bottom - top) * (Math.log10(Math.max(ns, 1)) - low)) / (high - low);
  const figure = draw("svg", { viewBox: `0 0 ${width} 190`, role: "img", "aria-label": "time per execution" });
  for (let power = low; power <= high; power++) {
    figure.append(draw("line", { x1: left, x2: right, y1: y(10 ** power), y2: y(10 ** power), class: "axis" }));
    figure.append(draw("text", { x: left - 6, y: y(10 ** power) + 4, "text-anchor": "end" }, time(10 ** power)));
  }
  figure.append(draw("text", { x: right, y: 186, "text-anchor": "end" }, `execution ${longest}`));
  const legend = make("div", "legend");
  for (const [name, { engine, dash, points }] of speeds) {
    const stroke = colourOf(engine);
    const places = points.map((point, index) => `${x(index).toFixed(1)},${y(point.ns).toFixed(1)}`).join(" ");
    figure.append(draw("polyline", { points: places, stroke, "stroke-dasharray": dash, fill: "none" }));
    points.forEach((point, index) => {
      const kind = point.compiled ? "compiled" : "interpreted";
      figure.append(draw("circle", { cx: x(index), cy: y(point.ns), r: 3, class: kind, stroke, fill: stroke }));
    });
    const sample = draw("svg", { viewBox: "0 0 24 8", class: "sample", "aria-hidden": "true" });
    sample.append(draw("line", { x1: 0, x2: 24, y1: 4, y2: 4, stroke, "stroke-dasharray": dash, "stroke-width": 3 }));
    legend.append(make("span", "", [sample, name]));
  }
  legend.append(make("span", "", "filled: compiled code ran"));
  byId("speed").replaceChildren(figure, legend);
}

// ---- explorer

/** The lines of a text, each with the line of the source that it was made for. */
function lines(text, sourceLines) {
  return text.split("\n").map((line, index) => {
    const element = make("span", "", `${line}\n`);
    if (sourceLines[index]) element.dataset.line = sourceLines[index];
    return element;
  });
}

byId("listings").addEventListener("mouseover", (event) => {
  const line = event.target.dataset.line;
  for (const element of byId("listings").querySelectorAll("span")) {
    element.classList.toggle("marked", line !== undefined && element.dataset.line === line);
  }
});

async function explore(entry) {
  byId("explorer").hidden = false;
  byId("explored").textContent = `${entry.engine}, ${entry.hash}`;
  byId("stages").replaceChildren();
  byId("source").replaceChildren();
  byId("stage").textContent = "asking the engine";
  try {
    const { code, engine, dialect } = entry;
    const answer = await post("/api/explore", { code, engine, dialect });
    const texts = answer.stages;
    const source = answer.source.split("\n");
    byId("source").replaceChildren(...lines(answer.source, source.map((_, index) => index + 1)));
    const buttons = texts.map((stage) => {
      const button = make("button", "", stage.stage);
      button.type = "button";
      button.setAttribute("role", "tab");
      button.dataset.stage = stage.stage;
      button.addEventListener("click", () => choose(stage.stage));
      return button;
    });
    const choose = (name) => {
      const stage = texts.find((text) => text.stage === name);
      buttons.forEach((button) => button.setAttribute("aria-selected", String(button.dataset.stage === name)));
      byId("stage").replaceChildren(...lines(stage.text || "Nothing has been compiled yet.", stage.source_lines));
    };
    byId("stages").replaceChildren(...buttons);
    const machine = texts.find((text) => text.stage === "asm");
    const first = machine && machine.is_available && machine.text ? "asm" : "bytecode";
    choose(first);
    buttons.find((button) => button.dataset.stage === first)?.focus();
  } catch (error) {
    byId("stage").textContent = error instanceof ApiError ? errorText(error.answer) : error.message;
  }
}

byId("stages").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const buttons = [...byId("stages").children];
  const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
  next.focus();
  next.click();
});

// ---- results folders

async function showFolders() {
  if (!start.has_results) return;
  try {
    const { folders } = await get("/api/results");
    byId("folders").hidden = false;
    const buttons = folders.map((folder) => {
      const button = make("button", "", folder.run_id);
      button.type = "button";
      button.title = folder.cost;
      button.addEventListener("click", () => showFolder(folder.index, buttons, button));
      return button;
    });
    byId("folder-list").replaceChildren(...buttons);
  } catch (error) {
    setStatus(error.message);
  }
}

async function showFolder(index, buttons, chosen) {
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
  try {
    const table = await get(`/api/results/${index}`);
    const row = (name, cells) => make("tr", "", cells.map((cell, place) => make(name, place ? "number" : "", cell)));
    const head = make("thead", "", [row("th", table.header)]);
    const body = make("tbody", "", table.rows.map((cells) => row("td", cells)));
    const findings = make("ul", "", table.findings.map((finding) => make("li", "", finding)));
    const figure = await fetch(`/api/results/${index}/figure`, { headers: headers() });
    // The policy of the page allows no styles in elements, so the drawing's own become sheets; their rules name the drawing.
    const sheets = [];
    const text = (await figure.text()).replace(/<style>([^]*?)<\/style>/g, (_, rules) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(rules);
      sheets.push(sheet);
      return "";
    });
    document.adoptedStyleSheets = sheets;
    const drawn = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (!drawn.hasAttribute("viewBox")) {
      drawn.setAttribute("viewBox", `0 0 ${drawn.getAttribute("width")} ${drawn.getAttribute("height")}`);
    }
    byId("folder").replaceChildren(make("table", "", [head, body]), findings, document.importNode(drawn, true));
  } catch (error) {
    byId("folder").replaceChildren(make("p", "error", error.message));
  }
}

// ---- theme

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("theme") || (dark.matches ? "dark" : "light"));
dark.addEventListener("change", () => localStorage.getItem("theme") || setTheme(dark.matches ? "dark" : "light"));
byId("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme);
  setTheme(theme);
});

byId("token").addEventListener("change", () => {
  refreshSoon();
  showFolders();
});

addEventListener("resize", () => {
  showEvents();
  showSpeed();
});

showEvents();
showSpeed();
refreshSoon();
showFolders();
listen();
