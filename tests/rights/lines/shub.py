"""The lines of `shub://`."""

from ..samples import Deed, Sample

_NAME = "{collection}/{container}:1"

LINES = (
    Sample(
        "shub.manifest",
        "GET",
        f"/api/container/{_NAME}",
        Deed.OTHER,
        note="the registry's own",
        signs="pull",
        at_home=True,
    ),
    Sample(
        "shub.manifest_of_entity",
        "GET",
        f"/{{entity}}/api/container/{_NAME}",
        Deed.LOOK,
        signs="pull",
    ),
    Sample(
        "shub.manifest_in_full",
        "GET",
        f"/api/container/{{entity}}/{_NAME}",
        Deed.LOOK,
        signs="pull",
    ),
    Sample(
        "shub.shared_manifest",
        "GET",
        f"/s/{{share_token}}/api/container/{_NAME}",
        Deed.ADDRESS,
    ),
    Sample("shub.shared_image", "GET", f"/s/{{share_token}}/{_NAME}", Deed.ADDRESS),
)
