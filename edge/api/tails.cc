#include "edge/api/tails.h"

#include "edge/api/routes.h"

namespace cwrangler::edge {
namespace {

/// wrangler asks for another tail before this has passed.
constexpr std::int64_t kLifetimeMs = 6 * 60 * 60 * 1000;
/// One that no WebSocket has come for.
constexpr std::int64_t kUnusedMs = 60 * 1000;
constexpr size_t kMostTails = 100;

constexpr const char* kProtocol = "trace-v1";

}  // namespace

struct Tails::Tail {
  std::string account;
  std::string worker;
  std::int64_t made = 0;
  std::mutex mutex;  // of what follows
  TailFilter filter;
  std::shared_ptr<WebSocketSession> session;
  std::optional<TailSubscription> subscription;
  bool is_taken = false;

  explicit Tail(const Json& filters) : filter(filters) {}
};

Tails::Made Tails::make(const std::string& account, const std::string& worker,
                        const Json& filters) {
  auto tail = std::make_shared<Tail>(filters);
  tail->account = account;
  tail->worker = worker;
  tail->made = now_ms();
  const std::string id = random_hex(16);
  const std::lock_guard lock(mutex_);
  std::erase_if(tails_, [](const auto& entry) {
    return !entry.second->is_taken && entry.second->made + kUnusedMs < now_ms();
  });
  if (tails_.size() >= kMostTails) {
    throw ApiError(429, api_code::kBadBody, "There are too many tails: end some of them");
  }
  tails_.emplace(id, tail);
  return {id, tail->made + kLifetimeMs};
}

std::vector<Tails::Made> Tails::list(const std::string& account, const std::string& worker) {
  std::vector<Made> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, tail] : tails_) {
    if (tail->account == account && tail->worker == worker) {
      found.push_back({id, tail->made + kLifetimeMs});
    }
  }
  return found;
}

std::optional<WebSocketAnswer> Tails::connect(const std::string& id) {
  std::shared_ptr<Tail> tail;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tails_.find(id);
    if (found == tails_.end() || found->second->is_taken) return std::nullopt;
    tail = found->second;
    tail->is_taken = true;
  }
  WebSocketAnswer answer;
  answer.protocol = kProtocol;
  answer.opened = [this, tail](std::shared_ptr<WebSocketSession> session) {
    const std::lock_guard lock(tail->mutex);
    tail->session = std::move(session);
    const std::weak_ptr<Tail> listening = tail;
    tail->subscription = serving_.subscribe_tail(
        tail->account, tail->worker, [listening](const nlohmann::json& event) {
          const std::shared_ptr<Tail> listener = listening.lock();
          if (!listener) return;
          const std::lock_guard one(listener->mutex);
          if (listener->session && listener->filter.takes(event)) {
            listener->session->send(
                event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
          }
        });
  };
  // What a client says ({"debug": false}) changes nothing here.
  answer.received = [](const std::string&) {};
  answer.closed = [this, tail, id] {
    std::optional<TailSubscription> subscription;
    {
      const std::lock_guard lock(tail->mutex);
      tail->session.reset();
      subscription.swap(tail->subscription);
    }
    if (subscription) serving_.unsubscribe_tail(*subscription);
    forget(id);
  };
  return answer;
}

void Tails::end(const std::string& account, const std::string& worker, const std::string& id) {
  std::shared_ptr<Tail> tail;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tails_.find(id);
    if (found == tails_.end() || found->second->account != account ||
        found->second->worker != worker) {
      return;
    }
    tail = found->second;
    tails_.erase(found);
  }
  const std::lock_guard lock(tail->mutex);
  if (tail->session) tail->session->close();
}

void Tails::end_all(const std::string& account, const std::string& worker) {
  for (const Made& tail : list(account, worker)) end(account, worker, tail.id);
}

void Tails::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  tails_.erase(id);
}

namespace {

Json tail_json(const Call& call, const Tails::Made& tail) {
  const std::string origin = call.origin();  // http(s)://…
  return {{"id", tail.id},
          {"url", "ws" + origin.substr(4) + "/client/v4/tails/" + tail.id},
          {"expires_at", api_time(tail.expires)}};
}

HttpResponse make_tail(Call& call) {
  const Json body = call.request.body.size() == 0 ? Json::object() : call.json_object();
  {
    Work work = call.services.database.read();
    required_worker(work, call);
  }
  const Tails::Made made =
      call.services.tails.make(call.account(), call.part("worker"), body.value("filters", Json()));
  return success(tail_json(call, made));
}

HttpResponse end_tail(Call& call) {
  // Clients close the WebSocket first, with which the tail has ended already.
  call.services.tails.end(call.account(), call.part("worker"), call.part("tail"));
  return success(nullptr);
}

HttpResponse connect_tail(Call& call) {
  auto answer = call.services.tails.connect(call.part("tail"));
  if (!answer) throw ApiError(404, api_code::kUnknownPath, "There is no such tail");
  HttpResponse response;
  response.body = std::move(*answer);
  return response;
}

HttpResponse list_tails(Call& call) {
  Json tails = Json::array();
  for (const Tails::Made& tail : call.services.tails.list(call.account(), call.part("worker"))) {
    tails.push_back(tail_json(call, tail));
  }
  return success(tails);
}

constexpr ApiRoute kRoutes[] = {
    {"POST", "/!/workers/scripts/:worker/tails", "workers", false, make_tail},
    {"GET", "/!/workers/scripts/:worker/tails", "workers", false, list_tails},
    {"DELETE", "/!/workers/scripts/:worker/tails/:tail", "workers", false, end_tail},
    // Its id is known to nobody but who made it.
    {"GET", "/tails/:tail", "session", false, connect_tail},
};

}  // namespace

std::span<const ApiRoute> tail_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
