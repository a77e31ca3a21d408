"""The distribution sregistry-s3: images in an object store that speaks S3."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-s3",
    version="0.1.0",
    description="Keeps the images of sregistry-core in an object store that speaks S3",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_s3": ["py.typed"]},
    install_requires=["sregistry-core", "boto3>=1.36", "botocore>=1.36", "urllib3>=1.26"],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["s3 = sregistry_s3"]},
)
