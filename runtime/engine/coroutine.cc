#include "runtime/engine/coroutine.h"

#include <pthread.h>
#include <sys/mman.h>

#include <boost/context/fiber.hpp>
#include <cerrno>
#include <semaphore>
#include <utility>

#include "base/error.h"
#include "runtime/engine/thread_identity.h"
#include "runtime/engine/thread_stack.h"

namespace cwrangler::engine {
namespace {

namespace context = boost::context;
using Body = std::function<void(Coroutine&)>;

constexpr size_t kGuardSize = 4096;

/// Stacks whose pages are only paid for when touched, with a guard page below.
class LazyStackAllocator {
 public:
  explicit LazyStackAllocator(size_t size) : size_(size) {}

  context::stack_context allocate() {
    void* const memory = ::mmap(nullptr, size_ + kGuardSize, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw system_error("allocating a stack");
    ::mprotect(memory, kGuardSize, PROT_NONE);
    context::stack_context stack;
    stack.size = size_;
    stack.sp = static_cast<char*>(memory) + kGuardSize + size_;  // stacks grow downwards
    return stack;
  }

  void deallocate(context::stack_context& stack) {
    ::munmap(static_cast<char*>(stack.sp) - stack.size - kGuardSize, stack.size + kGuardSize);
  }

 private:
  size_t size_;
};

class FiberCoroutine : public Coroutine {
 public:
  FiberCoroutine(size_t stack_size, Body body) : identity_(thread_identity::next()) {
    LazyStackAllocator allocator(stack_size);
    const context::stack_context stack = allocator.allocate();
    bottom_ = reinterpret_cast<uintptr_t>(stack.sp) - stack.size;
    inside_ = context::fiber(std::allocator_arg, context::preallocated(stack.sp, stack.size, stack),
                             allocator, [this, body = std::move(body)](context::fiber&& outside) {
                               outside_ = std::move(outside);
                               body(*this);
                               return std::move(outside_);
                             });
  }

  void switch_in() override {
    const int outer = thread_identity::current();
    thread_identity::set_current(identity_);
    inside_ = std::move(inside_).resume();
    thread_identity::set_current(outer);
  }

  void switch_out() override { outside_ = std::move(outside_).resume(); }

  uintptr_t stack_bottom() const override { return bottom_; }

 private:
  const int identity_;
  uintptr_t bottom_ = 0;
  context::fiber inside_;   // valid while the body is not running
  context::fiber outside_;  // valid while it is
};

class ThreadCoroutine : public Coroutine {
 public:
  ThreadCoroutine(size_t stack_size, Body body) : body_(std::move(body)) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_size);
    const int failure = pthread_create(&thread_, &attributes, &ThreadCoroutine::run, this);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
      errno = failure;
      throw system_error("starting a thread for a stack of its own");
    }
    outside_.acquire();  // the thread knows its stack and waits
  }

  ~ThreadCoroutine() override {
    if (!begun_) {
      abandoned_ = true;
      inside_.release();
    }
    pthread_join(thread_, nullptr);
  }

  void switch_in() override {
    begun_ = true;
    inside_.release();
    outside_.acquire();
  }

  void switch_out() override {
    outside_.release();
    inside_.acquire();
  }

  uintptr_t stack_bottom() const override { return bottom_; }

 private:
  static void* run(void* self) {
    auto& coroutine = *static_cast<ThreadCoroutine*>(self);
    coroutine.bottom_ = this_thread_stack_bottom();
    coroutine.outside_.release();
    coroutine.inside_.acquire();
    if (!coroutine.abandoned_) {
      coroutine.body_(coroutine);
      coroutine.outside_.release();
    }
    return nullptr;
  }

  Body body_;
  pthread_t thread_{};
  uintptr_t bottom_ = 0;
  bool begun_ = false;
  bool abandoned_ = false;
  std::binary_semaphore inside_{0};
  std::binary_semaphore outside_{0};
};

}  // namespace

std::unique_ptr<Coroutine> Coroutine::create(Kind kind, size_t stack_size, Body body) {
  if (kind == Kind::fiber) return std::make_unique<FiberCoroutine>(stack_size, std::move(body));
  return std::make_unique<ThreadCoroutine>(stack_size, std::move(body));
}

}  // namespace cwrangler::engine
