#include "runtime/http/in_process_transport.hpp"

#include "runtime/http/outbound.hpp"
#include "runtime/http/problem.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace nexus::http {
namespace {

using steady = std::chrono::steady_clock;

/// A request that waits for the service, or whose answer waits for its time.
struct call {
  request outbound;
  outbound_url url;
  std::chrono::milliseconds timeout;
  steady::time_point deadline;
  response_callback done;
};

} // namespace

class in_process_transport::worker {
public:
  worker(service target, in_process_options options) : target_(std::move(target)), options_(options) {
    thread_ = std::thread{[this] { run(); }};
  }

  ~worker() {
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  /// Takes the call, or leaves it alone when too many are under way.
  auto enqueue(call& what) -> bool {
    {
      std::lock_guard lock{mutex_};
      if (pending_ >= options_.max_pending) return false;
      ++pending_;
      arrived_.push_back(std::move(what));
    }
    changed_.notify_one();
    return true;
  }

private:
  using outcome = expected<response>;

  void run() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      if (!late_.empty() && late_.begin()->first <= steady::now()) {
        auto due = late_.extract(late_.begin());
        lock.unlock();
        due.mapped().first.done(std::move(due.mapped().second));
        lock.lock();
        --pending_;
      } else if (!arrived_.empty()) {
        auto next = std::move(arrived_.front());
        arrived_.pop_front();
        lock.unlock();
        handle(std::move(next));
        lock.lock();
      } else if (!late_.empty()) {
        changed_.wait_until(lock, late_.begin()->first);
      } else {
        changed_.wait(lock);
      }
    }
    lock.unlock();
    for (auto& [due, held] : late_) cancel(held.first);
    for (auto& each : arrived_) cancel(each);
  }

  /// Runs the service and puts the outcome where it waits for its time, which may be now.
  void handle(call what) {
    auto reply = ask(what);
    auto due = steady::now() + reply.delay;
    auto result = judge(what, reply);
    if (due >= what.deadline) {
      due = what.deadline;
      result = tl::unexpected{outbound_error(errc::deadline_exceeded, what.outbound,
                                             fmt::format("no answer within {} ms", what.timeout.count()))};
    }
    late_.emplace(due, std::pair{std::move(what), std::move(result)});
  }

  auto ask(call const& what) const -> service_reply {
    request seen = what.outbound;
    seen.target = what.url.target;
    if (!seen.fields.find("Host")) seen.fields.add("Host", what.url.authority);
    if (!seen.fields.find("Accept")) seen.fields.add("Accept", "*/*");
    try {
      return target_(seen);
    } catch (std::exception const&) {
      // As the server answers for a handler that throws.
      return {problem(500, "an internal error"), {}, {}};
    }
  }

  auto judge(call const& what, service_reply& reply) const -> outcome {
    auto& body = reply.answer.body;
    if (what.outbound.method == "HEAD") body.clear();
    auto cut = reply.cut_off_after;
    if (cut && (*cut == 0 || *cut < body.size())) {
      return tl::unexpected{
          outbound_error(errc::upstream, what.outbound,
                         fmt::format("the connection broke off after {} of {} bytes", *cut, body.size()))};
    }
    if (body.size() > options_.max_response_body) {
      return tl::unexpected{
          outbound_error(errc::too_large, what.outbound,
                         fmt::format("the answer is larger than the {} bytes accepted", options_.max_response_body))};
    }
    return std::move(reply.answer);
  }

  static void cancel(call const& what) {
    what.done(tl::unexpected{outbound_error(errc::cancelled, what.outbound, "the transport was closed")});
  }

  service target_;
  in_process_options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<call> arrived_;
  std::size_t pending_ = 0;
  bool stopping_ = false;
  // The thread's own.
  std::multimap<steady::time_point, std::pair<call, outcome>> late_;
  std::thread thread_;
};

in_process_transport::in_process_transport(service target, in_process_options options)
    : worker_(std::make_unique<worker>(std::move(target), options)) {}

in_process_transport::~in_process_transport() = default;

void in_process_transport::send(request outbound, std::chrono::milliseconds timeout, response_callback done) {
  auto url = check_outbound(outbound);
  if (!url) return done(tl::unexpected{std::move(url.error())});
  call what{std::move(outbound), std::move(*url), timeout, steady::now() + timeout, std::move(done)};
  if (worker_->enqueue(what)) return;
  what.done(tl::unexpected{outbound_error(errc::overloaded, what.outbound, "too many requests are under way")});
}

} // namespace nexus::http
