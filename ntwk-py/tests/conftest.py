import copy

import pytest

import ntwk

# 100 excitatory and 25 inhibitory neurons, driven; 200 ms.
SMALL = {
    "simulation": {"t_stop": 200.0, "dt": 0.1, "seed": 7},
    "receptors": {"exc": {"E_rev": 0.0, "tau_syn": 5.0}, "inh": {"E_rev": "-80 mV", "tau_syn": "5 ms"}},
    "populations": {"E": {"size": 100, "cell": "RS"}, "I": {"size": 25, "cell": "FS"}},
    "afferents": {"A": {"size": 400, "rate": 8.0}},
    "projections": [
        {"source": "A", "target": ["E", "I"], "receptor": "exc", "weight": 1.0,
         "connection": {"rule": "fixed_in_degree", "probability": 0.5}},
        {"source": "E", "target": ["E", "I"], "receptor": "exc", "weight": 1.0, "delay": 1.5,
         "connection": {"rule": "fixed_in_degree", "in_degree": 20}},
        {"source": "I", "target": ["E", "I"], "receptor": "inh", "weight": 4.0,
         "connection": {"rule": "fixed_in_degree", "in_degree": 5}},
    ],
    "record": {"V_m": 3, "conductances": 2},
}


@pytest.fixture
def tree():
    return copy.deepcopy(SMALL)


@pytest.fixture(scope="session")
def model():
    return ntwk.Model(copy.deepcopy(SMALL))


@pytest.fixture(scope="session")
def run(model):
    return model.run()
