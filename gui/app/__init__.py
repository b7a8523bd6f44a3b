"""The application: main window, state, start, settings."""
