#include "runtime/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace amr {
namespace {

std::string firstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/** Processors by one group's files, or 0. */
double quotaOfGroup(const std::string& folder, bool second) {
  double quota = 0, period = 0;
  if (second) {
    std::istringstream words(firstLine(folder + "/cpu.max"));
    if (!(words >> quota >> period)) return 0;  // "max" is no number: no limit
  } else {
    std::istringstream(firstLine(folder + "/cpu.cfs_quota_us")) >> quota;
    std::istringstream(firstLine(folder + "/cpu.cfs_period_us")) >> period;
  }
  return quota > 0 && period > 0 ? quota / period : 0;
}

/** The least of a group and all around it; inside a container the path may be one outside, of which only the mount itself is seen. */
double quotaOfPath(const std::string& mount, std::string path, bool second) {
  double least = 0;
  for (;;) {
    const double quota = quotaOfGroup(mount + path, second);
    if (quota > 0 && (least == 0 || quota < least)) least = quota;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return least;
    path.erase(slash);
  }
}

/** `0-3,8,10-11`; what is no number ends the list. */
std::vector<int> numbersOf(const std::string& list) {
  std::vector<int> numbers;
  std::istringstream words(list);
  for (std::string part; std::getline(words, part, ',');) {
    std::istringstream range(part);
    int first = 0, last = 0;
    char dash = 0;
    if (!(range >> first)) break;
    if (!(range >> dash >> last)) last = first;
    for (int number = first; number <= last; ++number) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

double processorQuota(const std::string& root) {
  std::ifstream groups(root + "/proc/self/cgroup");
  double least = 0;
  // hierarchy:controllers:path, with no controllers for version 2
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1) == "/" ? "" : line.substr(second + 1);
    const bool isSecond = controllers.empty();
    if (!isSecond && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    const double quota = quotaOfPath(root + "/sys/fs/cgroup" + (isSecond ? "" : "/" + controllers), path, isSecond);
    if (quota > 0 && (least == 0 || quota < least)) least = quota;
  }
  return least;
}

std::vector<int> runnableProcessors() {
  std::vector<int> numbers;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int number = 0; number < CPU_SETSIZE; ++number) {
      if (CPU_ISSET(number, &set)) numbers.push_back(number);
    }
  }
#endif
  return numbers;
}

int usefulThreads(std::size_t runnable, double quota) {
  const std::size_t known = runnable > 0 ? runnable : std::max(1u, std::thread::hardware_concurrency());
  const double most = quota > 0 ? std::ceil(quota) : static_cast<double>(known);
  return static_cast<int>(std::max(1.0, std::min(static_cast<double>(known), most)));
}

std::vector<MemoryNode> memoryNodes(const std::vector<int>& processors, const std::string& root) {
  std::vector<MemoryNode> nodes;
  const std::string folder = root + "/sys/devices/system/node";
  for (const int node : numbersOf(firstLine(folder + "/online"))) {
    MemoryNode own;
    for (const int number : numbersOf(firstLine(folder + "/node" + std::to_string(node) + "/cpulist"))) {
      if (std::find(processors.begin(), processors.end(), number) != processors.end()) own.push_back(number);
    }
    if (!own.empty()) nodes.push_back(std::move(own));
  }
  if (nodes.empty()) nodes.push_back(processors);
  return nodes;
}

std::size_t nodeOfThread(const std::vector<MemoryNode>& nodes, int thread, int threads) {
  std::size_t all = 0;
  for (const MemoryNode& node : nodes) all += node.size();
  // The middle of the thread's part of [0, all).
  const double place = (static_cast<double>(thread) + 0.5) * static_cast<double>(all) / static_cast<double>(threads);
  double end = 0;
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    end += static_cast<double>(nodes[node].size());
    if (place < end) return node;
  }
  return nodes.size() - 1;
}

}  // namespace amr
