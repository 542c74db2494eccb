// randomValues and dropout: a thread draws one block of four words and has the four elements at its position.
#include "kernels/kernels.h"
#include "philox.cuh"

namespace amr::cuda {
namespace {

template <int count>
__device__ float polynomial(const float (&coefficients)[count], float x) {
  float sum = coefficients[0];
  for (int i = 1; i < count; ++i) sum = fmaf(sum, x, coefficients[i]);
  return sum;
}

/** sqrt(2) times the polynomials of Giles 2010, "Approximating the erfinv function", for single precision. */
__device__ float normalQuantile(float u) {
  const float central[] = {3.9742602e-8f,  4.8546266e-7f, -4.9828227e-6f, -6.2105281e-6f, 3.0912003e-4f,
                           -1.7730349e-3f, -5.908134e-3f, 0.34880266f,    2.1233136f};
  const float tails[] = {-2.8314572e-4f, 1.4276565e-4f, 1.9082595e-3f, -5.1950123e-3f, 8.1168897e-3f,
                         -1.0779788e-2f, 1.3348579e-2f, 1.416581f,     4.0064342f};
  const float w = -logf(4.0f * u * (1.0f - u));
  return (w < 5.0f ? polynomial(central, w - 2.5f) : polynomial(tails, sqrtf(w) - 3.0f)) * (u + u - 1.0f);
}

__device__ float quantile(RandomLaw law, float u) {
  if (law == RandomLaw::normal) return normalQuantile(u);
  return law == RandomLaw::gumbel ? -logf(-logf(u)) : u;
}

__global__ void __launch_bounds__(blockThreads) drawValues(RandomValues s) {
  const std::int64_t block = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (4 * block >= s.n) return;
  const PhiloxBlock drawn = philox(s.key0, s.key1, static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32));
  for (int w = 0; w < 4 && 4 * block + w < s.n; ++w) s.out[4 * block + w] = quantile(s.law, uniformOf(drawn.words[w]));
}

__global__ void __launch_bounds__(blockThreads) dropElements(Dropout s) {
  const std::int64_t block = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (4 * block >= s.n) return;
  const PhiloxBlock drawn = philox(s.key0, s.key1, static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32));
  const float scale = 1.0f / (1.0f - s.rate);
  for (int w = 0; w < 4 && 4 * block + w < s.n; ++w) {
    const std::int64_t i = 4 * block + w;
    const float kept = uniformOf(drawn.words[w]) < s.rate ? 0.0f : scale * s.x[i];
    s.out[i] = s.beta == 0.0f ? kept : fmaf(s.beta, s.out[i], kept);
  }
}

}  // namespace

void randomValues(const RandomValues& s, Context& context) {
  if (s.n > 0) AMR_LAUNCH(context, drawValues, blocksFor(s.n, 4 * blockThreads), blockThreads, s);
}
void dropout(const Dropout& s, Context& context) {
  if (s.n > 0) AMR_LAUNCH(context, dropElements, blocksFor(s.n, 4 * blockThreads), blockThreads, s);
}

}  // namespace amr::cuda
