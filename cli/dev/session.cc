#include "cli/dev/session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/control_protocol.h"
#include "base/error.h"
#include "cli/dev/bundle_stamp.h"
#include "cli/dev/hotkeys.h"
#include "cli/dev/listeners.h"
#include "cli/dev/log_lines.h"
#include "cli/dev/output.h"
#include "cli/dev/restart_policy.h"
#include "cli/dev/runtime_process.h"
#include "cli/process/child_process.h"

namespace cwrangler::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Deadline = std::optional<Clock::time_point>;

/// A reload waits for a pause: several files may be saved at once, and editors save in several
/// steps (move away, write anew), of which only the last makes a file that is whole…
constexpr milliseconds kDebounceOfWholeFiles{5};
constexpr milliseconds kDebounce{20};
/// …but not for ever, when something writes all the time.
constexpr milliseconds kLongestDebounce{300};
/// What a runtime has to finish its requests in, before it is killed.
constexpr milliseconds kStopTime{1500};
/// What the last lines have to be read in, after that.
constexpr milliseconds kLastWords{200};

class Session {
 public:
  Session(const SessionOptions& options, const Terminal& terminal)
      : options_(options), output_(terminal) {}

  int run();

 private:
  void wait_for_something();
  milliseconds time_to_next_deadline() const;
  void on_signal();
  void suspend();
  void on_deadlines();
  void on_keys();
  void open_browser();
  void show_keys();

  void schedule_reload(Change change);
  void reload();
  void watch();
  bool start_sync_if_needed();
  void on_sync_ended();

  void start_runtime();
  void load_worker();
  void read_runtime();
  void pass_runtime_output();
  void on_message(const nlohmann::json& message);
  void on_loaded(const nlohmann::json& message);
  void on_load_failed(const nlohmann::json& message);
  void write_exception(const nlohmann::json& message);
  void on_runtime_ended();

  void announce();
  void stop();
  void print_error(const Error& error) { output_.terminal().print_error(error); }
  void say(std::string_view line, LogLevel level = LogLevel::log) {
    output_.terminal().record(level, line);
    if (output_.terminal().shows(level)) output_.terminal().print(line);
  }

  const SessionOptions& options_;
  Output output_;
  Watcher watcher_;
  Descriptor signals_;
  Listeners listeners_;
  DevProject project_;
  std::vector<std::string> announced_;
  std::string
      failed_sync_;  ///< the inputs whose sync has failed: not tried again until they change

  std::optional<RuntimeProcess> runtime_;
  std::optional<ChildProcess> sync_;
  std::optional<ChildProcess> browser_;
  std::optional<Hotkeys> hotkeys_;
  RestartPolicy restarts_;
  std::string loaded_stamp_;
  int generation_ = 0;
  bool ready_announced_ = false;  ///< the Ready line is out
  bool runtime_ready_ = false;    ///< the present runtime has loaded a Worker, or refused one
  bool serving_ = false;          ///< the present runtime has a Worker that answers
  bool broken_ = false;           ///< the configuration could not be read the last time
  bool stopping_ = false;

  Deadline reload_at_;
  Deadline reload_latest_;
  Deadline restart_at_;
  Deadline kill_at_;
};

int Session::run() {
  sigset_t mask;
  ::sigemptyset(&mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT}) {
    ::sigaddset(&mask, number);
  }
  ::sigprocmask(SIG_BLOCK, &mask, nullptr);
  signals_ = Descriptor(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.valid()) throw system_error("watching for signals");

  project_ = options_.load();
  listeners_ = open_listeners(options_.ip, options_.port, options_.protocol);
  watch();
  announce();
  if (options_.keys) hotkeys_.emplace();
  if (!start_sync_if_needed()) start_runtime();
  while (!stopping_ || runtime_ || sync_) wait_for_something();

  // The last lines, unless nobody reads them.
  const auto end = Clock::now() + kLastWords;
  output_.flush();
  while (output_.pending() && Clock::now() < end) {
    std::vector<pollfd> watched;
    output_.add_to(watched);
    ::poll(watched.data(), watched.size(), static_cast<int>(kLastWords.count()));
    output_.flush();
  }
  return static_cast<int>(ready_announced_ ? ExitCode::ok : ExitCode::interrupted);
}

