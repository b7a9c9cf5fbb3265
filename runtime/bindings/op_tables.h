// The ops of each folder; binding_ops.cc joins them.

#pragma once

#include <span>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"

namespace cwrangler::bindings {

std::span<const engine::Op> analytics_ops();
std::span<const engine::Op> asset_ops();
std::span<const engine::Op> cache_ops();
std::span<const engine::Op> d1_ops();
std::span<const engine::Op> email_ops();
std::span<const engine::Op> kv_ops();
std::span<const engine::Op> queue_ops();
std::span<const engine::Op> r2_ops();
std::span<const engine::Op> vectorize_ops();

void install_analytics(engine::Isolate& isolate);
void install_cache(engine::Isolate& isolate);
void install_d1(engine::Isolate& isolate);
void install_email(engine::Isolate& isolate);
void install_kv(engine::Isolate& isolate);
void install_queues(engine::Isolate& isolate);
void install_r2(engine::Isolate& isolate);
void install_vectorize(engine::Isolate& isolate);
void install_assets(engine::Isolate& isolate);

}  // namespace cwrangler::bindings
