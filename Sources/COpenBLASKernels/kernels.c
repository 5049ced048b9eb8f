// OpenBLAS chooses its kernels by the processor's model number. One that is newer than the library gets those of 2004
// ("Prescott", SSE3), a fifth of the speed of what it can do: Debian 12's 0.3.21 knows neither Emerald nor Granite Rapids.
// Here such a processor gets the kernels of the instructions that it has. OPENBLAS_CORETYPE, where set, has the last word.
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

extern char *openblas_get_corename(void);

// Only libraries with kernels for several processors have these.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
// Ends the waiting threads, which the next product of many starts again.
extern int blas_thread_shutdown_(void) __attribute__((weak));

const char *openblas_kernels(void) { return openblas_get_corename(); }

#if defined(__x86_64__)
static const char *best(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return "SKYLAKEX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "HASWELL";
    return NULL;
}

// After the library's own constructor, which it has as something that this program needs; before main, when nothing
// has been multiplied yet.
__attribute__((constructor)) static void choose(void) {
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || getenv("OPENBLAS_CORETYPE")) return;
    if (strcmp(openblas_get_corename(), "Prescott") != 0) return;
    const char *kernels = best();
    if (!kernels) return;
    // The library's threads look at the choice and at the environment when they begin.
    if (blas_thread_shutdown_) blas_thread_shutdown_();
    setenv("OPENBLAS_CORETYPE", kernels, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    // What this program starts makes its own choice.
    unsetenv("OPENBLAS_CORETYPE");
}
#endif
