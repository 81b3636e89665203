// The page of one run.

const events = data.events;
const profile = events.profile;
const ACTIVITIES = ["computing", "waiting", "network", "other"];
const ACTIVITY_NAMES = { computing: "computing", waiting: "waiting for another device", network: "communication", other: "other" };

function head() {
  const made = [data.subject, data.strategy, data.cluster && `on ${data.cluster}`, `${events.timeline.devices} device${events.timeline.devices === 1 ? "" : "s"}`];
  report.append(element("h1", {}, data.name), element("p", { class: "subtitle" }, made.filter(Boolean).join(" · ")));
  if (data.status !== "complete") report.append(element("p", { class: "notice" }, `The run is ${data.status}. What follows is of what happened until then.`));
  for (const warning of data.warnings) report.append(element("p", { class: "notice" }, warning));
  const sum = { computing_s: 0, waiting_for_ranks_s: 0, network_s: 0, other_s: 0 };
  for (const device of profile.devices) for (const key in sum) sum[key] += device.use[key];
  const whole = Object.values(sum).reduce((left, right) => left + right, 0) || 1;
  report.append(element("div", { class: "facts" },
    fact(seconds(profile.total_s), "in total"),
    fact(percent(sum.computing_s / whole), "of devices' time computing"),
    fact(percent(sum.waiting_for_ranks_s / whole), "waiting for another device"),
    fact(percent(sum.network_s / whole), "communication"),
    data.bytes_sent ? fact(bytes(data.bytes_sent), "sent between devices") : null,
    data.energy_j ? fact(`${significant(data.energy_j, 3)} J`, "energy") : null));
}

// Attribution

function attribution() {
  const found = data.explanation.attribution;
  const note = "The run was made again, once for each resource, with that resource infinitely fast. The time saved is the cost of "
    + "the resource. Costs need not add up: two resources that cause the same delay cost nothing on their own.";
  if (!found) {
    section("What costs the time", data.explanation.no_attribution);
    return;
  }
  const place = section("What costs the time", note);
  if (!found.times.length || !found.costs.length) return;
  const gain = (cost) => 1 - cost.remaining[0];
  const single = found.costs.find((cost) => !/ all | library/.test(cost.resource));
  const said = (cost) => `the ${cost.resource} costs ${percent(gain(cost))}`;
  const sentences = found.costs[0] === single || !single ? [said(found.costs[0])]
    : gain(single) >= 0.001 ? [said(found.costs[0]), `of single devices and links, ${said(single)}`]
      : [said(found.costs[0]), "no single device or link costs anything by itself"];
  const text = `${sentences[0]} of the ${found.times[0].name}${sentences.slice(1).map((more) => `; ${more}`).join("")}.`;
  place.insertBefore(element("p", { class: "finding" }, text[0].toUpperCase() + text.slice(1)), place.children[1]);
  let time = 0;
  const ordered = () => [...found.costs].sort((left, right) => left.remaining[time] - right.remaining[time]);
  const most = Math.max(1, ...found.times.map((_, index) => found.costs.filter((cost) => Math.abs(1 - cost.remaining[index]) >= 0.001).length));
  const shown = () => ordered().slice(0, Math.min(24, most));
  const kinds = { computing: "computing", link: "network", latency: "waiting", library: "other" };
  const entry = chart(place, 60 + 26 * Math.min(24, most), "What each resource costs, as a share of the time", () => ({
    ...baseOptions(),
    grid: { left: 8, right: 60, top: 10, bottom: 8, containLabel: true },
    xAxis: { type: "value", ...axisStyle(), axisLabel: { color: colour("faint"), formatter: (value) => `${significant(value, 3)}%` } },
    yAxis: nameAxis(shown().map((cost) => cost.resource)),
    series: [{
      type: "bar", barMaxWidth: 18,
      data: shown().map((cost) => ({
        value: 100 * (1 - cost.remaining[time]), itemStyle: { color: colour(kinds[cost.kind]), borderRadius: [0, 4, 4, 0] },
      })),
      label: { show: true, position: "right", color: colour("text"), formatter: ({ value }) => `${significant(value, 3)}%` },
    }],
    tooltip: {
      ...baseOptions().tooltip,
      formatter: ({ dataIndex }) => {
        const cost = shown()[dataIndex];
        return `<b>${escaped(cost.resource)}</b> infinitely fast<br>` + found.times.map((one, index) =>
          `${escaped(one.name)}: ${seconds(one.s)} → ${seconds(one.s * cost.remaining[index])} (${percent(1 - cost.remaining[index])} less)`).join("<br>");
      },
    },
  }));
  if (found.times.length > 1) {
    const choice = element("select", { onchange: (event) => { time = Number(event.target.value); draw(entry); } },
      found.times.map((one, index) => element("option", { value: index }, one.name)));
    place.insertBefore(element("div", { class: "tools" }, element("label", {}, "Share of the ", choice)), entry.holder);
  }
  place.append(...[legend([["devices' computing", "computing"], ["bandwidth", "network"], ["latency", "waiting"], ["library", "other"]]),
    found.costs.length > most ? element("p", {}, `The other ${found.costs.length - most} resources cost less than 0.1% each by themselves.`) : null,
    details("All resources as a table", table([
      { title: "resource infinitely fast", text: (cost) => cost.resource },
      ...found.times.flatMap((one, index) => [
        { title: one.name, value: (cost) => cost.remaining[index] * one.s, text: (cost) => seconds(cost.remaining[index] * one.s) },
        { title: "costs", value: (cost) => 1 - cost.remaining[index], text: (cost) => percent(1 - cost.remaining[index]) },
      ]),
    ], found.costs))].filter(Boolean));
  if (found.omitted_links) place.append(element("p", {}, `${found.omitted_links} links that carried less were not tried one by one.`));
}

