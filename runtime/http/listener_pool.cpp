#include "runtime/http/bridge.hpp"

namespace nexus::http {

auto listener_pool::open(std::shared_ptr<role_api> api) -> expected<std::uint16_t> {
  auto const lock = std::lock_guard{mutex_};
  auto const& role = api->options().table->role;
  if (auto const known = listeners_.find(role); known != listeners_.end()) return known->second.port();
  auto const& options = api->options();
  auto opened = server_.listen(options.address, options.port, [api](incoming request, responder answer) {
    api->handle(std::move(request), std::move(answer));
  });
  if (!opened) return tl::unexpected{opened.error()};
  auto const port = opened->port();
  listeners_.emplace(role, std::move(*opened));
  return port;
}

void listener_pool::close() {
  auto const lock = std::lock_guard{mutex_};
  listeners_.clear();
}

namespace {

class bridge_state {
public:
  bridge_state(caf::event_based_actor* self, std::shared_ptr<listener_pool> pool, std::shared_ptr<role_api> api,
               std::function<void(std::uint16_t)> opened)
      : self_(self), pool_(std::move(pool)), api_(std::move(api)), opened_(std::move(opened)) {}

  auto make_behavior() -> caf::behavior {
    if (auto port = pool_->open(api_))
      opened_(*port);
    else
      self_->quit(to_caf(port.error()));
    return {[](continuation& next) { next.run(); }};
  }

private:
  caf::event_based_actor* self_;
  std::shared_ptr<listener_pool> pool_;
  std::shared_ptr<role_api> api_;
  std::function<void(std::uint16_t)> opened_;
};

} // namespace

auto http_bridge(std::string name, std::shared_ptr<listener_pool> pool, std::shared_ptr<role_api> api,
                 std::function<void(std::uint16_t)> opened) -> supervision::child_spec {
  return supervision::worker<caf::actor, bridge_state>(std::move(name), std::move(pool), std::move(api),
                                                       std::move(opened));
}

} // namespace nexus::http
