"""The distribution sregistry-saml: logins at a SAML identity provider, such as Shibboleth."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-saml",
    version="0.1.0",
    description="Lets people log in to sregistry-core at a SAML identity provider",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_saml": ["py.typed"]},
    install_requires=["sregistry-core", "pysaml2>=7.5,<8"],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["saml = sregistry_saml"]},
)
