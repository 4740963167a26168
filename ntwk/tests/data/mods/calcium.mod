: A calcium current by Goldman, Hodgkin and Katz, with its own pool and a potassium current that reads it
NEURON {
    SUFFIX calcium
    USEION ca READ cai, cao, ica WRITE ica, cai
    USEION k READ ek WRITE ik
    RANGE pbar, gbar, depth, tau
}
UNITS { (mV) = (millivolt) (mA) = (milliamp) (mM) = (milli/liter) (um) = (micron) FARADAY = (faraday) (coulomb) R = (k-mole) (joule/degC) }
PARAMETER { pbar = 2e-4 (cm/s) gbar = 2e-3 (S/cm2) depth = 0.2 (um) tau = 40 (ms) rest = 8e-5 (mM) half = 6e-4 (mM) }
ASSIGNED { v (mV) celsius (degC) cao (mM) ica (mA/cm2) ik (mA/cm2) ek (mV) drive (mM/ms) }
STATE { m q cai (mM) }
INITIAL { cai = rest  m = 1/(1 + exp(-(v + 25)/6))  q = cai/(cai + half) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ica = pbar*m*m*drivingforce(v, cai, cao)
    ik = gbar*q*(v - ek)
}
DERIVATIVE states {
    m' = (1/(1 + exp(-(v + 25)/6)) - m)/2
    q' = (cai/(cai + half) - q)/4
    drive = -(1e4)*ica/(2*FARADAY*depth)
    if (drive < 0) { drive = 0 }
    cai' = drive + (rest - cai)/tau
}
FUNCTION drivingforce(v (mV), ci (mM), co (mM)) {
    LOCAL x
    x = (1e-3)*2*FARADAY*v/(R*(celsius + 273.15))
    drivingforce = (1e-3)*2*FARADAY*(ci*u(-x) - co*u(x))
}
FUNCTION u(x) { if (fabs(x) < 1e-4) { u = 1 - x/2 } else { u = x/(exp(x) - 1) } }
