"""Faults by which something would be lost, changed or delayed without a report."""

from __future__ import annotations

from benchmarks.faults_parts.fault import Fault

SILENT = (
    Fault(
        43,
        "a response is cut: gzip, deflate, Brotli, Zstandard, 206, a lost connection",
        "the request fails, the known text stays, and the archive keeps the bytes",
        (
            "tests/integration/test_truncation.py::test_a_response_that_is_cut_is_a_failed_request_and_changes_nothing",
            "tests/integration/test_truncation.py::test_complete_responses_are_read_in_any_compression",
            "tests/integration/test_truncation.py::test_the_archive_keeps_the_received_part_of_a_lost_connection",
            "tests/integration/test_truncation.py::test_a_listing_a_feed_and_robots_txt_that_are_cut_fail_too",
            "tests/data/archive/test_content_coding.py::test_a_stream_that_ends_early_is_not_whole",
        ),
    ),
    Fault(
        44,
        "a server announces no length, and closes the connection",
        "pages that end as their format does are collected, others in the second visit",
        (
            "tests/integration/test_truncation.py::test_a_server_that_never_announces_a_length_is_collected",
            "tests/integration/test_truncation.py::test_a_page_without_an_end_or_a_length_is_new_in_the_second_visit_that_finds_it",
        ),
    ),
    Fault(
        45,
        "a text only ends earlier than the known one",
        "it is an edit in the second visit that finds it",
        (
            "tests/integration/test_truncation.py::test_a_text_that_only_ends_earlier_is_an_edit_in_the_second_visit_that_finds_it",
            "tests/data/store/test_store.py::test_a_text_that_only_ends_earlier_counts_when_a_second_visit_finds_it",
        ),
    ),
    Fault(
        46,
        "all pages of a small source lose their date, or get one title or line",
        "no release is edited; an edit of one comes through",
        (
            "tests/integration/test_small_sources.py::test_a_date_that_vanishes_from_all_pages_edits_none",
            "tests/integration/test_small_sources.py::test_text_added_to_all_pages_is_no_edit_but_an_edit_of_one_is_found",
        ),
    ),
    Fault(
        47,
        "a refresh, a Location or a base names no address of the web",
        "the page is collected; what can't be followed is reported",
        ("tests/spiders/download/test_hops.py::test_an_invalid_address_breaks_no_page",),
    ),
    Fault(
        48,
        "an image has an address of a mailbox or a telephone",
        "it is in no list of images, no feed and no page",
        (
            "tests/data/text/test_sanitize.py::test_an_image_comes_from_the_web",
            "tests/spiders/release/test_media.py::test_what_no_page_can_load_is_not_an_image_and_no_file",
        ),
    ),
    Fault(
        49,
        "a site sets cookies that make requests too large",
        "they are not sent back, and the site is read",
        (
            "tests/integration/test_bounds.py::test_a_site_that_refuses_long_requests_is_read_whatever_cookies_it_sets",
            "tests/integration/test_bounds.py::test_a_long_cookie_does_not_keep_a_source_from_being_read",
        ),
    ),
    Fault(
        50,
        "a page has only the date of a footer or a file; years of two digits come first",
        "neither dates a release; the whole list decides the order",
        (
            "tests/spiders/release/date/test_choice.py::test_neither_a_footer_nor_a_file_dates_a_release",
            "tests/spiders/listing/test_read.py::test_two_digit_years_in_front_are_recognized_from_all_dates_of_the_list",
        ),
    ),
    Fault(
        51,
        "releases appear and are edited while the first walk through a source lasts",
        "watches are alerted; what existed before the first visit is no news",
        (
            "tests/integration/test_first_walk.py::test_new_releases_and_edits_are_reported_during_the_first_walk",
            "tests/integration/test_first_walk.py::test_more_new_releases_than_the_front_page_holds_are_all_reported",
            "tests/integration/test_first_walk.py::test_imported_releases_and_those_of_the_first_visit_are_not_new",
        ),
    ),
    Fault(
        52,
        "the store is lost, and the archive is not",
        "commands refuse an empty store; a new one hides what was hidden",
        (
            "tests/scheduler/mirror/rebuild/test_new_store.py::test_no_command_replaces_a_lost_store",
            "tests/scheduler/mirror/rebuild/test_new_store.py::test_a_new_store_hides_the_releases_hidden_in_the_lost_one",
            "tests/scheduler/mirror/rebuild/test_new_store.py::test_an_existing_store_is_kept",
        ),
    ),
    Fault(
        53,
        "a site repeats the secret of its address in redirects and links",
        "replayed captures, feeds and pages are without it; the archive keeps the bytes",
        (
            "tests/integration/test_repeated_secrets.py::test_nothing_that_the_public_reads_holds_the_secret",
            "tests/integration/test_repeated_secrets.py::test_the_archive_and_its_wacz_keep_the_bytes_as_served",
        ),
    ),
    Fault(
        54,
        "a retracted release returns, or a release moves to another address",
        "the return is an event of its own; a move is no alert of a release that is gone",
        (
            "tests/data/store/shared_sql/subscribers/test_alerts.py::test_a_retracted_release_that_is_back_is_queued_as_a_return",
            "tests/integration/test_retraction.py::test_a_missing_release_is_alerted_once_and_a_moved_one_never",
            "tests/feeds/pages/test_events_page.py::test_a_return_replaces_its_retraction_and_is_a_change",
        ),
    ),
    Fault(
        55,
        "a WARC file to import has a record with the id of one of ours",
        "it is skipped and reported, and our record stays",
        (
            "tests/scheduler/commands/test_mirror_import.py::test_a_record_with_the_id_of_another_is_skipped_and_reported",
            "tests/scheduler/commands/test_mirror_import.py::test_only_one_of_two_records_with_the_same_id_is_imported",
        ),
    ),
    Fault(
        56,
        "a WARC file to import has a revisit record without its original",
        "it is skipped and reported; with its original it is taken",
        (
            "tests/scheduler/commands/test_mirror_import.py::test_a_revisit_without_its_original_is_skipped_and_reported",
            "tests/scheduler/commands/test_mirror_import.py::test_a_revisit_is_imported_before_or_after_its_original",
        ),
    ),
    Fault(
        57,
        "an edited text has thousands of paragraphs that are alike",
        "the difference takes a bounded number of steps",
        (
            "tests/data/revisions/test_alignment.py::test_a_comparison_of_many_paragraphs_takes_a_bounded_number_of_steps",
            "tests/data/revisions/test_alignment.py::test_beyond_the_budget_unique_lines_still_align",
        ),
    ),
    Fault(
        58,
        "a page has tables in tables, hundreds deep",
        "each is looked at once",
        (
            "tests/spiders/body/test_main_content.py::test_tables_in_tables_are_looked_at_once_each",
            "tests/spiders/body/test_main_content.py::test_a_month_table_is_a_calendar_but_a_layout_table_around_it_is_not",
        ),
    ),
    Fault(
        59,
        "a text has combining marks without end",
        "no normal form has a long run of them, and nothing else is lost",
        (
            "tests/data/text/test_folding.py::test_no_form_of_a_text_has_a_long_run_of_marks",
            "tests/data/text/test_folding.py::test_nothing_is_lost_and_once_is_enough",
        ),
    ),
    Fault(
        60,
        "a client sends searches and leaves",
        "they end, the queue is bounded, and other clients get their turn",
        (
            "tests/feeds/server/test_costly_requests.py::test_searches_of_clients_that_left_end",
            "tests/feeds/server/requests/test_work_queue.py::test_a_full_queue_refuses_the_client_that_fills_it",
            "tests/feeds/server/requests/test_work_queue.py::test_one_client_leaves_threads_to_others",
        ),
    ),
)
