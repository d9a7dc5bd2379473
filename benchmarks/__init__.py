"""What the platform can do on this machine: ``python -m benchmarks``; see docs/performance.md."""
