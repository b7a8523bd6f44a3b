"""Campaigns: folders of runs that one document asks for, the process that conducts them, and the queue of an instrument."""
