"""Times the RS-FS network, ten times larger with the same in-degrees, on one thread and on two, in turn.

    cargo build --release
    python validation/peers/threads.py [--ntwk target/release/ntwk] [--model examples/rs-fs/model.toml] [--repeats 3]

The ratio means something only on a machine that does nothing else. Spikes must be the same for any number of threads: the
script fails when a population's number differs.
"""
import pathlib
import re
import statistics
import tempfile
import tomllib

from side_by_side import Ntwk, arguments_of, machine, median

FACTOR, THREADS = 10, (1, 2)


def enlarged(text):
    """The model file with `FACTOR` times as many neurons and the in-degrees it has now."""
    model = tomllib.loads(text)
    sizes = {name: p['size'] for name, p in model['populations'].items()} | {'AffExc': model['afferents']['AffExc']['size']}
    text = re.sub(r'^size = (\d+)$', lambda match: f'size = {FACTOR * int(match[1])}', text, flags=re.M)
    parts = text.split('[[projections]]')
    for i, projection in enumerate(model['projections'], 1):
        percent = float(projection['connection']['probability'].split()[0])
        in_degree = round(sizes[projection['source']] * percent / 100)
        parts[i] = re.sub(r'probability = "[^"]*"', f'in_degree = {in_degree}', parts[i], count=1)
    return '[[projections]]'.join(parts)


def main():
    arguments = arguments_of(__doc__, 'examples/rs-fs/model.toml')
    with tempfile.TemporaryDirectory() as directory:
        model = pathlib.Path(directory) / 'model.toml'
        model.write_text(enlarged(arguments.model.read_text()))
        programs = {n: Ntwk(arguments.ntwk.resolve(), model, n) for n in THREADS}
        runs = {n: [] for n in THREADS}
        for _ in range(arguments.repeats):
            for n, program in programs.items():
                runs[n].append(program.run())
        version = programs[1].version()
    spikes = {tuple(p['spikes'] for p in run['populations']) for n in THREADS for run in runs[n]}
    assert len(spikes) == 1, f'the number of spikes depends on the threads: {spikes}'
    print(f'ntwk: {version}\nmachine: {machine()}\nspikes: {spikes.pop()} with either')
    ratios = [one['simulate'] / two['simulate'] for one, two in zip(*runs.values())]
    for n in THREADS:
        print(f'{n} thread{"s" if n > 1 else ""}: built in {median(runs[n], "build"):.3f} s, time loop {median(runs[n], "simulate"):.3f} s')
    print(f'time loop, 1 thread / 2 threads: {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})')


if __name__ == '__main__':
    main()
