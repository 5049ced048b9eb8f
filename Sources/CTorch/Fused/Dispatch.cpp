// The fused kernels, compiled for each instruction set.
#include "Dispatch.h"

#include <algorithm>
#include <atomic>

#include "CTorch.h"

namespace fused {

#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,bmi,bmi2"))), apply_to = function)
namespace avx512 {
#include "Kernels.inc"
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
namespace avx2 {
#include "Kernels.inc"
}
#pragma clang attribute pop
#endif

namespace baseline {
#include "Kernels.inc"
}

#define FUSED_TABLE(set, T)                                                                                        \
    Kernels<T> {                                                                                                   \
        set::normForward<T>, set::normBackward<T>, set::headsForward<T>, set::headsBackward<T>,                    \
            set::shortForward<T>, set::shortBackward<T>                                                            \
    }

/// What this processor has: 2 for AVX-512, 1 for AVX2, 0 for neither.
int widest() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
        return 2;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
    return 0;
}

std::atomic<int> chosen{widest()};

template <typename T>
const Kernels<T> &kernels() {
#if defined(__x86_64__)
    static const Kernels<T> tables[] = {FUSED_TABLE(baseline, T), FUSED_TABLE(avx2, T), FUSED_TABLE(avx512, T)};
#else
    static const Kernels<T> tables[] = {FUSED_TABLE(baseline, T)};
#endif
    return tables[chosen];
}

template const Kernels<float> &kernels<float>();
template const Kernels<uint16_t> &kernels<uint16_t>();

}  // namespace fused

extern "C" int ct_limit_vectors(int level) {
    fused::chosen = std::clamp(level, 0, fused::widest());
    return fused::chosen;
}
