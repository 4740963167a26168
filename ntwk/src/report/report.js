"use strict";
// Zoom by changing the part of each figure that is shown: its viewBox.
for (const svg of document.querySelectorAll("figure svg")) {
  const all = svg.viewBox.baseVal;
  const home = [all.x, all.y, all.width, all.height];
  let view = home.slice();
  const show = () => svg.setAttribute("viewBox", view.join(" "));
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [u, v] = at(event);
    const scale = Math.min(Math.exp(0.002 * event.deltaY), home[2] / view[2]);
    view = [view[0] + u * view[2] * (1 - scale), view[1] + v * view[3] * (1 - scale), view[2] * scale, view[3] * scale];
    show();
  }, { passive: false });
  let last = null;
  svg.addEventListener("pointerdown", (event) => { last = at(event); svg.setPointerCapture(event.pointerId); });
  svg.addEventListener("pointerup", () => { last = null; });
  svg.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const now = at(event);
    view[0] -= (now[0] - last[0]) * view[2];
    view[1] -= (now[1] - last[1]) * view[3];
    last = now;
    show();
  });
  svg.addEventListener("dblclick", () => { view = home.slice(); show(); });
}
document.documentElement.dataset.figures = String(document.querySelectorAll("figure svg").length);
