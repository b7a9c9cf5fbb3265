#include "runtime/server/server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/control_protocol.h"
#include "base/error.h"
#include "runtime/engine/platform.h"
#include "runtime/server/failed_instance.h"

namespace cwrangler::server {

namespace asio = boost::asio;

namespace {

/// How many times within a limit the watchdog looks; limits may pass by one such step.
constexpr int kWatchSteps = 10;
/// …but not more often than this is worth, nor more rarely than a person would wait.
constexpr std::chrono::milliseconds kShortestWatch{20};
constexpr std::chrono::milliseconds kLongestWatch{1'000};
/// What Python code has to end in after the exception that tells it of the limit: enough to clean
/// up.
constexpr std::chrono::milliseconds kInterruptGrace{500};
/// When V8 has optimised what a Worker uses, roughly; its code is kept then.
constexpr std::chrono::milliseconds kWarmUp{3'000};

std::string seconds(std::chrono::milliseconds time) {
  const auto count = time.count();
  if (count % 1000 == 0) return std::to_string(count / 1000) + " s";
  return std::to_string(count) + " ms";
}

/// For how long a Worker must not have been edited before its snapshot is made.
constexpr std::chrono::milliseconds kEditsOver{1'000};
/// For how long a Worker has answered before the next thread is prepared: its first requests come
/// first.
constexpr std::chrono::milliseconds kSettled{100};

/// Names the build only for a folder to keep snapshots in: it looks at every file of the runtime.
snapshot::SnapshotStore snapshots(const std::filesystem::path& folder,
                                  const engine::StartupSnapshot& startup) {
  return {folder, folder.empty() ? std::string() : snapshot::build_name(startup.blob)};
}

InstanceEnvironment without_snapshot(InstanceEnvironment environment) {
  environment.snapshots = environment.snapshots.without_making_worker();
  return environment;
}

InstanceEnvironment without_events(InstanceEnvironment environment) {
  environment.events = [](const nlohmann::json&) {};
  return environment;
}

}  // namespace

struct Server::Timers {
  explicit Timers(asio::io_context& loop)
      : watch(loop),
        retry(loop),
        grace(loop),
        keep_code(loop),
        make_snapshot(loop),
        prepare(loop),
        work(loop.get_executor()) {}
  asio::steady_timer watch;
  asio::steady_timer retry;
  asio::steady_timer grace;
  asio::steady_timer keep_code;
  asio::steady_timer make_snapshot;
  asio::steady_timer prepare;
  asio::executor_work_guard<asio::io_context::executor_type> work;
};

Server::Server(engine::Platform& platform, const engine::StartupSnapshot& snapshot,
               std::vector<Descriptor> sockets, EventSink events, const ServerOptions& options)
    : sockets_(std::move(sockets)),
      options_(options),
      environment_{platform,
                   snapshot,
                   snapshots(options.snapshot_folder, snapshot),
                   options.http,
                   std::move(events),
                   options.dynamic_workers,
                   options.cpu_limit,
                   options.startup_limit,
                   options.reloads ? snapshot::Layer::packages : snapshot::Layer::worker},
      reload_environment_(without_snapshot(environment_)),
      snapshot_environment_(without_events(environment_)),
      cpu_limit_(options.cpu_limit),
      timers_(std::make_unique<Timers>(loop_)) {
  if (!options.tls) return;
  tls_ =
      std::make_unique<TlsListener>(loop_, std::exchange(sockets_, {}), *options.tls,
                                    [this](Handover connection) { place(std::move(connection)); });
}

Server::~Server() = default;

void Server::run() {
  watch();
  if (tls_) tls_->start();
  loop_.run();
  environment_.platform.save_code();
  // Instances are ended and joined here, while what they use is still there.
  serving_.clear();
  joining_.clear();
  next_.reset();
  maker_.reset();
  slots_.clear();
  prepared_.reset();
}

InstanceCallbacks Server::callbacks(const SlotRef& slot) {
  // From any thread to ours. The instance may be gone by then, its slot is not.
  const auto on_loop = [this](auto function) {
    return [this, function](auto... arguments) {
      asio::post(loop_, [function, arguments...] { function(arguments...); });
    };
  };
  const std::weak_ptr<Slot> weak = slot;
  InstanceCallbacks callbacks;
  callbacks.started = on_loop([this, weak] {
    if (const SlotRef known = weak.lock()) started(known);
  });
  callbacks.start_failed = on_loop([this, weak](Failure failure) {
    if (const SlotRef known = weak.lock()) start_failed(known, std::move(failure));
  });
  callbacks.lost = on_loop([this, weak](std::string reason) {
    if (const SlotRef known = weak.lock()) lost(known, reason);
  });
  callbacks.orphaned = [this](Handover connection) {
    const auto shared = std::make_shared<Handover>(std::move(connection));
    asio::post(loop_, [this, shared] { place(std::move(*shared)); });
  };
  callbacks.drained = on_loop([this, weak] {
    if (const SlotRef known = weak.lock()) end(known);
  });
  callbacks.ended = on_loop([this, weak] {
    if (const SlotRef known = weak.lock()) ended(known);
  });
  return callbacks;
}

void Server::load(std::int64_t generation, WorkerConfig config) {
  if (stopping_) return;
  generation_ = generation;
  config_ = std::move(config);
  cpu_limit_ = config_.cpu_limit_ms > 0
                   ? std::min(options_.cpu_limit, ServerOptions::Duration(config_.cpu_limit_ms))
                   : options_.cpu_limit;
  losses_.clear();
  timers_->retry.cancel();
  timers_->make_snapshot.cancel();
  if (maker_) end(std::exchange(maker_, nullptr));
  start(Cause::load);
}

void Server::prepare(const std::string& python_version) {
  if (stopping_ || next_ || !serving_.empty()) return;
  try {
    prepared_ = prepare_interpreter(environment_, python_version);
  } catch (const Error& cause) {
    spdlog::debug("no interpreter is prepared for the next start: {}", cause.what());
  }
}

/// For the error pages of an instance in this state. The next load makes others.
std::shared_ptr<const PageSources> Server::page_sources(const std::string& state) const {
  if (!config_.local_endpoints) return nullptr;
  return std::make_shared<PageSources>(
      PageSources{std::to_string(generation_) + "-" + state, config_.modules});
}

/// Adds it to slots_; what becomes of it is told by its callbacks. Throws Error.
Server::SlotRef Server::start_instance(const InstanceEnvironment& environment,
                                       std::unique_ptr<IsolateThread> prepared) {
  const auto slot = std::make_shared<Slot>();
  slot->began = Clock::now();
  slots_.push_back(slot);
  try {
    slot->instance = start_thread_instance(environment, config_, page_sources("ready"),
                                           callbacks(slot), std::move(prepared));
  } catch (const Error&) {
    slots_.remove(slot);
    throw;
  }
  return slot;
}

void Server::start(Cause cause) {
  if (next_) end(std::exchange(next_, nullptr));
  cause_ = cause;
  const bool is_reload = cause == Cause::load && answers();
  try {
    next_ = start_instance(is_reload ? reload_environment_ : environment_, std::move(prepared_));
    next_->owes_snapshot = is_reload;
  } catch (const Error& error) {
    not_started({"internal", error.problem(), error.what()});
  }
}

/// Starts as many as are missing beside those that serve.
void Server::join_missing() {
  const InstanceEnvironment& environment =
      serving_.front()->owes_snapshot ? reload_environment_ : environment_;
  try {
    while (serving_.size() + joining_.size() < options_.instances) {
      joining_.push_back(start_instance(environment));
    }
  } catch (const Error& error) {
    spdlog::warn("an instance could not be started: {}", error.what());
  }
}

bool Server::answers() const {
  return !serving_.empty() && serving_.front()->instance->answers();
}

void Server::started(const SlotRef& slot) {
  slot->starting = false;
  if (slot == maker_) end(std::exchange(maker_, nullptr));
  if (std::erase(joining_, slot) > 0) {
    serving_.push_back(slot);
    slot->instance->serve(sockets_);
    if (tracing_) slot->instance->set_tracing(true);
  }
  if (slot != next_) return;
  next_.reset();
  const auto startup = std::chrono::duration<double, std::milli>(Clock::now() - slot->began);
  spdlog::debug("generation {} is ready after {:.0f} ms", generation_, startup.count());
  promote(slot);
  prepare_later();
  keep_code_later();
  if (slot->owes_snapshot) make_snapshot_later();
  if (cause_ == Cause::load) {
    environment_.events(
        {{"type", control::kLoaded}, {"generation", generation_}, {"startup_ms", startup.count()}});
  }
}

void Server::keep_code_later() {
  timers_->keep_code.expires_after(kWarmUp);
  timers_->keep_code.async_wait([this](const boost::system::error_code& error) {
    if (!error) environment_.platform.save_code();
  });
}

/// The next start, after an edit or a loss, finds half of its work done.
void Server::prepare_later() {
  if (!options_.prepares) return;
  timers_->prepare.expires_after(kSettled);
  timers_->prepare.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_ || next_ || prepared_) return;
    try {
      prepared_ = prepare_thread(environment_, config_);
    } catch (const Error& cause) {
      spdlog::debug("no thread is prepared for the next start: {}", cause.what());
    }
  });
}

/// The edits that follow come sooner when nobody takes snapshots of what they leave behind.
void Server::make_snapshot_later() {
  timers_->make_snapshot.expires_after(kEditsOver);
  timers_->make_snapshot.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopping_ && !next_) make_snapshot();
  });
}

