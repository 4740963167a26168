"""Brian2 (C++ standalone) and ntwk in turn on one network, and the table of their times: what rsfs.py and coba.py share."""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DT = 0.1  # ms
FLAGS = ['-w', '-O3', '-march=native', '-ffast-math', '-std=c++17']


def timed(program):
    """What `program()` returns, with the wall and the CPU seconds of the processes it started and waited for."""
    cpu = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    wall_before, cpu_before = time.perf_counter(), cpu()
    result = program()
    return result, {'whole': time.perf_counter() - wall_before, 'cpu': cpu() - cpu_before}


class Brian2Standalone:
    """Brian2's generated C++ program: built once, run as often as asked.

    `network()` makes the network, its spike monitors by population, and the sizes of these populations.
    """

    def __init__(self, directory, network, duration):
        import brian2 as b2
        self.b2, self.directory = b2, directory
        b2.BrianLogger.log_level_error()
        b2.set_device('cpp_standalone', build_on_run=False)
        b2.prefs.devices.cpp_standalone.openmp_threads = 0
        b2.prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
        b2.defaultclock.dt = DT * b2.ms
        b2.seed(3)
        started = time.perf_counter()
        objects, self.spikes, self.sizes = network()
        objects.run(duration * b2.ms)
        b2.device.build(directory=directory, compile=True, run=False, debug=False)
        self.build_seconds = time.perf_counter() - started

    def run(self):
        """Seconds of the whole program (wall, CPU) and of its time loop alone (wall)."""
        _, seconds = timed(lambda: self.b2.device.run(directory=self.directory, results_directory='results',
                                                      with_output=False, run_args=[]))
        loop = float((pathlib.Path(self.directory) / 'results' / 'last_run_info.txt').read_text().split()[0])
        return dict(seconds, simulate=loop)

    def rates(self, count_from, count_to):
        """Rates (Hz) of the last run between two times (ms)."""
        out = {}
        for name, monitor in self.spikes.items():
            t = monitor.t / self.b2.ms
            out[name] = float(((t >= count_from) & (t < count_to)).sum()) / self.sizes[name] / (count_to - count_from) * 1e3
        return out


class Ntwk:
    """The `ntwk run` command."""

    def __init__(self, program, model, threads):
        self.program, self.model, self.threads = program, model, threads

    def version(self):
        """What `ntwk --version` says, or why it cannot be run."""
        if not self.program.is_file():
            return f'not found: {self.program}'
        if not self.model.is_file():
            return f'model not found: {self.model}'
        done = subprocess.run([self.program, '--version'], capture_output=True, text=True, check=False)
        return done.stdout.strip() or 'version unknown'

    def run(self):
        """Seconds of the command (wall, CPU) and of the parts it reports itself (wall), and its populations' spikes;
        None when it cannot be run."""
        if not (self.program.is_file() and self.model.is_file()):
            return None
        with tempfile.TemporaryDirectory() as directory:
            command = [self.program, 'run', self.model, '--threads', str(self.threads), '--out', directory,
                       '--no-figures']
            done, seconds = timed(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
            if done.returncode != 0:
                print(f'ntwk ended with code {done.returncode}: {done.stderr.strip()[-500:]}')
                return None
            summary = pathlib.Path(directory) / 'summary.json'
            if summary.is_file():
                told = json.loads(summary.read_text())
                seconds.update(told.get('seconds', {}), populations=told.get('populations', []))
            return seconds


def machine():
    """CPU model, number of CPUs and load average: what the times depend on."""
    model = next((line.split(':', 1)[1].strip() for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines()
                  if line.startswith('model name')), 'unknown') if os.path.exists('/proc/cpuinfo') else 'unknown'
    return f'{model}, {os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f}'


def median(runs, key):
    """Median over runs of one part, or None when no run reported it."""
    values = [r[key] for r in runs if r and key in r]
    return statistics.median(values) if values else None


def table(brian2, brian2_runs, ntwk_runs):
    """Rows (part, Brian2 seconds, ntwk seconds)."""
    return [('compile (once per model)', brian2.build_seconds, 0.0 if any(ntwk_runs) else None),
            ('whole program', median(brian2_runs, 'whole'), median(ntwk_runs, 'whole')),
            ('whole program, CPU time', median(brian2_runs, 'cpu'), median(ntwk_runs, 'cpu')),
            ('network construction', None, median(ntwk_runs, 'build')),
            ('time loop', median(brian2_runs, 'simulate'), median(ntwk_runs, 'simulate'))]


def arguments_of(description, model):
    """The command line that the scripts share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--ntwk', type=pathlib.Path, default=ROOT / 'target/release/ntwk', help='the program')
    parser.add_argument('--model', type=pathlib.Path, default=ROOT / model, help='the model file')
    parser.add_argument('--threads', type=int, default=1, help='threads of ntwk (Brian2 uses one)')
    parser.add_argument('--repeats', type=int, default=3, help='runs of each program')
    parser.add_argument('--json', type=pathlib.Path, help='also write the times here')
    return parser.parse_args()


def compare(arguments, network, duration, window, what):
    """Runs both in turn, prints versions, rates in `window` (ms) and the table of `what`."""
    directory = tempfile.mkdtemp()
    try:
        ntwk = Ntwk(arguments.ntwk.resolve(), arguments.model.resolve(), arguments.threads)
        brian2 = Brian2Standalone(directory, network, duration)
        brian2_runs, ntwk_runs = [], []
        for _ in range(arguments.repeats):
            brian2_runs.append(brian2.run())
            ntwk_runs.append(ntwk.run())
        rows = table(brian2, brian2_runs, ntwk_runs)
        rates = brian2.rates(*window)
    finally:
        shutil.rmtree(directory)

    compiler = subprocess.run(['g++', '--version'], capture_output=True, text=True, check=False).stdout.split('\n')[0]
    versions = {'Brian2': f'{brian2.b2.__version__} C++ standalone, {compiler}, {" ".join(FLAGS)}', 'ntwk': ntwk.version(),
                'machine': machine()}
    for name, version in versions.items():
        print(f'{name}: {version}')
    print(f'Brian2 rates {window[0]:.0f}-{window[1]:.0f} ms: ' + ', '.join(f'{n} {r:.2f} Hz' for n, r in rates.items()))
    seconds = lambda value: '-' if value is None else f'{value:.3f}'
    print(f'\n{what}; median of {arguments.repeats} runs, seconds')
    print('| part | Brian2 | ntwk | Brian2 / ntwk |\n|---|---|---|---|')
    for part, peer, own in rows:
        print(f'| {part} | {seconds(peer)} | {seconds(own)} | {f"{peer / own:.1f}" if peer and own else "-"} |')
    if arguments.json:
        arguments.json.write_text(json.dumps(dict(versions=versions, duration_ms=duration, brian2_runs=brian2_runs, ntwk_runs=ntwk_runs,
                                                  brian2_build=brian2.build_seconds, brian2_rates_hz=rates), indent=1) + '\n')
