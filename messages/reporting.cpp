#include "messages/reporting.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(report_format, stated_check, report_stats, report_person, report_ticket, report_build, report_scan,
                    report_subject, generated_report, generate_report, preview_report, published_report, publish_report,
                    readiness_analysis, analyze_readiness)

} // namespace nexus
