#!/usr/bin/env bash
# Builds the wheel and tests it as users have it: in fresh environments without Rust, on the newest NumPy and on 1.26.
# Needs Rust, Python 3.10 or newer, and the package index. Built with the profile and in the folder of the workspace.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}

"$python" -m venv "$work/build"
"$work/build/bin/pip" install --quiet "maturin>=1.16,<2"
"$work/build/bin/maturin" build --locked --profile "${NTWK_PROFILE:-release}" --out "$work/wheels" --quiet
wheel=$(echo "$work"/wheels/ntwk-*-abi3-*.whl)
cp -r tests "$work/tests"

for numpy in "numpy==1.26.*" "numpy>=2"; do
    "$python" -m venv --clear "$work/fresh"
    extras=(pytest)
    # The newest matplotlib, pandas and xarray want NumPy 2.
    [ "$numpy" = "numpy>=2" ] && extras+=(matplotlib pandas xarray pyright pyNN neo lazyarray joblib dask)
    "$work/fresh/bin/pip" install --quiet "$wheel" "$numpy" "${extras[@]}"
    (cd "$work/tests" && MPLBACKEND=Agg "$work/fresh/bin/python" -m pytest --quiet -p no:cacheprovider .)
done

# The examples of the documentation, and that of the README.
(cd "$work" && "$work/fresh/bin/python" -m pytest --quiet -p no:cacheprovider --doctest-modules --pyargs ntwk)
awk '/^```$/ { inside = 0 } inside { print } /^```python$/ { inside = 1 }' README.md > "$work/readme.py"
(cd "$work" && "$work/fresh/bin/python" readme.py)

# The recipes for joblib and dask.
(
    cd "$work"
    model=$here/../examples/cluster/model.toml
    python=$work/fresh/bin/python
    NTWK="$python -m ntwk" "$python" "$here/../examples/cluster/points_joblib.py" "$model" | wc -l | grep -qx 24
    "$python" "$here/../examples/cluster/shards_dask.py" "$model" "$work/shards" | grep -x "computed: 24" > /dev/null
)

# The documentation: every snippet of its pages runs, every link leads somewhere.
"$work/fresh/bin/pip" install --quiet mkdocs
(cd "$work" && MPLBACKEND=Agg "$work/fresh/bin/python" "$here/site/build.py" "$work/site")

# Types, of the sources: without the installed copy, which would be a second package of the same name.
"$work/fresh/bin/pip" uninstall --quiet --yes ntwk
"$work/fresh/bin/pyright" --pythonpath "$work/fresh/bin/python"
