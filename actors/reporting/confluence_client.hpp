#pragma once

#include "runtime/rest/service.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace nexus::reporting {

/// How Confluence is reached.
struct confluence_settings {
  /// "https://example.atlassian.net", with or without "/wiki" at the end (CONFLUENCE_URL). Empty when it is not
  /// configured: publishing then says so.
  std::string url;
  /// CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN.
  std::string username;
  std::string api_token;
};

/// What is to be on a page.
struct page_draft {
  std::string space_key;
  std::string title;
  /// The page to update, whoever made it; without, the page of that title in the space.
  std::optional<std::string> page_id;
  /// Under which page a new one is put.
  std::optional<std::string> parent_id;
  /// In storage format. Holds `publication`, a blank and `note`, so that a page is known by it even when nothing but
  /// its creation was done.
  std::string storage;
  /// Names this publication among all: the same again is the same publication.
  std::string publication;
  /// Kept beside the publication's name, in the page too: a few plain words that tell its outcome.
  std::string note;
};

/// A page that holds what was published.
struct published_page {
  std::string page_id;
  std::string title;
  /// Where people see it.
  std::string url;
  std::string space_key;
  /// The version that holds it.
  std::int64_t version = 0;
  bool created = false;
  /// The note of this publication, also when an earlier attempt left it.
  std::string note;
};

/// Confluence Cloud's REST API, version 2 (https://developer.atlassian.com/cloud/confluence/rest/v2/). One client's
/// answers must come one at a time. Work outlives the client.
class confluence_client {
public:
  confluence_client(confluence_settings settings, http::exchange exchange, std::function<timestamp()> now);

  /// Makes the page, or its next version. A page of that title that Nexus did not make is errc::conflict with its id,
  /// unless it was named by `page_id`: Nexus marks its pages with the content property "nexus-report". Somebody else's
  /// change at the same moment is met by reading the version again.
  ///
  /// The publication's name goes into the version's message and stands in the page. With `context.recovering`, or when
  /// an answer is lost on the way, the page and its versions are searched for it before anything is reported or
  /// written again.
  ///
  /// Errors: those of rest::service::change, so that the code tells whether the page may have been written, and
  /// errc::unavailable from a look that could not find that out; errc::refused without settings; errc::not_found for a
  /// space or page that is not there; errc::invalid_argument for what can be no id.
  void publish(call const& context, page_draft draft, rest::continuation<published_page> done) const;

private:
  struct core;
  struct publication;
  std::shared_ptr<core const> core_;
};

} // namespace nexus::reporting
