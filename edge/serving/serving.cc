#include "edge/serving/serving.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "base/control_protocol.h"
#include "edge/log/event_log.h"
#include "edge/serving/cron.h"
#include "edge/serving/fleet.h"
#include "edge/serving/gateway.h"
#include "edge/serving/metrics.h"
#include "edge/serving/routing.h"
#include "edge/serving/schedules.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

/// How long processes may finish what they do when all of it ends.
constexpr std::chrono::seconds kLastPatience{12};

std::int64_t now_in_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Fields of the log's events with whose they are.
json of_worker(const WorkerProcess& process, json fields) {
  const WorkerVersion& version = *process.version();
  fields.update({{"account", version.account},
                 {"worker", version.config.name},
                 {"version", version.id},
                 {"pid", process.pid()}});
  return fields;
}

bool is_same(const WorkerVersion& left, const WorkerVersion& right) {
  return left.id == right.id && to_json(left.config) == to_json(right.config);
}

}  // namespace

void check_cron(const std::string& expression) {
  CronExpression::parse(expression);
}

/// Everything that lives on the serving thread.
class Serving::Loop {
 public:
  explicit Loop(const ServingOptions& options)
      : fleet_(io_, options,
               [this](WorkerProcess& process, const json& message) { hear(process, message); }),
        gateway_(io_, options, routing_, fleet_),
        schedules_(io_, routing_, now_in_ms,
                   [this](auto deployment, const std::string& cron, std::int64_t minute) {
                     asio::co_spawn(io_, run_scheduled(deployment, cron, minute), asio::detached);
                   }),
        end_(io_),
        work_(io_.get_executor()),
        thread_([this] { run(); }) {
    asio::post(io_, [this] {
      gateway_.start();
      schedules_.start();
    });
  }

  ~Loop() {
    asio::post(io_, [this] { stop(); });
    thread_.join();
  }

  std::uint16_t port() const { return gateway_.port(); }

  /// Runs a coroutine on the thread and waits for its result.
  template <class Function>
  auto wait_for(Function function) {
    return asio::co_spawn(io_, std::move(function), asio::use_future).get();
  }

  asio::awaitable<StartReport> validate(std::shared_ptr<const WorkerVersion> version) {
    const auto process = co_await fleet_.start_anew(version);
    co_return StartReport{process->startup_ms()};
  }

  asio::awaitable<void> deploy(std::shared_ptr<const WorkerDeployment> deployment) {
    const auto before = routing_.find(deployment->account, deployment->worker);
    std::vector<std::string> changed;
    if (before) {
      for (const auto& old : before->versions) {
        for (const auto& share : deployment->versions) {
          if (old.version->id == share.version->id && !is_same(*old.version, *share.version)) {
            changed.push_back(old.version->id);
          }
        }
      }
    }
    // A version whose configuration has changed beside it (its queues) starts anew.
    for (const std::string& id : changed) fleet_.retire(id);
    // Before it has the requests: the first of them shall not wait.
    for (const auto& share : deployment->versions) {
      if (before) co_await fleet_.acquire(share.version);
    }
    routing_.set(deployment);
    keep_consumers();
    if (before) retire_left_out(*before, *deployment);
    start_consumers(*deployment);
    set_tracing(deployment->account, deployment->worker);
  }

  asio::awaitable<void> remove(std::string account, std::string worker) {
    if (const auto before = routing_.find(account, worker)) {
      routing_.remove(account, worker);
      keep_consumers();
      for (const auto& share : before->versions) fleet_.retire(share.version->id);
    }
    co_return;
  }

  asio::awaitable<TailSubscription> subscribe(std::string account, std::string worker,
                                              std::function<void(const json&)> event) {
    const TailSubscription id = ++last_subscription_;
    tails_[id] = {account, worker, std::move(event)};
    set_tracing(account, worker);
    co_return id;
  }

  asio::awaitable<void> unsubscribe(TailSubscription subscription) {
    const auto found = tails_.find(subscription);
    if (found == tails_.end()) co_return;
    const Tail tail = found->second;
    tails_.erase(found);
    set_tracing(tail.account, tail.worker);
  }

  asio::awaitable<std::string> metrics() { co_return metrics_text(gateway_.counts(), fleet_); }

 private:
  struct Tail {
    std::string account;
    std::string worker;
    std::function<void(const json&)> event;
  };