void Session::wait_for_something() {
  output_.flush();
  std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}, {watcher_.descriptor(), POLLIN, 0}};
  // A descriptor of -1 is passed over by poll: the places stay the same.
  watched.push_back({sync_ ? sync_->descriptor() : -1, POLLIN, 0});
  // While nobody reads our output the runtime is not read either: what it prints slows it down.
  const bool listening = runtime_ && !output_.full();
  const bool connected = runtime_ && !runtime_->messages().closed();
  short control = listening ? POLLIN : 0;
  if (connected && runtime_->messages().wants_write()) control |= POLLOUT;
  watched.push_back(
      {connected && control != 0 ? runtime_->messages().descriptor() : -1, control, 0});
  watched.push_back({listening ? runtime_->output() : -1, POLLIN, 0});
  watched.push_back({runtime_ ? runtime_->process().descriptor() : -1, POLLIN, 0});
  watched.push_back({hotkeys_ ? hotkeys_->descriptor() : -1, POLLIN, 0});
  output_.add_to(watched);

  if (::poll(watched.data(), watched.size(), static_cast<int>(time_to_next_deadline().count())) <
      0) {
    return;
  }
  if (watched[0].revents != 0) on_signal();
  if (watched[1].revents != 0) schedule_reload(watcher_.changed());
  if (watched[2].revents != 0) on_sync_ended();
  if (runtime_ && (watched[3].revents & POLLOUT) != 0) runtime_->messages().flush();
  if (runtime_ && (watched[3].revents & ~POLLOUT) != 0) read_runtime();
  if (runtime_ && watched[4].revents != 0) pass_runtime_output();
  if (runtime_ && watched[5].revents != 0) on_runtime_ended();
  if (watched[6].revents != 0) on_keys();
  on_deadlines();
}

milliseconds Session::time_to_next_deadline() const {
  milliseconds shortest = std::chrono::hours(1);
  for (const Deadline& deadline : {reload_at_, restart_at_, kill_at_}) {
    if (!deadline) continue;
    const auto rest = std::chrono::ceil<milliseconds>(*deadline - Clock::now());
    shortest = std::clamp(rest, milliseconds(0), shortest);
  }
  return shortest;
}

void Session::on_deadlines() {
  const auto now = Clock::now();
  if (kill_at_ && *kill_at_ <= now) {
    kill_at_.reset();
    if (runtime_) runtime_->process().signal(SIGKILL);
    if (sync_) sync_->signal(SIGKILL);
  }
  if (stopping_) return;
  if (reload_at_ && *reload_at_ <= now) {
    reload_at_.reset();
    reload_latest_.reset();
    reload();
  }
  if (restart_at_ && *restart_at_ <= now) {
    restart_at_.reset();
    start_runtime();
  }
}

void Session::on_signal() {
  signalfd_siginfo received{};
  while (::read(signals_.get(), &received, sizeof received) == sizeof received) {
    if (received.ssi_signo == SIGTSTP) {
      suspend();
    } else if (received.ssi_signo == SIGCONT) {
      if (hotkeys_ && hotkeys_->resume() && ready_announced_) show_keys();
    } else if (stopping_) {
      kill_at_ = Clock::now();  // asked twice: now
    } else {
      stop();
    }
  }
}

/// Ctrl-Z: the shell gets its terminal as it was. The runtime goes on serving.
void Session::suspend() {
  if (hotkeys_) hotkeys_->pause();
  output_.flush();
  // As the default action, not SIGSTOP: the system leaves a process alone that no shell could
  // wake again.
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  ::kill(::getpid(), SIGTSTP);
  ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
  // Where it was stopped, SIGCONT is there as well, and says which keys there are.
  if (hotkeys_) hotkeys_->resume();
}

void Session::on_keys() {
  for (const Hotkey key : hotkeys_->read()) {
    switch (key) {
      case Hotkey::open_browser:
        open_browser();
        break;
      case Hotkey::clear:
        output_.write_out(kClearScreen);
        show_keys();
        break;
      case Hotkey::exit:
        if (!stopping_) stop();
        break;
    }
  }
}

