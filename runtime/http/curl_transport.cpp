#include "runtime/http/curl_transport.hpp"

#include "runtime/http/outbound.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <thread>

namespace nexus::http {
namespace {

using steady = std::chrono::steady_clock;
using milliseconds = std::chrono::milliseconds;

// The head of a response that no honest service exceeds.
constexpr std::size_t max_response_head = 256 * 1024;

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// A request that waits or is on its way.
struct transfer {
  request outbound;
  outbound_url url;
  milliseconds timeout;
  steady::time_point deadline;
  response_callback done;

  response answer{0, {}, {}};
  std::size_t head_size = 0;
  std::size_t body_limit = 0;
  bool too_large = false;
  /// Whether any byte of it left.
  bool sent = false;
  curl_slist* fields = nullptr;
  std::array<char, CURL_ERROR_SIZE> reason{};

  transfer(request r, outbound_url u, milliseconds t, response_callback d)
      : outbound(std::move(r)), url(std::move(u)), timeout(t), deadline(steady::now() + t), done(std::move(d)) {}
  ~transfer() { curl_slist_free_all(fields); }
  transfer(transfer const&) = delete;
  auto operator=(transfer const&) -> transfer& = delete;

  void add_field(std::string const& line) {
    if (auto longer = curl_slist_append(fields, line.c_str())) fields = longer;
  }
  void fail(errc code, std::string_view what) {
    auto problem = outbound_error(code, outbound, what);
    if (!sent) problem.remedy = nothing_was_changed;
    done(tl::unexpected{std::move(problem)});
  }
  void fail_late() { fail(errc::deadline_exceeded, fmt::format("no answer within {} ms", timeout.count())); }
};

auto is_loopback(std::string_view authority) -> bool {
  return authority.starts_with("127.") || authority.starts_with("[::1]") || authority == "localhost" ||
         authority.starts_with("localhost:");
}

auto on_field(char* text, std::size_t, std::size_t size, void* user) -> std::size_t {
  auto& to = *static_cast<transfer*>(user);
  std::string_view line{text, size};
  to.head_size += size;
  if (to.head_size > max_response_head) {
    to.too_large = true;
    return 0;
  }
  // Each status line begins another head: that of the answer comes last, after any 100 Continue.
  if (line.starts_with("HTTP/")) {
    to.answer.fields = {};
    return size;
  }
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  auto value = line.substr(colon + 1);
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!value.empty() && blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && blank(value.back())) value.remove_suffix(1);
  to.answer.fields.add(line.substr(0, colon), std::string{value});
  return size;
}

auto on_body(char* bytes, std::size_t, std::size_t size, void* user) -> std::size_t {
  auto& to = *static_cast<transfer*>(user);
  if (to.answer.body.size() + size > to.body_limit) {
    to.too_large = true;
    return 0;
  }
  to.answer.body.append(bytes, size);
  return size;
}

} // namespace

class curl_transport::worker {
public:
  explicit worker(curl_options options) : options_(std::move(options)) {
    start_curl();
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_transfers));
    thread_ = std::thread{[this] { run(); }};
  }

  ~worker() {
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto easy : spare_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }

  /// Takes the transfer, or leaves it alone when the queue is full.
  auto enqueue(std::unique_ptr<transfer>& what) -> bool {
    {
      std::lock_guard lock{mutex_};
      if (pending_ >= options_.max_waiting + options_.max_transfers) return false;
      ++pending_;
      arrived_.push_back(std::move(what));
    }
    curl_multi_wakeup(multi_);
    return true;
  }

