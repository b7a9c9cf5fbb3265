#include <openssl/rand.h>

#include "runtime/web/crypto/op_tables.h"

namespace cwrangler::web {
namespace {

/// randomBytes(view): fills it
void random_bytes(engine::Call call) {
  const std::span<uint8_t> bytes = engine::bytes_of(call[0]);
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the system has no random bytes to give");
  }
}

}  // namespace

std::span<const engine::Op> random_ops() {
  static constexpr engine::Op OPS[] = {{"randomBytes", engine::op<random_bytes>}};
  return OPS;
}

}  // namespace cwrangler::web
