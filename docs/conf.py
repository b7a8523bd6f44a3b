"""Settings of the documentation site (`just docs`)."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "ionecho"
author = "The ionecho maintainers"
project_copyright = author
release = installed_version("ionecho")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "api_pages",
    "decision_records",
    "mathml",
]
root_doc = "index"
exclude_patterns = ["_build", "_extensions", "**/.*"]

# Markdown: formulas between dollars; every heading can be linked to.
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "attrs_block", "attrs_inline"]
myst_heading_anchors = 4
myst_dmath_double_inline = True
html_math_renderer = "mathml"

# Docstrings are numpy's; a reference that leads nowhere is an error.
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
autosummary_generate = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 100
nitpicky = True

html_theme = "furo"
html_title = "ionecho"
html_static_path = ["_static"]
html_css_files = ["ionecho.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#00629b", "color-brand-content": "#00629b"},
    "dark_css_variables": {"color-brand-primary": "#6cb8ea", "color-brand-content": "#6cb8ea"},
}

# Lines that begin with a prompt are copied without it.
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True
