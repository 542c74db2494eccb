#pragma once
#include <vector>

#include "allKernels.h"
#include "runtime/context.h"

namespace amr::cuda {

/** Every kernel of cudaKernels.def: its launcher. Arguments are checked, their pointers are the device's; nothing is waited for. */
#define AMR_CUDA_KERNEL(function, Arguments) void function(const Arguments& arguments, Context& context);
#include "cudaKernels.def"
#undef AMR_CUDA_KERNEL

/** What checks need to know of integers on the device. */
struct IntFacts {
  std::int64_t lowest, highest, first, last;
  /** of values[i + 1] - values[i]; the ends of the int64 range where there is only one value */
  std::int64_t smallestStep, largestStep;
};

/** The facts of n > 0 integers; waits for the device. */
IntFacts intFacts(const std::int32_t* values, std::int64_t n, Context& context);

/** The first row whose entries descend somewhere, or -1; waits for the device. */
std::int64_t firstDescendingRow(const std::int32_t* offsets, const std::int32_t* indices, std::int64_t rows, Context& context);

/** The first j for which row ids[j] has `limit` entries or more, or -1; waits for the device. */
std::int64_t firstLongRow(const std::int32_t* ids, std::int64_t m, const std::int32_t* offsets, std::int64_t limit, Context& context);

/** out[0] = scale * sum of values[n] / divisor, added in a fixed order; where count is not null it holds the divisor, if that is smaller. */
void sumDoubles(float* out, const double* values, std::int64_t n, double scale, double divisor, Context& context,
                const std::int32_t* count = nullptr);

/** out[n] = alpha * (the sum of parts [slices, n], in their order) + beta * out; with beta 0 out is not read. */
void addSlices(float* out, const float* parts, std::int64_t n, std::int64_t slices, float alpha, float beta, Context& context);

/** Ids that take part in a sort, each plus `add`. */
struct IdPart {
  const std::int32_t* ids;
  std::int64_t count;
  std::int32_t add;
};

/** The ids of all parts one after the other, and their runs (see SortSegments) with `order` divided by `perRow`. */
struct SortedIds {
  std::int32_t* ids;  // [count]
  std::int32_t* places;  // [count] the number of each id's run
  std::int32_t* order;  // [count] positions / perRow, ids ascending, equal ids in their order
  std::int32_t* segmentOffsets;  // [count + 1]
  std::int32_t* segmentIds;  // [count]
  std::int32_t* distinct;  // [1] how many runs there are
  std::int64_t count, perRow;
};
/** `highest`: no id is above it. */
void sortIds(const SortedIds& sorted, const std::vector<IdPart>& parts, std::int64_t highest, Context& context);

/** out[count, width] = the rows `ids` of table[.., width]. */
struct GatherIds {
  std::int32_t* out;
  const std::int32_t* table;
  const std::int32_t* ids;
  std::int64_t count, width;
};
void gatherIds(const GatherIds& gather, Context& context);

/** out[n] = 0..n-1 as `RandomStream.shuffle` leaves them for the stream of this key. */
void shuffledIds(std::int32_t* out, std::int64_t n, std::uint32_t key0, std::uint32_t key1, Context& context);

/** out[rows, d] = rows card, card + cards, ... of x[rows * cards, d]: what a card has of a table by blocks of columns that cards have in turn. */
struct TakeTurns {
  float* out;
  const float* x;
  std::int64_t rows, d, cards, card;
};
void takeTurns(const TakeTurns& take, Context& context);

/** One table of an Adam step: parameter, m, v, gradient [n]. `isInFours` is for the launcher. */
struct AdamTable {
  float* parameter;
  float* m;
  float* v;
  const float* gradient;
  std::int64_t n;
  AdamSettings settings;
  bool isInFours;
};
/** A step of Adam on all of them; which one stands in clock[0]. As `adam`, to the bit. */
void adamTables(const std::vector<AdamTable>& tables, const std::int32_t* clock, Context& context);

/** outs[i] = [length] values of tables[i] [whole] from clock[0] * length on; beyond the end the last one. */
struct SliceIds {
  static constexpr int most = 4;
  std::int32_t* outs[most];
  const std::int32_t* tables[most];
  int count;
  std::int64_t length, whole;
  const std::int32_t* clock;
};
void sliceIds(const SliceIds& slices, Context& context);

/** losses[clock[0], :] = loss [parts] (nothing where that is no row of losses [steps, parts]); then every clock counts one step. */
struct NoteLoss {
  static constexpr int mostClocks = 2;
  float* losses;
  const float* loss;
  std::int64_t steps, parts;
  std::int32_t* clocks[mostClocks];
  int count;
};
void noteLoss(const NoteLoss& note, Context& context);

}  // namespace amr::cuda
