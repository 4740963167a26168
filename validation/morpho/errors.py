"""Table of the errors that the tests reach, beside the tolerances they hold; written into README.md between its two markers.

usage: python errors.py [FOLDER]          (FOLDER: the reconstructions, see README.md; without it their rows are left out)

Every check prints one line through `reached` of tests/common. Rows that differ only in a frequency, an interval or a step of the
same study are joined, with the largest error.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "README.md")
JOIN = [
    (r" at [\d.]+ ?Hz", ", all frequencies"),
    (r"^(IN|OUT|SYNC), [\d.]+ ms", r"\1, all intervals"),
    (r", [\d.e-]+ to [\d.e-]+( mV)?$", ", each halving"),
]


def main():
    environment = dict(os.environ)
    if len(sys.argv) > 1:
        environment["NTWK_MORPHOLOGIES"] = os.path.abspath(sys.argv[1])
    command = ["cargo", "test", "--workspace", "--test", "cable", "--", "--nocapture", "--test-threads=1"]
    done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    rows = {}
    for line in re.findall(r"reached \| (.*)", done.stderr + done.stdout):
        file, what, error, tolerance, unit = (part.strip() for part in line.split(" | "))
        for pattern, replacement in JOIN:
            what = re.sub(pattern, replacement, what)
        key = (file, what, tolerance, unit)
        rows[key] = max(rows.get(key, 0.0), float(error))
    lines = ["| numbers | what | error reached | tolerance | unit |", "|---|---|---|---|---|"]
    for (file, what, tolerance, unit), error in sorted(rows.items(), key=lambda r: r[0][0]):
        lines.append(f"| {file} | {what} | {error:.1e} | {tolerance} | {unit} |")
    with open(README) as f:
        text = f.read()
    begin, end = "<!-- errors -->", "<!-- end of errors -->"
    before, after = text.split(begin)[0], text.split(end)[1]
    with open(README, "w") as f:
        f.write(before + begin + "\n" + "\n".join(lines) + "\n" + end + after)


main()
