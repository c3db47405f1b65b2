#pragma once

#include "runtime/http/message.hpp"

#include <map>
#include <string>
#include <vector>

namespace nexus {

/// Finds the route of a request. Templates name members in braces; "{name}" takes one segment, "{name...}" one or more.
/// Literal segments win over members, and longer templates over shorter ones.
class router {
public:
  /// Adds a route and answers its index. Two routes with one method and one template are an error of the caller.
  auto add(std::string method, std::string const& path_template) -> std::size_t;

  struct match {
    std::size_t route = 0;
    /// The members from the path, decoded, in the order of the template.
    std::vector<std::pair<std::string, std::string>> members;
  };
  /// errc::not_found, or errc::refused with the methods that the path knows (405) in `remedy` ("GET, POST").
  auto find(std::string_view method, http::target_parts const& target) const -> expected<match>;

private:
  struct segment {
    std::string text;
    bool member = false;
    bool greedy = false;
  };
  struct route {
    std::string method;
    std::vector<segment> segments;
  };
  static auto fits(route const& candidate, std::vector<std::string> const& segments,
                   std::vector<std::pair<std::string, std::string>>& members) -> bool;

  std::vector<route> routes_;
  /// Indices of routes, the most specific first.
  std::vector<std::size_t> order_;
};

} // namespace nexus
