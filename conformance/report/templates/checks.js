// The table of checks: of a hundred thousand rows only those in sight are in the document.

const SELECTS = ["operator", "framework", "environment", "api", "dtype", "mode", "aspect", "outcome", "level", "cause", "feature", "verdict", "change"];
const OVERSCAN = 12;
const PRINTED = 500;
const HEADS = [
  ["outcome", "Outcome"], ["case", "Case and variant"], ["api", "API"], ["dtype", "Dtype"], ["mode", "Mode"],
  ["aspect", "Aspect"], ["level", "Level"], ["used", "Error / bound"],
];

const checks = { parameters: new URLSearchParams(), found: [] };

const go = (parameters) => { location.hash = `checks?${parameters}`; };

function counted(column) {
  if (column !== "feature") {
    const totals = new Array(data.words[column].length).fill(0);
    for (const code of data.codes[column]) totals[code] += 1;
    return data.words[column].map((text, at) => [text, totals[at]]).filter(([text, total]) => text && total);
  }
  const totals = new Array(data.features.sets.length).fill(0);
  for (const code of data.codes.features) totals[code] += 1;
  const sums = new Map();
  data.features.sets.forEach((set, at) => { for (const one of set) sums.set(one, (sums.get(one) ?? 0) + totals[at]); });
  return [...sums].map(([at, total]) => [data.features.words[at], total]);
}

function buildFilters() {
  const form = byId("filters");
  for (const column of SELECTS) {
    const options = counted(column);
    if (options.length < 2 && !["verdict", "change"].includes(column)) continue;
    if (options.length === 0) continue;
    if (column === "environment" && options.every(([text]) => data.words.framework.includes(text))) continue;
    if (!["outcome", "dtype", "mode", "aspect"].includes(column)) options.sort((one, other) => (one[0] < other[0] ? -1 : 1));
    const choice = make("select", { name: column, id: `filter-${column}` }, make("option", { value: "" }, "all"));
    for (const [text, total] of options) choice.append(make("option", { value: text }, `${text} (${count(total)})`));
    choice.addEventListener("change", () => {
      const next = new URLSearchParams(checks.parameters);
      next.delete(column);
      if (choice.value) next.set(column, choice.value);
      go(next);
    });
    form.append(make("label", {}, make("span", {}, column === "api" ? "API" : column[0].toUpperCase() + column.slice(1)), choice));
  }
  const search = byId("search");
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const next = new URLSearchParams(checks.parameters);
      if (search.value) next.set("q", search.value); else next.delete("q");
      history.replaceState(null, "", `#checks?${next}`);
      showChecks(next);
    }, 120);
  });
  byId("disagree").addEventListener("change", (event) => {
    const next = new URLSearchParams(checks.parameters);
    if (event.target.checked) next.set("disagree", "1"); else next.delete("disagree");
    go(next);
  });
  byId("clear").addEventListener("click", () => go(new URLSearchParams()));
  byId("save-csv").addEventListener("click", () => save("checks.csv", "text/csv", csv(checks.found)));
  byId("save-json").addEventListener("click", () => save("checks.json", "application/json", JSON.stringify(checks.found.map(plain), null, 1)));
  const head = byId("check-head");
  for (const [column, title] of HEADS) {
    const button = make("button", { type: "button" }, title, make("span", { class: "arrow", "aria-hidden": "true" }));
    button.addEventListener("click", () => {
      const next = new URLSearchParams(checks.parameters);
      const first = column === "used" ? "-used" : column;
      const second = column === "used" ? "used" : `-${column}`;
      const now = next.get("sort");
      if (now === second) next.delete("sort"); else next.set("sort", now === first ? second : first);
      go(next);
    });
    head.append(make("th", { scope: "col", class: `k-${column}`, "data-column": column }, button));
  }
  const box = byId("check-box");
  box.addEventListener("scroll", () => requestAnimationFrame(() => draw()), { passive: true });
  box.addEventListener("keydown", walk);
  new ResizeObserver(() => draw()).observe(box);
  addEventListener("beforeprint", () => draw(PRINTED));
  addEventListener("afterprint", () => draw());
}

