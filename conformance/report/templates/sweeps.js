// The error along an input that takes every value of a 16-bit dtype: a line for each way in which APIs differ.

const STROKES = [["--mark", []], ["--bad", [8, 4]], ["--good", [2, 3]], ["--ours", [10, 3, 2, 3]], ["--quiet", [5, 5]]];
const SWEEP = ["case", "aspect"];
const swept = await unpack("sweeps");
const sweepName = (row) => SWEEP.map((column) => word(column, row)).join(", ");

function showSweep(parameters) {
  const filters = new URLSearchParams([...parameters].filter(([name]) => PICTURE.includes(name)));
  const found = select(filters).filter((row) => swept.rows[row] !== undefined);
  const names = [...new Set(found.map(sweepName))];
  const name = names.includes(parameters.get("sweep")) ? parameters.get("sweep") : names[0];
  const choice = byId("sweep-case");
  choice.replaceChildren(...names.map((text) => make("option", { value: text, selected: text === name }, text)));
  choice.onchange = () => {
    const next = new URLSearchParams(parameters);
    next.set("sweep", choice.value);
    location.hash = `numbers?${next}`;
  };
  byId("sweep").hidden = names.length === 0;
  if (names.length > 0) drawSweep(found.filter((row) => sweepName(row) === name));
}

// Rows with the same errors share a line; what most of them do comes first.
function drawSweep(found) {
  const lines = new Map();
  for (const row of found) lines.set(swept.rows[row], [...(lines.get(swept.rows[row]) ?? []), row]);
  const drawnLines = [...lines].sort((one, other) => other[1].length - one[1].length).slice(0, STROKES.length);
  const first = swept.series[drawnLines[0][0]];
  const least = Math.min(...first.start.filter((value) => value !== null && value !== 0).map((value) => Math.log2(Math.abs(value))));
  const spot = (value) => Math.sign(value) * (Math.log2(Math.abs(value)) - least + 2);
  const order = first.start.map((value, at) => [spot(value), at]).sort((one, other) => one[0] - other[0]);
  const height = (value) => (value === null ? null : Math.log10(Math.max(value, 0.01)));
  const along = (values) => order.map(([, at]) => height(values[at]));
  const errors = drawnLines.flatMap(([number]) => swept.series[number].ulp).filter((value) => value !== null);
  const top = height(Math.max(...errors, 1)) + 1; // the bound of what nobody can compute goes far beyond
  const wrong = order.map(([, at]) => (drawnLines.some(([number]) => swept.series[number].wrong[at]) ? top : null));
  const size = (value) => `${value < 0 ? "-" : ""}2^${Math.round(Math.abs(value) + least - 2)}`;
  plot("sweep-picture", {
    scales: { x: { time: false }, y: { range: [-2.2, top + 0.3] } },
    axes: [
      axis(`value of ${first.input} (logarithmic)`, (_, splits) => splits.map((value) => (Math.abs(value) < 2 ? "0" : size(value)))),
      axis("largest error in ulp (logarithmic)", (_, splits) => splits.map(power)),
    ],
    series: [
      {},
      ...drawnLines.map((_, at) => ({ stroke: colour(STROKES[at][0]), width: 1.5, dash: STROKES[at][1], points: { show: false } })),
      { stroke: colour("--bound"), width: 1, dash: [3, 3], points: { show: false } },
      { paths: () => null, points: { show: true, size: 5, width: 1, stroke: colour("--bad"), fill: colour("--badback") } },
    ],
  }, [order.map(([x]) => x), ...drawnLines.map(([number]) => along(swept.series[number].ulp)), along(first.bound), wrong],
  `Lines: largest error of neighbouring values of ${first.input}; they are listed below`);
  byId("sweep-lines").replaceChildren(
    ...drawnLines.map(([number, members], at) => sample(STROKES[at], told(swept.series[number], members))),
    sample(["--bound", [3, 3]], "the bound"),
    ...(wrong.some((value) => value !== null) ? [make("li", {}, "○ wrong values of any of them")] : []),
    ...(lines.size > STROKES.length ? [make("li", {}, `and ${lines.size - STROKES.length} more that differ`)] : []));
}

function told(series, members) {
  const names = [...new Set(members.map((row) => `${place(row)}${word("mode", row) === "eager" ? "" : `, ${word("mode", row)}`}`))];
  const wrong = series.wrong.reduce((sum, part) => sum + part, 0);
  return `${names.join("; ")}${wrong ? ` (${count(wrong)} wrong)` : ""}`;
}

function sample([name, dash], text) {
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const set = (element, values) => { for (const [key, value] of Object.entries(values)) element.setAttribute(key, value); };
  set(mark, { viewBox: "0 0 36 8", "aria-hidden": "true" });
  set(stroke, { x1: 0, x2: 36, y1: 4, y2: 4, stroke: colour(name), "stroke-width": 2, "stroke-dasharray": dash.join(" ") });
  mark.append(stroke);
  return make("li", {}, mark, text);
}
