"use strict";

// What all pages share: numbers as text, elements, tables, and charts that follow the colour scheme and the paper.

const data = JSON.parse(document.getElementById("data").textContent);
const report = document.getElementById("report");

function significant(number, digits = 4) {
  if (!Number.isFinite(number)) return String(number);
  if (number === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(number)));
  if (magnitude >= digits) return Math.round(number).toLocaleString("en-US").replaceAll(",", "\u202f");
  return String(Number(number.toPrecision(digits)));
}

function scaled(number, units, digits) {
  const [factor, unit] = units.find(([factor]) => Math.abs(number) >= factor * 0.9995) ?? units[units.length - 1];
  return `${significant(number / factor, digits)} ${unit}`;
}

const seconds = (time) => time === 0 ? "0 s" : scaled(time, [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"], [1e-12, "ps"]]);
const bytes = (count) => scaled(count, [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]], 3);
const rate = (bytesPerSecond) => scaled(8 * bytesPerSecond, [[1e12, "Tbps"], [1e9, "Gbps"], [1e6, "Mbps"], [1e3, "kbps"], [1, "bps"]], 3);
const percent = (share) => share > 0 && share < 1e-4 ? "<0.01%" : `${significant(100 * share, 3)}%`;

/** An element with attributes and children, of which texts are never taken for markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return made;
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function section(title, note, ...children) {
  const id = title.toLowerCase().replace(/[^a-z]+/g, "-");
  const made = element("section", { "aria-labelledby": id }, element("h2", { id }, title),
    note ? element("p", {}, note) : null, ...children);
  report.append(made);
  return made;
}

function fact(value, label) {
  return element("div", { class: "fact" }, element("div", { class: "value" }, value), element("div", { class: "label" }, label));
}

/**
 * A table whose headings sort it.
 *
 * columns: { title, text: row -> string, value: row -> what it is sorted by; numbers go right }.
 */
function table(columns, rows, { caption, limit = 500, emphasized = () => false } = {}) {
  const body = element("tbody");
  const isNumber = columns.map((column) => rows.length > 0 && column.value !== undefined && typeof column.value(rows[0]) === "number");
  const fill = (sorted) => {
    body.replaceChildren(...sorted.slice(0, limit).map((row) => element("tr", { class: emphasized(row) ? "front" : undefined },
      columns.map((column, index) => {
        const content = column.cell ? column.cell(row) : column.text(row);
        const kind = isNumber[index] ? "number" : String(content).length <= 40 ? "short" : undefined;
        return element("td", { class: column.class ?? kind }, content);
      }))));
  };
  const headings = columns.map((column, index) => {
    const heading = element("th", { scope: "col", class: isNumber[index] ? "number" : undefined });
    const value = column.value ?? column.text;
    if (!value) { heading.append(column.title); return heading; }
    heading.append(element("button", { type: "button", onclick: () => {
      const descending = heading.getAttribute("aria-sort") ? heading.getAttribute("aria-sort") === "ascending" : isNumber[index];
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const sign = descending ? -1 : 1;
      fill([...rows].sort((left, right) => {
        const [a, b] = [value(left), value(right)];
        return sign * (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1);
      }));
    } }, column.title));
    return heading;
  });
  fill(rows);
  const more = rows.length > limit ? element("p", {}, `The first ${limit} of ${rows.length} rows in this order.`) : null;
  return element("div", { class: "scroll" },
    element("table", {}, caption ? element("caption", {}, caption) : null, element("thead", {}, element("tr", {}, headings)), body), more);
}

function details(summary, ...children) {
  return element("details", {}, element("summary", {}, summary), ...children);
}

function legend(entries) {
  return element("div", { class: "legend" }, entries.map(([name, color]) =>
    element("span", {}, element("i", { style: `background:var(--${color})` }), name)));
}

// Charts

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const charts = [];
let libraryIsThere = false;

/**
 * A chart in a section. `options` is called whenever colours change and gives ECharts' options; `begun` once a chart has been
 * made, to listen to it.
 */
function chart(place, height, label, options, begun) {
  const holder = element("div", { class: "chart", role: "img", "aria-label": label, style: `height:${height}px` });
  place.append(holder);
  const entry = { holder, options, begun, height };
  charts.push(entry);
  if (libraryIsThere) draw(entry);
  return entry;
}

function draw(entry) {
  entry.chart?.dispose();
  entry.chart = echarts.init(entry.holder, null, { renderer: "svg" });
  entry.chart.setOption(entry.options());
  entry.begun?.(entry.chart, entry);
}

const baseOptions = () => ({
  animation: false,
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("text") },
  tooltip: {
    confine: true, backgroundColor: colour("card"), borderColor: colour("line"), padding: [8, 11],
    textStyle: { color: colour("text"), fontSize: 13 }, extraCssText: "max-width:420px;white-space:normal",
  },
});

