"""Do the oracles notice a wrong pin? Each line of pins.py named below is replaced by a plausible mistake, and the spikes
are compared with the stored ones.

    python oracle_sensitivity.py
"""
import json
import pathlib
import types

import cases

FOLDER = pathlib.Path(__file__).resolve().parent
DATA = FOLDER.parents[1] / 'ntwk-core' / 'tests' / 'data'
DRIVE_JUMP = "jumps[d['receptor']][k]"
MISTAKES = {
    'none': [],
    'V held for one update more': [('k - last_spike >= t_ref', 'k - last_spike > t_ref')],
    'V held for one update less': [('k - last_spike >= t_ref', 'k - last_spike >= t_ref - 1')],
    'w frozen while refractory': [('w + dt * (a * (V - E_L) - w) / tau_w', 'np.where(active, w + dt * (a * (V - E_L) - w) / tau_w, w)')],
    'input events one step late': [(DRIVE_JUMP, "jumps[d['receptor']][k + 1]")],
    'recurrent spikes one step late': [("int(p['delay'] / dt + 0.5)))", "int(p['delay'] / dt + 0.5) + 1))")],
    'exact decay of the conductances': [("g[r] += dt * -g[r] / receptor['tau_syn']", "g[r] *= np.exp(-dt / receptor['tau_syn'])")],
    'conductances decay before V is integrated': [
        ("        current = g_L * (E_L - V)", "        for r, receptor in case['receptors'].items():\n            g[r] = g[r] * (1 - dt / receptor['tau_syn'])\n        current = g_L * (E_L - V)"),
        ("g[r] += dt * -g[r] / receptor['tau_syn']", 'pass')],
    'spike at V_th': [('V_spike = V_th + 5 * Delta_T', 'V_spike = V_th')],
    'one event per step at most': [(DRIVE_JUMP + ".append((i, d['weight']))", "_ = 0 if (i, d['weight']) in " + DRIVE_JUMP + ' else ' + DRIVE_JUMP + ".append((i, d['weight']))")],
    'no jump of w at a spike': [('w[spiked] += b[spiked]', 'pass')],
    'a ignored': [('a * (V - E_L) - w', '-w')],
    'single precision of V': [('V + dt * current / C_m, V)', '(V + dt * current / C_m).astype(np.float32).astype(float), V)')],
}


def simulate_with(replacements):
    """pins.simulate with pieces of its text replaced; each piece must occur exactly once."""
    text = (FOLDER / 'pins.py').read_text()
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    module = types.ModuleType('pins_with_mistake')
    exec(compile(text, 'pins.py', 'exec'), module.__dict__)
    return module.simulate


def main():
    stored = {name: json.loads((DATA / f'brian2_{name}.json').read_text())['spikes'] for name in cases.CASES}
    print('| mistake | ' + ' | '.join(cases.CASES) + ' |\n|---' * 1 + '|---' * len(cases.CASES) + '|')
    for mistake, replacements in MISTAKES.items():
        simulate, cells = simulate_with(replacements), []
        for name, case in cases.CASES.items():
            expected = set(zip(stored[name]['neuron'], stored[name]['step']))
            found = set(simulate(case())[0])
            wrong = expected ^ found
            cells.append(f'{len(expected - found)} + {len(found - expected)}, from step {min(k for _, k in wrong)}' if wrong else 'equal')
        print(f'| {mistake} | ' + ' | '.join(cells) + ' |', flush=True)


if __name__ == '__main__':
    main()
