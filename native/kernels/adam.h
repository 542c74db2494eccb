#pragma once
#include "kernels/arguments.h"

namespace amr {

/** Hyper-parameters of Adam (Kingma and Ba 2015, algorithm 1), with decoupled weight decay. */
struct AdamSettings {
  double learningRate, beta1, beta2, epsilon, weightDecay;

  template <class Call>
  static AdamSettings read(Call& call) {
    AdamSettings s{};
    s.learningRate = call.wideNumber("learningRate");
    s.beta1 = call.wideNumber("beta1");
    s.beta2 = call.wideNumber("beta2");
    s.epsilon = call.wideNumber("epsilon");
    s.weightDecay = call.wideNumber("weightDecay");
    return s;
  }
};

/** One step of Adam in place: parameter, m, v, gradient [n]; step counts from 1. */
struct Adam {
  float* parameter;
  float* m;
  float* v;
  const float* gradient;
  std::int64_t n, step;
  AdamSettings settings;

  template <class Call>
  static Adam read(Call& call) {
    Adam s{};
    const Floats parameter = call.floatsOut("parameter");
    const Floats m = call.floatsOut("m");
    const Floats v = call.floatsOut("v");
    const Floats gradient = call.floats("gradient");
    s.step = call.size("step");
    s.settings = AdamSettings::read(call);
    s.n = parameter.length;
    s.parameter = parameter.data;
    s.m = call.shape(m, s.n);
    s.v = call.shape(v, s.n);
    s.gradient = call.shape(gradient, s.n);
    return s;
  }
};

}  // namespace amr
