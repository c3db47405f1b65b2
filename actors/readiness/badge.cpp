#include "actors/readiness/badge.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

namespace nexus::readiness {
namespace {

constexpr std::size_t most_characters = 60;
/// Of a character in Verdana at 11 px, on average; the picture stretches its text to what is reckoned here.
constexpr double character_width = 6.8;
constexpr double margin = 6;

auto colour_of(release_decision verdict) -> std::string_view {
  switch (verdict) {
  case release_decision::go:
    return "#2e7d32";
  case release_decision::conditional:
    return "#a15c00";
  case release_decision::no_go:
    return "#c62828";
  case release_decision::inconclusive:
    return "#1565c0";
  case release_decision::pending:
    break;
  }
  return "#616161";
}

struct label {
  std::string text;
  double width = 0;
};

/// The text as XML has it, and how wide it is.
auto label_of(std::string const& written) -> label {
  auto text = valid_text(written);
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  auto const start = first_characters(text, most_characters);
  auto const dots = std::string_view{start.size() < text.size() ? "..." : ""};
  return {xml_escaped(start).append(dots),
          static_cast<double>(count_characters(start) + dots.size()) * character_width};
}

} // namespace

auto render_badge(decision const& decision) -> std::string {
  auto const judged = decision.verdict != release_decision::pending;
  auto const left = label_of(decision.release);
  auto const right = label_of(judged ? fmt::format("{} {}", name_of(decision.verdict), show_number(decision.score, 1))
                                     : std::string{"not judged"});
  auto const left_width = left.width + 2 * margin, right_width = right.width + 2 * margin;
  auto const text = [](label const& what, double start) {
    return fmt::format(R"(<text x="{:.0f}" y="14" textLength="{:.0f}">{}</text>)", start + margin, what.width,
                       what.text);
  };
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="20" role="img" aria-label="{1}: {2}">)"
      R"(<title>{1}: {2}</title>)"
      R"(<clipPath id="r"><rect width="{0:.0f}" height="20" rx="3"/></clipPath>)"
      R"(<g clip-path='url(#r)'><rect width="{3:.0f}" height="20" fill="#424242"/>)"
      R"(<rect x="{3:.0f}" width="{4:.0f}" height="20" fill="{5}"/></g>)"
      R"(<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{6}{7}</g></svg>)"
      "\n",
      left_width + right_width, left.text, right.text, left_width, right_width, colour_of(decision.verdict),
      text(left, 0), text(right, left_width));
}

} // namespace nexus::readiness
