// The actions of `cwrangler d1` on databases of the account.

#pragma once

#include "cli/command/d1_command.h"

namespace cwrangler::cli::d1_account {

/// Each prints as wrangler does and returns the exit status.
int create(const D1ActionFlags& flags, const CommandContext& context);
int list(const D1ActionFlags& flags, const CommandContext& context);
int info(const D1ActionFlags& flags, const CommandContext& context);
int remove(const D1ActionFlags& flags, const CommandContext& context);
int execute(const D1ActionFlags& flags, const CommandContext& context);
int export_sql(const D1ActionFlags& flags, const CommandContext& context);
int time_travel_info(const D1ActionFlags& flags, const CommandContext& context);
int time_travel_restore(const D1ActionFlags& flags, const CommandContext& context);
int list_migrations(const D1Flags& flags, const CommandContext& context);
int apply_migrations(const D1Flags& flags, const CommandContext& context);

}  // namespace cwrangler::cli::d1_account
