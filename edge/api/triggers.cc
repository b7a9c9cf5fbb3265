// What makes a Worker run: its place below the endpoint's domain, routes, domains of its own,
// schedules.

#include <algorithm>

#include "edge/api/routes.h"
#include "edge/api/runnable.h"
#include "edge/store/resources.h"

namespace cwrangler::edge {
namespace {

constexpr size_t kMostTriggers = 1000;

ApiError bad_request(const std::string& message) {
  return {400, api_code::kBadBody, message};
}

/// Changes a Worker's triggers in one transaction, and then what is served.
template <class Change>
void change_worker(Call& call, const Change& change) {
  const std::string& name = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), name);
  {
    Work work = call.services.database.write();
    Worker worker = required_worker(work, call);
    change(work, worker);
    work.commit();
  }
  serve_worker(call.services, call.account(), name);
}

/// The member `key` of every object of a list.
std::vector<std::string> texts_of(const Json& list, const char* key) {
  if (!list.is_array() || list.size() > kMostTriggers) {
    throw bad_request("The body must be a list of at most " + std::to_string(kMostTriggers) +
                      " objects");
  }
  std::vector<std::string> texts;
  for (const Json& item : list) {
    if (!item.is_object()) throw bad_request("The body must be a list of objects");
    texts.push_back(required_text(item, key));
  }
  return texts;
}

HttpResponse account_subdomain(Call& call) {
  Work work = call.services.database.read();
  return success({{"subdomain", find_account(work, call.account())->subdomain}});
}

HttpResponse set_subdomain_of_account(Call& call) {
  const std::string subdomain = required_text(call.json_object(), "subdomain");
  std::vector<Worker> workers;
  try {
    Work work = call.services.database.write();
    set_account_subdomain(work, call.account(), subdomain);
    workers = list_workers(work, call.account());
    work.commit();
  } catch (const ApiError&) {
    throw;
  } catch (const Error& error) {
    throw ApiError(409, 10031, error.problem());
  }
  for (const Worker& worker : workers) serve_worker(call.services, worker.account, worker.name);
  return success({{"subdomain", subdomain}});
}

/// Clients ask before they take one, and read the answer from the error's code.
HttpResponse is_subdomain_free(Call& call) {
  Work work = call.services.database.read();
  if (find_account_of_subdomain(work, call.part("subdomain"))) {
    throw ApiError(409, 10031, "The subdomain is taken");
  }
  throw ApiError(404, 10032, "The subdomain is available");
}

HttpResponse worker_subdomain(Call& call) {
  Work work = call.services.database.read();
  const Worker worker = required_worker(work, call);
  return success(
      {{"enabled", worker.subdomain_enabled}, {"previews_enabled", worker.previews_enabled}});
}

HttpResponse set_worker_subdomain(Call& call) {
  const Json body = call.json_object();
  Worker changed;
  change_worker(call, [&](Work& work, Worker& worker) {
    const auto read = [&body](const char* key, bool& value) {
      const auto found = body.find(key);
      if (found == body.end() || found->is_null()) return;
      if (!found->is_boolean()) {
        throw bad_request("\"" + std::string(key) + "\" must be true or false");
      }
      value = *found;
    };
    read("enabled", worker.subdomain_enabled);
    read("previews_enabled", worker.previews_enabled);
    save_worker(work, worker);
    changed = worker;
  });
  return success(
      {{"enabled", changed.subdomain_enabled}, {"previews_enabled", changed.previews_enabled}});
}

Json routes_json(Work& work, const Call& call) {
  Json list = Json::array();
  for (const Route& route : list_routes(work, call.account(), call.part("worker"))) {
    list.push_back({{"id", route.id}, {"pattern", route.pattern}, {"script", route.worker}});
  }
  return list;
}

HttpResponse routes(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  return success(routes_json(work, call));
}

