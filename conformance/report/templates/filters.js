// What the fragment says about checks, as a list of rows: filters, search, order.

const FILTERS = [
  "operator", "framework", "environment", "version", "api", "dtype", "device", "mode", "aspect", "level", "oracle",
  "outcome", "subtype", "cause", "verdict", "change", "case", "variant", "call",
];
const SORTS = ["outcome", "case", "api", "dtype", "mode", "aspect", "level", "used"];

let texts = null;
function textOf(row) {
  texts ??= new Array(rows);
  texts[row] ??= [
    identity(row), ...["cause", "subtype", "outcome", "detail", "returned", "version"].map((column) => word(column, row)),
    ...features(row),
  ].join(" ").toLowerCase();
  return texts[row];
}

function select(parameters) {
  const tests = [];
  for (const column of FILTERS) {
    const wanted = parameters.getAll(column);
    if (wanted.length === 0) continue;
    const right = data.words[column].map((text) => wanted.includes(text));
    const codes = data.codes[column];
    tests.push((row) => right[codes[row]]);
  }
  const feature = parameters.getAll("feature");
  if (feature.length > 0) {
    const right = data.features.sets.map((set) => feature.every((name) => set.some((at) => data.features.words[at] === name)));
    tests.push((row) => right[data.codes.features[row]]);
  }
  if (parameters.get("disagree")) tests.push(disagree);
  const terms = (parameters.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length > 0) tests.push((row) => terms.every((term) => textOf(row).includes(term)));
  const found = [];
  for (let row = 0; row < rows; row += 1) if (tests.every((test) => test(row))) found.push(row);
  return ordered(found, parameters.get("sort") ?? "");
}

// Unmeasured checks come last in either direction; what has no distance is farther off than all that has one.
function ordered(found, sort) {
  const down = sort.startsWith("-");
  const column = down ? sort.slice(1) : sort;
  if (!SORTS.includes(column)) return found;
  const sign = down ? -1 : 1;
  if (column === "used") {
    const size = (row) => (used(row) < 0 ? Infinity : used(row));
    const measured = found.filter((row) => used(row) !== null);
    const rest = found.filter((row) => used(row) === null);
    return [...measured.sort((one, other) => sign * (size(one) < size(other) ? -1 : size(one) > size(other) ? 1 : 0)), ...rest];
  }
  const kept = ["outcome", "dtype", "mode", "aspect"].includes(column); // their words stand in a meaningful order
  const order = data.words[column].map((text, at) => [text, at]);
  if (!kept) order.sort((one, other) => (one[0] < other[0] ? -1 : 1));
  const rank = [];
  order.forEach(([, at], position) => { rank[at] = position; });
  const codes = data.codes[column];
  return found.sort((one, other) => sign * (rank[codes[one]] - rank[codes[other]]) || one - other);
}

// The rows as plain objects, for a file.
function plain(row) {
  const value = { id: identity(row) };
  for (const column of [...FILTERS, "returned", "detail"]) value[column] = word(column, row);
  value.features = features(row);
  value.error_over_bound = used(row) !== null && used(row) < 0 ? "Infinity" : used(row);
  value.error_ulps = data.numbers.ulps[row];
  return value;
}

function csv(found) {
  const columns = ["id", ...FILTERS, "returned", "detail", "features", "error_over_bound", "error_ulps"];
  const cell = (value) => {
    let text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
    if (typeof value === "string" && /^[=+\-@\t]/.test(text) && Number.isNaN(Number(text))) text = `'${text}`; // no formula
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = found.map((row) => { const value = plain(row); return columns.map((column) => cell(value[column])).join(","); });
  return `${[columns.join(","), ...lines].join("\r\n")}\r\n`;
}

function save(name, type, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  byId("status").textContent = `${name} is saved`;
}
