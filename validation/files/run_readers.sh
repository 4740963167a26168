#!/usr/bin/env bash
# Opens every export with the programs it is meant for, in a Python environment of its own:
#
#     validation/files/run_readers.sh [FOLDER]
#
# FOLDER keeps the environment (default: target/readers), so that a second run installs nothing. Needs Python 3.11
# or later and the package index; the versions are those of requirements.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-target/readers}
here=validation/files
python=$folder/bin/python

[ -x "$python" ] || python3 -m venv "$folder"
"$python" -m pip install --quiet --disable-pip-version-check --requirement $here/requirements.txt

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The sample run of ntwk-io: values known beforehand, restated in readers.py.
cargo run --locked --quiet -p ntwk-io --example write_sample_run -- "$out"
"$python" $here/readers.py "$out"/*.h5 "$out"/*.npz "$out"/*.csv "$out"/*.nwb

# A real run, exported to everything by the command line: all files must tell the same run.
ntwk() { cargo run --release --locked --quiet -p ntwk-cli -- "$@" > "$out/log" || { cat "$out/log"; return 1; }; }
small=(--set populations.RecExc.size=1000 --set populations.RecInh.size=250 --quiet)
ntwk run examples/rs-fs/model.toml "${small[@]}" --out "$out/run"
for format in nwb npz csv flat; do ntwk export "$out/run/results.h5" --to $format -o "$out/run/export.$format"; done
"$python" $here/exports.py "$out/run"

# A sweep, with its labels.
ntwk sweep examples/rs-fs/model.toml "${small[@]}" --vary 'nu:afferents.AffExc.rate=4Hz,8Hz' --repeats 2 \
    --out "$out/scan"
"$python" $here/scan_reader.py "$out/scan/scan.h5"
