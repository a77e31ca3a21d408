"""What tests of the registry and of its plugins are made with; never imported by a server."""

import pytest

# So that a failing promise shows its values in the tests of a plugin, too.
pytest.register_assert_rewrite(
    f"{__name__}.storage_contract", f"{__name__}.login_contract", f"{__name__}.listener_contract"
)
