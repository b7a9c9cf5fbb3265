// Which type of module a file is: the user's rules, then the built-in ones.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/worker_config.h"
#include "cli/config/config.h"
#include "cli/project/glob.h"

namespace cwrangler::cli {

class ModuleRules {
 public:
  /// The rules of `config`. A rule without `fallthrough` ends its type: later rules of that type,
  /// the built-in ones included, do not count, and a warning says so of the user's. Throws Error
  /// for an unknown type.
  ModuleRules(const Config& config, std::vector<std::string>& warnings);

  /// The type of the file called `name` ('/'-separated, relative to the module root), or nothing
  /// when it is no module. The first rule that matches decides.
  std::optional<ModuleType> type_of(std::string_view name) const;

 private:
  struct Rule {
    ModuleType type;
    std::vector<Glob> globs;
  };
  std::vector<Rule> rules_;
};

}  // namespace cwrangler::cli
