// The page of a sweep.

const columns = new Map(data.columns.map((column) => [column.name, column]));
const isNumeric = (column) => column.values.some((value) => typeof value === "number") && column.values.every((value) => value === null || typeof value === "number");
const inputs = data.columns.filter((column) => column.role === "input" || (column.role === "metric" && !isNumeric(column) && !/^interval\./.test(column.name)));
const metrics = data.columns.filter((column) => column.role === "metric" && isNumeric(column));
const PREFERENCE = [/^tokens_per_second$/, /goodput/, /^embeddings_per_second$/, /^time_to_first_token_s$/, /^latency_s$/, /^total_s$/, /^energy_per/];
const rank = (column) => {
  const place = PREFERENCE.findIndex((pattern) => pattern.test(column.name));
  return place < 0 ? PREFERENCE.length : place;
};
const plainMetrics = metrics.filter((column) => !column.name.startsWith("interval.")).sort((left, right) => rank(left) - rank(right));
const value = (name, point) => columns.get(name)?.values[point] ?? null;
const points = Array.from({ length: data.points }, (_, point) => point).filter((point) => value("status", point) !== "failed");

/** Whether a larger value is better. */
const higherIsBetter = (name) => /per_second|goodput|attain|fraction|hit_rate|fits/.test(name);

/** A value with the unit that its column's name ends with. */
function shown(name, one) {
  if (one === null || one === undefined) return "-";
  if (typeof one !== "number") return String(one);
  if (/_s(\.|$)/.test(name)) return seconds(one);
  if (/bytes/.test(name)) return bytes(one);
  if (/_j(\.|$)/.test(name)) return `${significant(one, 4)} J`;
  if (/fraction|rate_hit/.test(name)) return percent(one);
  return significant(one, 5);
}

const preferred = (list, patterns) => patterns.map((pattern) => list.find((column) => pattern.test(column.name))).find(Boolean) ?? list[0];
const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#b8a800"];

/** The size of a quantity that is written with a unit, such as `2.5 Gbps`, to order and place it; `null` for others. */
function magnitude(one) {
  if (typeof one === "number") return one;
  const match = /^([0-9.eE+-]+)\s*([a-zA-Zµ%]*)$/.exec(String(one));
  if (!match || !Number.isFinite(Number(match[1]))) return null;
  const prefix = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, m: 1e-3, u: 1e-6, "µ": 1e-6, n: 1e-9 };
  const unit = match[2];
  return Number(match[1]) * (unit.length > 1 && unit !== "min" ? prefix[unit[0]] ?? 1 : 1);
}

function head() {
  report.append(element("h1", {}, data.name), element("p", { class: "subtitle" },
    `A sweep of ${data.points} point${data.points === 1 ? "" : "s"} over ${inputs.map((column) => column.name).join(", ") || "one setting"}`));
  const main = preferred(plainMetrics, [/^tokens_per_second$/, /^embeddings_per_second$/, /goodput/, /^total_s$/, /^latency_s$/]);
  const facts = [fact(String(data.points), "points"), data.failed ? fact(String(data.failed), "failed") : null];
  if (main && points.length) {
    const sign = higherIsBetter(main.name) ? -1 : 1;
    const best = [...points].filter((point) => main.values[point] !== null).sort((a, b) => sign * (main.values[a] - main.values[b]))[0];
    if (best !== undefined) {
      facts.push(fact(shown(main.name, main.values[best]), `best ${main.name}: ${inputs.map((column) => `${column.name.split(".").pop()} ${column.values[best]}`).join(", ")}`));
    }
  }
  report.append(element("div", { class: "facts" }, facts));
}

function choice(label, list, selected, onChange) {
  const select = element("select", { onchange: (event) => onChange(event.target.value) },
    list.map((column) => element("option", { value: column.name, selected: column === selected }, column.name)));
  return element("label", {}, `${label} `, select);
}

const describe = (point) => inputs.map((column) => `${escaped(column.name)}: ${escaped(column.values[point])}`).join("<br>");

