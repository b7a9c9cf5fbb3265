#include "cli/login/scopes.h"

#include <array>

namespace cwrangler::cli {
namespace {

constexpr auto kScopes = std::to_array<Scope>({
    {"account:read", "read the account, its analytics and members"},
    {"user:read", "read your name, email address and memberships"},
    {"workers:write", "change Workers and what belongs to them"},
    {"workers_kv:write", "change KV namespaces and their keys"},
    {"workers_routes:write", "change routes"},
    {"workers_scripts:write", "change Workers' code, Durable Objects, subdomains and triggers"},
    {"workers_tail:read", "follow the events of Workers"},
    {"d1:write", "change D1 databases"},
    {"pages:write", "change Pages projects"},
    {"zone:read", "read zones"},
    {"ssl_certs:write", "change mTLS certificates"},
    {"ai:write", "change Workers AI"},
    {"ai-search:write", "change AI Search"},
    {"ai-search:run", "search with AI Search"},
    {"websearch.run", "search the web"},
    {"agent-memory:write", "change Agent Memory"},
    {"queues:write", "change queues and their messages"},
    {"pipelines:write", "change pipelines and their data"},
    {"secrets_store:write", "change secrets of the Secrets Store"},
    {"artifacts:write", "change artifacts"},
    {"flagship:write", "change feature flags"},
    {"containers:write", "change containers"},
    {"cloudchamber:write", "change Cloudchamber"},
    {"connectivity:admin", "change services of the Connectivity Directory"},
    {"email_routing:write", "change Email Routing"},
    {"email_sending:write", "change Email Sending"},
    {"browser:write", "change sessions of Browser Run"},
    {"challenge-widgets.write", "change Turnstile widgets"},
});

}  // namespace

std::span<const Scope> login_scopes() {
  return kScopes;
}

}  // namespace cwrangler::cli
