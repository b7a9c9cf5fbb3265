// Compiled without RTTI, as libnode is: a subclass of a V8 interface must not refer to typeinfo
// that V8 does not have.

#include "runtime/engine/platform.h"

#include <libplatform/libplatform.h>
#include <malloc.h>
#include <v8.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "runtime/engine/foreground_task.h"

namespace cwrangler::engine {
namespace {

namespace asio = boost::asio;

/// Takes V8's tasks for one isolate from any thread to the isolate's event loop.
class LoopTaskRunner : public v8::TaskRunner, public std::enable_shared_from_this<LoopTaskRunner> {
 public:
  LoopTaskRunner(v8::Isolate* isolate, asio::io_context& loop) : isolate_(isolate), loop_(&loop) {}

  void detach() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

  void PostTask(std::unique_ptr<v8::Task> task) override { post(std::move(task), 0); }
  void PostNonNestableTask(std::unique_ptr<v8::Task> task) override { post(std::move(task), 0); }
  void PostDelayedTask(std::unique_ptr<v8::Task> task, double seconds) override {
    post(std::move(task), seconds);
  }
  void PostNonNestableDelayedTask(std::unique_ptr<v8::Task> task, double seconds) override {
    post(std::move(task), seconds);
  }
  void PostIdleTask(std::unique_ptr<v8::IdleTask>) override {}
  bool IdleTasksEnabled() override { return false; }
  // The loop never runs a task inside another one.
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

 private:
  void post(std::unique_ptr<v8::Task> task, double seconds) {
    const std::lock_guard lock(mutex_);
    if (!loop_) return;
    auto run = [self = shared_from_this(), task = std::shared_ptr<v8::Task>(std::move(task))] {
      self->run(*task);
    };
    if (seconds <= 0) {
      asio::post(*loop_, std::move(run));
      return;
    }
    auto timer = std::make_shared<asio::steady_timer>(
        *loop_, std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                    std::chrono::duration<double>(seconds)));
    timer->async_wait([timer, run](const boost::system::error_code& cancelled) {
      if (!cancelled) run();
    });
  }

  void run(v8::Task& task) {
    {
      const std::lock_guard lock(mutex_);
      if (!loop_) return;
    }
    run_foreground_task(isolate_, task);
  }

  v8::Isolate* const isolate_;
  std::mutex mutex_;
  asio::io_context* loop_;  // null once detached
};

/// Memory that is free at the end of the heap goes back to the system where it is more than this,
/// and blocks above the other size have pages of their own. The buffers of streams and bodies come
/// and go with each collection of garbage: with glibc's 128 KiB, each has its pages taken away and
/// zeroed anew, which costs more than what is done with 64 KiB of a stream.
constexpr int KEPT_FREE = 32 << 20;
constexpr int OWN_PAGES = 4 << 20;

void keep_freed_memory() {
  mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
  mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
}

}  // namespace

class TaskPlatform : public v8::Platform {
 public:
  explicit TaskPlatform(int worker_threads)
      : workers_(v8::platform::NewDefaultPlatform(worker_threads)) {}

  void attach(v8::Isolate* isolate, asio::io_context& loop) {
    const std::lock_guard lock(mutex_);
    runners_[isolate] = std::make_shared<LoopTaskRunner>(isolate, loop);
  }

  void detach(v8::Isolate* isolate) {
    const std::lock_guard lock(mutex_);
    const auto found = runners_.find(isolate);
    if (found == runners_.end()) return;
    found->second->detach();
    runners_.erase(found);
  }

  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate) override {
    const std::lock_guard lock(mutex_);
    const auto found = runners_.find(isolate);
    if (found != runners_.end()) return found->second;
    return workers_->GetForegroundTaskRunner(isolate);
  }

  int NumberOfWorkerThreads() override { return workers_->NumberOfWorkerThreads(); }
  v8::PageAllocator* GetPageAllocator() override { return workers_->GetPageAllocator(); }
  v8::ZoneBackingAllocator* GetZoneBackingAllocator() override {
    return workers_->GetZoneBackingAllocator();
  }
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    workers_->CallOnWorkerThread(std::move(task));
  }
  void CallBlockingTaskOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    workers_->CallBlockingTaskOnWorkerThread(std::move(task));
  }
  void CallLowPriorityTaskOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    workers_->CallLowPriorityTaskOnWorkerThread(std::move(task));
  }
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> task, double seconds) override {
    workers_->CallDelayedOnWorkerThread(std::move(task), seconds);
  }
  std::unique_ptr<v8::JobHandle> PostJob(v8::TaskPriority priority,
                                         std::unique_ptr<v8::JobTask> job) override {
    return workers_->PostJob(priority, std::move(job));
  }
  double MonotonicallyIncreasingTime() override { return workers_->MonotonicallyIncreasingTime(); }
  double CurrentClockTimeMillis() override { return workers_->CurrentClockTimeMillis(); }
  StackTracePrinter GetStackTracePrinter() override { return workers_->GetStackTracePrinter(); }
  v8::TracingController* GetTracingController() override {
    return workers_->GetTracingController();
  }

 private:
  const std::unique_ptr<v8::Platform> workers_;
  std::mutex mutex_;
  std::map<v8::Isolate*, std::shared_ptr<LoopTaskRunner>> runners_;
};

Platform::Platform(const Options& options)
    : options_(options),
      tasks_(std::make_unique<TaskPlatform>(options.worker_threads)),
      wasm_code_(std::make_unique<WasmCode>(CodeFiles(options.code_folders))),
      script_code_(CodeFiles(options.code_folders)),
      kept_code_(CodeFiles(options.code_folders)) {
  keep_freed_memory();
  // Collecting dead wasm code while a call is suspended on another stack is fatal in V8 10.2
  // ("archived threads in combination with wasm not supported"); the price is about 3 MB of code.
  v8::V8::SetFlagsFromString("--no-wasm-code-gc");
  // A start calls a tenth of Python's functions, and of a side module's fewer.
  v8::V8::SetFlagsFromString("--wasm-lazy-compilation");
  // Each function that is called is optimised at once, on other threads, and not when it has become
  // hot: what is kept for later processes then has all that a start needs.
  v8::V8::SetFlagsFromString("--no-wasm-dynamic-tiering");
  if (!options.v8_flags.empty()) {
    v8::V8::SetFlagsFromString(options.v8_flags.data(), options.v8_flags.size());
  }
  v8::V8::InitializePlatform(tasks_.get());
  v8::V8::Initialize();
}

Platform::~Platform() {
  wasm_code_.reset();
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
}

void Platform::save_code() {
  kept_code_.save();
  wasm_code_->save();
}

void Platform::attach(v8::Isolate* isolate, boost::asio::io_context& loop) {
  tasks_->attach(isolate, loop);
}

void Platform::detach(v8::Isolate* isolate) {
  tasks_->detach(isolate);
}

}  // namespace cwrangler::engine
