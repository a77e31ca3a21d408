"""The pages: the first page with the commands of the clients, signing in, and tokens."""

from pyramid.config import Configurator

from .dialect import UiDialect
from .site import site_of


def includeme(config: Configurator) -> None:
    """Add the pages. Their dialect also answers for addresses that belong to nobody."""
    config.registry["ui_site"] = site_of(config.registry["facilities"].settings)
    config.add_dialect("ui", UiDialect())
    config.include(".texts")
    config.add_jinja2_search_path("sregistry_core.protocols.ui:templates")
    config.include(".routes")
    config.include(".assets")
    config.include(".headers")
    config.include(".own_forms")
    config.include(".branding")
    config.include(".site_views")
    config.include(".admin")
    config.include(".amounts")
    config.include(".find")
    config.include(".content")
    config.scan(".account_views")
    config.scan(".branding")
    config.scan(".site_views")
    config.scan(".client_secret_views")
    config.scan(".journey_views")
    config.include(".see")
    config.include(".build")
    config.scan(".views")
    config.scan(".session_views")
    config.scan(".token_views")
    config.include(".manage")
