#include "runtime/cluster/membership/layouts.hpp"

#include "messages/core/digest.hpp"

namespace nexus::cluster {

void layout_text::add(type_descriptor const& type) {
  switch (type.kind) {
  case shape::enumeration:
    if (!seen_.insert(std::string{type.name}).second) return;
    text_ += fmt::format("enum {}", type.name);
    for (auto const& each : type.enumerators) text_ += fmt::format(" {}={}", each.name, each.value);
    text_ += '\n';
    return;
  case shape::object: {
    if (!seen_.insert(std::string{type.name}).second) return;
    text_ += fmt::format("struct {}", type.name);
    for (auto const& member : type.members) {
      text_ += fmt::format(" {}:", member.name);
      // Down to what has a name: list of optional ticket.
      auto const* inner = &member.type();
      for (; inner->element != nullptr; inner = &inner->element()) text_ += fmt::format("{} of ", inner->name);
      text_ += inner->name;
      if (inner->kind == shape::integer)
        text_ += fmt::format("[{}..{}]", inner->integer_minimum, inner->integer_maximum);
    }
    text_ += '\n';
    for (auto const& member : type.members) add(member.type());
    return;
  }
  default:
    if (type.element != nullptr) add(type.element());
  }
}

auto layout_text::digest() const -> std::string { return sha256_hex(text_); }

} // namespace nexus::cluster
