# `just` lists the recipes. The README's two commands work without just.

default:
    @just --list

# Lint, types, import contracts and the fast tests.
check:
    uv run --group dev ruff check
    uv run --group dev ruff format --check
    uv run --group dev mypy
    uv run --group dev mypy tests benchmarks examples docs
    uv run --group dev lint-imports
    uv run --group dev pytest -q -m "not slow" tests/protocols tests/drivers tests/daq tests/fitting tests/ionecho

# The whole suite.
test:
    uv run --group dev pytest

# The whole suite with coverage of branches, in every process; fails below the floor in pyproject.toml, as CI does.
coverage-of-code:
    .ci/tests

# Build the wheel and run the demo from a clean environment, as CI does.
wheel:
    .ci/wheel

# The test suites on Windows CPython under Wine, as CI does; or any Python there, e.g. `just windows -m ionecho demo`.
windows *arguments:
    .ci/windows {{ arguments }}

# What the catalogues of the window's languages lack; `just languages --add` puts it into them, unfinished.
languages *options:
    uv run python -m tests.gui.texts {{ options }}

# Check, tag and build a release, e.g. `just release 0.2.0`. Asks before it uploads.
release version:
    uv run --no-sync python docs/release.py {{ version }}

# The figures that the docs and closing notes quote.
bench:
    uv run --group dev --group bench python -m benchmarks.run_all

# Does the demo's 95 % interval hold the simulated truth? Twenty seeds, as issue 2 asks.
demo-coverage seeds="20":
    uv run --group dev python -m benchmarks.demo_coverage {{ seeds }}

# Do 95 % intervals hold the truth? Five hundred cells of a family (De, Cc, Mig) with noise `white` or `ar1`.
coverage family="Cc" noise="white" runs="500":
    uv run --group dev python -m benchmarks.campaigns.coverage {{ family }} --noise {{ noise }} --runs {{ runs }}

# Are parameters that a record cannot tell called so, and only those?
identifiability runs="100":
    uv run --group dev python -m benchmarks.campaigns.identifiability --runs {{ runs }}

# Does the ranking name the family that made the current?
ranking runs="200":
    uv run --group dev python -m benchmarks.campaigns.ranking --runs {{ runs }}

# Is an interface ever called bulk, and bulk memory anything else? Cells by formula; films, pellets, ceramics by geometry.
attribution runs="60":
    uv run --group dev python -m benchmarks.campaigns.attribution --runs {{ runs }}

# Are intervals true of runs that were stopped once a time was known to 5 %, and how much time is saved?
adaptive *options:
    uv run --group dev python -m benchmarks.campaigns.adaptive {{ options }}

# Do activation energies of planted archives hold the truth, and are samples ranked right where they are told apart?
archives n="50" *options:
    uv run python -m benchmarks.campaigns.archives --archives {{ n }} {{ options }}

# Does a fit find the back-hop fraction that was counted from hops?
lattice-gas runs="50":
    uv run --group dev python -m benchmarks.campaigns.lattice_gas --runs {{ runs }}

# Are intervals of imported records true, whatever their edges and beginnings? E.g. `just records --edges random --begins pulse`.
records *options:
    uv run --group dev python -m benchmarks.campaigns.records {{ options }}

# How much wider are intervals where a record does not show what came before it? E.g. `just history-widths --begins unseen --snr 100`.
history-widths *options:
    uv run --group dev python -m benchmarks.campaigns.history_widths {{ options }}

# Are intervals of records whose current was controlled true? Pulse and rest, GITT, ICI and CP in turn.
galvanostatic *options:
    uv run --group dev python -m benchmarks.campaigns.galvanostatic {{ options }}

# Is what disturbs a record named first, and is what is called known still true? Twenty kinds.
disturbances runs="20":
    uv run --group dev python -m benchmarks.campaigns.disturbances --runs {{ runs }}

# Does a circuit that is not the cell's ever pass for one that is? Leaks, bent layers, sinh bulks, Warburgs, drift, two bulks.
wrong-models runs="200" *options:
    uv run --group dev python -m benchmarks.campaigns.wrong_models --runs {{ runs }} {{ options }}