// What devices did

function use() {
  const place = section("What each device did", null, legend(ACTIVITIES.map((name) => [ACTIVITY_NAMES[name], name])));
  const keys = { computing: "computing_s", waiting: "waiting_for_ranks_s", network: "network_s", other: "other_s" };
  const devices = profile.devices.slice(0, 64);
  chart(place, 50 + 26 * devices.length, "Each device's time by what it did", () => ({
    ...baseOptions(),
    grid: { left: 8, right: 30, top: 6, bottom: 6, containLabel: true },
    xAxis: timeAxis({ max: profile.total_s }),
    yAxis: nameAxis(devices.map((device) => device.device)),
    tooltip: {
      ...baseOptions().tooltip, trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (items) => `<b>${escaped(items[0].name)}</b><br>` + items.map((item) =>
        `${item.marker}${escaped(item.seriesName)} ${seconds(item.value)} (${percent(item.value / (devices[item.dataIndex].end_s || 1))})`).join("<br>"),
    },
    series: ACTIVITIES.map((name) => ({
      name: ACTIVITY_NAMES[name], type: "bar", stack: "time", barMaxWidth: 18, itemStyle: { color: colour(name) },
      data: devices.map((device) => device.use[keys[name]]),
    })),
  }));
  place.append(details("As a table", table([
    { title: "device", text: (device) => device.device },
    ...ACTIVITIES.map((name) => ({ title: ACTIVITY_NAMES[name], value: (device) => device.use[keys[name]], text: (device) => seconds(device.use[keys[name]]) })),
    { title: "ends at", value: (device) => device.end_s, text: (device) => seconds(device.end_s) },
  ], profile.devices)));
  if (profile.waits.length) {
    place.append(details("Who waits for whom", table([
      { title: "device", text: (wait) => profile.devices[wait.rank]?.device ?? `rank ${wait.rank}` },
      { title: "waits for", text: (wait) => profile.devices[wait.for_rank]?.device ?? `rank ${wait.for_rank}` },
      { title: "in", text: (wait) => wait.in_operation },
      { title: "in sum", value: (wait) => wait.rank_s, text: (wait) => seconds(wait.rank_s) },
    ], profile.waits)));
  }
}

