#pragma once
// Chooses OpenBLAS's kernels before main where the library does not know the processor; see kernels.c.

/// Name of the kernels that OpenBLAS runs with, such as "SkylakeX".
const char *openblas_kernels(void);
