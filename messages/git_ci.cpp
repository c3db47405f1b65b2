#include "messages/git_ci.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(commit_state, commit_status, set_commit_status, build_trigger, trigger_build, build_result,
                    build_artifact, test_summary, downstream_build, build_status, build_history, build_job, job_list,
                    check_state, pr_status, pr_list, repository_health, repository_summary, repository_list, ref_kind,
                    release_candidate, severity_level, vulnerability, security_source, security_scan_result,
                    get_repo_health, get_pr_status, list_pull_requests, get_build_status, get_build_history,
                    get_security_scan, find_release_candidate, get_release_build, list_jobs, list_repositories)

} // namespace nexus
