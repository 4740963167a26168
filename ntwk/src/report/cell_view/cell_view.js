"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("cell-data").textContent), look = JSON.parse(find("cell-look").textContent);
  const { branches, segments, compartments, quantities, times, marks } = data;
  const n = segments.branch.length, tree = find("tree"), pen = tree.getContext("2d");

  // --- What colours show: regions, measures of the tree, recorded quantities. ---
  const distanceAt = (branch, x) => {
    const b = branches[branch];
    return b.is_origin ? Math.abs(x - 0.5) * b.length : b.distance[0] + x * (b.distance[1] - b.distance[0]);
  };
  const ofSegments = (name, unit, value) => {
    const values = Array.from({ length: n }, (_, i) => value(i));
    const range = values.reduce((r, v) => [Math.min(r[0], v), Math.max(r[1], v)], [Infinity, -Infinity]);
    return { name, unit, range, signed: false, at: (i) => values[i], timed: false };
  };
  const middle = (i) => 0.5 * (segments.x[i][0] + segments.x[i][1]);
  const ofCompartments = (q) => {
    const place = new Map(q.compartments.map((c, k) => [c, k]));
    const timed = q.values.length > 1;
    const of = (compartment, frame) => {
      const k = place.get(compartment);
      return k === undefined ? null : q.values[timed ? frame : 0][k];
    };
    return { ...q, timed, of, at: (i) => of(segments.compartment[i], view.frame) };
  };
  const colourings = [
    { name: "region" },
    ofSegments("path distance from the soma", "µm", (i) => distanceAt(segments.branch[i], middle(i))),
    ofSegments("diameter", "µm", (i) => segments.from[i][3] + segments.to[i][3]),
    ofSegments("branch order", "", (i) => branches[segments.branch[i]].order),
    ...quantities.map(ofCompartments),
  ];
  for (const q of colourings) q.shown = q.range ? q.range.slice() : null;

  // --- The view: a rotation, a scale (pixels per µm), and where the middle of the cell is on the page. ---
  const low = [0, 1, 2].map((k) => segments.from.concat(segments.to).reduce((m, p) => Math.min(m, p[k] - p[3]), Infinity));
  const high = [0, 1, 2].map((k) => segments.from.concat(segments.to).reduce((m, p) => Math.max(m, p[k] + p[3]), -Infinity));
  const centre = low.map((l, k) => 0.5 * (l + high[k]));
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const view = { turn: identity, scale: 1, shift: [0, 0], frame: 0, colouring: 0, chosen: null, thick: 1, marks: true, playing: false };
  const hidden = new Set();
  let size = [1, 1], waiting = false;

  const product = (a, b) => [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j]));
  const turnBy = (right, down) => {
    const [c, s, d, t] = [Math.cos(right), Math.sin(right), Math.cos(down), Math.sin(down)];
    view.turn = product(product([1, 0, 0, 0, d, -t, 0, t, d], [c, 0, s, 0, 1, 0, -s, 0, c]), view.turn);
    draw();
  };
  // To the page: x to the right, y downwards, depth towards the reader.
  const seen = (p) => {
    const m = view.turn, [x, y, z] = [p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]];
    return [
      0.5 * size[0] + view.shift[0] + view.scale * (m[0] * x + m[1] * y + m[2] * z),
      0.5 * size[1] + view.shift[1] - view.scale * (m[3] * x + m[4] * y + m[5] * z),
      m[6] * x + m[7] * y + m[8] * z,
    ];
  };
  const reset = (turn = identity) => {
    view.turn = turn;
    const extent = [0, 1].map((i) => [0, 1, 2].reduce((sum, k) => sum + Math.abs(turn[3 * i + k]) * (high[k] - low[k]), 0));
    // Left of the colours, above the time.
    const side = size[0] > 640 ? 270 : 0;
    view.scale = Math.min((size[0] - side - 60) / extent[0], (size[1] - 150) / extent[1]);
    view.shift = [-0.5 * side, 0];
    draw();
  };
  const zoom = (factor, at = [0.5 * size[0], 0.5 * size[1]]) => {
    const next = Math.min(Math.max(view.scale * factor, 1e-4), 1e4), f = next / view.scale;
    view.shift = [0, 1].map((k) => at[k] - 0.5 * size[k] - f * (at[k] - 0.5 * size[k] - view.shift[k]));
    view.scale = next;
    draw();
  };

  // --- Colours. ---
  const parts = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  const mixed = (a, b, t) => `rgb(${parts(a).map((v, k) => Math.round(v + t * (parts(b)[k] - v))).join(",")})`;
  const shades = (stops) => Array.from({ length: 256 }, (_, k) => {
    const at = (k / 255) * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2);
    return mixed(stops[i], stops[i + 1], at - i);
  });
  const maps = { sequential: shades(look.sequential), signed: shades(look.signed) };
  const FOG = 16;
  const regionShades = data.regions.map((_, r) => Array.from({ length: FOG }, (_, k) => mixed(look.palette[r], look.background, 0.55 * (1 - k / (FOG - 1)))));
  const unknown = mixed(look.faint, look.muted, 0.15);
  const colourOf = (q, value) => {
    if (value === null || value === undefined) return unknown;
    const [a, b] = q.shown, t = b > a ? (value - a) / (b - a) : 0.5;
    return maps[q.signed ? "signed" : "sequential"][Math.round(255 * Math.min(Math.max(t, 0), 1))];
  };

  // --- Drawing: the segments from far to near, then the marks. ---
  const ax = new Float64Array(n), ay = new Float64Array(n), bx = new Float64Array(n), by = new Float64Array(n);
  const depth = new Float64Array(n), along = new Float64Array(n);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const lengths = segments.from.map((p, i) => Math.hypot(...[0, 1, 2].map((k) => segments.to[i][k] - p[k])));
  const radius = (r) => Math.max(view.thick * r * view.scale, 0.55);

  const frustum = (i, ra, rb, joint) => {
    const angle = Math.atan2(by[i] - ay[i], bx[i] - ax[i]), k = Math.min(along[i], 1), q = Math.PI / 2;
    pen.beginPath();
    pen.ellipse(ax[i], ay[i], ra * k, ra, angle, q, 3 * q);
    pen.ellipse(bx[i], by[i], rb * k, rb, angle, -q, q);
    pen.closePath();
    // Seen from an end, one of the discs is in front; a joint within a branch is round.
    for (const [x, y, r, f] of [[ax[i], ay[i], ra, joint ? 1 : k], [bx[i], by[i], rb, k]]) {
      pen.moveTo(x + r * f * Math.cos(angle), y + r * f * Math.sin(angle));
      pen.ellipse(x, y, r * f, r, angle, 0, 2 * Math.PI);
    }
    pen.fill();
    // Over the seam to the next one.
    pen.strokeStyle = pen.fillStyle; pen.lineWidth = 0.7;
    pen.stroke();
  };

  const paint = () => {
    waiting = false;
    const q = colourings[view.colouring], ratio = window.devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = look.background;
    pen.fillRect(0, 0, ...size);
    let [far, near] = [Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      const a = seen(segments.from[i]), b = seen(segments.to[i]);
      ax[i] = a[0]; ay[i] = a[1]; bx[i] = b[0]; by[i] = b[1];
      depth[i] = 0.5 * (a[2] + b[2]);
      along[i] = lengths[i] > 0 ? Math.abs(b[2] - a[2]) / lengths[i] : 0;
      far = Math.min(far, depth[i]); near = Math.max(near, depth[i]);
    }
    order.sort((i, j) => depth[i] - depth[j] || i - j);
    pen.lineCap = "round";
    if (view.chosen) {
      for (let i = 0; i < n; i++) {
        if (segments.branch[i] !== view.chosen.branch) continue;
        pen.fillStyle = look.ink;
        frustum(i, radius(segments.from[i][3]) + 2.5, radius(segments.to[i][3]) + 2.5, false);
      }
    }
    for (const i of order) {
      const ra = radius(segments.from[i][3]), rb = radius(segments.to[i][3]), r = Math.max(ra, rb);
      if (Math.max(ax[i], bx[i]) < -r || Math.min(ax[i], bx[i]) > size[0] + r || Math.max(ay[i], by[i]) < -r || Math.min(ay[i], by[i]) > size[1] + r) continue;
      const level = near > far ? Math.round((FOG - 1) * (depth[i] - far) / (near - far)) : FOG - 1;
      const colour = q.range ? colourOf(q, q.at(i)) : regionShades[branches[segments.branch[i]].region][level];
      if (r < 1.6) {
        pen.strokeStyle = colour;
        pen.lineWidth = ra + rb;
        pen.beginPath(); pen.moveTo(ax[i], ay[i]); pen.lineTo(bx[i], by[i]); pen.stroke();
        continue;
      }
      pen.fillStyle = colour;
      const [dx, dy] = [bx[i] - ax[i], by[i] - ay[i]], flat = Math.hypot(dx, dy);
      if (!q.range && r > 3 && flat > 0) {
        // Light from the front; a colour that stands for a number is left as it is.
        const [ux, uy] = [-dy / flat * r, dx / flat * r], [mx, my] = [0.5 * (ax[i] + bx[i]), 0.5 * (ay[i] + by[i])];
        const shade = pen.createLinearGradient(mx - ux, my - uy, mx + ux, my + uy);
        const base = look.palette[branches[segments.branch[i]].region];
        shade.addColorStop(0, mixed(base, "#000000", 0.35)); shade.addColorStop(0.5, colour); shade.addColorStop(1, mixed(base, "#000000", 0.35));
        pen.fillStyle = shade;
      }
      frustum(i, ra, rb, segments.x[i][0] > 0 && radius(segments.from[i][3]) < lengths[i] * view.scale);
    }
    if (view.marks) drawMarks(q);
    drawScaleBar();
    drawAxes();
  };
  const draw = () => { if (!waiting) { waiting = true; requestAnimationFrame(paint); } };

  const sign = (to, kind, x, y, colour, r) => {
    to.beginPath();
    if (kind === "electrode") { to.moveTo(x, y); to.lineTo(x + 2.2 * r, y - 3.2 * r); to.lineTo(x + 3.4 * r, y - 2 * r); to.closePath(); }
    else if (kind === "recorded") to.rect(x - r, y - r, 2 * r, 2 * r);
    else to.arc(x, y, r, 0, 2 * Math.PI);
    to.fillStyle = colour; to.strokeStyle = look.background; to.lineWidth = 1;
    to.fill(); to.stroke();
  };
  const markColour = (k) => look.palette[data.regions.length + k];
  const SIZES = { synapse: 3, electrode: 5, recorded: 4 };
  const drawMarks = (q) => {
    marks.forEach((mark, k) => {
      if (hidden.has(k)) return;
      mark.at.forEach((p, i) => {
        if (p[0] === null) return;
        const [x, y] = seen(p), value = mark.kind === "recorded" && q.of ? q.of(compartmentAt(mark.places[i]), view.frame) : null;
        const colour = value === null ? markColour(k) : colourOf(q, value);
        sign(pen, mark.kind, x, y, colour, SIZES[mark.kind]);
        if (value !== null) { pen.strokeStyle = look.ink; pen.stroke(); }
      });
    });
  };
  const drawScaleBar = () => {
    const wanted = 120 / view.scale, power = 10 ** Math.floor(Math.log10(wanted));
    const length = [5, 2, 1].map((m) => m * power).find((l) => l <= wanted);
    const [x, y] = [24, size[1] - 64 - (size[0] > 640 ? 0 : 40)];
    if (!view.chosen) {
      pen.strokeStyle = pen.fillStyle = look.ink; pen.lineWidth = 2; pen.lineCap = "butt";
      pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + length * view.scale, y); pen.stroke();
      pen.font = "12px system-ui, sans-serif"; pen.textAlign = "left";
      pen.fillText(`${Number(length.toPrecision(6))} µm`, x, y - 6);
    }
  };
  const drawAxes = () => {
    const m = view.turn, [x, y, r] = [40, 76, 24];
    pen.lineWidth = 1; pen.strokeStyle = pen.fillStyle = look.muted; pen.font = "11px system-ui, sans-serif"; pen.textAlign = "center";
    ["x", "y", "z"].forEach((name, k) => {
      if (Math.hypot(m[k], m[3 + k]) < 0.05) return;
      pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + r * m[k], y - r * m[3 + k]); pen.stroke();
      pen.fillText(name, x + 1.35 * r * m[k], y - 1.35 * r * m[3 + k] + 4);
    });
  };

  // --- What is chosen. ---
  const digits = (v, p = 4) => (v === null || v === undefined ? "–" : String(Number(v.toPrecision(p))));
  const withUnit = (v, unit) => `${digits(v, 5)}${unit ? " " + unit : ""}`;
  // The compartment of a point: that of the segment around it.
  const segmentsOf = branches.map(() => []);
  segments.branch.forEach((b, i) => segmentsOf[b].push(i));
  const segmentAt = ([b, x]) => segmentsOf[b]?.find((i) => x <= segments.x[i][1]) ?? segmentsOf[b]?.at(-1);
  const compartmentAt = (place) => (compartments.length ? segments.compartment[segmentAt(place)] : undefined);

  const choose = (place, mark = null) => {
    view.chosen = place === null ? null : { branch: place[0], x: Math.min(Math.max(place[1], 0), 1), mark };
    describe();
    draw();
  };
  const describe = () => {
    const box = find("chosen"), c = view.chosen;
    box.hidden = c === null;
    document.documentElement.dataset.chosen = c ? `branch ${c.branch} at ${digits(c.x, 3)}` : "";
    if (c === null) return;
    const b = branches[c.branch], place = [c.branch, c.x], i = segmentAt(place), k = compartmentAt(place);
    const [x0, x1] = segments.x[i], f = x1 > x0 ? (c.x - x0) / (x1 - x0) : 0;
    const diameter = 2 * (segments.from[i][3] + Math.min(Math.max(f, 0), 1) * (segments.to[i][3] - segments.from[i][3]));
    const region = data.regions[b.region];
    const rows = [
      ["region", region], ["order", b.order],
      ["location", `branch ${c.branch} at ${digits(c.x, 3)}`],
      ["selections", `branch ${c.branch}, subtree ${c.branch}, ${region}`],
      ["starts on", b.parent ? `branch ${b.parent[0]} at ${digits(b.parent[1], 3)}` : "nothing: the root"],
      ["branches on it", b.children],
      ["path distance", `${digits(distanceAt(...place))} µm (branch: ${b.is_origin ? `0 to ${digits(b.distance[1])}` : b.distance.map((d) => digits(d)).join(" to ")})`],
      ["diameter", `${digits(diameter)} µm (mean ${digits(b.diameters[1])}, ${digits(b.diameters[0])} to ${digits(b.diameters[2])})`],
      ["length", `${digits(b.length)} µm`], ["area", `${digits(b.area)} µm²`],
    ];
    if (k !== undefined) {
      rows.push(["compartment", k]);
      if (data.lambda.length) rows.push(["length constant λ", `${digits(data.lambda[k])} µm`], ["branch in λ", digits(electrotonicLength(c.branch))]);
      for (const q of colourings) {
        const value = q.of ? q.of(k, view.frame) : null;
        if (value !== null) rows.push([q.name, withUnit(value, q.unit)]);
      }
    }
    box.querySelector("h2").textContent = c.mark ?? `branch ${c.branch}`;
    box.querySelector("table").replaceChildren(...rows.map(([name, value]) => {
      const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
      head.textContent = name; cell.textContent = value; row.append(head, cell);
      return row;
    }));
    drawTrace(k);
  };
  const electrotonicLength = (b) => {
    let sum = 0;
    for (const i of segmentsOf[b]) sum += ((segments.x[i][1] - segments.x[i][0]) * branches[b].length) / data.lambda[segments.compartment[i]];
    return sum;
  };
  // The quantity that colours show, or else the first that was recorded there, over time.
  const drawTrace = (k) => {
    const canvas = find("trace"), there = (q) => q.timed && q.of(k, 0) !== null;
    const q = [colourings[view.colouring], ...colourings].find(there);
    canvas.hidden = k === undefined || q === undefined;
    if (canvas.hidden) return;
    const to = canvas.getContext("2d"), [w, h] = [canvas.width, canvas.height], last = times.length - 1;
    const at = (frame) => ((times[frame] - times[0]) / (times[last] - times[0])) * (w - 2) + 1;
    const up = (v) => h - 16 - ((v - q.range[0]) / (q.range[1] - q.range[0] || 1)) * (h - 30);
    to.clearRect(0, 0, w, h);
    to.strokeStyle = look.muted; to.lineWidth = 1;
    to.beginPath(); to.moveTo(at(view.frame), 14); to.lineTo(at(view.frame), h - 16); to.stroke();
    to.strokeStyle = look.ink; to.lineWidth = 1.2; to.beginPath();
    for (let frame = 0; frame <= last; frame++) {
      const v = q.of(k, frame);
      if (v !== null) to.lineTo(at(frame), up(v));
    }
    to.stroke();
    to.fillStyle = look.muted; to.font = "11px system-ui, sans-serif";
    to.textAlign = "left"; to.fillText(`${q.name}, ${digits(q.range[0])} to ${withUnit(q.range[1], q.unit)}`, 0, 10);
    to.fillText(`${times[0]} ms`, 0, h - 3); to.textAlign = "right"; to.fillText(`${times[last]} ms`, w, h - 3);
  };
  const pick = ([x, y], reach) => {
    let best = null;
    if (view.marks) marks.forEach((mark, m) => mark.at.forEach((p, i) => {
      if (hidden.has(m) || p[0] === null) return;
      const s = seen(p), d = Math.hypot(s[0] - x, s[1] - y);
      if (d <= reach && (!best || d < best.d)) best = { d, place: mark.places[i], name: mark.kind === "synapse" ? `synapse ${i} of ${mark.name}` : `${mark.kind === "electrode" ? "electrode at" : "recorded:"} ${mark.names[i]}` };
    }));
    if (best) return choose(best.place, best.name);
    for (const i of order) {
      const [dx, dy] = [bx[i] - ax[i], by[i] - ay[i]], square = dx * dx + dy * dy;
      const f = square > 0 ? Math.min(Math.max(((x - ax[i]) * dx + (y - ay[i]) * dy) / square, 0), 1) : 0.5;
      const half = radius(segments.from[i][3] + f * (segments.to[i][3] - segments.from[i][3]));
      const d = Math.max(Math.hypot(x - ax[i] - f * dx, y - ay[i] - f * dy) - half, 0);
      // The nearest to the pointer; of those under it, the one in front, which comes last.
      if (d <= reach && (!best || d <= best.d)) best = { d, place: [segments.branch[i], segments.x[i][0] + f * (segments.x[i][1] - segments.x[i][0])] };
    }
    choose(best ? best.place : null);
  };

  // --- Time. ---
  const timed = times.length > 1;
  const setFrame = (frame) => {
    view.frame = Math.min(Math.max(frame, 0), times.length - 1);
    find("frame").value = view.frame;
    find("now").textContent = `${times[view.frame]} ms`;
    describe();
    draw();
  };
  let clock = 0;
  const play = (on) => {
    view.playing = on && timed;
    find("play").textContent = view.playing ? "❚❚" : "▶";
    find("play").setAttribute("aria-label", view.playing ? "pause" : "play");
    if (!view.playing) return;
    if (view.frame === times.length - 1) setFrame(0);
    clock = times[view.frame];
    let before = null;
    const step = (now) => {
      if (!view.playing) return;
      if (before !== null) clock += Number(find("speed").value) * 1e-3 * (now - before);
      before = now;
      let frame = view.frame;
      while (frame < times.length - 1 && times[frame + 1] <= clock) frame++;
      if (frame !== view.frame) setFrame(frame);
      if (frame === times.length - 1) play(false); else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };
  if (timed) {
    find("time").hidden = false;
    find("frame").max = times.length - 1;
    const whole = times[times.length - 1] - times[0], speeds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
    find("speed").append(...speeds.map((s) => new Option(`${s} ms/s`, s)));
    find("speed").value = speeds.find((s) => whole / s <= 12) ?? 1000;
    find("frame").addEventListener("input", (event) => { play(false); setFrame(Number(event.target.value)); });
    find("play").addEventListener("click", () => play(!view.playing));
  }
  find("time").addEventListener("submit", (event) => event.preventDefault());

  // --- Colours, legend, bar. ---
  const select = find("quantity");
  colourings.forEach((q, k) => select.append(new Option(q.unit ? `${q.name} (${q.unit})` : q.name, k)));
  const setColouring = (k) => {
    view.colouring = k;
    select.value = k;
    const q = colourings[k];
    find("scale").hidden = !q.range;
    if (q.range) {
      const bar = find("bar"), to = bar.getContext("2d");
      maps[q.signed ? "signed" : "sequential"].forEach((colour, i) => {
        to.fillStyle = colour;
        to.fillRect((i / 256) * bar.width, 0, bar.width / 256 + 1, bar.height);
      });
      find("low").value = q.shown[0]; find("high").value = q.shown[1];
      find("unit").textContent = q.unit;
      find("reach").textContent = `${digits(q.range[0])} to ${digits(q.range[1])}`;
    }
    writeLegend();
    describe();
    draw();
  };
  const wholeRange = (q) => {
    const most = Math.max(Math.abs(q.range[0]), Math.abs(q.range[1]));
    q.shown = q.signed ? [-most, most] : q.range.slice();
  };
  colourings.filter((q) => q.range).forEach(wholeRange);
  for (const [id, end] of [["low", 0], ["high", 1]]) {
    find(id).addEventListener("change", (event) => {
      const value = Number(event.target.value);
      if (event.target.value !== "" && Number.isFinite(value)) colourings[view.colouring].shown[end] = value;
      setColouring(view.colouring);
    });
  }
  find("whole").addEventListener("click", () => { wholeRange(colourings[view.colouring]); setColouring(view.colouring); });
  select.addEventListener("change", () => setColouring(Number(select.value)));
  const legendSign = (kind, colour) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 32;
    const to = canvas.getContext("2d");
    to.scale(2, 2);
    if (kind === "region") { to.fillStyle = colour; to.fillRect(1, 5, 14, 6); } else sign(to, kind, kind === "electrode" ? 3 : 8, kind === "electrode" ? 14 : 8, colour, SIZES[kind] - (kind === "electrode" ? 1.5 : 0));
    return canvas;
  };
  const writeLegend = () => {
    const entries = [];
    const entry = (parts) => { const li = document.createElement("li"); li.append(...parts); entries.push(li); };
    const q = colourings[view.colouring];
    if (!q.range) data.regions.forEach((name, r) => entry([legendSign("region", look.palette[r]), name]));
    else if (q.of && q.compartments.length < compartments.length) entry([legendSign("region", unknown), `not recorded (${q.compartments.length} of ${compartments.length} compartments are)`]);
    marks.forEach((mark, k) => {
      const label = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox"; box.checked = !hidden.has(k);
      box.addEventListener("change", () => { if (box.checked) hidden.delete(k); else hidden.add(k); draw(); });
      label.append(box, legendSign(mark.kind, markColour(k)), `${mark.name} (${mark.at.length})`);
      entry([label]);
    });
    find("legend").replaceChildren(...entries);
  };
  find("notes").append(...data.notes.map((text) => { const li = document.createElement("li"); li.textContent = text; return li; }));
  find("width").addEventListener("change", (event) => { view.thick = Number(event.target.value); draw(); });

  // --- Mouse and fingers. ---
  const fingers = new Map();
  let moved = 0;
  const spot = (event) => [event.clientX, event.clientY];
  tree.addEventListener("pointerdown", (event) => {
    if (fingers.size === 0) moved = 0;
    fingers.set(event.pointerId, spot(event));
    try { tree.setPointerCapture(event.pointerId); } catch { /* The pointer is gone already. */ }
  });
  tree.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = spot(event), [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    moved += Math.hypot(dx, dy);
    if (fingers.size === 1) {
      if (event.shiftKey || event.buttons === 4) { view.shift = [view.shift[0] + dx, view.shift[1] + dy]; draw(); } else turnBy(0.008 * dx, 0.008 * dy);
    } else if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const distance = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      view.shift = [view.shift[0] + 0.5 * dx, view.shift[1] + 0.5 * dy];
      zoom(distance(now) / Math.max(distance(before), 1), [0.5 * (now[0] + other[0]), 0.5 * (now[1] + other[1])]);
    }
    fingers.set(event.pointerId, now);
  });
  const lift = (event) => {
    const down = fingers.delete(event.pointerId);
    if (down && event.type === "pointerup" && fingers.size === 0 && moved < 6) pick(spot(event), event.pointerType === "touch" ? 14 : 7);
  };
  tree.addEventListener("pointerup", lift);
  tree.addEventListener("pointercancel", lift);
  tree.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-0.0015 * event.deltaY), spot(event)); }, { passive: false });
  tree.addEventListener("dblclick", () => reset());
  find("reset").addEventListener("click", () => reset());
  find("close").addEventListener("click", () => choose(null));
  find("keys").addEventListener("click", () => find("help").showModal());

  // --- Keys. ---
  const nextBranch = (step) => choose([view.chosen ? (view.chosen.branch + step + branches.length) % branches.length : 0, 0.5]);
  const arrow = (right, down) => (event) => {
    if (!event.shiftKey) return turnBy(0.08 * right, 0.08 * down);
    view.shift = [view.shift[0] + 20 * right, view.shift[1] + 20 * down];
    draw();
  };
  const keys = {
    ArrowLeft: arrow(-1, 0), ArrowRight: arrow(1, 0), ArrowUp: arrow(0, -1), ArrowDown: arrow(0, 1),
    "+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2),
    r: () => reset(), z: () => reset(), x: () => reset([0, 0, -1, 0, 1, 0, 1, 0, 0]), y: () => reset([1, 0, 0, 0, 0, -1, 0, 1, 0]),
    c: () => setColouring((view.colouring + 1) % colourings.length),
    n: () => nextBranch(1), p: () => nextBranch(-1),
    m: () => { view.marks = !view.marks; draw(); },
    h: () => find("help").showModal(), "?": () => find("help").showModal(),
    Escape: () => choose(null),
  };
  if (timed) Object.assign(keys, {
    " ": () => play(!view.playing), ",": () => { play(false); setFrame(view.frame - 1); }, ".": () => { play(false); setFrame(view.frame + 1); },
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, select, button, summary, dialog");
    if (event.ctrlKey || event.metaKey || event.altKey || field || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key](event);
  });

  const resize = (first) => {
    const ratio = window.devicePixelRatio || 1;
    size = [window.innerWidth, window.innerHeight];
    tree.width = Math.round(size[0] * ratio); tree.height = Math.round(size[1] * ratio);
    if (first) reset(); else draw();
  };
  window.addEventListener("resize", () => resize(false));
  if (window.innerWidth <= 640) find("panel").open = false;
  // What was recorded over time at many places is what a run is looked at for.
  const many = colourings.filter((q) => q.timed && 4 * q.compartments.length >= compartments.length);
  const most = many.reduce((m, q) => (q.compartments.length > m.compartments.length ? q : m), many[0] ?? colourings[0]);
  // Hundreds of synapses would hide it.
  if (most.timed) marks.forEach((mark, k) => { if (mark.at.length > 40) hidden.add(k); });
  resize(true);
  setColouring(colourings.indexOf(most));
  if (timed) setFrame(0);
  document.documentElement.dataset.segments = String(n);
})();
