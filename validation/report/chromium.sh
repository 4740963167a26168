#!/usr/bin/env bash
# Opens a report in headless Chromium, turns the wheel over each figure, and looks whether its view became smaller and a
# double click brought it back:
#
#     validation/report/chromium.sh report.html screenshot.png
#
# Needs chromium (a package of every distribution).
set -euo pipefail
page=$(realpath "$1") shot=$(realpath -m "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$page" "$work/page.html"
cat >> "$work/page.html" <<'SCRIPT'
<script>
const views = [...document.querySelectorAll("figure svg")].map((svg) => {
  const width = () => svg.viewBox.baseVal.width;
  const box = svg.getBoundingClientRect(), home = width();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  svg.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, cancelable: true, ...at }));
  const near = width();
  svg.dispatchEvent(new MouseEvent("dblclick", at));
  return near < 0.6 * home && width() === home;
});
document.title = views.length > 0 && views.every(Boolean) ? `zoom works in ${views.length} figures` : "zoom FAILS";
</script>
SCRIPT
browser() { timeout 60 chromium --headless --no-sandbox --disable-gpu --window-size=1100,2600 "$@" 2> "$work/log"; }
browser --screenshot="$shot" "file://$page" > /dev/null
browser --dump-dom "file://$work/page.html" | grep -o '<title>zoom [^<]*' | tail -1 | tee "$work/verdict"
grep -q works "$work/verdict"
