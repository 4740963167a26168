: A sodium current with a kinetic scheme: two closed states, an open and an inactivated one
NEURON { SUFFIX scheme USEION na READ ena WRITE ina RANGE gbar }
UNITS { (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER { gbar = 0.03 (S/cm2) fast = 40 (/ms) }
ASSIGNED { v (mV) ena (mV) ina (mA/cm2) celsius (degC) up (/ms) down (/ms) }
STATE { c1 c2 o i }
INITIAL { SOLVE kin STEADYSTATE sparse }
BREAKPOINT { SOLVE kin METHOD sparse  ina = gbar*o*(v - ena) }
KINETIC kin {
    LOCAL recover
    up = 6*exp((v + 20)/25)   down = 4*exp(-(v + 45)/18)
    recover = 0.4*exp(-(v + 70)/15)
    ~ c1 <-> c2 (2*up, down)
    ~ c2 <-> o (up, 2*down)
    ~ o <-> i (fast*0.02, recover*0.01)
    ~ c2 <-> i (0.3, recover)
    CONSERVE c1 + c2 + o + i = 1
}
