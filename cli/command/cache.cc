// `cwrangler cache`: what is kept between runs, and its end.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <array>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "cli/cache/kept_files.h"
#include "cli/command/commands.h"
#include "cli/packages/installed.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

using Time = std::chrono::system_clock::time_point;

/// When the program was put where it is: no installer can set that time. The epoch where there is
/// none.
Time installation_time(const std::filesystem::path& program) {
  struct stat state {};
  if (program.empty() || ::stat(program.c_str(), &state) != 0) return {};
  return std::chrono::system_clock::from_time_t(state.st_ctim.tv_sec);
}

/// "2026-11-23T00:15:35Z".
std::string utc(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::array<char, sizeof("2026-11-23T00:15:35Z") + 8> text;
  std::strftime(text.data(), text.size(), "%FT%TZ", &fields);
  return text.data();
}

/// "3 h ago".
std::string age(std::chrono::system_clock::duration passed) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(passed).count();
  constexpr std::int64_t kHour = 60;
  constexpr std::int64_t kDay = 24 * kHour;
  if (minutes < 1) return "just now";
  if (minutes < kHour) return std::to_string(minutes) + " min ago";
  if (minutes < kDay) return std::to_string(minutes / kHour) + " h ago";
  return std::to_string(minutes / kDay) + " d ago";
}

nlohmann::ordered_json cache_json(const std::filesystem::path& folder,
                                  const std::vector<CachePart>& parts,
                                  const std::optional<Removed>& removed) {
  nlohmann::ordered_json json{{"folder", folder.string()}};
  for (const CachePart& part : parts) {
    nlohmann::ordered_json entry{{"name", part.name},
                                 {"holds", part.holds},
                                 {"entries", part.entries.size()},
                                 {"bytes", part.bytes()}};
    if (part.limit) entry["limit"] = *part.limit;
    if (!part.entries.empty()) entry["last_used"] = utc(part.entries.back().last_used);
    json["parts"].push_back(std::move(entry));
  }
  if (removed) json["removed"] = {{"entries", removed->entries}, {"bytes", removed->bytes}};
  return json;
}

void print_cache(const std::vector<CachePart>& parts, Time now, Terminal& terminal) {
  std::vector<std::vector<std::string>> rows;
  for (const CachePart& part : parts) {
    rows.push_back({std::string(part.name), std::string(part.holds),
                    std::to_string(part.entries.size()), shown_size(part.bytes()),
                    part.limit ? shown_size(*part.limit) : "",
                    part.entries.empty() ? "" : age(now - part.entries.back().last_used)});
  }
  terminal.print(boxed_table({"folder", "what", "entries", "size", "limit", "last used"}, rows));
}

int cache(bool clean, bool json, const CommandContext& context) {
  const std::filesystem::path folder = cache_directory();
  if (folder.empty()) {
    throw Error("there is no cache: neither HOME nor XDG_CACHE_HOME is set")
        .hint("Set CWRANGLER_CACHE_DIR to a folder of yours.");
  }
  std::vector<CachePart> parts = read_cache(folder);
  std::optional<Removed> removed;
  const Time now = context.clock();
  if (clean) {
    removed = clean_cache(parts, {now, installation_time(sibling_program("cwrangler-runtime"))});
  }
  Terminal& terminal = context.terminal;
  if (json) {
    terminal.print(cache_json(folder, parts, removed).dump(2));
    return static_cast<int>(ExitCode::ok);
  }
  terminal.print(folder.string());
  print_cache(parts, now, terminal);
  if (removed) {
    terminal.print("Removed " + std::to_string(removed->entries) +
                   (removed->entries == 1 ? " entry, " : " entries, ") +
                   shown_size(removed->bytes));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_cache_command(CLI::App& program, CommandContext& context) {
  struct Flags {
    bool clean = false;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("cache", "Say what is kept between runs, how much, and since when");
  command->add_flag("--clean", flags->clean,
                    "Remove what is no longer wanted; running programs are not disturbed");
  command->add_flag("--json", flags->json, "As JSON on standard output");
  command->callback([flags, &context] {
    context.run = [flags, &context] { return cache(flags->clean, flags->json, context); };
  });
}

}  // namespace cwrangler::cli
