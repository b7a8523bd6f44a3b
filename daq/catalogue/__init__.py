"""Catalogue of runs: what is in the files of some folders, to be searched without opening them."""

from daq.catalogue.catalogue import CataloguedRun, Listing, Search, search_runs
from daq.catalogue.place import CatalogueError, catalogue_folder, follow, followed_folders, unfollow

__all__ = [
    "CatalogueError",
    "CataloguedRun",
    "Listing",
    "Search",
    "catalogue_folder",
    "follow",
    "followed_folders",
    "search_runs",
    "unfollow",
]
