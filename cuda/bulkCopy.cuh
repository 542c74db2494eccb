#pragma once
#include <cstdint>

/**
 * Bulk copies to shared memory, for compute capability 9.0 and later: one thread moves a whole row, and a barrier in shared memory
 * counts the bytes that have arrived (PTX ISA, "cp.async.bulk" and "mbarrier"). Included for those targets only; elsewhere cp.async
 * does the same work (tensorTile.cuh). The emulation has these functions as host code (test/cudaOnHost/bulk_copy.h).
 */
namespace amr::cuda {

using BulkBarrier = unsigned long long;

/** Whether tiles are fed this way where they can be; only the emulation has a choice. */
__device__ constexpr bool copiesInBulk() { return true; }

__device__ inline unsigned sharedAddress(const void* data) { return static_cast<unsigned>(__cvta_generic_to_shared(data)); }

/** One arrival ends a phase, once the bytes it expects are there. One thread; the others see it after a barrier. */
__device__ inline void openBarrier(BulkBarrier& barrier) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(sharedAddress(&barrier)) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
/** Before the memory is a barrier again, or something else. */
__device__ inline void closeBarrier(BulkBarrier& barrier) {
  asm volatile("mbarrier.inval.shared::cta.b64 [%0];" ::"r"(sharedAddress(&barrier)) : "memory");
}

/** The one arrival of a phase, which ends when as many bytes have come. */
__device__ inline void expectBytes(BulkBarrier& barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(&barrier)), "r"(bytes) : "memory");
}

/** Starts a copy; addresses and bytes are multiples of 16. */
__device__ inline void copyBulk(void* to, const void* from, unsigned bytes, BulkBarrier& barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(sharedAddress(to)),
               "l"(from), "r"(bytes), "r"(sharedAddress(&barrier))
               : "memory");
}

/** Waits until the phase of this parity (0 for the first one) has ended; what was copied is then to be seen. */
__device__ inline void waitFor(BulkBarrier& barrier, unsigned parity) {
  unsigned isDone = 0;
  while (isDone == 0) {
    asm volatile(
        "{\n"
        ".reg .pred done;\n"
        "mbarrier.try_wait.parity.shared::cta.b64 done, [%1], %2;\n"
        "selp.u32 %0, 1, 0, done;\n"
        "}\n"
        : "=r"(isDone)
        : "r"(sharedAddress(&barrier)), "r"(parity)
        : "memory");
  }
}

/** What this thread wrote to shared memory by ordinary stores comes before bulk copies that follow the next barrier. */
__device__ inline void storesBeforeCopies() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

}  // namespace amr::cuda