/// By an instance that does nothing else: the one that answers is past its top level.
void Server::make_snapshot() {
  try {
    maker_ = start_instance(snapshot_environment_);
  } catch (const Error& error) {
    spdlog::debug("no snapshot of the Worker is made: {}", error.what());
  }
}

void Server::start_failed(const SlotRef& slot, Failure failure) {
  end(slot);
  if (slot == maker_) maker_.reset();
  if (std::erase(joining_, slot) > 0) {
    spdlog::warn("an instance beside others did not start: {}", failure.message);
  }
  if (slot != next_) return;
  next_.reset();
  not_started(std::move(failure));
}

void Server::not_started(Failure failure) {
  prepare_later();
  if (cause_ == Cause::load) {
    environment_.events({{"type", control::kLoadFailed},
                         {"generation", generation_},
                         {"message", failure.message},
                         {"stack", failure.stack},
                         {"kind", failure.kind}});
  }
  // The Worker that was loaded before stays. Another failure is newer than the one shown.
  if (!answers()) show_failure(std::move(failure));
  if (cause_ != Cause::load) retry_later();
}

void Server::lost(const SlotRef& slot, const std::string& reason) {
  const bool was_serving = std::erase(serving_, slot) > 0;
  retire(slot, options_.grace);
  if (!was_serving || stopping_) return;
  environment_.events({{"type", control::kRestarted}, {"reason", reason}});
  if (next_) return;  // a newer one is on its way
  const bool at_once = restart_now();
  if (!at_once) retry_later();
  if (answers()) {
    if (at_once) join_missing();
  } else if (at_once) {
    start(Cause::loss);
  } else {
    show_failure({"user",
                  reason + " It was restarted " + std::to_string(options_.losses) +
                      " times within " + seconds(options_.loss_window) +
                      "; the next try follows in a moment.",
                  ""});
  }
}

