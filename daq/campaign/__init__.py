"""Campaigns: folders of runs that one document asks for, their conductor, and the queue of an instrument."""
