// An NCCL for emulated cards, whose memory is the host's: the functions that cuda/runtime/nccl.cu calls, as the library's documentation describes
// them, with its checks. Calls are lines of LOG_PATH. INIT_STATUS is answered instead of success. Broadcasts happen when their group ends: a
// root's piece goes to every member, and each must have asked for the same.
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#ifndef INIT_STATUS
#define INIT_STATUS 0
#endif

namespace {

constexpr int invalidArgument = 4, invalidUsage = 5;

struct Communicator {
  int rank, count;
};
struct Broadcast {
  const void* from;
  void* to;
  std::size_t bytes;
};

int depth = 0;
/** by root, then by member */
std::map<int, std::map<int, Broadcast>> asked;
int members = 0;

void note(const char* line) {
  if (FILE* log = std::fopen(LOG_PATH, "a")) {
    std::fprintf(log, "%s\n", line);
    std::fclose(log);
  }
}

int refuse(const char* why, int status) {
  note((std::string("refused ") + why).c_str());
  return status;
}

}  // namespace

extern "C" {

int ncclGetVersion(int* version) {
  *version = 22703;
  return 0;
}

int ncclCommInitAll(void** communicators, int count, const int* cards) {
  if (INIT_STATUS != 0) return INIT_STATUS;
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < i; ++j) {
      if (cards[i] == cards[j]) return refuse("a card twice", invalidUsage);
    }
    communicators[i] = new Communicator{i, count};
  }
  members = count;
  return 0;
}

int ncclCommDestroy(void* communicator) {
  delete static_cast<Communicator*>(communicator);
  return 0;
}

int ncclGroupStart() {
  ++depth;
  return 0;
}

int ncclBroadcast(const void* from, void* to, std::size_t count, int type, int root, void* communicator, void* stream) {
  if (depth == 0) return refuse("a broadcast of one thread outside a group", invalidUsage);
  const auto* member = static_cast<const Communicator*>(communicator);
  if (stream == nullptr || type != 0 || root < 0 || root >= member->count) return refuse("arguments", invalidArgument);
  if (!asked[root].emplace(member->rank, Broadcast{from, to, count}).second) return refuse("two of one root", invalidUsage);
  note("broadcast");
  return 0;
}

int ncclGroupEnd() {
  if (--depth > 0) return 0;
  for (const auto& [root, broadcasts] : asked) {
    if (static_cast<int>(broadcasts.size()) != members) return refuse("a member that is missing", invalidUsage);
    const Broadcast source = broadcasts.at(root);
    for (const auto& [rank, each] : broadcasts) {
      if (each.bytes != source.bytes) return refuse("different lengths", invalidArgument);
      if (each.to != source.from) std::memcpy(each.to, source.from, each.bytes);
    }
  }
  asked.clear();
  return 0;
}

}  // extern "C"
