#include "cli/dev/bundle_stamp.h"

#include <sys/stat.h>

namespace cwrangler::cli {

std::string bundle_stamp(const WorkerConfig& worker) {
  std::string stamp =
      to_json(worker).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const Module& module : worker.modules) {
    struct stat status {};
    if (::stat(module.path.c_str(), &status) != 0) {
      stamp += " -";
      continue;
    }
    stamp += ' ' + std::to_string(status.st_ino) + ':' + std::to_string(status.st_size) + ':' +
             std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec);
  }
  return stamp;
}

}  // namespace cwrangler::cli
