// Generators of libtorch, and counter-based random numbers that are ours.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>

#include <array>
#include <cmath>

#include "Door.h"

namespace {

using Words = std::array<uint32_t, 4>;

/// Philox 4x32 with ten rounds: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
Words philox(Words counter, uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        uint64_t a = (uint64_t)0xD2511F53u * counter[0];
        uint64_t b = (uint64_t)0xCD9E8D57u * counter[2];
        counter = {(uint32_t)(b >> 32) ^ counter[1] ^ key0, (uint32_t)b, (uint32_t)(a >> 32) ^ counter[3] ^ key1,
                   (uint32_t)a};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

/// Four random words for each block of four places; the seed is the key.
template <typename Fill>
void blocks(uint64_t seed, uint32_t member, uint32_t step, float *values, long count, Fill fill) {
    for (long block = 0; block * 4 < count; ++block) {
        Words words = philox({(uint32_t)block, (uint32_t)((uint64_t)block >> 32), member, step}, (uint32_t)seed,
                             (uint32_t)(seed >> 32));
        float four[4];
        fill(words, four);
        for (long i = block * 4; i < count && i < block * 4 + 4; ++i) values[i] = four[i - block * 4];
    }
}

}  // namespace

extern "C" {

int ct_generator_create(uint64_t seed, ct_generator *generator) {
    return door::guarded([&] {
        auto made = at::make_generator<at::CPUGeneratorImpl>(seed);
        *generator = (ct_generator)made.unsafeReleaseGeneratorImpl();
    });
}

void ct_generator_release(ct_generator generator) {
    c10::intrusive_ptr<c10::GeneratorImpl>::reclaim((c10::GeneratorImpl *)generator);
}

static at::Generator borrow_generator(ct_generator generator) {
    return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim_copy((c10::GeneratorImpl *)generator));
}

int ct_generator_state(ct_generator generator, ct_tensor *state) {
    return door::guarded([&] { *state = door::give(borrow_generator(generator).get_state()); });
}

int ct_generator_set_state(ct_generator generator, ct_tensor state) {
    return door::guarded([&] { borrow_generator(generator).set_state(door::borrow(state)); });
}

void ct_philox_normal(uint64_t seed, uint32_t member, uint32_t step, float *values, long count) {
    blocks(seed, member, step, values, count, [](const Words &words, float *four) {
        for (int pair = 0; pair < 2; ++pair) {
            // (w + 1/2) / 2^32 lies strictly inside (0, 1): the logarithm is finite.
            double u = (words[2 * pair] + 0.5) * 0x1p-32, v = (words[2 * pair + 1] + 0.5) * 0x1p-32;
            double radius = std::sqrt(-2 * std::log(u)), angle = 2 * M_PI * v;
            four[2 * pair] = (float)(radius * std::cos(angle));
            four[2 * pair + 1] = (float)(radius * std::sin(angle));
        }
    });
}

void ct_philox_uniform(uint64_t seed, uint32_t member, uint32_t step, float *values, long count) {
    blocks(seed, member, step, values, count, [](const Words &words, float *four) {
        for (int i = 0; i < 4; ++i) four[i] = (float)(words[i] >> 8) * 0x1p-24f;
    });
}

}  // extern "C"
