// Streams, events, and graphs: what a captured stream was asked to do, in order.
#include "machine.h"

using cudaOnHost::counters;
using cudaOnHost::perform;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  ANSWER_FAULT("cudaStreamCreateWithFlags");
  *stream = new CudaOnHostStream;
  (*stream)->card = cudaOnHost::currentCard;
  cudaOnHost::streams.push_back(*stream);
  ++counters.streams;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  --counters.streams;
  std::erase(cudaOnHost::streams, stream);
  for (CudaOnHostStream* other : cudaOnHost::streams) other->known.erase(stream), other->readers.erase(stream), other->waitedFor.erase(stream);
  cudaOnHost::knownToHost.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  ++counters.synchronisations;
  if (const cudaError_t error = cudaOnHost::refuseInCapture(stream); error != cudaSuccess) return error;
  ANSWER_FAULT("cudaStreamSynchronize");
  cudaOnHost::merge(cudaOnHost::knownToHost, stream->known);
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  ANSWER_FAULT("cudaEventCreate");
  *event = new CudaOnHostEvent{cudaOnHost::currentCard, nullptr, {}, nullptr, {}};
  ++counters.events;
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  --counters.events;
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  ANSWER_FAULT("cudaEventRecord");
  if (event->card != stream->card) return cudaOnHost::lastError = cudaErrorInvalidResourceHandle;
  event->stream = stream;
  event->capture = stream->capture;
  event->known = stream->known;
  event->time = std::chrono::steady_clock::now();
  return cudaSuccess;
}
/** What waits for an event of a captured stream belongs to its graph. */
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  ANSWER_FAULT("cudaStreamWaitEvent");
  if (event->capture && !stream->capture) {
    stream->capture = event->capture;
    event->capture->streams.push_back(stream);
  }
  if (stream->capture != event->capture) return cudaOnHost::lastError = cudaErrorInvalidValue;
  cudaOnHost::merge(stream->known, event->known);
  stream->waitedFor.insert(event->stream);
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
  ANSWER_FAULT("cudaEventSynchronize");
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}

// -- graphs: what a captured stream was asked to do, in order -------------------------------------------------------------------

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  ANSWER_FAULT("cudaStreamBeginCapture");
  if (stream->capture) return cudaOnHost::lastError = cudaErrorInvalidValue;
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->streams = {stream};
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  const std::shared_ptr<Capture> capture = stream->capture;
  bool isJoined = true;
  for (CudaOnHostStream* each : capture->streams) {
    isJoined = isJoined && cudaOnHost::hasSeen(stream, {{each, each->issued}});
    each->capture = nullptr;
  }
  ANSWER_FAULT("cudaStreamEndCapture");
  if (capture->isInvalid) return cudaOnHost::lastError = cudaErrorStreamCaptureInvalidated;
  if (!isJoined) return cudaOnHost::lastError = cudaErrorStreamCaptureUnjoined;
  *graph = new CudaOnHostGraph{capture};
  ++counters.graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  ANSWER_FAULT("cudaGraphInstantiate");
  *exec = new CudaOnHostGraphExec{graph->capture};
  ++counters.graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  ANSWER_FAULT("cudaGraphLaunch");
  ++counters.graphLaunches;
  for (CudaOnHostStream* other : exec->capture->streams) {
    if (other != stream) cudaOnHost::meet(stream, other);
  }
  perform(stream, [exec] {
    for (const auto& each : exec->capture->work) each();
  });
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  --counters.graphs;
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  --counters.graphs;
  delete exec;
  return cudaSuccess;
}
