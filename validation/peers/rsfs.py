"""Times the RS-FS network in Brian2 (C++ standalone) and in ntwk, one after the other on the same machine.

    cargo build --release
    python validation/peers/rsfs.py [--ntwk target/release/ntwk] [--model examples/rs-fs/model.toml] [--repeats 3]

4000 RS and 1000 FS AdEx cells, 5 % connectivity, 200 afferents of 1 nS per neuron whose rate is
4 + 4 exp(-(t - centre)^2 / (2 (100 ms)^2)) Hz, dt 0.1 ms, one thread. Duration and centre are those of the model file (1500
and 1000 ms if there is none). The runs of the two programs alternate, so that a change of the machine's load meets both.
What each row means is in README.md.
"""
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
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
N_EXC, N_INH, P_CONNECT, AFFERENTS = 4000, 1000, 0.05, 200
DURATION, CENTRE, DT, T_REF = 1500.0, 1000.0, 0.1, 5.0  # ms; the first two when the model file does not say
COUNT_FROM, COUNT_TO = 300.0, 600.0  # ms: before the Gaussian, where the rates of the two programs must agree
FLAGS = ['-w', '-O3', '-march=native', '-ffast-math', '-std=c++17']


def duration_and_centre(path):
    """Duration and centre of the Gaussian (ms) in the model file, so that both programs do the same work."""
    if not path.is_file():
        return DURATION, CENTRE
    model = tomllib.loads(path.read_text())
    number = lambda value: float(str(value).removesuffix('ms'))
    rate = model.get('afferents', {}).get('AffExc', {}).get('rate', {})
    return number(model.get('simulation', {}).get('t_stop', DURATION)), number(rate.get('center', CENTRE))


def brian2_network(duration, centre):
    """The network and its two spike monitors."""
    import brian2 as b2
    from brian2 import Hz, ms, mV, nS, pA, pF

    def population(size, Delta_T, b):
        group = b2.NeuronGroup(size, '''
            dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_th)/Delta_T) + g_exc*(E_exc - v) + g_inh*(E_inh - v) - w)/C_m : volt (unless refractory)
            dw/dt = -w/tau_w : amp
            dg_exc/dt = -g_exc/tau_syn : siemens
            dg_inh/dt = -g_inh/tau_syn : siemens''',
            threshold='v > V_spike', reset='v = E_L; w += b', refractory=T_REF * ms, method='euler',
            namespace=dict(C_m=200 * pF, g_L=10 * nS, E_L=-70 * mV, V_th=-50 * mV, Delta_T=Delta_T, b=b, tau_w=500 * ms,
                           tau_syn=5 * ms, E_exc=0 * mV, E_inh=-80 * mV, V_spike=-50 * mV + 5 * Delta_T))
        group.v = -70 * mV
        return group

    exc, inh = population(N_EXC, 2 * mV, 40 * pA), population(N_INH, 0.5 * mV, 0 * pA)
    objects = [exc, inh]
    for source, column, weight in ((exc, 'g_exc', 1 * nS), (inh, 'g_inh', 4 * nS)):
        for target in (exc, inh):
            projection = b2.Synapses(source, target, on_pre=f'{column}_post += weight', namespace={'weight': weight})
            projection.connect(p=P_CONNECT)
            objects.append(projection)
    t = b2.arange(round(duration / DT)) * DT
    rate = b2.TimedArray((4 + 4 * b2.exp(-(t - centre)**2 / (2 * 100**2))) * Hz, dt=DT * ms)
    for target in (exc, inh):
        afferent = b2.PoissonGroup(target.N, rates='afferents*rate(t)', namespace={'rate': rate, 'afferents': AFFERENTS})
        events = b2.Synapses(afferent, target, on_pre='g_exc_post += weight', namespace={'weight': 1 * nS})
        events.connect(j='i')
        objects += [afferent, events]
    spikes = {'RecExc': b2.SpikeMonitor(exc), 'RecInh': b2.SpikeMonitor(inh)}
    voltage = b2.StateMonitor(exc, 'v', record=range(4))
    return b2.Network(objects, *spikes.values(), voltage), spikes


def timed(program):
    """What `program()` returns, with the wall and the CPU seconds of the processes it started and waited for."""
    cpu = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    wall_before, cpu_before = time.perf_counter(), cpu()
    result = program()
    return result, {'whole': time.perf_counter() - wall_before, 'cpu': cpu() - cpu_before}


