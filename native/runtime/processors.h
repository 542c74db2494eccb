#pragma once
#include <string>
#include <vector>

namespace amr {

/** The processors that belong to one piece of memory (NUMA), by number, ascending. */
using MemoryNode = std::vector<int>;

/**
 * How many processors' time the control groups of this process grant it (`cpu.max` of version 2, `cpu.cfs_quota_us` of version 1, the
 * least of the group and those around it), or 0 where none says. `root` is '' or, in tests, a folder with a /proc and a /sys of its own.
 */
double processorQuota(const std::string& root = "");

/** The processors this process may run on, by number; a container's set of processors is among what decides. Empty where not known. */
std::vector<int> runnableProcessors();

/** Threads that are worth starting: as many as runnable processors, at most the quota rounded up; 1 where nothing is known. */
int usefulThreads(std::size_t runnable, double quota);

/** The nodes that have some of `processors`, with those alone; one node with all where the system tells of none. */
std::vector<MemoryNode> memoryNodes(const std::vector<int>& processors, const std::string& root = "");

/** The node of thread `thread` of `threads`: neighbouring threads share one, each node gets threads by its number of processors. */
std::size_t nodeOfThread(const std::vector<MemoryNode>& nodes, int thread, int threads);

}  // namespace amr
