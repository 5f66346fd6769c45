// Which view is shown is said by the fragment alone, so that a link restores it.

const names = buildCompare();
buildFilters();
buildPictures();
const matchDark = matchMedia("(prefers-color-scheme: dark)");
const THEMES = ["auto", "light", "dark"];

function route(moved = true) {
  const [name, query = ""] = decodeURI(location.hash.slice(1)) === "" ? ["overview"] : location.hash.slice(1).split(/\?(.*)/s);
  const anchor = byId(name);
  const view = byId(`view-${name}`) ?? anchor?.closest(".view") ?? byId("view-overview");
  for (const other of document.querySelectorAll(".view")) other.hidden = other !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash.slice(1) === view.id.slice(5)) { link.setAttribute("aria-current", "page"); link.scrollIntoView({ block: "nearest", inline: "nearest" }); } else link.removeAttribute("aria-current");
  }
  const parameters = new URLSearchParams(query);
  const shown = view.id.slice(5);
  let ready = null;
  if (shown === "checks") showChecks(parameters);
  if (shown === "compare") showCompare(parameters, names);
  if (shown === "numbers") showPictures(parameters);
  if (shown === "check") ready = showCheck(parameters);
  document.documentElement.dataset.view = shown;
  if (!moved) return ready;
  if (anchor && !anchor.classList.contains("view") && anchor.closest(".view") === view && shown === "overview") anchor.scrollIntoView();
  else if (shown !== "checks" || !view.contains(document.activeElement)) scrollTo(0, 0);
  return ready;
}

function theme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
  byId("theme").textContent = `Theme: ${name}`;
  byId("theme").dataset.name = name;
  if (!byId("view-numbers").hidden) showPictures(new URLSearchParams(location.hash.split("?")[1] ?? ""));
}

byId("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(byId("theme").dataset.name) + 1) % THEMES.length];
  try { localStorage.setItem("conformance-theme", next); } catch { /* a file may have no storage */ }
  theme(next);
});
let remembered = null;
try { remembered = localStorage.getItem("conformance-theme"); } catch { /* as above */ }
theme(THEMES.includes(remembered) ? remembered : "auto");

addEventListener("hashchange", () => route());
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  if (byId("view-checks").hidden) location.hash = "checks";
  setTimeout(() => byId("search").focus());
});
matchDark.addEventListener("change", () => theme(byId("theme").dataset.name));
let resized = 0;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => { if (!byId("view-numbers").hidden) route(false); }, 150);
});

for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
await route(false);
document.documentElement.dataset.ready = "true";

// What is searched is put together beforehand, in pieces that nobody notices, so that the first search is quick.
for (let row = 0; row < rows; row += 1) {
  textOf(row);
  if (row % 2000 === 1999) await new Promise((resolve) => { setTimeout(resolve, 4); });
}
