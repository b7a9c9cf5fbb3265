// What a browser shows when a Worker has failed: the exception, the code around each line of the
// traceback that is the Worker's own, the request. In a dev session the page loads itself again
// when the code was replaced.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/worker_config.h"
#include "runtime/server/exchange.h"
#include "runtime/server/failure.h"

namespace cwrangler::server {

/// What a dev session adds to the page.
struct PageSources {
  std::string version;  ///< of the code that answers: letters, digits and hyphens
  std::vector<Module> modules;
};

/// The page's text. It loads nothing from elsewhere. Credentials among the headers are left out.
/// `sources`: null, where the code is not for the eyes of who asks.
std::string error_page(const Failure& failure, const RequestHead& request,
                       const PageSources* sources);

/// `<script>…</script>` that loads its page again when the code was replaced; a page of another
/// method than GET only shows its element `changed`, where it has one.
std::string reload_script(const PageSources& sources, std::string_view method);

/// Answers what that script asks to notice that the code was replaced. False: the request is
/// another.
bool answer_version(Exchange& exchange, const PageSources* sources);

}  // namespace cwrangler::server
