#include <algorithm>
#include <cmath>

#include "runtime/engine/script_scope.h"
#include "runtime/engine/values.h"
#include "runtime/web/op_tables.h"
#include "runtime/web/timers.h"

namespace cwrangler::web {
namespace {

/// workerd's limit: a hundred years, far from where the clock's arithmetic would overflow.
constexpr double MAXIMUM_DELAY_MS = 100.0 * 365 * 24 * 3600 * 1000;
/// Timers that are fired before the loop looks at sockets again. A program that always has a due
/// timer must not starve them.
constexpr int BATCH = 256;

Timers::Clock::time_point after(double milliseconds) {
  const double delay =
      std::isnan(milliseconds) ? 0 : std::clamp(milliseconds, 0.0, MAXIMUM_DELAY_MS);
  return Timers::Clock::now() + std::chrono::duration_cast<Timers::Clock::duration>(
                                    std::chrono::duration<double, std::milli>(delay));
}

}  // namespace

Timers::Timers(engine::Isolate& isolate) : isolate_(isolate), timer_(isolate.loop()) {}

int32_t Timers::start(double milliseconds) {
  // After 2^31 timers the ids start again; one that is still in use is passed over.
  do {
    last_id_ = last_id_ == INT32_MAX ? 1 : last_id_ + 1;
  } while (by_id_.contains(last_id_));
  const int32_t id = last_id_;
  restart(id, milliseconds);
  return id;
}

void Timers::restart(int32_t id, double milliseconds) {
  cancel(id);
  const auto [place, added] = deadlines_.insert({after(milliseconds), sequence_++, id});
  by_id_.emplace(id, place);
  if (place->time < armed_) arm();
}

void Timers::cancel(int32_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  deadlines_.erase(found->second);  // the loop may wake for nothing, which is cheaper than rearming
  by_id_.erase(found);
}

void Timers::arm() {
  armed_ = deadlines_.begin()->time;
  timer_.expires_at(armed_);
  timer_.async_wait(
      [this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& error) {
        if (error || alive.expired()) return;
        armed_ = Clock::time_point::max();
        fire_due();
      });
}

void Timers::fire_due() {
  const Clock::time_point now = Clock::now();
  // Timers that a callback sets with delay 0 are for the next turn: the standard's order.
  const uint64_t last = sequence_;
  const std::weak_ptr<int> alive = alive_;
  for (int fired = 0; fired < BATCH && !deadlines_.empty(); ++fired) {
    const Deadline next = *deadlines_.begin();
    if (next.time > now || next.sequence >= last) break;
    deadlines_.erase(deadlines_.begin());
    by_id_.erase(next.id);
    engine::ScriptScope scope(isolate_);
    (void)scope.call_hook("timer", v8::Integer::New(scope.v8(), next.id));
  }
  if (!alive.expired() && !deadlines_.empty() && deadlines_.begin()->time < armed_) arm();
}

namespace {

double number(engine::Call call, int index) {
  return call[index]->NumberValue(call.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

int32_t integer(engine::Call call, int index) {
  return call[index]->Int32Value(call.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

Timers& timers(engine::Call call) {
  return engine::Isolate::from(call).state<Timers>();
}

/// timerStart(milliseconds) → id
void timer_start(engine::Call call) {
  call.GetReturnValue().Set(timers(call).start(number(call, 0)));
}

/// timerRestart(id, milliseconds): the timer has fired and is a repeating one
void timer_restart(engine::Call call) {
  timers(call).restart(integer(call, 0), number(call, 1));
}

/// timerCancel(id)
void timer_cancel(engine::Call call) {
  timers(call).cancel(integer(call, 0));
}

}  // namespace

std::span<const engine::Op> timer_ops() {
  static constexpr engine::Op OPS[] = {
      {"timerStart", engine::op<timer_start>},
      {"timerRestart", engine::op<timer_restart>},
      {"timerCancel", engine::op<timer_cancel>},
  };
  return OPS;
}

}  // namespace cwrangler::web
