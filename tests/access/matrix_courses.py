"""Who passes the gate of the courses' routes."""

MATRIX: dict[str, frozenset[str] | str] = {
    "incubator:courses": "public",
    "incubator:course_enrol": "login",
    "incubator:my_courses": "login",
    "incubator:learning": "login",
    "incubator:lesson": "login",
    "incubator:lesson_read": "login",
    "incubator:quiz": "login",
    "incubator:course_leave": "login",
}
