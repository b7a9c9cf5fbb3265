// Sent messages for JavaScript:
//
//   emailOpen(stateFolder, binding) → handle
//   emailKeep(handle, message: Uint8Array) → Promise<file>, fulfilled when it is on
//       disk

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/bindings/arguments.h"
#include "runtime/bindings/op_tables.h"
#include "runtime/bindings/stores.h"
#include "runtime/web/delivery.h"

namespace cwrangler::bindings {
namespace {

using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;
using web::Delivery;

/// State of an isolate: what it has opened, by handle.
struct Outboxes {
  std::vector<std::shared_ptr<OpenOutbox>> open;
};

void email_open(Call call) {
  auto& open = Isolate::from(call).state<Outboxes>().open;
  open.push_back(open_outbox(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

void email_keep(Call call) {
  const auto& open = Isolate::from(call).state<Outboxes>().open;
  const auto& outbox = open.at(static_cast<size_t>(integer_argument(call, 0)));
  const auto bytes = engine::bytes_of(call[1]);
  std::string message(bytes.begin(), bytes.end());
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  outbox->post(
      [reply, message = std::move(message)](storage::Outbox& box) {
        reply.send(
            [file = box.keep(message).string()](ScriptScope& scope, PendingPromise& promise) {
              promise.resolve(engine::to_string(scope.v8(), file));
            });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

constexpr std::array<engine::Op, 2> kOps{{
    {"emailOpen", engine::op<email_open>},
    {"emailKeep", engine::op<email_keep>},
}};

}  // namespace

std::span<const engine::Op> email_ops() {
  return kOps;
}

void install_email(Isolate& isolate) {
  isolate.set_state<Outboxes>();
}

}  // namespace cwrangler::bindings
