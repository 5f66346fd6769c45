// Can API A be replaced by API B: every call that both were given, side by side.

const meta = await unpack("meta");
const LISTED = 60;

const SIDES = { // what a person who ports from A to B meets, what hurts most first
  differs: "B silently returns something else, A agrees with the reference",
  apart: "both differ from the reference, in different ways",
  crashes: "B takes the process down, A does not",
  refused: "B refuses, A does not",
  worse: "B is less accurate, A is not",
  mended: "B agrees with the reference, A differs or refuses",
  defaults: "the calls themselves differ: each has defaults, or dtypes of indices, of its own",
  same: "both differ or refuse alike",
  agrees: "both agree with the reference",
};
const DIED = new Set(["crash", "timeout"]);
const REFUSED = new Set(["unsupported", "error", "wrong_error"]);
const JUDGED = new Set([...GOOD, ...FAILING, "unsupported"]);

function side(a, b) {
  if (data.codes.call[a] !== data.codes.call[b] && word("oracle", a) === "reference") return "defaults";
  const [one, other] = [word("outcome", a), word("outcome", b)];
  if (GOOD.has(one) && GOOD.has(other)) return one === "pass" && other === "degraded" ? "worse" : "agrees";
  if (GOOD.has(other)) return "mended";
  if (DIED.has(other) && !DIED.has(one)) return "crashes";
  if (REFUSED.has(other)) return REFUSED.has(one) ? "same" : "refused";
  if (GOOD.has(one)) return "differs";
  return state(a) === state(b) ? "same" : "apart";
}

// The same check in two APIs; where their defaults differ, so does the call.
const SAME = ["operator", "case", "variant", "dtype", "aspect", "oracle"];
const key = (row) => SAME.map((column) => data.codes[column][row]).join(" ");

function usual(name) {
  const found = new Map();
  for (let row = 0; row < rows; row += 1) if (place(row) === name && word("mode", row) === "eager" && word("call", row)) found.set(key(row), row);
  return found;
}

function buildCompare() {
  const names = [...new Set(Array.from({ length: rows }, (_, row) => place(row)))];
  for (const letter of ["a", "b"]) {
    const choice = byId(`compare-${letter}`);
    choice.append(...names.map((name) => make("option", { value: name }, name)));
    choice.addEventListener("change", () => { location.hash = `compare?${new URLSearchParams({ a: byId("compare-a").value, b: byId("compare-b").value })}`; });
  }
  byId("compare-swap").addEventListener("click", () => { location.hash = `compare?${new URLSearchParams({ a: byId("compare-b").value, b: byId("compare-a").value })}`; });
  return names;
}

function showCompare(parameters, names) {
  const a = names.includes(parameters.get("a")) ? parameters.get("a") : names[0];
  const other = names.find((name) => name !== a && name.split(".")[0] !== (a ?? "").split(".")[0]) ?? names.at(-1);
  const b = names.includes(parameters.get("b")) ? parameters.get("b") : other;
  const box = byId("compare");
  if (!a || !b) { box.replaceChildren(make("p", {}, "There is nothing to compare.")); return; }
  byId("compare-a").value = a;
  byId("compare-b").value = b;
  const [ours, theirs] = [usual(a), usual(b)];
  const pairs = [];
  for (const [call, row] of ours) {
    const twin = theirs.get(call);
    if (twin !== undefined && JUDGED.has(word("outcome", row)) && JUDGED.has(word("outcome", twin))) pairs.push([row, twin, side(row, twin)]);
  }
  const totals = Object.fromEntries(Object.keys(SIDES).map((name) => [name, pairs.filter((pair) => pair[2] === name).length]));
  const alike = pairs.length - totals.defaults;
  const share = alike ? Math.floor((1000 * totals.agrees) / alike) / 10 : 0;
  const parts = [make("p", { class: "lead" }, alike
    ? `Of ${plural(alike, "check")} that both were given on the same inputs, both agree with the reference in ${count(totals.agrees)} (${share} %).`
    : "No call was given to both of them.")];
  parts.push(make("ul", { class: "sides" }, ...Object.entries(SIDES).filter(([name]) => totals[name]).map(([name, text]) => make("li", {}, make("b", {}, count(totals[name])), ` ${text}`))));
  parts.push(...signatures(a, b), ...featureTable(a, b), ...differences(pairs, a, b));
  box.replaceChildren(...parts);
}

function featureTable(a, b) {
  const lines = [];
  for (const matrix of meta.matrices) {
    const [one, other] = [a, b].map((name) => matrix.apis.indexOf(name.split(" (")[0]));
    if (one < 0 || other < 0) continue;
    for (const [feature, cells] of matrix.rows) {
      const [left, right] = [cells[one], cells[other]];
      if (left && right && left[0] !== right[0]) {
        const words = (cell) => `${cell[0]}, ${cell[1]}${cell[2] ? "" : " (not documented)"}`;
        lines.push([feature, words(left), words(right)]);
      }
    }
  }
  return lines.length ? [make("h3", {}, "Features that they treat differently"), grid(["Feature", a, b], lines, "plain")] : [];
}

function differences(pairs, a, b) {
  const order = Object.keys(SIDES);
  const groups = new Map();
  for (const [row, twin, name] of pairs) {
    if (name === "agrees") continue;
    const id = JSON.stringify([order.indexOf(name), state(row), state(twin), word("aspect", row)]);
    if (!groups.has(id)) groups.set(id, []);
    groups.get(id).push([row, twin, name]);
  }
  if (groups.size === 0) return [];
  const sorted = [...groups.values()].sort((one, other) => order.indexOf(one[0][2]) - order.indexOf(other[0][2]) || other.length - one.length);
  const body = make("tbody");
  for (const members of sorted.slice(0, LISTED)) {
    const [row, twin, name] = members[0];
    const set = (column) => [...new Set(members.map(([at]) => word(column, at)))];
    const cell = (at) => make("td", {}, badge(at), make("div", { class: "value" }, word("returned", at)), make("small", {}, [word("subtype", at), word("cause", at)].filter(Boolean).join(", ")));
    const cases = set("case");
    body.append(make("tr", {},
      make("th", { scope: "row" }, make("a", { href: checkLink(GOOD.has(word("outcome", twin)) ? row : twin) }, `${word("case", row)}`), make("small", {}, ` ${word("variant", row)} · ${word("aspect", row)} · ${word("dtype", row)}`)),
      cell(row), cell(twin),
      make("td", { class: "prose" }, SIDES[name], make("br"), make("small", {}, `${plural(members.length, "check")}; ${set("dtype").join(", ")}; ${cases.slice(0, 4).join(", ")}${cases.length > 4 ? ` and ${cases.length - 4} more cases` : ""}`))));
  }
  const head = make("thead", {}, make("tr", {}, ...["Example", a, b, "What differs"].map((text) => make("th", { scope: "col" }, text))));
  const parts = [make("h3", {}, "What differs, on the same inputs"), make("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": "differences" }, make("table", { class: "differences" }, head, body))];
  if (sorted.length > LISTED) parts.push(make("p", { class: "quiet" }, `and ${sorted.length - LISTED} smaller groups`));
  return parts;
}
