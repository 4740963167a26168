TITLE A sodium and a potassium current in one mechanism, by functions that guard their singular points
COMMENT
Written for the tests of ntwk: own parameters.
ENDCOMMENT
NEURON {
    SUFFIX gates
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gnabar, gkbar, gl, el
    GLOBAL minf, mtau
}
UNITS { (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER {
    gnabar = 0.06 (S/cm2) <0,1e9>
    gkbar = 0.02 (mho/cm2)
    gl = 1e-4 (S/cm2)
    el = -68.5 (mV)
    q10 = 2.5
}
ASSIGNED { v (mV) celsius (degC) ena (mV) ek (mV) ina (mA/cm2) ik (mA/cm2) il (mA/cm2) minf mtau (ms) ninf ntau (ms) hinf htau (ms) }
STATE { m h n FROM 0 TO 1 }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ina = gnabar*m^3*h*(v - ena)
    ik = gkbar*n*n*n*n*(v - ek)
    il = gl*(v - el)
}
INITIAL { rates(v) m = minf  h = hinf  n = ninf }
DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
}
FUNCTION slope(x, k (mV)) (mV) {
    if (fabs(x/k) < 1e-5) { slope = k*(1 - x/k/2) } else { slope = x/(exp(x/k) - 1) }
}
PROCEDURE rates(u (mV)) {
    LOCAL a, b, q
    TABLE minf, mtau, ninf, ntau, hinf, htau DEPEND celsius FROM -120 TO 80 WITH 300
    q = q10^((celsius - 25)/10)
    a = 0.3*slope(-(u + 38), 8)   b = 0.2*slope(u + 38, 8)
    minf = a/(a + b)   mtau = 1/(a + b)/q
    if (u == -60) { u = u + 0.0001 }
    a = 0.05*exp(-(u + 60)/18)   b = 0.8/(1 + exp(-(u + 32)/9))
    hinf = a/(a + b)   htau = 1 (ms)/(a + b)/q
    a = 0.03*slope(-(u + 35), 9)   b = 0.04*exp(-(u + 45)/60)
    ninf = a/(a + b)   ntau = 1/(a + b)/q
}
