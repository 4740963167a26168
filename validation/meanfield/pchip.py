"""Values of scipy's monotone cubic for the unit test of ntwk-meanfield/src/transfer/interpolation.rs.

    python validation/meanfield/pchip.py

Prints the list; needs `pip install scipy`.
"""
import numpy as np
import scipy
from scipy.interpolate import PchipInterpolator

x = [0.0, 1.0, 2.5, 3.0, 5.0, 6.0]
y = [0.0, 0.1, 2.0, 5.0, 5.5, 4.0]
curve = PchipInterpolator(x, y)
print('// scipy', scipy.__version__)
for at in np.concatenate([np.linspace(0.0, 6.0, 13), [0.3, 2.7, 5.9]]):
    print(f'        ({float(at)!r}, {float(curve(at))!r}),')
