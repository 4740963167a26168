#!/usr/bin/env bash
# Opens a page of `ntwk morpho view` in headless Chromium and uses it: drag, wheel, click on a branch, keys, time, two fingers;
# looks whether each did what it should and whether anything failed on the way:
#
#     validation/report/cell_view.sh cell.html screenshot.png
#
# Needs chromium (a package of every distribution).
set -euo pipefail
page=$(realpath "$1") shot=$(realpath -m "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Before the script of the page, what hears its errors, and frames by a timer (without a screen there are none); after it, what
# uses the page.
python3 - "$page" "$work/page.html" <<'PYTHON'
import sys
text = open(sys.argv[1], encoding="utf-8").read()
listener = '<script>window.failures = []; window.addEventListener("error", (e) => failures.push(e.message)); window.requestAnimationFrame = (f) => setTimeout(() => f(performance.now()), 16);</script>'
use = """<script>
const tree = document.getElementById("tree"), state = document.documentElement.dataset, wrong = [];
const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const pixels = () => { const d = tree.getContext("2d").getImageData(0, 0, tree.width, tree.height).data; let s = 0; for (let i = 0; i < d.length; i += 4) s = (s * 31 + d[i] + 3 * d[i + 1] + 7 * d[i + 2]) % 1e9; return s; };
const pointer = (type, x, y, more = {}) => tree.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, pointerId: 1, buttons: 1, bubbles: true, ...more }));
const key = (key, more = {}) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
const changes = async (what, act) => { await frame(); const before = pixels(); await act(); await frame(); if (pixels() === before) wrong.push(what); };
const drag = (more) => { pointer("pointerdown", 400, 400, more); pointer("pointermove", 480, 430, more); pointer("pointerup", 480, 430, more); };
(async () => {
  const data = JSON.parse(document.getElementById("cell-data").textContent), timed = data.times.length > 1;
  if (Number(state.segments) !== data.segments.branch.length) wrong.push("segments");
  await changes("turn", () => drag());
  await changes("move", () => drag({ shiftKey: true }));
  await changes("wheel", () => tree.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, clientX: 500, clientY: 400, cancelable: true })));
  await changes("two fingers", () => {
    for (const [type, id, x] of [["pointerdown", 1, 300], ["pointerdown", 2, 500], ["pointermove", 2, 650], ["pointerup", 1, 300], ["pointerup", 2, 650]]) pointer(type, x, 400, { pointerId: id, pointerType: "touch" });
  });
  await changes("reset", () => key("r"));
  for (const k of "xzc") await changes(`key ${k}`, () => key(k));
  await changes("marks or diameters", () => { if (data.marks.length) { key("m"); return; } const w = document.getElementById("width"); w.value = "4"; w.dispatchEvent(new Event("change")); });
  if (data.marks.length) key("m");
  // The middle of the tree is found by looking where it is drawn.
  key("n"); await frame();
  if (!state.chosen.startsWith("branch 0")) wrong.push("next branch");
  key("Escape"); key("m"); await frame();
  let hits = 0;
  for (let y = 60; y < innerHeight - 60 && hits < 3; y += 7) for (let x = 100; x < innerWidth - 300 && hits < 3; x += 7) {
    pointer("pointerdown", x, y); pointer("pointerup", x, y);
    if (state.chosen) { hits++; if (document.querySelectorAll("#chosen tr").length < 10) wrong.push("rows"); }
  }
  if (hits === 0) wrong.push("click");
  key("m");
  if (timed) {
    const q = document.getElementById("quantity"), all = [...q.options].map((o) => o.textContent);
    const found = data.quantities.reduce((m, o) => (o.compartments.length > m.compartments.length ? o : m));
    q.value = [...q.options].findIndex((o) => o.textContent.startsWith(found.name)); q.dispatchEvent(new Event("change"));
    const slider = document.getElementById("frame"), before = document.getElementById("now").textContent;
    await changes("time", () => { slider.value = Math.round(data.times.length / 2); slider.dispatchEvent(new Event("input")); });
    if (document.getElementById("now").textContent === before) wrong.push("clock");
    key("."); key(",");
    const shown = document.getElementById("now").textContent;
    document.getElementById("play").click();
    await new Promise((done) => setTimeout(done, 1500));
    document.getElementById("play").click();
    if (document.getElementById("now").textContent === shown) wrong.push("play");
  }
  key("h"); if (!document.getElementById("help").open) wrong.push("help"); document.getElementById("help").close();
  wrong.push(...failures);
  document.title = wrong.length ? `view FAILS: ${wrong.join(", ")}` : `view works: ${data.segments.branch.length} segments, ${data.quantities.length} quantities at ${data.times.length} times`;
})().catch((e) => { document.title = `view FAILS: ${e}`; });
</script>"""
at = text.index("<script>\n\"use strict\"")
text = text[:at] + listener + text[at:].replace("</body>", use + "</body>")
open(sys.argv[2], "w", encoding="utf-8").write(text)
PYTHON
browser() { timeout 90 chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr --window-size=1200,800 --virtual-time-budget=20000 "$@" 2> "$work/log"; }
chromium --headless --no-sandbox --disable-gpu --window-size=1200,800 --screenshot="$shot" "file://$page" > /dev/null 2>&1
browser --dump-dom "file://$work/page.html" | grep -o '<title>view [^<]*' | tail -1 | tee "$work/verdict"
# The browser's advice on reading pixels is about this check.
if grep 'CONSOLE' "$work/log" | grep -v getImageData; then exit 1; fi
grep -q works "$work/verdict"
