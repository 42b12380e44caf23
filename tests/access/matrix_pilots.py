"""Who passes the gate of the routes of pilots."""

INVOLVED = frozenset(
    {
        "firm_signer",
        "firm_member",
        "village_clerk",
        "village_signer",
        "tech_reviewer",
        "dispute_board",
        "staff",
        "lead",
    }
)
FIRM = frozenset({"firm_signer", "firm_member"})
PLANNERS = frozenset({"staff", "firm_signer"})
VILLAGE = frozenset({"village_signer", "village_clerk"})
STAFF = frozenset({"staff"})

MATRIX: dict[str, frozenset[str] | str] = {
    "village_pilot:processes": "public",
    "village_pilot:process": "public",
    "village_pilot:pilots": INVOLVED,
    "village_pilot:propose": STAFF,
    "village_pilot:pilot": INVOLVED,
    "village_pilot:pilot_move": frozenset({"staff", "firm_signer", "village_signer"}),
    "village_pilot:pilot_reason": frozenset({"staff", "village_signer"}),
    "village_pilot:measures": INVOLVED,
    "village_pilot:milestone_add": PLANNERS,
    "village_pilot:milestone_move": PLANNERS,
    "village_pilot:milestone_judge": STAFF,
    "village_pilot:deliverable_add": FIRM,
    "village_pilot:deliverable": INVOLVED,
    "village_pilot:deliverable_upload": FIRM,
    "village_pilot:deliverable_file_remove": FIRM,
    "village_pilot:deliverable_modules": FIRM,
    "village_pilot:deliverable_submit": FIRM,
    "village_pilot:deliverable_next": FIRM,
    "village_pilot:deliverable_assign": STAFF,
    "village_pilot:deliverable_dispute": frozenset({"firm_signer"}),
    "village_pilot:deliverable_resolve": frozenset({"dispute_board"}),
    "village_pilot:reviews": frozenset({"tech_reviewer"}),
    "village_pilot:review": frozenset({"tech_reviewer"}),
    "village_pilot:village": VILLAGE,
    "village_pilot:village_pilot": VILLAGE,
    "village_pilot:accept": VILLAGE,
    "village_pilot:codes": STAFF,
}
