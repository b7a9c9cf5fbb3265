#include "cli/project/local_variables.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/utf8.h"

extern "C" char** environ;  // POSIX; some headers leave it to the program to declare

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

class Loader {
 public:
  explicit Loader(const LocalVariablesRequest& request) : request_(request) {}

  LocalVariables load() {
    if (!request_.files.empty()) {
      load_named_files();
    } else {
      load_found_files();
    }
    return std::move(result_);
  }

 private:
  void load_named_files() {
    for (const fs::path& file : request_.files) {
      result_.candidates.push_back(file);
      read(file);
    }
    expand_dotenv(result_.entries, request_.process_environment);
    add_process_environment();
  }

  void load_found_files() {
    const fs::path& root = request_.project_root;
    const std::string suffix = request_.environment.empty() ? "" : "." + request_.environment;
    if (!suffix.empty()) result_.candidates.push_back(root / (".dev.vars" + suffix));
    result_.candidates.push_back(root / ".dev.vars");
    for (const fs::path& file : result_.candidates) {
      if (fs::exists(file)) {
        read(file);
        return;
      }
    }
    if (request_.process_environment("CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV") == "false") return;

    std::vector<fs::path> files{root / ".env", root / ".env.local"};
    if (!suffix.empty()) {
      files.push_back(root / (".env" + suffix));
      files.push_back(root / (".env" + suffix + ".local"));
    }
    for (const fs::path& file : files) {
      result_.candidates.push_back(file);
      if (fs::exists(file)) read(file);
    }
    expand_dotenv(result_.entries, request_.process_environment);
    add_process_environment();
  }

  void read(const fs::path& path) {
    const std::string text = read_file(path);
    if (const size_t at = first_invalid_utf8(text); at != std::string::npos) {
      const auto line =
          1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
      throw Error("The file is not UTF-8.").at({path.string(), static_cast<int>(line), 0});
    }
    DotenvFile file = parse_dotenv(text);
    for (const int line : file.odd_lines) {
      result_.warnings.push_back(
          "A line of " + SourcePosition{path.string(), line, 0}.to_string() +
          " was not understood.\nEach line is NAME=value, # a comment, or blank; a quote that is "
          "opened must be closed.");
    }
    for (DotenvFile::Entry& entry : file.entries) add(std::move(entry));
    result_.read.push_back(path);
  }

  void add(DotenvFile::Entry entry) {
    const auto found =
        std::find_if(result_.entries.begin(), result_.entries.end(),
                     [&entry](const auto& known) { return known.name == entry.name; });
    if (found != result_.entries.end()) {
      *found = std::move(entry);
    } else {
      result_.entries.push_back(std::move(entry));
    }
  }

  void add_process_environment() {
    if (!request_.secrets_declared &&
        request_.process_environment("CLOUDFLARE_INCLUDE_PROCESS_ENV") != "true") {
      return;
    }
    for (char** variable = environ; variable && *variable; ++variable) {
      const std::string_view text = *variable;
      const size_t equals = text.find('=');
      if (equals == std::string_view::npos || first_invalid_utf8(text) != std::string_view::npos) {
        continue;
      }
      add({std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)), 0});
    }
  }

  const LocalVariablesRequest& request_;
  LocalVariables result_;
};

}  // namespace

LocalVariables load_local_variables(const LocalVariablesRequest& request) {
  return Loader(request).load();
}

}  // namespace cwrangler::cli
