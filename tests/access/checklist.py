"""The ids of the security checklist that the county was given (2026)."""

SECURITY = tuple(f"SEC-{number:02}" for number in range(1, 25))
PERSONAL = tuple(f"PI-{number:02}" for number in range(1, 9))
DATA = tuple(f"DS-{number:02}" for number in range(1, 4))
SIGNATURES = tuple(f"ES-{number:02}" for number in range(1, 5))
IDS = SECURITY + PERSONAL + DATA + SIGNATURES
