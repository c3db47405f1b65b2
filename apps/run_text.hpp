#pragma once

#include "apps/terminal.hpp"
#include "messages/run.hpp"

#include <string>

namespace nexus::apps {

/// The answer to a question for people: the text, then decision, score, sources and what is missing.
auto answer_text(query_answer const& answer, terminal const& where) -> std::string;

/// The answer that a finished run holds.
auto answer_of(run const& finished) -> query_answer;

/// One step on one line: what was called, and what came back.
auto step_text(react_step const& step, terminal const& where) -> std::string;

/// A whole run: what was asked, its state, steps and answer.
auto run_text(run const& shown, terminal const& where) -> std::string;

/// The style of a verdict, or of a run's status.
auto style_of(release_decision verdict) -> std::string;
auto style_of(run_status status) -> std::string;

} // namespace nexus::apps