/** The cells of a row that lie in a window, with those narrower than `least` seconds merged. */
function visibleCells(row, unit, from, to, least) {
  const cells = [];
  let current;
  for (let index = row.firstAfter(from); index < row.start.length; index += 1) {
    const start = row.start[index] * unit;
    if (start > to) break;
    const end = start + row.length[index] * unit;
    const mix = row.mix[index];
    const length = end - start;
    const times = [mix % 101, Math.floor(mix / 101) % 101, Math.floor(mix / 10201)].map((share) => share / 100 * length);
    if (current && end - current.start < least && start - current.end < least) {
      times.forEach((time, activity) => { current.times[activity] += time; });
      current.end = end;
      current.count += 1;
      if (length > current.longest) { current.longest = length; current.label = row.label[index]; }
    } else {
      current = { start, end, times, longest: length, label: row.label[index], count: 1 };
      cells.push(current);
    }
  }
  return cells;
}

function timeline() {
  const line = events.timeline;
  const merged = line.merged_s > 0 ? ` Stretches within ${seconds(line.merged_s)} are drawn as one.` : "";
  const left = line.devices > line.rows.length ? ` The first ${line.rows.length} of ${line.devices} devices are drawn.` : "";
  const place = section("Time line", `What each device did from beginning to end.${merged}${left}`,
    legend([...ACTIVITIES.map((name) => [ACTIVITY_NAMES[name], name]), ["critical path (line above)", "path"]]));
  for (const row of line.rows) {
    let end = 0;
    row.firstAfter = (time) => {
      let [low, high] = [0, row.start.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((row.start[middle] + row.length[middle]) * line.unit_s < time) low = middle + 1; else high = middle;
      }
      return low;
    };
    for (let index = 0; index < row.start.length; index += 1) { row.start[index] = Math.max(end, row.start[index]); end = row.start[index]; }
  }
  const phases = profile.phases.filter((phase) => phase.name).slice(0, 200);
  const names = [...(phases.length ? ["phase"] : []), ...line.rows.map((row) => row.device)];
  const first = phases.length ? 1 : 0;
  const marks = events.critical_path.marks;

  const cellData = (from, to, width) => {
    const least = (to - from) / Math.max(200, width) * 1.2;
    return line.rows.flatMap((row, index) => visibleCells(row, line.unit_s, from, to, least).map((cell) => ({
      value: [index + first, cell.start, cell.end], cell,
    })));
  };
  const markData = (from, to, width) => {
    if (!marks) return [];
    const least = (to - from) / Math.max(200, width);
    const shown = [];
    const last = {};
    for (let index = 0; index < marks.rank.length; index += 1) {
      const start = marks.start[index] * line.unit_s;
      const end = start + marks.length[index] * line.unit_s;
      if (end < from || start > to || marks.rank[index] >= line.rows.length) continue;
      const before = last[marks.rank[index]];
      if (before && start - before[2] < least) before[2] = Math.max(before[2], end);
      else shown.push(last[marks.rank[index]] = [marks.rank[index] + first, start, end]);
    }
    return shown;
  };
  const clip = (box, shape) => echarts.graphic.clipRectByRect(shape, box);
  const box = (parameters) => ({ x: parameters.coordSys.x, y: parameters.coordSys.y, width: parameters.coordSys.width, height: parameters.coordSys.height });
  let window_ = [0, profile.total_s];
  let colours = ACTIVITIES.map(colour);

  const entry = chart(place, 96 + Math.min(30, Math.max(14, 900 / names.length)) * names.length, "Time line of all devices", () => {
    const width = entry.holder.clientWidth;
    return {
      ...baseOptions(),
      grid: { left: 8, right: 24, top: 8, bottom: 56, containLabel: true },
      xAxis: timeAxis({ max: profile.total_s, splitLine: { show: false } }),
      yAxis: nameAxis(names),
      dataZoom: [
        { type: "inside", filterMode: "none", minSpan: 0.0005, startValue: window_[0], endValue: window_[1] },
        {
          type: "slider", filterMode: "none", height: 22, bottom: 8, brushSelect: false, borderColor: colour("line"),
          fillerColor: `${colour("accent")}33`, textStyle: { color: colour("faint") }, labelFormatter: (value) => seconds(value),
          startValue: window_[0], endValue: window_[1],
        },
      ],
      tooltip: {
        ...baseOptions().tooltip,
        formatter: ({ data: item }) => {
          const cell = item.cell;
          if (!cell) return `<b>${escaped(item.name)}</b><br>${seconds(item.value[1])} to ${seconds(item.value[2])}`;
          const length = cell.end - cell.start;
          const parts = [...cell.times, Math.max(0, length - cell.times[0] - cell.times[1] - cell.times[2])];
          const text = ACTIVITIES.map((name, index) => parts[index] > 0.005 * length
            ? `${ACTIVITY_NAMES[name]} ${seconds(parts[index])} (${percent(parts[index] / length)})` : "").filter(Boolean);
          return `<b>${escaped(names[item.value[0]])}</b> at ${seconds(cell.start)}, for ${seconds(length)}<br>`
            + `${text.join("<br>")}<br>${cell.count > 1 || text.length > 1 ? "longest: " : ""}${escaped(events.labels[cell.label] ?? "")}`;
        },
      },
      series: [
        {
          id: "phases", type: "custom", silent: false, encode: { x: [1, 2], y: 0 },
          renderItem: (parameters, api) => {
            const [start, end] = [api.coord([api.value(1), 0]), api.coord([api.value(2), 0])];
            const height = api.size([0, 1])[1] * 0.7;
            const shape = clip(box(parameters), { x: start[0], y: start[1] - height / 2, width: Math.max(1, end[0] - start[0]), height });
            return shape && {
              type: "rect", shape: { ...shape, r: 3 }, style: { fill: `${colour("accent")}30`, stroke: colour("accent"), lineWidth: 1 },
              textContent: shape.width < 40 ? undefined : { style: { text: phases[parameters.dataIndex].name, fill: colour("text"), fontSize: 12, width: shape.width - 6, overflow: "truncate" } },
              textConfig: { position: "inside" },
            };
          },
          data: phases.map((phase) => ({ name: phase.name, value: [0, phase.start_s, phase.end_s] })),
        },
        {
          id: "cells", type: "custom", progressive: 0, encode: { x: [1, 2], y: 0 },
          renderItem: (parameters, api) => {
            const item = entry.cells[parameters.dataIndex];
            if (!item) return undefined;
            const { cell } = item;
            const [start, end] = [api.coord([cell.start, item.value[0]]), api.coord([cell.end, item.value[0]])];
            const height = api.size([0, 1])[1] * 0.62;
            // Whole pixels, so that neighbours leave no seams.
            const left = Math.floor(start[0]);
            const width = Math.max(1, Math.ceil(end[0]) - left);
            const length = cell.end - cell.start;
            const children = [];
            let bottom = start[1] + height / 2;
            const shares = cell.times.map((time) => Math.min(1, time / length));
            shares.push(Math.max(0, 1 - shares[0] - shares[1] - shares[2]));
            shares.forEach((share, activity) => {
              if (share < 0.01) return;
              const shape = clip(box(parameters), { x: left, y: bottom - height * share, width, height: height * share });
              bottom -= height * share;
              if (shape) children.push({ type: "rect", shape, style: { fill: colours[activity] } });
            });
            return { type: "group", children };
          },
          data: entry.cells = cellData(...window_, width),
        },
        {
          id: "path", type: "custom", progressive: 0, silent: true, encode: { x: [1, 2], y: 0 }, z: 5,
          renderItem: (parameters, api) => {
            const [start, end] = [api.coord([api.value(1), api.value(0)]), api.coord([api.value(2), api.value(0)])];
            const height = api.size([0, 1])[1];
            const shape = clip(box(parameters), { x: start[0], y: start[1] - height * 0.45, width: Math.max(0.8, end[0] - start[0]), height: 3 });
            return shape && { type: "rect", shape, style: { fill: colour("path") } };
          },
          data: markData(...window_, width),
        },
      ],
    };
  }, (made) => {
    colours = ACTIVITIES.map(colour);
    let pending;
    made.on("datazoom", () => {
      clearTimeout(pending);
      pending = setTimeout(() => {
        const zoom = made.getOption().dataZoom[0];
        window_ = [zoom.start, zoom.end].map((share) => share / 100 * profile.total_s);
        const width = entry.holder.clientWidth;
        entry.cells = cellData(...window_, width);
        made.setOption({ series: [{ id: "cells", data: entry.cells }, { id: "path", data: markData(...window_, width) }] });
      }, 30);
    });
  });
  place.insertBefore(zoomTools(entry), entry.holder);
}

