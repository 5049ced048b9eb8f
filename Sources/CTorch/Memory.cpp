// Bytes that tensors take on the CPU, counted where they are allocated.
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <mutex>
#include <unordered_map>

#include "Door.h"

namespace {

/// Takes the place of a profiler. The threads of the autograd engine carry it along; those of an operator do not.
struct Meter : c10::MemoryReportingInfoBase {
    std::shared_ptr<Meter> outer;
    std::mutex mutex;
    /// Blocks that were taken since this meter began: what was there before does not count when it is freed.
    std::unordered_map<void *, int64_t> sizes;
    int64_t now = 0, peak = 0;

    void reportMemoryUsage(void *block, int64_t size, size_t total, size_t reserved, c10::Device device) override {
        if (outer) outer->reportMemoryUsage(block, size, total, reserved, device);
        if (!device.is_cpu()) return;
        std::lock_guard<std::mutex> lock(mutex);
        if (size > 0) {
            // A block that was freed out of sight may come again.
            int64_t &old = sizes[block];
            now += size - old;
            old = size;
            peak = std::max(peak, now);
        } else if (auto found = sizes.find(block); found != sizes.end()) {
            now -= found->second;
            sizes.erase(found);
        }
    }

    bool memoryProfilingEnabled() const override { return true; }
};

thread_local std::shared_ptr<Meter> current;

}  // namespace

extern "C" {

void ct_memory_meter_begin(void) {
    auto meter = std::make_shared<Meter>();
    meter->outer = current;
    current = meter;
    c10::ThreadLocalDebugInfo::_push(c10::DebugInfoKind::PROFILER_STATE, meter);
}

void ct_memory_meter_end(long *peak, long *kept) {
    door::guarded([] { c10::ThreadLocalDebugInfo::_pop(c10::DebugInfoKind::PROFILER_STATE); });
    *peak = current->peak;
    *kept = current->now;
    current = current->outer;
}

}  // extern "C"
