"""Sites that sign what their jobs are: their keys, and what they have signed."""

from .keys import Issuer, Issuers
from .statements import Statement, read_statement, unverified_issuer

__all__ = ["Issuer", "Issuers", "Statement", "read_statement", "unverified_issuer"]
