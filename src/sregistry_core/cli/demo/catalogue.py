"""What a registry is filled with for a look: people, collections, containers and their releases."""

from collections.abc import Sequence
from dataclasses import dataclass, field

HOME = ""
"""As the owner of a shelf: the registry itself."""


@dataclass(frozen=True, slots=True)
class Ware:
    """A container, and what is pushed to it.

    source     the image that its definition file starts from
    packages   what it installs
    versions   tags, from the oldest; the last one is `latest` too
    signed     by the key of the demo; `claimed` by a key that nobody has; else by none
    labels     beside the usual ones
    sizes      of its images, from and to, in KiB
    moving     a tag beside `latest` that moves with every version
    builds     how many different images the versions are; 0 for one each
    artifact   the type of an artifact of OCI, which is pushed in place of images
    """

    name: str
    description: str
    source: str
    packages: tuple[str, ...]
    versions: tuple[str, ...]
    archs: tuple[str, ...] = ("amd64",)
    signed: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    sizes: tuple[int, int] = (40, 400)
    moving: str = ""
    apps: tuple[str, ...] = ()
    with_sbom: bool = False
    frozen: bool = False
    popularity: int = 10
    builds: int = 0
    artifact: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection.

    owner     a user, a team, or HOME
    by        the user who pushes to it
    readers   users with a role of their own
    stars     how many users mark it
    """

    owner: str
    name: str
    by: str
    description: str = ""
    private: bool = False
    topics: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    stars: int = 0
    wares: tuple[Ware, ...] = ()


@dataclass(frozen=True, slots=True)
class Crew:
    """A team."""

    name: str
    owner: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that a registry is filled with; the first user administers it."""

    users: tuple[str, ...]
    crews: tuple[Crew, ...]
    shelves: Sequence[Shelf] = field(default_factory=tuple)
    pulls_per_ware: int = 60


_COURSE = """# Tools of the sequencing course

Everything that the *practical exercises* need, in versions that fit each other.

## How to use it

1. `apptainer pull library://ada/lab/blast`
2. Bind your data: `apptainer run --bind /scratch:/data blast_latest.sif`

| tool     | since | remark                       |
|----------|-------|------------------------------|
| blast    | 2024  | with the databases left out  |
| samtools | 2024  | also for **arm64**           |
| fastqc   | 2025  | reports as HTML              |

> Images are rebuilt when the base system gets fixes; pin a tag in your papers.

Questions go to [the course page](https://example.org/course).
"""
_PIPELINES = """# Production pipelines

Images that run on the cluster every night. **Tags do not move**: use `stable` only to try things.

* `rnaseq`: reads to counts
* `gatk`: variants, *validated* on the reference samples
* `deepvariant` needs a GPU: `apptainer run --nv`

```
apptainer run library://genomics/pipelines/rnaseq:3.14.0 --input samples.csv
```
"""
_ARABIC = """# بيانات المناخ

أدوات لتحليل بيانات المناخ، مع أمثلة من محطات القياس.

Tools for climate data; the descriptions of the data sets are in Arabic.
"""
_LONG = "a-collection-with-a-name-as-long-as-can"
_LONG_CONTAINER = "a.container.whose.name.is.as.long.as.the.rule.of.the.registry.al"
_LONG_TAG = "2026.01.31-with-a-tag-that-nobody-would-ever-want-to-type-by-hand-" + "x" * 61

_GPU = (("org.example.gpu", "NVIDIA, driver 535 or newer"), ("maintainer", "omar@example.org"))

_ALPINE = Ware(
    "alpine",
    "The smallest one.",
    "alpine:3.21",
    ("ca-certificates",),
    ("3.19", "3.20", "3.21"),
    ("amd64", "arm64"),
    signed="demo",
    sizes=(20, 40),
    popularity=45,
)
"""In two collections: its bytes are shared."""