function criticalPath() {
  const path = events.critical_path;
  if (!path.parts.length) return;
  const whole = path.parts.reduce((sum, part) => sum + part.s, 0);
  const share = (activity) => path.parts.filter((part) => part.activity === ACTIVITIES.indexOf(activity)).reduce((sum, part) => sum + part.s, 0) / whole;
  const place = section("Critical path", "The chain of computing and communication that the end depended on: what is shortened here "
    + "shortens the run, until another chain is as long.");
  const communication = share("network") + share("waiting");
  place.insertBefore(element("p", { class: "finding" },
    `${percent(share("computing"))} of the critical path is computing, ${percent(communication)} communication.`), place.children[1]);
  const shown = path.parts.slice(0, 14);
  chart(place, 40 + 25 * shown.length, "Parts of the critical path", () => ({
    ...baseOptions(),
    grid: { left: 8, right: 70, top: 6, bottom: 6, containLabel: true },
    xAxis: timeAxis(),
    yAxis: nameAxis(shown.map((part) => part.name)),
    tooltip: { ...baseOptions().tooltip, formatter: ({ dataIndex }) => `<b>${escaped(shown[dataIndex].name)}</b> (${ACTIVITY_NAMES[ACTIVITIES[shown[dataIndex].activity]]})<br>${seconds(shown[dataIndex].s)}, ${percent(shown[dataIndex].s / whole)} of the path` },
    series: [{
      type: "bar", barMaxWidth: 17,
      data: shown.map((part) => ({ value: part.s, itemStyle: { color: colour(ACTIVITIES[part.activity]), borderRadius: [0, 4, 4, 0] } })),
      label: { show: true, position: "right", color: colour("text"), formatter: ({ value }) => percent(value / whole) },
    }],
  }));
  place.append(details("As a table", table([
    { title: "part", text: (part) => part.name },
    { title: "is", text: (part) => ACTIVITY_NAMES[ACTIVITIES[part.activity]] },
    { title: "time", value: (part) => part.s, text: (part) => seconds(part.s) },
    { title: "of the path", value: (part) => part.s / whole, text: (part) => percent(part.s / whole) },
  ], path.parts), table([
    { title: "device", text: (device) => device.device },
    { title: "computing on the path", value: (device) => device.computing_s, text: (device) => seconds(device.computing_s) },
    { title: "communication", value: (device) => device.communication_s, text: (device) => seconds(device.communication_s) },
  ], path.devices)));
}

