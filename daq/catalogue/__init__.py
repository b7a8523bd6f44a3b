"""Catalogue of runs: what is in the files of some folders, to be searched without opening them."""

from daq.catalogue.browsing import Choices, FoundPaths, find_paths, read_choices, read_runs
from daq.catalogue.catalogue import CataloguedRun, Listing, Search, search_runs
from daq.catalogue.place import CatalogueError, catalogue_folder, follow, followed_folders, unfollow

__all__ = [
    "CatalogueError",
    "CataloguedRun",
    "Choices",
    "FoundPaths",
    "Listing",
    "Search",
    "catalogue_folder",
    "find_paths",
    "follow",
    "followed_folders",
    "read_choices",
    "read_runs",
    "search_runs",
    "unfollow",
]
