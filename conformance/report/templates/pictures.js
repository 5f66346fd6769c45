// Numbers as pictures: how much of the bound is used, and how errors grow with the number of terms.

const PICTURE = ["api", "dtype", "mode", "aspect"];
let drawn = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function buildPictures() {
  for (const column of PICTURE) {
    const choice = make("select", { name: column, id: `picture-${column}` }, make("option", { value: "" }, "all"));
    for (const text of data.words[column]) choice.append(make("option", { value: text }, text));
    choice.addEventListener("change", () => {
      const next = new URLSearchParams(byId("sweep-case").value ? { sweep: byId("sweep-case").value } : {});
      for (const other of PICTURE) if (byId(`picture-${other}`).value) next.set(other, byId(`picture-${other}`).value);
      location.hash = `numbers?${next}`;
    });
    byId("picture-filters").append(make("label", {}, make("span", {}, column === "api" ? "API" : column[0].toUpperCase() + column.slice(1)), choice));
  }
}

function axis(label, values) {
  return {
    label, stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 },
    font: "12px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif", labelSize: 26, values,
  };
}

function plot(id, options, series, summary) {
  const box = byId(id);
  box.setAttribute("aria-label", summary);
  box.replaceChildren();
  if (series[0].length === 0) { box.append(make("p", { class: "quiet" }, "Nothing is measured here.")); return; }
  const width = Math.max(280, box.clientWidth);
  drawn.push(new uPlot({ width, height: 300, legend: { show: false }, cursor: { show: false }, ...options }, series, box));
}

const power = (value) => (Number.isInteger(value) ? (value === 0 ? "1" : `1e${value}`) : "");

function showPictures(parameters) {
  for (const picture of drawn) picture.destroy();
  drawn = [];
  for (const column of PICTURE) byId(`picture-${column}`).value = parameters.get(column) ?? "";
  const found = select(new URLSearchParams([...parameters].filter(([name]) => PICTURE.includes(name)))).filter((row) => used(row) !== null);
  histogram(found);
  growth(found);
  showSweep(parameters);
}

// Bars of a tenth of the bound each; the last holds all beyond it.
function histogram(found) {
  const bars = new Array(11).fill(0);
  for (const row of found) bars[used(row) < 0 || used(row) > 1 ? 10 : Math.min(9, Math.floor(used(row) * 10))] += 1;
  const within = bars.slice(0, 10).reduce((sum, bar) => sum + bar, 0);
  byId("used-words").textContent = `${plural(found.length, "check")} measured; ${count(within)} within the bound, ${count(bars[10])} beyond it.`;
  const places = found.length ? bars.map((_, at) => at + 0.5) : [];
  const heights = found.length ? bars.map((bar) => (bar ? Math.log10(bar) + 0.5 : 0)) : []; // so that one check is seen, too
  const ends = [0, 2, 4, 6, 8, 10.5];
  plot("used-picture", {
    scales: { x: { time: false, range: [0, 11] }, y: { range: (_, low, high) => [0, Math.max(1.5, high * 1.05)] } },
    axes: [
      { ...axis("largest error of a check / its bound", (_, splits) => splits.map((at) => (at > 10 ? "beyond" : `${at * 10} %`))), splits: () => ends },
      { ...axis("checks (logarithmic)", (_, splits) => splits.map((at) => count(10 ** (at - 0.5)))), splits: () => [0.5, 1.5, 2.5, 3.5, 4.5, 5.5], filter: (self, splits) => splits.filter((at) => at <= self.scales.y.max) },
    ],
    series: [{}, { paths: uPlot.paths.bars({ size: [0.92, 100] }), fill: colour("--mark"), stroke: colour("--mark"), points: { show: false } }],
  }, [places, heights], `Bars: checks by part of the bound used; ${bars.map((bar, at) => `${at < 10 ? `${at * 10} to ${at * 10 + 10} %` : "beyond"}: ${bar}`).join(", ")}`);
}

const FARTHEST = 1e9;

// Each point is a check whose output is one element, the line the median bound of that many terms.
function growth(found) {
  const { ulps, bound, terms } = data.numbers;
  const points = found
    .filter((row) => bound[row] > 0 && terms[row] >= 1)
    .map((row) => [terms[row], Math.min(Math.max(ulps[row], 1e-3), FARTHEST), bound[row]])
    .sort((one, other) => one[0] - other[0]);
  const bounds = new Map();
  for (const [size, , limit] of points) { if (!bounds.has(size)) bounds.set(size, []); bounds.get(size).push(limit); }
  const median = new Map([...bounds].map(([size, values]) => [size, values.sort((x, y) => x - y)[Math.floor(values.length / 2)]]));
  const log = Math.log10;
  plot("growth-picture", {
    scales: { x: { time: false } },
    axes: [axis("terms of a sum (logarithmic)", (_, splits) => splits.map(power)), axis("ulp (logarithmic), the top: farther", (_, splits) => splits.map(power))],
    series: [
      {},
      { paths: () => null, points: { show: true, size: 4, width: 1, stroke: colour("--mark"), fill: colour("--panel") } },
      { stroke: colour("--bound"), width: 2, dash: [6, 4], points: { show: false } },
    ],
  }, [points.map(([size]) => log(size)), points.map(([, error]) => log(error)), points.map(([size]) => log(Math.min(median.get(size), FARTHEST)))],
  `Points: error of ${points.length} checks by number of terms; dashed line: their median bound`);
}
