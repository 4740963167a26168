"""Reference values of the error functions, in 40-digit arithmetic (mpmath), for ntwk-meanfield/tests/data/special.json.

Arguments are written as text: readers of JSON numbers are not all exact to the last bit.
Run: python special_functions.py > ../../ntwk-meanfield/tests/data/special.json
"""
import json
import random
from mpmath import mp, mpf, erf, erfc, exp, log, log1p, erfinv

mp.dps = 60
random.seed(1)

xs = [0.0, 1e-300, 1e-20, 1e-9, 0.1, 0.25, 0.4999999, 0.5, 0.84375, 0.85, 1.0, 1.25, 2.0, 2.857, 3.0, 5.0, 5.99, 6.0, 9.999,
      10.0, 12.5, 18.0, 20.0, 23.0, 25.0, 26.0, 26.5]
xs += [random.uniform(0, 27) for _ in range(60)]
xs += [-x for x in xs]
big = [27.0, 28.0, 50.0, 1e3, 1e5, 1e8, 1e100]


def text(v):
    return mp.nstr(v, 20, min_fixed=0, max_fixed=0)


def inverse(y):
    y = mpf(y)
    if y > mpf("0.01"):
        return erfinv(1 - y) if y != 1 else mpf(0)
    x0 = (-log(y)) ** mpf("0.5")
    for _ in range(100):
        step = (log(erfc(x0)) - log(y)) * erfc(x0) * exp(x0 * x0) * mp.sqrt(mp.pi) / 2
        x0 += step
        if abs(step) < mpf(10) ** -45:
            return x0
    raise ValueError(y)


out = {"erfc": [], "erfcx": [], "ln_erfc": [], "erfcinv": []}
for x in xs + big:
    m = mpf(x)
    if abs(x) < 26.5:
        out["erfc"].append([repr(x), text(erfc(m))])
    if x > -26.6:
        scaled = exp(m * m) * erfc(m) if x < 1e4 else 1 / (m * mp.sqrt(mp.pi)) * (1 - 1 / (2 * m * m))
        out["erfcx"].append([repr(x), text(scaled)])
    if x < 1e4:
        out["ln_erfc"].append([repr(x), text(log1p(-erf(m)) if x < 0.5 else log(erfc(m)))])
ys = [1e-308, 1e-200, 1e-100, 1e-50, 1e-20, 1e-10, 1e-5, 1e-3, 0.1, 0.49999, 0.5, 0.75, 0.999, 1 - 1e-9, 1 - 1e-15, 1.0, 1 + 1e-12,
      1.2, 1.5, 1.50001, 1.9, 1.999, 2 - 1e-9, 2 - 2.3e-16]
ys += [random.uniform(0, 2) for _ in range(40)] + [10 ** random.uniform(-300, 0) for _ in range(20)]
for y in ys:
    v = inverse(y) if y <= 1 else -inverse(mpf(2) - mpf(y))
    out["erfcinv"].append([repr(y), text(v)])
print("{")
print(",\n".join(f'"{k}": [\n' + ",\n".join(json.dumps(r) for r in v) + "]" for k, v in out.items()))
print("}")
