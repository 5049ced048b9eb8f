// Loops over the threads of libtorch's own OpenMP runtime: a second pool would fight with its spinning threads.
#pragma once

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>

namespace fused {

struct Runtime {
    using Parallel = void (*)(void (*)(void *), void *, unsigned, unsigned);
    using Number = int (*)();
    // Every OpenMP runtime that libtorch is built with answers to these names. They are looked up in the process: the
    // compiler that builds this file has no OpenMP of its own to link.
    Parallel parallel = (Parallel)dlsym(RTLD_DEFAULT, "GOMP_parallel");
    Number number = (Number)dlsym(RTLD_DEFAULT, "omp_get_thread_num");
    Number inside = (Number)dlsym(RTLD_DEFAULT, "omp_in_parallel");

    static const Runtime &shared() {
        static const Runtime runtime;
        return runtime;
    }
};

/// Calls `body(index)` for 0 ..< `count`, in equal runs, one a thread. `body` must not throw.
template <typename Body>
void parallel(long count, const Body &body) {
    auto &runtime = Runtime::shared();
    long threads = std::min<long>(count, at::get_num_threads());
    if (threads <= 1 || !runtime.parallel || !runtime.number || !runtime.inside || runtime.inside()) {
        for (long i = 0; i < count; ++i) body(i);
        return;
    }
    struct Work {
        const Body &body;
        long count, threads;
    } work{body, count, threads};
    runtime.parallel(
        [](void *pointer) {
            auto &work = *(Work *)pointer;
            long thread = Runtime::shared().number();
            long end = (thread + 1) * work.count / work.threads;
            for (long i = thread * work.count / work.threads; i < end; ++i) work.body(i);
        },
        &work, (unsigned)threads, 0);
}

/// Rows that one piece of work takes.
constexpr long rowsPerPiece = 64;

/// Calls `body(begin, end)` for pieces of 0 ..< `rows`.
template <typename Body>
void parallelRows(long rows, const Body &body) {
    long pieces = (rows + rowsPerPiece - 1) / rowsPerPiece;
    parallel(pieces, [&](long i) { body(i * rowsPerPiece, std::min(rows, (i + 1) * rowsPerPiece)); });
}

}  // namespace fused
