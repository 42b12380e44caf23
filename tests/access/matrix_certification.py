"""Who passes the gate of certification's routes."""

MATRIX: dict[str, frozenset[str] | str] = {
    "certification:providers": "public",
    "certification:provider": "public",
    "certification:recommendations": "public",
    "certification:recommendations_export": "public",
    "certification:rubric": "public",
    "certification:needs": frozenset({"officer"}),
    "certification:scorecard": frozenset({"firm_signer", "firm_member"}),
    "certification:rounds": frozenset({"lead"}),
    "certification:round_plan": frozenset({"lead"}),
    "certification:round": frozenset({"lead"}),
    "certification:round_step": frozenset({"lead"}),
    "certification:round_propose": frozenset({"lead"}),
    "certification:round_trial": frozenset({"lead"}),
    "certification:round_cancel": frozenset({"lead"}),
    "certification:round_scorecard": frozenset({"lead"}),
    "certification:grade": frozenset({"lead"}),
    "certification:grade_end": frozenset({"lead"}),
}
