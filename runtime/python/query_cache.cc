#include "runtime/python/query_cache.h"

#include <elf.h>
#include <link.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"

namespace cwrangler::python {
namespace {

namespace fs = std::filesystem;

/// uv's question ends like this, behind a statement that puts a folder on sys.path.
constexpr std::string_view kQuestion = "from python.get_interpreter_info import main; main()";

/// The build ID that the linker gave this program: another build has another one. Empty when it was
/// linked without.
std::string build_id() {
  std::string id;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* result) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& header = info->dlpi_phdr[i];
          if (header.p_type != PT_NOTE) continue;
          const char* note = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
          const char* end = note + header.p_memsz;
          while (note + sizeof(ElfW(Nhdr)) <= end) {
            const auto* fields = reinterpret_cast<const ElfW(Nhdr)*>(note);
            const char* name = note + sizeof *fields;
            const char* content = name + ((fields->n_namesz + 3U) & ~3U);
            if (fields->n_type == NT_GNU_BUILD_ID && content + fields->n_descsz <= end) {
              static_cast<std::string*>(result)->assign(content, fields->n_descsz);
              return 1;
            }
            note = content + ((fields->n_descsz + 3U) & ~3U);
          }
        }
        return 1;  // the first object is the program itself
      },
      &id);
  return id;
}

/// The folder between b"…" in uv's question.
std::string question_folder(std::string_view code) {
  const size_t begin = code.find("b\"");
  if (begin == std::string_view::npos) return {};
  const size_t end = code.find('"', begin + 2);
  if (end == std::string_view::npos) return {};
  std::string folder(code.substr(begin + 2, end - begin - 2));
  // uv escapes what is not plain; such a path is simply not answered from the cache.
  return folder.find('\\') == std::string::npos ? folder : "";
}

/// In place of the interpreter's path.
constexpr std::string_view kExecutable = "<cwrangler python>";

/// Whether JSON has the text as it is.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

std::string replaced(std::string text, std::string_view old, std::string_view replacement) {
  for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += replacement.size()) {
    text.replace(at, old.size(), replacement);
  }
  return text;
}

bool write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

std::optional<Question> recognise_question(const std::string& release,
                                           const std::string& executable,
                                           std::span<const std::string> arguments) {
  if (arguments.size() != 4 || arguments[0] != "-I" || arguments[1] != "-B" ||
      arguments[2] != "-c" || !arguments[3].ends_with(kQuestion) || !is_plain(executable)) {
    return {};
  }
  const std::string folder = question_folder(arguments[3]);
  const std::string build = build_id();
  if (folder.empty() || build.empty()) return {};

  Digest key;
  key.add(build);
  key.add(release);
  std::string code = arguments[3];
  code.replace(code.find(folder), folder.size(), "");  // a new name each time
  key.add(code);
  std::error_code failed;
  std::vector<fs::path> scripts;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".py") scripts.push_back(entry.path());
  }
  if (failed || scripts.empty()) return {};
  std::sort(scripts.begin(), scripts.end());
  for (const fs::path& script : scripts) {
    key.add(script.lexically_relative(folder).string());
    key.add(read_file(script));
  }
  key.add(read_file(share_directory() / "digest"));
  const fs::path file = fs::path("interpreter") / (key.hex() + ".json");
  const fs::path cache = cache_directory();
  return Question{executable, cache.empty() ? fs::path() : cache / file, share_directory() / file};
}

void answer(const Question& question) {
  std::error_code failed;
  for (const fs::path& file : {question.own, question.installed}) {
    if (file.empty() || !fs::is_regular_file(file, failed)) continue;
    const std::string text = replaced(read_file(file), kExecutable, question.executable);
    _exit(write_out(text) ? 0 : 1);
  }
  if (question.own.empty()) return;

  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return;  // then without a cache
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    return;
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return;
  }
  std::string answer;
  std::array<char, 16384> chunk;
  for (;;) {
    const ssize_t count = ::read(ends[0], chunk.data(), chunk.size());
    if (count > 0) answer.append(chunk.data(), static_cast<size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) break;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 && answer.starts_with('{');
  if (good) {
    try {
      fs::create_directories(question.own.parent_path());
      write_file_atomically(question.own, replaced(answer, question.executable, kExecutable));
    } catch (const std::exception&) {
      // A cache that cannot be written costs time, nothing else.
    }
  }
  const bool written = write_out(answer);
  _exit(WIFEXITED(status) && written ? WEXITSTATUS(status) : 1);
}

}  // namespace cwrangler::python
