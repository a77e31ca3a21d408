"""What the registry can do, for one caller: no HTTP in here."""

from functools import cached_property

from .account_changes import AccountChanges
from .accounts import Accounts
from .affiliations import Affiliations
from .authentication import Authentication
from .base_images import BaseImages
from .base_looks import BaseLooks
from .blob_uploads import BlobUploads
from .blobs import Blobs
from .build_contexts import BuildContexts
from .build_limits import BuildLimits
from .build_logs import BuildLogs
from .build_secrets import BuildSecrets
from .build_statements import BuildStatements
from .build_tokens import BuildTokens
from .building import Building
from .builds import Builds
from .catalog import Catalog
from .claims import Claims
from .cleaning import Cleaning
from .client_containers import ClientContainers
from .client_credentials import ClientCredentials
from .collection_changes import CollectionChanges
from .commit_statuses import CommitStatuses
from .downloads import Downloads
from .facilities import Facilities
from .federation import Federation
from .garbage import Garbage
from .git_connections import GitConnections
from .git_hooks import GitHooks
from .git_looks import GitLooks
from .grants import Grants
from .image_changes import ImageChanges
from .images import Images
from .inspection import Inspecting
from .invitations import Invitations
from .journeys import Journeys
from .keys import Keys
from .linked_logins import LinkedLogins
from .listeners import Telling
from .manifest_glimpses import ManifestGlimpses
from .manifests import Manifests
from .narrow_tokens import NarrowTokens
from .overview import Overview
from .publishers import Publishers
from .rebuilding import Rebuilding
from .rebuilds import Rebuilds
from .renaming import Renaming
from .repositories import Repositories
from .robots import Robots
from .shares import Shares
from .signers import Signers
from .tags import Tags
from .team_changes import TeamChanges
from .teams import Teams
from .tokens import Tokens
from .unnamed_builds import UnnamedBuilds
from .upload_pieces import UploadPieces
from .uploads import Uploads
from .verification import Verification