// Totals

function layers() {
  if (!profile.layers.length) return;
  const place = section("Parts of the model", "Devices' time in each part, in sum.");
  const parts = new Map();
  for (const layer of profile.layers) {
    const name = layer.number === undefined || layer.number === null ? layer.name : `${layer.name} ${layer.number}`;
    const part = parts.get(name) ?? { name, computing: 0, rest: 0 };
    part.computing += layer.computing_s;
    part.rest += Math.max(0, layer.rank_s - layer.computing_s);
    parts.set(name, part);
  }
  const shown = [...parts.values()];
  chart(place, 280, "Time by part of the model", () => ({
    ...baseOptions(),
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { top: 4, right: 0, textStyle: { color: colour("faint") } },
    xAxis: { type: "category", data: shown.map((part) => part.name), ...axisStyle(), splitLine: { show: false } },
    yAxis: timeAxis(),
    tooltip: {
      ...baseOptions().tooltip, trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (items) => `<b>${escaped(items[0].name)}</b><br>` + items.map((item) => `${item.marker}${escaped(item.seriesName)} ${seconds(item.value)}`).join("<br>"),
    },
    series: [
      { name: "computing", type: "bar", stack: "time", itemStyle: { color: colour("computing") }, data: shown.map((part) => part.computing) },
      { name: "waiting and communication", type: "bar", stack: "time", itemStyle: { color: colour("network") }, data: shown.map((part) => part.rest) },
    ],
  }));
  place.append(details("As a table", table([
    { title: "phase", text: (layer) => layer.phase },
    { title: "part", text: (layer) => layer.name },
    { title: "number", value: (layer) => layer.number ?? -1, text: (layer) => layer.number ?? "-" },
    { title: "devices", text: (layer) => layer.devices.length > 4 ? `${layer.devices.length} devices` : layer.devices.join(", ") },
    { title: "times", value: (layer) => layer.count, text: (layer) => significant(layer.count) },
    { title: "in sum", value: (layer) => layer.rank_s, text: (layer) => seconds(layer.rank_s) },
    { title: "computing", value: (layer) => layer.computing_s, text: (layer) => seconds(layer.computing_s) },
  ], profile.layers)));
}

