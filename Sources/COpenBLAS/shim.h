#pragma once
// BLAS through the C interface of OpenBLAS, LAPACK through LAPACKE (Debian: libopenblas-dev, liblapacke-dev).
#include <cblas.h>
#include <lapacke.h>