class Services(Overview):
    """Everything that one caller may ask for within one transaction, built when asked for."""

    @cached_property
    def accounts(self) -> Accounts:
        """Users."""
        return Accounts(self.db, self.access, self.affiliations, self.outbox, self.facilities)

    @cached_property
    def affiliations(self) -> Affiliations:
        """Users in step with the directories they came from."""
        return Affiliations(self.db, self.access, self.facilities)

    @cached_property
    def authentication(self) -> Authentication:
        """Who is calling."""
        return Authentication(self.db, self.accounts, self.audit, self.facilities)

    @cached_property
    def journeys(self) -> Journeys:
        """Browsers that are away to log in at another site."""
        return Journeys(self.db, self.access, self.facilities)

    @cached_property
    def linked_logins(self) -> LinkedLogins:
        """The ways in of one user."""
        return LinkedLogins(self.db, self.access, self.affiliations, self.facilities)

    @cached_property
    def tokens(self) -> Tokens:
        """Long secrets that stand for a user."""
        return Tokens(self.db, self.access, self.facilities)

    @cached_property
    def teams(self) -> Teams:
        """Teams and their members."""
        return Teams(self.db, self.access, self.facilities)

    @cached_property
    def robots(self) -> Robots:
        """Accounts of programs."""
        return Robots(self.db, self.access, self.catalog, self.teams, self.facilities)

    @cached_property
    def publishers(self) -> Publishers:
        """Robots whose tokens are given to jobs elsewhere."""
        return Publishers(self.db, self.access, self.catalog, self.robots, self.facilities)

    @cached_property
    def catalog(self) -> Catalog:
        """Entities, collections and containers."""
        return Catalog(self.db, self.access, self.garbage, self.outbox, self.facilities)

    @cached_property
    def collection_changes(self) -> CollectionChanges:
        """Topics, freezing and deletion of collections."""
        return CollectionChanges(self.db, self.access, self.catalog, self.outbox, self.facilities)

    @cached_property
    def renaming(self) -> Renaming:
        """Collections under another name, or in other hands."""
        return Renaming(self.db, self.access, self.catalog, self.outbox, self.facilities)

    @cached_property
    def cleaning(self) -> Cleaning:
        """Many tags and images removed at once."""
        return Cleaning(self.db, self.access, self.images, self.tags, self.facilities)

    @cached_property
    def account_changes(self) -> AccountChanges:
        """What users do with their own accounts."""
        return AccountChanges(self.db, self.access, self.collection_changes, self.facilities)

    @cached_property
    def team_changes(self) -> TeamChanges:
        """Open teams, and the end of teams."""
        return TeamChanges(self.db, self.access, self.teams, self.facilities)

    @cached_property
    def invitations(self) -> Invitations:
        """Links by which one person joins a team."""
        return Invitations(self.db, self.access, self.teams, self.facilities)

    @cached_property
    def grants(self) -> Grants:
        """Roles on collections."""
        return Grants(self.db, self.access, self.facilities)

    @cached_property
    def images(self) -> Images:
        """Images: found and deleted."""
        return Images(self.db, self.access, self.garbage, self.outbox, self.facilities)

    @cached_property
    def tags(self) -> Tags:
        """Tags: set, moved, frozen and removed."""
        return Tags(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def uploads(self) -> Uploads:
        """The only writer of images and blobs."""
        return Uploads(self.db, self.access, self.garbage, self.outbox, self.facilities)

    @cached_property
    def downloads(self) -> Downloads:
        """From an image to its bytes."""
        return Downloads(self.db, self.access, self.authentication, self.shares, self.facilities)

    @cached_property
    def repositories(self) -> Repositories:
        """Containers, as OCI clients call them."""
        return Repositories(self.db, self.access, self.catalog, self.facilities)

    @cached_property
    def blobs(self) -> Blobs:
        """Blobs of repositories."""
        return Blobs(self.db, self.access, self.images, self.garbage, self.facilities)

    @cached_property
    def blob_uploads(self) -> BlobUploads:
        """Blobs on their way into a repository."""
        return BlobUploads(self.db, self.access, self.facilities)

    @cached_property
    def upload_pieces(self) -> UploadPieces:
        """Images that a browser sends piece by piece."""
        return UploadPieces(
            self.db, self.access, self.catalog, self.tags, self.outbox, self.facilities
        )

    @cached_property
    def manifests(self) -> Manifests:
        """Manifests of repositories, in step with images and tags."""
        return Manifests(self.db, self.access, self.images, self.tags, self.outbox, self.facilities)

    @cached_property
    def manifest_glimpses(self) -> ManifestGlimpses:
        """Manifests that exist already, for those who pull."""
        return ManifestGlimpses(self.db, self.access, self.facilities)

    @cached_property
    def narrow_tokens(self) -> NarrowTokens:
        """Short-lived tokens of OCI clients."""
        return NarrowTokens(
            self.db, self.access, self.authentication, self.catalog, self.tokens, self.facilities
        )

    @cached_property
    def shares(self) -> Shares:
        """Links that let a stranger pull one image."""
        return Shares(self.db, self.access, self.images, self.facilities)

    @cached_property
    def client_credentials(self) -> ClientCredentials:
        """What the sregistry client signs with."""
        return ClientCredentials(self.db, self.access, self.accounts, self.facilities)

    @cached_property
    def client_containers(self) -> ClientContainers:
        """Pushes of the sregistry client, and what it removes."""
        return ClientContainers(
            self.db,
            self.access,
            self.catalog,
            self.images,
            self.tags,
            self.uploads,
            self.facilities,
        )

    @cached_property
    def builds(self) -> Builds:
        """Builds: ordered, followed and cancelled."""
        return Builds(self.db, self.access, self.client_containers, self.outbox, self.facilities)

    @cached_property
    def build_logs(self) -> BuildLogs:
        """What builds have said."""
        return BuildLogs(self.db, self.access, self.builds, self.facilities)

    @cached_property
    def build_limits(self) -> BuildLimits:
        """How many builds are under way."""
        return BuildLimits(self.db, self.access, self.facilities)

    @cached_property
    def unnamed_builds(self) -> UnnamedBuilds:
        """Builds whose image nobody has named."""
        return UnnamedBuilds(
            self.db,
            self.access,
            self.catalog,
            self.client_containers,
            self.images,
            self.facilities,
        )

    @cached_property
    def build_contexts(self) -> BuildContexts:
        """Files that definitions copy from."""
        return BuildContexts(self.db, self.access, self.facilities)

    @cached_property
    def build_secrets(self) -> BuildSecrets:
        """Secrets that builds are given."""
        return BuildSecrets(self.db, self.access, self.facilities)

    @cached_property
    def build_tokens(self) -> BuildTokens:
        """What builds show to fetch the images that they start from."""
        return BuildTokens(self.db, self.access, self.facilities)

    @cached_property
    def base_images(self) -> BaseImages:
        """What definitions start from."""
        return BaseImages(
            self.db, self.access, self.catalog, self.images, self.artifacts, self.facilities
        )

    @cached_property
    def build_statements(self) -> BuildStatements:
        """How images were built."""
        return BuildStatements(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def building(self) -> Building:
        """Builds, for the worker at them."""
        return Building(self.db, self.access, self.authentication, self.outbox, self.facilities)

    @cached_property
    def git_connections(self) -> GitConnections:
        """Collections that are built from a repository."""
        return GitConnections(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def git_hooks(self) -> GitHooks:
        """Webhooks of repositories."""
        return GitHooks(self.db, self.outbox, self.facilities)

    @cached_property
    def git_looks(self) -> GitLooks:
        """Looks at repositories, for the worker at them."""
        return GitLooks(self.db, self.access, self.authentication, self.outbox, self.facilities)

    @cached_property
    def commit_statuses(self) -> CommitStatuses:
        """What forges are told of builds."""
        return CommitStatuses(self.db, self.access, self.facilities)

    @cached_property
    def rebuilds(self) -> Rebuilds:
        """Tags that are built anew by themselves."""
        return Rebuilds(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def rebuilding(self) -> Rebuilding:
        """The same, for the workers at them."""
        return Rebuilding(self.db, self.access, self.authentication, self.outbox, self.facilities)

    @cached_property
    def base_looks(self) -> BaseLooks:
        """Looks at base images, for the worker at them."""
        return BaseLooks(self.db, self.access, self.authentication, self.outbox, self.facilities)

    @cached_property
    def image_changes(self) -> ImageChanges:
        """What is other in an image than in another one."""
        return ImageChanges(self.db, self.access, self.facilities)

    @cached_property
    def federation(self) -> Federation:
        """Other registries, to which clients are sent on."""
        return Federation(self.db, self.access, self.facilities)

    @cached_property
    def telling(self) -> Telling:
        """Listeners, told in a worker."""
        return Telling(self.access, self.facilities)

    @cached_property
    def claims(self) -> Claims:
        """What clients have brought to a storage themselves."""
        return Claims(self.db, self.access, self.garbage, self.outbox, self.facilities)

    @cached_property
    def inspecting(self) -> Inspecting:
        """What an image file says of itself."""
        return Inspecting(self.db, self.access, self.facilities)

    @cached_property
    def keys(self) -> Keys:
        """OpenPGP keys that the registry holds for everybody."""
        return Keys(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def verification(self) -> Verification:
        """What the signatures of images are worth."""
        return Verification(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def signers(self) -> Signers:
        """Whose signature a collection demands."""
        return Signers(self.db, self.access, self.facilities)

    @cached_property
    def garbage(self) -> Garbage:
        """Bytes and uploads that nobody owns."""
        return Garbage(self.db, self.access, self.facilities)


__all__ = ["Facilities", "Services"]