HttpResponse set_routes(Call& call) {
  const std::vector<std::string> patterns = texts_of(call.json(), "pattern");
  Json list;
  change_worker(call, [&](Work& work, const Worker& worker) {
    try {
      replace_routes(work, worker, patterns);
    } catch (const Error& error) {
      throw ApiError(409, 10020, "The route " + error.problem());
    }
    list = routes_json(work, call);
  });
  return success(list);
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

HttpResponse set_domains(Call& call) {
  const Json body = call.json_object();
  const std::vector<std::string> hosts = texts_of(body.value("origins", Json()), "hostname");
  for (const std::string& host : hosts) {
    if (!is_host_name(host)) throw bad_request("\"" + host + "\" is no host name");
  }
  change_worker(call, [&](Work& work, const Worker& worker) {
    try {
      replace_domains(work, worker, hosts);
    } catch (const Error& error) {
      throw ApiError(409, 100116, "The host name " + error.problem());
    }
  });
  return success(nullptr);
}

/// What set_domains would change; nothing here conflicts but with other Workers.
HttpResponse domain_changes(Call& call) {
  const Json origins = call.json();
  const std::vector<std::string> hosts = texts_of(origins, "hostname");
  Work work = call.services.database.read();
  Json added = Json::array();
  for (const std::string& host : hosts) added.push_back({{"hostname", host}});
  return success({{"added", added},
                  {"removed", Json::array()},
                  {"updated", Json::array()},
                  {"conflicting", Json::array()}});
}

HttpResponse domains(Call& call) {
  Work work = call.services.database.read();
  const std::string wanted = call.query_value("service");
  Json list = Json::array();
  for (const Worker& worker : list_workers(work, call.account())) {
    if (!wanted.empty() && worker.name != wanted) continue;
    for (const Domain& domain : list_domains(work, call.account(), worker.name)) {
      list.push_back({{"id", domain.id},
                      {"hostname", domain.hostname},
                      {"service", worker.name},
                      {"environment", "production"}});
    }
  }
  return page_of(list, call);
}

Json schedules_json(Work& work, const Call& call) {
  Json list = Json::array();
  for (const auto& [cron, created] : list_schedules(work, call.account(), call.part("worker"))) {
    list.push_back(
        {{"cron", cron}, {"created_on", api_time(created)}, {"modified_on", api_time(created)}});
  }
  return {{"schedules", list}};
}

HttpResponse schedules(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  return success(schedules_json(work, call));
}

HttpResponse set_schedules(Call& call) {
  const std::vector<std::string> crons = texts_of(call.json(), "cron");
  for (const std::string& cron : crons) {
    try {
      check_cron(cron);
    } catch (const Error& error) {
      throw ApiError(400, 10100, "invalid cron string \"" + cron + "\": " + error.problem());
    }
  }
  Json list;
  change_worker(call, [&](Work& work, const Worker& worker) {
    replace_schedules(work, worker, crons);
    list = schedules_json(work, call);
  });
  return success(list);
}

/// Host names are the operator's business here: there are no zones to look them up in.
HttpResponse zones(Call& call) {
  return page_of(Json::array(), call, 20);
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/workers/subdomain", "workers", false, account_subdomain},
    {"PUT", "/!/workers/subdomain", "account", true, set_subdomain_of_account},
    {"GET", "/!/workers/subdomains/:subdomain", "workers", false, is_subdomain_free},
    {"GET", "/!/workers/scripts/:worker/subdomain", "workers", false, worker_subdomain},
    {"POST", "/!/workers/scripts/:worker/subdomain", "workers", true, set_worker_subdomain},
    {"GET", "/!/workers/scripts/:worker/routes", "workers", false, routes},
    {"PUT", "/!/workers/scripts/:worker/routes", "workers", true, set_routes},
    {"PUT", "/!/workers/scripts/:worker/domains/records", "workers", true, set_domains},
    {"POST", "/!/workers/scripts/:worker/domains/changeset", "workers", true, domain_changes},
    {"GET", "/!/workers/domains", "workers", false, domains},
    {"GET", "/!/workers/scripts/:worker/schedules", "workers", false, schedules},
    {"PUT", "/!/workers/scripts/:worker/schedules", "workers", true, set_schedules},
    {"GET", "/zones", "", false, zones},
};

}  // namespace

std::span<const ApiRoute> trigger_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