function totals() {
  if (profile.operations.length) {
    const sum = profile.operations.reduce((time, operation) => time + operation.rank_s, 0) || 1;
    const byName = new Map();
    for (const operation of profile.operations) {
      const one = byName.get(operation.name) ?? { name: operation.name, count: 0, rank_s: 0 };
      one.count += operation.count;
      one.rank_s += operation.rank_s;
      byName.set(operation.name, one);
    }
    section("Operations", "What devices computed, in sum.", table([
      { title: "operation", text: (operation) => operation.name },
      { title: "times", value: (operation) => operation.count, text: (operation) => significant(operation.count, 9) },
      { title: "in sum", value: (operation) => operation.rank_s, text: (operation) => seconds(operation.rank_s) },
      { title: "of computing", value: (operation) => operation.rank_s / sum, text: (operation) => percent(operation.rank_s / sum) },
      { title: "", class: "bar", cell: (operation) => element("span", { class: "meter", style: `width:${100 * operation.rank_s / sum}%` }) },
    ], [...byName.values()].sort((left, right) => right.rank_s - left.rank_s), { limit: 40 }),
    details("By phase", table([
      { title: "phase", text: (operation) => operation.phase || "-" },
      { title: "operation", text: (operation) => operation.name },
      { title: "times", value: (operation) => operation.count, text: (operation) => significant(operation.count, 9) },
      { title: "in sum", value: (operation) => operation.rank_s, text: (operation) => seconds(operation.rank_s) },
    ], profile.operations)));
  }
  if (profile.communication.length) {
    section("Collectives and messages", "Idle times are in sum over devices.", table([
      { title: "operation", text: (one) => one.name },
      { title: "group", text: (one) => one.group || "-" },
      { title: "phase", text: (one) => one.phase || "-" },
      { title: "times", value: (one) => one.count, text: (one) => significant(one.count, 9) },
      { title: "bytes each", value: (one) => one.bytes / Math.max(1, one.count), text: (one) => bytes(one.bytes / Math.max(1, one.count)) },
      { title: "each time", value: (one) => one.rank_s / Math.max(1, one.count), text: (one) => seconds(one.rank_s / Math.max(1, one.count)) },
      { title: "idle for devices", value: (one) => one.waiting_for_ranks_s, text: (one) => seconds(one.waiting_for_ranks_s) },
      { title: "idle for network", value: (one) => one.network_s, text: (one) => seconds(one.network_s) },
    ], profile.communication));
  }
  if (profile.calls.length) {
    section("Calls of the script", "In sum over devices.", table([
      { title: "call", text: (call) => call.name },
      { title: "times", value: (call) => call.count, text: (call) => significant(call.count, 9) },
      { title: "in the call", value: (call) => call.rank_s, text: (call) => seconds(call.rank_s) },
      { title: "computing before it", value: (call) => call.computing_before_s, text: (call) => seconds(call.computing_before_s) },
    ], profile.calls));
  }
}

