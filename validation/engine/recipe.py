"""Connectivity and input events from a counter-based integer hash, so that a test in another language can rebuild
them bit for bit instead of reading them from a file. README.md in this folder has the same definitions in prose.

    hash(seed, n)  = the n-th output (n = 0, 1, ...) of the SplitMix64 generator started from state `seed`
    source j of target i   = (hash(seed, i*in_degree + j) >> 32) * M >> 32, M the number of admissible sources
    event e of neuron i in step k exists  if  (hash(seed, 2*(i*2^20 + k) + e) >> 11) * 2^-53 < p,   e = 0, 1
"""
import numpy as np

GAMMA = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF
STEP_BITS = 20  # a neuron's events are 2^20 steps apart in the counter: the recipe does not depend on the run's length
EVENTS_PER_STEP = 2


def splitmix64(seed, n):
    """hash(seed, n) for an array (or number) n of counters: mix(seed + (n + 1)*GAMMA), all modulo 2^64."""
    with np.errstate(over='ignore'):
        z = np.uint64(seed & MASK) + (np.asarray(n, dtype=np.uint64) + np.uint64(1)) * np.uint64(GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def sources(seed, n_source, n_target, in_degree, same_population):
    """(source, target) of every synapse of one projection, ordered by target i and then by j.

    Multapses are allowed. Within a population there are no autapses: the draw is among n_source - 1 neurons and a
    draw >= i is moved up by one.
    """
    target = np.repeat(np.arange(n_target, dtype=np.uint64), in_degree)
    h = splitmix64(seed, np.arange(n_target * in_degree, dtype=np.uint64))
    admissible = n_source - 1 if same_population else n_source
    source = ((h >> np.uint64(32)) * np.uint64(admissible)) >> np.uint64(32)
    if same_population:
        source = source + (source >= target).astype(np.uint64)
    return source.astype(np.int64), target.astype(np.int64)


def events(seed, p, neurons, n_steps):
    """(neuron, step, e) of all input events of the given global neuron indices, ordered by neuron, step, e."""
    i = np.asarray(neurons, dtype=np.uint64)[:, None, None]
    k = np.arange(n_steps, dtype=np.uint64)[None, :, None]
    e = np.arange(EVENTS_PER_STEP, dtype=np.uint64)[None, None, :]
    h = splitmix64(seed, np.uint64(EVENTS_PER_STEP) * ((i << np.uint64(STEP_BITS)) + k) + e)
    hit = (h >> np.uint64(11)).astype(np.float64) * 2.0**-53 < p
    a, step, second = np.nonzero(hit)
    return np.asarray(neurons)[a], step, second


def event_check(neuron, step):
    """Numbers by which a reimplementation of `events` is verified (neurons are global indices)."""
    return {'count': int(len(neuron)), 'sum_neuron_times_step_mod_2_32': int(np.sum(neuron * step) % 2**32)}


def source_check(source, target):
    """Numbers by which a reimplementation of `sources` is verified (indices within their populations)."""
    return {'count': int(len(source)),
            'sum_source_plus_1_times_target_plus_1_mod_2_32': int(np.sum((source + 1) * (target + 1)) % 2**32),
            'first': [int(s) for s in source[:5]]}
