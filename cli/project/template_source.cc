#include "cli/project/template_source.h"

#include <stdlib.h>

#include "base/error.h"
#include "cli/process/child_process.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Takes what is behind the last `mark` off `text`.
std::string cut_behind(std::string& text, std::string_view mark) {
  const size_t at = text.rfind(mark);
  if (at == std::string::npos) return {};
  std::string rest = text.substr(at + mark.size());
  text.erase(at);
  return rest;
}

fs::path inner_folder(const std::string& text) {
  const fs::path folder = fs::path(text).lexically_normal();
  if (folder.is_absolute() || (!folder.empty() && *folder.begin() == "..")) {
    throw Error("The folder of a template must be inside its repository: " + text)
        .exit_with(ExitCode::usage);
  }
  return folder == "." ? fs::path() : folder;
}

/// `git+URL[@REFERENCE][#subdirectory=FOLDER]`
GitSource parse_requirement(std::string text) {
  GitSource source;
  source.folder = inner_folder(cut_behind(text, "#subdirectory="));
  // An "@" before the path is the user's name of ssh.
  const size_t scheme = text.find("://");
  const size_t path = text.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  const size_t at = text.rfind('@');
  if (at != std::string::npos && path != std::string::npos && at > path) {
    source.reference = text.substr(at + 1);
    text.erase(at);
  }
  source.url = std::move(text);
  return source;
}

/// `https://HOST/OWNER/NAME[/-]/tree/BRANCH/FOLDER`
std::optional<GitSource> parse_tree_address(const std::string& text) {
  constexpr std::string_view kTree = "/tree/";
  const size_t tree = text.find(kTree);
  if (!text.starts_with("https://") || tree == std::string::npos) return std::nullopt;
  GitSource source;
  source.url = text.substr(0, tree);
  if (source.url.ends_with("/-")) source.url.erase(source.url.size() - 2);
  const std::string rest = text.substr(tree + kTree.size());
  const size_t slash = rest.find('/');
  source.reference = rest.substr(0, slash);
  if (slash != std::string::npos) source.folder = inner_folder(rest.substr(slash + 1));
  return source;
}

std::string first_line_of_error(const std::string& text) {
  size_t at = text.find("fatal:");
  if (at == std::string::npos) at = 0;
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

std::optional<GitSource> parse_git_source(std::string_view given) {
  const std::string text(given);
  if (text.starts_with("git+")) return parse_requirement(text.substr(4));
  if (const auto tree = parse_tree_address(text)) return tree;
  const bool is_url = text.starts_with("https://") || text.starts_with("ssh://") ||
                      text.starts_with("file://") || text.starts_with("git@");
  if (is_url) return parse_requirement(text);
  return std::nullopt;
}

bool is_template_source(std::string_view text) {
  return text.find('/') != text.npos || text == "." || text == "..";
}

TemplateSource::TemplateSource(const std::string& text, const fs::path& directory) {
  if (const auto git = parse_git_source(text)) {
    clone(*git);
  } else {
    folder_ = (directory / text).lexically_normal();
  }
}

TemplateSource::~TemplateSource() {
  std::error_code ignored;
  if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

void TemplateSource::clone(const GitSource& source) {
  std::string pattern = (fs::temp_directory_path() / "cwrangler-template.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw system_error("making a folder for the template");
  scratch_ = pattern;
  ChildOptions child;
  // Nothing of the repository is run: no hooks, no sub-modules, no transport that is a command.
  child.arguments = {"git",
                     "-c",
                     "protocol.ext.allow=never",
                     "-c",
                     "core.hooksPath=/dev/null",
                     "clone",
                     "--quiet",
                     "--depth",
                     "1"};
  if (!source.reference.empty()) {
    child.arguments.insert(child.arguments.end(), {"--branch", source.reference});
  }
  const fs::path copy = scratch_ / "copy";
  child.arguments.insert(child.arguments.end(), {"--", source.url, copy.string()});
  // Nobody is asked for a password.
  child.environment["GIT_TERMINAL_PROMPT"] = "0";
  const CapturedRun run = run_captured(child);
  if (!run.status.success()) {
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
    throw Error("git could not clone " + source.url + ": " + first_line_of_error(run.err))
        .hint("Check the address, and that `git clone` of it works here.");
  }
  folder_ = copy / source.folder;
  if (!fs::is_directory(folder_)) {
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
    throw Error("There is no folder " + source.folder.string() + " in " + source.url);
  }
}

}  // namespace cwrangler::cli
