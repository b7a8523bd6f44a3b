"""Journeys of a user through the window, by real events of mouse and keys; each stands where its parts are tested.

`JOURNEYS` has for each the tests that walk it. ``just journeys`` plays the first three with mouse and keys of an
X server, ``just monkey`` random events.
"""

from __future__ import annotations

JOURNEYS = {
    "first start to memory read-out by the mouse": (
        "app/test_frame.py::test_the_start_page_leads_to_a_plan_on_a_simulated_instrument",
        "app/test_main_window.py::test_whole_run_by_clicks_alone_without_blocking_the_event_loop",
    ),
    "first start to memory read-out by the keyboard alone": (
        "journeys/test_first_start.py::test_from_the_start_page_to_the_memory_by_the_keyboard_alone",
    ),
    "a text dropped on the window to W(t) and a verdict": (
        "app/test_frame.py::test_what_is_dropped_goes_to_who_can_open_it_by_its_content",
        "fit/test_fit_journey.py::test_an_ec_lab_text_is_fitted_and_judged_by_the_keyboard_alone",
    ),
    "a campaign with a mistake": (
        "protocol/test_editor_journeys.py::test_a_typo_stands_at_its_field_and_in_its_line_until_it_is_mended",
        "protocol/test_editor_journeys.py::test_a_click_on_the_fault_of_a_campaign_leads_to_its_line",
    ),
    "queue three, reorder, pause, resume after a kill": (
        "queue/test_queue_dock.py::test_three_are_reordered_by_drag_and_by_keys_and_one_is_removed",
        "queue/test_queue_dock.py::test_a_queue_is_paused_its_process_killed_and_that_is_told_and_resumed",
    ),
    "change limits; stop under load": (
        "journeys/test_limits_and_stop.py::test_a_limit_that_is_changed_is_in_the_plan_and_in_the_run_that_f12_stops",
    ),
    "re-attach": (
        "app/test_reattach.py::test_killed_window_leaves_the_run_going_and_the_next_window_follows_it_to_its_end",
    ),
    "ten old runs opened, compared, refitted, drawn to a file": (
        "browser/test_runs_dock.py::test_several_runs_are_opened_overlaid_and_compared",
        "browser/test_runs_dock.py::test_a_refit_keeps_the_fits_of_other_models_and_tells_what_failed",
        "common/test_trace_plot.py::test_what_is_exported_is_what_is_drawn",
    ),
}
"""Journeys, and the tests that walk them, below ``tests/gui``."""
