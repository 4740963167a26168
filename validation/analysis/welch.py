"""Power spectra of scipy for segments of any length, which ntwk-analysis must reproduce.

    pip install scipy==1.17.1
    python validation/analysis/welch.py > ntwk-analysis/tests/data/welch.json

The signal is a formula of whole numbers, the same in the test. Segments are even, odd, prime and longer than half the
signal; the peak is that at 5 Hz or above.
"""

import json
import sys

import numpy as np
import scipy
import scipy.signal

RATE = 2000.0
N = 1500
SEGMENTS = [50, 125, 243, 250, 251, 600, 997, 1500]

i = np.arange(N)
signal = ((i * i * 7 + 3 * i) % 101) / 10.0 + ((i // 40) % 2) * 6.0

spectra = []
for segment in SEGMENTS:
    frequencies, density = scipy.signal.welch(signal, fs=RATE, nperseg=segment)
    above = frequencies >= 5.0
    spectra.append(
        {
            "segment": segment,
            "frequencies": [float(f) for f in frequencies],
            "density": [float(d) for d in density],
            "peak": float(frequencies[above][np.argmax(density[above])]),
        }
    )

json.dump({"scipy": scipy.__version__, "rate": RATE, "n": N, "spectra": spectra}, sys.stdout)
sys.stdout.write("\n")
