#pragma once

#include "runtime/operations/openapi.hpp"

namespace nexus {

enum class sample_severity : std::uint8_t { low, high };
BOOST_DESCRIBE_ENUM(sample_severity, low, high)

struct sample_link {
  std::string key;
  std::vector<sample_link> further;
};
BOOST_DESCRIBE_STRUCT(sample_link, (), (key, further))

struct sample_item {
  std::string repo_name;
  std::int64_t number = 0;
  std::vector<std::string> labels;
  std::optional<sample_severity> severity;
};
BOOST_DESCRIBE_STRUCT(sample_item, (), (repo_name, number, labels, severity))

/// Reads one item.
struct read_item {
  using reply = sample_item;
  std::string repo_name;
  std::int64_t number = 0;
  std::vector<std::string> labels;
  std::optional<sample_severity> severity;
  std::vector<sample_severity> any_of;
};
BOOST_DESCRIBE_STRUCT(read_item, (), (repo_name, number, labels, severity, any_of))
constexpr auto describe_notes(tag<read_item>) {
  return std::array{member_note{.name = "number", .description = "From 1.", .minimum = 1, .maximum = 100},
                    member_note{.name = "labels", .defaulted = true}, member_note{.name = "any_of", .defaulted = true}};
}

/// Links two items.
struct link_item {
  using reply = sample_link;
  std::string key;
  sample_link to;
};
BOOST_DESCRIBE_STRUCT(link_item, (), (key, to))

/// Tags an item.
struct tag_item {
  using reply = sample_link;
  std::string key;
  std::map<std::string, std::string> tags;
  std::optional<bool> quietly;
};
BOOST_DESCRIBE_STRUCT(tag_item, (), (key, tags, quietly))
constexpr auto describe_notes(tag<tag_item>) { return std::array{member_note{.name = "tags", .defaulted = true}}; }

/// Reads a document.
struct read_document {
  using reply = raw_document;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(read_document, (), (name))

NEXUS_CODECS(sample_severity, sample_link, sample_item, read_item, link_item, tag_item, read_document)

using sample_actor =
    interface_of<auto(call, read_item)->caf::result<sample_item>, auto(call, link_item)->caf::result<sample_link>,
                 auto(call, tag_item)->caf::result<sample_link>, auto(call, read_document)->caf::result<raw_document>>;

inline auto sample_table(supervision::address<sample_actor> agent) -> operation_table {
  return {
      .role = "sample",
      .service = "sample-agent",
      .description = "Items.",
      .operations = {
          operation<sample_actor, read_item>(agent, "read_item", "Reads one item.")
              .get("/repos/{repo_name...}/items/{number}")
              .action("get_item", {{"repo", "repo_name"}, {"id", "number"}}),
          operation<sample_actor, link_item>(agent, "link_item", "Links two items.")
              .post("/link")
              .as_task()
              .writes(reconciliation::none),
          operation<sample_actor, tag_item>(agent, "tag_item", "Tags an item.")
              .post("/items/{key}/tags")
              .body("tags")
              .writes(reconciliation::probe),
          operation<sample_actor, read_document>(agent, "read_document", "Reads a document.").get("/documents/{name}"),
      }};
}

} // namespace nexus

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::sample_item)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::sample_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::read_item)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::link_item)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::tag_item)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::read_document)
