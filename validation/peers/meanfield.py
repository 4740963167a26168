"""Times mean fields in Python and in ntwk-meanfield, in one run.

    pip install numpy scipy
    cargo build --release -p ntwk-meanfield --example times
    python validation/peers/meanfield.py [--times target/release/examples/times] [--repeats 5] [--threads 2] [--json times.json]
    python validation/peers/meanfield.py --package FOLDER --configuration Spectrum_2018.json --coefficients FOLDER_OF_NPY

With --package (the folder that holds `theory` and `cells` of github.com/yzerlaut/neural_network_dynamics; --configuration is its
flat JSON, --coefficients the folder of its COEFFS_*.npy), its solve_mean_field_first_order integrates its network Spectrum_2018 (31-term thresholds,
odeint, an input sampled every 0.1 ms): 1.5 s, a bump of 6 Hz on 4 Hz; ntwk integrates the same network.

The other system, written here for speed: 8000 regular- and 2000 fast-spiking cells, first order, T = 5 ms, the four-term thresholds that are the example
of ntwk-meanfield. The Python side is written from the equations (Zerlaut et al., J Comput Neurosci 44 (2018); moments of
shot noise in closed form) in scalar floating-point numbers, which is faster here than arrays of length 2, with scipy's erfc;
`odeint` integrates it with its default tolerances, `fsolve` finds the fixed point. Trajectory: 1.5 s every 0.1 ms from
silence, 4 Hz of drive and a Gaussian bump of 4 Hz with an sd of 100 ms at 700 ms. ntwk integrates to tolerances as tight or tighter, and
the peaks are compared before any ratio is printed. The map is 100 x 100 over drive (2 to 12 Hz) and inhibitory weight (3 to
8 nS), every place searched from seven starts; Python is timed on 100 of its places with one start each.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import scipy
from scipy.integrate import odeint
from scipy.optimize import fsolve
from scipy.special import erfc

from side_by_side import ROOT, machine

C_M, G_L, E_L, TAU, T = 200.0, 10.0, -65.0, 5.0, 5.0  # pF, nS, mV, ms, ms
COEFFICIENTS = [(-51.300, 6.6140, 1.5179, 2.9649), (-51.499, 3.0956, 0.18195, -0.16262)]  # mV
TIMES = 0.1 * np.arange(15_001)


def transfer(exc, inh, drive, inhibitory):
    """Rates (Hz) of both populations at rates (Hz) of the recurrent cells and the drive."""
    events = (0.4 * (exc + drive), 0.1 * inh)  # per ms
    q, reversal = (1.0, inhibitory), (0.0, -80.0)
    g = [events[i] * q[i] * TAU for i in (0, 1)]
    mu_g = G_L + g[0] + g[1]
    mu_v = (G_L * E_L + g[0] * reversal[0] + g[1] * reversal[1]) / mu_g
    tau_m = C_M / mu_g
    power = [events[i] * (q[i] / mu_g * (reversal[i] - mu_v) * TAU) ** 2 for i in (0, 1)]
    variance = (power[0] + power[1]) / (2.0 * (tau_m + TAU))
    sigma = math.sqrt(variance + 1e-12)
    tau_v = (power[0] + power[1] + 1e-12) / (2.0 * variance + 1e-12 / (tau_m + TAU))
    m, s, t = (mu_v + 60.0) / 10.0, (sigma - 4.0) / 6.0, tau_v * G_L / C_M - 0.5
    rates = []
    for c in COEFFICIENTS:
        threshold = c[0] + c[1] * m + c[2] * s + c[3] * t
        rates.append(500.0 / tau_v * erfc((threshold - mu_v) / (math.sqrt(2.0) * sigma)))
    return rates


def drive_at(t):
    return 4.0 + 4.0 * math.exp(-0.5 * ((t - 700.0) / 100.0) ** 2)


def field(nu, t):
    f = transfer(max(nu[0], 0.0), max(nu[1], 0.0), drive_at(t), 5.0)
    return [(f[0] - nu[0]) / T, (f[1] - nu[1]) / T]


def fixed_point(drive, inhibitory, start):
    lag = lambda nu: np.subtract(transfer(max(nu[0], 0.0), max(nu[1], 0.0), drive, inhibitory), nu)
    return fsolve(lag, start)


def package_trajectory(package, configuration, coefficients):
    """The trajectory of the Python package: a function that integrates it."""
    import sys
    sys.path.insert(0, str(package))
    if not hasattr(np, 'float'):  # the package names what numpy has removed
        np.float = float
    from theory.mean_field import solve_mean_field_first_order as solve
    model = json.loads(configuration.read_text())
    names = ['RecExc', 'RecInh']
    for name in names:
        model['COEFFS_' + name] = np.load(coefficients / f'COEFFS_{name}.npy')
    dt = 1e-4
    bump = 4.0 + 6.0 * np.exp(-0.5 * ((np.arange(15_000) * dt - 0.7) / 0.1) ** 2)
    inputs = {'AffExc_' + name: bump for name in names}
    system = lambda: {name: {'aff_pops': ['AffExc'], 'x0': 1.0} for name in names}
    return lambda: solve(model, system(), INPUTS=inputs, dt=dt, tstop=1.5, T=5e-3, verbose=False)


def best(work, repeats):
    seconds, result = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), statistics.median(seconds), result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--times', type=pathlib.Path, default=ROOT / 'target/release/examples/times')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--json', type=pathlib.Path)
    for option in ('--package', '--configuration', '--coefficients'):
        parser.add_argument(option, type=pathlib.Path)
    args = parser.parse_args()

    said = subprocess.run([args.times, str(4 * args.repeats), str(args.threads)], check=True, capture_output=True, text=True)
    own = json.loads(said.stdout)
    rates = own['rates_hz']
    point_s, _, point = best(lambda: fixed_point(4.0, 5.0, np.array(rates) * 1.2), args.repeats)
    course_s, course_median, course = best(lambda: odeint(field, [0.0, 0.0], TIMES), args.repeats)
    places = [(2.0 + 10.0 * k / 9, 3.0 + 5.0 * l / 9) for k in range(10) for l in range(10)]
    map_s, _, _ = best(lambda: [fixed_point(a, q, np.array(rates)) for a, q in places], 1)

    peak = float(course[:, 0].max())
    print(f'numpy {np.__version__}, scipy {scipy.__version__}; {machine()}')
    print(f'fixed point: {point[0]:.4f} and {point[1]:.4f} Hz, ntwk {rates[0]:.4f} and {rates[1]:.4f} Hz; '
          f'peak {peak:.4f} Hz, ntwk {own["peak_hz"]:.4f} Hz')
    if not (np.allclose(point, rates, rtol=1e-4) and math.isclose(peak, own['peak_hz'], rel_tol=1e-4)):
        raise SystemExit('the two are not the same system: no ratio')
    rows = [('fixed point, one start', point_s, own['fixed_point_s']),
            ('all fixed points, with their indices', None, own['all_fixed_points_s']),
            ('trajectory, 1.5 s every 0.1 ms', course_s, own['trajectory_s']),
            (f'map of 100 x 100, ntwk all fixed points on {own["map_threads"]} threads', 100.0 * map_s, own['map_s'])]
    if args.package:
        package_s, _, course = best(package_trajectory(args.package, args.configuration, args.coefficients), 2)
        peak = float(course['RecExc'].max())
        print(f'31 terms: peak {peak:.4f} Hz, ntwk {own["terms_peak_hz"]:.4f} Hz')
        if not math.isclose(peak, own['terms_peak_hz'], rel_tol=1e-3):  # its input is held for 0.1 ms
            raise SystemExit('the two are not the same system: no ratio')
        rows.append(('neural_network_dynamics: trajectory, 1.5 s every 0.1 ms (best of 2)', package_s, own['terms_trajectory_s']))
    print(f'\n| best of {args.repeats} (Python), {4 * args.repeats} (ntwk) | Python | ntwk | Python / ntwk |\n|---|---|---|---|')
    for what, peer, ntwk in rows:
        show = lambda x: '-' if x is None else f'{x * 1e3:.4g} ms'
        print(f'| {what} | {show(peer)} | {show(ntwk)} | {"-" if peer is None else f"{peer / ntwk:.0f}"} |')
    if args.json:
        result = dict(ntwk=own, python=dict(fixed_point_s=point_s, trajectory_s=course_s, trajectory_median_s=course_median,
                                            map_extrapolated_s=100.0 * map_s), machine=machine(), load=os.getloadavg())
        args.json.write_text(json.dumps(result, indent=1) + '\n')


if __name__ == '__main__':
    main()