// Links and memory

function links() {
  const found = data.explanation.links;
  if (!found) {
    if (events.timeline.devices > 1) section("Links over time", data.explanation.no_links);
    return;
  }
  const left = found.links > found.rows.length ? ` The busiest ${found.rows.length} of ${found.links} links are shown.` : "";
  const place = section("Links over time", `What each link carried, as a share of its bandwidth, in steps of ${seconds(found.step_s)}. `
    + `A message's bytes are spread evenly over the time that it was under way.${left}`);
  const steps = found.rows[0].use.length;
  const most = Math.max(...found.rows.flatMap((row) => row.use), 1e-6);
  const entry = chart(place, 130 + 22 * found.rows.length, "What each link carried over time", () => ({
    ...baseOptions(),
    grid: { left: 8, right: 24, top: 8, bottom: 84, containLabel: true },
    xAxis: {
      type: "category", data: Array.from({ length: steps }, (_, step) => seconds(step * found.step_s)), ...axisStyle(), splitLine: { show: false },
    },
    yAxis: nameAxis(found.rows.map((row) => row.link)),
    dataZoom: [
      { type: "inside", filterMode: "filter" },
      { type: "slider", height: 20, bottom: 36, brushSelect: false, borderColor: colour("line"), textStyle: { color: colour("faint") }, fillerColor: `${colour("accent")}33` },
    ],
    visualMap: {
      // Of the square root, so that small use is seen beside large.
      min: 0, max: Math.sqrt(most), dimension: 2, orient: "horizontal", right: 12, bottom: 2, itemHeight: 120, itemWidth: 12, text: [percent(most), "0%"],
      textStyle: { color: colour("faint") }, inRange: { color: ["heat-0", "heat-1", "heat-2", "heat-3"].map(colour) }, calculable: false,
    },
    tooltip: {
      ...baseOptions().tooltip,
      formatter: ({ value: [step, row, , use] }) => `<b>${escaped(found.rows[row].link)}</b> at ${seconds(step * found.step_s)}<br>`
        + `${percent(use)} of ${rate(found.rows[row].bytes_per_second)}<br>` + found.rows[row].users.slice(0, 3).map((user) =>
          `${escaped(user.from)} → ${escaped(user.to)}: ${bytes(user.bytes)} in all`).join("<br>"),
    },
    series: [{
      type: "heatmap", progressive: 0, emphasis: { disabled: true },
      data: found.rows.flatMap((row, index) => row.use.map((use, step) => [step, index, Math.sqrt(use), use]).filter(([, , , use]) => use > 0)),
    }],
  }));
  place.insertBefore(zoomTools(entry), entry.holder);
  place.append(details("Who used which link", table([
    { title: "link", text: ({ row }) => row.link },
    { title: "bandwidth", value: ({ row }) => row.bytes_per_second, text: ({ row }) => rate(row.bytes_per_second) },
    { title: "from", text: ({ user }) => user.from },
    { title: "to", text: ({ user }) => user.to },
    { title: "messages", value: ({ user }) => user.messages, text: ({ user }) => significant(user.messages, 9) },
    { title: "carried", value: ({ user }) => user.bytes, text: ({ user }) => bytes(user.bytes) },
    { title: "of the link's", value: ({ row, user }) => user.bytes / row.bytes, text: ({ row, user }) => percent(user.bytes / row.bytes) },
  ], found.rows.flatMap((row) => row.users.map((user) => ({ row, user }))))));
}

