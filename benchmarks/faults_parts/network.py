"""Faults of requested addresses, redirects, response bodies and hosts."""

from __future__ import annotations

from benchmarks.faults_parts.fault import Fault

NETWORK = (
    Fault(
        1,
        "a host leads to an address of a private network, of CGNAT or of NAT64",
        "it is not connected to, and the source tells why",
        (
            "tests/spiders/download/test_ssrf.py::test_private_and_special_addresses_are_not_public",
            "tests/spiders/download/test_ssrf.py::test_a_host_with_a_private_address_among_others_is_refused_with_that_address",
            "tests/scheduler/commands/test_collect.py::test_private_addresses_are_refused_unless_the_settings_allow_them",
            "tests/spiders/download/test_ssrf.py::test_public_addresses_are_public",
        ),
    ),
    Fault(
        2,
        "a name leads to a public address at first, and inside the next time (DNS rebinding)",
        "what is connected to is the address that was looked at",
        (
            "tests/spiders/download/test_ssrf.py::test_the_address_that_is_connected_to_is_the_one_that_was_looked_at",
            "tests/data/network/test_client.py::test_the_checked_address_is_the_connected_one",
        ),
    ),
    Fault(
        3,
        "a redirect leads to a service of metadata, or inside",
        "it is refused at every hop; pages beside it are read",
        ("tests/spiders/download/test_hops.py::test_no_redirect_reaches_a_forbidden_address",),
    ),
    Fault(
        4,
        "a redirect leads to file:",
        "it is refused and told; pages beside it are kept",
        (
            "tests/spiders/download/test_hops.py::test_no_redirect_reaches_a_forbidden_address",
            "tests/scheduler/commands/test_collect.py::test_bad_pages_are_errors_and_do_not_affect_others",
        ),
    ),
    Fault(
        5,
        "a source has the address of a file, or of data",
        "its file is refused with the fix, and spoils no other",
        (
            "tests/spiders/sources/test_source_file.py::test_a_mistake_is_named_with_its_file_key_and_fix",
            "tests/spiders/sources/test_source_file.py::test_own_files_win_over_shipped_ones_and_a_broken_one_spoils_no_other",
        ),
    ),
    Fault(
        6,
        "a webhook leads inside",
        "nothing is sent unless that is asked for, and the delivery says why",
        (
            "tests/scheduler/service/test_alerts.py::test_private_addresses_are_not_reached",
            "tests/scheduler/service/test_alerts.py::test_a_receiver_gets_each_event_once_and_can_verify_it",
            "tests/feeds/alerts/test_apprise_child.py::test_nothing_but_public_addresses_is_reached",
        ),
    ),
    Fault(
        7,
        "a feed or a sitemap declares entities that grow without bound",
        "nothing expands, the source tells it, and all that is stored stays",
        (
            "tests/spiders/listing/test_feed.py::test_declared_entities_are_refused_with_a_reason",
            "tests/integration/test_history.py::test_entities_in_a_sitemap_lose_no_stored_release",
        ),
    ),
    Fault(
        8,
        "a document names an external entity",
        "no file is read, nothing is asked for",
        (
            "tests/spiders/listing/test_feed.py::test_declared_entities_are_refused_with_a_reason",
            "tests/spiders/listing/test_feed.py::test_a_feed_is_read_into_items",
        ),
    ),
    Fault(
        9,
        "a body unpacks to very much (gzip, br, zstd)",
        "it is stopped at the bound, and the others are read",
        (
            "tests/integration/test_bounds.py::test_a_bomb_is_reported_in_a_sentence_and_the_others_are_read",
            "tests/integration/test_bounds.py::test_an_answer_too_large_to_unpack_is_not_stored",
            "tests/data/archive/test_content_coding.py::test_a_bomb_is_stopped",
        ),
    ),
    Fault(
        10,
        "a body has no end",
        "it is given up at the bound, and archived as far as it was taken",
        (
            "tests/scheduler/commands/test_collect.py::test_a_body_that_is_too_large_or_endless_is_abandoned",
            "tests/integration/test_capture.py::test_a_body_that_is_too_long_is_archived_up_to_the_limit",
            "tests/data/network/test_client.py::test_an_endless_body_is_cut",
        ),
    ),
    Fault(
        11,
        "a server sends a byte now and then",
        "its visit ends at its own deadline, and other sources go on",
        (
            "tests/integration/test_slow_sources.py::test_a_visit_is_stopped_by_its_own_deadline_and_the_others_of_its_child_go_on",
            "tests/integration/test_slow_sources.py::test_sources_beside_slow_ones_are_visited_again_and_again",
            "tests/data/network/test_client.py::test_a_server_that_sends_a_byte_now_and_then_times_out",
        ),
    ),
    Fault(
        12,
        "redirects go round",
        "they are followed so far and told",
        ("tests/spiders/download/test_hops.py::test_an_endless_redirect_is_abandoned",),
    ),
    Fault(
        13,
        "a listing leads on for ever: a calendar, the same page again",
        "the walk ends by itself, and what was listed is kept",
        (
            "tests/integration/test_history.py::test_an_endless_calendar_is_not_walked_forever",
            "tests/integration/test_history.py::test_pages_that_list_the_same_for_ever_end_a_walk_soon",
            "tests/scheduler/commands/test_collect.py::test_next_pages_are_followed_while_they_bring_something_new",
        ),
    ),
    Fault(
        14,
        "429 or 503 with Retry-After",
        "the host is let alone so long, a day at most, and over a restart; what came is kept",
        (
            "tests/integration/test_manners.py::test_a_host_with_retry_after_is_skipped_by_this_visit_and_the_next_processes",
            "tests/integration/test_manners.py::test_of_releases_that_answer_429_one_is_requested_and_earlier_ones_are_kept",
            "tests/integration/test_manners.py::test_a_host_is_requested_again_after_its_delay",
            "tests/spiders/download/test_retry_after.py::test_no_host_keeps_us_away_for_more_than_a_day",
        ),
    ),
    Fault(
        15,
        "robots.txt fails or never comes",
        "nothing is asked for, but for a day what it said before holds",
        (
            "tests/integration/test_manners.py::test_a_failing_robots_txt_forbids_everything_and_is_reported_once",
            "tests/integration/test_manners.py::test_a_robots_txt_that_was_read_the_day_before_holds_while_it_fails",
        ),
    ),
)
