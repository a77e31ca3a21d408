"""The distribution sregistry-oauth: logins at OpenID providers, GitHub, GitLab and others."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-oauth",
    version="0.1.0",
    description="Lets people log in to sregistry-core at OpenID providers and code hosts",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_oauth": ["py.typed"]},
    install_requires=[
        "sregistry-core",
        "authlib>=1.6,<2",
        "joserfc>=1.4,<2",
        "requests>=2.32,<3",
        "urllib3>=2,<3",
    ],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["oauth = sregistry_oauth"]},
)
