#include "edge/serving/fleet.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "base/compatibility.h"
#include "edge/serving/process_memory.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kCheckInterval{1};
/// After a Worker has started: its first requests shall not share the processor with a start.
constexpr std::chrono::milliseconds kSparePause{100};
/// After the first failure, doubled by each further one up to the longest.
constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{30'000};
/// Requests that one event may make, where the Worker sets no lower limit: Cloudflare's for paid
/// plans for years.
constexpr unsigned kMostSubrequests = 1000;
/// How often memory is looked at: reading what a process has of its own costs about a millisecond.
constexpr int kChecksPerMemoryCheck = 5;

std::string python_version(const WorkerConfig& config) {
  if (!config.python_version.empty()) return config.python_version;
  return resolve_compatibility(config.compatibility_date, config.compatibility_flags,
                               ExperimentalFlags::allowed)
      .python_version();
}

std::string failure_text(const StartFailure& failure) {
  return failure.traceback().empty() ? failure.problem() : failure.traceback();
}

}  // namespace

Fleet::Fleet(asio::io_context& loop, const ServingOptions& options, MessageSink messages)
    : loop_(loop),
      options_(options),
      messages_(std::move(messages)),
      check_(loop),
      spare_timer_(loop) {
  check_later();
}

Fleet::ProcessRef Fleet::start_process(const std::string& account) {
  ProcessOptions process;
  process.runtime = options_.runtime;
  process.socket = options_.sockets / (std::to_string(next_socket_++) + ".sock");
  process.cache = options_.caches / account;
  process.cache_limit_mb = options_.cache_limit_mb;
  process.account = account;
  process.allow_private_addresses = options_.allow_private_addresses;
  process.most_subrequests = kMostSubrequests;
  const ProcessRef started = WorkerProcess::start(
      loop_, process, {messages_, [this](WorkerProcess& ended_one) { ended(ended_one); }});
  all_.insert(started);
  ++counts_.started;
  return started;
}

Fleet::ProcessRef Fleet::take_spare(const std::string& account) {
  const auto found = std::find_if(spares_.begin(), spares_.end(), [&](const ProcessRef& process) {
    return process->account() == account && process->state() == WorkerProcess::State::idle;
  });
  if (found == spares_.end()) return nullptr;
  const ProcessRef spare = *found;
  spares_.erase(found);
  return spare;
}

asio::awaitable<Fleet::ProcessRef> Fleet::start_anew(std::shared_ptr<const WorkerVersion> version) {
  const std::string id = version->id;
  retire(id);
  make_room();
  ProcessRef process = take_spare(version->account);
  const bool was_spare = process != nullptr;
  if (!was_spare) process = start_process(version->account);
  by_version_[id] = process;
  process->load(version);
  const auto state = co_await process->wait();
  if (state == WorkerProcess::State::ready) {
    failures_.erase(id);
    // The next one is most likely of the same account, and for the same Python.
    spare_account_ = version->account;
    spare_python_ = python_version(version->config);
    process->last_used = Clock::now();
    make_spares_later();
    co_return process;
  }
  ++counts_.failed_starts;
  StartFailure failure = process->failure().value_or(
      StartFailure("the runtime has ended while the Worker started", ""));
  const auto known = by_version_.find(id);
  if (known != by_version_.end() && known->second == process) by_version_.erase(known);
  // It may have died before it was taken, which says nothing of the Worker.
  if (state == WorkerProcess::State::ended && was_spare && !stopping_) {
    co_return co_await start_anew(version);
  }
  process->stop();
  throw failure;
}

asio::awaitable<Fleet::ProcessRef> Fleet::acquire(std::shared_ptr<const WorkerVersion> version,
                                                  std::string* failure) {
  const auto running = by_version_.find(version->id);
  if (running != by_version_.end()) {
    // Whoever started it notes its failure; whoever waited for it gets the same.
    const ProcessRef process = running->second;
    const auto state = co_await process->wait();
    if (state == WorkerProcess::State::ready && !process->is_retiring) co_return process;
    if (state == WorkerProcess::State::failed) {
      if (failure != nullptr) *failure = failure_text(*process->failure());
      co_return nullptr;
    }
    co_return co_await acquire(version, failure);  // it is no longer the version's process
  }
  const auto before = failures_.find(version->id);
  if (stopping_ || (before != failures_.end() && Clock::now() < before->second.again)) {
    if (failure != nullptr && !stopping_) *failure = before->second.text;
    co_return nullptr;
  }
  std::string text;
  try {
    co_return co_await start_anew(version);
  } catch (const StartFailure& failed) {
    text = failure_text(failed);
  } catch (const std::exception& failed) {
    text = failed.what();
  }
  note_failure(version->id, text);
  if (failure != nullptr) *failure = text;
  co_return nullptr;
}

