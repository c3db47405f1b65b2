#pragma once

#include "messages/core/codec.hpp"
#include "runtime/http/client.hpp"
#include "runtime/rest/gather.hpp"
#include "simulator/simulator.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How tests reach outside services without threads: answers come back inside the call.
namespace nexus::testing {

/// "https://host/path?query" without scheme and host.
inline auto origin_form(std::string const& url) -> std::string {
  auto const path = url.find('/', url.find("://") + 3);
  return path == std::string::npos ? "/" : url.substr(path);
}

/// The simulator behind an exchange.
class outside_world {
public:
  simulator::options const options;
  simulator::world world{options};
  std::vector<http::request> sent;
  /// How far our clock has moved on; that of the world stands still.
  std::chrono::milliseconds later{0};

  auto exchange() -> http::exchange {
    return [this](call const&, http::request outbound, http::response_callback done) {
      sent.push_back(outbound);
      outbound.target = origin_form(outbound.target);
      auto reply = world.handle(outbound);
      if (reply.cut_off_after) return done(fail(errc::upstream, "the connection broke off in the answer"));
      done(std::move(reply.answer));
    };
  }
  auto clock() const -> std::function<timestamp()> {
    return [this] { return std::chrono::floor<std::chrono::milliseconds>(options.anchor) + later; };
  }
  /// Makes a service misbehave.
  void order(std::string service, simulator::fault::kind_type kind, int status = 0) {
    world.add_fault({.service = std::move(service), .match = {}, .kind = kind, .status = status});
  }
};

/// Answers by path (without the query), or with 404.
class scripted_world {
public:
  std::vector<http::request> sent;

  void on(std::string path, nlohmann::json const& body, int status = 200, http::headers fields = {}) {
    answers_[std::move(path)].push_back(
        {status, std::move(fields), body.is_string() ? body.get<std::string>() : body.dump()});
  }
  auto exchange() -> http::exchange {
    return [this](call const&, http::request outbound, http::response_callback done) {
      sent.push_back(outbound);
      auto const target = origin_form(outbound.target);
      auto const found = answers_.find(target.substr(0, target.find('?')));
      if (found == answers_.end()) return done(http::response{404, {}, "{}"});
      auto& queue = found->second;
      auto answer = queue.front();
      // The last answer is given again and again.
      if (queue.size() > 1) queue.erase(queue.begin());
      done(std::move(answer));
    };
  }
  static auto clock() -> std::function<timestamp()> {
    return [] { return timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}}; };
  }

private:
  std::map<std::string, std::vector<http::response>> answers_;
};

/// Reads through a client and checks that the continuation runs exactly once.
template <class Client, class Request>
auto ask(Client const& client, Request const& request) -> expected<typename Request::reply> {
  std::optional<expected<typename Request::reply>> result;
  int answers = 0;
  client.read(call{}, request, [&](expected<typename Request::reply> got) {
    ++answers;
    result = std::move(got);
  });
  BOOST_REQUIRE_EQUAL(answers, 1);
  return std::move(*result);
}

/// Writes through a client and checks that the continuation runs exactly once.
template <class Client, class Request>
auto write(Client const& client, call const& context, Request const& request) -> expected<typename Request::reply> {
  std::optional<expected<typename Request::reply>> result;
  int answers = 0;
  client.write(context, request, [&](expected<typename Request::reply> got) {
    ++answers;
    result = std::move(got);
  });
  BOOST_REQUIRE_EQUAL(answers, 1);
  return std::move(*result);
}

/// The reply, or a failed test that shows the error.
template <class Client, class Request>
auto must(Client const& client, Request const& request) -> typename Request::reply {
  auto result = ask(client, request);
  BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string{} : result.error().render()));
  return std::move(*result);
}

} // namespace nexus::testing
