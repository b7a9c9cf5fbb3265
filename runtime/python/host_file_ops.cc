#include "runtime/python/host_file_ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/python/arguments.h"

namespace cwrangler::python {
namespace {

using engine::Call;

/// The isolate of a call that may touch the host; throws std::out_of_range for any other.
v8::Isolate* host(Call call) {
  engine::Isolate::from(call).state<HostAccess>();
  return call.GetIsolate();
}

/// Turns a failed system call into a JavaScript exception; `errno` is read at the call.
void throw_errno(Call call) {
  const int code = errno;
  const char* name = strerrorname_np(code);
  v8::Isolate* isolate = call.GetIsolate();
  isolate->ThrowException(
      engine::make_error(isolate, strerror(code), name == nullptr ? "EIO" : name));
}

void return_or_throw(Call call, int result) {
  if (result < 0) throw_errno(call);
}

mode_t mode_argument(Call call, int index) {
  return static_cast<mode_t>(integer(call, index));
}

void return_strings(Call call, const std::vector<std::string>& strings) {
  v8::Isolate* isolate = call.GetIsolate();
  std::vector<v8::Local<v8::Value>> values;
  for (const std::string& string : strings) values.push_back(engine::to_string(isolate, string));
  call.GetReturnValue().Set(v8::Array::New(isolate, values.data(), values.size()));
}

double milliseconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_nsec) / 1e6;
}

timespec time_argument(Call call, int index) {
  const double value = call[index]->IsNumber() ? call[index].As<v8::Number>()->Value() : 0;
  if (!std::isfinite(value) || std::abs(value) > 1e15) {
    throw engine::TypeErrorException("a time in milliseconds is expected");
  }
  const double seconds = std::floor(value / 1000);
  return {static_cast<time_t>(seconds), static_cast<long>((value - seconds * 1000) * 1e6)};
}

void stat_path(Call call) {
  v8::Isolate* isolate = host(call);
  struct stat status;
  const std::string path = text(call, 0);
  const int flags = call[1]->IsTrue() ? 0 : AT_SYMLINK_NOFOLLOW;
  if (fstatat(AT_FDCWD, path.c_str(), &status, flags) != 0) return throw_errno(call);
  const double numbers[] = {
      static_cast<double>(status.st_mode),  static_cast<double>(status.st_size),
      milliseconds(status.st_mtim),         milliseconds(status.st_atim),
      milliseconds(status.st_ctim),         static_cast<double>(status.st_ino),
      static_cast<double>(status.st_nlink), static_cast<double>(status.st_uid),
      static_cast<double>(status.st_gid),
  };
  std::vector<v8::Local<v8::Value>> values;
  for (const double number : numbers) values.push_back(v8::Number::New(isolate, number));
  call.GetReturnValue().Set(v8::Array::New(isolate, values.data(), values.size()));
}

void list(Call call) {
  host(call);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(text(call, 0).c_str()), closedir);
  if (!folder) return throw_errno(call);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return_strings(call, names);
}

void open_file(Call call) {
  host(call);
  const int flags = static_cast<int>(integer(call, 1) & INT_MAX);
  const int descriptor = open(text(call, 0).c_str(), flags | O_CLOEXEC, mode_argument(call, 2));
  if (descriptor < 0) return throw_errno(call);
  call.GetReturnValue().Set(descriptor);
}

int descriptor_argument(Call call) {
  return static_cast<int>(integer(call, 0) & INT_MAX);
}

/// The position of a read or write: nothing for -1, which means where the stream is.
bool at_position(Call call, off_t& position) {
  if (call[2]->IsNumber() && call[2].As<v8::Number>()->Value() == -1) return false;
  position = integer(call, 2);
  return true;
}

void close_file(Call call) {
  host(call);
  return_or_throw(call, close(descriptor_argument(call)));
}

