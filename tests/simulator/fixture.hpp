#pragma once

#include "simulator/simulator.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace nexus::simulator::testing {

using json = nlohmann::json;

/// Basic authorization of the user "nexus" with the token of the default options.
constexpr auto basic = "Basic bmV4dXM6c2ltdWxhdG9yLXRva2Vu";

/// A world and the ways to ask it as its clients do.
struct asking {
  asking() : asking(options{}) {}
  explicit asking(options settings) : outside(std::move(settings)) {}

  auto send(http::request const& r) -> http::response { return outside.handle(r).answer; }

  static auto authorised(std::string method, std::string target, std::string body = {}) -> http::request {
    http::request r;
    r.method = std::move(method);
    r.target = std::move(target);
    r.body = std::move(body);
    auto is_github = r.target.find("/github") != std::string::npos;
    r.fields.add("Authorization", is_github ? "Bearer simulator-token" : basic);
    r.fields.add("User-Agent", "test");
    r.fields.add("Host", "outside:9");
    return r;
  }

  auto get(std::string target) -> http::response { return send(authorised("GET", std::move(target))); }
  auto post(std::string target, json const& body) -> http::response {
    return send(authorised("POST", std::move(target), body.dump()));
  }

  /// The body of an answer that must be 200 and JSON.
  auto read(std::string target) -> json {
    auto answer = get(target);
    BOOST_REQUIRE_MESSAGE(answer.status == 200,
                          target << " answered " << answer.status << ": " << answer.body.substr(0, 300));
    return json::parse(answer.body);
  }

  /// Issues that a query finds, with these fields, over all pages.
  auto issues(std::string const& jql, std::string const& fields = "*all", int page = 100) -> json {
    auto all = json::array();
    std::string token;
    do {
      json body{{"jql", jql}, {"maxResults", page}, {"fields", json::array({fields})}};
      if (!token.empty()) body["nextPageToken"] = token;
      auto answer = post("/jira/rest/api/3/search/jql", body);
      BOOST_REQUIRE_MESSAGE(answer.status == 200, jql << ": " << answer.body);
      auto result = json::parse(answer.body);
      for (auto& issue : result["issues"]) all.push_back(std::move(issue));
      token = result.value("nextPageToken", "");
      BOOST_REQUIRE_EQUAL(token.empty(), result["isLast"].get<bool>());
    } while (!token.empty());
    return all;
  }

  auto count(std::string const& jql) -> std::size_t {
    auto answer = post("/jira/rest/api/3/search/approximate-count", {{"jql", jql}});
    BOOST_REQUIRE_MESSAGE(answer.status == 200, jql << ": " << answer.body);
    return json::parse(answer.body)["count"].get<std::size_t>();
  }

  /// Everything behind the Link headers.
  auto walk(std::string target) -> json {
    auto all = json::array();
    while (!target.empty()) {
      auto answer = get(target);
      BOOST_REQUIRE_EQUAL(answer.status, 200);
      for (auto& item : json::parse(answer.body)) all.push_back(std::move(item));
      auto link = std::string{answer.fields.find("Link").value_or("")};
      auto next = link.find("; rel=\"next\"");
      target.clear();
      if (next == std::string::npos) continue;
      auto open = link.rfind('<', next);
      target = link.substr(open + 1, next - open - 2);
      BOOST_REQUIRE(target.starts_with("http://outside:9/github/"));
    }
    return all;
  }

  world outside;
};

} // namespace nexus::simulator::testing
