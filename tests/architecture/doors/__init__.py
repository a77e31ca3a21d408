"""The table of doors: every public method of every service, and whom it lets through."""

from . import building, content, keeping, people

DOORS = {**people.DOORS, **content.DOORS, **keeping.DOORS, **building.DOORS}
