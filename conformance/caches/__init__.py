"""What saves work: things made lately, in memory, and files in the user's cache."""

from conformance.caches.disk import CacheFolder, sources_digest
from conformance.caches.memory import Recent

__all__ = ["CacheFolder", "Recent", "sources_digest"]