function curves() {
  if (!plainMetrics.length || !points.length) return;
  const axes = [...inputs, ...plainMetrics];
  const state = {
    x: (inputs.find((column) => new Set(column.values).size > 1 && column.values.every((one) => magnitude(one) !== null)) ?? axes[0]).name,
    y: preferred(plainMetrics, [/^tokens_per_second$/, /^embeddings_per_second$/, /goodput/, /^total_s$/, /^latency_s$/]).name,
    colour: (inputs.find((column) => column.name === "strategy") ?? inputs[inputs.length - 1] ?? axes[0]).name,
    log: true,
  };
  const place = section("Curves", "Points that differ in nothing but the horizontal axis are joined.");
  const options = () => {
    const isOrdered = points.every((point) => magnitude(value(state.x, point)) !== null);
    const names = isOrdered ? [] : [...new Set(points.map((point) => String(value(state.x, point))))];
    const texts = new Map(points.map((point) => [magnitude(value(state.x, point)), String(value(state.x, point))]));
    const position = (point) => isOrdered ? magnitude(value(state.x, point)) : names.indexOf(String(value(state.x, point)));
    const isLogarithmic = state.log && isOrdered && points.every((point) => position(point) > 0);
    const colours = [...new Set(points.map((point) => String(value(state.colour, point))))];
    const lines = new Map();
    for (const point of points) {
      if (value(state.y, point) === null) continue;
      const key = inputs.filter((column) => column.name !== state.x).map((column) => column.values[point]).join("\u0000");
      if (!lines.has(key)) lines.set(key, []);
      lines.get(key).push(point);
    }
    const style = axisStyle();
    const joins = lines.size <= 400;
    const label = { ...style.axisLabel, formatter: (one) => isOrdered ? texts.get(one) ?? shown(state.x, one) : one };
    return {
      ...baseOptions(),
      grid: { left: 14, right: 24, top: 44, bottom: 30, containLabel: true },
      legend: { top: 4, type: "scroll", textStyle: { color: colour("faint") } },
      xAxis: isOrdered
        ? { type: isLogarithmic ? "log" : "value", min: "dataMin", max: "dataMax", name: state.x, nameLocation: "middle", nameGap: 28, ...style, axisLabel: label }
        : { type: "category", data: names, name: state.x, nameLocation: "middle", nameGap: 28, ...style },
      yAxis: { type: "value", name: state.y, ...style, nameTextStyle: { color: colour("faint"), align: "left" }, axisLabel: { ...style.axisLabel, formatter: (one) => shown(state.y, one) } },
      dataZoom: [{ type: "inside", filterMode: "none" }],
      tooltip: {
        ...baseOptions().tooltip,
        formatter: ({ data: item }) => `<b>${escaped(state.y)}: ${escaped(shown(state.y, item.value[1]))}</b><br>${describe(item.point)}`,
      },
      series: [...lines.values()].map((line) => {
        const name = String(value(state.colour, line[0]));
        return {
          name, type: joins ? "line" : "scatter", symbol: "circle", symbolSize: 7, showAllSymbol: true,
          lineStyle: { width: 2 }, color: PALETTE[colours.indexOf(name) % PALETTE.length],
          data: line.map((point) => ({ value: [position(point), value(state.y, point)], point })).sort((a, b) => a.value[0] - b.value[0]),
        };
      }),
    };
  };
  const entry = chart(place, 420, "A metric over a field of the sweep", options);
  const change = (key) => (name) => { state[key] = name; draw(entry); };
  place.insertBefore(element("div", { class: "tools" },
    choice("Horizontal", axes, columns.get(state.x), change("x")), choice("Vertical", plainMetrics, columns.get(state.y), change("y")),
    choice("Colour", axes, columns.get(state.colour), change("colour")),
    element("label", {}, element("input", { type: "checkbox", checked: true, onchange: (event) => { state.log = event.target.checked; draw(entry); } }), " logarithmic")), entry.holder);
}

/** The points that no other one is better than in both metrics. */
function paretoFront(first, second) {
  const sign = (name) => higherIsBetter(name) ? -1 : 1;
  const ordered = points.filter((point) => value(first, point) !== null && value(second, point) !== null).sort((a, b) =>
    sign(first) * (value(first, a) - value(first, b)) || sign(second) * (value(second, a) - value(second, b)));
  const front = [];
  let best = Infinity;
  for (const point of ordered) {
    const rank = sign(second) * value(second, point);
    if (rank < best) { front.push(point); best = rank; }
  }
  return front;
}

