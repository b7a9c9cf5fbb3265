// The ops of each file of this folder; ../web_ops.cc joins them with the others.

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::web {

std::span<const engine::Op> cipher_ops();
std::span<const engine::Op> curve_ops();
std::span<const engine::Op> derivation_ops();
std::span<const engine::Op> digest_ops();
std::span<const engine::Op> key_format_ops();
std::span<const engine::Op> random_ops();
std::span<const engine::Op> rsa_ops();
std::span<const engine::Op> secret_key_ops();
std::span<const engine::Op> signature_ops();

}  // namespace cwrangler::web