function showChecks(parameters) {
  checks.parameters = parameters;
  checks.found = select(parameters);
  for (const choice of byId("filters").querySelectorAll("select")) {
    const wanted = parameters.getAll(choice.name);
    choice.querySelector("[data-several]")?.remove();
    const told = wanted.length > 1 ? `${wanted.length} chosen` : wanted[0] === "" ? "none" : "";
    const value = told ? `several:${told}` : wanted[0] ?? "";
    if (told) choice.append(make("option", { value, "data-several": "" }, told));
    choice.value = value;
  }
  if (document.activeElement !== byId("search")) byId("search").value = parameters.get("q") ?? "";
  byId("disagree").checked = parameters.has("disagree");
  const hidden = [...parameters].filter(([name, text]) => FILTERS.includes(name) && text && !byId(`filter-${name}`));
  byId("chips").replaceChildren(...hidden.map(([name, text]) => {
    const button = make("button", { type: "button", class: "chip" }, `${name}: ${text} `, make("span", { "aria-hidden": "true" }, "×"));
    button.setAttribute("aria-label", `remove the filter ${name}: ${text}`);
    button.addEventListener("click", () => { const next = new URLSearchParams(parameters); next.delete(name); go(next); });
    return button;
  }));
  const sort = parameters.get("sort") ?? "";
  for (const cell of byId("check-head").children) {
    const mine = sort.replace(/^-/, "") === cell.dataset.column;
    if (mine) cell.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
    cell.querySelector(".arrow").textContent = mine ? (sort.startsWith("-") ? " ▼" : " ▲") : "";
  }
  const failing = checks.found.reduce((sum, row) => sum + FAILING.has(word("outcome", row)), 0);
  byId("found").textContent = `${count(checks.found.length)} of ${plural(rows, "check")}, ${count(failing)} failing`;
  byId("check-table").setAttribute("aria-rowcount", checks.found.length + 1);
  byId("check-box").scrollTop = 0;
  draw();
}

const rowHeight = () => parseFloat(getComputedStyle(byId("check-table")).getPropertyValue("--row")) || 32;

function draw(printed = 0) {
  const box = byId("check-box");
  const height = rowHeight();
  const first = printed ? 0 : Math.max(0, Math.floor(box.scrollTop / height) - OVERSCAN);
  const last = printed || Math.ceil((box.scrollTop + box.clientHeight) / height) + OVERSCAN;
  const shown = checks.found.slice(first, last);
  const focused = document.activeElement?.closest?.("#check-body tr")?.dataset.at;
  byId("before").firstElementChild.style.height = `${first * height}px`;
  byId("after").firstElementChild.style.height = `${printed ? 0 : (checks.found.length - first - shown.length) * height}px`;
  byId("check-body").replaceChildren(...shown.map((row, at) => line(row, first + at)));
  byId("nothing").hidden = checks.found.length > 0;
  byId("cut").hidden = !printed || checks.found.length <= printed;
  if (focused !== undefined) byId("check-body").querySelector(`tr[data-at="${Number(focused)}"] a`)?.focus({ preventScroll: true });
}

function line(row, at) {
  const link = make("a", { href: checkLink(row) }, `${word("case", row)}`, make("small", {}, ` ${word("variant", row)}`));
  const more = make("small", { class: "more", "aria-hidden": "true" }, [place(row), word("dtype", row), word("mode", row), word("aspect", row), budget(row)].join(" · "));
  const cell = (column, ...children) => make("td", { class: `k-${column}` }, ...children);
  return make("tr", { "data-at": at, "aria-rowindex": at + 2 },
    cell("outcome", badge(row)), cell("case", link, more), cell("api", place(row)), cell("dtype", word("dtype", row)),
    cell("mode", word("mode", row)), cell("aspect", word("aspect", row)), cell("level", word("level", row)), cell("used", budget(row)));
}

// Up and down walk from check to check, also beyond what is in the document.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const from = event.target.closest?.("tr[data-at]");
  if (!step || (!from && event.target !== byId("check-box")) || checks.found.length === 0) return;
  event.preventDefault();
  const box = byId("check-box");
  const height = rowHeight();
  const at = from ? Math.min(Math.max(Number(from.dataset.at) + step, 0), checks.found.length - 1) : Math.ceil(box.scrollTop / height);
  const head = byId("check-head").offsetHeight;
  if (at * height < box.scrollTop) box.scrollTop = at * height;
  if ((at + 1) * height + head > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * height + head - box.clientHeight;
  draw();
  byId("check-body").querySelector(`tr[data-at="${at}"] a`)?.focus({ preventScroll: true });
}
