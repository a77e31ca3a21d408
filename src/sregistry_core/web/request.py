"""What a request of ours has: `db`, `services`, `caller`, `identifier`."""

from pyramid.config import Configurator
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller
from sregistry_core.db.session import settle
from sregistry_core.identifiers import new_identifier
from sregistry_core.services import Services

from .security import find_caller

_LONGEST_ADDRESS = 64
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def set_up(config: Configurator) -> None:
    """Give requests their attributes."""
    config.add_request_method(_db, "db", reify=True)
    config.add_request_method(_caller, "caller", reify=True)
    config.add_request_method(_services, "services", reify=True)
    config.add_request_method(_identifier, "identifier", reify=True)


def settle_class(config: Configurator) -> None:
    """Give all requests one class that has every attribute; to be called when all are known.

    Pyramid would make a class for each request: a quarter of the time of the smallest answer.
    """
    config.commit()
    extensions = config.registry.getUtility(IRequestExtensions)
    settled = type("Request", (Request,), dict(extensions.descriptors))
    config.set_request_factory(settled)
    extensions.descriptors.clear()
    config.commit()


def _db(request: Request) -> Session:
    """A session that lives and dies with the request's transaction, made at the first use."""
    database = request.registry["database"]
    session: Session = database.session(request.tm, writes=request.method not in _READING)

    def close(_request: Request) -> None:
        # Where a glance was enough there is nothing to close, and to do so takes a while.
        if session.in_transaction() or session.new or session.identity_map:
            session.close()

    request.add_finished_callback(close)
    return session


def _caller(request: Request) -> Caller:
    """Who is calling. Raises LoginRequired when what was shown does not hold.

    What a login has told of somebody is kept, whatever becomes of the request.
    """
    caller = find_caller(request)
    # Nothing was told where nothing was shown: there is no session yet.
    if "db" in vars(request):
        settle(request.db)
    return caller


def _services(request: Request) -> Services:
    """What the registry can do for the caller."""
    address = (request.remote_addr or "")[:_LONGEST_ADDRESS] or None
    facilities = request.registry["facilities"]
    return Services(request.db, request.caller, facilities, address=address)


def _identifier(_request: Request) -> str:
    """What the log and the answer call this request."""
    return new_identifier()[:16]
