#include "cli/process/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX wants it declared here

namespace cwrangler::cli {
namespace {

constexpr int kTickMilliseconds = 100;

/// Our environment with the changes applied, as "NAME=value".
std::vector<std::string> child_environment(
    const std::map<std::string, std::optional<std::string>>& changes) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) entries.push_back(text);
  }
  for (const auto& [name, value] : changes) {
    if (value) entries.push_back(name + "=" + *value);
  }
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Puts `descriptors` where the child wants them. Between fork and exec: no allocation.
bool place_descriptors(std::pair<int, int>* descriptors, size_t count, int& failure_fd) {
  int above = 3;
  for (size_t i = 0; i < count; ++i) above = std::max(above, descriptors[i].second + 1);
  // First out of the way of every target, so that no dup2 overwrites a source still needed.
  for (size_t i = 0; i < count; ++i) {
    descriptors[i].first = ::fcntl(descriptors[i].first, F_DUPFD_CLOEXEC, above);
    if (descriptors[i].first < 0) return false;
  }
  failure_fd = ::fcntl(failure_fd, F_DUPFD_CLOEXEC, above);
  for (size_t i = 0; i < count; ++i) {
    if (::dup2(descriptors[i].first, descriptors[i].second) < 0) return false;
  }
  return true;
}

Descriptor signal_descriptor(const sigset_t& signals) {
  Descriptor fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) throw system_error("watching for signals");
  return fd;
}

/// Blocks signals while it lives.
class SignalBlock {
 public:
  explicit SignalBlock(const sigset_t& signals) { ::sigprocmask(SIG_BLOCK, &signals, &previous_); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  ~SignalBlock() { ::sigprocmask(SIG_SETMASK, &previous_, nullptr); }

 private:
  sigset_t previous_{};
};

std::pair<Descriptor, Descriptor> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("making a pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Appends what can be read now; false at the end of the stream.
bool read_some(int fd, std::string& into) {
  std::array<char, 65536> chunk;
  const ssize_t count = ::read(fd, chunk.data(), chunk.size());
  if (count > 0) into.append(chunk.data(), static_cast<size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

std::string ExitStatus::to_string() const {
  if (signal == 0) return "exit status " + std::to_string(code);
  return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

ChildProcess::ChildProcess(pid_t pid, Descriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0 || status_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

ChildProcess ChildProcess::start(const ChildOptions& options) {
  // Everything that allocates happens before fork.
  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = child_environment(options.environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  std::vector<std::pair<int, int>> descriptors = options.descriptors;
  auto [failure_read, failure_write] = make_pipe();
  const pid_t parent = ::getpid();
  spdlog::debug("starting {}", fmt::join(arguments, " "));

  const pid_t pid = ::fork();
  if (pid < 0) throw system_error("starting " + arguments[0]);
  if (pid == 0) {
    int failure = failure_write.get();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (options.own_process_group) ::setpgid(0, 0);
    // What our own parent left open is not the child's business. Kernels before 5.11 refuse; then
    // it stays open, as it would everywhere else.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    // Asked twice, because the parent may have died before the signal was armed.
    const bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent &&
                       (options.directory.empty() || ::chdir(options.directory.c_str()) == 0) &&
                       place_descriptors(descriptors.data(), descriptors.size(), failure);
    if (ready) ::execvpe(argv[0], argv.data(), envp.data());
    const int reason = errno;
    if (::write(failure, &reason, sizeof reason) != sizeof reason) ::_exit(126);
    ::_exit(127);
  }
  failure_write.reset();
  int reason = 0;
  ssize_t count = 0;
  do {
    count = ::read(failure_read.get(), &reason, sizeof reason);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof reason) {
    ::waitpid(pid, nullptr, 0);
    errno = reason;
    throw system_error("starting " + arguments[0]);
  }
  // glibc 2.36 declares pidfd_open, but not in a header g++ 12 accepts with prctl's.
  Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    const Error error = system_error("watching " + arguments[0]);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw error;
  }
  return {pid, std::move(pidfd)};
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !status_) ::kill(pid_, number);
}

ExitStatus ChildProcess::wait() {
  if (status_) return *status_;
  int raw = 0;
  while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFSIGNALED(raw) ? ExitStatus{0, WTERMSIG(raw)} : ExitStatus{WEXITSTATUS(raw), 0};
  return *status_;
}

CapturedRun run_captured(ChildOptions options, const std::function<void()>& tick) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  const SignalBlock block(signals);
  const Descriptor interruptions = signal_descriptor(signals);

  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto [out_read, out_write] = make_pipe();
  auto [err_read, err_write] = make_pipe();
  options.descriptors.insert(options.descriptors.end(), {{nothing.get(), STDIN_FILENO},
                                                         {out_write.get(), STDOUT_FILENO},
                                                         {err_write.get(), STDERR_FILENO}});
  ChildProcess child = ChildProcess::start(options);
  out_write.reset();
  err_write.reset();

  CapturedRun run;
  bool interrupted = false;
  while (out_read.valid() || err_read.valid()) {
    std::array<pollfd, 3> watched{{{out_read.get(), POLLIN, 0},
                                   {err_read.get(), POLLIN, 0},
                                   {interruptions.get(), POLLIN, 0}}};
    const int count = ::poll(watched.data(), watched.size(), tick ? kTickMilliseconds : -1);
    if (count == 0 && tick) tick();
    if (count <= 0) continue;
    if (watched[0].revents != 0 && !read_some(out_read.get(), run.out)) out_read.reset();
    if (watched[1].revents != 0 && !read_some(err_read.get(), run.err)) err_read.reset();
    signalfd_siginfo received{};
    if (watched[2].revents != 0 &&
        ::read(interruptions.get(), &received, sizeof received) == sizeof received) {
      interrupted = true;
      child.signal(static_cast<int>(received.ssi_signo));
    }
  }
  run.status = child.wait();
  if (interrupted) throw Error("interrupted").exit_with(ExitCode::interrupted);
  return run;
}

}  // namespace cwrangler::cli
