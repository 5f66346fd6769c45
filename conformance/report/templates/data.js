// The table of checks: unpacked once, read by row and column.

const byId = (id) => document.getElementById(id);

async function unpack(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// An element with properties and children; texts become text nodes, so nothing of the data is ever markup.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const count = (number) => number.toLocaleString("en-US");
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

const SYMBOLS = {
  pass: "✓", degraded: "≈", mismatch: "✗", not_rejected: "✗", wrong_error: "!", error: "!", crash: "☠",
  timeout: "☠", unsupported: "⊘", vacuous: "?", observed: "?", harness_error: "⚑", invalid_case: "⚑", not_run: "⚑",
};
const FAILING = new Set(["mismatch", "not_rejected", "wrong_error", "error", "crash", "timeout"]);
const GOOD = new Set(["pass", "degraded"]);
const ID = ["operator", "case", "variant", "api", "name", "dtype", "device", "mode", "aspect"];

const data = await unpack("columns");
const rows = data.rows;

const word = (column, row) => data.words[column][data.codes[column][row]];
const identity = (row) => data.ids[row] ?? ID.map((column) => word(column, row)).join("/");
const features = (row) => data.features.sets[data.codes.features[row]].map((at) => data.features.words[at]);
const used = (row) => data.numbers.used[row];
// The API, and its environment where that says more than the framework's name.
const place = (row) => {
  const environment = word("environment", row);
  return environment === word("framework", row) ? word("api", row) : `${word("api", row)} (${environment})`;
};
const state = (row) => {
  const subtype = word("subtype", row);
  const cause = word("cause", row);
  return word("outcome", row) + (subtype ? ` (${subtype})` : "") + (cause ? `, ${cause}` : "");
};

function budget(row) {
  const ratio = used(row);
  if (ratio === null) return "";
  if (ratio < 0) return "no distance";
  if (ratio > 1) return `${ratio < 1e4 ? Number(ratio.toPrecision(3)) : ratio.toExponential(1).replace("+", "")} times`;
  return ratio === 0 ? "exact" : ratio < 0.001 ? "< 0.1 %" : `${Number((100 * ratio).toPrecision(2))} %`;
}

function badge(row) {
  const outcome = word("outcome", row);
  const mark = make("span", { class: `mark o-${outcome}`, "aria-hidden": "true" }, SYMBOLS[outcome] ?? "?");
  return make("span", { class: "badge" }, mark, outcome.replaceAll("_", " "));
}

// The calls for which some frameworks agree with the reference and some do not.
let contested = null;
function disagree(row) {
  if (contested === null) {
    contested = new Map();
    for (let at = 0; at < rows; at += 1) {
      const outcome = word("outcome", at);
      const side = GOOD.has(outcome) ? 1 : FAILING.has(outcome) ? 2 : 0;
      const key = data.codes.call[at] * 4096 + data.codes.aspect[at];
      contested.set(key, (contested.get(key) ?? 0) | side);
    }
  }
  return word("call", row) !== "" && contested.get(data.codes.call[row] * 4096 + data.codes.aspect[row]) === 3;
}

const fragment = (view, parameters) => `#${view}?${new URLSearchParams(parameters)}`;
const checkLink = (row) => {
  const parameters = { id: identity(row) };
  if (word("environment", row) !== word("name", row)) parameters.environment = word("environment", row);
  return fragment("check", parameters);
};

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  byId("status").textContent = "Copied to the clipboard";
  setTimeout(() => { button.textContent = before; }, 1500);
}
