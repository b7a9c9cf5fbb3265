#include "runtime/server/source_excerpt.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler::server {
namespace {

/// How a traceback names a module, and where Python finds the Worker's.
constexpr std::string_view kFile = "  File \"/session/metadata/";
constexpr std::string_view kLine = "\", line ";
constexpr std::string_view kFunction = ", in ";
constexpr std::string_view kPackages = "python_modules/";
/// Lines before and after, and how many frames: a page that can be looked through.
constexpr int kAround = 4;
constexpr size_t kMost = 10;
/// Larger files are no code that somebody has written.
constexpr std::uintmax_t kLargestFile = 1 << 20;

struct Frame {
  std::string_view module;
  int line = 0;
  std::string_view function;
  std::string_view code;  // the line's text, as Python shows it; may be empty
};

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// A line of the form `  File "/session/metadata/entry.py", line 5, in fetch`.
std::optional<Frame> parse_frame(std::string_view text) {
  if (!text.starts_with(kFile)) return std::nullopt;
  text.remove_prefix(kFile.size());
  const size_t end = text.find(kLine);
  if (end == text.npos) return std::nullopt;
  Frame frame;
  frame.module = text.substr(0, end);
  text.remove_prefix(end + kLine.size());
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), frame.line);
  if (error != std::errc{} || frame.line < 1) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  if (text.starts_with(kFunction)) frame.function = text.substr(kFunction.size());
  return frame;
}

std::vector<Frame> own_frames(std::string_view traceback) {
  const std::vector<std::string_view> lines = split(traceback);
  std::vector<Frame> frames;
  for (size_t i = 0; i < lines.size(); ++i) {
    std::optional<Frame> frame = parse_frame(lines[i]);
    if (!frame || frame->module.starts_with(kPackages)) continue;
    if (i + 1 < lines.size() && lines[i + 1].starts_with("    ")) frame->code = lines[i + 1];
    frames.push_back(*frame);
  }
  if (frames.size() > kMost) frames.erase(frames.begin(), frames.end() - kMost);
  return frames;
}

std::optional<std::string> text_of(const Module& module) {
  if (module.content) return *module.content;
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(module.path, failed);
  if (failed || size > kLargestFile) return std::nullopt;
  try {
    return read_file(module.path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<SourceExcerpt> source_excerpts(std::string_view traceback,
                                           std::span<const Module> modules) {
  std::vector<SourceExcerpt> excerpts;
  for (const Frame& frame : own_frames(traceback)) {
    const auto module = std::find_if(modules.begin(), modules.end(), [&frame](const Module& known) {
      return known.name == frame.module;
    });
    if (module == modules.end()) continue;
    const std::optional<std::string> text = text_of(*module);
    if (!text) continue;
    const std::vector<std::string_view> lines = split(*text);
    const int count = static_cast<int>(lines.size());
    if (frame.line > count) continue;
    const std::string_view code = trimmed(lines[static_cast<size_t>(frame.line - 1)]);
    if (!frame.code.empty() && trimmed(frame.code) != code) continue;
    SourceExcerpt excerpt{std::string(frame.module),
                          std::string(frame.function),
                          frame.line,
                          std::max(1, frame.line - kAround),
                          {}};
    const int last = std::min(count, frame.line + kAround);
    for (int line = excerpt.first_line; line <= last; ++line) {
      excerpt.lines.emplace_back(lines[static_cast<size_t>(line - 1)]);
    }
    excerpts.push_back(std::move(excerpt));
  }
  return excerpts;
}

}  // namespace cwrangler::server
