"""The lines of the pages that show sizes and usage."""

from ..samples import About, Deed, Sample

_THING = "/{entity}/lab"

LINES = (
    Sample("ui.treemap_of_registry", "GET", "/-/treemap", Deed.OTHER, shows=">{entity}/lab<"),
    Sample(
        "ui.treemap_csv_of_registry", "GET", "/-/treemap.csv", Deed.OTHER, shows="{entity}/lab,"
    ),
    Sample("ui.treemap_of_entity", "GET", "/{entity}/-/treemap", Deed.OTHER, shows=">lab<"),
    Sample("ui.treemap_csv_of_entity", "GET", "/{entity}/-/treemap.csv", Deed.OTHER, shows="/lab,"),
    Sample("ui.treemap_of_collection", "GET", f"{_THING}/-/treemap", Deed.LOOK),
    Sample("ui.treemap_csv_of_collection", "GET", f"{_THING}/-/treemap.csv", Deed.LOOK),
    Sample("ui.treemap_of_container", "GET", "/{path}/-/treemap", Deed.LOOK),
    Sample("ui.treemap_csv_of_container", "GET", "/{path}/-/treemap.csv", Deed.LOOK),
    Sample("ui.usage_of_registry", "GET", "/-/usage", Deed.OTHER, about=About.NOTHING),
    Sample(
        "ui.usage_csv_of_registry", "GET", "/-/usage/pulls.csv", Deed.OTHER, about=About.NOTHING
    ),
    Sample("ui.usage_of_entity", "GET", "/{entity}/-/usage", Deed.OTHER),
    Sample("ui.usage_csv_of_entity", "GET", "/{entity}/-/usage/storage.csv", Deed.OTHER),
    Sample("ui.usage_of_collection", "GET", f"{_THING}/-/usage", Deed.LOOK),
    Sample("ui.usage_csv_of_collection", "GET", f"{_THING}/-/usage/storage.csv", Deed.LOOK),
    Sample("ui.upload", "GET", "/-/upload", Deed.OTHER, about=About.NOTHING),
    Sample(
        "ui.upload_whole",
        "POST",
        "/-/upload/whole",
        Deed.PUSH,
        multipart={"name": "{entity}/lab/new", "tag": "1"},
    ),
    Sample(
        "ui.begin_upload",
        "POST",
        "/-/uploads",
        Deed.PUSH,
        form={"name": "{entity}/lab/new", "tag": "1", "size": "5"},
    ),
    Sample("ui.upload_underway", "GET", "/-/uploads/forged", Deed.OTHER, about=About.NOTHING),
    Sample(
        "ui.upload_underway",
        "PUT",
        "/-/uploads/forged?first=0",
        Deed.OTHER,
        about=About.NOTHING,
        sends="new_blob",
    ),
    Sample("ui.upload_underway", "DELETE", "/-/uploads/forged", Deed.OTHER, about=About.NOTHING),
    Sample("ui.finish_upload", "POST", "/-/uploads/forged/finish", Deed.OTHER, about=About.NOTHING),
    Sample("ui.api", "GET", "/-/api", Deed.PUBLIC, about=About.NOTHING),
    Sample("ui.api_operation", "GET", "/-/api/search", Deed.PUBLIC, about=About.NOTHING),
    Sample("ui.api_token", "POST", "/-/api-token", Deed.OTHER, about=About.NOTHING, form={}),
)
