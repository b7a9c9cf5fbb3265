// `.assetsignore`: files of the assets' folder that are none, by the patterns of .gitignore
// (git-scm.com/docs/gitignore, "Pattern format").

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

class IgnoreRules {
 public:
  /// `text`: of the file; empty for none. Any bytes are safe.
  explicit IgnoreRules(std::string_view text);

  /// Whether the file at `path` ('/'-separated, relative, no slash in front) is left out: the last
  /// pattern that matches it, or a folder above it, decides.
  bool ignores(std::string_view path) const;

 private:
  struct Rule {
    std::vector<std::string> segments;
    bool negated = false;
    bool folders_only = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace cwrangler::cli