  void run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("serving: {}", error.what());
      }
    }
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    gateway_.stop();
    schedules_.stop();
    fleet_.stop();
    wait_for_end(std::chrono::steady_clock::now() + kLastPatience);
  }

  void wait_for_end(std::chrono::steady_clock::time_point limit) {
    if (fleet_.is_empty() || std::chrono::steady_clock::now() > limit) {
      work_.reset();
      io_.stop();
      return;
    }
    end_.expires_after(std::chrono::milliseconds(20));
    end_.async_wait([this, limit](const boost::system::error_code&) { wait_for_end(limit); });
  }

  /// Versions that are no longer deployed end when they are idle: going back to one of them takes
  /// no start. But not those that take messages of queues, which are the new version's now.
  void retire_left_out(const WorkerDeployment& before, const WorkerDeployment& after) {
    for (const auto& old : before.versions) {
      const bool stays =
          std::any_of(after.versions.begin(), after.versions.end(),
                      [&old](const auto& share) { return share.version->id == old.version->id; });
      if (!stays && !old.version->config.queue_consumers.empty()) fleet_.retire(old.version->id);
    }
  }

  void keep_consumers() {
    std::set<std::string> kept;
    for (const auto& [name, deployment] : routing_.deployments()) {
      for (const auto& share : deployment->versions) {
        if (!share.version->config.queue_consumers.empty()) kept.insert(share.version->id);
      }
    }
    fleet_.keep(std::move(kept));
  }

  /// A queue's messages wake nobody: who takes them runs all the time.
  void start_consumers(const WorkerDeployment& deployment) {
    for (const auto& share : deployment.versions) {
      if (share.version->config.queue_consumers.empty()) continue;
      asio::co_spawn(
          io_,
          [this, version = share.version]() -> asio::awaitable<void> {
            co_await fleet_.acquire(version);
          },
          asio::detached);
    }
  }

  bool is_traced(const std::string& account, const std::string& worker) const {
    return std::any_of(tails_.begin(), tails_.end(), [&](const auto& entry) {
      return entry.second.account == account && entry.second.worker == worker;
    });
  }

  void set_tracing(const std::string& account, const std::string& worker) {
    const bool traced = is_traced(account, worker);
    fleet_.for_each([&](WorkerProcess& process) {
      if (process.account() == account && process.version()->config.name == worker) {
        process.send({{"type", control::kTracing}, {"enabled", traced}});
      }
    });
  }

  void hear(WorkerProcess& process, const json& message) {
    const std::string type = message.at("type");
    const WorkerVersion& version = *process.version();
    if (type == control::kTrace) {
      json event = message.at("event");
      event["scriptName"] = version.config.name;
      event["scriptVersion"] = {{"id", version.id}};
      for (const auto& [id, tail] : tails_) {
        if (tail.account == version.account && tail.worker == version.config.name)
          tail.event(event);
      }
    } else if (type == control::kException) {
      log_event("exception", of_worker(process, {{"stack", message.value("stack", "")}}));
    } else if (type == control::kRestarted) {
      log_event("instance_lost", of_worker(process, {{"reason", message.value("reason", "")}}));
    }
  }

  asio::awaitable<void> run_scheduled(std::shared_ptr<const WorkerDeployment> deployment,
                                      std::string cron, std::int64_t time) {
    std::string failure;
    const auto process = co_await fleet_.acquire(choose_version(*deployment, {}, {}), &failure);
    if (process == nullptr) {
      spdlog::error("{} does not start for its schedule {}: {}", deployment->worker, cron, failure);
      co_return;
    }
    process->last_used = WorkerProcess::Clock::now();
    process->send({{"type", control::kScheduled}, {"cron", cron}, {"scheduled_time", time}});
  }

  asio::io_context io_{1};
  Routing routing_;
  Fleet fleet_;
  Gateway gateway_;
  Schedules schedules_;
  asio::steady_timer end_;
  std::map<TailSubscription, Tail> tails_;
  TailSubscription last_subscription_ = 0;
  bool stopping_ = false;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

Serving::Serving(const ServingOptions& options) {
  std::filesystem::create_directories(options.sockets);
  std::filesystem::permissions(options.sockets, std::filesystem::perms::owner_all);
  loop_ = std::make_unique<Loop>(options);
}

Serving::~Serving() = default;

std::uint16_t Serving::port() const {
  return loop_->port();
}

StartReport Serving::validate(const WorkerVersion& version) {
  return loop_->wait_for(
      [this, &version] { return loop_->validate(std::make_shared<WorkerVersion>(version)); });
}

void Serving::deploy(const WorkerDeployment& deployment) {
  loop_->wait_for([this, &deployment] {
    return loop_->deploy(std::make_shared<WorkerDeployment>(deployment));
  });
}

void Serving::remove(const std::string& account, const std::string& worker) {
  loop_->wait_for([this, &account, &worker] { return loop_->remove(account, worker); });
}

TailSubscription Serving::subscribe_tail(const std::string& account, const std::string& worker,
                                         std::function<void(const json&)> event) {
  return loop_->wait_for([&] { return loop_->subscribe(account, worker, std::move(event)); });
}

void Serving::unsubscribe_tail(TailSubscription subscription) {
  loop_->wait_for([&] { return loop_->unsubscribe(subscription); });
}

bool Serving::is_ready() {
  return loop_ != nullptr;
}

std::string Serving::metrics() {
  return loop_->wait_for([this] { return loop_->metrics(); });
}

void Serving::stop() {
  loop_.reset();
}

}  // namespace cwrangler::edge
