"""Campaign: do the demo's 95 % intervals hold the simulated truth, seed after seed? (`just demo-coverage`)"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

SPEED = 4.0


def demo(seed: int, folder: str) -> dict[str, Any]:
    """Return what one demo printed."""
    command = [sys.executable, "-m", "ionecho", "demo", "--json", "--seed", str(seed), "--speed", str(SPEED)]
    done = subprocess.run([*command, "--folder", folder], capture_output=True, encoding="utf-8", check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def main(n_seeds: int) -> None:
    """Run the demo for some seeds and print how often the truth was held."""
    held: Counter[str] = Counter()
    determined: Counter[str] = Counter()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, n_seeds + 1):
            document = demo(seed, folder)
            for name, found in document["parameters"].items():
                if found["determined"]:
                    determined[name] += 1
                    held[name] += found["ci95"][0] <= found["truth"] <= found["ci95"][1]
            ratios.append(document["rms_residual_A"] / document["noise_A"])
            print(f"seed {seed}: rms residual / simulated noise {ratios[-1]:.4f}", flush=True)
    for name, count in determined.items():
        print(f"{name:12} truth held in {held[name]} of {count}")
    share = sum(held.values()) / max(sum(determined.values()), 1)
    summary = {
        "seeds": n_seeds,
        "determined": sum(determined.values()),
        "held": sum(held.values()),
        "share": share,
        "residual_over_noise": [min(ratios), max(ratios)],
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