/// Whatever the program prints is not ours to show; it ends with the session unless it has handed
/// the page to another.
void Session::open_browser() {
  try {
    const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ChildOptions child;
    child.arguments = {browser_program(), listeners_.url};
    child.descriptors = {{nothing.get(), 0}, {nothing.get(), 1}, {nothing.get(), 2}};
    child.own_process_group = true;
    browser_.reset();
    browser_.emplace(ChildProcess::start(child));
  } catch (const Error& error) {
    print_error(error);
  }
}

void Session::show_keys() {
  if (!hotkeys_) return;
  if (const std::string box = hotkeys_->box(); !box.empty()) say(box);
}

void Session::stop() {
  stopping_ = true;
  say("⎔ Shutting down local server...");
  kill_at_ = Clock::now() + kStopTime;
  if (sync_) sync_->signal(SIGTERM);
  if (runtime_) runtime_->messages().send({{"type", control::kStop}});
}

void Session::schedule_reload(Change change) {
  if (change == Change::none) return;
  const auto pause = change == Change::complete ? kDebounceOfWholeFiles : kDebounce;
  const auto now = Clock::now();
  if (!reload_latest_) reload_latest_ = now + kLongestDebounce;
  reload_at_ = std::min(now + pause, *reload_latest_);
}

/// Follows the project as it is now; an Error about watching is only worth a warning.
void Session::watch() {
  try {
    watcher_.watch(project_.targets);
  } catch (const Error& error) {
    output_.terminal().print_warning(error.what());
  }
}

void Session::announce() {
  std::vector<std::string> lines = project_.summary;
  std::vector<std::string> warnings = project_.warnings;
  if (project_.has_crons) warnings.push_back(crons_warning(listeners_.url));
  lines.insert(lines.end(), warnings.begin(), warnings.end());
  if (lines == announced_) return;
  announced_ = std::move(lines);
  for (const std::string& line : project_.summary) say(line);
  for (const std::string& warning : warnings) output_.terminal().print_warning(warning);
}

void Session::reload() {
  if (sync_) return;  // its end reloads
  try {
    project_ = options_.load();
  } catch (const Error& error) {
    print_error(error);
    broken_ = true;
    // The broken files are watched all the same: mending them must be noticed.
    watch();
    return;
  }
  watch();
  if (start_sync_if_needed()) return;
  const bool mended = std::exchange(broken_, false);
  if (runtime_ && bundle_stamp(project_.worker) == loaded_stamp_) {
    if (mended) say("⎔ The configuration is as it was, and so is the local server");
    return;
  }
  announce();
  restarts_.files_changed();
  if (!runtime_) {
    restart_at_.reset();
    start_runtime();
    return;
  }
  say("⎔ Reloading local server...");
  load_worker();
}

/// True when a sync was started; its end goes on with what comes next.
bool Session::start_sync_if_needed() {
  if (!options_.sync) return false;
  try {
    if (!sync_needed(project_.sync)) {
      failed_sync_.clear();
      return false;
    }
    std::string inputs = sync_inputs(project_.sync);
    if (inputs == failed_sync_) return false;
    failed_sync_ = std::move(inputs);
    ChildOptions child;
    child.arguments = options_.sync_command;
    child.arguments.insert(child.arguments.end(), {"--python", project_.sync.python_version});
    // Its output is ours, but it must not be the one to answer Ctrl-C.
    child.own_process_group = true;
    output_.flush();
    sync_.emplace(ChildProcess::start(child));
    return true;
  } catch (const Error& error) {
    print_error(error);
    return false;
  }
}

void Session::on_sync_ended() {
  const ExitStatus status = sync_->wait();
  sync_.reset();
  if (stopping_) return;
  if (status.success()) {
    failed_sync_.clear();
  } else {
    output_.terminal().print_warning(
        "The project's packages could not be brought up to date.\n"
        "The Worker runs with what python_modules holds. Mend the dependencies to have it tried "
        "again.");
  }
  if (runtime_) {
    reload();
    return;
  }
  try {
    project_ = options_.load();
    watch();
  } catch (const Error& error) {
    print_error(error);
  }
  start_runtime();
}

void Session::start_runtime() {
  if (!ready_announced_) say("⎔ Starting local server...");
  runtime_ready_ = false;
  serving_ = false;
  runtime_.emplace(RuntimeProcess::start(options_.runtime, listeners_, {},
                                         {"--instances", std::to_string(options_.instances)}));
  load_worker();
}

