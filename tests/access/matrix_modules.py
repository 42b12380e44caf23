"""Who passes the gate of the shared modules' routes."""

DESK = frozenset({"firm_signer", "firm_member", "staff", "resource_manager"})

MATRIX: dict[str, frozenset[str] | str] = {
    "incubator:modules": "public",
    "incubator:module": "public",
    # Behind the gate these ask for a token of their own: test_package_index.py.
    "incubator:index_projects": "public",
    "incubator:index_project": "public",
    "incubator:index_file": "public",
    "incubator:module_file": "public",
    "incubator:module_sums": "public",
    "incubator:module_download": "login",
    "incubator:module_file_download": "login",
    "incubator:module_desk": DESK,
    "incubator:module_new": DESK,
    "incubator:module_edit": DESK,
    "incubator:module_remove": frozenset({"staff"}),
    "incubator:release_new": DESK,
    "incubator:release": DESK,
    "incubator:release_publish": DESK,
    "incubator:release_changes": DESK,
    "incubator:release_yank": DESK,
    "incubator:release_resubmit": DESK,
    "incubator:release_start": DESK,
    "incubator:release_file_add": DESK,
    "incubator:release_file_remove": DESK,
    "incubator:release_submit": DESK,
}
