"""Faults of the machine on which Communique runs, and of its clients."""

from __future__ import annotations

from benchmarks.faults_parts.fault import Fault

MACHINE = (
    Fault(
        37,
        "SIGKILL, anywhere",
        "what was committed is there, no file is half, and each alert is told once",
        (
            "tests/data/archive/test_archive.py::test_an_archive_killed_at_any_step_is_sound_and_complete",
            "tests/integration/test_history.py::test_a_killed_walk_loses_nothing",
            "tests/scheduler/service/test_daemon.py::test_a_service_on_a_given_port_refuses_a_second_one_until_it_is_killed",
            "tests/scheduler/service/test_alerts.py::test_a_prepared_message_is_unchanged_after_a_crash",
            "tests/scheduler/service/test_alerts.py::test_a_refused_alert_is_sent_again_with_the_same_id_after_restarts",
            "tests/data/store/test_store.py::test_a_write_that_fails_half_way_leaves_nothing",
        ),
    ),
    Fault(
        38,
        "a disk is full, or fails, while something is published",
        "the old feed is served whole, it is told, and goes on once there is room",
        (
            "tests/feeds/publishing/test_publish.py::test_a_disk_that_is_full_leaves_the_old_feed_whole",
            "tests/feeds/publishing/test_publish.py::test_a_feed_that_fails_keeps_its_old_file_is_repeated_and_stops_no_other",
            "tests/scheduler/sources/test_home_state.py::test_a_full_disk_is_reported_by_health_in_all_forms",
        ),
    ),
    Fault(
        39,
        "two services on one HOME",
        "the second is refused, and the first goes on",
        (
            "tests/scheduler/service/test_daemon.py::test_a_service_on_a_given_port_refuses_a_second_one_until_it_is_killed",
            "tests/scheduler/commands/test_collect.py::test_two_visits_to_a_source_do_not_run_at_once",
        ),
    ),
    Fault(
        40,
        "a clock jumps by a day, or a machine sleeps",
        "no storm of visits, none left out, no false alarm",
        (
            "tests/scheduler/service/test_timetable.py::test_a_clock_jump_causes_no_burst_no_gap_and_no_false_alarm",
            "tests/scheduler/service/test_timetable.py::test_changing_the_clock_moves_no_visit",
            "tests/scheduler/planning/test_planner.py::test_plans_survive_a_changed_clock",
        ),
    ),
    Fault(
        41,
        "addresses of sources, receivers and services hold secrets",
        "they are in no log, error, page, answer or record",
        (
            "tests/integration/test_secrets.py::test_a_secret_is_shown_nowhere",
            "tests/integration/test_secrets.py::test_a_reported_problem_was_checked",
            "tests/scheduler/service/test_alerts.py::test_no_secret_of_a_webhook_is_shown_or_archived",
            "tests/scheduler/service/test_alerts.py::test_an_apprise_service_gets_alerts_and_its_url_stays_secret",
        ),
    ),
    Fault(
        42,
        "somebody else asks the API, the operator's room, or for a captured page",
        "this machine alone by default; a token beyond it; captured pages in a sandbox",
        (
            "tests/scheduler/service/admin/test_guard.py::test_other_clients_need_a_token",
            "tests/scheduler/service/admin/test_guard.py::test_the_local_user_gets_access",
            "tests/feeds/server/test_access.py::test_nothing_can_be_read_without_a_token",
            "tests/scheduler/service/test_security_headers.py::test_strangers_need_a_token_for_metrics_and_admin_pages",
            "tests/feeds/replay/test_captured_pages.py::test_all_captures_are_served_in_a_sandbox",
        ),
    ),
)
