"""docs/admin/nginx.md: its settings and commands, with a real nginx."""

from sregistry_core.testing.admin_page import AdminPage

from .conftest import SHIPPED

PAGE = SHIPPED.parents[1] / "docs/admin/nginx.md"


def test_the_page_on_nginx(site, tmp_path):
    conf_d, etc = tmp_path / "conf.d", tmp_path / "etc"
    conf_d.mkdir()
    etc.mkdir()
    main = site.front.certificate.parent / "nginx.conf"
    page = AdminPage(
        PAGE,
        {
            "deploy/nginx/": f"{SHIPPED}/",
            "/etc/nginx/conf.d/": f"{conf_d}/",
            " /etc/nginx/\n": f" {etc}/\n",
            "nginx -t\n": f"nginx -e /dev/null -t -c {main}\n",
            "curl ": f"curl --cacert {site.front.certificate} ",
            "https://registry.example.org": site.front.url,
            "/var/lib/sregistry/images": str(site.images),
        },
    )

    *_, ready, version = page.run(site.registry).values()

    assert page.settings["sregistry.accel"] == f"{site.images} -> /_images/"
    assert sorted(path.name for path in (*conf_d.iterdir(), *etc.iterdir())) == sorted(
        path.name for path in SHIPPED.glob("*.conf")
    )
    assert '"storage filesystem":"ok"' in ready.replace(" ", "").replace("storagef", "storage f")
    assert version == "2\n"
