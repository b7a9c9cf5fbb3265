// The ops of each file of this folder (crypto/ has a table of its own); web_ops.cc joins them.

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::web {

std::span<const engine::Op> base64_ops();
std::span<const engine::Op> clock_ops();
std::span<const engine::Op> clone_ops();
std::span<const engine::Op> compression_ops();
std::span<const engine::Op> encoding_ops();
std::span<const engine::Op> fetch_ops();
std::span<const engine::Op> html_rewriter_ops();
std::span<const engine::Op> log_ops();
std::span<const engine::Op> task_ops();
std::span<const engine::Op> timer_ops();
std::span<const engine::Op> type_ops();
std::span<const engine::Op> url_ops();
std::span<const engine::Op> url_pattern_ops();
std::span<const engine::Op> web_socket_ops();

}  // namespace cwrangler::web
