#pragma once

#include "simulator/web.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Confluence Cloud's REST API, version 2: spaces, pages, their versions and content properties.
namespace nexus::simulator::confluence {

struct space {
  std::int64_t id = 0;
  std::string key, name;
  std::int64_t homepage = 0;
};

/// One state of a page.
struct page_version {
  int number = 1;
  std::string title, storage, message;
  instant when;
};

struct content_property {
  std::int64_t id = 0;
  std::string key;
  json value;
  int version = 1;
};

struct page {
  std::int64_t id = 0;
  std::int64_t space = 0;
  std::optional<std::int64_t> parent;
  /// In order; the last one is what people see.
  std::vector<page_version> versions;
  std::vector<content_property> properties;

  auto now() const -> page_version const& { return versions.back(); }
};

/// Everything on the site; grows with what is written to it.
struct site {
  std::vector<space> spaces;
  std::vector<page> pages;
  std::int64_t last_id = 0;
};

/// A site with the spaces REL, ENG and OPS, and a few pages that people wrote.
auto make_site(instant anchor) -> site;

/// Answers a request whose path begins with "wiki". Credentials have been checked.
auto answer(site& here, visit const& v) -> http::response;

/// The answer to requests without credentials that are accepted.
auto unauthenticated() -> http::response;

/// {"errors": [{"status", "code", "title", "detail"}]}.
auto problem(int status, std::string_view title, std::string_view detail = {}) -> http::response;

} // namespace nexus::simulator::confluence
