"""What the platform can do on this machine: ``python -m benchmarks``; see docs/performance.md."""

import os

os.environ.setdefault("LIANYI__OUTGOING__LOOPBACK", "true")  # the peers are on this machine