/// True unless it was lost too often of late.
bool Server::restart_now() {
  const auto now = Clock::now();
  std::erase_if(losses_, [&](auto time) { return now - time > options_.loss_window; });
  losses_.push_back(now);
  return losses_.size() <= static_cast<size_t>(options_.losses);
}

void Server::retry_later() {
  timers_->retry.expires_after(options_.loss_pause);
  timers_->retry.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_ || next_) return;
    if (answers()) {
      join_missing();
    } else {
      start(Cause::retry);
    }
  });
}

/// This instance, and those that will join it, in the place of all others.
void Server::promote(const SlotRef& slot) {
  const std::vector<SlotRef> before = std::exchange(serving_, {slot});
  for (const SlotRef& late : std::exchange(joining_, {})) end(late);
  slot->instance->serve(sockets_);
  if (tracing_) slot->instance->set_tracing(true);
  for (Handover& connection : std::exchange(waiting_, {})) {
    slot->instance->adopt(std::move(connection));
  }
  for (const SlotRef& replaced : before) retire(replaced, options_.drain_limit);
  if (answers()) join_missing();
}

void Server::set_tracing(bool enabled) {
  tracing_ = enabled;
  for (const SlotRef& slot : serving_) slot->instance->set_tracing(enabled);
}

void Server::run_scheduled(const std::string& cron, std::int64_t time_ms) {
  if (!serving_.empty()) serving_.front()->instance->run_scheduled(cron, time_ms);
}