# Is every forward model right to 1e-6 of the peak over its whole box?
forward runs="200":
    uv run --group dev python -m benchmarks.campaigns.forward --runs {{ runs }}

# Are like arcs ever mixed up, and are intervals those of MINOS?
exchange runs="1000":
    uv run --group dev python -m benchmarks.campaigns.exchange --runs {{ runs }}

# Every driver under every fault at every stage of a run: no hang, no wrong value, output off or said to be unknown?
instrument-faults *kinds:
    uv run --group dev python -m benchmarks.campaigns.instrument_faults {{ kinds }}

# Kill and freeze the processes of runs: 300 cases, every instrument, link and phase; e.g. `just kills --only ec301`.
kills *options:
    uv run --group dev python -m benchmarks.kills {{ options }}

# Kill, freeze, pause and stop campaigns at random: 300 acts; e.g. `just campaign-kills --seed 2`.
campaign-kills *options:
    uv run --group dev python -m benchmarks.campaign_kills {{ options }}

# The example's study of 60 points with a cryostat, killed 25 times and resumed: is it the undisturbed one?
killed-study *options:
    uv run --group dev python -m benchmarks.killed_study {{ options }}

# Do runs complete on a computer with `stress-ng --cpu 16` beside them? E.g. `just loaded-runs 50 --workers 30`.
loaded-runs runs="50" *options:
    uv run --group dev python -m benchmarks.loaded_runs {{ runs }} {{ options }}

# Faults of the disk at every place of a run, and the run file taken away: output off, nothing acknowledged lost?
disk-faults *words:
    uv run --group dev python -m benchmarks.disk_faults {{ words }}

# Every ready and every example protocol on a simulator by an injected clock, the dear ones too.
played-steps:
    IONECHO_ALL_PLAYED=1 uv run --group dev pytest -n0 tests/drivers/test_played_steps.py

# Random hands at the window, against the simulator's own record of its output: `just monkey 60` plays for an hour.
monkey minutes="60" *options:
    uv run --group dev python -m benchmarks.monkey {{ minutes }} {{ options }}

# First start to memory read-out by the mouse, and by keys; a text to its verdict: real events (needs Xvfb and xdotool).
journeys *names:
    xvfb-run -a -s "-screen 0 1400x900x24" uv run --group dev python -u -m benchmarks.journeys {{ names }}

# Damaged files of every kind that is read: refused, reported, or equal, and never a traceback or a hang?
mutations *subjects:
    uv run --group dev python -m benchmarks.mutations {{ subjects }}

# Damaged records and spectra of every program that is read: refused, or each sample a row that stands there, in its unit?
import-mutations count="10000":
    uv run --group dev python -m benchmarks.mutations records spectra --count {{ count }}

# Random conversations with every simulated SCPI instrument: about 30 lines an example (5 instruments, 6 lines each).
fuzz examples="3400":
    IONECHO_FUZZ={{ examples }} uv run --group dev pytest -q --timeout 0 tests/sim_instruments/test_conformance.py -k whatever

# Do a maker's scripts, in a folder that you fetched, run on a simulated instrument? E.g. `keithley2602b FOLDER`.
vendor-scripts kind folder:
    uv run --group dev python -m benchmarks.vendor_scripts {{ kind }} {{ folder }}

# The documentation site, into docs/_build/html. A warning (a link or a reference that leads nowhere) is an error.
docs:
    uv run --group dev --group docs sphinx-build --fail-on-warning --keep-going --nitpicky --quiet docs docs/_build/html

# Pictures of the window for the docs; `just screenshots /tmp/pictures 900x600 1920x1080` has every dock and state.
screenshots *options:
    QT_QPA_PLATFORM=offscreen uv run --group dev python -m docs.make_screenshots {{ options }}

# Pin what was tested: the versions of this environment, into constraints.txt and pyproject.toml.
pins:
    uv run --no-sync python docs/pin_versions.py
