// Where tensors on the CPU live.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>

#include "Door.h"

namespace {

/// Memory from malloc, aligned by hand. libtorch asks for aligned memory instead, for which glibc before 2.38 never takes
/// a freed block of the same size: between blocks that stay, the heap grew to ten times what was in use.
struct AlignedByHand final : c10::Allocator {
    static constexpr size_t alignment = 64;

    /// The block of malloc stands right before what is handed out; there are 16 bytes at least.
    static void *&block(void *place) { return static_cast<void **>(place)[-1]; }

    static void release(void *place) {
        if (!place) return;
        if (c10::memoryProfilingEnabled())
            c10::reportMemoryUsageToProfiler(place, -1, 0, 0, c10::Device(c10::DeviceType::CPU));
        std::free(block(place));
    }

    c10::DataPtr allocate(size_t size) override {
        const c10::Device device(c10::DeviceType::CPU);
        if (size == 0) return {nullptr, nullptr, &release, device};
        void *whole = size <= (size_t)PTRDIFF_MAX - alignment ? std::malloc(size + alignment) : nullptr;
        TORCH_CHECK_WITH(OutOfMemoryError, whole, "not enough memory for ", size, " bytes");
        void *place = (void *)(((uintptr_t)whole + alignment) & ~(uintptr_t)(alignment - 1));
        block(place) = whole;
        if (c10::memoryProfilingEnabled())
            c10::reportMemoryUsageToProfiler(place, (int64_t)size, 0, 0, device);
        return {place, place, &release, device};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &release; }

    void copy_data(void *to, const void *from, std::size_t size) const override { default_copy_data(to, from, size); }
};

}  // namespace

extern "C" {

/// Tensors of many megabytes are freed and allocated at every step. glibc would map and unmap each of them, and the
/// kernel would zero its pages again and again (a third of the time of a training); here freed memory stays in the heap.
/// One arena for all threads, for only the main one grows beyond 64 MiB. Older C libraries refuse thresholds above 32 MiB.
/// Holds for the whole process and overrides the environment's MALLOC_ settings.
void ct_keep_freed_memory(void) {
    // Never destroyed: other threads may hold tensors when the process ends.
    static AlignedByHand *allocator = new AlignedByHand;
    c10::SetCPUAllocator(allocator, 1);
#ifdef __GLIBC__
    if (!mallopt(M_MMAP_THRESHOLD, 1 << 30) && !mallopt(M_MMAP_THRESHOLD, 32 << 20)) return;
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 2147483647);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void ct_release_freed_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // extern "C"
