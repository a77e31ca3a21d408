"""The core distribution: sregistry-core."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

POSTGRESQL = ["psycopg[binary]>=3.2,<4"]

TESTING = [
    "hypothesis>=6.100",
    "in-toto-attestation>=0.9.3,<0.10",
    "openapi-core>=0.23,<1",
    "pytest>=9,<10",
    "pytest-cov>=7",
    "pytest-xdist>=3.8",
    "webtest>=3.0.7,<4",
]

setup(
    name="sregistry-core",
    version="0.1.0",
    description="A registry server for Singularity and Apptainer images",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    include_package_data=True,
    package_data={
        "sregistry_core": [
            "py.typed",
            "cli/plugin_template/*.template",
            "cli/plugin_template/*/*.template",
            "db/migrations/*.mako",
            "protocols/*/*.json",
            "protocols/*/*.yaml",
            "protocols/ui/templates/*.jinja2",
            "protocols/ui/templates/*/*.jinja2",
            "protocols/ui/assets/*",
            "protocols/ui/assets/*/*",
            "protocols/ui/locale/*.pot",
            "protocols/ui/locale/*/*/*.po",
        ]
    },
    install_requires=[
        "alembic>=1.13,<2",
        "argon2-cffi>=23.1",
        "babel>=2.16,<3",
        "click>=8.1,<9",
        "cryptography>=43",
        "dramatiq>=2.2,<3",
        "itsdangerous>=2.2,<3",
        "joserfc>=1.4,<2",
        "limits>=5,<6",
        "markdown-it-py>=4,<5",
        "multipart>=2,<3",
        "nh3>=0.3,<1",
        "pastedeploy>=3.1,<4",
        "pluggy>=1.5,<2",
        "prometheus-client>=0.20,<1",
        "pygments>=2.18,<3",
        "pyramid>=2.1,<3",
        "pyramid-jinja2>=2.10,<3",
        "pyramid-tm>=2.6,<3",
        "pysequoia>=0.1.35",
        "pyyaml>=6,<7",
        "redis>=5",
        "sqlalchemy>=2.1,<2.2",
        "transaction>=5,<6",
        # The server stands on internals of waitress: see docs/decisions.
        "waitress==3.0.2",
        "websockets>=15,<18",
        "zope.sqlalchemy>=4.1,<5",
    ],
    extras_require={
        "postgresql": POSTGRESQL,
        "testing": TESTING,
        "develop": [
            *POSTGRESQL,
            *TESTING,
            "feedparser>=6,<7",
            "kubernetes-validate>=1.34,<2",
            "mypy>=2,<3",
            "oras>=0.2.43,<0.3",
            "playwright>=1.50,<2",
            "requests>=2.32,<3",
            "ruff>=0.17,<0.18",
            "schemathesis>=4.32,<5",
            "types-PyYAML",
            "types-requests",
        ],
    },
    entry_points={
        "paste.app_factory": ["main = sregistry_core.app:main"],
        "paste.server_runner": ["waitress = sregistry_core.server:run_from_ini"],
        "console_scripts": ["sregistry-admin = sregistry_core.cli:main"],
    },
)
