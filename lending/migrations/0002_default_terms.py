from uuid import UUID, uuid5

from django.db import migrations
from django.utils import timezone

RULES = UUID("5f6c3c1e-7f5c-5b55-9d0e-3f7a6c1f2a10")
BRANCHES = UUID("9b0f3f5e-54a1-5d1b-8f0c-2f6f0c5d9e11")
FALLBACK = {
    "loan_days": 14,
    "max_loans": 5,
    "max_of_type": "none",
    "renewals": 3,
    "renew_window_days": "none",
    "renew_from": "due",
    "renew_overdue": True,
    "hold_limit": 5,
    "pickup_days": 7,
    "fine_per_day": "0.25",
    "grace_days": 0,
    "fine_cap": "none",
    "cap_at_price": True,
    "lost_after_days": 30,
    "processing_fee": "10.00",
    "block_balance": "25.00",
    "block_overdue": 3,
}
TERMS = {
    "": FALLBACK,
    "regular": {"loan_days": 14, "max_loans": 5},
    "premium": {"loan_days": 21, "max_loans": 10},
    "researcher": {"loan_days": 30, "max_loans": 20, "hold_limit": "none"},
}


def seed(apps, schema_editor):
    """One branch, and the terms of a fresh library; the row for all fills what the others leave open."""
    now = timezone.now()
    apps.get_model("lending", "BranchRow").objects.create(
        id=uuid5(BRANCHES, "MAIN"), version=1, code="MAIN", name="Main library", time_zone="UTC"
    )
    for category, values in TERMS.items():
        rule_id = uuid5(RULES, f"/{category}/")
        made = {"version": 1, "values": values, "set_at": now, "set_by": "system"}
        apps.get_model("lending", "CirculationRuleRow").objects.create(id=rule_id, category=category, **made)
        apps.get_model("lending", "RuleVersionRow").objects.create(
            rule_id=rule_id, reason="terms of a fresh library", **made
        )


class Migration(migrations.Migration):
    dependencies = [("lending", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