function pareto() {
  if (plainMetrics.length < 2 || !points.length) return;
  const state = {
    first: preferred(plainMetrics, [/^tokens_per_second$/, /goodput/, /^embeddings_per_second$/, /^total_s$/]).name,
    second: "",
  };
  state.second = preferred(plainMetrics.filter((column) => column.name !== state.first), [/^energy_per_token_j$/, /^energy/, /^time_to_first_token_s$/, /./]).name;
  const place = section("Pareto front", "Points on the line are better than every other one in one of the two metrics, or in both.");
  const list = element("div");
  const fill = () => {
    const front = paretoFront(state.first, state.second);
    list.replaceChildren(details(front.length === 1 ? "The only point of the front" : `The ${front.length} points of the front`, table([
      ...inputs.map((column) => ({ title: column.name, text: (point) => String(column.values[point]) })),
      ...[state.first, state.second].map((name) => ({ title: name, value: (point) => value(name, point), text: (point) => shown(name, value(name, point)) })),
    ], front)));
  };
  const options = () => {
    const style = axisStyle();
    const front = paretoFront(state.first, state.second);
    const axis = (name) => ({
      type: "value", scale: true, name: `${name} (${higherIsBetter(name) ? "more" : "less"} is better)`, ...style,
      axisLabel: { ...style.axisLabel, formatter: (one) => shown(name, one) },
    });
    const item = (point) => ({ value: [value(state.first, point), value(state.second, point)], point });
    return {
      ...baseOptions(),
      grid: { left: 14, right: 24, top: 40, bottom: 30, containLabel: true },
      xAxis: { ...axis(state.first), nameLocation: "middle", nameGap: 28 },
      yAxis: { ...axis(state.second), nameTextStyle: { color: colour("faint"), align: "left" } },
      dataZoom: [{ type: "inside", filterMode: "none" }, { type: "inside", orient: "vertical", filterMode: "none", zoomOnMouseWheel: "shift" }],
      tooltip: {
        ...baseOptions().tooltip,
        formatter: ({ data: one }) => `<b>${escaped(state.first)}: ${escaped(shown(state.first, one.value[0]))}<br>`
          + `${escaped(state.second)}: ${escaped(shown(state.second, one.value[1]))}</b><br>${describe(one.point)}`,
      },
      series: [
        {
          name: "points", type: "scatter", symbolSize: 8, large: points.length > 5000, itemStyle: { color: colour("other"), opacity: 0.7 },
          data: points.filter((point) => value(state.first, point) !== null && value(state.second, point) !== null).map(item),
        },
        {
          name: "front", type: "line", step: false, symbol: "circle", symbolSize: 10, lineStyle: { width: 2 }, color: colour("accent"), z: 5,
          data: front.map(item),
        },
      ],
    };
  };
  const entry = chart(place, 400, "Two metrics of every point, and the Pareto front", options);
  const change = (key) => (name) => { state[key] = name; fill(); draw(entry); };
  place.insertBefore(element("div", { class: "tools" }, choice("Horizontal", plainMetrics, columns.get(state.first), change("first")),
    choice("Vertical", plainMetrics, columns.get(state.second), change("second"))), entry.holder);
  fill();
  place.append(list);
}

function everyPoint() {
  const all = Array.from({ length: data.points }, (_, point) => point);
  const about = data.columns.filter((column) => column.role === "about" && column.name !== "number");
  section("All points", "A click on a heading sorts.", table(
    [...inputs, ...about, ...plainMetrics].map((column) => isNumeric(column)
      ? { title: column.name, value: (point) => column.values[point], text: (point) => shown(column.name, column.values[point]) }
      : { title: column.name, value: inputs.includes(column) ? (point) => magnitude(column.values[point]) ?? String(column.values[point]) : undefined,
        text: (point) => column.values[point] === null ? "-" : String(column.values[point]) }),
    all, { limit: 1000 }));
}

function constants() {
  const entries = Object.entries(data.constants);
  if (!entries.length) return;
  section("The same in every point", null, element("dl", {}, entries.flatMap(([name, one]) =>
    [element("dt", {}, name), element("dd", {}, shown(name, one))])));
}

head();
curves();
pareto();
everyPoint();
constants();
finish();
