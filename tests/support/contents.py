"""What a database holds:  DATABASE_URL=… python -m tests.support.contents

Prints JSON: table → [rows, SHA-256 of all rows, in an order that depends on nothing else].
"""

import hashlib
import json
import os

import django


def contents() -> dict[str, tuple[int, str]]:
    """Return the rows and the digest of every table."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            rows = sorted(repr(sorted(zip(names, row, strict=True))) for row in cursor.fetchall())
            found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    print(json.dumps(contents()))