void read_file(Call call) {
  host(call);
  const int descriptor = descriptor_argument(call);
  const std::span<uint8_t> into = engine::bytes_of(call[1]);
  off_t position = 0;
  const bool positioned = at_position(call, position);
  ssize_t count = 0;
  do {
    count = positioned ? pread(descriptor, into.data(), into.size(), position)
                       : read(descriptor, into.data(), into.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) return throw_errno(call);
  call.GetReturnValue().Set(static_cast<double>(count));
}

void write_file(Call call) {
  host(call);
  const int descriptor = descriptor_argument(call);
  std::span<const uint8_t> from = engine::bytes_of(call[1]);
  const size_t size = from.size();
  off_t position = 0;
  const bool positioned = at_position(call, position);
  while (!from.empty()) {
    const ssize_t count = positioned ? pwrite(descriptor, from.data(), from.size(), position)
                                     : write(descriptor, from.data(), from.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return throw_errno(call);
    from = from.subspan(static_cast<size_t>(count));
    position += count;
  }
  call.GetReturnValue().Set(static_cast<double>(size));
}

void truncate_file(Call call) {
  host(call);
  return_or_throw(call, truncate(text(call, 0).c_str(), integer(call, 1)));
}

void make_folder(Call call) {
  host(call);
  return_or_throw(call, mkdir(text(call, 0).c_str(), mode_argument(call, 1)));
}

void remove_folder(Call call) {
  host(call);
  return_or_throw(call, rmdir(text(call, 0).c_str()));
}

void unlink_file(Call call) {
  host(call);
  return_or_throw(call, unlink(text(call, 0).c_str()));
}

void rename_file(Call call) {
  host(call);
  return_or_throw(call, rename(text(call, 0).c_str(), text(call, 1).c_str()));
}

void link_file(Call call) {
  host(call);
  return_or_throw(call, symlink(text(call, 0).c_str(), text(call, 1).c_str()));
}

void read_link(Call call) {
  v8::Isolate* isolate = host(call);
  char target[PATH_MAX];
  const ssize_t size = readlink(text(call, 0).c_str(), target, sizeof target);
  if (size < 0) return throw_errno(call);
  call.GetReturnValue().Set(engine::to_string(isolate, {target, static_cast<size_t>(size)}));
}

void change_mode(Call call) {
  host(call);
  return_or_throw(call, chmod(text(call, 0).c_str(), mode_argument(call, 1) & 07777));
}

void set_times(Call call) {
  host(call);
  const timespec times[] = {time_argument(call, 1), time_argument(call, 2)};
  return_or_throw(call, utimensat(AT_FDCWD, text(call, 0).c_str(), times, 0));
}

void environment(Call call) {
  host(call);
  std::vector<std::string> pairs;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    pairs.emplace_back(variable.substr(0, equals));
    pairs.emplace_back(variable.substr(equals + 1));
  }
  return_strings(call, pairs);
}

void working_folder(Call call) {
  v8::Isolate* isolate = host(call);
  std::error_code error;
  const std::string path = std::filesystem::current_path(error);
  call.GetReturnValue().Set(engine::to_string(isolate, error ? "/" : path));
}

void exit_process(Call call) {
  host(call);
  engine::Isolate::from(call).platform().wasm_code().save();
  // Not exit(): static objects of V8 and of ours are still in use on this very stack.
  _exit(static_cast<int>(integer(call, 0) & 0xff));
}

constexpr engine::Op kOps[] = {
    {"hostStat", engine::op<&stat_path>},
    {"hostList", engine::op<&list>},
    {"hostOpen", engine::op<&open_file>},
    {"hostClose", engine::op<&close_file>},
    {"hostRead", engine::op<&read_file>},
    {"hostWrite", engine::op<&write_file>},
    {"hostTruncate", engine::op<&truncate_file>},
    {"hostMakeFolder", engine::op<&make_folder>},
    {"hostRemoveFolder", engine::op<&remove_folder>},
    {"hostUnlink", engine::op<&unlink_file>},
    {"hostRename", engine::op<&rename_file>},
    {"hostLink", engine::op<&link_file>},
    {"hostReadLink", engine::op<&read_link>},
    {"hostChangeMode", engine::op<&change_mode>},
    {"hostSetTimes", engine::op<&set_times>},
    {"hostEnvironment", engine::op<&environment>},
    {"hostWorkingFolder", engine::op<&working_folder>},
    {"hostExit", engine::op<&exit_process>},
};

}  // namespace

std::span<const engine::Op> host_file_ops() {
  return kOps;
}

}  // namespace cwrangler::python
