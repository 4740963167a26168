"""Times two builds of ntwk in turn on one model, and prints the table of their ratios.

    python validation/peers/two_binaries.py BEFORE AFTER [--model examples/microcircuit/model.toml] [--threads 1] [--duration 300]

Every round runs each program twice: to 2 ms, which is little more than building, and to the full duration. The time loop is what
the long run takes more. Times are the least of the rounds: CPU time, which other processes of the machine disturb least (of one
thread; several spin while they wait for each other), and wall time as the program reports it. Memory is what the process holds
in the time loop (median), and the most it ever held. Spikes must be the same unless `--other-spikes` is given.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

from side_by_side import ROOT, machine

SHORT = 2.0  # ms
EVERY = 0.05  # s


def held(process, samples):
    """Appends the resident memory (bytes) of a process every `EVERY` seconds until it ends."""
    path = pathlib.Path(f'/proc/{process.pid}/status')
    while process.returncode is None:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            return
        samples.extend(1024 * int(line.split()[1]) for line in lines if line.startswith('VmRSS'))
        time.sleep(EVERY)


def run(program, model, threads, duration, settings):
    """CPU seconds, memory and what the program tells of one run to `duration` (ms)."""
    with tempfile.TemporaryDirectory() as directory:
        command = [program, 'run', model, '--threads', str(threads), '--out', directory, '--no-figures', '--quiet',
                   '--set', f'simulation.t_stop={duration} ms', *(part for s in settings for part in ('--set', s))]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        samples = []
        watcher = threading.Thread(target=held, args=(process, samples))
        watcher.start()
        message = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
        if process.returncode != 0:
            raise SystemExit(f'{program} ended with code {process.returncode}: {message.strip()[-500:]}')
        told = json.loads((pathlib.Path(directory) / 'summary.json').read_text())
    # Those of the time loop; freeing it all at the end takes a while too.
    of_loop = samples[-max(int(told['seconds']['simulate'] / EVERY), 1):]
    return dict(cpu=usage.ru_utime + usage.ru_stime, peak=1024 * usage.ru_maxrss, held=statistics.median(of_loop),
                build=told['seconds']['build'], simulate=told['seconds']['simulate'], synapses=told['synapses'],
                spikes=[p['spikes'] for p in told['populations']])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('before', type=pathlib.Path, help='the program to compare with')
    parser.add_argument('after', type=pathlib.Path, help='the program to judge')
    parser.add_argument('--model', type=pathlib.Path, default=ROOT / 'examples/microcircuit/model.toml')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--duration', type=float, default=300.0, help='simulated time (ms)')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--set', action='append', default=[], help='a key of the model, as in ntwk run')
    parser.add_argument('--other-spikes', action='store_true', help='the programs draw other numbers')
    parser.add_argument('--json', type=pathlib.Path, help='also write the runs here')
    arguments = parser.parse_args()

    runs = {name: {'short': [], 'long': []} for name in ('before', 'after')}
    for _ in range(arguments.rounds):
        for length, duration in (('short', SHORT), ('long', arguments.duration)):
            for name, lengths in runs.items():
                program = getattr(arguments, name).resolve()
                lengths[length].append(run(program, arguments.model, arguments.threads, duration, arguments.set))
    before, after = runs['before'], runs['after']
    spikes = {tuple(r['spikes']) for lengths in runs.values() for r in lengths['long']}
    assert arguments.other_spikes or len(spikes) == 1, f'the programs differ in their spikes: {spikes}'

    least = lambda lengths, length, key: min(r[key] for r in lengths[length])
    rows = [
        ('time loop, CPU s', lambda r: least(r, 'long', 'cpu') - least(r, 'short', 'cpu')),
        ('time loop, wall s', lambda r: least(r, 'long', 'simulate')),
        ('build and start, CPU s', lambda r: least(r, 'short', 'cpu')),
        ('build, wall s', lambda r: min(least(r, length, 'build') for length in r)),
        ('bytes per synapse, all included', lambda r: least(r, 'long', 'held') / max(r['long'][0]['synapses'], 1)),
        ('bytes per synapse, peak', lambda r: least(r, 'long', 'peak') / max(r['long'][0]['synapses'], 1)),
    ]
    print(f'{arguments.model}, {arguments.duration:g} ms, threads: {arguments.threads}, least of {arguments.rounds} rounds')
    print(f'machine: {machine()}; synapses: {after["long"][0]["synapses"]}')
    print('| | before | after | before / after |\n|---|---|---|---|')
    for what, value in rows:
        old, new = value(before), value(after)
        print(f'| {what} | {old:.3f} | {new:.3f} | {f"{old / new:.2f}" if new > 0 else "-"} |')
    if arguments.json:
        arguments.json.write_text(json.dumps(runs, indent=1) + '\n')


if __name__ == '__main__':
    main()
