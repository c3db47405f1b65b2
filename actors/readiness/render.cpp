#include "actors/readiness/render.hpp"

#include "actors/readiness/evidence.hpp"
#include "actors/readiness/explain.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <algorithm>
#include <array>

namespace nexus::readiness {
namespace {

constexpr std::string_view red = "\x1b[31m", green = "\x1b[32m", yellow = "\x1b[33m", cyan = "\x1b[36m";
constexpr std::string_view bold = "\x1b[1m", dim = "\x1b[2m", plain = "\x1b[0m";

/// How a status looks.
struct look {
  std::string_view mark;
  std::string_view ascii;
  std::string_view colour;
};

auto look_of(objective_status status) -> look {
  switch (status) {
  case objective_status::pass:
    return {"✓", "+", green};
  case objective_status::fail:
    return {"✗", "x", red};
  case objective_status::warn:
  case objective_status::waived:
    return {"!", "!", yellow};
  case objective_status::missing:
  case objective_status::stale:
    return {"?", "?", cyan};
  case objective_status::skipped:
    break;
  }
  return {"-", "-", dim};
}

auto look_of(release_decision verdict) -> look {
  switch (verdict) {
  case release_decision::go:
    return look_of(objective_status::pass);
  case release_decision::no_go:
    return look_of(objective_status::fail);
  case release_decision::conditional:
    return look_of(objective_status::warn);
  case release_decision::inconclusive:
  case release_decision::pending:
    break;
  }
  return look_of(objective_status::missing);
}

/// Without control characters, which could move the cursor or change colours; C1 controls included.
auto printable(std::string_view text) -> std::string {
  auto const valid = valid_text(std::string{text});
  auto result = std::string{};
  for (std::size_t i = 0; i < valid.size(); ++i) {
    auto const c = static_cast<unsigned char>(valid[i]);
    auto const next = i + 1 < valid.size() ? static_cast<unsigned char>(valid[i + 1]) : 0;
    if (c == 0xc2 && next < 0xa0)
      ++i;
    else if (c == '\n' || c == '\t' || c == '\r')
      result += ' ';
    else if (c >= 0x20 && c != 0x7f)
      result += valid[i];
  }
  return result;
}

/// At most `width` columns; what is cut off shows as dots, at the front for places, whose end tells more.
auto fit(std::string const& text, std::size_t width, bool keep_end = false) -> std::string {
  auto const length = count_characters(text);
  if (length <= width) return text;
  if (width <= 3) return std::string{first_characters(text, width)};
  if (!keep_end) return std::string{first_characters(text, width - 3)} + "...";
  auto const skipped = first_characters(text, length - (width - 3));
  return "..." + text.substr(skipped.size());
}

auto pad(std::string text, std::size_t width) -> std::string {
  auto const length = count_characters(text);
  if (length < width) text.append(width - length, ' ');
  return text;
}

/// Breaks a text into lines; the first starts after `indent` columns that are already written.
auto wrap(std::string_view text, std::size_t width, std::size_t indent) -> std::string {
  auto result = std::string{};
  auto column = indent;
  while (!text.empty()) {
    auto const space = text.find(' ');
    auto const word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (column > indent && column + 1 + count_characters(word) > width) {
      result += '\n';
      result.append(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += count_characters(word);
  }
  return result;
}

auto points_of(objective_result const& objective) -> std::string {
  if (objective.max_points == 0) return objective.informational ? "info" : "-";
  return fmt::format("{}/{}", show_number(objective.points), show_number(objective.max_points));
}

auto threshold_of(objective_result const& objective) -> std::string {
  auto const& pass = objective.wanted.empty() ? objective.pass : objective.wanted;
  return objective.warn.empty() ? pass : fmt::format("{} (warn {})", pass, objective.warn);
}

auto age_of(objective_result const& objective) -> std::string {
  return objective.age_seconds ? show_age(std::chrono::seconds{*objective.age_seconds}) : "-";
}

auto heading_of(decision const& decision) -> std::string {
  auto text = fmt::format("Release {}", decision.release);
  if (!decision.project.empty()) text += fmt::format(" of {}", decision.project);
  if (!decision.environment.empty()) text += fmt::format(" for {}", decision.environment);
  return text;
}

auto verdict_line(decision const& decision) -> std::string {
  return fmt::format("score {} of 100 (GO from {}, NO_GO below {})", show_number(decision.score, 1),
                     show_number(decision.pass_score), show_number(decision.warn_score));
}

/// The objectives that have something to be done about, those that block first.
auto to_do(decision const& decision) -> std::vector<objective_result const*> {
  auto result = std::vector<objective_result const*>{};
  for (auto const& objective : decision.objectives)
    if (!objective.remedy.empty() && objective.max_points > 0) result.push_back(&objective);
  std::ranges::stable_sort(result, std::ranges::greater{}, [](auto const* o) { return o->key; });
  return result;
}

class text_page {
public:
  explicit text_page(render_options options)
      : options_(options), width_(static_cast<std::size_t>(std::max(options.width, 60))) {}

  auto render(decision const& decision) -> std::string {
    add_heading(decision);
    add_objectives(decision.objectives);
    add_verdict(decision);
    add_list("Degraded", decision.degraded_reasons);
    add_remedies(decision);
    return std::move(out_);
  }

private:
  auto paint(std::string const& text, std::string_view colour) const -> std::string {
    return options_.colour && !colour.empty() ? fmt::format("{}{}{}", colour, text, plain) : text;
  }

  auto mark(look const& look) const -> std::string_view { return options_.unicode ? look.mark : look.ascii; }

  void add_heading(decision const& decision) {
    out_ += paint(fit(printable(heading_of(decision)), width_), bold) + "\n";
    auto details = fmt::format("policy {} {}, decided {}", decision.policy, decision.policy_version,
                               format_timestamp(decision.decided_at));
    if (!decision.commit.empty()) details += ", commit " + decision.commit.substr(0, 12);
    out_ += paint(fit(printable(details), width_), dim) + "\n\n";
  }

  void add_objectives(std::vector<objective_result> const& objectives) {
    constexpr std::size_t gap = 2;
    auto rows = std::vector<std::array<std::string, 6>>{{"Objective", "Observed", "Wanted", "Age", "Points", "Source"}};
    for (auto const& o : objectives)
      rows.push_back({printable(title_of(o)), o.observed.empty() ? "-" : printable(o.observed),
                      printable(threshold_of(o)), age_of(o), points_of(o), printable(o.source)});
    constexpr std::array<std::size_t, 6> limits{34, 18, 26, 12, 9, 200};
    auto widths = std::array<std::size_t, 6>{};
    for (auto const& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], std::min(count_characters(row[i]), limits[i]));
    // Mark and word stand before the first column.
    constexpr std::size_t status_width = 11;
    auto const taken = [&] {
      auto total = status_width;
      for (std::size_t i = 0; i + 1 < widths.size(); ++i) total += widths[i] + (i > 0 ? gap : 0);
      return total;
    };
    // A narrow terminal takes from the widest of the texts first.
    while (taken() > width_) {
      auto& widest = *std::max_element(widths.begin(), widths.begin() + 3);
      if (widest <= 8) break;
      --widest;
    }
    widths[5] = width_ > taken() + gap ? std::min(widths[5], width_ - taken() - gap) : 0;
    if (widths[5] < 12) widths[5] = 0;

    for (std::size_t r = 0; r < rows.size(); ++r) {
      auto line = std::string{};
      for (std::size_t i = 0; i < widths.size(); ++i)
        if (widths[i] > 0) {
          if (i > 0) line.append(gap, ' ');
          line += pad(fit(rows[r][i], widths[i], i == 5), widths[i]);
        }
      line.erase(line.find_last_not_of(' ') + 1);
      if (r == 0) {
        out_ += paint(std::string(status_width, ' ') + line, dim) + "\n";
        continue;
      }
      auto const status = objectives[r - 1].status;
      auto const word = fmt::format("{} {}", mark(look_of(status)), name_of(status));
      out_ += paint(pad(word, status_width), look_of(status).colour) + line + "\n";
    }
  }

  void add_verdict(decision const& decision) {
    auto const look = look_of(decision.verdict);
    auto const word = fmt::format("{} {}", mark(look), name_of(decision.verdict));
    out_ += fmt::format("\n{}  {}\n", paint(paint(word, look.colour), bold), verdict_line(decision));
    out_ += wrap(printable(decision.rationale), width_, 0) + "\n";
    add_list("Blockers", decision.blockers);
    add_list("Unknown", decision.unknowns);
    add_list("Risks", decision.risks);
  }

  void add_list(std::string_view title, std::vector<std::string> const& items) {
    if (items.empty()) return;
    out_ += fmt::format("\n{}\n", paint(std::string{title}, bold));
    for (auto const& item : items) out_ += "  - " + wrap(printable(item), width_, 4) + "\n";
  }

  void add_remedies(decision const& decision) {
    auto lines = std::vector<std::string>{};
    for (auto const* o : to_do(decision)) lines.push_back(fmt::format("{}: {}", o->name, o->remedy));
    add_list("To turn it green", lines);
  }

  render_options options_;
  std::size_t width_;
  std::string out_;
};

/// Text that Markdown shows as it is: mark-up, HTML, table bars and mentions have no effect.
auto escaped(std::string_view text) -> std::string { return markdown_escaped(printable(text)); }

/// As code in a table cell. Neither back-quotes nor bars can be escaped there; they are replaced.
auto code(std::string_view text) -> std::string {
  auto shown = printable(text);
  std::ranges::replace(shown, '`', '\'');
  std::ranges::replace(shown, '|', '/');
  return shown.empty() ? "" : fmt::format("`{}`", shown);
}

/// GitHub takes 65,536 characters of a comment.
constexpr std::size_t longest_markdown = 60'000;
constexpr std::size_t longest_table = 30'000;

void add_section(std::string& out, std::string_view title, std::vector<std::string> const& items) {
  if (items.empty()) return;
  out += fmt::format("\n**{}**\n\n", title);
  for (auto const& item : items) out += fmt::format("- {}\n", escaped(item));
}

/// Rows as long as there is room for them; then how many there are more.
void add_table(std::string& out, std::string_view head, std::vector<std::string> const& rows) {
  out += head;
  auto const limit = out.size() + longest_table;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (out.size() + rows[i].size() > limit) {
      out += fmt::format("\n{} more are left out.\n", rows.size() - i);
      return;
    }
    out += rows[i];
  }
}

auto objectives_table(decision const& decision) -> std::string {
  auto rows = std::vector<std::string>{};
  for (auto const& o : decision.objectives)
    rows.push_back(fmt::format("| {} {} | {} | {} | {} | {} |\n", look_of(o.status).mark, name_of(o.status),
                               escaped(title_of(o)), o.observed.empty() ? "-" : code(o.observed), code(threshold_of(o)),
                               points_of(o)));
  auto out = std::string{};
  add_table(out, "| | Objective | Observed | Wanted | Points |\n|---|---|---|---|---|\n", rows);
  return out;
}

/// What a reader looks up, folded away.
auto details_of(decision const& decision) -> std::string {
  auto rows = std::vector<std::string>{};
  for (auto const& o : decision.objectives)
    rows.push_back(
        fmt::format("| {} | {} | {} | {} |\n", escaped(o.name), escaped(o.reason), age_of(o), code(o.source)));
  auto out = std::string{"\n<details><summary>Evidence and where it comes from</summary>\n\n"};
  add_table(out, "| Objective | Finding | Age | Source |\n|---|---|---|---|\n", rows);
  auto waivers = std::vector<std::string>{};
  for (auto const& w : decision.waivers)
    waivers.push_back(fmt::format("{} ({}): {} until {}{}{}: {}", w.objective, name_of(w.state), w.owner, w.expires,
                                  w.approved_by.empty() ? "" : ", approved by " + w.approved_by,
                                  w.ticket.empty() ? "" : ", " + w.ticket, w.reason));
  add_section(out, "Waivers", waivers);
  auto freezes = std::vector<std::string>{};
  for (auto const& f : decision.freezes) freezes.push_back(fmt::format("{}: {}", name_of(f.state), f.finding));
  add_section(out, "Freezes", freezes);
  auto earlier = std::vector<std::string>{};
  for (auto const& b : decision.baselines) earlier.push_back(fmt::format("{} ({})", b.release, b.decision_id));
  add_section(out, "Earlier releases", earlier);
  add_section(out, "Degraded", decision.degraded_reasons);
  out += fmt::format("\nPolicy {} {} ({}), evidence {}; `nexus replay` derives the decision again from its bundle.\n",
                     escaped(decision.policy), escaped(decision.policy_version),
                     code(decision.policy_sha256.substr(0, 12)), code(decision.bundle_sha256.substr(0, 12)));
  return out + "\n</details>\n";
}

} // namespace

auto render_text(decision const& decision, render_options options) -> std::string {
  return text_page{options}.render(decision);
}

auto render_markdown(decision const& decision) -> std::string {
  auto out = fmt::format("### {} {}: {}\n\n", look_of(decision.verdict).mark, escaped(name_of(decision.verdict)),
                         escaped(heading_of(decision)));
  out += fmt::format("{} ({}).\n\n", escaped(decision.rationale), escaped(verdict_line(decision)));
  out += objectives_table(decision);
  auto remedies = std::vector<std::string>{};
  for (auto const* o : to_do(decision)) remedies.push_back(fmt::format("{}: {}", o->name, o->remedy));
  add_section(out, "To turn it green", remedies);
  add_section(out, "Blockers", decision.blockers);
  add_section(out, "Unknown", decision.unknowns);
  add_section(out, "Risks", decision.risks);
  if (out.size() > longest_markdown) {
    out.resize(out.rfind('\n', longest_markdown) + 1);
    out += "\nThe rest is left out; `--json` has all of it.\n";
  } else if (auto const details = details_of(decision); out.size() + details.size() <= longest_markdown) {
    out += details;
  }
  out += fmt::format("\n<sub>{}decided {}, decision {}</sub>\n",
                     decision.commit.empty() ? "" : fmt::format("Commit {}, ", code(decision.commit.substr(0, 12))),
                     format_timestamp(decision.decided_at), code(decision.decision_id));
  return out;
}

} // namespace nexus::readiness