void Session::load_worker() {
  loaded_stamp_ = bundle_stamp(project_.worker);
  spdlog::debug("loading {} modules of {}, Python {}", project_.worker.modules.size(),
                project_.worker.name, project_.worker.python_version);
  runtime_->messages().send({{"type", control::kLoad},
                             {"generation", ++generation_},
                             {"worker", to_json(project_.worker)}});
}

void Session::read_runtime() {
  for (const nlohmann::json& message : runtime_->messages().receive()) on_message(message);
  // Without its control socket it is of no use, whether it lives or not; its end tells why.
  if (runtime_->messages().closed() && !stopping_) runtime_->process().signal(SIGKILL);
}

void Session::pass_runtime_output() {
  std::array<char, 65536> chunk;
  const ssize_t count = ::read(runtime_->output(), chunk.data(), chunk.size());
  if (count > 0) output_.write_err(std::string_view(chunk.data(), static_cast<size_t>(count)));
  if (count == 0) runtime_->close_output();
}

void Session::on_message(const nlohmann::json& message) {
  const std::string type = text_field(message, "type");
  if (type == control::kRequest) {
    say(request_line(message, output_.terminal().out_has_color()), LogLevel::info);
  } else if (type == control::kQueue) {
    say(queue_line(message, output_.terminal().out_has_color()), LogLevel::info);
  } else if (type == control::kConsole) {
    write_console(message, output_);
  } else if (type == control::kException) {
    write_exception(message);
  } else if (type == control::kLoaded) {
    on_loaded(message);
  } else if (type == control::kLoadFailed) {
    on_load_failed(message);
  } else if (type == control::kRestarted) {
    output_.terminal().print_warning("The Worker was restarted: " + text_field(message, "reason"));
  }
}

void Session::write_exception(const nlohmann::json& message) {
  const std::string lines = exception_lines(message, output_.terminal().err_has_color(),
                                            {project_.worker.modules, project_.sync.project});
  output_.terminal().record(LogLevel::error, lines);
  if (output_.terminal().shows(LogLevel::error)) output_.write_err(lines);
}

void Session::on_loaded(const nlohmann::json& message) {
  runtime_ready_ = true;
  serving_ = true;
  restarts_.became_ready();
  if (message.value("generation", nlohmann::json()) != generation_) return;
  if (ready_announced_) {
    say("⎔ Local server updated and ready");
  } else {
    ready_announced_ = true;
    say("[wrangler:info] Ready on " + listeners_.url, LogLevel::info);
    show_keys();
  }
}

void Session::on_load_failed(const nlohmann::json& message) {
  runtime_ready_ = true;  // it answers requests, if only with the error
  if (message.value("generation", nlohmann::json()) != generation_) return;
  if (text_field(message, "kind") == "user") {
    write_exception(message);
  } else {
    print_error(Error(text_field(message, "message")));
  }
  say(serving_ ? "⎔ The code before goes on serving. Waiting for a change in its files..."
               : "⎔ The Worker could not be started. Waiting for a change in its files...");
}

void Session::on_runtime_ended() {
  const ExitStatus status = runtime_->process().wait();
  // What it said last, control messages first.
  while (!runtime_->messages().closed()) {
    const auto messages = runtime_->messages().receive();
    if (messages.empty()) break;
    for (const nlohmann::json& message : messages) on_message(message);
  }
  pass_runtime_output();
  const bool was_ready = runtime_ready_;
  runtime_.reset();
  runtime_ready_ = false;
  if (stopping_) return;

  Error error("The runtime ended unexpectedly: " + status.to_string());
  const auto delay = restarts_.died(was_ready);
  if (!delay) {
    error.hint("It dies whenever it is started. It will be started again when a file changes.");
  } else {
    const bool killed = status.signal == SIGKILL;
    error.hint(std::string(killed ? "The system probably ran out of memory. " : "") +
               "It is being restarted. Clients that connect meanwhile are answered then.");
    restart_at_ = Clock::now() + *delay;
  }
  print_error(error);
}

}  // namespace

int run_session(const SessionOptions& options, Terminal& terminal) {
  return Session(options, terminal).run();
}

}  // namespace cwrangler::cli