class Brian2Standalone:
    """Brian2's generated C++ program: built once, run as often as asked."""

    def __init__(self, directory, duration, centre):
        import brian2 as b2
        self.b2, self.directory = b2, directory
        b2.BrianLogger.log_level_error()
        b2.set_device('cpp_standalone', build_on_run=False)
        b2.prefs.devices.cpp_standalone.openmp_threads = 0
        b2.prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
        b2.defaultclock.dt = DT * b2.ms
        b2.seed(3)
        started = time.perf_counter()
        network, self.spikes = brian2_network(duration, centre)
        network.run(duration * b2.ms)
        b2.device.build(directory=directory, compile=True, run=False, debug=False)
        self.build_seconds = time.perf_counter() - started

    def run(self):
        """Seconds of the whole program (wall, CPU) and of its time loop alone (wall)."""
        _, seconds = timed(lambda: self.b2.device.run(directory=self.directory, results_directory='results',
                                                      with_output=False, run_args=[]))
        loop = float((pathlib.Path(self.directory) / 'results' / 'last_run_info.txt').read_text().split()[0])
        return dict(seconds, simulate=loop)

    def rates(self):
        """Rates (Hz) in the counting window of the last run."""
        size = {'RecExc': N_EXC, 'RecInh': N_INH}
        out = {}
        for name, monitor in self.spikes.items():
            t = monitor.t / self.b2.ms
            out[name] = float(((t >= COUNT_FROM) & (t < COUNT_TO)).sum()) / size[name] / (COUNT_TO - COUNT_FROM) * 1e3
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
        """Seconds of the command (wall, CPU) and of the parts it reports itself (wall); None when it cannot be run."""
        if not (self.program.is_file() and self.model.is_file()):
            return None
        with tempfile.TemporaryDirectory() as directory:
            command = [self.program, 'run', self.model, '--threads', str(self.threads), '--out', directory]
            done, seconds = timed(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
            if done.returncode != 0:
                print(f'ntwk ended with code {done.returncode}: {done.stderr.strip()[-500:]}')
                return None
            summary = pathlib.Path(directory) / 'summary.json'
            if summary.is_file():
                seconds.update(json.loads(summary.read_text()).get('seconds', {}))
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--ntwk', type=pathlib.Path, default=ROOT / 'target/release/ntwk', help='the program')
    parser.add_argument('--model', type=pathlib.Path, default=ROOT / 'examples/rs-fs/model.toml', help='the model file')
    parser.add_argument('--threads', type=int, default=1, help='threads of ntwk (Brian2 uses one)')
    parser.add_argument('--repeats', type=int, default=3, help='runs of each program')
    parser.add_argument('--json', type=pathlib.Path, help='also write the times here')
    arguments = parser.parse_args()

    directory = tempfile.mkdtemp()
    try:
        ntwk = Ntwk(arguments.ntwk.resolve(), arguments.model.resolve(), arguments.threads)
        duration, centre = duration_and_centre(arguments.model)
        brian2 = Brian2Standalone(directory, duration, centre)
        brian2_runs, ntwk_runs = [], []
        for _ in range(arguments.repeats):
            brian2_runs.append(brian2.run())
            ntwk_runs.append(ntwk.run())
        rows = table(brian2, brian2_runs, ntwk_runs)
        rates = brian2.rates()
    finally:
        shutil.rmtree(directory)

    compiler = subprocess.run(['g++', '--version'], capture_output=True, text=True, check=False).stdout.split('\n')[0]
    versions = {'Brian2': f'{brian2.b2.__version__} C++ standalone, {compiler}, {" ".join(FLAGS)}', 'ntwk': ntwk.version(),
                'machine': machine()}
    for name, version in versions.items():
        print(f'{name}: {version}')
    print(f'Brian2 rates {COUNT_FROM:.0f}-{COUNT_TO:.0f} ms: ' + ', '.join(f'{n} {r:.2f} Hz' for n, r in rates.items()))
    seconds = lambda value: '-' if value is None else f'{value:.3f}'
    print(f'\n{duration:g} ms of model time, Gaussian at {centre:g} ms; median of {arguments.repeats} runs, seconds')
    print('| part | Brian2 | ntwk | Brian2 / ntwk |\n|---|---|---|---|')
    for part, peer, own in rows:
        print(f'| {part} | {seconds(peer)} | {seconds(own)} | {f"{peer / own:.1f}" if peer and own else "-"} |')
    if arguments.json:
        arguments.json.write_text(json.dumps(dict(versions=versions, duration_ms=duration, brian2_runs=brian2_runs, ntwk_runs=ntwk_runs,
                                                  brian2_build=brian2.build_seconds, brian2_rates_hz=rates), indent=1) + '\n')


if __name__ == '__main__':
    main()
