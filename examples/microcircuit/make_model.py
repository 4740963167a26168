"""Writes model.toml: the cortical microcircuit of Potjans & Diesmann (2014), Cereb Cortex 24:785, tables 4 and 5.

    python examples/microcircuit/make_model.py > examples/microcircuit/model.toml

The number of synapses of a projection is the paper's eq. 1, K = ln(1 - C) / ln(1 - 1 / (N_post N_pre)), rounded.
"""
import math

NAMES = ['L23E', 'L23I', 'L4E', 'L4I', 'L5E', 'L5I', 'L6E', 'L6I']
SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]
EXTERNAL = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]
PROBABILITY = [  # rows: target, columns: source
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
]
WEIGHT, G = 87.81, -4.0  # pA

print('''title = "Cortical microcircuit"
reference = "Potjans & Diesmann 2014, Cereb Cortex 24:785"
# Written by make_model.py from the tables of the paper.

[simulation]
t_stop = "1100 ms"
dt = "0.1 ms"
seed = 55

[receptors]
syn = { kind = "current", tau_syn = "0.5 ms" }
''')
for name, size in zip(NAMES, SIZES):
    print(f'''[populations.{name}]
size = {size}
cell = {{ preset = "PotjansDiesmann2014" }}
initial = {{ V_m = {{ distribution = "normal", mean = "-58 mV", sd = "10 mV" }} }}
''')
for name, degree in zip(NAMES, EXTERNAL):
    print(f'''[afferents.X{name}]
size = {degree}
rate = "8 Hz"
''')
for name in NAMES:
    print(f'''[[projections]]
source = "X{name}"
target = "{name}"
receptor = "syn"
weight = "{WEIGHT} pA"
delay = "1.5 ms"
connection = {{ rule = "all_to_all" }}
''')
for t, target in enumerate(NAMES):
    for s, source in enumerate(NAMES):
        if PROBABILITY[t][s] == 0:
            continue
        pairs = SIZES[t] * SIZES[s]
        number = round(math.log(1 - PROBABILITY[t][s]) / math.log(1 - 1 / pairs))
        excitatory = s % 2 == 0
        weight = WEIGHT if excitatory else G * WEIGHT
        if (target, source) == ('L23E', 'L4E'):
            weight *= 2
        delay = 1.5 if excitatory else 0.75
        print(f'''[[projections]]
source = "{source}"
target = "{target}"
receptor = "syn"
weight = {{ distribution = "normal", mean = "{weight:g} pA", sd = "{abs(weight) / 10:g} pA" }}
delay = {{ distribution = "normal", mean = "{delay} ms", sd = "{delay / 2} ms" }}
connection = {{ rule = "fixed_total_number", number = {number} }}
''')
print('''[record]
V_m = 0''')
