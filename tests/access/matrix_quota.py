"""Who passes the gate of the routes of cloud resources."""

FIRM = frozenset({"firm_signer", "firm_member"})
MANAGER = frozenset({"resource_manager"})

MATRIX: dict[str, frozenset[str] | str] = {
    "incubator:quota": FIRM,
    "incubator:quota_new": FIRM,
    "incubator:quota_follow": FIRM,
    "incubator:quota_request": FIRM | MANAGER,
    "incubator:quota_deed": FIRM | MANAGER,
    "incubator:resources": MANAGER,
    "incubator:pool_new": MANAGER,
    "incubator:usage_upload": MANAGER,
    "incubator:usage_report": "public",
    "incubator:usage_void": MANAGER,
    "incubator:pool": MANAGER,
    "incubator:pool_driver": MANAGER,
    "incubator:pool_open": MANAGER,
    "incubator:pool_close_month": MANAGER,
}
