"""Faults in the content of sites: pages, texts, dates, addresses, searches."""

from __future__ import annotations

from benchmarks.faults_parts.fault import Fault

CONTENT = (
    Fault(
        16,
        "a login or a challenge comes with 200",
        "it is told, nothing of it is published, and what was there stays",
        (
            "tests/integration/test_identity.py::test_a_challenge_with_200_changes_nothing_and_is_reported",
            "tests/spiders/barriers/test_challenges.py::test_the_text_before_a_page_is_named",
            "tests/integration/test_signs_of_health.py::test_a_visit_reports_a_new_fault_and_the_next_one_its_end",
        ),
    ),
    Fault(
        17,
        "a listing is empty",
        "it is told; nothing is retracted",
        (
            "tests/integration/test_signs_of_health.py::test_a_visit_reports_a_new_fault_and_the_next_one_its_end",
            "tests/scheduler/commands/test_collect.py::test_a_listing_that_fails_removes_nothing",
            "tests/data/identity/test_retraction.py::test_nothing_is_retracted_while_a_listing_fails",
        ),
    ),
    Fault(
        18,
        "a site is built anew, and its texts are not found",
        "it is told, and the last good texts stay",
        (
            "tests/integration/test_redesign.py::test_a_new_theme_is_not_an_edit_and_hides_none",
            "tests/integration/test_redesign.py::test_a_notice_before_all_pages_changes_nothing_and_is_reported",
            "tests/data/store/test_store.py::test_a_page_that_lost_its_body_keeps_the_last_good_text",
        ),
    ),
    Fault(
        19,
        "a body holds scripts, SVG and handlers",
        "feeds, pages and the API show the text without them",
        (
            "tests/feeds/formats/test_hostile.py::test_scripts_and_handlers_are_removed_and_the_text_is_kept",
            "tests/spiders/release/test_read.py::test_scripts_and_javascript_links_never_reach_the_body",
            "tests/feeds/publishing/test_publish.py::test_a_release_page_is_safe_and_shows_versions_retraction_and_origin",
        ),
    ),
    Fault(
        20,
        "a title, an author or a topic holds HTML",
        "it is text, escaped where it is shown",
        (
            "tests/feeds/formats/test_hostile.py::test_markup_in_text_is_text",
            "tests/feeds/formats/test_rendering.py::test_markup_in_titles_is_text",
            "tests/data/interchange/test_lines.py::test_hostile_values_are_cleaned",
        ),
    ),
    Fault(
        21,
        "a link leads to javascript:",
        "it is dropped, and the words stay",
        (
            "tests/feeds/formats/test_hostile.py::test_addresses_of_scripts_and_files_are_dropped",
            "tests/spiders/release/test_read.py::test_scripts_and_javascript_links_never_reach_the_body",
        ),
    ),
    Fault(
        22,
        "addresses are relative",
        "they are absolute in every feed",
        (
            "tests/feeds/formats/test_hostile.py::test_every_address_is_absolute",
            "tests/data/text/test_urls.py::test_an_address_is_resolved_to_the_same_result_by_the_fast_path",
        ),
    ),
    Fault(
        23,
        "control characters, halves of surrogates, U+FFFE",
        "they cost only themselves, and feeds are published",
        (
            "tests/feeds/formats/test_hostile.py::test_only_forbidden_characters_are_removed",
            "tests/spiders/release/test_read.py::test_control_characters_in_a_page_are_left_out_and_its_text_is_kept",
            "tests/spiders/crawl/test_page_errors.py::test_half_a_surrogate_pair_in_a_feed_loses_none_of_its_items",
        ),
    ),
    Fault(
        24,
        "a body holds ]]>",
        "feeds are well formed, and hold it",
        (
            "tests/feeds/formats/test_hostile.py::test_the_end_of_a_cdata_section_in_text_is_harmless",
            "tests/scheduler/commands/test_collect.py::test_bad_pages_are_errors_and_do_not_affect_others",
        ),
    ),
    Fault(
        25,
        "a charset is wrong or missing",
        "it is found, and the bytes are archived as they came",
        (
            "tests/spiders/page/test_page.py::test_an_encoding_that_nothing_names_is_found",
            "tests/spiders/page/test_page.py::test_letters_in_seven_bits_are_read_whatever_is_declared",
            "tests/integration/test_capture.py::test_a_page_is_archived_as_served_and_its_release_bears_the_time_of_the_capture",
        ),
    ),
    Fault(
        26,
        "a date is yet to come",
        "it is kept and told, and the release sorts by its first sight",
        (
            "tests/data/store/test_store.py::test_impossible_dates_are_replaced_by_the_first_sight_and_future_ones_sort_by_it",
            "tests/integration/test_identity.py::test_impossible_dates_never_date_a_release_and_are_reported",
        ),
    ),
    Fault(
        27,
        "a date is of the years 1, 1970 or 9999",
        "it dates nothing, is kept as it was written, and told",
        (
            "tests/data/store/test_store.py::test_impossible_dates_are_replaced_by_the_first_sight_and_future_ones_sort_by_it",
            "tests/integration/test_undated.py::test_an_impossible_date_is_kept_as_written_and_reported",
            "tests/data/dates/test_parse.py::test_the_end_of_the_calendar_does_not_overflow",
        ),
    ),
    Fault(
        28,
        "a time has no zone, or lies in the gap or the fold of summer time",
        "the zone of the source holds, and it is kept in UTC",
        (
            "tests/data/dates/test_parse.py::test_the_gap_and_the_fold_of_summer_time_are_defined",
            "tests/data/dates/test_parse.py::test_a_day_without_a_time_is_noon_in_its_zone",
            "tests/data/dates/test_parse.py::test_a_stated_time_is_kept_with_its_zone",
        ),
    ),
    Fault(
        29,
        "03/04/26",
        "the order of the source, its language or its zone; never a guess",
        (
            "tests/data/dates/test_parse.py::test_an_ambiguous_order_is_not_guessed",
            "tests/data/dates/test_parse.py::test_a_region_a_language_or_a_zone_settles_the_order",
        ),
    ),
    Fault(
        30,
        "addresses with parameters of campaigns, or another session each time",
        "one release, none new",
        (
            "tests/data/text/test_urls.py::test_only_campaign_parameters_are_removed_from_an_address",
            "tests/data/text/test_urls.py::test_spellings_of_one_address_have_one_canonical_form",
            "tests/integration/test_identity.py::test_another_session_in_every_address_is_nothing_new",
        ),
    ),
    Fault(
        31,
        "a release is edited",
        "the same id, a new version, the old one kept; its date stays",
        (
            "tests/data/store/test_store.py::test_an_edit_makes_a_revision_and_keeps_the_id_and_the_date",
            "tests/scheduler/commands/test_collect.py::test_an_edit_a_move_and_a_vanished_page_are_each_counted_once",
            "tests/integration/test_capture.py::test_an_edit_points_to_the_capture_that_showed_it",
        ),
    ),
    Fault(
        32,
        "one text at an agency and at others",
        "one story, and all are kept",
        (
            "tests/data/store/test_store.py::test_the_same_text_at_another_institution_is_one_story_and_both_are_kept",
            "tests/data/stories/test_copies.py::test_a_text_that_a_hundred_sources_carry_is_one_story",
        ),
    ),
    Fault(
        33,
        "a release is deleted at its source",
        "it is kept, marked as retracted, and comes back with its page",
        (
            "tests/data/store/test_store.py::test_a_missing_release_stays_until_it_is_retracted_and_its_return_undoes_that",
            "tests/integration/test_identity.py::test_a_release_missing_twice_is_retracted_and_its_return_undoes_that",
            "tests/integration/test_identity.py::test_a_site_that_is_down_retracts_nothing",
        ),
    ),
    Fault(
        34,
        "a topic is called ../../x, NUL, CON, or has 300 letters",
        "a safe file of its own, and a feed",
        (
            "tests/feeds/formats/test_hostile.py::test_a_topic_with_any_name_has_feeds_within_the_site",
            "tests/data/text/test_folding.py::test_every_label_has_a_slug_that_is_safe_as_a_file_and_in_a_url",
            "tests/data/text/test_folding.py::test_two_labels_share_a_slug_only_if_they_are_equal",
            "tests/feeds/test_urls.py::test_hostile_names_become_plain_files",
        ),
    ),
    Fault(
        35,
        "a search for a quote, OR *, NEAR, or SQL",
        "words, or a sentence; never an error of the server",
        (
            "tests/data/search/test_syntax.py::test_a_fault_has_a_position_and_a_fix",
            "tests/data/search/test_query.py::test_any_text_is_a_query_or_has_a_fault_at_a_position",
            "tests/feeds/server/test_search.py::test_no_query_breaks_the_page",
        ),
    ),
    Fault(
        36,
        "a pattern of a user that a matcher tries again and again",
        "no pattern is a regular expression; each is matched in bounded time, or given up",
        (
            "tests/data/topics/test_keywords.py::test_no_rule_or_text_causes_repeated_backtracking",
            "tests/data/topics/test_keywords.py::test_endless_words_are_not_remembered",
            "tests/integration/test_slow_sources.py::test_a_visit_is_stopped_by_its_own_deadline_and_the_others_of_its_child_go_on",
        ),
    ),
)
