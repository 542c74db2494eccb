// Recording of launches as CUDA graphs. What is recorded takes its memory from the pool and keeps it: between two runs nobody else may
// use it, or be given it for longer.
#include "runtime/context.h"

namespace amr::cuda {
namespace {

/** As check, and the runtime forgets the error that is told here: a later launch must not find it. */
void checkOnce(cudaError_t code, const char* call, int line) {
  if (code == cudaSuccess) return;
  cudaGetLastError();
  failed(code, call, __FILE__, line);
}

}  // namespace

void Context::refuseWhileRecording(const char* what) const {
  if (isRecording_) throw Unrecordable{what};
}

void Context::beginRecording() {
  refuseWhileRecording("a recording inside it");
  // Relaxed: the pool may ask the card for memory meanwhile.
  checkOnce(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture", __LINE__);
  isRecording_ = true;
}

std::unique_ptr<Recorded> Context::endRecording() {
  if (!recordedTaken_.empty()) throw Unrecordable{"memory that outlives it"};
  cudaGraph_t graph = nullptr;
  std::unique_ptr<Recorded> recorded = takeRecorded();
  checkOnce(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture", __LINE__);
  const cudaError_t code = cudaGraphInstantiate(&recorded->exec_, graph, 0);
  cudaGraphDestroy(graph);
  checkOnce(code, "cudaGraphInstantiate", __LINE__);
  return recorded;
}

/** The memory of what was recorded, and its end: nothing more is noted. */
std::unique_ptr<Recorded> Context::takeRecorded() {
  isRecording_ = false;
  std::unique_ptr<Recorded> recorded(new Recorded(*this));
  recorded->memory_.swap(recordedFree_);
  return recorded;
}

void Context::dropRecording() {
  if (!isRecording_) return;
  cudaGraph_t graph = nullptr;
  if (cudaStreamEndCapture(stream_, &graph) == cudaSuccess) cudaGraphDestroy(graph);
  else cudaGetLastError();  // the error that led here is told already
  forgetRecorded();
}

void Context::forgetRecorded() {
  isRecording_ = false;
  recordedTaken_.clear();
  for (auto& [bytes, blocks] : recordedFree_) free_[bytes].insert(free_[bytes].end(), blocks.begin(), blocks.end());
  recordedFree_.clear();
}

void Recorded::run() { AMR_CUDA(cudaGraphLaunch(exec_, context_.stream())); }

Recorded::~Recorded() {
  if (exec_ != nullptr) {
    cudaStreamSynchronize(context_.stream_);  // its error, if there is one, is the next call's too
    cudaGraphExecDestroy(exec_);
  }
  for (auto& [bytes, blocks] : memory_) context_.free_[bytes].insert(context_.free_[bytes].end(), blocks.begin(), blocks.end());
}

}  // namespace amr::cuda
