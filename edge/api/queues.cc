// Queues, and the Workers that take their messages:
// https://developers.cloudflare.com/api/resources/queues/

#include <algorithm>

#include "edge/api/routes.h"
#include "edge/api/runnable.h"
#include "edge/store/resources.h"
#include "storage/queue_store.h"

namespace cwrangler::edge {
namespace {

constexpr int kQueueTaken = 11009;
constexpr int kNoConsumer = 11001;
constexpr size_t kMostMessages = 100;
constexpr size_t kLongestMessage = 128'000;

ApiError bad_request(const std::string& message) {
  return {400, api_code::kBadBody, message};
}

Json consumer_json(const Consumer& consumer, const std::string& queue) {
  return {{"consumer_id", consumer.id},
          {"queue_name", queue},
          {"script", consumer.worker},
          {"script_name", consumer.worker},
          {"service", consumer.worker},
          {"environment", "production"},
          {"type", "worker"},
          {"created_on", api_time(consumer.created)},
          {"dead_letter_queue", consumer.properties.value("dead_letter_queue", std::string())},
          {"settings", consumer.properties.value("settings", Json::object())}};
}

/// The Workers that have a binding to the queue in what is deployed of them.
Json producers_json(Work& work, const Resource& queue) {
  Json producers = Json::array();
  for (const Worker& worker : list_workers(work, queue.account)) {
    const auto deployment = active_deployment(work, worker.account, worker.name);
    if (!deployment) continue;
    const auto version =
        find_version(work, worker.account, worker.name, deployment->versions.front().version);
    const bool produces =
        version && std::any_of(version->bindings.begin(), version->bindings.end(),
                               [&queue](const Json& binding) {
                                 return binding.value("type", "") == "queue" &&
                                        binding.value("queue_name", "") == queue.name;
                               });
    if (produces) {
      producers.push_back(
          {{"type", "worker"}, {"script", worker.name}, {"environment", "production"}});
    }
  }
  return producers;
}

Json queue_json(Work& work, const Resource& queue) {
  Json consumers = Json::array();
  for (const Consumer& consumer : list_consumers_of_queue(work, queue.account, queue.id)) {
    consumers.push_back(consumer_json(consumer, queue.name));
  }
  const Json producers = producers_json(work, queue);
  return {{"queue_id", queue.id},
          {"queue_name", queue.name},
          {"created_on", api_time(queue.created)},
          {"modified_on", api_time(queue.created)},
          {"producers", producers},
          {"producers_total_count", producers.size()},
          {"consumers", consumers},
          {"consumers_total_count", consumers.size()},
          {"settings", queue.properties.value("settings", Json::object())}};
}

Resource required_queue(Work& work, const Call& call) {
  const auto queue = find_resource(work, kQueue, call.account(), call.part("queue"));
  if (!queue) throw ApiError(404, api_code::kNoQueue, "The queue does not exist");
  return *queue;
}

Json settings_of(const Json& body) {
  Json settings{
      {"delivery_delay", 0}, {"message_retention_period", 345'600}, {"delivery_paused", false}};
  const Json given = body.value("settings", Json::object());
  if (given.is_object()) settings.update(given);
  return settings;
}

HttpResponse list(Call& call) {
  const std::string wanted = call.query_value("name");
  Work work = call.services.database.read();
  Json queues = Json::array();
  for (const Resource& queue : list_resources(work, kQueue, call.account())) {
    if (wanted.empty() || queue.name == wanted) queues.push_back(queue_json(work, queue));
  }
  return page_of(queues, call);
}

HttpResponse create(Call& call) {
  const Json body = call.json_object();
  const std::string name = required_text(body, "queue_name");
  const bool is_name =
      !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (!is_name) throw bad_request("A queue's name is 1 to 63 lower-case letters, digits, - and _");
  const Resource queue{std::string(kQueue),
                       random_hex(16),
                       call.account(),
                       name,
                       now_ms(),
                       {{"settings", settings_of(body)}}};
  Work work = call.services.database.write();
  if (find_resource_by_name(work, kQueue, call.account(), name)) {
    throw ApiError(409, kQueueTaken, "Queue name '" + name + "' is already taken.");
  }
  save_resource(work, queue);
  const Json made = queue_json(work, queue);
  work.commit();
  return success(made);
}

HttpResponse view(Call& call) {
  Work work = call.services.database.read();
  return success(queue_json(work, required_queue(work, call)));
}

HttpResponse change(Call& call) {
  const Json body = call.json_object();
  Work work = call.services.database.write();
  Resource queue = required_queue(work, call);
  Json settings = queue.properties.value("settings", Json::object());
  const Json given = body.value("settings", Json::object());
  if (given.is_object()) settings.update(given);
  queue.properties["settings"] = settings;
  save_resource(work, queue);
  const Json changed = queue_json(work, queue);
  work.commit();
  return success(changed);
}

HttpResponse remove(Call& call) {
  std::vector<Consumer> consumers;
  {
    Work work = call.services.database.write();
    const Resource queue = required_queue(work, call);
    consumers = list_consumers_of_queue(work, call.account(), queue.id);
    for (const Consumer& consumer : consumers) delete_consumer(work, call.account(), consumer.id);
    delete_resource(work, kQueue, call.account(), queue.id);
    work.commit();
  }
  for (const Consumer& consumer : consumers) {
    serve_worker(call.services, call.account(), consumer.worker);
  }
  return success(nullptr);
}

HttpResponse consumers(Call& call) {
  Work work = call.services.database.read();
  const Resource queue = required_queue(work, call);
  Json list = Json::array();
  for (const Consumer& consumer : list_consumers_of_queue(work, call.account(), queue.id)) {
    list.push_back(consumer_json(consumer, queue.name));
  }
  return success(list);
}

HttpResponse save(Call& call, const std::string& id) {
  const Json body = call.json_object();
  const std::string type = optional_text(body, "type");
  if (!type.empty() && type != "worker") {
    throw bad_request("Messages go to Workers here: a consumer of the type \"" + type +
                      "\" is not served");
  }
  const std::string worker = optional_text(body, "script_name").empty()
                                 ? required_text(body, "service")
                                 : optional_text(body, "script_name");
  Json result;
  std::string worker_before;
  {
    Work work = call.services.database.write();
    const Resource queue = required_queue(work, call);
    if (!find_worker(work, call.account(), worker)) {
      throw ApiError(404, api_code::kNoWorker, "This Worker does not exist on your account.");
    }
    Consumer consumer{id, call.account(), queue.id, worker, Json::object(), now_ms()};
    for (const Consumer& other : list_consumers_of_queue(work, call.account(), queue.id)) {
      if (other.id != id) {
        throw ApiError(409, 11004, "Queue already has a consumer: " + other.worker);
      }
      worker_before = other.worker;
      consumer.created = other.created;
    }
    consumer.properties = {{"settings", body.value("settings", Json::object())}};
    const std::string dead_letters = optional_text(body, "dead_letter_queue");
    if (!dead_letters.empty()) consumer.properties["dead_letter_queue"] = dead_letters;
    save_consumer(work, consumer);
    result = consumer_json(consumer, queue.name);
    work.commit();
  }
  serve_worker(call.services, call.account(), worker);
  if (!worker_before.empty() && worker_before != worker) {
    serve_worker(call.services, call.account(), worker_before);
  }
  return success(result);
}

HttpResponse add_consumer(Call& call) {
  return save(call, random_hex(16));
}

HttpResponse change_consumer(Call& call) {
  return save(call, call.part("consumer"));
}

HttpResponse remove_consumer(Call& call) {
  std::string worker;
  {
    Work work = call.services.database.write();
    const Resource queue = required_queue(work, call);
    for (const Consumer& consumer : list_consumers_of_queue(work, call.account(), queue.id)) {
      if (consumer.id == call.part("consumer")) worker = consumer.worker;
    }
    if (worker.empty()) throw ApiError(404, kNoConsumer, "The consumer does not exist");
    delete_consumer(work, call.account(), call.part("consumer"));
    work.commit();
  }
  serve_worker(call.services, call.account(), worker);
  return success(nullptr);
}

storage::NewQueueMessage message_of(const Json& given) {
  const Json body = given.value("body", Json());
  const std::string type = given.value("content_type", std::string("json"));
  std::string bytes;
  if (type == "json") {
    bytes = body.dump();
  } else if ((type == "text" || type == "bytes") && body.is_string()) {
    bytes = type == "text" ? body.get<std::string>() : from_base64(body.get<std::string>());
  } else {
    throw bad_request("A message has the content_type json, or text or bytes and a string");
  }
  if (bytes.size() > kLongestMessage) throw bad_request("A message has at most 128 KB");
  storage::NewQueueMessage message;
  message.content_type = type;
  message.body.assign(bytes.begin(), bytes.end());
  const Json delay = given.value("delay_seconds", Json());
  if (delay.is_number()) message.delay_ms = static_cast<int64_t>(delay.get<double>() * 1000);
  return message;
}

void send(Call& call, const Json& messages) {
  if (!messages.is_array() || messages.empty() || messages.size() > kMostMessages) {
    throw bad_request("\"messages\" must be a list of 1 to " + std::to_string(kMostMessages));
  }
  storage::QueueSend sent;
  {
    Work work = call.services.database.read();
    sent.queue = required_queue(work, call).name;
  }
  for (const Json& message : messages) {
    if (!message.is_object()) throw bad_request("Every message must be an object");
    sent.messages.push_back(message_of(message));
  }
  storage::QueueStore(call.services.state(call.account())).send({sent}, now_ms());
}

HttpResponse send_one(Call& call) {
  send(call, Json::array({call.json_object()}));
  return success(Json::object());
}

HttpResponse send_batch(Call& call) {
  send(call, call.json_object().value("messages", Json()));
  return success(Json::object());
}

/// All messages that nobody was handed.
HttpResponse purge(Call& call) {
  std::string queue;
  {
    Work work = call.services.database.read();
    queue = required_queue(work, call).name;
  }
  storage::QueueStore store(call.services.state(call.account()));
  store.purge(queue);
  return success({{"started_at", api_time(now_ms())}, {"complete", true}});
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/queues", "queues", false, list},
    {"POST", "/!/queues", "queues", true, create},
    {"GET", "/!/queues/:queue", "queues", false, view},
    {"PUT", "/!/queues/:queue", "queues", true, change},
    {"PATCH", "/!/queues/:queue", "queues", true, change},
    {"DELETE", "/!/queues/:queue", "queues", true, remove},
    {"GET", "/!/queues/:queue/consumers", "queues", false, consumers},
    {"POST", "/!/queues/:queue/consumers", "queues", true, add_consumer},
    {"PUT", "/!/queues/:queue/consumers/:consumer", "queues", true, change_consumer},
    {"DELETE", "/!/queues/:queue/consumers/:consumer", "queues", true, remove_consumer},
    {"POST", "/!/queues/:queue/messages", "queues", true, send_one},
    {"POST", "/!/queues/:queue/messages/batch", "queues", true, send_batch},
    {"POST", "/!/queues/:queue/purge", "queues", true, purge},
};

}  // namespace

std::span<const ApiRoute> queue_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
