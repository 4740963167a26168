"""Times the scan of a single cell's transfer function in numba and in ntwk, one after the other on the same machine.

    pip install numba
    cargo build --release
    python validation/peers/tf_scan.py [--ntwk target/release/ntwk] [--repeats 5] [--threads 2] [--json times.json]

A conductance-based leaky integrate-and-fire cell with 80 excitatory (1 nS) and 20 inhibitory (10 nS) synapses, 20 x 10
presynaptic rates, 10 s of counted time per point, dt 0.1 ms. numba runs the loop a physicist would write, one cell per
point, with Poisson numbers drawn in every step, compiled beforehand and in parallel over points. ntwk runs 16 cells of
625 ms per point after 50 ms of settling (8 % more work than is counted) and measures V_m as well. Runs alternate, so that
a change of the machine's load meets both. What is compared is the time of the scan itself; that of the whole ntwk command
(reading the model, writing the files) is printed beside it.

The rates differ by up to a few percent: besides statistics, the loop decays its conductances by exp(-dt/tau) and lets an
event act in its own step, which makes the mean conductance 1 % larger than that of Euler's rule with events in the next step.
"""
import argparse
import csv
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import tempfile
import time

import numba
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXC, INH = np.linspace(0, 50, 20), np.linspace(1, 50, 10)  # Hz
DURATION, DT = 10_000.0, 0.1  # ms

MODEL = """
[simulation]
t_stop = "1 s"
dt = "0.1 ms"
seed = 1
[receptors]
exc = { E_rev = "0 mV", tau_syn = "5 ms" }
inh = { E_rev = "-80 mV", tau_syn = "5 ms" }
[populations.Cell]
size = 1
cell = { model = "LIF", C_m = "200 pF", g_L = "10 nS", E_L = "-60 mV", V_th = "-50 mV", V_reset = "-60 mV", t_ref = "3 ms" }
[afferents.Exc]
size = 80
rate = "10 Hz"
[afferents.Inh]
size = 20
rate = "10 Hz"
[[projections]]
source = "Exc"
target = "Cell"
receptor = "exc"
weight = "1 nS"
connection = { rule = "all_to_all" }
[[projections]]
source = "Inh"
target = "Cell"
receptor = "inh"
weight = "10 nS"
connection = { rule = "all_to_all" }
[theory.scan]
neurons = 16
settle = "50 ms"
duration = "625 ms"
"""


@numba.njit(fastmath=True)
def rate_of_cell(exc, inh, seed):
    """Rate (Hz) of one cell under 80 and 20 Poisson trains of `exc` and `inh` Hz."""
    np.random.seed(seed)
    g_exc = g_inh = 0.0
    v, free, spikes = -60.0, 0, 0
    decay = np.exp(-DT / 5.0)
    mean_exc, mean_inh = 80 * exc * 1e-3 * DT, 20 * inh * 1e-3 * DT
    for step in range(int(DURATION / DT)):
        g_exc = g_exc * decay + 1.0 * np.random.poisson(mean_exc)
        g_inh = g_inh * decay + 10.0 * np.random.poisson(mean_inh)
        if step >= free:
            v += DT / 200.0 * (10.0 * (-60.0 - v) + g_exc * (0.0 - v) + g_inh * (-80.0 - v))
            if v > -50.0:
                v, free, spikes = -60.0, step + 30, spikes + 1
    return 1e3 * spikes / DURATION


@numba.njit(parallel=True)
def numba_scan(exc, inh):
    rates = np.zeros((exc.size, inh.size))
    for k in numba.prange(exc.size * inh.size):
        rates[k // inh.size, k % inh.size] = rate_of_cell(exc[k // inh.size], inh[k % inh.size], k + 1)
    return rates


def ntwk_scan(program, threads, folder):
    """Seconds of the scan, seconds of the command, rates."""
    model = folder / 'model.toml'
    model.write_text(MODEL)
    command = [program, 'tf', 'scan', model, '--design', 'grid', '--rate', 'exc=0..50:20', '--rate', 'inh=1..50:10',
               '--threads', str(threads), '--out', folder, '--fresh', '-q']
    start = time.perf_counter()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    command_seconds = time.perf_counter() - start
    scan_seconds = float(re.search(r'measured in ([0-9.]+) s', said).group(1))
    with open(folder / 'scan_Cell.csv') as file:
        rows = list(csv.DictReader(file))
    return scan_seconds, command_seconds, np.array([float(r['rate_Hz']) for r in rows]).reshape(EXC.size, INH.size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--ntwk', default=ROOT / 'target/release/ntwk')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--json', type=pathlib.Path)
    args = parser.parse_args()
    numba.set_num_threads(args.threads)
    numba_scan(EXC[:1], INH[:1])  # compiles
    times = {'numba': [], 'ntwk scan': [], 'ntwk command': []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.repeats):
            start = time.perf_counter()
            expected = numba_scan(EXC, INH)
            times['numba'].append(time.perf_counter() - start)
            scan, command, found = ntwk_scan(args.ntwk, args.threads, pathlib.Path(folder))
            times['ntwk scan'].append(scan)
            times['ntwk command'].append(command)
    difference = np.abs(found - expected)
    version = subprocess.run([args.ntwk, '--version'], capture_output=True, text=True).stdout.strip()
    cpu = next((l.split(':')[1].strip() for l in open('/proc/cpuinfo') if l.startswith('model name')), platform.processor())
    print(f'{version}, numba {numba.__version__}, numpy {np.__version__}; {cpu}, {args.threads} threads, '
          f'load average {os.getloadavg()[0]:.1f}')
    for name, seconds in times.items():
        print(f'{name:13} best {min(seconds):.3f} s, median {statistics.median(seconds):.3f} s of {args.repeats}')
    best = min(times['numba']) / min(times['ntwk scan'])
    median = statistics.median(times['numba']) / statistics.median(times['ntwk scan'])
    print(f'ratio of the scans: best {best:.1f}, median {median:.1f}')
    print(f'rates differ by {difference.max():.2f} Hz at most, {difference.mean():.2f} Hz on average '
          f'(up to {expected.max():.0f} Hz)')
    if args.json:
        result = {'ntwk': version, 'numba': numba.__version__, 'cpu': cpu, 'threads': args.threads, 'seconds': times,
                  'ratio_of_best': best, 'ratio_of_medians': median,
                  'largest_rate_difference_Hz': float(difference.max())}
        args.json.write_text(json.dumps(result, indent=1) + '\n')


if __name__ == '__main__':
    main()
