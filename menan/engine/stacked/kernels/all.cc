// All CPU kernels in one compilation unit: the headers hold definitions and are included only here.
// -DDOUBLE compiles them for float64.
#include "adam.h"
#include "encoder.h"
#include "head.h"
