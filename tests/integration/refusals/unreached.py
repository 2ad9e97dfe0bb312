"""Refusals that are declared but that no request of these tests can meet: each with the reason."""

Reasons = dict[tuple[int, str], str]

ANYWHERE: Reasons = {
    (500, "internal_server_error"): "a fault of ours; tests/integration/shared_kernel/test_problems.py",
    (503, "overloaded"): "takes many requests that wait for a lock at once; tests/e2e/test_held_locks.py",
    (409, "concurrent_change"): "takes two transactions at once; tests/integration/lending/test_races.py",
    (409, "idempotency_key_in_flight"): "takes two requests at once; tests/e2e/test_races.py",
}
UNREACHED: dict[str, Reasons] = {
    "DELETE books/{}": {(409, "has_open_loans"): "told beside has_copies: a copy on loan can't be withdrawn"},
    "PATCH copies/{}": {
        (422, "invalid_condition"): "the form's choices come first and answer with invalid_choice"
    },
}
