"""VISA sessions: dialects, links, transcripts."""