const axisStyle = () => ({
  axisLine: { lineStyle: { color: colour("line") } },
  axisTick: { lineStyle: { color: colour("line") } },
  axisLabel: { color: colour("faint"), hideOverlap: true },
  splitLine: { lineStyle: { color: colour("line") } },
  nameTextStyle: { color: colour("faint") },
});

const timeAxis = (options = {}) => {
  const style = axisStyle();
  return { type: "value", min: 0, ...style, ...options, axisLabel: { ...style.axisLabel, formatter: (value) => seconds(value) } };
};

/** Names of what a vertical axis lists, shortened where they are long. */
const nameAxis = (names, options = {}) => {
  const style = axisStyle();
  return {
    type: "category", data: names, inverse: true, ...style, splitLine: { show: false }, ...options,
    axisLabel: { ...style.axisLabel, color: colour("text"), width: 210, overflow: "truncate", interval: names.length > 40 ? "auto" : 0 },
  };
};

/** Buttons that move through a chart whose x axis can be zoomed, for the keyboard and for the mouse. */
function zoomTools(entry) {
  const move = (shift, factor) => {
    const zoom = entry.chart?.getOption().dataZoom[0];
    if (!zoom) return;
    const width = Math.min(100, Math.max(0.01, (zoom.end - zoom.start) * factor));
    const middle = (zoom.start + zoom.end) / 2 + shift * (zoom.end - zoom.start);
    const start = Math.min(100 - width, Math.max(0, middle - width / 2));
    entry.chart.dispatchAction({ type: "dataZoom", start, end: start + width });
  };
  const button = (text, name, action) => element("button", { type: "button", "aria-label": name, title: name, onclick: action }, text);
  entry.holder.tabIndex = 0;
  entry.holder.addEventListener("keydown", (event) => {
    const actions = { ArrowLeft: [-0.25, 1], ArrowRight: [0.25, 1], "+": [0, 0.5], "=": [0, 0.5], "-": [0, 2], 0: [0, 1e9] };
    const action = event.ctrlKey || event.metaKey ? undefined : actions[event.key];
    if (!action) return;
    move(...action);
    event.preventDefault();
  });
  return element("div", { class: "tools", role: "group", "aria-label": "Zoom" },
    button("+", "Zoom in", () => move(0, 0.5)), button("−", "Zoom out", () => move(0, 2)),
    button("←", "Earlier", () => move(-0.5, 1)), button("→", "Later", () => move(0.5, 1)),
    button("Whole run", "Show the whole run", () => move(0, 1e9)),
    element("label", {}, "or the wheel, a drag, and the keys + − ← → 0"));
}

async function loadLibrary() {
  const packed = Uint8Array.from(atob(document.getElementById("library").textContent.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  document.head.append(element("script", {}, await new Response(stream).text()));
  libraryIsThere = true;
  for (const entry of charts) draw(entry);
}

function redraw() { if (libraryIsThere) charts.forEach(draw); }

addEventListener("resize", () => charts.forEach((entry) => { entry.chart?.resize(); entry.resized?.(); }));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  // Long tables would be pages of paper.
  const short = [...document.querySelectorAll("main details:not([open])")].filter((closed) => closed.querySelectorAll("tr").length <= 40);
  for (const closed of short) closed.open = closed.dataset.print = true;
  for (const entry of charts) entry.holder.style.width = "680px";
  redraw();
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  for (const opened of document.querySelectorAll("details[data-print]")) { opened.open = false; delete opened.dataset.print; }
  for (const entry of charts) entry.holder.style.width = "";
  redraw();
});

/** Draws what has been added to the page, once all of it is there. */
function finish() {
  loadLibrary().then(() => { document.documentElement.dataset.ready = "true"; }, (error) => {
    report.prepend(element("p", { class: "notice" },
      `The charts cannot be drawn in this browser (${error}); it has to be one from 2023 or later. All figures are in the tables.`));
    for (const closed of document.querySelectorAll("details")) closed.open = true;
    document.documentElement.dataset.ready = "without charts";
  });
}
