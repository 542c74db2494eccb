#pragma once
#include "kernels/arguments.h"

namespace amr {

/** The functions, in the order of UNARY_FUNCTIONS in packages/kernels/src/unary.ts, which passes the number. */
enum class UnaryFunction : std::int32_t {
  leakyRelu, relu, sigmoid, tanh, exp, log, sqrt, softplus, square, abs, negate,
  sign, reciprocal, power, shift, atLeast, atMost, count
};

/** out = f(x), any length; out may be x. `parameter`: see the functions in packages/kernels/src/unary.ts. */
struct Unary {
  float* out;
  const float* x;
  std::int64_t n;
  UnaryFunction f;
  float parameter;

  template <class Call>
  static Unary read(Call& call) {
    Unary s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    s.f = static_cast<UnaryFunction>(call.size("f", 0));
    s.parameter = call.number("parameter");
    call.require(s.f < UnaryFunction::count, "f", "a number without a function", "one of the functions' numbers");
    s.n = out.length;
    s.out = out.data;
    s.x = call.shape(x, s.n);
    return s;
  }
};

/** dx += dOut * f'(x), from the input x and the output out of `unary`; dx may be dOut, x or out. */
struct UnaryBackward {
  float* dx;
  const float* dOut;
  const float* x;
  const float* out;
  std::int64_t n;
  UnaryFunction f;
  float parameter;

  template <class Call>
  static UnaryBackward read(Call& call) {
    UnaryBackward s{};
    const Floats dx = call.floatsOutOrSame("dx");
    const Floats dOut = call.floats("dOut");
    const Floats x = call.floats("x");
    const Floats out = call.floats("out");
    s.f = static_cast<UnaryFunction>(call.size("f", 0));
    s.parameter = call.number("parameter");
    call.require(s.f < UnaryFunction::count, "f", "a number without a function", "one of the functions' numbers");
    s.n = dx.length;
    s.dx = dx.data;
    s.dOut = call.shape(dOut, s.n);
    s.x = call.shape(x, s.n);
    s.out = call.shape(out, s.n);
    return s;
  }
};

}  // namespace amr
