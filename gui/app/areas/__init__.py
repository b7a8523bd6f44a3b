"""Areas of the window: each one joins its panels to their services, and offers docks and actions to the main window."""
