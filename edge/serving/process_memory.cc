#include "edge/serving/process_memory.h"

#include <fstream>
#include <string>

namespace cwrangler::edge {

std::uint64_t private_memory(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string name;
  std::uint64_t sum = 0;
  std::getline(file, name);  // the range
  for (std::uint64_t kilobytes = 0; file >> name >> kilobytes;) {
    if (name == "Private_Clean:" || name == "Private_Dirty:") sum += kilobytes << 10;
    std::getline(file, name);
  }
  return sum;
}

}  // namespace cwrangler::edge
