#pragma once

#include "runtime/http/curl_transport.hpp"

#include <future>

namespace nexus::apps {

/// One GET over the network.
inline auto get(std::string const& url, http::headers fields = {}) -> expected<http::response> {
  auto transport = http::curl_transport{{}};
  auto answer = std::promise<expected<http::response>>{};
  transport.send({.method = "GET", .target = url, .fields = std::move(fields), .body = {}}, std::chrono::seconds{30},
                 [&](expected<http::response> got) { answer.set_value(std::move(got)); });
  return answer.get_future().get();
}

} // namespace nexus::apps
