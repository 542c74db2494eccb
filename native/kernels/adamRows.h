#pragma once
#include "kernels/adam.h"

namespace amr {

/**
 * Adam on a table most of whose rows have no gradient in a step: those wait, and are brought up to date when somebody needs them.
 * Each listed row (every row where rowIds is null) of parameter, m, v [n, d] takes the steps stepsTaken[row] + 1 .. step, all
 * without a gradient but for the last, which takes gradient[j, :] of the row's place j in the list, where gradients are given.
 * Afterwards stepsTaken[row] = step, and the row has the bits that `adam` leaves when it moves the whole table every step.
 * A count outside [0, step) replays nothing, and where counts are absent (null) no row owes a step: rows without a gradient keep
 * their moments, and those with one take theirs alone ("lazy" Adam). Ids ascend; a repeated id counts once.
 */
struct AdamRows {
  float* parameter;
  float* m;
  float* v;
  std::int32_t* stepsTaken;
  const std::int32_t* rowIds;
  const float* gradient;
  /** rows of the table, rows listed, columns */
  std::int64_t rows, listed, d, step;
  /** [1], where not null: the step is what stands here, not `step` */
  const std::int32_t* clock;
  AdamSettings settings;

  template <class Call>
  static AdamRows read(Call& call) {
    AdamRows s{};
    const Floats parameter = call.floatsOut("parameter");
    const Floats m = call.floatsOut("m");
    const Floats v = call.floatsOut("v");
    const Ints stepsTaken = call.optionalIntsOut("stepsTaken");
    const Ints rowIds = call.optionalInts("rowIds");
    const Floats gradient = call.optionalFloats("gradient");
    s.d = call.size("d", 1);
    s.step = call.size("step");
    const Ints clock = call.optionalInts("clock");
    s.settings = AdamSettings::read(call);
    s.rows = call.rowsOf(parameter, s.d);
    s.listed = rowIds.absent ? s.rows : rowIds.length;
    s.parameter = parameter.data;
    s.m = call.shape(m, s.rows, s.d);
    s.v = call.shape(v, s.rows, s.d);
    s.stepsTaken = call.shape(stepsTaken, s.rows);
    s.rowIds = rowIds.absent ? nullptr : call.ascendingIndices(rowIds, s.rows);
    s.gradient = call.shape(gradient, s.listed, s.d);
    s.clock = clock.absent ? nullptr : call.shape(clock, 1);
    return s;
  }
};

}  // namespace amr
