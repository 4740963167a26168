"""The network of examples/decision in Brian2: rates of the populations, and the seconds of its time loop.

    python validation/equations/decision.py [numpy|cpp_standalone]

NMDA gates are those of the source neurons; their sums over a population are made once per step, as ntwk does.
"""

import sys
import tempfile
import time

from brian2 import *  # noqa: F403

target = sys.argv[1] if len(sys.argv) > 1 else "cpp_standalone"
if target == "cpp_standalone":
    set_device("cpp_standalone", build_on_run=False)
    prefs.codegen.cpp.extra_compile_args_gcc = ["-O3", "-march=native", "-ffast-math"]
else:
    prefs.codegen.target = "numpy"
seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
defaultclock.dt = 0.1 * ms
sizes = {"A": 240, "B": 240, "N": 1120, "I": 400}
equations = """
dV/dt = (g_L*(-70*mV - V) - I_all)/C : volt (unless refractory)
I_all = (g_ext + g_ampa)*V + g_gaba*(V + 70*mV) + g_nmda*S/(1 + exp(-0.062*V/mV)/3.57)*V : amp
dg_ext/dt = -g_ext/(2*ms) : siemens
dg_ampa/dt = -g_ampa/(2*ms) : siemens
dg_gaba/dt = -g_gaba/(5*ms) : siemens
S : 1
ds/dt = -s/(100*ms) + 0.5/ms*x*(1 - s) : 1
dx/dt = -x/(2*ms) : 1
"""
groups, constants = {}, {}
for name, size in sizes.items():
    inhibitory = name == "I"
    constants[name] = dict(
        C=0.2 * nF if inhibitory else 0.5 * nF,
        g_L=20 * nS if inhibitory else 25 * nS,
        g_nmda=0.13 * nS if inhibitory else 0.165 * nS,
    )
    groups[name] = NeuronGroup(
        size, equations, threshold="V > -50*mV", reset="V = -55*mV",
        refractory=1 * ms if inhibitory else 2 * ms, method="euler", namespace=constants[name], name=name,
    )
    groups[name].V = -70 * mV
net = Network(*groups.values())
plus = 1.7
minus = 1 - 0.15 * (plus - 1) / (1 - 0.15)


def weight(source, to):
    if to in ("N", "I"):
        return 1.0
    return plus if source == to else minus


for source, sender in groups.items():
    for to, receiver in groups.items():
        if source == "I":
            step = 1.0 if to == "I" else 1.3
            synapses = Synapses(sender, receiver, on_pre=f"g_gaba_post += {step}*nS", delay=0.5 * ms)
        else:
            step = (0.04 if to == "I" else 0.05) * weight(source, to)
            synapses = Synapses(sender, receiver, on_pre=f"g_ampa_post += {step}*nS", delay=0.5 * ms)
        synapses.connect("i != j" if source == to else True)
        net.add(synapses)
    if source != "I":
        opening = Synapses(sender, sender, on_pre="x_post += 1", delay=0.5 * ms)
        opening.connect("i == j")
        net.add(opening)
# Sums over populations, once per step.
for to, receiver in groups.items():
    receiver.S = 0
sums = {}
for source in ("A", "B", "N"):
    total = NeuronGroup(1, "total : 1", name=f"sum_{source}")
    adding = Synapses(groups[source], total, "total_post = s_pre : 1 (summed)")
    adding.connect()
    net.add(total, adding)
    sums[source] = total
for to, receiver in groups.items():
    terms = " + ".join(f"{weight(source, to)}*total_{source}" for source in sums)
    receiver.variables.add_reference("total_A", sums["A"], "total", index="0")
    receiver.variables.add_reference("total_B", sums["B"], "total", index="0")
    receiver.variables.add_reference("total_N", sums["N"], "total", index="0")
    own = "" if to == "I" else f" - {weight(to, to)}*s"
    receiver.run_regularly(f"S = {terms}{own}", when="start", dt=0.1 * ms)
for name, group in groups.items():
    net.add(PoissonInput(group, "g_ext", 800, 3 * Hz, (1.62 if name == "I" else 2.1) * nS))
stimulus = TimedArray([0, 45.12, 45.12, 0, 0] * Hz, dt=500 * ms)
other = TimedArray([0, 34.88, 34.88, 0, 0] * Hz, dt=500 * ms)
for name, rates in (("A", "stimulus(t)"), ("B", "other(t)")):
    source = PoissonGroup(240, rates=rates)
    link = Synapses(source, groups[name], on_pre="g_ext_post += 2.1*nS")
    link.connect("i == j")
    net.add(source, link)
spikes = {name: SpikeMonitor(group) for name, group in groups.items()}
net.add(*spikes.values())
net.run(2500 * ms)
started = time.time()
if target == "cpp_standalone":
    device.build(directory=tempfile.mkdtemp(), compile=True, run=True, debug=False)
    print("time loop (s):", device._last_run_time)
print("seconds:", time.time() - started)
for name, monitor in spikes.items():
    t = monitor.t / ms
    windows = [((t >= a) & (t < b)).sum() / sizes[name] / (b - a) * 1000 for a, b in ((250, 500), (1250, 1500), (2000, 2500))]
    print(name, *(f"{rate:.2f}" for rate in windows))