SMALL = Catalogue(
    users=("ada", "grace", "mei", "omar", "jonas", "priya", "lucia", "tomas"),
    crews=(
        Crew("genomics", "grace", ("ada", "mei")),
        Crew("gpu-lab", "omar", ("jonas", "priya")),
    ),
    shelves=(
        Shelf(
            HOME,
            "base",
            "ada",
            "Base systems that others build from. Rebuilt on the first of every month.",
            topics=("base-image", "linux"),
            stars=7,
            wares=(
                Ware(
                    "ubuntu",
                    "Ubuntu, as it comes from Docker Hub, with certificates and locales.",
                    "ubuntu:24.04",
                    ("ca-certificates", "locales"),
                    ("22.04", "24.04"),
                    ("amd64", "arm64", "ppc64le", "riscv64"),
                    signed="demo",
                    sizes=(300, 700),
                    popularity=80,
                ),
                _ALPINE,
                Ware(
                    "rockylinux",
                    "For programs that want to see Red Hat.",
                    "rockylinux:9",
                    ("epel-release",),
                    ("8", "9"),
                    ("amd64", "arm64"),
                    sizes=(300, 600),
                    popularity=20,
                ),
            ),
        ),
        Shelf(
            "ada",
            "lab",
            "ada",
            _COURSE,
            topics=("genomics", "teaching", "sequencing"),
            stars=5,
            wares=(
                Ware(
                    "blast",
                    "Finds regions of similarity between biological sequences.",
                    "ubuntu:24.04",
                    ("ncbi-blast+",),
                    ("2.14.0", "2.14.1", "2.15.0", "2.16.0"),
                    ("amd64", "arm64"),
                    signed="demo",
                    labels=(("org.example.citation", "Camacho et al., 2009"),),
                    apps=("blastn", "blastp"),
                    with_sbom=True,
                    moving="stable",
                    popularity=60,
                ),
                Ware(
                    "samtools",
                    "Reads, writes, and indexes alignments.",
                    "debian:12-slim",
                    ("samtools", "bcftools"),
                    ("1.19", "1.20", "1.21"),
                    ("amd64", "arm64"),
                    signed="demo",
                    popularity=35,
                ),
                Ware(
                    "fastqc",
                    "Quality control of raw reads.",
                    "eclipse-temurin:21",
                    ("fastqc",),
                    ("0.12.1",),
                    signed="claimed",
                    popularity=12,
                ),
                _ALPINE,
            ),
        ),
        Shelf(
            "ada",
            "drafts",
            "ada",
            "Nothing here works yet.",
            private=True,
            readers=("mei",),
            wares=(
                Ware(
                    "assembler", "", "ubuntu:24.04", ("g++", "cmake"), ("try-1", "try-2", "try-3")
                ),
            ),
        ),
        Shelf(
            "genomics",
            "pipelines",
            "grace",
            _PIPELINES,
            topics=("genomics", "workflow", "nextflow"),
            stars=6,
            wares=(
                Ware(
                    "rnaseq",
                    "From reads to counts.",
                    "mambaorg/micromamba:2.0",
                    ("star", "salmon", "subread"),
                    ("3.12.0", "3.13.2", "3.14.0"),
                    signed="demo",
                    sizes=(900, 1500),
                    moving="stable",
                    popularity=50,
                ),
                Ware(
                    "gatk",
                    "Variants, validated on the reference samples. Frozen for the study of 2025.",
                    "broadinstitute/gatk:4.6.1.0",
                    ("gatk",),
                    ("4.5.0.0", "4.6.1.0"),
                    signed="demo",
                    sizes=(1200, 1800),
                    frozen=True,
                    popularity=30,
                ),
                Ware(
                    "deepvariant",
                    "Calls variants with a deep neural network.",
                    "google/deepvariant:1.6.1",
                    ("deepvariant",),
                    ("1.6.0", "1.6.1"),
                    labels=_GPU,
                    sizes=(1500, 2000),
                    popularity=15,
                ),
            ),
        ),
        Shelf(
            "genomics",
            "patients",
            "grace",
            "Everything that touches data of patients. Do not make this public.",
            private=True,
            topics=("genomics",),
            wares=(
                Ware("pseudonymize", "", "python:3.13-slim", ("pandas",), ("1.0", "1.1")),
                Ware("report", "", "rocker/r-ver:4.4", ("r-markdown",), ("2025-03", "2025-09")),
            ),
        ),
        Shelf(
            "gpu-lab",
            "frameworks",
            "omar",
            "Deep learning, built for the cards of our cluster.",
            topics=("gpu", "machine-learning"),
            stars=8,
            wares=(
                Ware(
                    "pytorch",
                    "PyTorch with CUDA.",
                    "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime",
                    ("jupyterlab", "lightning"),
                    ("2.3.1-cuda12.1", "2.4.0-cuda12.4", "2.5.1-cuda12.4"),
                    signed="demo",
                    labels=_GPU,
                    sizes=(1500, 2500),
                    apps=("train", "notebook"),
                    popularity=90,
                ),
                Ware(
                    "jax",
                    "JAX with CUDA.",
                    "nvcr.io/nvidia/jax:24.10-py3",
                    ("flax", "optax"),
                    ("0.4.30", "0.4.35"),
                    labels=_GPU,
                    sizes=(1200, 2000),
                    popularity=40,
                ),
                Ware(
                    "segmentation-weights",
                    "Trained weights, as an artifact of OCI: fetch them with `oras pull`.",
                    "",
                    (),
                    ("1.0", "1.1"),
                    artifact="application/vnd.example.model.weights",
                    sizes=(600, 900),
                ),
            ),
        ),
        Shelf(
            "omar",
            "nightly",
            "omar",
            "Built every night, so that a fault can be dated; mostly nothing has changed.",
            topics=("gpu",),
            stars=1,
            wares=(
                Ware(
                    "solver",
                    "The solver as it is in the branch `main`.",
                    "ubuntu:24.04",
                    ("petsc", "openmpi"),
                    tuple(f"build-{number:04}" for number in range(1, 401)),
                    sizes=(12, 24),
                    popularity=20,
                    builds=20,
                ),
            ),
        ),
        Shelf(
            "mei",
            "climate",
            "mei",
            _ARABIC,
            topics=("climate", "data"),
            stars=3,
            wares=(
                Ware(
                    "cdo",
                    "Climate Data Operators.",
                    "debian:12",
                    ("cdo", "nco"),
                    ("2.3.0", "2.4.4"),
                    ("amd64", "arm64"),
                    labels=(
                        ("org.example.title", "أدوات بيانات المناخ (الإصدار 2.4)"),
                        ("maintainer", "מיי כהן <mei@example.org>"),
                    ),
                    popularity=18,
                ),
            ),
        ),
        Shelf(
            "jonas",
            _LONG,
            "jonas",
            "Names as long as the rules allow, to see what pages make of them.",
            wares=(
                Ware(
                    _LONG_CONTAINER,
                    "A description without a single place to break: " + "very-" * 40 + "long.",
                    "registry.example.org/group/subgroup/project/and-a-long-name:2026.01.31",
                    ("a-package-with-a-name-that-is-much-longer-than-usual",),
                    ("1.0", _LONG_TAG),
                    labels=(("org.example.a-label-with-a-long-name." + "part." * 8, "w" * 180),),
                ),
            ),
        ),
        Shelf("priya", "thesis", "priya", "Empty until there are results."),
    ),
)
"""For a look, and for tests: every kind of thing once."""
