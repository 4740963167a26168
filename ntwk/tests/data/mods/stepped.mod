: A potassium current whose states are advanced by hand, with arrays and a loop
NEURON { SUFFIX stepped USEION k READ ek WRITE ik RANGE gbar }
UNITS { (mV) = (millivolt) (mA) = (milliamp) (pS) = (picosiemens) (um) = (micron) }
PARAMETER { gbar = 30 (pS/um2) power = 2 }
ASSIGNED { v (mV) ek (mV) ik (mA/cm2) dt (ms) inf[2] tau[2] (ms) fac[2] open }
STATE { a b }
INITIAL { rates(v) a = inf[0] b = inf[1] }
BREAKPOINT {
    SOLVE advance
    open = 1
    FROM i = 1 TO power { open = open*a }
    ik = (1e-4)*gbar*open*b*(v - ek)
}
PROCEDURE advance() {
    rates(v)
    a = a + fac[0]*(inf[0] - a)
    b = b + fac[1]*(inf[1] - b)
    VERBATIM
    return 0;
    ENDVERBATIM
}
PROCEDURE rates(v) {
    FROM i = 0 TO 1 {
        inf[i] = steady(v, i)
        if (i == 0) { tau[i] = 3 + 20/(1 + exp((v + 50)/8)) } else { tau[i] = 80 }
        fac[i] = 1 - exp(-dt/tau[i])
    }
}
FUNCTION steady(v, i) {
    if (i == 0) {
        steady = 1/(1 + exp(-(v + 42)/7))
    } else if (i == 1) {
        steady = 1/(1 + exp((v + 58)/6))
    }
}
