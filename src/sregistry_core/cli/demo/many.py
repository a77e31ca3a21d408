"""Many generated collections, for a look at how a large registry behaves."""

from random import Random

from .catalogue import SMALL, Catalogue, Shelf, Ware

_USERS, _SHELVES = 60, 400
_MOST_WARES, _MOST_VERSIONS = 9, 3
_WORDS = """
anna ben carla david elif felix gina hugo ines jan kira leo maria nils olga paul rosa sven tina
uwe

berg frank klein lang roth stein vogel wolf

astronomy bioinformatics chemistry climate crystallography economics ecology genomics geology
hydrology imaging linguistics materials medicine microscopy neuroscience oceanography physics
proteomics robotics seismology statistics

tools pipelines models notebooks benchmarks archive course workflows

aligner analysis assembler blast calibrator classifier converter detector enricher explorer fitter
gromacs integrator julia jupyter lammps mapper mesher namd openfoam parser planner predictor
python quantifier r-base reader renderer sampler scheduler segmenter server simulator solver
sorter tracker trainer transformer trimmer viewer visualizer
"""
_FIRST, _LAST, _FIELDS, _KINDS, _WARES = (one.split() for one in _WORDS.strip().split("\n\n"))
_SOURCES = ("ubuntu:24.04", "debian:12", "python:3.13-slim", "rockylinux:9", "alpine:3.21")


def large(random: Random) -> Catalogue:
    """Give the small catalogue with some hundred collections more."""
    names = [f"{first}-{last}" for first in _FIRST for last in _LAST]
    users = random.sample(names, _USERS)
    shelves: dict[tuple[str, str], Shelf] = {}
    while len(shelves) < _SHELVES:
        owner = random.choice(users)
        field = random.choice(_FIELDS)
        name = f"{field}-{random.choice(_KINDS)}"
        shelves[owner, name] = Shelf(
            owner,
            name,
            owner,
            f"What the group of {owner} uses in {field}.",
            private=random.random() < 0.2,
            topics=(field,),
            stars=random.choice((0, 0, 0, 1, 2, 4)),
            wares=_wares(random),
        )
    return Catalogue(
        users=(*SMALL.users, *users),
        crews=SMALL.crews,
        shelves=(*SMALL.shelves, *shelves.values()),
        pulls_per_ware=25,
    )


def _wares(random: Random) -> tuple[Ware, ...]:
    return tuple(
        Ware(
            name,
            "",
            random.choice(_SOURCES),
            (name,),
            tuple(f"{number}.0" for number in range(1, random.randint(1, _MOST_VERSIONS) + 1)),
            sizes=(2, 2 ** random.randint(2, 7)),
            signed=random.choice(("", "", "demo")),
            popularity=random.randint(1, 30),
        )
        for name in sorted(random.sample(_WARES, random.randint(1, _MOST_WARES)))
    )
