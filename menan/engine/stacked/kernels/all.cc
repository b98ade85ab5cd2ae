// All CPU kernels as one unit; -DDOUBLE compiles them for float64.
#include "adam.h"
#include "frames.h"
#include "gru.h"
#include "pooling.h"
#include "windows.h"
