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
    Number team = (Number)dlsym(RTLD_DEFAULT, "omp_get_num_threads");
    Number inside = (Number)dlsym(RTLD_DEFAULT, "omp_in_parallel");

    static const Runtime &shared() {
        static const Runtime runtime;
        return runtime;
    }
};

/// Numbers that are worth a thread, as for libtorch's own loops: less is done before the threads have met.
constexpr long grain = 32768;

/// Calls `body(index)` for 0 ..< `count`, in equal runs, one a thread. `body` must not throw.
///
/// - Parameter numbers: how many are read or written in all
template <typename Body>
void parallel(long count, long numbers, const Body &body) {
    auto &runtime = Runtime::shared();
    long threads = std::min<long>({count, numbers / grain, (long)at::get_num_threads()});
    if (threads <= 1 || !runtime.parallel || !runtime.number || !runtime.team || !runtime.inside ||
        runtime.inside()) {
        for (long i = 0; i < count; ++i) body(i);
        return;
    }
    struct Work {
        const Body &body;
        long count;
    } work{body, count};
    runtime.parallel(
        [](void *pointer) {
            auto &work = *(Work *)pointer;
            // Those that came may be fewer than were asked for.
            long thread = Runtime::shared().number(), threads = Runtime::shared().team();
            long end = (thread + 1) * work.count / threads;
            for (long i = thread * work.count / threads; i < end; ++i) work.body(i);
        },
        &work, (unsigned)threads, 0);
}

/// Rows that one piece of work takes.
constexpr long rowsPerPiece = 64;

/// Calls `body(begin, end)` for pieces of 0 ..< `rows` of `width` numbers.
template <typename Body>
void parallelRows(long rows, long width, const Body &body) {
    long pieces = (rows + rowsPerPiece - 1) / rowsPerPiece;
    parallel(pieces, rows * width, [&](long i) { body(i * rowsPerPiece, std::min(rows, (i + 1) * rowsPerPiece)); });
}

}  // namespace fused
