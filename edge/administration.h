// The endpoint's commands besides serving: accounts, tokens, the audit log, backups. They work on
// the folder itself, whether an endpoint runs or not.

#pragma once

#include "edge/command_line.h"

namespace cwrangler::edge {

/// Sets what the commands do; `commands` outlives the parsing. Each throws Error.
void set_administration(EdgeCommands& commands);

}  // namespace cwrangler::edge
