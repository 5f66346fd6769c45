// One check: its whole tolerance report, or what its row says where it has none.

const pieces = new Map();

async function reportOf(row) {
  const at = data.details[row];
  if (at === null || at === undefined) return null;
  const size = Number(byId("columns").dataset.together);
  const number = Math.floor(at / size);
  if (!pieces.has(number)) pieces.set(number, await unpack(`details-${number}`));
  const [texts, reports] = pieces.get(number);
  return { texts, report: reports[at % size] };
}

function facts(pairs) {
  const list = make("dl", { class: "facts" });
  for (const [label, value] of pairs) list.append(make("dt", {}, label), make("dd", {}, linked(value)));
  return list;
}

// A document's address at the end of a text becomes a link; nothing else does.
function linked(text) {
  const found = /^(.*, )(https:\/\/[^\s<>"']+)$/.exec(text);
  if (!found) return text;
  const piece = document.createDocumentFragment();
  piece.append(found[1], make("a", { href: found[2], rel: "noreferrer noopener" }, found[2]));
  return piece;
}

function grid(head, lines, kind = "exact") {
  const table = make("table", { class: kind });
  table.append(make("thead", {}, make("tr", {}, ...head.map((cell) => (cell.trim() ? make("th", { scope: "col" }, cell) : make("td", {}))))));
  const body = make("tbody");
  for (const cells of lines) {
    const marked = ["worst", "differs"].includes(cells.at(-1));
    body.append(make("tr", marked ? { class: `e-${cells.at(-1)}` } : {}, ...cells.map((cell, at) => (at ? make("td", {}, cell) : make("th", { scope: "row" }, cell)))));
  }
  table.append(body);
  return make("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": "table" }, table);
}

function listing(lines, title) {
  const text = lines.join("\n");
  const box = make("div", { class: "listing" }, make("pre", { tabIndex: 0 }, text));
  if (["reproducer", "run it again"].includes(title)) {
    const button = make("button", { type: "button", class: "copy" }, title === "reproducer" ? "Copy the script" : "Copy");
    button.addEventListener("click", () => copy(`${text}\n`, button));
    box.prepend(button);
  }
  return box;
}

function sections({ texts, report }) {
  const say = (number) => texts[number];
  const made = [];
  for (const [title, blocks] of report[1]) {
    const part = make("section", {}, make("h3", {}, say(title)));
    for (const [kind, first, second] of blocks) {
      if (kind === 0) part.append(facts(first.map((pair) => pair.map(say))));
      else if (kind === 1) part.append(grid(first.map(say), second.map((cells) => cells.map(say))));
      else part.append(listing(first.map(say), say(title)));
    }
    made.push(part);
  }
  return made;
}

function brief(row) {
  const pairs = [
    ["outcome", state(row)], ["id", identity(row)], ["API", `${place(row)}, ${word("framework", row)} ${word("version", row)}`],
    ["inputs", `${word("dtype", row)} ${word("shape", row)}`], ["features", features(row).join(", ")], ["level", word("level", row)],
    ["returned", word("returned", row)], ["error / bound", budget(row)], ["detail", word("detail", row)],
  ];
  return make("section", {}, make("h3", {}, "check"), facts(pairs.filter(([, value]) => value.trim())));
}

function peers(row) {
  const alike = [];
  for (let at = 0; at < rows; at += 1) {
    const same = data.codes.call[at] === data.codes.call[row] && data.codes.aspect[at] === data.codes.aspect[row];
    if (same && word("call", row) && (word("case", at) === word("case", row)) && word("variant", at) === word("variant", row)) alike.push(at);
  }
  return alike;
}

function table(title, found, row) {
  const body = make("tbody");
  for (const at of found) {
    const name = make("a", { href: checkLink(at) }, `${place(at)} ${word("version", at)}${word("mode", at) === "eager" ? "" : `, ${word("mode", at)}`}`);
    if (at === row) name.setAttribute("aria-current", "true");
    body.append(make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, badge(at)), make("td", {}, word("returned", at)), make("td", {}, budget(at))));
  }
  const head = make("thead", {}, make("tr", {}, ...["API", "Outcome", "Returned", "Error / bound"].map((text) => make("th", { scope: "col" }, text))));
  return make("section", {}, make("h3", {}, title), make("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": title }, make("table", {}, head, body)));
}

async function showCheck(parameters) {
  const wanted = parameters.get("id") ?? "";
  const found = [];
  for (let row = 0; row < rows; row += 1) if (wanted.startsWith(word("operator", row)) && identity(row) === wanted) found.push(row);
  const box = byId("check");
  if (found.length === 0) {
    box.replaceChildren(make("h2", {}, "No such check"), make("p", {}, "This report has no check with the id ", make("code", {}, wanted), "."));
    return;
  }
  const row = found.find((at) => word("environment", at) === parameters.get("environment")) ?? found.at(-1);
  const full = await reportOf(row);
  const words = (...columns) => Object.fromEntries(columns.map((column) => [column, word(column, row)]).filter(([, text]) => text));
  const title = make("h2", { tabIndex: -1 }, badge(row), " ", `${word("case", row)} `, make("small", {}, `${word("variant", row)} · ${word("dtype", row)} · ${word("aspect", row)}`));
  const links = make("p", { class: "links" },
    make("a", { href: fragment("checks", words("case", "variant", "dtype", "aspect")) }, "the same in other APIs"),
    make("a", { href: fragment("checks", words("case", "api")) }, "this case in this API"));
  if (word("cause", row) || word("subtype", row)) links.append(make("a", { href: fragment("checks", words("api", "outcome", "subtype", "cause")) }, "alike in this API"));
  const verdict = [["verdict", word("verdict", row)], ["because", word("reason", row)], ["since the baseline", word("change", row)]].filter(([, text]) => text);
  const parts = [title, make("p", { class: "api" }, make("code", {}, place(row)))];
  if (full) parts.push(make("p", { class: "lead" }, full.texts[full.report[0]]), links, facts(verdict), ...sections(full));
  else parts.push(links, facts(verdict), brief(row));
  parts.push(table("The same call", peers(row), row));
  if (found.length > 1) parts.push(table("History of this check", found, row));
  if (!full) {
    const twin = data.details.findIndex((at, other) => at !== null && data.codes.api[other] === data.codes.api[row] && data.codes.detail[other] === data.codes.detail[row] && data.codes.outcome[other] === data.codes.outcome[row] && word("detail", row));
    if (twin >= 0) parts.push(make("p", {}, "One like it, in full: ", make("a", { href: checkLink(twin) }, identity(twin))));
    parts.push(listing([`conformance show '${identity(row).replaceAll("'", "'\\''")}'`], "run it again"));
  }
  box.replaceChildren(...parts);
}