void Server::show_failure(Failure failure) {
  const auto slot = std::make_shared<Slot>();
  slots_.push_back(slot);
  slot->instance =
      make_failed_instance(loop_, options_.http, environment_.events, std::move(failure),
                           page_sources("failed"), callbacks(slot));
  promote(slot);
}

void Server::retire(const SlotRef& slot, ServerOptions::Duration limit) {
  if (slot->leaving) return;
  slot->leaving = true;
  if (stopping_) {
    slot->instance->finish(std::min(limit, options_.grace));
    return;
  }
  slot->instance->retire(limit);
}

/// A connection that an instance has given up.
void Server::place(Handover connection) {
  if (stopping_) return;
  if (serving_.empty()) {
    waiting_.push_back(std::move(connection));
  } else {
    serving_[placed_++ % serving_.size()]->instance->adopt(std::move(connection));
  }
}

void Server::end(const SlotRef& slot) {
  slot->leaving = true;
  if (std::exchange(slot->ended, true)) return;
  slot->instance->end();
}

void Server::ended(const SlotRef& slot) {
  slots_.remove(slot);
  if (stopping_) finish_when_empty();
}

void Server::watch() {
  const auto step = std::clamp(cpu_limit_ / kWatchSteps, kShortestWatch, kLongestWatch);
  timers_->watch.expires_after(step);
  timers_->watch.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (const SlotRef& slot : slots_) {
      if (slot->ended || slot->terminated) continue;
      const bool starting = slot->starting;
      const auto limit = starting ? std::max(options_.startup_limit, cpu_limit_) : cpu_limit_;
      const auto busy = slot->instance->cpu_time_of_call().value_or(ServerOptions::Duration(0));
      if (busy <= limit) {
        slot->interrupted = false;
        continue;
      }
      // The top level has no request to fail, and Python's handlers are not there yet.
      if (!starting) {
        if (!std::exchange(slot->interrupted, true)) slot->instance->interrupt();
        if (busy <= limit + kInterruptGrace) continue;
      }
      slot->terminated = true;
      slot->instance->terminate(starting ? "The Worker's top level ran longer than " +
                                               seconds(limit) + " and was stopped."
                                         : "Worker exceeded CPU time limit.");
    }
    watch();
  });
}

void Server::stop() {
  if (std::exchange(stopping_, true)) return;
  timers_->retry.cancel();
  timers_->watch.cancel();
  timers_->keep_code.cancel();
  timers_->make_snapshot.cancel();
  timers_->prepare.cancel();
  prepared_.reset();
  waiting_.clear();
  if (next_) end(std::exchange(next_, nullptr));
  if (maker_) end(std::exchange(maker_, nullptr));
  for (const SlotRef& slot : std::exchange(joining_, {})) end(slot);
  for (const SlotRef& slot : std::exchange(serving_, {})) retire(slot, options_.grace);
  timers_->grace.expires_after(options_.grace);
  timers_->grace.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (const SlotRef& slot : std::list(slots_)) end(slot);
    if (tls_) tls_->close_all();
  });
  finish_when_empty();
}

void Server::finish_when_empty() {
  if (!slots_.empty()) return;
  if (tls_) {
    tls_->stop([this] { loop_.stop(); });
  } else {
    loop_.stop();
  }
}

}  // namespace cwrangler::server
