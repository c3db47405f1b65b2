#include "runtime/http/exchange.hpp"

#include "runtime/http/connection.hpp"

namespace nexus::http {
namespace detail {
namespace {

// A field of an event ends at the line's end, so that the text must not bring one along.
void append_line(std::string& out, std::string_view name, std::string_view text) {
  out += name;
  for (auto c : text)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  out += '\n';
}

void append_data(std::string& out, std::string_view data) {
  for (;;) {
    auto end = data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) return;
    data.remove_prefix(data.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
  }
}

} // namespace

auto stream_state::send(std::string_view event, std::string_view id, std::string_view data) -> bool {
  std::lock_guard lock{mutex_};
  if (closing_ || over_) return false;
  auto before = waiting_.size();
  if (!event.empty()) append_line(waiting_, "event: ", event);
  if (!id.empty()) append_line(waiting_, "id: ", id);
  append_data(waiting_, data);
  waiting_ += '\n';
  if (waiting_.size() > limit_) {
    waiting_.resize(before);
    closing_ = true;
    count(way_->figures.slow_streams);
    way_->post([peer = peer_] {
      if (auto to = peer.lock()) to->close();
    });
    return false;
  }
  bytes_ += waiting_.size() - before;
  wake();
  return true;
}

void stream_state::close() {
  std::lock_guard lock{mutex_};
  if (closing_ || over_) return;
  closing_ = true;
  wake();
}

void stream_state::on_closed(std::function<void()> callback) {
  {
    std::lock_guard lock{mutex_};
    if (!over_) {
      on_closed_ = std::move(callback);
      return;
    }
  }
  callback();
}

void stream_state::wake() {
  if (std::exchange(woken_, true)) return;
  way_->post([peer = peer_] {
    if (auto to = peer.lock()) to->flush_stream();
  });
}

auto stream_state::take(std::string& out) -> next {
  std::lock_guard lock{mutex_};
  woken_ = false;
  out.clear();
  std::swap(out, waiting_);
  if (!out.empty()) return next::write;
  return closing_ ? next::finish : next::nothing;
}

void stream_state::ended() {
  std::function<void()> callback;
  std::function<void(std::uint64_t)> report;
  std::uint64_t bytes = 0;
  {
    std::lock_guard lock{mutex_};
    if (std::exchange(over_, true)) return;
    callback = std::exchange(on_closed_, nullptr);
    report = std::exchange(on_over_, nullptr);
    bytes = bytes_;
  }
  if (report) report(bytes);
  if (callback) callback();
}

exchange::exchange(std::shared_ptr<gate> w, std::weak_ptr<connection> p, std::size_t limit)
    : way(std::move(w)), peer(std::move(p)), stream_limit(limit) {
  count(way->figures.in_flight);
}

exchange::~exchange() {
  answer nothing;
  nothing.dropped = true;
  deliver(std::move(nothing));
}

auto exchange::deliver(answer what) -> bool {
  if (answered.exchange(true)) return false;
  for (auto const& [name, value] : common) what.reply.fields.add(name, value);
  uncount(way->figures.in_flight);
  if (what.dropped) count(way->figures.dropped);
  if (auto report = std::exchange(on_over, nullptr)) {
    if (what.stream)
      what.stream->on_over([report = std::move(report)](std::uint64_t bytes) { report(200, bytes); });
    else
      report(what.dropped ? 503 : what.reply.status, what.reply.body.size());
  }
  if (way->on_server_thread()) {
    if (auto to = peer.lock(); to && to->dispatching()) {
      to->hold(std::move(what));
      return true;
    }
  }
  way->post([to = peer, held = std::move(what)]() mutable {
    if (auto connection = to.lock()) connection->take(std::move(held));
  });
  return true;
}

} // namespace detail

auto event_stream::send(std::string_view event, std::string_view id, std::string_view data) const -> bool {
  return state_->send(event, id, data);
}

void event_stream::close() const { state_->close(); }

void event_stream::on_closed(std::function<void()> callback) const { state_->on_closed(std::move(callback)); }

void responder::on_over(std::function<void(int status, std::uint64_t bytes)> callback) const {
  exchange_->on_over = std::move(callback);
}

auto responder::respond(response reply) const -> bool {
  detail::answer what;
  what.reply = std::move(reply);
  return exchange_->deliver(std::move(what));
}

void responder::always_add(headers fields) const {
  for (auto const& [name, value] : fields) exchange_->common.add(name, value);
}

auto responder::play(service_reply reply) const -> bool {
  detail::answer what;
  what.reply = std::move(reply.answer);
  what.delay = reply.delay;
  what.cut_off_after = reply.cut_off_after;
  return exchange_->deliver(std::move(what));
}

auto responder::stream(headers fields) const -> event_stream {
  auto state = std::make_shared<detail::stream_state>(exchange_->way, exchange_->peer, exchange_->stream_limit);
  detail::answer what;
  what.reply.fields = std::move(fields);
  // Two owners, each of whom ends the stream its own way when it goes: the connection and the handles.
  what.stream = {state.get(), [state](auto*) { state->ended(); }};
  exchange_->deliver(std::move(what));
  return event_stream{{state.get(), [state](auto*) { state->close(); }}};
}

} // namespace nexus::http
