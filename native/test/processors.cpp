#include "runtime/processors.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "test/harness.h"

namespace amr::test {
namespace {

/** A /proc and a /sys with these files, gone with the object. */
class FakeSystem {
 public:
  explicit FakeSystem(const std::map<std::string, std::string>& files) {
    std::string pattern = (std::filesystem::temp_directory_path() / "agentmmrec-system-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail("no temporary folder");
    root = pattern;
    for (const auto& [path, text] : files) {
      std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
      std::ofstream(root + path) << text << '\n';
    }
  }
  ~FakeSystem() { std::filesystem::remove_all(root); }
  FakeSystem(const FakeSystem&) = delete;
  FakeSystem& operator=(const FakeSystem&) = delete;

  std::string root;
};

void expectQuota(const std::map<std::string, std::string>& files, double quota, const char* what) {
  near(processorQuota(FakeSystem(files).root), quota, 1e-9, what);
}

}  // namespace

AMR_TEST(quotaOfControlGroups) {
  const std::string group = "/proc/self/cgroup", mount = "/sys/fs/cgroup";
  expectQuota({}, 0, "no files");
  expectQuota({{group, "0::/"}, {mount + "/cpu.max", "max 100000"}}, 0, "version 2 without a limit");
  expectQuota({{group, "0::/"}, {mount + "/cpu.max", "150000 100000"}}, 1.5, "version 2");
  expectQuota({{group, "0::/pod/app"}, {mount + "/pod/app/cpu.max", "max 100000"}, {mount + "/pod/cpu.max", "400000 100000"}}, 4,
              "version 2, the limit is of the group around");
  expectQuota({{group, "0::/pod/app"}, {mount + "/pod/app/cpu.max", "50000 100000"}, {mount + "/pod/cpu.max", "400000 100000"}}, 0.5,
              "version 2, the least of both");
  expectQuota({{group, "4:memory:/x\n3:cpu,cpuacct:/job\n0::/"},
               {mount + "/cpu,cpuacct/job/cpu.cfs_quota_us", "200000"},
               {mount + "/cpu,cpuacct/job/cpu.cfs_period_us", "100000"}},
              2, "version 1");
  expectQuota({{group, "3:cpu:/job"}, {mount + "/cpu/job/cpu.cfs_quota_us", "-1"}, {mount + "/cpu/job/cpu.cfs_period_us", "100000"}}, 0,
              "version 1 without a limit");
  // A container sees its own group as the mount, and in /proc the path outside.
  expectQuota({{group, "3:cpu:/docker/0123"}, {mount + "/cpu/cpu.cfs_quota_us", "300000"}, {mount + "/cpu/cpu.cfs_period_us", "100000"}}, 3,
              "version 1 in a container");
  expectQuota({{group, "nonsense\n0::"}, {mount + "/cpu.max", "many 100000"}}, 0, "nonsense");
}

AMR_TEST(threadsFollowTheQuota) {
  const auto expect = [](std::size_t runnable, double quota, int threads) { near(usefulThreads(runnable, quota), threads, 0, "threads"); };
  expect(64, 0, 64);
  expect(64, 2, 2);
  expect(64, 1.5, 2);
  expect(64, 0.25, 1);
  expect(2, 8, 2);
  if (usefulThreads(0, 0) < 1) fail("no thread where nothing is known");
}

AMR_TEST(nodesShareThreadsByTheirProcessors) {
  const std::string folder = "/sys/devices/system/node";
  const FakeSystem two({{folder + "/online", "0-1"}, {folder + "/node0/cpulist", "0-3,8"}, {folder + "/node1/cpulist", "4-7"}});
  const std::vector<MemoryNode> nodes = memoryNodes({0, 1, 4, 5, 6, 7}, two.root);
  if (nodes != std::vector<MemoryNode>{{0, 1}, {4, 5, 6, 7}}) fail("nodes with the runnable processors alone");
  std::vector<std::size_t> of;
  for (int thread = 0; thread < 6; ++thread) of.push_back(nodeOfThread(nodes, thread, 6));
  if (of != std::vector<std::size_t>{0, 0, 1, 1, 1, 1}) fail("six threads on two and four processors");
  if (nodeOfThread(nodes, 0, 3) != 0 || nodeOfThread(nodes, 1, 3) != 1 || nodeOfThread(nodes, 2, 3) != 1) fail("three threads");
  if (memoryNodes({3, 5}, FakeSystem({}).root) != std::vector<MemoryNode>{{3, 5}}) fail("one node where none is told");
}

}  // namespace amr::test
