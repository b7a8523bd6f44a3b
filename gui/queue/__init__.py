"""Queue dock: campaigns and runs that wait, with their points and the temperature."""
