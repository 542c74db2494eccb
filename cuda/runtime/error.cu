#include "runtime/error.h"

#include <cstring>

namespace amr::cuda {
namespace {

struct Advice {
  int code;
  const char* expected;
  const char* hint;
};

/** By number: the names of some of them differ between toolkits. */
constexpr const char* brokenKernel =
    "start again with CUDA_LAUNCH_BLOCKING=1 to see which kernel it is, and report it; the device cannot be used any more";
constexpr Advice advices[] = {
    {2, "enough free memory on the card", "use a smaller batch or width, or end other programs that use the card"},
    {35, "a driver for this build's CUDA release or a newer one", "update the NVIDIA driver, or use --device cpu"},
    {46, "a card that is free", "end the program that holds the card exclusively, or use --device cpu"},
    {100, "a card the driver sees", "see whether nvidia-smi lists it and CUDA_VISIBLE_DEVICES names it, or use --device cpu"},
    {209, "code for this card in the build", "set AMR_CUDA_ARCHITECTURES to the card's architecture and run npm run build:native"},
    {214, "memory without uncorrectable errors", "reset or replace the card (nvidia-smi -q -d ECC says more)"},
    {222, "a driver that knows this build's PTX", "update the NVIDIA driver, or use --device cpu"},
    {700, "kernels that stay within their arrays", brokenKernel},
    {702, "kernels that end before the system's time limit",
     "use a card without a display, or a smaller batch; the device cannot be used any more"},
    {714, "kernels without faults", brokenKernel},
    {715, "kernels without faults", brokenKernel},
    {716, "kernels that read at aligned addresses", brokenKernel},
    {717, "kernels without faults", brokenKernel},
    {718, "kernels without faults", brokenKernel},
    {719, "kernels that run to their end", brokenKernel},
    {802, "a system whose parts are ready", "start the service nvidia-fabricmanager (machines with NVSwitch), or use --device cpu"},
    {803, "a driver whose parts belong together", "restart the machine after the driver's update"},
    {999, "a card that answers", "the card may be lost: see nvidia-smi and the system's log, then restart the program"},
};

const char* fileName(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

}  // namespace

void failed(cudaError_t code, const char* call, const char* file, int line) {
  const std::string got = std::string(cudaGetErrorName(code)) + " (" + cudaGetErrorString(code) + ") from " + call + " at " +
                          fileName(file) + ":" + std::to_string(line);
  for (const Advice& advice : advices) {
    if (advice.code == static_cast<int>(code)) throw CudaError{"device cuda", got, advice.expected, advice.hint};
  }
  throw CudaError{"device cuda", got, "success", "see nvidia-smi and the system's log, or use --device cpu"};
}

}  // namespace amr::cuda