function memory() {
  if (!data.memory.length) return;
  const place = section("Memory", "What each device held when it held most, and how much it has.");
  const sums = new Map();
  for (const device of data.memory) for (const use of device.held) sums.set(use.label, (sums.get(use.label) ?? 0) + use.bytes);
  const labels = [...sums.keys()].sort((left, right) => sums.get(right) - sums.get(left));
  const shown = labels.slice(0, 7);
  const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#9aa3b0"];
  const held = (device, label) => device.held.filter((use) => use.label === label).reduce((sum, use) => sum + use.bytes, 0);
  const rest = (device) => device.peak_bytes - shown.reduce((sum, label) => sum + held(device, label), 0);
  const series = [...shown.map((label) => [label, (device) => held(device, label)]), [shown.length ? "rest" : "in use", rest]];
  chart(place, 84 + 26 * data.memory.length, "Memory of each device at its peak", () => ({
    ...baseOptions(),
    grid: { left: 8, right: 30, top: 40, bottom: 6, containLabel: true },
    legend: { top: 2, type: "scroll", textStyle: { color: colour("faint") }, data: series.map(([name]) => name) },
    xAxis: { type: "value", min: 0, ...axisStyle(), axisLabel: { color: colour("faint"), formatter: (value) => bytes(value), hideOverlap: true } },
    yAxis: nameAxis(data.memory.map((device) => device.device)),
    tooltip: {
      ...baseOptions().tooltip, trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (items) => {
        const device = data.memory[items[0].dataIndex];
        const whole = device.usable_bytes ? ` of ${bytes(device.usable_bytes)}` : "";
        return `<b>${escaped(device.device)}</b> ${bytes(device.peak_bytes)}${whole}<br>`
          + items.filter((item) => item.seriesName !== "usable" && item.value > 0).map((item) => `${item.marker}${escaped(item.seriesName)} ${bytes(item.value)}`).join("<br>");
      },
    },
    series: [
      ...series.map(([name, value], index) => ({
        name, type: "bar", stack: "memory", barMaxWidth: 18, itemStyle: { color: palette[index % palette.length] },
        data: data.memory.map(value),
      })),
      {
        name: "usable", type: "scatter", symbol: "rect", symbolSize: [3, 20], itemStyle: { color: colour("text") }, silent: true,
        data: data.memory.map((device, index) => device.usable_bytes ? [device.usable_bytes, index] : null).filter(Boolean),
      },
    ],
  }));
  place.append(element("p", {}, "The dark line is what the device has for tensors."), details("As a table", table([
    { title: "device", text: ({ device }) => device.device },
    { title: "tensors", text: ({ use }) => use.label },
    { title: "how many", value: ({ use }) => use.count, text: ({ use }) => significant(use.count, 9) },
    { title: "bytes", value: ({ use }) => use.bytes, text: ({ use }) => bytes(use.bytes) },
  ], data.memory.flatMap((device) => device.held.map((use) => ({ device, use }))))));
}

function origin() {
  const entries = [
    ["record", profile.record], ["command", data.command], ["arguments", data.arguments.join(" ")], ["seed", data.seed],
    ["compute time", data.compute], ["Uniference", data.version],
  ];
  section("How this came about", null, element("dl", {}, entries.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))])));
}

head();
attribution();
use();
timeline();
criticalPath();
layers();
totals();
links();
memory();
origin();
finish();