void Fleet::note_failure(const std::string& version, const std::string& text) {
  Failures& failures = failures_[version];
  const auto pause = std::min(kLongestPause, kFirstPause * (1 << std::min(failures.in_a_row, 10)));
  ++failures.in_a_row;
  failures.again = Clock::now() + pause;
  failures.text = text;
}

void Fleet::retire(const std::string& version) {
  const auto found = by_version_.find(version);
  if (found == by_version_.end()) return;
  const ProcessRef process = found->second;
  by_version_.erase(found);
  process->is_retiring = true;
  if (process->requests == 0) process->stop();
}

void Fleet::make_room() {
  while (by_version_.size() >= options_.most_processes) {
    ProcessRef oldest;
    for (const auto& [id, process] : by_version_) {
      if (process->requests > 0 || process->state() != WorkerProcess::State::ready) continue;
      if (!oldest || process->last_used < oldest->last_used) oldest = process;
    }
    if (!oldest) return;  // all of them answer: one more is better than none for its requests
    ++counts_.retired_idle;
    retire(oldest->version()->id);
  }
}

void Fleet::make_spares_later() {
  spare_timer_.expires_after(kSparePause);
  spare_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) make_spares();
  });
}

void Fleet::make_spares() {
  if (stopping_ || spare_account_.empty()) return;
  // Those of another account are of no use to the next Worker, most likely.
  for (auto spare = spares_.begin(); spare != spares_.end();) {
    if ((*spare)->account() == spare_account_) {
      ++spare;
      continue;
    }
    (*spare)->stop();
    spare = spares_.erase(spare);
  }
  while (spares_.size() < options_.spare_processes) {
    try {
      const ProcessRef spare = start_process(spare_account_);
      spare->prepare(spare_python_);
      spares_.push_back(spare);
    } catch (const std::exception& error) {
      spdlog::error("no spare process: {}", error.what());
      return;
    }
  }
}

void Fleet::abandon(WorkerProcess& process) {
  process.kill();
  const auto known = by_version_.find(process.version()->id);
  if (known == by_version_.end() || known->second.get() != &process) return;
  note_death(known->first);
  by_version_.erase(known);
}

/// Of the process of a version that was meant to run.
void Fleet::note_death(const std::string& version) {
  ++counts_.crashed;
  note_failure(version, "the Worker's process has ended unexpectedly");
  // The first time may have been bad luck: the next request may try at once.
  Failures& failures = failures_[version];
  if (failures.in_a_row == 1) failures.again = Clock::now();
}

void Fleet::for_each(const std::function<void(WorkerProcess&)>& visit) {
  for (const auto& [id, process] : by_version_) visit(*process);
}

void Fleet::ended(WorkerProcess& process) {
  const ProcessRef self = process.shared_from_this();
  all_.erase(self);
  if (const auto spare = std::find(spares_.begin(), spares_.end(), self); spare != spares_.end()) {
    spares_.erase(spare);  // the next start makes another one
  }
  if (process.is_retiring) return;
  for (auto entry = by_version_.begin(); entry != by_version_.end(); ++entry) {
    if (entry->second != self) continue;
    note_death(entry->first);
    by_version_.erase(entry);
    return;
  }
}

void Fleet::check_later() {
  check_.expires_after(kCheckInterval);
  check_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_) return;
    check();
    check_later();
  });
}

void Fleet::check() {
  const bool looks_at_memory = ++checks_ % kChecksPerMemoryCheck == 0;
  std::vector<std::string> leaving;
  for (const auto& [id, process] : by_version_) {
    if (process->state() != WorkerProcess::State::ready) continue;
    const bool is_idle = process->requests == 0 && !kept_.contains(id) &&
                         Clock::now() - process->last_used > options_.idle;
    const bool is_large = looks_at_memory && private_memory(process->pid()) >
                                                 std::uint64_t{options_.memory_limit_mb} << 20;
    if (is_large) {
      spdlog::warn("the Worker {} has taken more than {} MiB: its process is replaced",
                   process->version()->config.name, options_.memory_limit_mb);
      ++counts_.retired_memory;
    } else if (is_idle) {
      ++counts_.retired_idle;
    }
    if (is_idle || is_large) leaving.push_back(id);
  }
  for (const std::string& id : leaving) retire(id);
  for (const ProcessRef& process : all_) {
    if (process->is_retiring && process->requests == 0) process->stop();
  }
}

void Fleet::stop() {
  stopping_ = true;
  check_.cancel();
  spare_timer_.cancel();
  by_version_.clear();
  spares_.clear();
  for (const ProcessRef& process : std::vector<ProcessRef>(all_.begin(), all_.end())) {
    process->stop();
  }
}

}  // namespace cwrangler::edge