private:
  void run() {
    while (collect()) {
      expire();
      while (!waiting_.empty() && active_.size() < options_.max_transfers) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        begin(std::move(next));
      }
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_completed();
      if (!waiting_.empty() && active_.size() < options_.max_transfers) continue;
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(until_next_deadline().count()), nullptr);
    }
    for (auto& [easy, going] : active_) {
      curl_multi_remove_handle(multi_, easy);
      curl_easy_cleanup(easy);
      going->sent = true; // perhaps
      going->fail(errc::cancelled, "the transport was closed");
    }
    for (auto& each : waiting_) each->fail(errc::cancelled, "the transport was closed");
  }

  /// Fetches what was sent meanwhile; false when it is time to stop.
  auto collect() -> bool {
    std::lock_guard lock{mutex_};
    for (auto& each : arrived_) waiting_.push_back(std::move(each));
    arrived_.clear();
    return !stopping_;
  }

  void expire() {
    auto now = steady::now();
    std::erase_if(waiting_, [&](auto& each) {
      if (each->deadline > now) return false;
      leave();
      each->fail_late();
      return true;
    });
  }

  auto until_next_deadline() const -> milliseconds {
    auto next = steady::now() + std::chrono::seconds{60};
    for (auto const& each : waiting_) next = std::min(next, each->deadline);
    return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(next - steady::now()));
  }

  void leave() {
    std::lock_guard lock{mutex_};
    --pending_;
  }

  void begin(std::unique_ptr<transfer> what) {
    auto easy = spare_.empty() ? curl_easy_init() : spare_.back();
    if (!spare_.empty()) spare_.pop_back();
    if (!easy) {
      leave();
      return what->fail(errc::internal, "libcurl gives no handle");
    }
    set_up(easy, *what);
    curl_multi_add_handle(multi_, easy);
    active_.emplace(easy, std::move(what));
  }

  void set_up(CURL* easy, transfer& what) const {
    auto& outbound = what.outbound;
    what.body_limit = options_.max_response_body;
    auto left = std::max<long>(1, std::chrono::ceil<milliseconds>(what.deadline - steady::now()).count());
    curl_easy_setopt(easy, CURLOPT_URL, outbound.target.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, what.reason.data());
    // libcurl sends a request again by itself when a kept connection turns out to be closed, whatever its method is and
    // although the first one may have been carried out. A connection of its own is never found closed that way.
    if (outbound.method != "GET" && outbound.method != "HEAD") curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_field);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &what);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &what);
    if (is_loopback(what.url.authority)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (outbound.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
      auto carries_body = !outbound.body.empty() || (outbound.method != "GET" && outbound.method != "DELETE");
      if (carries_body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(outbound.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, outbound.body.data());
      }
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, outbound.method.c_str());
    }
    // Left to itself curl would wait for 100 Continue, and call any body a form.
    what.add_field("Expect:");
    if (!outbound.fields.find("Content-Type")) what.add_field("Content-Type:");
    for (auto const& [name, value] : outbound.fields) what.add_field(value.empty() ? name + ";" : name + ": " + value);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, what.fields);
  }

  void finish_completed() {
    int left = 0;
    while (auto message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto easy = message->easy_handle;
      auto result = message->data.result;
      auto found = active_.find(easy);
      auto what = std::move(found->second);
      active_.erase(found);
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      long request_bytes = 0;
      curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
      what->sent = request_bytes > 0;
      curl_multi_remove_handle(multi_, easy);
      curl_easy_reset(easy);
      spare_.push_back(easy);
      leave();
      report(*what, result, static_cast<int>(status));
    }
  }

  void report(transfer& what, CURLcode result, int status) const {
    if (result == CURLE_OK) {
      what.answer.status = status;
      // curl has decoded the body, so that these speak of bytes which are no more.
      if (what.answer.fields.find("Content-Encoding")) {
        what.answer.fields.erase("Content-Encoding");
        what.answer.fields.erase("Content-Length");
      }
      return what.done(std::move(what.answer));
    }
    if (what.too_large) {
      return what.fail(errc::too_large,
                       fmt::format("the answer is larger than the {} bytes accepted", what.body_limit));
    }
    if (result == CURLE_OPERATION_TIMEDOUT && steady::now() >= what.deadline) return what.fail_late();
    std::string_view reason = what.reason[0] != '\0' ? what.reason.data() : curl_easy_strerror(result);
    what.fail(result == CURLE_URL_MALFORMAT ? errc::invalid_argument : errc::upstream, reason);
  }

  curl_options options_;
  CURLM* multi_ = nullptr;
  std::mutex mutex_;
  std::vector<std::unique_ptr<transfer>> arrived_;
  std::size_t pending_ = 0;
  bool stopping_ = false;
  // The thread's own.
  std::deque<std::unique_ptr<transfer>> waiting_;
  std::unordered_map<CURL*, std::unique_ptr<transfer>> active_;
  std::vector<CURL*> spare_;
  std::thread thread_;
};

curl_transport::curl_transport(curl_options options) : worker_(std::make_unique<worker>(std::move(options))) {}

curl_transport::~curl_transport() = default;

void curl_transport::send(request outbound, std::chrono::milliseconds timeout, response_callback done) {
  auto url = check_outbound(outbound);
  if (!url) return done(tl::unexpected{std::move(url.error())});
  auto what = std::make_unique<transfer>(std::move(outbound), std::move(*url), timeout, std::move(done));
  if (!worker_->enqueue(what)) what->fail(errc::overloaded, "too many requests are waiting to be sent");
}

} // namespace nexus::http
