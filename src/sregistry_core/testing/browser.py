"""A browser for tests: keeps cookies, asks for HTML, and follows nothing by itself."""

from typing import Any
from urllib.parse import quote

from webtest import TestApp, TestResponse

from .registry import PASSWORD, Registry


class Browser:
    """Somebody who looks at pages: keeps cookies, and asks for HTML."""

    def __init__(self, registry: Registry):
        self.registry = registry
        scheme = registry.ini["sregistry.public_url"].partition(":")[0]
        self.app = TestApp(registry.app.app, extra_environ={"wsgi.url_scheme": scheme})

    def open(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        headers = {"Accept": "text/html,*/*;q=0.8", **options.pop("headers", {})}
        return self.app.get(path, headers=headers, **options)

    def post(self, path: str, fields: Any = "", **options: Any) -> TestResponse:
        """Send a form that no page of ours has made."""
        headers = {"Accept": "text/html,*/*;q=0.8", **options.pop("headers", {})}
        return self.app.post(path, fields, headers=headers, **options)

    def sign_in(
        self, name: str = "ada", password: str = PASSWORD, at: str = "/auth/sign-in", **options: Any
    ) -> TestResponse:
        """Fill in the form and send it; the answer is not followed."""
        form = self.open(at).forms[0]
        form["name"], form["password"] = name, password
        return form.submit(headers={"Accept": "text/html"}, **options)

    def go_on(self, page: TestResponse) -> str:
        """The address that a page leads on to by itself, at another site."""
        content: str = page.html.find("meta", attrs={"http-equiv": "refresh"})["content"]
        wait, _, address = content.partition("; url=")
        assert wait == "0"
        assert page.html.find("a", class_="onward")["href"] == address
        return address

    def leave(
        self, login: str, *, wanted: str = "/", at: str = "/auth/sign-in", **options: Any
    ) -> str:
        """Press the button of a login at another site; the address there."""
        page = self.open(f"{at}?next={quote(wanted)}" if wanted != "/" else at)
        form = next(
            form for form in page.forms.values() if form.action.endswith(f"/{quote(login)}")
        )
        return self.go_on(form.submit(headers={"Accept": "text/html"}, **options))

    @property
    def session(self) -> str | None:
        """The cookie of the session."""
        found: str | None = self.app.cookies.get("sregistry_session")
        return found
