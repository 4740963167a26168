"""Makes the numbers of ntwk/tests/library/morphological_network.json. Rings of spike-coupled ball-and-stick cells by NEURON 9 (several dt, CVODE) and Arbor 0.12; a driven network. Own code.
Cell: soma cylinder L 20 diam 20 (hh, celsius 6.3, 1 compartment), dendrite L 200 diam 2 (pas g 1e-3, e -65, 11 compartments) from
soma end 1; Ra 100, cm 1. Synapse: ExpSyn tau 2 ms e 0 at dend(0.5). Detector: soma(0.5), threshold 10 mV upward."""
import json, sys, numpy as np
from neuron import h
h.load_file('stdrun.hoc')
N, W = 8, 0.01
DEL = [5., 7.3, 10., 12.51, 15., 17.77, 20., 6.]      # delay of the synapse from cell i to cell i+1
class Cell:
    def __init__(s, i):
        s.s = h.Section(name='s%d' % i, cell=None); s.d = h.Section(name='d%d' % i); s.d.connect(s.s(1), 0)
        s.s.L = s.s.diam = 20; s.d.L = 200; s.d.diam = 2; s.d.nseg = 11
        for q in (s.s, s.d): q.Ra = 100; q.cm = 1
        s.s.insert('hh'); s.d.insert('pas'); s.d.g_pas = 1e-3; s.d.e_pas = -65
        s.syn = h.ExpSyn(s.d(0.5)); s.syn.tau = 2; s.syn.e = 0
        s.nc = h.NetCon(s.s(0.5)._ref_v, None, sec=s.s); s.nc.threshold = 10; s.t = h.Vector(); s.nc.record(s.t)
def solve(method, dt, tstop):
    cv = h.CVode(); h.celsius = 6.3; h.secondorder = 0
    if method.startswith('cvode'): cv.active(1); cv.atol(dt); cv.condition_order(2 if method == 'cvode_order2' else 1)
    else:
        cv.active(0); h.secondorder = 2 if method == 'crank_nicolson' else 0; h.dt = dt; h.steps_per_ms = 1 / dt
    h.finitialize(-65); h.tstop = tstop; h.continuerun(tstop); cv.active(0); h.secondorder = 0
def ring(method, dt):
    C = [Cell(i) for i in range(N)]; K = []
    for i in range(N):
        k = h.NetCon(C[i].s(0.5)._ref_v, C[(i + 1) % N].syn, sec=C[i].s); k.threshold = 10; k.delay = DEL[i]; k.weight[0] = W; K.append(k)
    st = h.NetStim(); st.number = 1; st.start = 1; a = h.NetCon(st, C[0].syn); a.delay = 0; a.weight[0] = W
    solve(method, dt, 400)
    return [[float('%.8g' % x) for x in c.t] for c in C]
def arbor_ring(dt, cv=None):
    import arbor as A
    from arbor import units as U
    class R(A.recipe):
        def __init__(s): A.recipe.__init__(s); s.p = A.neuron_cable_properties()
        def num_cells(s): return N
        def cell_kind(s, g): return A.cell_kind.cable
        def cell_description(s, g):
            t = A.segment_tree(); a = t.append(A.mnpos, A.mpoint(0, 0, 0, 10), A.mpoint(20, 0, 0, 10), tag=1)
            t.append(a, A.mpoint(20, 0, 0, 1), A.mpoint(220, 0, 0, 1), tag=3)
            d = A.decor().set_property(Vm=-65 * U.mV, tempK=279.45 * U.Kelvin, rL=100 * U.Ohm * U.cm, cm=0.01 * U.F / U.m2)
            d.paint('(tag 1)', A.density('hh')); d.paint('(tag 3)', A.density('pas/e=-65', dict(g=1e-3)))
            d.place('(on-components 0.5 (tag 3))', A.synapse('expsyn', dict(tau=2, e=0)), 'syn'); d.place('(on-components 0.5 (tag 1))', A.threshold_detector(10 * U.mV), 'det')
            cvp = A.cv_policy('(join (single (tag 1)) (fixed-per-branch 11 (tag 3)))') if hasattr(A, 'cv_policy') else None
            return A.cable_cell(t, d, A.label_dict(), cvp)
        def connections_on(s, g): return [A.connection(((g - 1) % N, 'det'), 'syn', W, DEL[(g - 1) % N] * U.ms)]
        def event_generators(s, g): return [A.event_generator('syn', W, A.explicit_schedule([1 * U.ms]))] if g == 0 else []
        def global_properties(s, k): s.p.set_property(); s.p = A.neuron_cable_properties(); return s.p
    r = R(); sim = A.simulation(r); sim.record(A.spike_recording.all); sim.run(400 * U.ms, dt * U.ms)
    o = [[] for _ in range(N)]
    for (g, _), t in sim.spikes(): o[g].append(float('%.8g' % t))
    return [sorted(x) for x in o], sim.min_delay() if hasattr(sim, 'min_delay') else None
def driven(method, dt):
    M = 20; rng = np.random.RandomState(7); C = [Cell(i) for i in range(M)]; K = []; conn = []; drive = []
    for i in range(M):
        for j in sorted(rng.choice([k for k in range(M) if k != i], 3, replace=False)):
            dl = round(float(rng.uniform(1, 5)), 3); conn.append([int(j), i, dl, 2e-3])
            k = h.NetCon(C[j].s(0.5)._ref_v, C[i].syn, sec=C[j].s); k.threshold = 10; k.delay = dl; k.weight[0] = 2e-3; K.append(k)
        tt = sorted(round(float(x), 4) for x in rng.uniform(0, 200, 40)); drive.append(tt)
        k = h.NetCon(None, C[i].syn); k.delay = 0; k.weight[0] = 4e-3; K += [k, h.FInitializeHandler(lambda k=k, tt=tt: [k.event(x) for x in tt])]
    solve(method, dt, 200)
    return [[float('%.8g' % x) for x in c.t] for c in C], conn, drive
out = dict(about=__doc__, ring=dict(cells=N, weight_uS=W, delays_ms=DEL, start='event of the same weight on cell 0 at 1 ms, v_init -65, 400 ms', spikes={}), driven={})
for m, dt in (('implicit_euler', 0.025), ('implicit_euler', 0.00625), ('implicit_euler', 0.0015625), ('crank_nicolson', 0.025), ('crank_nicolson', 0.00625), ('cvode', 1e-9), ('cvode_order2', 1e-9), ('cvode_order2', 1e-11), ('implicit_euler', 0.00048828125)):
    r = ring(m, dt); out['ring']['spikes']['NEURON %s %g' % (m, dt)] = r
    print(m, dt, [len(x) for x in r], [x[-1] for x in r][:3], r[7][0])
for dt in (0.025, 0.005, 0.00125):
    try:
        r, md = arbor_ring(dt); out['ring']['spikes']['Arbor dt %g' % dt] = r; print('arbor', dt, [len(x) for x in r], [x[-1] for x in r if x][:3], r[7][:1], md)
    except Exception as e: print('ARBOR', repr(e)[:400])
try:
    for m, dt in (('implicit_euler', 0.025), ('implicit_euler', 0.0015625), ('cvode_order2', 1e-10)):
        r, conn, drive = driven(m, dt); out['driven'].update(connections_source_target_delay_weight=conn, drive_times=drive, drive_weight_uS=4e-3); out['driven'].setdefault('spikes', {})['NEURON %s %g' % (m, dt)] = r
        print('driven', m, dt, sum(len(x) for x in r), [len(x) for x in r])
except Exception as e: print('driven', repr(e))
json.dump(out, open('network.json', 'w'), separators=(',', ':'))
